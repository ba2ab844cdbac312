#include "store/traffic_scan.h"

#include "store/rows.h"
#include "store/traffic_flags.h"
#include "store/traffic_text.h"

#include <assert.h>

#define ARENA_MAX_OCTETS (1024u * 1024u)

/* In the order of the reading below. */
#define COLUMNS                                                                                                    \
    "SELECT m.id, m.at_us, m.queue_id, m.message_id, m.quarantine_id, m.client, m.mail_from, m.reply_code, "       \
    "m.author_domain, m.mail_from_domain, m.spf_domain, m.dkim_domains, m.dmarc, m.wish, m.spf, m.dkim, m.flags, " \
    "m.lookalike_of, m.attachment, m.virus, r.address, r.domain, r.domain_id, r.tenant_id, r.policy_revision, "    \
    "r.filter, r.action, r.would_be, r.matched, r.decisive, r.flags, r.allow_id, r.applied, m.segment_offset, "    \
    "m.segment_id, m.arc"
/* at_us in both: PostgreSQL then looks into the tables of the right days only */
#define FROM " FROM traffic_recipient r JOIN traffic_message m ON m.id = r.message AND m.at_us = r.at_us"

/* ---- the statement ---- */

static void add_if(struct store_query *query, bool is_wanted, const char *text, struct sql_value value)
{
    if (is_wanted)
        store_query_add(query, text, value);
}

/* As it was given, and with its domain in A-labels: it is recorded as its server wrote it. */
static void add_address(struct store_query *query, const char *text, struct seki_str address,
                        struct seki_arena *arena)
{
    if (address.len == 0)
        return;
    store_query_add(query, text, store_traffic_lower(address, arena));
    store_query_add(query, ", ?)", store_traffic_address(address, arena));
}

/* By no index: of each there are few, every message has them, and ingestion would pay for it. */
static void add_results(struct store_query *query, const struct store_traffic_filter *filter)
{
    static const char *const conditions[STORE_RESULT_COUNT] = {
        [STORE_RESULT_SPF] = " AND m.spf = ? AND (m.flags & 1) <> 0",
        [STORE_RESULT_DKIM] = " AND m.dkim = ?",
        [STORE_RESULT_ARC] = " AND m.arc = ?",
        [STORE_RESULT_DMARC] = " AND m.dmarc = ?",
        [STORE_RESULT_APPLIED] = " AND r.applied = ?",
    };
    static_assert(STORE_HAS_SPF == 1, "as in the condition");
    for (size_t i = 0; i < STORE_RESULT_COUNT; i++)
        add_if(query, filter->results[i] > 0, conditions[i], SQL_OF_INT(filter->results[i] - 1));
}

/* A tenant's domains, and not its number in the rows: the index is by domain. */
static void add_conditions(struct store_query *query, const struct store_traffic_filter *filter,
                           struct seki_arena *arena)
{
    struct seki_str client = { (const char *)filter->client.octets, filter->client.octet_count };
    add_if(query, filter->domain_id != 0, " AND r.domain_id = ?", SQL_OF_INT(filter->domain_id));
    add_if(query, filter->tenant_id != 0, " AND r.tenant_id = ?", SQL_OF_INT(filter->tenant_id));
    add_if(query, filter->since_us != 0, " AND r.at_us >= ?", SQL_OF_INT(filter->since_us));
    add_if(query, filter->until_us != 0, " AND r.at_us < ?", SQL_OF_INT(filter->until_us));
    add_if(query, filter->at_message != 0, " AND r.message = ?", SQL_OF_INT(filter->at_message));
    add_if(query, filter->queue_id.len > 0, " AND m.queue_id = ?", store_traffic_text(filter->queue_id, arena));
    if (filter->message_id.len > 0) { /* mail programs show it without angle brackets */
        struct seki_str bracketed = seki_arena_format(arena, "<%.*s>", SEKI_STR_ARGS(filter->message_id));
        store_query_add(query, " AND m.message_id IN (?", store_traffic_lower(filter->message_id, arena));
        store_query_add(query, ", ?)", store_traffic_lower(bracketed, arena));
    }
    add_address(query, " AND m.mail_from IN (?", filter->mail_from, arena);
    add_if(query, filter->is_null_sender, " AND m.mail_from = ? AND m.segment_id <> 0", SQL_OF_STR(SEKI_STR("")));
    add_address(query, " AND r.address IN (?", filter->recipient, arena);
    add_if(query, filter->author_domain.len > 0, " AND m.author_domain = ?",
           store_traffic_domain(filter->author_domain, arena));
    add_if(query, filter->client.octet_count > 0, " AND m.client = ?", SQL_OF_OCTETS(client));
    add_results(query, filter);
    if (filter->is_newest_first)
        seki_buf_add(&query->text, SEKI_STR(" ORDER BY r.at_us DESC, r.message DESC, r.ordinal"));
    add_if(query, filter->limit != 0, " LIMIT ?", SQL_OF_INT(filter->limit));
}

static const char *text_of(struct store_query *query, const struct store_traffic_filter *filter,
                           struct seki_arena *arena)
{
    store_query_init(query, arena,
                     filter->with_position ? COLUMNS
                         ", s.node, s.segment" FROM
                         " LEFT JOIN journal_segment s ON s.id = m.segment_id WHERE 1 = 1"
                                           : COLUMNS FROM " WHERE 1 = 1");
    add_conditions(query, filter, arena);
    return store_query_text(query);
}

/* ---- a row ---- */

static const struct sql_value *read_facts(const struct sql_value *v, struct policy_facts *facts)
{
    struct seki_str domains;
    facts->author_domain = (*v++).text;
    facts->mail_from_domain = (*v++).text;
    facts->spf_domain = (*v++).text;
    domains = (*v++).text;
    while (domains.len > 0 && facts->dkim_domain_count < POLICY_FACTS_DKIM_MAX &&
           seki_str_split(&domains, ' ', &facts->dkim_domains[facts->dkim_domain_count]))
        facts->dkim_domain_count++;
    facts->dmarc = (enum seki_dmarc_result)(*v++).integer;
    facts->wish = (enum seki_dmarc_policy)(*v++).integer;
    facts->spf = (enum seki_spf_result)(*v++).integer;
    facts->dkim = (enum seki_dkim_result)(*v++).integer;
    int64_t flags = (*v++).integer;
    facts->has_spf = flags & STORE_HAS_SPF;
    facts->is_null_sender = flags & STORE_NULL_SENDER;
    facts->is_spf_aligned = flags & STORE_SPF_ALIGNED;
    facts->is_dkim_aligned = flags & STORE_DKIM_ALIGNED;
    facts->is_arc_override = flags & STORE_ARC_OVERRIDE;
    facts->is_author_hosted = flags & STORE_AUTHOR_HOSTED;
    facts->has_scan_failed = flags & STORE_SCAN_FAILED;
    facts->is_to_contact = flags & STORE_TO_CONTACT;
    facts->lookalike_of = (*v++).text;
    facts->attachment = (*v++).text;
    facts->virus = (*v++).text;
    return v;
}

static const struct sql_value *read_recipient(const struct sql_value *v, struct journal_recipient *recipient)
{
    struct policy_judgement *judgement = &recipient->judgement;
    recipient->address = (*v++).text;
    recipient->domain = (*v++).text;
    recipient->domain_id = (uint64_t)(*v++).integer;
    recipient->tenant_id = (uint64_t)(*v++).integer;
    recipient->policy_revision = (uint64_t)(*v++).integer;
    recipient->filter = (unsigned)(*v++).integer;
    judgement->action = (enum policy_action)(*v++).integer;
    judgement->would_be = (enum policy_action)(*v++).integer;
    judgement->matched = (unsigned)(*v++).integer;
    judgement->decisive = (enum policy_check)(*v++).integer;
    int64_t flags = (*v++).integer;
    judgement->is_impostor = flags & STORE_IMPOSTOR;
    judgement->is_forged_bounce = flags & STORE_FORGED_BOUNCE;
    judgement->is_arc_override = flags & STORE_JUDGED_ARC_OVERRIDE;
    judgement->is_temporary = flags & STORE_TEMPORARY;
    judgement->allow_id = (uint64_t)(*v++).integer;
    recipient->applied = (enum policy_action)(*v++).integer;
    return v;
}

static struct seki_ip read_client(struct seki_str octets)
{
    struct seki_ip client = { 0 };
    if (octets.len == 4 || octets.len == 16) {
        client.octet_count = (uint8_t)octets.len;
        memcpy(client.octets, octets.ptr, octets.len);
    }
    return client;
}

static void read_row(const struct sql_value *v, bool with_position, struct store_traffic_row *row)
{
    *row = (struct store_traffic_row){ .message = v[0].integer,
                                       .at_us = v[1].integer,
                                       .queue_id = v[2].text,
                                       .message_id = v[3].text,
                                       .quarantine_id = v[4].text,
                                       .facts.client = read_client(v[5].text),
                                       .mail_from = v[6].text,
                                       .reply_code = (unsigned)v[7].integer,
                                       .node = SEKI_STR("") };
    v = read_facts(v + 8, &row->facts);
    v = read_recipient(v, &row->recipient);
    row->position.offset = (uint64_t)v[0].integer;
    row->is_erased = v[1].integer == 0; /* as store_person_erase() leaves it; segments count from 1 */
    row->arc = (enum seki_arc_result)v[2].integer;
    if (!with_position || v[3].type != SQL_TEXT)
        return;
    row->node = v[3].text;
    snprintf(row->position.segment, sizeof row->position.segment, "%.*s", SEKI_STR_ARGS(v[4].text));
}

enum seki_result store_traffic_scan(struct sql *sql, const struct store_traffic_filter *filter,
                                    store_traffic_visit *visit, void *user, struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(ARENA_MAX_OCTETS);
    struct store_query query;
    struct sql_rows *rows;
    const struct sql_value *values;
    const char *text = text_of(&query, filter, arena);
    enum seki_result result =
        text == NULL ? store_no_room(arena, why) : sql_query(sql, text, query.values, query.count, &rows, why);
    while (result == SEKI_OK && (result = sql_next(rows, &values, why)) == SEKI_OK && values != NULL) {
        struct store_traffic_row row;
        read_row(values, filter->with_position, &row);
        if (!visit(user, &row)) {
            sql_rows_close(rows);
            break;
        }
    }
    seki_arena_free(arena);
    return result;
}
