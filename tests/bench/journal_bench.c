/* What the journal costs: journal_bench FOLDER [RECORDS]. Times are CPU time of this process, the system's part included.
 *
 * The record is a usual one: a header of 3 KiB, twelve DNS answers, one signature, one recipient. */
#include "journal/reader.h"
#include "journal/record.h"

#include <sekisho/answers.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static struct seki_error why;

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "journal_bench: %s: %s\n", what, why.text);
    exit(1);
}

static double cpu_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void tell(const char *what, double begin_us, size_t count)
{
    printf("%-34s %8.2f us\n", what, (cpu_us() - begin_us) / (double)count);
}

static struct seki_answers *twelve_answers(struct seki_arena *arena)
{
    struct seki_answers *answers = seki_answers_new(arena, 0);
    const struct seki_record record = { .text = SEKI_STR("v=spf1 include:_spf.mail.example ip4:192.0.2.0/24 "
                                                         "ip6:2001:db8::/32 mx a:outgoing.example -all") };
    const struct seki_answer outcome = { .status = SEKI_ANSWER_FOUND,
                                         .records = &record,
                                         .record_count = 1,
                                         .ttl_s = 300,
                                         .asked_at_us = 1000000,
                                         .answered_at_us = 1020000 };
    for (unsigned i = 0; i < 12; i++) {
        struct seki_str name = seki_arena_format(arena, "_record-%u.example.com", i);
        must(seki_answers_enter(answers, seki_answers_ask(answers, name, SEKI_RR_TXT), &outcome) == SEKI_OK,
             "answers");
    }
    return answers;
}

static struct journal_record usual_record(void)
{
    static char header[3072], hashes[160];
    static const struct journal_signature signature = { SEKI_DKIM_PASS, SEKI_STR_INIT("example.com"),
                                                        SEKI_STR_INIT("selector1"), SEKI_STR_INIT("rsa-sha256"),
                                                        SEKI_STR_INIT("") };
    static const struct journal_recipient recipient = { .address = SEKI_STR_INIT("user@customer.example"),
                                                        .domain = SEKI_STR_INIT("customer.example"),
                                                        .domain_id = 4711,
                                                        .tenant_id = 17,
                                                        .policy_revision = 99,
                                                        .filter = POLICY_ON };
    for (size_t i = 0; i < sizeof header; i++)
        header[i] = (char)('a' + rand() % 26);
    return (struct journal_record){ .at_us = 1795334400000000,
                                    .wait_us = 15000,
                                    .size_octets = 35000,
                                    .queue_id = SEKI_STR("4XyZ1234abcd"),
                                    .message_id = SEKI_STR("<20261122080000.12345@mail.example.com>"),
                                    .helo = SEKI_STR("mail.example.com"),
                                    .mail_from = SEKI_STR("bounce-12345@example.com"),
                                    .subject = SEKI_STR("The minutes of yesterday's meeting"),
                                    .facts = { .client = { 4, { 192, 0, 2, 1 } },
                                               .author_domain = SEKI_STR("example.com"),
                                               .mail_from_domain = SEKI_STR("example.com"),
                                               .spf_domain = SEKI_STR("example.com"),
                                               .dkim_domains = { SEKI_STR("example.com") },
                                               .dkim_domain_count = 1,
                                               .dmarc = SEKI_DMARC_PASS,
                                               .spf = SEKI_SPF_PASS,
                                               .dkim = SEKI_DKIM_PASS,
                                               .has_spf = true },
                                    .signatures = &signature,
                                    .signature_count = 1,
                                    .recipients = &recipient,
                                    .recipient_count = 1,
                                    .reply_code = 250,
                                    .header = { header, sizeof header },
                                    .body_hashes = { hashes, sizeof hashes } };
}

static void encode(struct journal_record *record, const struct seki_answers *answers, struct seki_buf *table,
                   struct seki_buf *octets)
{
    seki_buf_clear(table);
    seki_buf_clear(octets);
    seki_answers_encode(answers, table);
    record->answers = seki_buf_str(table);
    journal_record_encode(record, octets);
}

static size_t read_and_decode(const char *folder, struct seki_str segment)
{
    struct seki_arena *arena = seki_arena_new(1u << 20);
    struct journal_reader *reader = journal_reader_open(folder, segment, 0, &why);
    struct journal_record record;
    struct seki_str octets;
    uint64_t next;
    size_t count = 0;
    must(reader != NULL, "reading");
    for (; journal_reader_next(reader, &octets, &next, &why) == JOURNAL_RECORD; count++) {
        seki_arena_clear(arena);
        must(journal_record_decode(octets, arena, &record, &why) == SEKI_OK, "decoding");
    }
    journal_reader_close(reader);
    seki_arena_free(arena);
    return count;
}

static void fetch_all(const char *folder, const struct journal_position *position, size_t count)
{
    struct seki_arena *arena = seki_arena_new(1u << 20);
    struct seki_str octets;
    for (size_t i = 0; i < count; i++) {
        seki_arena_clear(arena);
        must(journal_fetch(folder, position, arena, &octets, &why) == SEKI_OK, "fetching");
    }
    seki_arena_free(arena);
}

int main(int argc, char **argv)
{
    size_t count = argc > 2 ? strtoul(argv[2], NULL, 10) : 10000;
    must(argc >= 2 && count > 0, "usage: journal_bench FOLDER [RECORDS]");
    struct seki_arena *arena = seki_arena_new(1u << 20);
    struct journal_record record = usual_record();
    struct seki_answers *answers = twelve_answers(arena);
    struct journal_options options = { .max_segment_octets = UINT64_MAX / 2 };
    struct journal_writer *writer = journal_writer_new(argv[1], 0, &options, &why);
    struct journal_position position;
    struct seki_buf table, octets;
    seki_buf_init(&table, JOURNAL_RECORD_MAX_OCTETS);
    seki_buf_init(&octets, JOURNAL_RECORD_MAX_OCTETS);
    must(writer != NULL, "writing");
    double begin = cpu_us();
    for (size_t i = 0; i < count; i++)
        encode(&record, answers, &table, &octets);
    printf("a record of %zu octets, %zu times\n", octets.len, count);
    tell("answers and record encoded", begin, count);
    begin = cpu_us();
    for (size_t i = 0; i < count; i++)
        must(journal_append(writer, seki_buf_str(&octets), &position, &why) == SEKI_OK, "appending");
    tell("appended", begin, count);
    journal_writer_close(writer);
    struct seki_str segment = seki_str_of(position.segment);
    begin = cpu_us();
    must(read_and_decode(argv[1], segment) == count, "reading");
    tell("read and decoded", begin, count);
    begin = cpu_us();
    must(journal_compress(argv[1], segment, &why) == SEKI_OK, "compressing");
    tell("compressed", begin, count);
    begin = cpu_us();
    fetch_all(argv[1], &position, 100);
    tell("one fetched from the compressed", begin, 100);
    must(journal_drop(argv[1], segment, &why) == SEKI_OK, "dropping");
    return 0;
}
