/* Keeping a message for those of its recipients whose domain wants it held. It is on disk before the MTA hears 250; what
 * cannot be kept is put off. */
#include "daemon/inbound_parts.h"

#include "quarantine/released.h"

#include <time.h>

#define DAY_S 86400

/* A domain's message that waits for its scanner is held too (policy/fold.h). */
static const char *reason_of(const struct policy_judgement *judgement)
{
    return policy_check_name(judgement->is_temporary ? POLICY_VIRUS : judgement->decisive);
}

/* The same address in two spellings is held once, and released once. */
static bool is_held_for(const struct quarantine_message *held, const struct quarantine_recipient *items,
                        struct seki_str address)
{
    for (size_t i = 0; i < held->recipient_count; i++) {
        if (seki_str_equal(items[i].address, address))
            return true;
    }
    return false;
}

static bool add_recipients(const struct inbound_message *message, int64_t now_s, struct quarantine_message *held)
{
    const struct inbound_recipients *recipients = &message->recipients;
    struct quarantine_recipient *items = seki_arena_alloc(message->arena, recipients->count, sizeof *items);
    if (items == NULL)
        return false;
    for (size_t i = 0; i < recipients->count; i++) {
        const struct policy_recipient *recipient = &recipients->items[i];
        const struct replica_domain *hosted = &recipients->item_domains[i]->hosted;
        if (recipient->applied != POLICY_HOLD || is_held_for(held, items, inbound_address(recipient->path)))
            continue;
        items[held->recipient_count++] = (struct quarantine_recipient){
            .address = inbound_address(recipient->path),
            .domain_id = hosted->domain_id,
            .tenant_id = hosted->tenant_id,
            .expires_at_s = now_s + (int64_t)hosted->policy.quarantine_days * DAY_S,
            .reason = seki_str_of(reason_of(&recipient->judgement)),
        };
    }
    held->recipients = items;
    return true;
}

bool inbound_hold(struct inbound_message *message, quarantine_done *done)
{
    struct quarantine_draft *draft = message->streams.draft;
    int64_t now_s = (int64_t)time(NULL);
    struct quarantine_message held = {
        .at_us = now_s * 1000000,
        .queue_id = milter_session_macro(message->session->milter, SEKI_STR("i")),
        .message_id = inbound_field(message, SEKI_STR("Message-ID")),
        .helo = message->helo,
        .mail_from = inbound_address(message->mail_from),
        .client = message->client,
        .author = inbound_field(message, SEKI_STR("From")),
        .subject = inbound_field(message, SEKI_STR("Subject")),
        .authentication_results = message->verdict.authentication_results,
    };
    if (draft == NULL || !add_recipients(message, now_s, &held))
        return false;
    message->streams.draft = NULL; /* the worker's, whatever comes */
    message->is_keeping = quarantine_worker_keep(message->session->inbound->keeper, draft, &held, done, message);
    return message->is_keeping;
}

/* ---- what comes from the quarantine ---- */

static struct seki_str topmost(const struct inbound_message *message, struct seki_str name)
{
    const struct seki_message *header = seki_verify_message(message->verify);
    struct seki_str value = SEKI_STR("");
    for (size_t at = seki_message_find_up(header, name, SIZE_MAX); at != SIZE_MAX;
         at = seki_message_find_up(header, name, at))
        value = seki_message_field(header, at)->value;
    return value;
}

/* Releases and digests have one recipient. */
static bool is_from_quarantine(const struct inbound_message *message)
{
    const char *folder = message->generation->config->quarantine.folder.ptr;
    const struct inbound_recipients *recipients = &message->recipients;
    if (recipients->count != 1)
        return false;
    struct seki_str recipient = inbound_address(recipients->items[0].path);
    return quarantine_released_is_from(folder, topmost(message, SEKI_STR(QUARANTINE_RELEASED_NAME)), recipient) ||
           quarantine_released_is_from(folder, topmost(message, SEKI_STR(QUARANTINE_DIGEST_NAME)), recipient);
}

/* Put off, not refused: behind a server that takes it first and asks us then, a refusal would be a bounce to whoever stands
 * as the sender (RFC 3463 section 3.5: X.4.6 "is useful only as a persistent transient error"). */
bool inbound_put_off_own(struct inbound_message *message)
{
    static const struct seki_str sentence = SEKI_STR_INIT(
        "It comes from the quarantine, and came to its filter again; [quarantine] release_to must name a listener "
        "without the filter");
    struct inbound_recipients *recipients = &message->recipients;
    struct log_line line;
    if (!is_from_quarantine(message))
        return false;
    recipients->items[0].applied = POLICY_DELIVER;
    recipients->items[0].is_removed = false;
    message->effects = (struct policy_effects){ .action = POLICY_DELIVER, .subject_tag = SEKI_STR("") };
    message->decision =
        (struct milter_decision){ .action = MILTER_TEMPFAIL, .reply = { 451, SEKI_STR("4.4.6"), sentence } };
    log_begin(&line, message->session->inbound->log, LOG_LEVEL_WARNING, "release_loop");
    log_text(&line, "qid", milter_session_macro(message->session->milter, SEKI_STR("i")));
    log_text(&line, "reason", sentence);
    log_end(&line);
    return true;
}
