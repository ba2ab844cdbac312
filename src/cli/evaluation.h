/* One evaluation in a blocking program: memory, DNS source and table together, and the loop step → answer → step. */
#ifndef CLI_EVALUATION_H
#define CLI_EVALUATION_H

#include "cli/command.h"

#include <sekisho/verify.h>

struct dns_source;

struct cli_evaluation {
    const struct cli_options *options;
    struct seki_arena *arena;
    struct seki_answers *answers;
    struct dns_source *source;
    struct seki_context *context;
    int64_t now_s;
};

/** Prints the sentence and returns false when DNS source, crypto or memory cannot be had. */
bool cli_evaluation_begin(struct cli_evaluation *e, const struct cli_options *options);
void cli_evaluation_end(struct cli_evaluation *e);

/** One step, whichever mechanism's. */
typedef enum seki_result (*cli_step)(void *evaluation, struct seki_answers *answers, struct seki_error *why);

/** Call step until it needs no more answers. Prints the sentence and returns false when there is no verdict. */
bool cli_evaluation_run(struct cli_evaluation *e, cli_step step, void *evaluation);

struct cli_message_outcome {
    struct seki_verify *verify;
    struct seki_verdict verdict;
    struct seki_str text; /* the file, to free() */
};

/** Read, authenticate. Prints the sentence and returns the exit code for trouble, CLI_DONE with *outcome else. */
enum cli_exit cli_authenticate(struct cli_evaluation *e, const struct cli_options *options, const char *file,
                               bool explain, struct cli_message_outcome *outcome);

/** The same of a text that is there already: outcome->text; the rest of *outcome is filled. */
enum cli_exit cli_authenticate_text(struct cli_evaluation *e, const struct cli_options *options, bool explain,
                                    struct cli_message_outcome *outcome);

/** What the system calls this host. */
void cli_host_name(char *host, size_t size);

/** --ip, which must have been given. Prints the sentence and returns false when it is no address. */
bool cli_read_ip(const struct cli_options *options, struct seki_ip *ip_out);

/** --discovery and --psl. Prints the sentence and returns false when they cannot be followed.
 *  @param psl_out for seki_psl_free(); NULL is left where no list is needed */
bool cli_set_discovery(const struct cli_options *options, struct seki_dmarc_options *dmarc, struct seki_psl **psl_out);

/** What the exit code says of a verdict: DMARC's where there is DMARC, else whether anything failed. */
enum cli_exit cli_exit_of(const struct seki_verdict *verdict);

#endif
