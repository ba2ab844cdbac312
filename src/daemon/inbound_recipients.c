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

/* Nothing here is fatal: a recipient of a domain that cannot be read is nobody's here, and its mail is delivered. */
static struct seki_str domain_of(struct seki_arena *arena, struct seki_str path)
{
    struct seki_str local_part, domain, ascii;
    if (!seki_address_split_path(path, &local_part, &domain) || domain.len == 0)
        return SEKI_STR("");
    return seki_domain_to_ascii(arena, domain, &ascii) == SEKI_OK ? ascii : seki_arena_copy_lower(arena, domain);
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
    if (items == NULL || domains == NULL)
        return false;
    if (recipients->count > 0) {
        memcpy(items, recipients->items, recipients->count * sizeof *items);
        memcpy(domains, recipients->item_domains, recipients->count * sizeof(struct inbound_domain *));
    }
    recipients->items = items;
    recipients->item_domains = domains;
    recipients->capacity = capacity;
    return true;
}

/* Given twice, a recipient gets one copy: it is held once, and released once. */
static bool is_there(const struct inbound_recipients *recipients, struct seki_str path)
{
    for (size_t i = 0; i < recipients->count; i++) {
        if (seki_str_equal(recipients->items[i].path, path))
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

enum milter_action inbound_add_recipient(struct inbound_message *message, struct seki_str path,
                                         struct milter_reply *reply_out)
{
    struct inbound_recipients *recipients = &message->recipients;
    if (is_there(recipients, path))
        return MILTER_CONTINUE;
    if (recipients->count == CONFIG_RECIPIENTS_MAX) {
        *reply_out = (struct milter_reply){ 452, SEKI_STR("4.5.3"), SEKI_STR("Too many recipients") };
        return MILTER_TEMPFAIL;
    }
    struct inbound_domain *domain = find_domain(message, domain_of(message->arena, path));
    if (domain == NULL || !make_room(message))
        return MILTER_CONTINUE;
    struct policy_recipient recipient = { .path = seki_arena_copy(message->arena, path), .domain = domain->name };
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
    keep(recipients, &recipient, domain);
    return MILTER_CONTINUE;
}
