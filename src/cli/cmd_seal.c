/* sekisho arc seal: authenticate a message, and put an ARC set on top that says what came out. */
#include "cli/evaluation.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/signing.h"
#include "cli/text.h"

#include <sekisho/arc_seal.h>

#include <stdio.h>
#include <stdlib.h>

static const char *const outcomes[] = {
    [SEKI_ARC_SEAL_DUE] = "",
    [SEKI_ARC_SEAL_FAILED_BEFORE] = N_("not sealed: the newest ARC-Seal says cv=fail already"),
    [SEKI_ARC_SEAL_FULL] = N_("not sealed: there are 50 sets, and more are not allowed"),
};

struct sealing {
    const struct cli_signing *signing;
    struct seki_str text;
    bool is_unix;
    struct seki_arc_seal *seal;
    enum seki_arc_seal_outcome outcome;
};

static enum seki_result plan(struct sealing *s, struct cli_evaluation *e, struct seki_error *why)
{
    struct seki_message *message = seki_message_new(e->arena, NULL);
    struct seki_body_hash *body = seki_body_hash_new(e->arena, e->context);
    struct seki_str body_text;
    if (message == NULL || body == NULL ||
        seki_message_read(message, s->text, &body_text, &s->is_unix) != SEKI_OK) {
        seki_error_set(why, "the header needs more memory than a message may have");
        return SEKI_LIMIT;
    }
    enum seki_result result =
        seki_arc_seal_new(e->arena, e->context, message, body, &s->signing->options, &s->seal, why);
    if (result == SEKI_OK)
        seki_body_hash_whole(body, body_text, s->is_unix);
    seki_body_hash_end(body);
    return result;
}

static enum seki_result seal_verdict(struct sealing *s, const struct seki_verdict *verdict, struct seki_error *why)
{
    struct seki_sign_request request;
    struct seki_sign_answer answer;
    enum seki_result result =
        seki_arc_seal_start(s->seal, &verdict->arc, verdict->authentication_results, &s->outcome, why);
    if (s->outcome != SEKI_ARC_SEAL_DUE)
        return result;
    while (result == SEKI_OK && seki_arc_seal_fields(s->seal) == NULL) {
        result = seki_arc_seal_digest(s->seal, &request, why);
        if (result == SEKI_OK)
            result = seki_private_key_sign(s->signing->key, &request, &answer, why);
        if (result == SEKI_OK)
            result = seki_arc_seal_complete(s->seal, &answer, why);
    }
    return result;
}

static void print(const struct sealing *s, const struct cli_options *options)
{
    const struct seki_arc_seal_fields *made = seki_arc_seal_fields(s->seal);
    struct cli_new_field fields[3];
    size_t count = 0;
    if (made != NULL) {
        fields[count++] = (struct cli_new_field){ "ARC-Seal", made->seal };
        fields[count++] = (struct cli_new_field){ "ARC-Message-Signature", made->message_signature };
        fields[count++] = (struct cli_new_field){ "ARC-Authentication-Results", made->auth_results };
        cli_note_bare_line_ends(s->text, s->is_unix);
    } else {
        cli_complain("%s", _(outcomes[s->outcome]));
    }
    if (options->json)
        cli_json_print(json_pack("{s:b, s:i, s:s, s:s, s:o}", "sealed", made != NULL, "instance",
                                 (int)seki_arc_seal_instance(s->seal), "cv",
                                 made != NULL ? seki_arc_result_name(seki_arc_seal_cv(s->seal)) : "", "reason",
                                 outcomes[s->outcome], "fields", cli_json_new_fields(fields, count)));
    else
        cli_print_with_fields(s->text, s->is_unix, fields, count);
}

static enum cli_exit seal_file(const struct cli_signing *signing, struct cli_evaluation *e,
                               const struct cli_options *options, const char *file)
{
    struct cli_message_outcome outcome;
    struct seki_error why = { "" };
    enum cli_exit code = cli_authenticate(e, options, file, false, &outcome);
    struct sealing sealing = { .signing = signing, .text = outcome.text };
    if (code == CLI_DONE &&
        (plan(&sealing, e, &why) != SEKI_OK || seal_verdict(&sealing, &outcome.verdict, &why) != SEKI_OK)) {
        cli_say_trouble(options, why.text);
        code = CLI_NO;
    } else if (code == CLI_DONE) {
        print(&sealing, options);
        code = sealing.outcome == SEKI_ARC_SEAL_DUE ? CLI_DONE : CLI_NO;
    }
    free((void *)(uintptr_t)outcome.text.ptr);
    return code;
}

enum cli_exit cli_arc_seal(const struct cli_options *options, const char *file)
{
    struct cli_signing signing;
    struct cli_evaluation e;
    enum cli_exit code = cli_signing_begin(&signing, options, "arc seal");
    if (code == CLI_DONE && cli_evaluation_begin(&e, options)) {
        code = seal_file(&signing, &e, options, file);
        cli_evaluation_end(&e);
    } else if (code == CLI_DONE) {
        code = CLI_NO;
    }
    cli_signing_end(&signing);
    return code;
}
