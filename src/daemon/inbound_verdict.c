/* What became of a message, as a line in the log. */
#include "daemon/inbound_parts.h"

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

static const char *action_name(const struct inbound_message *message, const struct milter_decision *decision)
{
    static const char *const names[] = {
        [MILTER_CONTINUE] = "deliver",  [MILTER_ACCEPT] = "deliver",  [MILTER_REJECT] = "refuse",
        [MILTER_TEMPFAIL] = "tempfail", [MILTER_DISCARD] = "discard",
    };
    if (message->effects.is_held &&
        decision->action == MILTER_DISCARD) /* kept for all: taken off the MTA's hands */
        return "hold";
    return decision->quarantine.len > 0 ? "quarantine" : names[decision->action];
}

/* Recipients whose mail goes another way than the message does. */
static void log_recipients(struct log_line *line, const struct inbound_message *message)
{
    static const char *const keys[POLICY_ACTION_COUNT] = {
        [POLICY_MARK] = "marked",
        [POLICY_JUNK] = "junked",
        [POLICY_HOLD] = "held",
        [POLICY_DISCARD] = "dropped",
    };
    int64_t counts[POLICY_ACTION_COUNT] = { 0 };
    for (size_t i = 0; i < message->recipients.count; i++)
        counts[message->recipients.items[i].applied]++;
    for (unsigned action = 0; action < POLICY_ACTION_COUNT; action++) {
        if (keys[action] != NULL && counts[action] > 0)
            log_number(line, keys[action], counts[action]);
    }
}

/* Whose policy spoke against it (its domain and the check), and the entry that let it through. */
static void log_policy(struct log_line *line, const struct inbound_message *message)
{
    const struct policy_recipient *decisive = inbound_speaker(message);
    if (!message->recipients.has_hosted)
        return;
    log_recipients(line, message);
    if (decisive != NULL) {
        log_text(line, "by", decisive->domain);
        log_text(line, "check", seki_str_of(policy_check_name(decisive->judgement.decisive)));
        if (decisive->judgement.action != decisive->judgement.would_be)
            log_text(line, "would_be", seki_str_of(policy_action_name(decisive->judgement.would_be)));
    }
    for (size_t i = 0; i < message->recipients.count; i++) {
        if (message->recipients.items[i].judgement.allow_id == 0)
            continue;
        log_number(line, "allow", (int64_t)message->recipients.items[i].judgement.allow_id);
        return;
    }
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
    log_text(&line, "action", seki_str_of(action_name(message, decision)));
    log_policy(&line, message);
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
