/* How an evaluation came to its verdict: the traces of its mechanisms and the DNS answers, as text and as JSON. */
#ifndef CLI_COURSE_H
#define CLI_COURSE_H

#include <sekisho/verify.h>

#include <jansson.h>

/** @param verify  with traces */
void cli_print_course(const struct seki_verify *verify, const struct seki_answers *answers);
/** {spf spf-helo sender-id dkim arc dmarc}, each a list of {depth text} */
json_t *cli_json_course(const struct seki_verify *verify);
/** [{name type status secure failure records}] */
json_t *cli_json_answers(const struct seki_answers *answers);

#endif
