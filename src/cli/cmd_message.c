/* sekisho verify, sekisho arc verify: a whole message. */
#include "cli/evaluation.h"
#include "cli/json.h"
#include "cli/text.h"

#include <stdlib.h>

enum cli_exit cli_verify(const struct cli_options *options, const char *file)
{
    struct cli_evaluation e;
    struct cli_message_outcome outcome;
    if (!cli_evaluation_begin(&e, options))
        return CLI_NO;
    enum cli_exit code = cli_authenticate(&e, options, file, false, &outcome);
    if (code == CLI_DONE) {
        if (options->json)
            cli_json_print(cli_json_verdict(&outcome.verdict));
        else
            cli_print_verdict(&outcome.verdict);
        code = cli_exit_of(&outcome.verdict);
    }
    free((void *)(uintptr_t)outcome.text.ptr);
    cli_evaluation_end(&e);
    return code;
}

enum cli_exit cli_arc_verify(const struct cli_options *options, const char *file)
{
    struct cli_evaluation e;
    struct cli_message_outcome outcome;
    if (!cli_evaluation_begin(&e, options))
        return CLI_NO;
    enum cli_exit code = cli_authenticate(&e, options, file, false, &outcome);
    if (code == CLI_DONE) {
        if (options->json)
            cli_json_print(cli_json_arc(&outcome.verdict.arc));
        else
            cli_print_arc(&outcome.verdict.arc);
        code = outcome.verdict.arc.result == SEKI_ARC_FAIL ? CLI_NO : CLI_DONE;
    }
    free((void *)(uintptr_t)outcome.text.ptr);
    cli_evaluation_end(&e);
    return code;
}
