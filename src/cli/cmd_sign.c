/* sekisho sign: a message with a DKIM-Signature on top. */
#include "cli/i18n.h"
#include "cli/input.h"
#include "cli/json.h"
#include "cli/signing.h"
#include "cli/text.h"

#include <stdlib.h>

#define MAX_MEMORY (64u << 20)

/* From the text to the field's value. */
static enum seki_result sign_text(const struct cli_signing *signing, struct seki_arena *arena,
                                  struct seki_context *context, struct seki_str text, bool *is_unix_out,
                                  struct seki_str *value_out, struct seki_error *why)
{
    struct seki_message *message = seki_message_new(arena, NULL);
    struct seki_body_hash *body = seki_body_hash_new(arena, context);
    struct seki_dkim_sign *sign;
    struct seki_sign_request request;
    struct seki_sign_answer answer;
    struct seki_str body_text;
    if (message == NULL || body == NULL || seki_message_read(message, text, &body_text, is_unix_out) != SEKI_OK) {
        seki_error_set(why, "the header needs more memory than a message may have");
        return SEKI_LIMIT;
    }
    enum seki_result result = seki_dkim_sign_new(arena, context, message, body, &signing->options, &sign, why);
    if (result == SEKI_OK) {
        seki_body_hash_whole(body, body_text, *is_unix_out);
        result = seki_dkim_sign_digest(sign, &request, why);
    }
    if (result == SEKI_OK)
        result = seki_private_key_sign(signing->key, &request, &answer, why);
    if (result == SEKI_OK)
        result = seki_dkim_sign_complete(sign, &answer, value_out, why);
    seki_body_hash_end(body);
    return result;
}

static enum cli_exit sign_file(const struct cli_signing *signing, const struct cli_options *options,
                               struct seki_str text)
{
    struct seki_error why = { N_("no memory to start with") };
    struct cli_new_field field = { .name = "DKIM-Signature" };
    struct seki_arena *arena = seki_arena_new(MAX_MEMORY);
    struct seki_context *context = seki_context_new(0, &why);
    bool is_unix = false;
    bool is_signed = arena != NULL && context != NULL &&
                     sign_text(signing, arena, context, text, &is_unix, &field.value, &why) == SEKI_OK;
    if (!is_signed)
        cli_say_trouble(options, why.text);
    else if (options->json)
        cli_json_print(json_pack("{s:o}", "fields", cli_json_new_fields(&field, 1)));
    else
        cli_print_with_fields(text, is_unix, &field, 1);
    if (is_signed)
        cli_note_bare_line_ends(text, is_unix);
    seki_context_free(context);
    seki_arena_free(arena);
    return is_signed ? CLI_DONE : CLI_NO;
}

enum cli_exit cli_sign(const struct cli_options *options, const char *file)
{
    struct cli_signing signing;
    struct seki_str text;
    struct seki_error why;
    enum cli_exit code = cli_signing_begin(&signing, options, "sign");
    if (code == CLI_DONE && !cli_input_read(file, &text, &why)) {
        cli_say_trouble(options, why.text);
        code = CLI_NO;
    } else if (code == CLI_DONE) {
        code = sign_file(&signing, options, text);
        free((void *)(uintptr_t)text.ptr);
    }
    cli_signing_end(&signing);
    return code;
}
