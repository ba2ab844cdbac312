/* The digest: a well-formed message, and nothing of a sender's words in it but words. */
#include "quarantine/digest.h"

#include "message/mime.h"
#include "message/transfer_encoding.h"

#include <sekisho/address.h>
#include <sekisho/message.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>

static const char *in_english(const char *text)
{
    return text;
}

/* Longer than ASCII, as any other language. */
static const char *in_kanji(const char *text)
{
    return strstr(text, "{count} messages") != NULL
               ? "あなた宛ての {count} 通のメールを隔離しています。ご確認をお願いします。"
               : text;
}

static const struct quarantine_digest_item items[] = {
    { 12, 1790000000, 1791000000, SEKI_STR_INIT("\"A\" <a@example.org>"), SEKI_STR_INIT("<b>&\"</table>") },
    { 13, 1790000001, 1791000001, SEKI_STR_INIT("山田"), SEKI_STR_INIT("請求書") },
};

struct read_digest {
    struct seki_arena *arena;
    struct seki_message *header;
    struct seki_mime_part parts[SEKI_MIME_MAX_PARTS];
    size_t count;
    struct seki_buf text;
};

static void write_and_read(const char *language, translator translate, size_t count, struct read_digest *r)
{
    const struct quarantine_digest digest = { .sender = SEKI_STR("postmaster@example.com"),
                                              .recipient = SEKI_STR("reader@example.com"),
                                              .host = SEKI_STR("mx.example.com"),
                                              .unique = SEKI_STR("1.2"),
                                              .at_s = 1795859999, /* 2026-11-28 09:59:59 UTC */
                                              .items = items,
                                              .item_count = count,
                                              .language = language,
                                              .translate = translate };
    struct seki_str body;
    bool is_unix;
    r->arena = seki_arena_new(1u << 20);
    seki_buf_init(&r->text, QUARANTINE_DIGEST_MAX_OCTETS);
    quarantine_digest_write(&digest, &r->text);
    assert_int_equal(seki_buf_failed(&r->text), SEKI_OK);
    r->header = seki_message_new(r->arena, NULL);
    assert_int_equal(seki_message_read(r->header, seki_buf_str(&r->text), &body, &is_unix), SEKI_OK);
    assert_int_equal(seki_message_defects(r->header), 0);
    assert_false(is_unix);
    size_t type = seki_message_find_up(r->header, SEKI_STR("Content-Type"), SIZE_MAX);
    r->count = seki_mime_find_parts(seki_message_field(r->header, type)->value, body, r->parts);
}

static void release(struct read_digest *r)
{
    seki_buf_release(&r->text);
    seki_arena_free(r->arena);
}

static struct seki_str field(struct read_digest *r, const char *name)
{
    size_t at = seki_message_find_up(r->header, seki_str_of(name), SIZE_MAX);
    assert_int_not_equal(at, SIZE_MAX);
    return seki_str_trim(seki_message_field(r->header, at)->value);
}

static struct seki_str part(struct read_digest *r, size_t index)
{
    struct seki_buf decoded;
    seki_buf_init_arena(&decoded, r->arena, 1u << 19);
    assert_true(seki_transfer_decode(SEKI_ENCODING_BASE64, r->parts[index].body, &decoded));
    return seki_buf_str(&decoded);
}

static void the_header_is_that_of_an_automatic_mail(void **state)
{
    (void)state;
    static const struct {
        const char *name, *want;
    } fields[] = {
        { "From", "<postmaster@example.com>" },
        { "To", "<reader@example.com>" },
        { "Subject", "2 messages are held for you" },
        { "Date", "Sat, 28 Nov 2026 09:59:59 +0000" },
        { "Message-ID", "<1.2@mx.example.com>" },
        { "Auto-Submitted", "auto-generated" },
        { "MIME-Version", "1.0" },
        { "Content-Language", "en" },
    };
    struct read_digest r;
    write_and_read("en", in_english, 2, &r);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (!seki_str_equal(field(&r, fields[i].name), seki_str_of(fields[i].want)))
            fail_msg("%s: %.*s", fields[i].name, SEKI_STR_ARGS(field(&r, fields[i].name)));
    assert_int_equal(r.count, 2);
    release(&r);
    write_and_read("en", in_english, 1, &r);
    assert_true(seki_str_equal(field(&r, "Subject"), SEKI_STR("One message is held for you")));
    release(&r);
}

static void a_subject_in_another_language_is_encoded_in_whole_characters(void **state)
{
    (void)state;
    struct read_digest r;
    write_and_read("ja", in_kanji, 2, &r);
    struct seki_str subject = field(&r, "Subject");
    assert_true(seki_str_is_ascii(subject));
    for (struct seki_str rest = subject, word; seki_str_split(&rest, '\n', &word);) {
        word = seki_str_trim(word);
        assert_true(word.len <= 75);
        assert_true(seki_str_is_utf8(seki_encoded_words_decode(r.arena, word)));
    }
    release(&r);
}

static void both_parts_tell_of_each_message_and_escape_it(void **state)
{
    (void)state;
    struct read_digest r;
    write_and_read("en", in_english, 2, &r);
    struct seki_str plain = part(&r, 0), html = part(&r, 1);
    assert_true(seki_str_contains_nocase(plain, SEKI_STR("Number: 12\r\n")));
    assert_true(seki_str_contains_nocase(plain, SEKI_STR("Subject: <b>&\"</table>\r\n")));
    assert_true(seki_str_contains_nocase(plain, SEKI_STR("From: 山田\r\n")));
    assert_true(seki_str_contains_nocase(html, SEKI_STR("<td>12</td>")));
    assert_true(seki_str_contains_nocase(html, SEKI_STR("<td>&lt;b&gt;&amp;&quot;&lt;/table&gt;</td>")));
    assert_false(seki_str_contains_nocase(html, SEKI_STR("<b>")));
    assert_false(seki_str_contains_nocase(html, SEKI_STR("href")));
    assert_true(seki_str_is_utf8(html));
    release(&r);
}

/* 1790000000 and 1791000000 are 2026-09-21 14:13:20 and 2026-10-03 04:00:00 UTC. */
static void times_are_those_of_the_host_with_its_zone(void **state)
{
    (void)state;
    static const struct {
        const char *zone, *came, *until;
    } cases[] = {
        { "UTC0", "Came: 2026-09-21 14:13 UTC\r\n", "Kept until: 2026-10-03 04:00 UTC\r\n" },
        { "JST-9", "Came: 2026-09-21 23:13 JST\r\n", "Kept until: 2026-10-03 13:00 JST\r\n" },
        { "<+0545>-5:45", "Came: 2026-09-21 19:58 +0545\r\n", "Kept until: 2026-10-03 09:45 +0545\r\n" },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct read_digest r;
        setenv("TZ", cases[i].zone, 1);
        tzset();
        write_and_read("en", in_english, 1, &r);
        assert_true(seki_str_contains_nocase(part(&r, 0), seki_str_of(cases[i].came)));
        assert_true(seki_str_contains_nocase(part(&r, 0), seki_str_of(cases[i].until)));
        assert_true(seki_str_equal(field(&r, "Date"), SEKI_STR("Sat, 28 Nov 2026 09:59:59 +0000")));
        release(&r);
    }
}

static void more_than_are_shown_are_counted(void **state)
{
    (void)state;
    static struct quarantine_digest_item many[QUARANTINE_DIGEST_MAX_ITEMS + 3];
    for (size_t i = 0; i < sizeof many / sizeof many[0]; i++)
        many[i] = items[0];
    const struct quarantine_digest digest = { .sender = SEKI_STR("a@example.com"),
                                              .recipient = SEKI_STR("b@example.com"),
                                              .host = SEKI_STR("example.com"),
                                              .unique = SEKI_STR("1"),
                                              .items = many,
                                              .item_count = sizeof many / sizeof many[0],
                                              .language = "en",
                                              .translate = in_english };
    struct seki_buf text;
    seki_buf_init(&text, QUARANTINE_DIGEST_MAX_OCTETS);
    quarantine_digest_write(&digest, &text);
    assert_int_equal(seki_buf_failed(&text), SEKI_OK);
    assert_true(seki_str_contains_nocase(seki_buf_str(&text), SEKI_STR("Subject: 203 messages")));
    seki_buf_release(&text);
}

/* Or a sender could see to it that none is sent. */
static void the_largest_that_there_can_be_fits(void **state)
{
    (void)state;
    static struct quarantine_digest_item many[QUARANTINE_DIGEST_MAX_ITEMS];
    char quotes[QUARANTINE_DIGEST_TEXT_MAX];
    memset(quotes, '"', sizeof quotes);
    for (size_t i = 0; i < QUARANTINE_DIGEST_MAX_ITEMS; i++)
        many[i] = (struct quarantine_digest_item){
            INT64_MAX, 1790000000, 1791000000, { quotes, sizeof quotes }, { quotes, sizeof quotes }
        };
    struct seki_buf text;
    const struct quarantine_digest digest = { .sender = SEKI_STR("postmaster@example.com"),
                                              .recipient = SEKI_STR("reader@example.com"),
                                              .host = SEKI_STR("mx.example.com"),
                                              .unique = SEKI_STR("1.2"),
                                              .items = many,
                                              .item_count = QUARANTINE_DIGEST_MAX_ITEMS,
                                              .language = "en",
                                              .translate = in_english };
    seki_buf_init(&text, QUARANTINE_DIGEST_MAX_OCTETS);
    quarantine_digest_write(&digest, &text);
    assert_int_equal(seki_buf_failed(&text), SEKI_OK);
    seki_buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_is_that_of_an_automatic_mail),
        cmocka_unit_test(a_subject_in_another_language_is_encoded_in_whole_characters),
        cmocka_unit_test(both_parts_tell_of_each_message_and_escape_it),
        cmocka_unit_test(times_are_those_of_the_host_with_its_zone),
        cmocka_unit_test(more_than_are_shown_are_counted),
        cmocka_unit_test(the_largest_that_there_can_be_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
