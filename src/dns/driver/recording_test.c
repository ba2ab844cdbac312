/* Recordings: the text by hand, the way back, and what is refused. */
#include "dns/driver/recording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char recorded[] =
    "; Sekisho DNS recording 1\n"
    "; question example.com TXT found dnssec=secure asked_us=1041 answered_us=21377\n"
    "example.com. 300 IN TXT \"v=spf1 \\\"\\\\\\000\\255;( -all\"\n"
    "example.com. 300 IN TXT \"\"\n"
    "; question example.com MX found prefetch\n"
    "example.com. 60 IN MX 10 mail.example.com.\n"
    "example.com. 60 IN MX 0 .\n"
    "; question mail.example.com A found dnssec=insecure\n"
    "mail.example.com. 5 IN A 192.0.2.1\n"
    "; question mail.example.com AAAA found\n"
    "mail.example.com. 5 IN AAAA ::ffff:192.0.2.1\n"
    "; question 1.2.0.192.in-addr.arpa PTR found\n"
    "1.2.0.192.in-addr.arpa. 0 IN PTR odd\\032name.example.com.\n"
    "; question example.com NS found\n"
    "example.com. 9 IN NS ns1.example.com.\n"
    "; question www.example.com CNAME found\n"
    "www.example.com. 9 IN CNAME example.com.\n"
    "; question example.com DS found dnssec=secure\n"
    "example.com. 9 IN DS 60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118\n"
    "; question nobody.example.com TXT nxdomain dnssec=secure\n"
    "; question mail.example.com TXT nodata\n"
    "; question slow.example.com TXT failed asked_us=7 reason=\"timed out after 5000 ms\"\n"
    "; question bad.example.com TXT failed dnssec=bogus reason=\"DNSSEC: \\\"no\\\" = \\\\\"\n"
    "; question a..b A nxdomain reason=\"not a DNS name, nobody was asked\"\n"
    "; question a. A nxdomain reason=\"not a DNS name, nobody was asked\"\n"
    "; question \"\" A nxdomain reason=\"not a DNS name, nobody was asked\"\n";

static void a_recording_is_written_as_it_was_read(void **state)
{
    (void)state;
    struct seki_error why = { "" };
    struct recording *recording = recording_parse(seki_str_of(recorded), "r", &why);
    assert_string_equal(why.text, "");
    assert_non_null(recording);
    struct seki_buf out;
    seki_buf_init(&out, 1u << 20);
    recording_write(recording_answers(recording), &out);
    assert_int_equal(seki_buf_failed(&out), SEKI_OK);
    seki_buf_add_char(&out, '\0');
    assert_string_equal(out.ptr, recorded);
    seki_buf_release(&out);
    recording_free(recording);
}

/* Everything in the table, by hand. */
static void what_was_recorded_is_understood(void **state)
{
    (void)state;
    struct seki_error why;
    struct recording *recording = recording_parse(seki_str_of(recorded), "r", &why);
    assert_non_null(recording);
    const struct seki_answers *answers = recording_answers(recording);
    const struct seki_answer *txt = seki_answers_at(answers, 0), *mx = seki_answers_at(answers, 1),
                             *aaaa = seki_answers_at(answers, 3), *ptr = seki_answers_at(answers, 4),
                             *ds = seki_answers_at(answers, 7), *slow = seki_answers_at(answers, 10);
    assert_int_equal(txt->dnssec, SEKI_DNSSEC_SECURE);
    assert_int_equal(txt->asked_at_us, 1041);
    assert_int_equal(txt->answered_at_us, 21377);
    assert_int_equal(txt->record_count, 2);
    assert_int_equal(txt->ttl_s, 300);
    assert_true(seki_str_equal(txt->records[0].text, SEKI_STR("v=spf1 \"\\\0\xff;( -all")));
    assert_int_equal(txt->records[1].text.len, 0);
    assert_true(mx->is_prefetch);
    assert_int_equal(mx->records[0].preference, 10);
    assert_true(seki_str_equal(mx->records[0].text, SEKI_STR("mail.example.com")));
    assert_int_equal(mx->records[1].text.len, 0);
    assert_int_equal(aaaa->records[0].address.octet_count, 16);
    assert_true(seki_str_equal(ptr->records[0].text, SEKI_STR("odd name.example.com")));
    assert_true(
        seki_str_equal(ds->records[0].text, SEKI_STR("60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118")));
    assert_int_equal(slow->status, SEKI_ANSWER_FAILED);
    assert_true(seki_str_equal(slow->failure, SEKI_STR("timed out after 5000 ms")));
    assert_true(seki_str_equal(seki_answers_at(answers, 13)->name, SEKI_STR("a.")));
    assert_null(seki_answers_at(answers, 15));
    recording_free(recording);
}

/* 256 octets, recorded: @return the end of the recording's one line */
static void check_long_text(bool has_long_string, const char *want_end)
{
    struct seki_arena *arena = seki_arena_new(1u << 20);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    char text[256];
    memset(text, 'x', sizeof text);
    const struct seki_record record = { .text = { text, 256 }, .has_long_string = has_long_string };
    const struct seki_answer outcome = { .status = SEKI_ANSWER_FOUND, .records = &record, .record_count = 1 };
    assert_int_equal(seki_answers_enter(answers, seki_answers_ask(answers, SEKI_STR("a"), SEKI_RR_TXT), &outcome),
                     SEKI_OK);
    struct seki_buf out;
    struct seki_error why = { "" };
    seki_buf_init(&out, 1u << 20);
    recording_write(answers, &out);
    assert_true(seki_str_ends_with_nocase(seki_buf_str(&out), seki_str_of(want_end)));
    struct recording *recording = recording_parse(seki_buf_str(&out), "r", &why);
    assert_non_null(recording);
    const struct seki_record *again = &seki_answers_at(recording_answers(recording), 0)->records[0];
    assert_true(seki_str_equal(again->text, record.text));
    assert_int_equal(again->has_long_string, has_long_string);
    recording_free(recording);
    seki_buf_release(&out);
    seki_arena_free(arena);
}

static void a_text_over_255_octets_becomes_several_strings(void **state)
{
    (void)state;
    check_long_text(false, "x\" \"x\"\n");
}

static void a_string_over_255_octets_stays_one(void **state)
{
    (void)state;
    check_long_text(true, "xx\"\n");
}

static void open_questions_are_not_recorded(void **state)
{
    (void)state;
    struct seki_arena *arena = seki_arena_new(1u << 20);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    seki_answers_ask(answers, SEKI_STR("example.com"), SEKI_RR_TXT);
    struct seki_buf out;
    seki_buf_init(&out, 1000);
    recording_write(answers, &out);
    assert_true(seki_str_equal(seki_buf_str(&out), SEKI_STR("; Sekisho DNS recording 1\n")));
    seki_buf_release(&out);
    seki_arena_free(arena);
}

static void replayed_answers_are_the_recorded_ones(void **state)
{
    (void)state;
    struct seki_error why;
    struct recording *recording = recording_parse(seki_str_of(recorded), "r", &why);
    struct seki_arena *arena = seki_arena_new(1u << 20);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    const struct seki_answer *found = seki_answers_ask(answers, SEKI_STR("Example.com."), SEKI_RR_TXT),
                             *failed = seki_answers_ask(answers, SEKI_STR("slow.example.com"), SEKI_RR_TXT),
                             *other = seki_answers_ask(answers, SEKI_STR("slow.example.com"), SEKI_RR_A);
    assert_non_null(recording);
    recording_answer(recording, answers);
    assert_int_equal(seki_answers_open_count(answers), 0);
    assert_int_equal(found->record_count, 2);
    assert_int_equal(found->dnssec, SEKI_DNSSEC_SECURE);
    assert_true(seki_str_equal(failed->failure, SEKI_STR("timed out after 5000 ms")));
    assert_int_equal(other->status, SEKI_ANSWER_FAILED);
    assert_true(seki_str_equal(other->failure, SEKI_STR("not in the recording")));
    seki_arena_free(arena);
    recording_free(recording);
}

#define HEAD "; Sekisho DNS recording 1\n"
#define Q    HEAD "; question "

static void what_is_no_recording_is_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        { "", "r:1: this is no recording: it must begin with \"; Sekisho DNS recording 1\"" },
        { "; Sekisho DNS recording 2\n",
          "r:1: this is no recording: it must begin with \"; Sekisho DNS recording 1\"" },
        { Q "\n", "r:2: the name is missing" },
        { Q "a\\ TXT nodata\n", "r:2: a bad escape: write \\DDD with DDD from 000 to 255" },
        { Q "a\n", "r:2: the type is none of A, AAAA, CNAME, DS, MX, NS, PTR, SPF, TXT" },
        { Q "a SOA nodata\n", "r:2: the type is none of A, AAAA, CNAME, DS, MX, NS, PTR, SPF, TXT" },
        { Q "a A open\n", "r:2: the status is none of found, nodata, nxdomain, failed" },
        { Q "a A nodata maybe\n", "r:2: an unknown word behind the status" },
        { Q "a A nodata dnssec=yes\n", "r:2: dnssec= is none of unknown, insecure, secure, bogus" },
        { Q "a A nodata asked_us=-1\n", "r:2: a time is no number" },
        { Q "a A failed reason=x\n", "r:2: the reason is not quoted" },
        { Q "a A failed reason=\"\n", "r:2: the reason is not quoted" },
        { Q "a A failed reason=\"\\999\"\n", "r:2: a bad escape: write \\DDD with DDD from 000 to 255" },
        { Q "a A found\n", "r:3: \"found\" is for answers with records, and only for them" },
        { Q "a A nodata\na. A 192.0.2.1\n", "r:3: \"found\" is for answers with records, and only for them" },
        { Q "a A found\nb. A 192.0.2.1\n", "r:3: the record is not what the question above asks for" },
        { Q "a A found\na. TXT x\n", "r:3: the record is not what the question above asks for" },
        { Q "a A found\na. SRV 0 0 0 .\n", "r:3: the record is not what the question above asks for" },
        { Q "a A found\n\n\na. A x\n", "r:5: \"x\" is no IPv4 address" },
        { Q "a A nodata\n; a comment\n\n; question b A x\n",
          "r:5: the status is none of found, nodata, nxdomain, failed" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_error why = { "" };
        assert_null(recording_parse(seki_str_of(cases[i][0]), "r", &why));
        assert_string_equal(why.text, cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recording_is_written_as_it_was_read),
        cmocka_unit_test(what_was_recorded_is_understood),
        cmocka_unit_test(a_text_over_255_octets_becomes_several_strings),
        cmocka_unit_test(a_string_over_255_octets_stays_one),
        cmocka_unit_test(open_questions_are_not_recorded),
        cmocka_unit_test(replayed_answers_are_the_recorded_ones),
        cmocka_unit_test(what_is_no_recording_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
