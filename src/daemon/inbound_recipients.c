/* RCPT: whose domain is it, what has that domain chosen, and may it be in one message with those before it? */
#include "daemon/inbound_parts.h"

#include "policy/reply.h"

#include <sekisho/address.h>
#include <sekisho/domain.h>

struct seki_str inbound_address(struct seki_str path)
{
    bool has_brackets = path.len >= 2 && path.ptr[0] == '<' && path.ptr[path.len - 1] == '>';
    return has_brackets ? (struct seki_str){ path.ptr + 1, path.len - 2 } : path;
}

struct seki_str inbound_domain_of(struct seki_arena *arena, struct seki_str path)
{
    struct seki_str local_part, domain, ascii;
    if (!seki_address_split_path(path, &local_part, &domain) || domain.len == 0)
        return SEKI_STR("");
    return seki_domain_to_ascii(arena, domain, &ascii) == SEKI_OK ? ascii : seki_arena_copy_lower(arena, domain);
}

/* The domain of a path as A-labels in lower case. @return false: it has none that anybody could have. What has no dot is not
 * fully qualified (RFC 5321 section 2.3.5), and "localhost" is whoever reads it. */
static bool read_domain(struct seki_arena *arena, struct seki_str path, struct seki_str *domain_out)
{
    struct seki_str local_part, domain;
    return seki_address_split_path(path, &local_part, &domain) && domain.len > 0 &&
           seki_domain_to_ascii(arena, domain, domain_out) == SEKI_OK &&
           seki_str_find(*domain_out, '.') < domain_out->len;
}

/* "user%example.com@relay", "example.com!user@relay": MTAs that take mail for relay may go on to what stands in front. */
static bool is_routed(struct seki_str path)
{
    struct seki_str local_part, domain;
    if (!seki_address_split_path(path, &local_part, &domain))
        return true;
    for (const char *sign = "!%@"; *sign != '\0'; sign++) {
        if (seki_str_find(local_part, *sign) < local_part.len)
            return true;
    }
    return false;
}

/* The one recipient without a domain, or at this host itself, that there may be (RFC 5321 sections 4.1.1.3, 4.5.1). */
static bool is_postmaster(struct seki_str path)
{
    struct seki_str local_part, domain;
    return seki_str_equal_nocase(inbound_address(path), SEKI_STR("postmaster")) ||
           (seki_address_split_path(path, &local_part, &domain) &&
            seki_str_equal_nocase(local_part, SEKI_STR("postmaster")));
}

/* Without a route; the local part as the client wrote it, if it is the same one: its case is its host's alone to ignore
 * (RFC 5321 section 2.4), and Postfix tells it in lower case. */
static struct seki_str write_path(struct seki_arena *arena, struct seki_str path, struct seki_str given)
{
    struct seki_str local_part, domain, given_local_part, unused;
    if (!seki_address_split_path(path, &local_part, &domain))
        return SEKI_STR("");
    if (seki_address_split_path(given, &given_local_part, &unused) &&
        seki_str_equal_nocase(given_local_part, local_part))
        local_part = given_local_part;
    return seki_arena_format(arena, "<%.*s@%.*s>", SEKI_STR_ARGS(local_part), SEKI_STR_ARGS(domain));
}

struct resolved {
    struct seki_str path, domain; /* path "": nobody knows whose it is; NULL: the arena is full */
};

static struct resolved of_path(struct seki_arena *arena, struct seki_str path)
{
    return (struct resolved){ path, inbound_domain_of(arena, path) };
}

/* Whom the MTA delivers to decides whose policy counts, not how the client spelt it: where we cannot read that, or it may be
 * read in two ways, the MTA has told what it makes of it. Sendmail tells a mailbox of its own without its domain: so what
 * has two readings is nobody's then. A source route is nobody's address (RFC 5321 appendix C). */
static struct resolved resolve(const struct inbound_message *message, struct seki_str given)
{
    struct seki_arena *arena = message->arena;
    struct seki_str path = given, told = milter_session_macro(message->session->milter, SEKI_STR("{rcpt_addr}"));
    struct seki_str domain;
    bool has_domain = read_domain(arena, path, &domain);
    if (!has_domain || (is_routed(path) && told.len > 0)) {
        if (!read_domain(arena, told, &domain))
            return is_postmaster(path) ? of_path(arena, path) : (struct resolved){ SEKI_STR(""), SEKI_STR("") };
        path = told;
    } else if (!seki_str_starts_with(path, SEKI_STR("<@")))
        return (struct resolved){ path, domain };
    return (struct resolved){ write_path(arena, path, given), domain };
}

static struct inbound_domain *look_up(struct inbound_message *message, struct seki_str name)
{
    struct replica *replica = message->generation->hosting->replica;
    struct inbound_domain *domain = seki_arena_alloc(message->arena, 1, sizeof *domain);
    if (domain == NULL)
        return NULL;
    domain->name = name;
    if (replica != NULL && name.len > 0)
        domain->found = replica_find_domain(replica, name, message->arena, &domain->hosted);
    domain->next = message->recipients.domains;
    message->recipients.domains = domain;
    return domain;
}

static struct inbound_domain *find_domain(struct inbound_message *message, struct seki_str name)
{
    for (struct inbound_domain *domain = message->recipients.domains; domain != NULL; domain = domain->next) {
        if (seki_str_equal(domain->name, name))
            return domain;
    }
    return look_up(message, name);
}

static bool make_room(struct inbound_message *message)
{
    struct inbound_recipients *recipients = &message->recipients;
    if (recipients->count < recipients->capacity)
        return true;
    size_t capacity = recipients->capacity > 0 ? recipients->capacity * 4 : 4;
    struct policy_recipient *items = seki_arena_alloc(message->arena, capacity, sizeof *items);
    struct inbound_domain **domains = seki_arena_alloc(message->arena, capacity, sizeof(struct inbound_domain *));
    struct seki_str *given = seki_arena_alloc(message->arena, capacity, sizeof *given);
    if (items == NULL || domains == NULL || given == NULL)
        return false;
    if (recipients->count > 0) {
        memcpy(items, recipients->items, recipients->count * sizeof *items);
        memcpy(domains, recipients->item_domains, recipients->count * sizeof(struct inbound_domain *));
        memcpy(given, recipients->given_paths, recipients->count * sizeof *given);
    }
    recipients->items = items;
    recipients->item_domains = domains;
    recipients->given_paths = given;
    recipients->capacity = capacity;
    return true;
}

/* Given twice, a recipient gets one copy. Spelt otherwise it counts as another, as it does for the MTA. */
static bool is_there(const struct inbound_recipients *recipients, struct seki_str given)
{
    for (size_t i = 0; i < recipients->count; i++) {
        if (seki_str_equal(recipients->given_paths[i], given))
            return true;
    }
    return false;
}

static void keep(struct inbound_recipients *recipients, const struct policy_recipient *recipient,
                 struct inbound_domain *domain)
{
    recipients->items[recipients->count] = *recipient;
    recipients->item_domains[recipients->count++] = domain;
    recipients->has_hosted = recipients->has_hosted || domain->found == REPLICA_YES;
    recipients->has_missing = recipients->has_missing || domain->found == REPLICA_MISSING;
}

/* MTAs rewrite readable domains too (an alias in DNS, a table of virtual users). The hosted domain that was given owns the
 * recipient, wherever that leads; what is nobody's as it was given may be somebody's as the MTA tells it.
 * @return NULL when the arena is full */
static struct inbound_domain *find_owner(struct inbound_message *message, struct resolved *to)
{
    struct inbound_domain *domain = find_domain(message, to->domain);
    struct seki_str told = milter_session_macro(message->session->milter, SEKI_STR("{rcpt_addr}"));
    struct seki_str told_domain;
    if (domain == NULL || domain->found != REPLICA_NO || !read_domain(message->arena, told, &told_domain))
        return domain;
    struct inbound_domain *other = find_domain(message, told_domain);
    if (other == NULL || other->found == REPLICA_NO)
        return other == NULL ? NULL : domain;
    to->path = write_path(message->arena, told, to->path);
    return to->path.ptr != NULL ? other : NULL;
}

static enum milter_action admit(struct inbound_message *message, struct seki_str given, struct resolved to,
                                struct milter_reply *reply_out)
{
    struct inbound_recipients *recipients = &message->recipients;
    struct inbound_domain *domain = find_owner(message, &to);
    if (domain == NULL || !make_room(message))
        return MILTER_CONTINUE;
    struct policy_recipient recipient = { .path = to.path, .domain = domain->name };
    if (domain->found == REPLICA_YES) {
        recipient.domain_id = domain->hosted.domain_id;
        recipient.shape = domain->hosted.shape;
        recipient.policy = &domain->hosted.policy;
    }
    if (!policy_may_join(recipients->items, recipients->count, &recipient)) {
        *reply_out =
            (struct milter_reply){ 452, SEKI_STR("4.5.3"),
                                   SEKI_STR("Too many recipients: this one must be in a message of its own") };
        return MILTER_TEMPFAIL;
    }
    recipients->given_paths[recipients->count] = given;
    keep(recipients, &recipient, domain);
    return MILTER_CONTINUE;
}

enum milter_action inbound_add_recipient(struct inbound_message *message, struct seki_str path,
                                         struct milter_reply *reply_out)
{
    struct inbound_recipients *recipients = &message->recipients;
    if (is_there(recipients, path))
        return MILTER_CONTINUE;
    if (recipients->attempts == CONFIG_RECIPIENTS_MAX) { /* those that were refused have taken memory too */
        *reply_out = (struct milter_reply){ 452, SEKI_STR("4.5.3"), SEKI_STR("Too many recipients") };
        return MILTER_TEMPFAIL;
    }
    recipients->attempts++;
    struct seki_str given = seki_arena_copy(message->arena, path);
    if (given.ptr == NULL) /* the arena remembers */
        return MILTER_CONTINUE;
    struct resolved to = resolve(message, given);
    if (to.path.ptr == NULL || to.domain.ptr == NULL)
        return MILTER_CONTINUE;
    if (to.path.len == 0 && message->generation->hosting->replica != NULL) {
        *reply_out =
            (struct milter_reply){ 553, SEKI_STR("5.1.3"), SEKI_STR("Write the recipient as user@domain") };
        return MILTER_REJECT;
    }
    return admit(message, given, to.path.len > 0 ? to : of_path(message->arena, given), reply_out);
}
