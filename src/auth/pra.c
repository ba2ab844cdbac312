/* The Purported Responsible Address (RFC 4407 section 2): who put this message on its way last, as the header tells. */
#include <sekisho/sender_id.h>

#include "base/i18n.h"

#include <sekisho/address.h>

/* The fields that matter, in the words of the RFC. */
enum role { RESENT_SENDER, RESENT_FROM, SENDER, FROM, RECEIVED, RETURN_PATH, ROLE_COUNT };

static const struct seki_str names[ROLE_COUNT] = {
    [RESENT_SENDER] = SEKI_STR_INIT("Resent-Sender"),
    [RESENT_FROM] = SEKI_STR_INIT("Resent-From"),
    [SENDER] = SEKI_STR_INIT("Sender"),
    [FROM] = SEKI_STR_INIT("From"),
    [RECEIVED] = SEKI_STR_INIT("Received"),
    [RETURN_PATH] = SEKI_STR_INIT("Return-Path"),
};

/* What one walk from the top of the header finds. */
struct header_facts {
    const struct seki_field *first[ROLE_COUNT]; /* the first non-empty field of each name */
    size_t counts[ROLE_COUNT];                  /* non-empty ones */
    bool has_hop_below_resent_from;             /* a Received or Return-Path, so far */
    bool is_resent_sender_of_older_block;
};

static enum role role_of(struct seki_str name)
{
    enum role role = 0;
    while (role < ROLE_COUNT && !seki_str_equal_nocase(names[role], name))
        role++;
    return role;
}

static void note_field(struct header_facts *facts, enum role role, const struct seki_field *field)
{
    if (role == RESENT_SENDER && facts->counts[role] == 0)
        facts->is_resent_sender_of_older_block = facts->has_hop_below_resent_from;
    if ((role == RECEIVED || role == RETURN_PATH) && facts->counts[RESENT_FROM] > 0)
        facts->has_hop_below_resent_from = true;
    if (facts->counts[role]++ == 0)
        facts->first[role] = field;
}

/* "Header fields that are otherwise relevant but contain only whitespace are ignored and treated as if they were not
 * present." */
static void read_header(const struct seki_message *message, struct header_facts *facts)
{
    for (size_t i = 0; i < seki_message_field_count(message); i++) {
        const struct seki_field *field = seki_message_field(message, i);
        enum role role = role_of(field->name);
        if (role < ROLE_COUNT && seki_str_trim(field->value).len > 0)
            note_field(facts, role, field);
    }
}

/* Steps 1 to 4. @return ROLE_COUNT: go to step 6, *reason_out says why */
static enum role choose_field(const struct header_facts *facts, const char **reason_out)
{
    if (facts->counts[RESENT_SENDER] > 0 && !facts->is_resent_sender_of_older_block)
        return RESENT_SENDER;
    if (facts->counts[RESENT_FROM] > 0)
        return RESENT_FROM;
    if (facts->counts[SENDER] == 1)
        return SENDER;
    if (facts->counts[SENDER] == 0 && facts->counts[FROM] == 1)
        return FROM;
    if (facts->counts[SENDER] > 0)
        *reason_out = N_("more than one Sender field");
    else
        *reason_out = facts->counts[FROM] > 0 ? N_("more than one From field") : N_("no From field");
    return ROLE_COUNT;
}

/* Step 5: "it appears to contain multiple mailboxes, or the single mailbox is hopelessly malformed, or the single mailbox
 * does not contain a domain name". A group is a list of mailboxes, however long. */
static const char *find_fault(const struct seki_address_list *list)
{
    if (list->group_count > 0)
        return "holds a group";
    if (list->mailbox_count != 1)
        return list->mailbox_count > 1 ? "holds more than one address" : "holds no address";
    if (list->mailboxes[0].domain.len == 0 || list->mailboxes[0].domain.ptr[0] == '[')
        return "holds an address without a domain name";
    return NULL;
}

static enum seki_result read_mailbox(struct seki_arena *arena, struct seki_str value, struct seki_pra *pra)
{
    struct seki_address_list list;
    struct seki_error why = { "" };
    enum seki_result result = seki_address_parse_list(arena, value, &list, &why);
    if (result != SEKI_OK && result != SEKI_BAD_INPUT)
        return result;
    const char *fault = result == SEKI_OK ? find_fault(&list) : "cannot be read";
    if (fault == NULL) {
        pra->local_part = list.mailboxes[0].local_part;
        pra->domain = list.mailboxes[0].domain;
        return SEKI_OK;
    }
    pra->reason = seki_arena_format(arena, "%.*s %s%s%s", SEKI_STR_ARGS(pra->field), fault,
                                    why.text[0] != '\0' ? ": " : "", why.text);
    return pra->reason.ptr != NULL ? SEKI_OK : seki_arena_failure(arena);
}

enum seki_result seki_pra_find(struct seki_arena *arena, const struct seki_message *message,
                               struct seki_pra *pra_out)
{
    const unsigned was_cut = SEKI_DEFECT_TOO_MANY_FIELDS | SEKI_DEFECT_HEADER_TOO_LONG;
    struct header_facts facts = { 0 };
    const char *reason = N_("the header is larger than we read");
    *pra_out = (struct seki_pra){ SEKI_STR(""), SEKI_STR(""), SEKI_STR(""), SEKI_STR("") };
    enum role chosen = ROLE_COUNT;
    if ((seki_message_defects(message) & was_cut) == 0) {
        read_header(message, &facts);
        chosen = choose_field(&facts, &reason);
    }
    if (chosen == ROLE_COUNT) {
        pra_out->reason = seki_str_of(reason);
        return SEKI_OK;
    }
    pra_out->field = names[chosen];
    return read_mailbox(arena, facts.first[chosen]->value, pra_out);
}
