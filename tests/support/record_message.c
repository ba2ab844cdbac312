/* Records a message as the gate and `control` would: judged with the answers of a zone file and by the policies of a store,
 * appended to a journal, and taken over into the store.
 *
 * usage: record_message STORE-URL JOURNAL ZONE MESSAGE IP MAIL-FROM RECIPIENT…
 * Prints SEGMENT:OFFSET. */
#include "dns/driver/source.h"
#include "journal/verdict.h"
#include "journal/writer.h"
#include "policy/judge.h"
#include "store/domains.h"
#include "store/resolve.h"
#include "store/traffic.h"

#include <stdio.h>
#include <stdlib.h>

#define NOW_S 1795334400

/* Encoded words of two charsets, and what would clear a terminal. */
static const char subject[] =
    "=?utf-8?B?6KuL5rGC5pu4?= / =?ISO-2022-JP?B?GyRCOl84SxsoQg==?=\r\n =?utf-8?Q?=1B[2J?=";
static struct seki_arena *arena;
static struct seki_error why;

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "record_message: %s: %s\n", what, why.text);
    exit(1);
}

static struct seki_str read_file(const char *path)
{
    static char text[1 << 20];
    FILE *file = fopen(path, "rb");
    must(file != NULL, path);
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    return (struct seki_str){ text, len };
}

static struct seki_str written(void (*write)(const struct seki_verify *, struct seki_buf *),
                               const struct seki_verify *verify)
{
    struct seki_buf buf;
    seki_buf_init_arena(&buf, arena, JOURNAL_RECORD_MAX_OCTETS);
    write(verify, &buf);
    return seki_buf_str(&buf);
}

static void judge(struct seki_verify *verify, struct seki_answers *answers, const char *zone,
                  struct seki_verdict *verdict)
{
    enum seki_result result;
    struct dns_source *source = dns_source_open(&(struct dns_source_options){ .zone_file = zone }, &why);
    must(source != NULL, zone);
    while ((result = seki_verify_step(verify, answers, verdict, &why)) == SEKI_NEED_ANSWERS)
        dns_source_answer(source, answers);
    must(result == SEKI_OK, "no verdict");
    dns_source_close(source);
}

static void judge_recipient(struct sql *sql, const struct policy_facts *facts, struct seki_str address,
                            struct journal_recipient *recipient)
{
    struct store_domain domain;
    struct store_resolved resolved;
    *recipient = (struct journal_recipient){ .address = address };
    recipient->domain = seki_str_from(address, seki_str_find(address, '@') + 1);
    if (store_domain_find(sql, recipient->domain, arena, &domain, NULL) != SEKI_OK)
        return;
    must(store_resolve_domain(sql, domain.id, arena, &resolved, &why) == SEKI_OK, "policy");
    recipient->domain_id = (uint64_t)domain.id;
    recipient->tenant_id = (uint64_t)domain.tenant_id;
    recipient->policy_revision = resolved.domain.policy_revision;
    recipient->filter = resolved.domain.policy.filter;
    recipient->judgement =
        policy_judge(&resolved.domain.policy, resolved.entries, resolved.domain.allow_count, facts, NOW_S);
    recipient->applied = recipient->judgement.action;
}

static struct journal_position append(const char *folder, const struct journal_record *record)
{
    struct seki_buf octets;
    struct journal_position position = { .offset = 0 };
    seki_buf_init_arena(&octets, arena, JOURNAL_RECORD_MAX_OCTETS);
    journal_record_encode(record, &octets);
    struct journal_writer *writer = journal_writer_new(folder, 0, NULL, &why);
    must(writer != NULL && journal_append(writer, seki_buf_str(&octets), &position, &why) == SEKI_OK, folder);
    journal_writer_close(writer);
    return position;
}

static void take_over(struct sql *sql, const struct journal_record *record, const struct journal_position *position)
{
    const struct store_traffic_record one = { record, position->offset };
    const struct store_traffic_batch batch = { .node = SEKI_STR("node-1"),
                                               .segment = seki_str_of(position->segment),
                                               .to = { .next_offset = UINT32_MAX, .is_done = true },
                                               .records = &one,
                                               .count = 1 };
    struct store_traffic *traffic = store_traffic_new(sql, &why);
    must(traffic != NULL && store_traffic_ingest(traffic, &batch, &why) == SEKI_OK, "taking over");
    store_traffic_free(traffic);
}

int main(int argc, char **argv)
{
    static struct journal_recipient recipients[10];
    struct seki_verify_options options = { .authserv_id = SEKI_STR("mx.example.net"), .now_s = NOW_S };
    struct seki_verdict verdict;
    struct seki_ip client;
    enum seki_result result;
    must(argc >= 8 && argc < 18 && seki_ip_parse(seki_str_of(argv[5]), &client), "see the usage");
    arena = seki_arena_new(64u << 20);
    struct seki_context *context = seki_context_new(0, &why);
    struct sql *sql = sql_open(argv[1], &result, &why);
    must(arena != NULL && context != NULL && sql != NULL, argv[1]);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_verify *verify = seki_verify_new(arena, context, &options);
    must(seki_verify_client(verify, &client, SEKI_STR("mail.example.com")) == SEKI_OK &&
             seki_verify_mail_from(verify, seki_str_of(argv[6])) == SEKI_OK &&
             seki_verify_whole(verify, read_file(argv[4])) == SEKI_OK,
         argv[4]);
    judge(verify, answers, argv[3], &verdict);
    struct seki_buf table;
    seki_buf_init_arena(&table, arena, JOURNAL_RECORD_MAX_OCTETS);
    seki_answers_encode(answers, &table);
    struct journal_record record = { .at_us = NOW_S * INT64_C(1000000),
                                     .wait_us = 1234,
                                     .size_octets = 4321,
                                     .queue_id = SEKI_STR("4XyZ"),
                                     .message_id = SEKI_STR("<1@example.com>"),
                                     .helo = SEKI_STR("mail.example.com"),
                                     .mail_from = seki_str_of(argv[6]),
                                     .subject = seki_str_of(subject),
                                     .recipients = recipients,
                                     .reply_code = 250,
                                     .header = written(seki_verify_header_write, verify),
                                     .body_hashes = written(seki_verify_body_hashes_write, verify),
                                     .answers = seki_buf_str(&table) };
    policy_facts_of(&verdict, &client, record.mail_from, &record.facts);
    must(journal_record_take_verdict(&record, &verdict, arena), "signatures");
    for (int i = 7; i < argc; i++)
        judge_recipient(sql, &record.facts, seki_str_of(argv[i]), &recipients[record.recipient_count++]);
    struct journal_position position = append(argv[2], &record);
    take_over(sql, &record, &position);
    printf("%s:%llu\n", position.segment, (unsigned long long)position.offset);
    seki_verify_end(verify);
    seki_context_free(context);
    sql_close(sql);
    seki_arena_free(arena);
    return 0;
}
