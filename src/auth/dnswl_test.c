/* Lists of welcome addresses, and what Authentication-Results says of them: RFC 5782, RFC 8904. */
#include <sekisho/dnswl.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const struct {
    const char *name;
    enum seki_rr_type type;
    const char *data; /* an address or a text; NULL: the look-up fails */
    const char *failure;
    enum seki_dnssec dnssec;
} zone[] = {
    { "1.2.0.192.list.example", SEKI_RR_A, "127.0.10.1", "", SEKI_DNSSEC_SECURE },
    { "1.2.0.192.list.example", SEKI_RR_TXT, "example.org", "", SEKI_DNSSEC_SECURE },
    { "2.2.0.192.list.example", SEKI_RR_A, "127.0.10.1", "", SEKI_DNSSEC_INSECURE },
    { "2.2.0.192.list.example", SEKI_RR_A, "127.0.20.2", "", SEKI_DNSSEC_INSECURE },
    { "3.2.0.192.list.example", SEKI_RR_A, "127.0.0.255", "", SEKI_DNSSEC_UNKNOWN },
    { "4.2.0.192.list.example", SEKI_RR_A, "203.0.113.7", "", SEKI_DNSSEC_UNKNOWN },
    { "5.2.0.192.list.example", SEKI_RR_A, NULL, "SERVFAIL", SEKI_DNSSEC_UNKNOWN },
    { "6.2.0.192.list.example", SEKI_RR_A, NULL, "REFUSED", SEKI_DNSSEC_UNKNOWN },
    { "7.2.0.192.list.example", SEKI_RR_A, "127.0.10.1", "", SEKI_DNSSEC_SECURE },
    { "7.2.0.192.list.example", SEKI_RR_TXT, "a \"quoted\"; text\r\nX: y", "", SEKI_DNSSEC_INSECURE },
    { "8.2.0.192.list.example", SEKI_RR_A, "127.0.10.1", "", SEKI_DNSSEC_SECURE },
    { "8.2.0.192.list.example", SEKI_RR_TXT, NULL, "timed out", SEKI_DNSSEC_UNKNOWN },
    { "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.list.example", SEKI_RR_A, "127.0.0.2", "",
      SEKI_DNSSEC_UNKNOWN },
};

static void answer_all(struct seki_answers *answers)
{
    const struct seki_answer *question;
    while ((question = seki_answers_next_open(answers)) != NULL) {
        struct seki_record records[4] = { { .preference = 0 } };
        struct seki_answer outcome = { .status = SEKI_ANSWER_NXDOMAIN, .records = records };
        for (size_t i = 0; i < sizeof zone / sizeof zone[0]; i++) {
            if (!seki_str_equal(question->name, seki_str_of(zone[i].name)) || question->type != zone[i].type)
                continue;
            outcome.dnssec = zone[i].dnssec;
            outcome.failure = seki_str_of(zone[i].failure);
            outcome.status = zone[i].data != NULL ? SEKI_ANSWER_FOUND : SEKI_ANSWER_FAILED;
            if (zone[i].data == NULL)
                continue;
            struct seki_record *record = &records[outcome.record_count++];
            if (question->type == SEKI_RR_TXT)
                record->text = seki_str_of(zone[i].data);
            else
                assert_true(seki_ip_parse(seki_str_of(zone[i].data), &record->address));
        }
        assert_int_equal(seki_answers_enter(answers, question, &outcome), SEKI_OK);
    }
}

static const struct {
    const char *what, *client, *told_zone, *over_quota;
    const char *want; /* after the authserv-id, unfolded */
} cases[] = {
    { "listed, with a text, signed", "192.0.2.1", NULL, NULL,
      "dnswl=pass dns.zone=list.example policy.ip=127.0.10.1 policy.txt=example.org dns.sec=yes" },
    { "several values in a quoted list", "192.0.2.2", NULL, NULL,
      "dnswl=pass dns.zone=list.example policy.ip=\"127.0.10.1,127.0.20.2\" dns.sec=no" },
    { "the public name of a mirror", "192.0.2.1", "welcome.example.net", NULL,
      "dnswl=pass dns.zone=welcome.example.net policy.ip=127.0.10.1 policy.txt=example.org dns.sec=yes" },
    { "not listed", "192.0.2.99", NULL, NULL, "dnswl=none dns.zone=list.example" },
    { "over quota by value", "192.0.2.3", NULL, NULL,
      "dnswl=permerror reason=\"asked the list too often\" dns.zone=list.example policy.ip=127.0.0.255" },
    { "the value of this list for it", "192.0.2.1", NULL, "127.0.10.1",
      "dnswl=permerror reason=\"asked the list too often\" dns.zone=list.example policy.ip=127.0.10.1"
      " policy.txt=example.org dns.sec=yes" },
    { "which is then the only one", "192.0.2.3", NULL, "127.0.10.1",
      "dnswl=pass dns.zone=list.example policy.ip=127.0.0.255" },
    { "a domain that was given up answers everything", "192.0.2.4", NULL, NULL,
      "dnswl=permerror reason=\"the list answers with a value outside 127.0.0.0/8\" dns.zone=list.example"
      " policy.ip=203.0.113.7" },
    { "cannot be asked now", "192.0.2.5", NULL, NULL, "dnswl=temperror reason=SERVFAIL dns.zone=list.example" },
    { "does not want to be asked", "192.0.2.6", NULL, NULL,
      "dnswl=permerror reason=REFUSED dns.zone=list.example" },
    { "a text is quoted, and the weaker of both told", "192.0.2.7", NULL, NULL,
      "dnswl=pass dns.zone=list.example policy.ip=127.0.10.1 policy.txt=\"a \\\"quoted\\\"; textX: y\" "
      "dns.sec=no" },
    { "listed without its text", "192.0.2.8", NULL, NULL,
      "dnswl=pass dns.zone=list.example policy.ip=127.0.10.1 dns.sec=yes" },
    { "an IPv6 address by its nibbles", "2001:db8::1", NULL, NULL,
      "dnswl=pass dns.zone=list.example policy.ip=127.0.0.2" },
    { "an IPv4-mapped address is the IPv4 one", "::ffff:192.0.2.99", NULL, NULL,
      "dnswl=none dns.zone=list.example" },
};

static struct seki_str unfolded(struct seki_arena *arena, struct seki_str field)
{
    char *text = seki_arena_octets(arena, field.len);
    size_t len = 0;
    for (size_t i = 0; i < field.len; i++)
        if (field.ptr[i] == '\t')
            text[len++] = ' ';
        else if (field.ptr[i] != '\r' && field.ptr[i] != '\n')
            text[len++] = field.ptr[i];
    return (struct seki_str){ text, len };
}

static void check_case(size_t i)
{
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_dnswl_input input = { .zone = SEKI_STR("list.example"),
                                      .told_zone = seki_str_of(cases[i].told_zone) };
    struct seki_dnswl_verdict verdict;
    struct seki_authres_result reported;
    struct seki_buf field;
    enum seki_result result;
    assert_true(seki_ip_parse(seki_str_of(cases[i].client), &input.client));
    if (cases[i].over_quota != NULL)
        assert_true(seki_ip_parse(seki_str_of(cases[i].over_quota), &input.over_quota));
    while ((result = seki_dnswl_step(arena, &input, answers, &verdict)) == SEKI_NEED_ANSWERS)
        answer_all(answers);
    assert_int_equal(result, SEKI_OK);
    assert_int_equal(seki_dnswl_report(arena, &verdict, &reported), SEKI_OK);
    struct seki_authres authres = { SEKI_STR("mx.example"), 1, &reported, 1 }, again;
    seki_buf_init_arena(&field, arena, 4096);
    seki_authres_write(&authres, &field);
    struct seki_str got = unfolded(arena, seki_buf_str(&field));
    struct seki_str want = seki_arena_format(arena, " mx.example; %s", cases[i].want);
    if (!seki_str_equal(got, want))
        fail_msg("%s: got \"%.*s\"", cases[i].what, SEKI_STR_ARGS(got));
    assert_int_equal(seki_authres_parse(arena, seki_buf_str(&field), &again, NULL), SEKI_OK);
    assert_int_equal(again.results[0].property_count, reported.property_count);
    seki_arena_free(arena);
}

static void test_verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_case(i);
}

static void test_both_are_asked_at_once(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_dnswl_input input = { .zone = SEKI_STR("list.example") };
    struct seki_dnswl_verdict verdict;
    assert_int_equal(seki_dnswl_step(arena, &input, answers, &verdict), SEKI_OK); /* no client: nothing to ask */
    assert_int_equal(verdict.result, SEKI_DNSWL_NONE);
    assert_int_equal(seki_answers_open_count(answers), 0);
    assert_true(seki_ip_parse(SEKI_STR("192.0.2.1"), &input.client));
    assert_int_equal(seki_dnswl_step(arena, &input, answers, &verdict), SEKI_NEED_ANSWERS);
    assert_int_equal(seki_answers_open_count(answers), 2);
    seki_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_both_are_asked_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
