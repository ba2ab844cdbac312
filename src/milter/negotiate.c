#include "milter/negotiate.h"

#include "milter/event.h"

#include <assert.h>

/* Every change that the protocol knows; only those in use are asked for, so that an operator who reads the MTA's log
 * sees what this filter can do to a message. */
static const struct change_row {
    const char *name;
    uint32_t flag;
    enum { USED_BY_ROLE, USED_IF_OFFERED, NEEDED } use;
} changes[] = {
    { "add fields", MILTER_MAY_ADD_FIELDS, NEEDED },
    { "change or remove fields", MILTER_MAY_CHANGE_FIELDS, NEEDED },
    { "choose macros", MILTER_MAY_LIST_MACROS, USED_IF_OFFERED },
    { "replace the body", MILTER_MAY_REPLACE_BODY, USED_BY_ROLE },
    { "add recipients", MILTER_MAY_ADD_RCPT, USED_BY_ROLE },
    { "delete recipients", MILTER_MAY_DELETE_RCPT, USED_BY_ROLE },
    { "quarantine", MILTER_MAY_QUARANTINE, USED_BY_ROLE },
    { "change the sender", MILTER_MAY_CHANGE_SENDER, USED_BY_ROLE },
    { "add recipients with parameters", MILTER_MAY_ADD_RCPT_PARAMS, USED_BY_ROLE },
};

/* The numbers are SMFIM_* of libmilter's mfapi.h and part of the protocol. A stage that is not listed keeps the MTA's
 * own list. {client_*} is asked for at MAIL because XCLIENT (a proxy in front) may have changed it since CONNECT.
 * Postfix has no {if_*} and leaves them out. */
static const struct macro_list {
    uint32_t stage;
    struct seki_str names;
} macro_lists[] = {
    { 0, SEKI_STR_INIT("j v {daemon_name} {daemon_addr} {daemon_port} {if_name} {if_addr} {client_ptr}") },
    { 1, SEKI_STR_INIT("{tls_version} {cipher} {cipher_bits}") },
    { 2,
      SEKI_STR_INIT("i {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer} {client_addr} "
                    "{client_name} {client_port}") },
    { 3, SEKI_STR_INIT("i {rcpt_addr} {rcpt_host} {rcpt_mailer}") },
    { 4, SEKI_STR_INIT("i") },
    { 5, SEKI_STR_INIT("i") },
    { 6, SEKI_STR_INIT("i") },
};

static enum seki_result choose_changes(uint32_t offered, uint32_t used_by_role, uint32_t *chosen_out,
                                       struct seki_error *why)
{
    uint32_t chosen = 0;
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        if (changes[i].use == USED_BY_ROLE && (used_by_role & changes[i].flag) == 0)
            continue;
        if ((offered & changes[i].flag) != 0) {
            chosen |= changes[i].flag;
        } else if (changes[i].use == NEEDED) {
            seki_error_set(why, "the MTA does not let a filter %s (it offers actions 0x%x)", changes[i].name,
                           (unsigned)offered);
            return SEKI_BAD_INPUT;
        }
    }
    *chosen_out = chosen;
    return SEKI_OK;
}

static uint32_t choose_events(uint32_t offered, const struct milter_handler *handler)
{
    uint32_t chosen = MILTER_KEEP_LEADING_SPACE;
    for (unsigned i = 0; i < MILTER_EVENT_COUNT; i++) {
        enum milter_event event = (enum milter_event)i;
        enum milter_interest interest = milter_event_interest(event, handler);
        if (interest == MILTER_UNWANTED)
            chosen |= milter_event_no_flag(event);
        if (interest != MILTER_ANSWERED)
            chosen |= milter_event_nr_flag(event);
    }
    return chosen & offered;
}

enum seki_result milter_negotiate(struct seki_str payload, const struct milter_handler *handler,
                                  struct milter_agreement *agreed_out, struct seki_error *why)
{
    struct milter_cursor cursor = milter_cursor_over(payload);
    uint32_t version = milter_cursor_u32(&cursor);
    uint32_t offered_changes = milter_cursor_u32(&cursor);
    uint32_t offered_events = milter_cursor_u32(&cursor);
    if (!milter_cursor_is_done(&cursor)) {
        seki_error_set(why, "OPTNEG must have 12 octets, not %zu", payload.len);
        return SEKI_BAD_INPUT;
    }
    if (version < MILTER_VERSION_OLDEST) {
        seki_error_set(why, "the MTA speaks milter version %u; at least %u is needed", (unsigned)version,
                       MILTER_VERSION_OLDEST);
        return SEKI_BAD_INPUT;
    }
    uint32_t chosen_changes;
    enum seki_result result = choose_changes(offered_changes, handler->changes, &chosen_changes, why);
    if (result != SEKI_OK)
        return result;
    *agreed_out = (struct milter_agreement){
        .version = version < MILTER_VERSION ? version : MILTER_VERSION,
        .changes = chosen_changes,
        .events = choose_events(offered_events, handler),
    };
    return SEKI_OK;
}

void milter_negotiate_missing(const struct milter_agreement *agreed, const struct milter_handler *handler,
                              struct seki_error *names_out)
{
    size_t len = 0;
    names_out->text[0] = '\0';
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        if ((handler->changes & ~agreed->changes & changes[i].flag) == 0 || len >= sizeof names_out->text)
            continue;
        len += (size_t)snprintf(names_out->text + len, sizeof names_out->text - len, "%s%s", len > 0 ? ", " : "",
                                changes[i].name);
    }
}

void milter_negotiate_write(const struct milter_agreement *agreed, struct seki_buf *out)
{
    size_t begin = milter_packet_begin(out, MILTER_CMD_NEGOTIATE);
    milter_packet_u32(out, agreed->version);
    milter_packet_u32(out, agreed->changes);
    milter_packet_u32(out, agreed->events);
    if ((agreed->changes & MILTER_MAY_LIST_MACROS) != 0) {
        for (size_t i = 0; i < sizeof macro_lists / sizeof macro_lists[0]; i++) {
            milter_packet_u32(out, macro_lists[i].stage);
            milter_packet_string(out, macro_lists[i].names);
        }
    }
    milter_packet_end(out, begin);
}
