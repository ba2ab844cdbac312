/* From a verdict to what the MTA is told, and to the line in the log. DMARC policies are only reported here: what
 * is done about them is each domain's own choice and not this file's. */
#include "daemon/inbound_parts.h"

#include <sekisho/status.h>

#define FIELD_NAME "Authentication-Results"

/* ---- fields ---- */

struct removals {
    struct seki_arena *arena;
    struct milter_field_removal *items;
    size_t count, capacity;
};

static void add_removal(void *user, size_t field_index, size_t ordinal)
{
    struct removals *removals = user;
    (void)field_index;
    if (removals->count == removals->capacity) {
        size_t capacity = removals->capacity > 0 ? removals->capacity * 2 : 8;
        struct milter_field_removal *items = seki_arena_alloc(removals->arena, capacity, sizeof *items);
        if (items == NULL) /* the arena remembers */
            return;
        if (removals->count > 0)
            memcpy(items, removals->items, removals->count * sizeof *items);
        removals->items = items;
        removals->capacity = capacity;
    }
    removals->items[removals->count++] =
        (struct milter_field_removal){ .name = SEKI_STR(FIELD_NAME), .ordinal = (uint32_t)ordinal };
}

/* RFC 8601 section 5: what claims to be ours goes, then ours goes on top. */
static enum seki_result decide_fields(struct inbound_message *message, const struct seki_verdict *verdict,
                                      struct milter_decision *decision)
{
    const struct inbound_generation *generation = message->generation;
    struct removals removals = { .arena = message->arena };
    seki_verify_forged_fields(message->verify, generation->our_ids, generation->our_id_count, add_removal,
                              &removals);
    struct milter_field_insertion *insertion = seki_arena_alloc(message->arena, 1, sizeof *insertion);
    if (insertion == NULL || seki_arena_failure(message->arena) != SEKI_OK)
        return seki_arena_failure(message->arena);
    *insertion = (struct milter_field_insertion){ .index = 0,
                                                  .name = SEKI_STR(FIELD_NAME),
                                                  .value = verdict->authentication_results };
    decision->removals = removals.items;
    decision->removal_count = removals.count;
    decision->insertions = insertion;
    decision->insertion_count = 1;
    decision->action = MILTER_CONTINUE;
    return SEKI_OK;
}

/* ---- temporary errors ---- */

/* Which temporary errors could have changed the outcome? A message that passes DMARC all the same needs no second
 * chance. Sender ID only reports. */
static unsigned find_trouble(const struct seki_verdict *verdict)
{
    const unsigned counted = SEKI_CAUSE_SPF_TEMPERROR | SEKI_CAUSE_DKIM_TEMPERROR | SEKI_CAUSE_DMARC_TEMPERROR;
    return verdict->dmarc.result == SEKI_DMARC_PASS ? 0 : seki_status_causes(verdict) & counted;
}

static struct milter_reply reply_to(unsigned causes, const struct config *config)
{
    struct seki_status status = seki_status_for(causes, config->inbound.reply_codes != CONFIG_REPLY_RFC7372);
    return (struct milter_reply){ status.reply_code, status.enhanced_code, status.text };
}

enum seki_result inbound_decide(struct inbound_message *message, const struct seki_verdict *verdict,
                                struct milter_decision *decision_out)
{
    const struct config *config = message->generation->config;
    *decision_out = (struct milter_decision){ 0 };
    unsigned trouble = find_trouble(verdict);
    if (trouble == 0 || config->inbound.on_temperror == CONFIG_ON_TEMPERROR_ACCEPT)
        return decide_fields(message, verdict, decision_out);
    decision_out->action = MILTER_TEMPFAIL;
    decision_out->reply = reply_to(trouble, config);
    return SEKI_OK;
}

void inbound_decide_failure(struct milter_decision *decision_out)
{
    *decision_out = (struct milter_decision){
        .action = MILTER_TEMPFAIL,
        .reply = { 451, SEKI_STR("4.3.0"), SEKI_STR("The message cannot be checked now, try again later") },
    };
}

/* ---- the log ---- */

static void log_who(struct log_line *line, const struct inbound_message *message)
{
    char client[SEKI_IP_TEXT_MAX], relay[SEKI_IP_TEXT_MAX];
    log_text(line, "qid", milter_session_macro(message->session->milter, SEKI_STR("i")));
    log_text(line, "client", seki_str_of(seki_ip_format(&message->client, client)));
    if (message->is_relayed)
        log_text(line, "relay", seki_str_of(seki_ip_format(&message->session->client, relay)));
    log_text(line, "helo", message->helo);
    log_text(line, "mail_from", message->mail_from);
}

static void log_spf(struct log_line *line, const struct inbound_message *message,
                    const struct seki_verdict *verdict)
{
    const struct seki_spf_verdict *spf = &verdict->spf_mail_from;
    log_text(line, "spf", seki_str_of(verdict->has_spf_mail_from ? seki_spf_result_name(spf->result) : "-"));
    if (!verdict->has_spf_mail_from && message->why.len > 0)
        log_text(line, "spf_reason", message->why);
    else if (spf->result != SEKI_SPF_PASS && spf->reason.len > 0)
        log_text(line, "spf_reason", spf->reason);
    if (verdict->has_sender_id)
        log_text(line, "sender_id", seki_str_of(seki_spf_result_name(verdict->sender_id.check.result)));
}

/* Of several signatures the one that helps most: a pass, best one that is aligned; else the topmost. */
static const struct seki_dkim_signature_verdict *best_signature(const struct seki_verdict *verdict)
{
    const struct seki_dkim_signature_verdict *best = NULL;
    for (size_t i = 0; i < verdict->dkim.signature_count; i++) {
        const struct seki_dkim_signature_verdict *signature = &verdict->dkim.signatures[i];
        bool is_pass = signature->result == SEKI_DKIM_PASS;
        if (is_pass && seki_str_equal(signature->domain_ascii, verdict->dmarc.dkim_domain))
            return signature;
        if (best == NULL || (is_pass && best->result != SEKI_DKIM_PASS))
            best = signature;
    }
    return best;
}

static void log_dkim(struct log_line *line, const struct seki_verdict *verdict)
{
    const struct seki_dkim_signature_verdict *best = best_signature(verdict);
    log_text(line, "dkim", seki_str_of(seki_dkim_result_name(best != NULL ? best->result : SEKI_DKIM_NONE)));
    if (best == NULL)
        return;
    log_text(line, "dkim_domain", best->domain);
    if (best->reason.len > 0)
        log_text(line, "dkim_reason", best->reason);
    if (verdict->dkim.signature_count > 1)
        log_number(line, "signatures", (int64_t)verdict->dkim.signature_count);
}

static void log_dmarc(struct log_line *line, const struct seki_verdict *verdict)
{
    const struct seki_dmarc_verdict *dmarc = &verdict->dmarc;
    log_text(line, "arc", seki_str_of(seki_arc_result_name(verdict->arc.result)));
    log_text(line, "from", dmarc->from_domain);
    log_text(line, "dmarc", seki_str_of(seki_dmarc_result_name(dmarc->result)));
    if (dmarc->result > SEKI_DMARC_PASS && dmarc->reason.len > 0)
        log_text(line, "dmarc_reason", dmarc->reason);
    if (dmarc->policy != SEKI_DMARC_POLICY_UNSET)
        log_text(line, "policy", seki_str_of(seki_dmarc_policy_name(dmarc->policy)));
    if (verdict->is_arc_override)
        log_text(line, "arc_override", verdict->arc_override_comment);
}

void inbound_log_verdict(const struct inbound_message *message, const struct seki_verdict *verdict,
                         const struct milter_decision *decision, int64_t us)
{
    struct log_line line;
    log_begin(&line, message->session->inbound->log, LOG_LEVEL_INFORMATION, "verdict");
    log_who(&line, message);
    log_spf(&line, message, verdict);
    log_dkim(&line, verdict);
    log_dmarc(&line, verdict);
    if (decision->removal_count > 0)
        log_number(&line, "removed", (int64_t)decision->removal_count);
    log_text(&line, "action", seki_str_of(decision->action == MILTER_TEMPFAIL ? "tempfail" : "deliver"));
    log_number(&line, "ms", (us + 500) / 1000);
    log_end(&line);
}

void inbound_log_failure(const struct inbound_message *message)
{
    struct log_line line;
    log_begin(&line, message->session->inbound->log, LOG_LEVEL_WARNING, "local_failure");
    log_who(&line, message);
    log_text(&line, "reason", message->why);
    log_text(&line, "action", SEKI_STR("tempfail"));
    log_end(&line);
}
