#include "store/traffic_rows.h"

#include "store/traffic_flags.h"
#include "store/traffic_text.h"

static const char insert_message[] =
    "INSERT INTO traffic_message (id, at_us, segment_id, segment_offset, queue_id, message_id, quarantine_id, "
    "client, "
    "mail_from, size_octets, reply_code, author_domain, mail_from_domain, spf_domain, dkim_domains, dmarc, wish, "
    "spf, "
    "dkim, arc, flags, lookalike_of, attachment, virus) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, "
    "$13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)";
static const char insert_recipient[] = "INSERT INTO traffic_recipient (message, ordinal, at_us, address, domain, "
                                       "domain_id, tenant_id, policy_revision, "
                                       "filter, action, would_be, matched, decisive, flags, allow_id, applied) "
                                       "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, "
                                       "$9, $10, $11, $12, $13, $14, $15, $16)";

bool traffic_rows_are_full(const struct traffic_rows *rows)
{
    return rows->message_count == TRAFFIC_MESSAGE_ROWS || rows->recipient_count == TRAFFIC_RECIPIENT_ROWS;
}

static int64_t flags_of(const struct policy_facts *facts)
{
    return (facts->has_spf ? STORE_HAS_SPF : 0) | (facts->is_null_sender ? STORE_NULL_SENDER : 0) |
           (facts->is_spf_aligned ? STORE_SPF_ALIGNED : 0) | (facts->is_dkim_aligned ? STORE_DKIM_ALIGNED : 0) |
           (facts->is_arc_override ? STORE_ARC_OVERRIDE : 0) | (facts->is_author_hosted ? STORE_AUTHOR_HOSTED : 0) |
           (facts->has_scan_failed ? STORE_SCAN_FAILED : 0) | (facts->is_to_contact ? STORE_TO_CONTACT : 0);
}

/* "example.com example.net": a domain has no space in it. All of them fit: 10 of 253 octets. */
static struct sql_value domains_of(const struct policy_facts *facts, struct seki_arena *arena)
{
    struct seki_buf buf;
    if (facts->dkim_domain_count == 1)
        return store_traffic_text(facts->dkim_domains[0], arena);
    seki_buf_init_arena(&buf, arena, POLICY_FACTS_DKIM_MAX * (STORE_TRAFFIC_TEXT_MAX_OCTETS + 1));
    for (size_t i = 0; i < facts->dkim_domain_count; i++) {
        if (i > 0)
            seki_buf_add_char(&buf, ' ');
        seki_buf_add(&buf, store_traffic_text(facts->dkim_domains[i], arena).text);
    }
    return SQL_OF_STR(seki_buf_str(&buf));
}

void traffic_rows_add_message(struct traffic_rows *rows, const struct traffic_place *place,
                              const struct journal_record *record, struct seki_arena *arena)
{
    const struct policy_facts *facts = &record->facts;
    struct seki_str client = { (const char *)facts->client.octets, facts->client.octet_count };
    const struct sql_value row[TRAFFIC_MESSAGE_WIDTH] = {
        SQL_OF_INT(place->message),
        SQL_OF_INT(record->at_us),
        SQL_OF_INT(place->segment_id),
        SQL_OF_INT(place->offset),
        store_traffic_text(record->queue_id, arena),
        store_traffic_lower(record->message_id, arena),
        store_traffic_text(record->quarantine_id, arena),
        SQL_OF_OCTETS(client),
        store_traffic_lower(record->mail_from, arena),
        SQL_OF_INT(record->size_octets & INT64_MAX),
        SQL_OF_INT(record->reply_code),
        store_traffic_text(facts->author_domain, arena),
        store_traffic_text(facts->mail_from_domain, arena),
        store_traffic_text(facts->spf_domain, arena),
        domains_of(facts, arena),
        SQL_OF_INT(facts->dmarc),
        SQL_OF_INT(facts->wish),
        SQL_OF_INT(facts->spf),
        SQL_OF_INT(facts->dkim),
        SQL_OF_INT(record->arc),
        SQL_OF_INT(flags_of(facts)),
        store_traffic_text(facts->lookalike_of, arena),
        store_traffic_text(facts->attachment, arena),
        store_traffic_text(facts->virus, arena),
    };
    memcpy(rows->messages + rows->message_count++ * TRAFFIC_MESSAGE_WIDTH, row, sizeof row);
}

static int64_t judgement_flags(const struct policy_judgement *judgement)
{
    return (judgement->is_impostor ? STORE_IMPOSTOR : 0) | (judgement->is_forged_bounce ? STORE_FORGED_BOUNCE : 0) |
           (judgement->is_arc_override ? STORE_JUDGED_ARC_OVERRIDE : 0) |
           (judgement->is_temporary ? STORE_TEMPORARY : 0);
}

void traffic_rows_add_recipient(struct traffic_rows *rows, const struct traffic_place *place, int64_t at_us,
                                size_t ordinal, const struct journal_recipient *recipient, struct seki_arena *arena)
{
    const struct policy_judgement *judgement = &recipient->judgement;
    const struct sql_value row[TRAFFIC_RECIPIENT_WIDTH] = {
        SQL_OF_INT(place->message),
        SQL_OF_INT(ordinal),
        SQL_OF_INT(at_us),
        store_traffic_lower(recipient->address, arena),
        store_traffic_lower(recipient->domain, arena),
        SQL_OF_INT(recipient->domain_id & INT64_MAX),
        SQL_OF_INT(recipient->tenant_id & INT64_MAX),
        SQL_OF_INT(recipient->policy_revision & INT64_MAX),
        SQL_OF_INT(recipient->filter),
        SQL_OF_INT(judgement->action),
        SQL_OF_INT(judgement->would_be),
        SQL_OF_INT(judgement->matched),
        SQL_OF_INT(judgement->decisive),
        SQL_OF_INT(judgement_flags(judgement)),
        SQL_OF_INT(judgement->allow_id & INT64_MAX),
        SQL_OF_INT(recipient->applied),
    };
    memcpy(rows->recipients + rows->recipient_count++ * TRAFFIC_RECIPIENT_WIDTH, row, sizeof row);
}

enum seki_result traffic_rows_write(struct traffic_rows *rows, struct sql *sql, struct seki_error *why)
{
    enum seki_result result =
        sql_run_many(sql, insert_message, rows->messages, TRAFFIC_MESSAGE_WIDTH, rows->message_count, why);
    if (result == SEKI_OK)
        result = sql_run_many(sql, insert_recipient, rows->recipients, TRAFFIC_RECIPIENT_WIDTH,
                              rows->recipient_count, why);
    rows->message_count = rows->recipient_count = 0;
    return result;
}
