/* Every message of the suites and of the corpora of real mail: the verdict that was had when it came is the verdict that is
 * had again from a journal record of it, and judging again asks for nothing that was not asked then. */
#include "journal/record.h"
#include "support/suite.h"

#include <sekisho/verify.h>

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define ARENA_OCTETS (64u << 20)
#define NOW_S        1795334400

static struct seki_context *context;
static size_t message_count, signature_count, pass_count;

static const struct seki_ip client = { 4, { 192, 0, 2, 1 } };

struct judged {
    struct seki_arena *arena;
    struct seki_answers *answers;
    struct seki_verify *verify;
    struct seki_verdict verdict;
};

static void judge(struct judged *j, const struct suite_zone *zone)
{
    enum seki_result result;
    struct seki_error why = { "" };
    while ((result = seki_verify_step(j->verify, j->answers, &j->verdict, &why)) == SEKI_NEED_ANSWERS)
        suite_zone_answer(zone, j->answers);
    if (result != SEKI_OK)
        fail_msg("%s", why.text);
}

static struct judged judge_live(struct seki_str text, const struct suite_zone *zone,
                                const struct seki_verify_options *options)
{
    struct judged j = { .arena = seki_arena_new(ARENA_OCTETS) };
    j.answers = seki_answers_new(j.arena, 0);
    j.verify = seki_verify_new(j.arena, context, options);
    assert_non_null(j.verify);
    assert_int_equal(seki_verify_client(j.verify, &client, SEKI_STR("mail.example.com")), SEKI_OK);
    assert_int_equal(seki_verify_mail_from(j.verify, SEKI_STR("sender@example.com")), SEKI_OK);
    assert_int_equal(seki_verify_whole(j.verify, text), SEKI_OK);
    judge(&j, zone);
    return j;
}

static struct seki_str write_record(const struct judged *j)
{
    struct seki_buf header, hashes, answers, octets;
    struct seki_buf *all[] = { &header, &hashes, &answers, &octets };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        seki_buf_init_arena(all[i], j->arena, JOURNAL_RECORD_MAX_OCTETS);
    seki_verify_header_write(j->verify, &header);
    seki_verify_body_hashes_write(j->verify, &hashes);
    seki_answers_encode(j->answers, &answers);
    const struct journal_record record = {
        .helo = SEKI_STR("mail.example.com"),
        .mail_from = SEKI_STR("sender@example.com"),
        .facts = { .client = client },
        .header = seki_buf_str(&header),
        .body_hashes = seki_buf_str(&hashes),
        .answers = seki_buf_str(&answers),
    };
    journal_record_encode(&record, &octets);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        assert_int_equal(seki_buf_failed(all[i]), SEKI_OK);
    return seki_buf_str(&octets);
}

static struct judged judge_again(struct seki_str octets)
{
    struct judged j = { .arena = seki_arena_new(ARENA_OCTETS) };
    struct journal_record record;
    struct seki_error why = { "" };
    assert_int_equal(journal_record_decode(octets, j.arena, &record, &why), SEKI_OK);
    assert_int_equal(seki_answers_decode(record.answers, j.arena, &j.answers, &why), SEKI_OK);
    const struct seki_verify_kept kept = { .client = record.facts.client,
                                           .helo = record.helo,
                                           .mail_from = record.mail_from,
                                           .header = record.header,
                                           .body_hashes = record.body_hashes };
    if (seki_verify_recall(j.arena, context, &kept, &j.verify, &why) != SEKI_OK)
        fail_msg("%s", why.text);
    size_t open = seki_answers_open_count(j.answers);
    enum seki_result result = seki_verify_step(j.verify, j.answers, &j.verdict, &why);
    if (result != SEKI_OK)
        fail_msg("judging again: %d %s", result, why.text);
    assert_int_equal(seki_answers_open_count(j.answers), open);
    return j;
}

#define SAME_TEXT(member)   assert_true(seki_str_equal(a->member, b->member))
#define SAME_NUMBER(member) assert_int_equal(a->member, b->member)

static void assert_same_signature(const struct seki_dkim_signature_verdict *a,
                                  const struct seki_dkim_signature_verdict *b)
{
    SAME_NUMBER(result);
    SAME_TEXT(domain_ascii);
    SAME_TEXT(selector);
    SAME_TEXT(reason);
    SAME_TEXT(b_prefix);
    SAME_NUMBER(key_bits);
    SAME_NUMBER(is_testing);
    SAME_NUMBER(is_partial);
    SAME_NUMBER(field_index);
    SAME_NUMBER(dnssec);
}

static void assert_same(const struct seki_verdict *a, const struct seki_verdict *b)
{
    SAME_TEXT(authentication_results);
    SAME_NUMBER(disposition);
    SAME_NUMBER(spf_mail_from.result);
    SAME_TEXT(spf_mail_from.reason);
    SAME_NUMBER(spf_mail_from.lookups);
    SAME_NUMBER(spf_helo.result);
    SAME_NUMBER(arc.result);
    SAME_TEXT(arc.reason);
    SAME_NUMBER(arc.oldest_pass);
    SAME_NUMBER(arc.set_count);
    SAME_NUMBER(dmarc.result);
    SAME_TEXT(dmarc.from_domain);
    SAME_TEXT(dmarc.policy_domain);
    SAME_TEXT(dmarc.org_domain);
    SAME_TEXT(dmarc.reason);
    SAME_TEXT(dmarc.author_unreadable);
    SAME_NUMBER(dkim.signature_count);
    for (size_t i = 0; i < a->dkim.signature_count; i++)
        assert_same_signature(&a->dkim.signatures[i], &b->dkim.signatures[i]);
}

static void count(const struct seki_verdict *verdict)
{
    message_count++;
    signature_count += verdict->dkim.signature_count;
    for (size_t i = 0; i < verdict->dkim.signature_count; i++)
        pass_count += verdict->dkim.signatures[i].result == SEKI_DKIM_PASS;
    pass_count += verdict->arc.result == SEKI_ARC_PASS;
}

/* With the limits of today, and as lax as can be, so that the old signatures of the suites pass too. */
static void check_message(struct seki_str text, const struct suite_zone *zone)
{
    static const struct seki_verify_options strict = { .now_s = NOW_S,
                                                       .with_sender_id = true,
                                                       .authserv_id = SEKI_STR_INIT("mx.example.net") };
    static const struct seki_verify_options lax = { .authserv_id = SEKI_STR_INIT("mx.example.net"),
                                                    .dkim = { .min_rsa_bits = 384, .allow_rsa_sha1 = true },
                                                    .message = { .max_fields = 30 } };
    static const struct seki_verify_options *const ways[] = { &strict, &lax };
    for (size_t i = 0; i < 2; i++) {
        struct judged live = judge_live(text, zone, ways[i]);
        struct seki_str octets = write_record(&live);
        if (octets.len < JOURNAL_HEADER_MAX_OCTETS) {
            struct judged again = judge_again(octets);
            assert_same(&live.verdict, &again.verdict);
            count(&again.verdict);
            seki_verify_end(again.verify);
            seki_arena_free(again.arena);
        }
        seki_verify_end(live.verify);
        seki_arena_free(live.arena);
    }
}

static void check_file(const char *path, bool is_crlf, const struct suite_zone *zone)
{
    size_t len;
    char *text = suite_read(path, &len);
    char *crlf = is_crlf ? suite_to_crlf(text, len, &len) : NULL;
    check_message((struct seki_str){ crlf != NULL ? crlf : text, len }, zone);
    free(crlf);
    free(text);
}

static void check_suite(void **state)
{
    const char *folder = *state;
    char path[512];
    snprintf(path, sizeof path, "%s/cases.json", folder);
    json_t *suite = suite_load(path), *test;
    json_t *names = json_object_get(suite, "dns");
    struct suite_zone *zone = suite_zone_new(names != NULL ? names : json_object_get(suite, "zone"));
    size_t i;
    json_array_foreach (json_object_get(suite, "cases"), i, test) {
        const char *message = json_string_value(json_object_get(test, "message"));
        if (message == NULL)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, message);
        check_file(path, true, zone);
    }
    suite_zone_free(zone);
    json_decref(suite);
}

static void check_scenario(json_t *scenario)
{
    json_t *names = json_object(), *text, *test;
    const char *name;
    json_object_foreach (json_object_get(scenario, "txt-records"), name, text)
        json_object_set_new(names, name, json_pack("[{s:O}]", "TXT", text));
    struct suite_zone *zone = suite_zone_new(names);
    json_object_foreach (json_object_get(scenario, "tests"), name, test) {
        json_t *message = json_object_get(test, "message");
        size_t len;
        char *crlf = suite_to_crlf(json_string_value(message), json_string_length(message), &len);
        check_message((struct seki_str){ crlf, len }, zone);
        free(crlf);
    }
    suite_zone_free(zone);
    json_decref(names);
}

static void check_valimail(void **state)
{
    json_t *suite = suite_load(*state), *scenario;
    size_t i;
    json_array_foreach (suite, i, scenario)
        check_scenario(scenario);
    json_decref(suite);
}

static int is_message(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void check_corpus(void **state)
{
    const char *folder = *state;
    char path[8192];
    struct dirent **entries = NULL;
    json_t *nothing = json_object();
    struct suite_zone *zone = suite_zone_new(nothing);
    snprintf(path, sizeof path, "%s/%s", suite_folder(), folder);
    int found = scandir(path, &entries, is_message, alphasort);
    assert_true(found > 0);
    for (int i = 0; i < found; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        check_file(path, false, zone);
        free(entries[i]);
    }
    free(entries);
    suite_zone_free(zone);
    json_decref(nothing);
}

static void check_counts(void **state)
{
    (void)state;
    print_message("# %zu verdicts again, with %zu signatures, of which (and of chains) %zu pass\n", message_count,
                  signature_count, pass_count);
    assert_true(message_count > 1900);
    assert_true(pass_count > 200);
}

#define CASE(function, folder)                                                                                     \
    {                                                                                                              \
        folder, function, NULL, NULL, (void *)(uintptr_t)(folder)                                                  \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(check_suite, "dkim/rspamd"),
        CASE(check_suite, "dkim/dkimpy"),
        CASE(check_suite, "dkim/spamassassin"),
        CASE(check_suite, "dkim/opendkim"),
        CASE(check_suite, "arc/rspamd"),
        CASE(check_suite, "arc/kumomta"),
        CASE(check_valimail, "arc/valimail/arc-draft-validation-tests.yml"),
        CASE(check_corpus, "corpus/spamassassin/easy-ham-1"),
        CASE(check_corpus, "corpus/spamassassin/easy-ham-2"),
        CASE(check_corpus, "corpus/spamassassin/hard-ham-1"),
        CASE(check_corpus, "corpus/spamassassin/spam-1"),
        CASE(check_corpus, "corpus/spamassassin/spam-2"),
        CASE(check_corpus, "corpus/lkml"),
        CASE(check_corpus, "corpus/mbox"),
        cmocka_unit_test(check_counts),
    };
    if (suite_folder() == NULL)
        return suite_skip_all();
    context = seki_context_new(0, NULL);
    int failed = cmocka_run_group_tests_name("a verdict again", tests, NULL, NULL);
    seki_context_free(context);
    return failed;
}
