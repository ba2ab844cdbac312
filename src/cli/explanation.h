/* All that `sekisho explain` has found out, and its parts as text for people and as JSON. */
#ifndef CLI_EXPLANATION_H
#define CLI_EXPLANATION_H

#include "cli/evaluation.h"
#include "explain/hops.h"
#include "explain/signature.h"

#include <jansson.h>

/* What a hop says of the client that it saw. */
struct cli_client {
    size_t hop; /* from 1; 0: there is none */
    const char *ip, *helo;
    const char *mail_from; /* of Return-Path; NULL when there is none */
};

struct cli_explanation {
    const char *file;
    const struct cli_options *options; /* as they were given */
    struct cli_evaluation *evaluation;
    const struct seki_message *message;
    const struct explain_body *body;
    struct explain_hops hops;
    struct cli_client client; /* of --hop, or one that SPF could be checked for */
    const struct seki_verify *verify;
    const struct seki_verdict *verdict;
    struct explain_signatures_report signatures;
};

/** What happened, in a few sentences. */
void cli_print_summary(const struct cli_explanation *x);
/** The hops, and what was added where. */
void cli_print_way(const struct cli_explanation *x);
/** Each signature, and what was changed after it was made. */
void cli_print_held(const struct cli_explanation *x);

/** What became of a signature: a sentence. */
void cli_print_story(unsigned column, const struct explain_signature *signature);

/** "spf=pass, dkim=fail": what a server said it found. */
void cli_add_results(const struct explain_mark *mark, struct seki_buf *text);

/** Why no verdict takes a signature that fits the message; "" when there is no such reason. English. */
struct seki_str cli_refusal_of(const struct cli_explanation *x, const struct explain_signature *signature);

/** Add hops, added, client, signatures and changes. */
void cli_json_add_explanation(json_t *root, const struct cli_explanation *x);

#endif
