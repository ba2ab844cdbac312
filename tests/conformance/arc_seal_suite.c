/* ARC sealing against the public suite of ValiMail, which says what the three fields must be for a fixed key and time.
 *
 * Upstream writes its tags in another order, so each case is asked: the message with the demanded fields hashes and signs
 * to the very b= demanded, of both signatures; and our own set, from the same inputs, has the instance, cv=, bh= and
 * payload demanded. The payload is what the suite's sealer merges: the message's results of its own authserv-id. */
#include "support/suite.h"

#include "auth/arc_set.h"
#include "auth/header_canon.h"
#include "auth/header_hash.h"

#include <sekisho/arc_seal.h>
#include <sekisho/buf.h>
#include <sekisho/private_key.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MAX_CASES 32

struct seal_case {
    char name[200];
    json_t *scenario, *test;
};

static struct seal_case cases[MAX_CASES];
static struct CMUnitTest tests[MAX_CASES];
static size_t case_count;
static struct seki_context *context;

struct scene {
    struct seki_arena *arena;
    struct seki_private_key *key;
    struct seki_str text; /* of the message, CRLF */
    struct seki_str demanded[3];
    struct suite_zone *zone;
};
enum { AUTH_RESULTS, MESSAGE_SIGNATURE, SEAL };
static const char *const keys[] = { "AAR", "AMS", "AS" };
static const char *const names[] = { "ARC-Authentication-Results", "ARC-Message-Signature", "ARC-Seal" };

static struct seki_str text_of(json_t *object, const char *name)
{
    json_t *text = json_object_get(object, name);
    return (struct seki_str){ json_string_value(text), json_string_length(text) };
}

/* As a field's value: lines folded, nothing at the end. */
static struct seki_str folded(struct seki_arena *arena, struct seki_str text)
{
    struct seki_buf buf;
    struct seki_str rest = seki_str_trim(text), line;
    seki_buf_init_arena(&buf, arena, 65536);
    while (seki_str_split(&rest, '\n', &line)) {
        seki_buf_add(&buf, buf.len > 0 ? SEKI_STR("\r\n ") : SEKI_STR(" "));
        seki_buf_add(&buf, seki_str_trim(line));
    }
    return seki_buf_str(&buf);
}

/* A record's text stands there on several lines. */
static struct seki_str joined_lines(struct seki_arena *arena, struct seki_str text)
{
    struct seki_str copy = seki_arena_copy(arena, seki_str_trim(text));
    for (size_t i = 0; i < copy.len; i++)
        if (copy.ptr[i] == '\n')
            ((char *)(uintptr_t)copy.ptr)[i] = ' ';
    return copy;
}

static void read_scene(const struct seal_case *c, struct scene *scene)
{
    size_t len;
    struct seki_error why;
    scene->arena = seki_arena_new(8 << 20);
    struct seki_str text = text_of(c->test, "message");
    char *crlf = suite_to_crlf(text.ptr, text.len, &len);
    scene->text = seki_arena_copy(scene->arena, (struct seki_str){ crlf, len });
    free(crlf);
    for (size_t i = 0; i < 3; i++)
        scene->demanded[i] = folded(scene->arena, text_of(c->test, keys[i]));
    assert_int_equal(seki_private_key_read(text_of(c->scenario, "privatekey"), &scene->key, &why), SEKI_OK);
    json_t *zone = json_object(), *record;
    const char *name;
    json_object_foreach (json_object_get(c->scenario, "txt-records"), name, record) {
        struct seki_str joined = joined_lines(scene->arena, seki_str_of(json_string_value(record)));
        json_object_set_new(zone, name, json_pack("[{s:s%}]", "TXT", joined.ptr, joined.len));
    }
    scene->zone = suite_zone_new(zone);
    json_decref(zone);
}

static struct seki_message *read_message(const struct scene *scene, const struct seki_str *fields,
                                         struct seki_str *body)
{
    struct seki_message *old = seki_message_new(scene->arena, NULL),
                        *message = seki_message_new(scene->arena, NULL);
    bool is_unix;
    assert_int_equal(seki_message_read(old, scene->text, body, &is_unix), SEKI_OK);
    for (size_t i = 3; fields != NULL && i-- > 0;)
        assert_int_equal(seki_message_add_field(message, seki_str_of(names[i]), fields[i]), SEKI_OK);
    for (size_t i = 0; i < seki_message_field_count(old); i++) {
        const struct seki_field *field = seki_message_field(old, i);
        assert_int_equal(seki_message_add_field(message, field->name, field->value), SEKI_OK);
    }
    return message;
}

static void check_signature(const struct scene *scene, const uint8_t *digest, struct seki_str demanded)
{
    struct seki_sign_request request = { .algorithm = SEKI_SIGN_RSA_SHA256 };
    struct seki_sign_answer answer;
    memcpy(request.digest, digest, sizeof request.digest);
    assert_int_equal(seki_private_key_sign(scene->key, &request, &answer, NULL), SEKI_OK);
    assert_int_equal(answer.octet_count, demanded.len);
    assert_memory_equal(answer.octets, demanded.ptr, demanded.len);
}

/* A set of the chain; the newest without its seal. */
static void add_set(struct seki_header_hash *hash, const struct seki_message *message, unsigned set, unsigned sets)
{
    for (size_t kind = 0; kind < 3; kind++) {
        size_t index = SIZE_MAX;
        for (unsigned i = 0; i <= set; i++)
            index = seki_message_find_up(message, seki_str_of(names[kind]), index);
        assert_true(index != SIZE_MAX);
        if (kind != SEAL || set + 1 < sets)
            seki_header_hash_add(hash, seki_message_field(message, index));
    }
}

/* Upstream's sealer hashed its AMS before it folded b=, and the suite shows the field folded. */
static struct seki_str with_unfolded_signature(const struct scene *scene, const struct seki_signature *s)
{
    struct seki_buf buf;
    seki_buf_init_arena(&buf, scene->arena, 65536);
    seki_buf_add(&buf, seki_str_head(s->field->value, s->cut_start));
    for (size_t i = 0; i < s->signature_text.len; i++)
        if (!seki_is_space(s->signature_text.ptr[i]))
            seki_buf_add_char(&buf, s->signature_text.ptr[i]);
    seki_buf_add(&buf, seki_str_from(s->field->value, s->cut_end));
    return seki_buf_str(&buf);
}

static void check_exact_message_signature(const struct scene *scene, struct seki_str *unfolded_out)
{
    struct seki_str body;
    struct seki_message *message = read_message(scene, scene->demanded, &body);
    struct seki_signature ams;
    uint32_t *used = seki_arena_alloc(scene->arena, seki_message_field_count(message), sizeof *used);
    uint8_t digest[SEKI_DIGEST_MAX_OCTETS];
    assert_int_equal(seki_signature_read(scene->arena, SEKI_SIGNATURE_AMS, message, 1, &ams), SEKI_OK);
    assert_true(seki_header_hash_signature(context, message, &ams, used, NULL, digest));
    check_signature(scene, digest, ams.signature);
    *unfolded_out = with_unfolded_signature(scene, &ams);
}

static void check_exact_seal(const struct scene *scene, struct seki_str unfolded)
{
    struct seki_str body;
    const struct seki_str fields[] = { scene->demanded[AUTH_RESULTS], unfolded, scene->demanded[SEAL] };
    struct seki_message *message = read_message(scene, fields, &body);
    struct seki_signature seal;
    struct seki_header_hash hash;
    uint8_t digest[SEKI_DIGEST_MAX_OCTETS];
    assert_int_equal(seki_signature_read(scene->arena, SEKI_SIGNATURE_SEAL, message, 0, &seal), SEKI_OK);
    seki_header_hash_init(&hash, context, SEKI_DIGEST_SHA256, SEKI_CANON_RELAXED, NULL);
    for (unsigned set = seal.cv == SEKI_CV_FAIL ? seal.instance - 1 : 0; set < seal.instance; set++)
        add_set(&hash, message, set, seal.instance);
    seki_header_hash_add_signature(&hash, &seal);
    assert_true(seki_header_hash_finish(&hash, digest));
    seki_header_hash_release(&hash);
    check_signature(scene, digest, seal.signature);
}

/* The results of one authserv-id in one payload. */
static struct seki_str merged_results(const struct scene *scene, const struct seki_message *message,
                                      struct seki_str id)
{
    struct seki_buf buf;
    seki_buf_init_arena(&buf, scene->arena, 65536);
    seki_buf_add(&buf, id);
    for (size_t i = 0; i < seki_message_field_count(message); i++) {
        const struct seki_field *field = seki_message_field(message, i);
        struct seki_str value = seki_str_trim(field->value);
        size_t end = seki_str_find(value, ';');
        if (!seki_str_equal_nocase(field->name, SEKI_STR("Authentication-Results")) ||
            !seki_str_equal(seki_str_trim(seki_str_head(value, end)), id))
            continue;
        seki_buf_add(&buf, SEKI_STR("; "));
        seki_buf_add(&buf, seki_str_trim(seki_str_from(value, end + 1)));
    }
    return seki_buf_str(&buf);
}

static struct seki_arc_verdict validate(const struct scene *scene, const struct seki_message *message,
                                        struct seki_str body_text)
{
    struct seki_body_hash *body = seki_body_hash_new(scene->arena, context);
    struct seki_answers *answers = seki_answers_new(scene->arena, 0);
    struct seki_arc *arc;
    struct seki_arc_verdict verdict;
    assert_int_equal(seki_arc_new(scene->arena, context, message, body, NULL, &arc, NULL), SEKI_OK);
    seki_body_hash_update(body, body_text);
    seki_body_hash_finish(body);
    while (seki_arc_step(arc, answers, &verdict, NULL) == SEKI_NEED_ANSWERS)
        suite_zone_answer(scene->zone, answers);
    return verdict;
}

static void seal_message(const struct seal_case *c, const struct scene *scene, struct seki_str *fields_out)
{
    struct seki_str body_text, list[32], rest = text_of(c->test, "sig-headers");
    struct seki_message *message = read_message(scene, NULL, &body_text);
    struct seki_body_hash *body = seki_body_hash_new(scene->arena, context);
    struct seki_dkim_sign_options options = {
        .domain = text_of(c->scenario, "domain"),
        .selector = text_of(c->scenario, "sel"),
        .names = list,
        .time_s = json_integer_value(json_object_get(c->test, "t")),
    };
    while (options.name_count < 32 && seki_str_split(&rest, ':', &list[options.name_count]))
        options.name_count++;
    struct seki_arc_seal *seal;
    struct seki_error why = { "" };
    enum seki_arc_seal_outcome outcome;
    if (seki_arc_seal_new(scene->arena, context, message, body, &options, &seal, &why) != SEKI_OK)
        fail_msg("%s", why.text);
    seki_body_hash_update(body, body_text);
    seki_body_hash_finish(body);
    struct seki_arc_verdict verdict = validate(scene, message, body_text);
    assert_int_equal(seki_arc_seal_start(seal, &verdict, merged_results(scene, message, text_of(c->test, "srv-id")),
                                         &outcome, &why),
                     SEKI_OK);
    assert_int_equal(outcome, SEKI_ARC_SEAL_DUE);
    while (seki_arc_seal_fields(seal) == NULL) {
        struct seki_sign_request request;
        struct seki_sign_answer answer;
        assert_int_equal(seki_arc_seal_digest(seal, &request, &why), SEKI_OK);
        assert_int_equal(seki_private_key_sign(scene->key, &request, &answer, &why), SEKI_OK);
        assert_int_equal(seki_arc_seal_complete(seal, &answer, &why), SEKI_OK);
    }
    const struct seki_arc_seal_fields *fields = seki_arc_seal_fields(seal);
    fields_out[AUTH_RESULTS] = fields->auth_results;
    fields_out[MESSAGE_SIGNATURE] = fields->message_signature;
    fields_out[SEAL] = fields->seal;
}

static struct seki_str canonical(struct seki_arena *arena, const struct seki_field *field)
{
    char *out = seki_arena_octets(arena, field->raw.len + SEKI_HEADER_CANON_SLACK);
    return (struct seki_str){ out, seki_header_canon(SEKI_CANON_RELAXED, field, field->value.len, field->value.len,
                                                     out) };
}

static void check_own_set(const struct seal_case *c, const struct scene *scene)
{
    struct seki_str fields[3], body;
    struct seki_signature want, got;
    seal_message(c, scene, fields);
    struct seki_message *ours = read_message(scene, fields, &body);
    struct seki_message *theirs = read_message(scene, scene->demanded, &body);
    struct seki_str want_results = canonical(scene->arena, seki_message_field(theirs, 2));
    struct seki_str got_results = canonical(scene->arena, seki_message_field(ours, 2));
    if (!seki_str_equal(want_results, got_results))
        fail_msg("got  %.*s\nwant %.*s", SEKI_STR_ARGS(got_results), SEKI_STR_ARGS(want_results));
    assert_int_equal(seki_signature_read(scene->arena, SEKI_SIGNATURE_AMS, theirs, 1, &want), SEKI_OK);
    assert_int_equal(seki_signature_read(scene->arena, SEKI_SIGNATURE_AMS, ours, 1, &got), SEKI_OK);
    assert_int_equal(want.instance, got.instance);
    assert_true(seki_str_equal(want.body_digest, got.body_digest));
    assert_int_equal(seki_signature_read(scene->arena, SEKI_SIGNATURE_SEAL, theirs, 0, &want), SEKI_OK);
    assert_int_equal(seki_signature_read(scene->arena, SEKI_SIGNATURE_SEAL, ours, 0, &got), SEKI_OK);
    assert_int_equal(want.instance, got.instance);
    assert_int_equal(want.cv, got.cv);
    struct seki_arc_verdict verdict = validate(scene, ours, body);
    if (verdict.result != (want.cv == SEKI_CV_FAIL ? SEKI_ARC_FAIL : SEKI_ARC_PASS))
        fail_msg("%.*s", SEKI_STR_ARGS(verdict.reason));
}

static void check_case(void **state)
{
    struct scene scene;
    read_scene(*state, &scene);
    struct seki_str unfolded;
    check_exact_message_signature(&scene, &unfolded);
    check_exact_seal(&scene, unfolded);
    check_own_set(*state, &scene);
    suite_zone_free(scene.zone);
    seki_private_key_free(scene.key);
    seki_arena_free(scene.arena);
}

int main(void)
{
    struct seki_error why;
    if (suite_folder() == NULL)
        return suite_skip_all();
    context = seki_context_new(0, &why);
    json_t *root = suite_load("arc/valimail/arc-draft-sign-tests.yml"), *scenario, *test;
    size_t i;
    const char *name;
    json_array_foreach (root, i, scenario) {
        json_object_foreach (json_object_get(scenario, "tests"), name, test) {
            if (case_count == MAX_CASES)
                return 1;
            struct seal_case *c = &cases[case_count];
            *c = (struct seal_case){ .scenario = scenario, .test = test };
            snprintf(c->name, sizeof c->name, "valimail %s", name);
            tests[case_count++] =
                (struct CMUnitTest){ .name = c->name, .test_func = check_case, .initial_state = c };
        }
    }
    int failed = case_count == 9 ? _cmocka_run_group_tests("arc sealing", tests, case_count, NULL, NULL) : 1;
    json_decref(root);
    seki_context_free(context);
    return failed;
}
