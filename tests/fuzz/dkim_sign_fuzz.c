/* Sign and verify. The input: an octet of options, a line of field names for h= (empty: the usual ones), a line for i=,
 * then a message. Held: what is signed verifies, with the key's record, whatever the message is; the field has no line over
 * 78 octets that could have been folded, and nothing of it is outside the field; what is refused has its reason. */
#include <sekisho/dkim.h>
#include <sekisho/dkim_sign.h>
#include <sekisho/private_key.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 8463 appendix A.2: Ed25519 costs a tenth of RSA, and what is under test is the same. */
static const char pem[] = "-----BEGIN PRIVATE KEY-----\n"
                          "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
                          "-----END PRIVATE KEY-----\n";
static const struct seki_record record = {
    .text = SEKI_STR_INIT("v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
};

#define MAX_NAMES 64u

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

static struct seki_str next_line(struct seki_str *rest)
{
    struct seki_str line = { "", 0 };
    if (!seki_str_split(rest, '\n', &line))
        *rest = (struct seki_str){ "", 0 };
    if (rest->ptr == NULL)
        *rest = (struct seki_str){ "", 0 };
    return line;
}

static void add_all(struct seki_message *to, const struct seki_message *from)
{
    for (size_t i = 0; i < seki_message_field_count(from); i++) {
        const struct seki_field *field = seki_message_field(from, i);
        must(seki_message_add_field(to, field->name, field->value) == SEKI_OK);
    }
}

/* Every LF has its CR before it and a HTAB behind it. */
static void check_folds(struct seki_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        bool is_fold = i > 0 && i + 1 < value.len && value.ptr[i - 1] == '\r' && value.ptr[i + 1] == '\t';
        must(value.ptr[i] != '\n' || is_fold);
        must(value.ptr[i] != '\r' || (i + 1 < value.len && value.ptr[i + 1] == '\n'));
    }
}

static void verify(struct seki_context *context, struct seki_arena *arena, const struct seki_message *header,
                   struct seki_str value, struct seki_str body_text)
{
    struct seki_message *message = seki_message_new(arena, NULL);
    struct seki_body_hash *body = seki_body_hash_new(arena, context);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    const struct seki_answer outcome = { .status = SEKI_ANSWER_FOUND, .records = &record, .record_count = 1 };
    const struct seki_answer *question;
    struct seki_dkim *dkim;
    struct seki_dkim_verdict verdict;
    must(seki_message_add_field(message, SEKI_STR("DKIM-Signature"), value) == SEKI_OK);
    add_all(message, header);
    must(seki_dkim_new(arena, context, message, body, NULL, &dkim, NULL) == SEKI_OK);
    for (; body_text.len > 0; body_text = seki_str_from(body_text, 7))
        seki_body_hash_update(body, seki_str_head(body_text, 7));
    seki_body_hash_finish(body);
    while (seki_dkim_step(dkim, answers, &verdict, NULL) == SEKI_NEED_ANSWERS)
        while ((question = seki_answers_next_open(answers)) != NULL)
            must(seki_answers_enter(answers, question, &outcome) == SEKI_OK);
    must(verdict.signature_count > 0 && verdict.signatures[0].result == SEKI_DKIM_PASS);
    seki_body_hash_end(body);
}

static void sign(struct seki_context *context, const struct seki_private_key *key, struct seki_arena *arena,
                 const struct seki_dkim_sign_options *options, struct seki_str text)
{
    struct seki_message *read = seki_message_new(arena, NULL), *header = seki_message_new(arena, NULL);
    struct seki_body_hash *body = seki_body_hash_new(arena, context);
    struct seki_dkim_sign *sign;
    struct seki_sign_request request;
    struct seki_sign_answer answer;
    struct seki_error why = { "" };
    struct seki_str body_text, value;
    bool is_unix;
    must(seki_message_read(read, text, &body_text, &is_unix) == SEKI_OK);
    add_all(header, read); /* as a milter has it: names without white space behind them */
    enum seki_result result = seki_dkim_sign_new(arena, context, header, body, options, &sign, &why);
    must((result == SEKI_OK) == (why.text[0] == '\0') && (result == SEKI_OK) == (sign != NULL));
    if (result == SEKI_OK) {
        seki_body_hash_update(body, body_text);
        seki_body_hash_finish(body);
        must(seki_dkim_sign_digest(sign, &request, NULL) == SEKI_OK);
        must(seki_private_key_sign(key, &request, &answer, NULL) == SEKI_OK);
        must(seki_dkim_sign_complete(sign, &answer, &value, NULL) == SEKI_OK);
        check_folds(value);
        verify(context, arena, header, value, body_text);
    }
    seki_body_hash_end(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct seki_context *context;
    static struct seki_private_key *key;
    static struct seki_arena *arena;
    if (context == NULL) {
        context = seki_context_new(4, NULL);
        arena = seki_arena_new(16 << 20);
        must(seki_private_key_read(seki_str_of(pem), &key, NULL) == SEKI_OK);
    }
    if (size < 1)
        return 0;
    struct seki_str rest = { (const char *)data + 1, size - 1 }, names[MAX_NAMES];
    struct seki_str list = next_line(&rest), identity = next_line(&rest);
    struct seki_dkim_sign_options options = {
        .domain = SEKI_STR("example.com"),
        .selector = data[0] & 4 ? SEKI_STR("a.long.selector.with.many.labels.that.moves.the.folds") : SEKI_STR("s"),
        .algorithm = SEKI_SIGN_ED25519_SHA256,
        .canonicalization = (enum seki_sign_canonicalization)(data[0] & 3),
        .names = names,
        .identity = identity,
        .time_s = data[0] & 8 ? 1528637909 : 0,
        .expires_after_s = data[0] & 16 ? 3153600000 : 0,
        .is_internationalized = (data[0] & 32) != 0,
    };
    while (list.len > 0 && options.name_count < MAX_NAMES && seki_str_split(&list, ':', &names[options.name_count]))
        options.name_count++;
    sign(context, key, arena, &options, rest);
    seki_arena_clear(arena);
    return 0;
}
