/* DKIM signing against the cases of OpenDKIM, which say what the DKIM-Signature must be for a fixed key and time.
 *
 * Upstream writes its tags in another order and folds otherwise, and some cases use what we never write (rsa-sha1, l=, z=,
 * r=). So each case is asked three things: the body hash is the demanded one; the header with the demanded field hashes
 * and signs to the very b= demanded (rsa-sha256; RSA signatures are deterministic); and our own field, with the same
 * domain, selector, canonicalization, times and h=, has that bh= and verifies. */
#include "support/suite.h"

#include "auth/header_hash.h"

#include <sekisho/dkim_sign.h>
#include <sekisho/private_key.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MAX_CASES 64
#define FOLDER    "dkim/opendkim"

struct sign_case {
    char name[200];
    json_t *test;
};

static struct sign_case cases[MAX_CASES];
static struct CMUnitTest tests[MAX_CASES];
static size_t case_count;
static struct seki_context *context;
static struct seki_private_key *key;
static struct suite_zone *zone;

struct scene {
    struct seki_arena *arena;
    struct seki_message *message; /* as upstream left it: signed */
    struct seki_message *unsigned_message;
    struct seki_signature demanded;
    struct seki_str body;
};

static void read_scene(const struct sign_case *c, struct scene *scene)
{
    char path[512];
    size_t len;
    bool is_unix;
    snprintf(path, sizeof path, FOLDER "/%s", json_string_value(json_object_get(c->test, "message")));
    char *text = suite_read(path, &len);
    scene->arena = seki_arena_new(8 << 20);
    struct seki_str copy = seki_arena_copy(scene->arena, (struct seki_str){ text, len });
    free(text);
    scene->message = seki_message_new(scene->arena, NULL);
    scene->unsigned_message = seki_message_new(scene->arena, NULL);
    assert_int_equal(seki_message_read(scene->message, copy, &scene->body, &is_unix), SEKI_OK);
    for (size_t i = 1; i < seki_message_field_count(scene->message); i++) {
        const struct seki_field *field = seki_message_field(scene->message, i);
        assert_int_equal(seki_message_add_field(scene->unsigned_message, field->name, field->value), SEKI_OK);
    }
    assert_int_equal(seki_signature_read(scene->arena, SEKI_SIGNATURE_DKIM, scene->message, 0, &scene->demanded),
                     SEKI_OK);
    assert_int_equal(scene->demanded.refusal.result, SEKI_DKIM_NONE);
}

static void check_body_hash(const struct scene *scene)
{
    const struct seki_signature *s = &scene->demanded;
    struct seki_body_hash *body = seki_body_hash_new(scene->arena, context);
    size_t id;
    assert_int_equal(
        seki_body_hash_request(body, s->body_canon, s->digest, s->has_length ? s->length : SEKI_BODY_WHOLE, &id),
        SEKI_OK);
    seki_body_hash_update(body, scene->body);
    seki_body_hash_finish(body);
    const struct seki_body_digest *digest = seki_body_hash_get(body, id);
    assert_int_equal(digest->octet_count, s->body_digest.len);
    assert_memory_equal(digest->octets, s->body_digest.ptr, digest->octet_count);
}

static void check_exact_signature(const struct scene *scene)
{
    struct seki_sign_request request = { .algorithm = SEKI_SIGN_RSA_SHA256 };
    struct seki_sign_answer answer;
    uint32_t *used = seki_arena_alloc(scene->arena, seki_message_field_count(scene->message), sizeof *used);
    if (scene->demanded.digest != SEKI_DIGEST_SHA256)
        return;
    assert_true(seki_header_hash_signature(context, scene->message, &scene->demanded, used, NULL, request.digest));
    assert_int_equal(seki_private_key_sign(key, &request, &answer, NULL), SEKI_OK);
    assert_int_equal(answer.octet_count, scene->demanded.signature.len);
    assert_memory_equal(answer.octets, scene->demanded.signature.ptr, answer.octet_count);
}

static struct seki_dkim_sign_options options_of(const struct sign_case *c, const struct scene *scene)
{
    json_t *wanted = json_object_get(c->test, "sign");
    const struct seki_signature *s = &scene->demanded;
    char canon[32];
    struct seki_dkim_sign_options options = {
        .domain = seki_str_of(json_string_value(json_object_get(wanted, "domain"))),
        .selector = seki_str_of(json_string_value(json_object_get(wanted, "selector"))),
        .names = s->names,
        .name_count = s->name_count,
        .time_s = s->time_s,
        .expires_after_s = s->has_expiry ? s->expires_at_s - s->time_s : 0,
        .identity = s->is_identity_below ? s->identity : SEKI_STR(""),
    };
    snprintf(canon, sizeof canon, "%s/%s", json_string_value(json_object_get(wanted, "header_canon")),
             json_string_value(json_object_get(wanted, "body_canon")));
    assert_true(seki_sign_canonicalization_from_name(seki_str_of(canon), &options.canonicalization));
    return options;
}

static struct seki_str sign(const struct scene *scene, const struct seki_dkim_sign_options *options)
{
    struct seki_body_hash *body = seki_body_hash_new(scene->arena, context);
    struct seki_dkim_sign *sign;
    struct seki_sign_request request;
    struct seki_sign_answer answer;
    struct seki_error why = { "" };
    struct seki_str value;
    if (seki_dkim_sign_new(scene->arena, context, scene->unsigned_message, body, options, &sign, &why) != SEKI_OK)
        fail_msg("%s", why.text);
    seki_body_hash_update(body, scene->body);
    seki_body_hash_finish(body);
    assert_int_equal(seki_dkim_sign_digest(sign, &request, NULL), SEKI_OK);
    assert_int_equal(seki_private_key_sign(key, &request, &answer, NULL), SEKI_OK);
    assert_int_equal(seki_dkim_sign_complete(sign, &answer, &value, NULL), SEKI_OK);
    return value;
}

static struct seki_message *with_signature(const struct scene *scene, struct seki_str value)
{
    struct seki_message *message = seki_message_new(scene->arena, NULL);
    assert_int_equal(seki_message_add_field(message, SEKI_STR("DKIM-Signature"), value), SEKI_OK);
    for (size_t i = 0; i < seki_message_field_count(scene->unsigned_message); i++) {
        const struct seki_field *field = seki_message_field(scene->unsigned_message, i);
        assert_int_equal(seki_message_add_field(message, field->name, field->value), SEKI_OK);
    }
    return message;
}

static void check_own_signature(const struct sign_case *c, const struct scene *scene)
{
    const struct seki_dkim_sign_options options = options_of(c, scene);
    struct seki_message *message = with_signature(scene, sign(scene, &options));
    struct seki_body_hash *body = seki_body_hash_new(scene->arena, context);
    struct seki_answers *answers = seki_answers_new(scene->arena, 0);
    struct seki_signature own;
    struct seki_dkim *dkim;
    struct seki_dkim_verdict verdict;
    assert_int_equal(seki_dkim_new(scene->arena, context, message, body, NULL, &dkim, NULL), SEKI_OK);
    assert_int_equal(seki_dkim_step(dkim, answers, &verdict, NULL), SEKI_NEED_ANSWERS);
    suite_zone_answer(zone, answers);
    seki_body_hash_update(body, scene->body);
    seki_body_hash_finish(body);
    assert_int_equal(seki_dkim_step(dkim, answers, &verdict, NULL), SEKI_OK);
    if (verdict.signatures[0].result != SEKI_DKIM_PASS)
        fail_msg("%.*s", SEKI_STR_ARGS(verdict.signatures[0].reason));
    assert_int_equal(seki_signature_read(scene->arena, SEKI_SIGNATURE_DKIM, message, 0, &own), SEKI_OK);
    if (scene->demanded.digest == SEKI_DIGEST_SHA256 && !scene->demanded.has_length)
        assert_true(seki_str_equal(own.body_digest, scene->demanded.body_digest));
}

static void check_case(void **state)
{
    const struct sign_case *c = *state;
    struct scene scene;
    read_scene(c, &scene);
    check_body_hash(&scene);
    check_exact_signature(&scene);
    check_own_signature(c, &scene);
    seki_arena_free(scene.arena);
}

static void add_cases(json_t *root)
{
    size_t i;
    json_t *test;
    json_array_foreach (json_object_get(root, "cases"), i, test) {
        if (strcmp(json_string_value(json_object_get(test, "kind")), "sign") != 0 || case_count == MAX_CASES)
            continue;
        struct sign_case *c = &cases[case_count];
        c->test = test;
        snprintf(c->name, sizeof c->name, FOLDER " %s: %s", json_string_value(json_object_get(test, "id")),
                 json_string_value(json_object_get(test, "title")));
        tests[case_count++] = (struct CMUnitTest){ .name = c->name, .test_func = check_case, .initial_state = c };
    }
}

int main(void)
{
    struct seki_error why;
    size_t len;
    if (suite_folder() == NULL)
        return suite_skip_all();
    context = seki_context_new(0, &why);
    json_t *root = suite_load(FOLDER "/cases.json");
    zone = suite_zone_new(json_object_get(root, "dns"));
    char *pem = suite_read(FOLDER "/test-rsa.pem", &len);
    add_cases(root);
    bool is_ready = case_count == 40 && seki_private_key_read((struct seki_str){ pem, len }, &key, &why) == SEKI_OK;
    int failed = is_ready ? _cmocka_run_group_tests("dkim signing", tests, case_count, NULL, NULL) : 1;
    seki_private_key_free(key);
    free(pem);
    suite_zone_free(zone);
    json_decref(root);
    seki_context_free(context);
    return failed;
}
