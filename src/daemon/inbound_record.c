/* One message as one record of the journal, written before the MTA hears the reply. */
#include "daemon/inbound_parts.h"

#include "journal/verdict.h"

#include <time.h>

#define TELL_EVERY_US 10000000 /* of lost records */
#define SUBJECT_MAX   998u

static int64_t wall_clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- the parts of a record ---- */

struct seki_str inbound_field(const struct inbound_message *message, struct seki_str name)
{
    const struct seki_message *header = seki_verify_message(message->verify);
    size_t at = seki_message_find_up(header, name, SIZE_MAX);
    return at != SIZE_MAX ? seki_str_trim(seki_message_field(header, at)->value) : SEKI_STR("");
}

/* As it came, up to the field that would be too much. */
static struct seki_str copy_header(const struct seki_message *header, struct seki_buf *buf)
{
    seki_buf_clear(buf);
    for (size_t i = 0; i < seki_message_field_count(header); i++) {
        struct seki_str raw = seki_message_field(header, i)->raw;
        if (raw.len + 2 > buf->max - buf->len)
            break;
        seki_buf_add(buf, raw);
        seki_buf_add(buf, SEKI_STR("\r\n"));
    }
    return seki_buf_failed(buf) == SEKI_OK ? seki_buf_str(buf) : SEKI_STR("");
}

static void add_recipients(struct journal_record *record, const struct inbound_message *message)
{
    const struct inbound_recipients *recipients = &message->recipients;
    size_t count = recipients->count < JOURNAL_RECIPIENTS_MAX ? recipients->count : JOURNAL_RECIPIENTS_MAX;
    struct journal_recipient *items = count > 0 ? seki_arena_alloc(message->arena, count, sizeof *items) : NULL;
    for (size_t i = 0; i < count && items != NULL; i++) {
        const struct policy_recipient *from = &recipients->items[i];
        const struct replica_domain *hosted = &recipients->item_domains[i]->hosted; /* all zero: not hosted */
        items[i] = (struct journal_recipient){ .address = inbound_address(from->path),
                                               .domain = from->domain,
                                               .domain_id = hosted->domain_id,
                                               .tenant_id = hosted->tenant_id,
                                               .policy_revision = hosted->policy_revision,
                                               .filter = hosted->policy.filter,
                                               .judgement = from->judgement,
                                               .applied = from->applied };
    }
    record->recipients = items;
    record->recipient_count = items != NULL ? count : 0;
    record->recipients_left_out = recipients->count - record->recipient_count;
}

static void add_reply(struct journal_record *record, const struct milter_decision *decision)
{
    record->reply_code = decision->reply.code;
    record->reply_text = decision->reply.text;
    if (decision->action == MILTER_CONTINUE || decision->action == MILTER_DISCARD)
        record->reply_code = 250;
}

static struct seki_str whole(const struct seki_buf *buf)
{
    return seki_buf_failed(buf) == SEKI_OK ? seki_buf_str(buf) : SEKI_STR("");
}

/* What gives the verdict again, and shows from what it came. */
static void add_evidence(struct journal_record *record, const struct inbound_message *message, bool has_verdict)
{
    struct inbound_hosting *hosting = message->generation->hosting;
    record->header = copy_header(seki_verify_message(message->verify), &hosting->header);
    if (!has_verdict)
        return;
    seki_buf_clear(&hosting->answers);
    seki_buf_clear(&hosting->hashes);
    seki_answers_encode(message->answers, &hosting->answers);
    seki_verify_body_hashes_write(message->verify, &hosting->hashes);
    record->answers = whole(&hosting->answers);
    record->body_hashes = whole(&hosting->hashes);
}

static struct journal_record record_of(struct inbound_message *message, const struct seki_verdict *verdict,
                                       const struct milter_decision *decision, int64_t us)
{
    struct journal_record record = {
        .wait_us = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us,
        .size_octets = message->size_octets,
        .queue_id = milter_session_macro(message->session->milter, SEKI_STR("i")),
        .message_id = inbound_field(message, SEKI_STR("Message-ID")),
        .subject = seki_str_head(inbound_field(message, SEKI_STR("Subject")), SUBJECT_MAX),
        .relay = message->is_relayed ? message->session->client : (struct seki_ip){ 0 },
        .helo = message->helo,
        .mail_from = inbound_address(message->mail_from),
        .quarantine_id = seki_str_of(message->quarantine_id.text),
        .facts = message->facts,
        .failure = message->failure != SEKI_OK ? message->why : SEKI_STR(""),
    };
    if (verdict != NULL)
        (void)journal_record_take_verdict(&record, verdict, message->arena); /* without room: without signatures */
    else
        record.facts.client = message->client;
    add_recipients(&record, message);
    add_reply(&record, decision);
    add_evidence(&record, message, verdict != NULL);
    return record;
}

/* ---- writing it ---- */

static void tell_of_loss(struct inbound *inbound, struct inbound_hosting *hosting, const char *reason)
{
    int64_t now_us = inbound_now_us();
    inbound->metrics.journal_lost++;
    hosting->lost_untold++;
    if (hosting->told_at_us != 0 && now_us - hosting->told_at_us < TELL_EVERY_US)
        return;
    struct log_line line;
    log_begin(&line, inbound->log, LOG_LEVEL_WARNING, "journal_lost");
    log_number(&line, "records", (int64_t)hosting->lost_untold);
    log_text(&line, "reason", seki_str_of(reason));
    log_end(&line);
    hosting->lost_untold = 0;
    hosting->told_at_us = now_us;
}

/* A record that is too long with its evidence is worth having without. */
static bool encode(struct journal_record *record, struct seki_buf *buf)
{
    seki_buf_clear(buf);
    journal_record_encode(record, buf);
    if (seki_buf_failed(buf) != SEKI_LIMIT)
        return seki_buf_failed(buf) == SEKI_OK;
    record->header = record->body_hashes = record->answers = SEKI_STR("");
    seki_buf_clear(buf);
    journal_record_encode(record, buf);
    return seki_buf_failed(buf) == SEKI_OK;
}

void inbound_append(struct inbound *inbound, struct inbound_hosting *hosting, struct journal_record *record)
{
    struct journal_position position;
    struct seki_error why = { "" };
    record->at_us = wall_clock_us();
    if (!encode(record, &hosting->record))
        tell_of_loss(inbound, hosting, "no memory for the record");
    else if (journal_append(hosting->journal, seki_buf_str(&hosting->record), &position, &why) != SEKI_OK)
        tell_of_loss(inbound, hosting, why.text);
    else
        inbound->metrics.journal_records++;
}

void inbound_record(struct inbound_message *message, const struct seki_verdict *verdict,
                    const struct milter_decision *decision, int64_t us)
{
    struct inbound_hosting *hosting = message->generation->hosting;
    if (hosting->journal == NULL)
        return;
    struct journal_record record = record_of(message, verdict, decision, us);
    inbound_append(message->session->inbound, hosting, &record);
}
