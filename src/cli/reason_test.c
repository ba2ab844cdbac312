/* Sentences of the engine taken apart and said in another language, with a catalogue of our own. */
#include "cli/reason.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct {
    const char *english, *translated;
} catalogue[] = {
    { "body hash did not verify", "本文のハッシュが一致しません" },
    { "No such file or directory", "ファイルがありません" },
    { "%s has no SPF record", "%s に SPF レコードがありません" },
    { "signature %zu", "署名 %zu" },
    { "key unavailable: %.*s", "鍵を取得できません: %.*s" },
    { "timed out after %u ms", "%u ミリ秒で時間切れ" },
    { "%s: cannot be opened: %s", "%s: 開けません: %s" },
    { "%s: the key is for %s, not %s", "%1$s: 鍵は %3$s 用ではなく %2$s 用です" },
    { "\"%.*s\" is too much for a record of type %.*s", "%4$.*3$s のレコードに「%2$.*1$s」は余分です" },
    { "whether %.*s exists could not be looked up: %.*s", "%.*s の存在を確認できません: %.*s" },
    { "%.*s of i=%u", "%.*s (i=%u)" },
    { "title", "名称" },
    { "%s takes no control characters", "%s に制御文字は使えません" },
    { "the domain", "ドメイン" },
    { "%s is missing", "%sがありません" },
    { "%s:%u: %s", "%s の %u 行目: %s" },
};

static const char *translate(const char *text)
{
    for (size_t i = 0; i < sizeof catalogue / sizeof catalogue[0]; i++)
        if (strcmp(text, catalogue[i].english) == 0)
            return catalogue[i].translated;
    return text;
}

static const struct {
    const char *name, *english, *want;
} cases[] = {
    { "nothing stays nothing", "", "" },
    { "a phrase of the catalogue", "body hash did not verify", "本文のハッシュが一致しません" },
    { "what nobody knows stays as it is", "other people's words: 100 % \"theirs\"",
      "other people's words: 100 % \"theirs\"" },
    { "a phrase with more behind it is another", "body hash did not verify!", "body hash did not verify!" },
    { "a name in front", "example.com has no SPF record", "example.com に SPF レコードがありません" },
    { "no name in front: it does not fit", " has no SPF record", " has no SPF record" },
    { "a sentence within a sentence", "key unavailable: timed out after 5000 ms",
      "鍵を取得できません: 5000 ミリ秒で時間切れ" },
    { "a number takes digits only", "timed out after some ms", "timed out after some ms" },
    { "a label and its reason", "signature 12: body hash did not verify", "署名 12: 本文のハッシュが一致しません" },
    { "a label, a reason, and its cause", "ARC-Seal of i=2: key unavailable: SERVFAIL",
      "ARC-Seal (i=2): 鍵を取得できません: SERVFAIL" },
    { "the pattern with most words of its own", "a.eml: cannot be opened: No such file or directory",
      "a.eml: 開けません: ファイルがありません" },
    { "a colon in a name", "a: b: cannot be opened: Text file busy", "a: b: 開けません: Text file busy" },
    { "file, line and fault", "zone:12: other", "zone の 12 行目: other" },
    { "arguments in another order", "k.pem: the key is for rsa-sha256, not ed25519-sha256",
      "k.pem: 鍵は ed25519-sha256 用ではなく rsa-sha256 用です" },
    { "arguments with lengths in another order", "\"x\" is too much for a record of type MX",
      "MX のレコードに「x」は余分です" },
    { "words of others are not formats", "%s%n has no SPF record", "%s%n に SPF レコードがありません" },
    { "a name in quotes that is also a label", "\"title\" is too much for a record of type MX",
      "MX のレコードに「title」は余分です" },
    { "a quoted name of several words", "\"the domain\" is too much for a record of type MX",
      "MX のレコードに「the domain」は余分です" },
    { "one word is a name, also where a label is called so", "title takes no control characters",
      "title に制御文字は使えません" },
    { "several words are ours", "the domain is missing", "ドメインがありません" },
    { "two names", "whether a.example exists could not be looked up: REFUSED",
      "a.example の存在を確認できません: REFUSED" },
};

static void sentences_are_said_in_another_language(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_buf buf;
        seki_buf_init(&buf, 4096);
        cli_reason_through(translate, seki_str_of(cases[i].english), &buf);
        if (!seki_str_equal(seki_buf_str(&buf), seki_str_of(cases[i].want)))
            fail_msg("%s\ngot  %.*s\nwant %s", cases[i].name, SEKI_STR_ARGS(seki_buf_str(&buf)), cases[i].want);
        seki_buf_release(&buf);
    }
}

static void a_sentence_past_the_bound_stays_english(void **state)
{
    (void)state;
    char text[2048];
    struct seki_buf buf;
    seki_buf_init(&buf, 4096);
    memset(text, 'a', sizeof text);
    memcpy(text + sizeof text - sizeof " has no SPF record" + 1, " has no SPF record",
           sizeof " has no SPF record" - 1);
    cli_reason_through(translate, (struct seki_str){ text, sizeof text }, &buf);
    assert_int_equal(seki_buf_str(&buf).len, sizeof text);
    assert_memory_equal(buf.ptr, text, sizeof text);
    seki_buf_release(&buf);
}

static void without_a_catalogue_it_is_english(void **state)
{
    (void)state;
    struct seki_buf buf;
    seki_buf_init(&buf, 4096);
    cli_reason(SEKI_STR("example.com has no SPF record"), &buf);
    assert_true(seki_str_equal(seki_buf_str(&buf), SEKI_STR("example.com has no SPF record")));
    seki_buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences_are_said_in_another_language),
        cmocka_unit_test(a_sentence_past_the_bound_stays_english),
        cmocka_unit_test(without_a_catalogue_it_is_english),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
