/* What traffic tells of domains, authors, results and policies. */
#include "store/traffic_stats.h"
#include "store/traffic_sample_test.h"

#include <sekisho/answers.h>

static struct seki_arena *memory;
static uint64_t place;

static void add_hosting(struct sql *sql)
{
    STORE_OK(sql_run(sql,
                     "INSERT INTO tenant (id, name, title, server_shape, dns_shape, is_dns_only, created_at_s, "
                     "change_id) VALUES (3, 'acme', 'Acme', 'shared', 'self', 0, 1, 1)",
                     NULL, 0, NULL, WHY));
    STORE_OK(
        sql_run(sql,
                "INSERT INTO domain (id, tenant_id, name, includes_subdomains, created_at_s, change_id) VALUES "
                "(7, 3, 'example.com', 0, 1, 1)",
                NULL, 0, NULL, WHY));
}

struct mail { /* one kind of it, to the domain 7 or 8 */
    int day, count;
    uint64_t domain_id;
    const char *author;
    enum seki_spf_result spf;
    const char *signature; /* a domain of which one passes, or "" */
    enum seki_dmarc_result dmarc;
    enum seki_dmarc_policy wish;
    enum policy_action would_be;
    bool is_aligned;
    uint8_t client;
};

static void add(struct store_traffic *traffic, const struct mail *mail)
{
    const struct journal_recipient recipient = { .address = SEKI_STR("x@example.com"),
                                                 .domain = SEKI_STR("example.com"),
                                                 .domain_id = mail->domain_id,
                                                 .tenant_id = 3,
                                                 .judgement = { .would_be = mail->would_be } };
    struct journal_record record = { .at_us = AT_US + mail->day * INT64_C(86400) * 1000000,
                                     .recipients = &recipient,
                                     .recipient_count = 1 };
    record.facts.client = (struct seki_ip){ 4, { 192, 0, mail->client, 1 } };
    record.facts.author_domain = seki_str_of(mail->author);
    record.facts.spf = mail->spf;
    record.facts.spf_domain = SEKI_STR("bounces.example");
    record.facts.dkim = mail->signature[0] != '\0' ? SEKI_DKIM_PASS : SEKI_DKIM_NONE;
    record.facts.dkim_domains[0] = seki_str_of(mail->signature);
    record.facts.dkim_domain_count = mail->signature[0] != '\0';
    record.facts.dmarc = mail->dmarc;
    record.facts.wish = mail->wish;
    record.facts.is_dkim_aligned = mail->is_aligned;
    struct store_traffic_record records[200];
    for (int i = 0; i < mail->count; i++)
        records[i] = (struct store_traffic_record){ &record, (uint64_t)i };
    struct store_traffic_batch batch = batch_of(records, (size_t)mail->count, place, place + 1);
    place++;
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
}

static const struct mail some[] = {
    { 0, 60, 7, "good.example", SEKI_SPF_PASS, "good.example", SEKI_DMARC_PASS, SEKI_DMARC_POLICY_REJECT,
      POLICY_DELIVER, true, 1 },
    { 1, 20, 7, "good.example", SEKI_SPF_PASS, "good.example", SEKI_DMARC_PASS, SEKI_DMARC_POLICY_REJECT,
      POLICY_DELIVER, true, 1 },
    /* a list: fails every day, signed by somebody else */
    { 0, 2, 7, "list.example", SEKI_SPF_PASS, "lists.example", SEKI_DMARC_FAIL, SEKI_DMARC_POLICY_NONE, POLICY_MARK,
      false, 2 },
    { 1, 2, 7, "list.example", SEKI_SPF_PASS, "lists.example", SEKI_DMARC_FAIL, SEKI_DMARC_POLICY_NONE, POLICY_MARK,
      false, 3 },
    /* a forger: many on one day, with nothing */
    { 1, 15, 7, "bank.example", SEKI_SPF_FAIL, "", SEKI_DMARC_FAIL, SEKI_DMARC_POLICY_REJECT, POLICY_REFUSE, false,
      9 },
    { 1, 1, 7, "mute.example", SEKI_SPF_NONE, "", SEKI_DMARC_NONE, SEKI_DMARC_POLICY_UNSET, POLICY_DELIVER, false,
      4 },
    /* a domain to which mostly such comes that says nothing */
    { 0, 150, 8, "mute.example", SEKI_SPF_NEUTRAL, "", SEKI_DMARC_NONE, SEKI_DMARC_POLICY_UNSET, POLICY_DELIVER,
      false, 4 },
};

static void fill(struct sql *sql)
{
    struct store_traffic *traffic = begin(sql);
    place = 0;
    seki_arena_free(memory);
    memory = seki_arena_new(16u * 1024u * 1024u);
    add_hosting(sql);
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++)
        add(traffic, &some[i]);
    store_traffic_free(traffic);
}

static void domains_and_how_they_are_authenticated(struct sql *sql, const char *url)
{
    (void)url;
    const struct store_stats_domain *d;
    size_t count;
    fill(sql);
    STORE_OK(store_stats_domains(sql, &(struct store_stats_span){ 0 }, 0, memory, &d, &count, WHY));
    assert_int_equal(count, 2);
    assert_int_equal(d[0].domain_id, 8); /* the most mail */
    assert_int_equal(d[0].domain.len, 0);
    assert_int_equal(d[0].nothing_said, 150);
    assert_true(store_stats_gains_little(&d[0]));
    assert_true(seki_str_equal(d[1].domain, SEKI_STR("example.com")));
    assert_int_equal(d[1].messages, 100);
    assert_int_equal(d[1].authenticated, 84);
    assert_int_equal(d[1].dmarc_pass, 80);
    assert_int_equal(d[1].dmarc_fail, 19);
    assert_int_equal(d[1].nothing_said, 1);
    assert_int_equal(d[1].would_act, 19);
    assert_false(store_stats_gains_little(&d[1]));
}

static void spans(struct sql *sql, const char *url)
{
    (void)url;
    static const struct {
        const char *name;
        struct store_stats_span span;
        int64_t messages; /* of all domains together */
    } cases[] = {
        { "all", { 0 }, 250 },
        { "a domain", { .domain_id = 7 }, 100 },
        { "a tenant: what is its own today", { .tenant_id = 3 }, 100 },
        { "another tenant", { .tenant_id = 4 }, 0 },
        { "since the second day", { .since_s = DAY_S + 86400 }, 38 },
        { "since the middle of the second day", { .since_s = DAY_S + 86400 + 3600 }, 38 },
        { "until the second day", { .until_s = DAY_S + 86400 }, 212 },
        { "before all", { .until_s = DAY_S }, 0 },
    };
    fill(sql);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct store_stats_domain *d;
        size_t count;
        int64_t sum = 0;
        STORE_OK(store_stats_domains(sql, &cases[i].span, 0, memory, &d, &count, WHY));
        for (size_t j = 0; j < count; j++)
            sum += d[j].messages;
        if (sum != cases[i].messages)
            fail_msg("%s: %lld messages", cases[i].name, (long long)sum);
    }
}

static void add_failing(struct sql *sql, int day, const char *author, enum policy_evidence evidence,
                        const char *value)
{
    STORE_OK(
        sql_run(sql,
                "INSERT INTO traffic_failing_day (begin_s, domain_id, author_domain, evidence, value, messages)"
                " VALUES ($1, 7, $2, $3, $4, 1)",
                SQL_VALUES(SQL_OF_INT(DAY_S + day * 86400), SQL_OF_STR(seki_str_of(author)), SQL_OF_INT(evidence),
                           SQL_OF_STR(seki_str_of(value))),
                NULL, WHY));
}

static void who_fails_the_most_regular_first(struct sql *sql, const char *url)
{
    (void)url;
    const struct store_stats_failing *f;
    size_t count;
    fill(sql);
    for (int day = 0; day < 3; day++) /* in our own name, day by day */
        add_failing(sql, day, "example.com", POLICY_EVIDENCE_NETWORK, "198.51.100.0/24");
    add_failing(sql, 2, "list.example", POLICY_EVIDENCE_DKIM, "lists.example");
    add_failing(sql, 2, "list.example", POLICY_EVIDENCE_NETWORK, "192.0.2.0/24");
    STORE_OK(store_stats_failing(sql, &(struct store_stats_span){ .domain_id = 7 }, 0, memory, &f, &count, WHY));
    assert_int_equal(count, 4);
    assert_true(seki_str_equal(f[0].author_domain, SEKI_STR("list.example")));
    assert_true(seki_str_equal(f[0].domain, SEKI_STR("example.com")));
    assert_int_equal(f[0].days, 3);
    assert_int_equal(f[0].messages, 5);
    assert_int_equal(f[0].last_s, DAY_S + 2 * 86400);
    assert_int_equal(f[0].evidence, POLICY_EVIDENCE_DKIM);
    assert_true(seki_str_equal(f[0].value, SEKI_STR("lists.example")));
    assert_int_equal(f[0].covered, 5);
    assert_true(seki_str_equal(f[1].author_domain, SEKI_STR("example.com")));
    assert_true(f[1].days == 3 && f[1].evidence == POLICY_EVIDENCE_NONE && f[1].value.len == 0); /* hosted */
    assert_true(seki_str_equal(f[2].author_domain, SEKI_STR("bank.example")));
    assert_true(f[2].evidence == POLICY_EVIDENCE_NONE && f[2].covered == 0); /* one day */
    assert_true(seki_str_equal(f[3].author_domain, SEKI_STR("mute.example")));
    STORE_OK(store_stats_failing(sql, &(struct store_stats_span){ 0 }, 1, memory, &f, &count, WHY));
    assert_int_equal(count, 1);
}

static void combinations_by_day(struct sql *sql, const char *url)
{
    (void)url;
    const struct store_stats_combination *c;
    size_t count;
    fill(sql);
    STORE_OK(
        store_stats_combinations(sql, &(struct store_stats_span){ .domain_id = 7 }, 0, memory, &c, &count, WHY));
    assert_int_equal(count, 6);
    assert_int_equal(c[0].begin_s, DAY_S + 86400);
    assert_int_equal(c[0].dmarc, SEKI_DMARC_PASS);
    assert_int_equal(c[0].messages, 20);
    assert_int_equal(c[0].of_messages, 38);
    assert_int_equal(c[4].begin_s, DAY_S);
    assert_int_equal(c[4].messages, 60);
    assert_int_equal(c[4].of_messages, 62);
    assert_int_equal(c[5].spf, SEKI_SPF_PASS);
    assert_int_equal(c[5].dkim, SEKI_DKIM_PASS);
    assert_int_equal(c[5].dmarc, SEKI_DMARC_FAIL);
    assert_int_equal(c[5].messages, 2);
}

static void policies_that_were_seen(struct sql *sql, const char *url)
{
    (void)url;
    const struct store_stats_policy *p;
    size_t count;
    fill(sql);
    STORE_OK(store_stats_policies(sql, &(struct store_stats_span){ 0 }, memory, &p, &count, WHY));
    assert_int_equal(count, 3);
    assert_int_equal(p[0].wish, SEKI_DMARC_POLICY_UNSET);
    assert_int_equal(p[0].authors, 1);
    assert_int_equal(p[0].messages, 151);
    assert_int_equal(p[1].wish, SEKI_DMARC_POLICY_NONE);
    assert_int_equal(p[1].failing, 4);
    assert_int_equal(p[2].wish, SEKI_DMARC_POLICY_REJECT);
    assert_int_equal(p[2].authors, 2);
    assert_int_equal(p[2].messages, 95);
    assert_int_equal(p[2].failing, 15);
}

/* The evidence of a message, with these TXT records at a name. */
static struct seki_str evidence(const char *name, const char *const *texts, size_t count)
{
    struct seki_record records[4] = { 0 };
    struct seki_answers *answers = seki_answers_new(memory, 0);
    const struct seki_answer *question = seki_answers_ask(answers, seki_str_of(name), SEKI_RR_TXT);
    for (size_t i = 0; i < count; i++)
        records[i].text = seki_str_of(texts[i]);
    const struct seki_answer outcome = { .status = SEKI_ANSWER_FOUND, .records = records, .record_count = count };
    assert_int_equal(seki_answers_enter(answers, question, &outcome), SEKI_OK);
    static struct seki_buf out;
    seki_buf_init_arena(&out, memory, 65536);
    seki_answers_encode(answers, &out);
    return seki_buf_str(&out);
}

static void where_reports_are_wanted(struct sql *sql, const char *url)
{
    (void)url;
    static const struct {
        const char *policy_domain, *name, *texts[2];
    } cases[] = {
        { "a.example", "_dmarc.a.example", { "v=spf1 -all", "v=DMARC1; p=reject; rua=mailto:x@R1.example!10m" } },
        { "b.example",
          "_dmarc.b.example",
          { "v=DMARC1; p=none; rua=mailto:x@r1.example,mailto:y@r1.example,https://r2.example/in", "" } },
        { "c.example", "_dmarc.c.example", { "v=DMARC1; p=none", "" } },
        { "d.example", "_dmarc.other.example", { "v=DMARC1; p=none; rua=mailto:x@r3.example", "" } },
        { "", "_dmarc.e.example", { "v=DMARC1; p=none; rua=mailto:x@r3.example", "" } },
    };
    struct store_traffic *traffic = begin(sql);
    seki_arena_free(memory);
    memory = seki_arena_new(1u << 20);
    for (uint64_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct journal_record record = sample();
        record.policy_domain = seki_str_of(cases[i].policy_domain);
        record.answers = evidence(cases[i].name, cases[i].texts, 2);
        const struct store_traffic_record records[] = { { &record, i }, { &record, i } };
        struct store_traffic_batch batch = batch_of(records, 2, i, i + 1);
        STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    }
    struct journal_record damaged = sample();
    damaged.policy_domain = SEKI_STR("f.example");
    damaged.answers = SEKI_STR("\xff\xff\xff");
    const struct store_traffic_record records[] = { { &damaged, 5 } };
    struct store_traffic_batch batch = batch_of(records, 1, 5, 6);
    STORE_OK(store_traffic_ingest(traffic, &batch, WHY));
    store_traffic_free(traffic);

    assert_rows(sql, "SELECT policy_domain, policy FROM published_policy ORDER BY policy_domain",
                "a.example|3\nb.example|1\nc.example|1\n");
    const struct store_stats_destination *d;
    size_t count;
    STORE_OK(store_stats_destinations(sql, &(struct store_stats_span){ 0 }, 0, memory, &d, &count, WHY));
    assert_int_equal(count, 2);
    assert_true(seki_str_equal(d[0].destination, SEKI_STR("r1.example")));
    assert_int_equal(d[0].policies, 2);
    assert_true(seki_str_equal(d[1].destination, SEKI_STR("https://r2.example/in")));
    STORE_OK(store_stats_destinations(sql, &(struct store_stats_span){ .since_s = AT_S + 1 }, 0, memory, &d, &count,
                                      WHY));
    assert_int_equal(count, 0);
}

static void nothing_was_recorded(struct sql *sql, const char *url)
{
    (void)url;
    const struct store_stats_domain *domains;
    const struct store_stats_failing *failing;
    const struct store_stats_combination *combinations;
    const struct store_stats_policy *policies;
    const struct store_stats_destination *destinations;
    const struct store_stats_span all = { 0 };
    size_t counts[5];
    store_traffic_free(begin(sql));
    seki_arena_free(memory);
    memory = seki_arena_new(1u << 20);
    STORE_OK(store_stats_domains(sql, &all, 0, memory, &domains, &counts[0], WHY));
    STORE_OK(store_stats_failing(sql, &all, 0, memory, &failing, &counts[1], WHY));
    STORE_OK(store_stats_combinations(sql, &all, 0, memory, &combinations, &counts[2], WHY));
    STORE_OK(store_stats_policies(sql, &all, memory, &policies, &counts[3], WHY));
    STORE_OK(store_stats_destinations(sql, &all, 0, memory, &destinations, &counts[4], WHY));
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(counts[i], 0);
}

static const struct store_test tests[] = {
    STORE_TEST(domains_and_how_they_are_authenticated),
    STORE_TEST(spans),
    STORE_TEST(who_fails_the_most_regular_first),
    STORE_TEST(combinations_by_day),
    STORE_TEST(policies_that_were_seen),
    STORE_TEST(where_reports_are_wanted),
    STORE_TEST(nothing_was_recorded),
};

int main(void)
{
    int failed = STORE_TESTS_RUN(tests);
    seki_arena_free(memory);
    return failed;
}
