/* Verdicts as text for people. Octets from outside are escaped, so that no message writes to the terminal. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include "cli/command.h"

#include <sekisho/verify.h>

/** Control octets and broken UTF-8 as \xNN. */
void cli_print_str(struct seki_str s);
void cli_print_spf(const char *title, const struct seki_spf_verdict *spf);
void cli_print_sender_id(const struct seki_sender_id_verdict *sender_id);
void cli_print_arc(const struct seki_arc_verdict *arc);
void cli_print_verdict(const struct seki_verdict *verdict);
/** A folded field, below an empty line. */
void cli_print_field(const char *name, struct seki_str value);
void cli_print_trace(const char *title, const struct seki_trace *trace);
void cli_print_answers(const struct seki_answers *answers);

/** Say on standard error why there is no answer, and with --json on standard output too: {"error": …}. @return false */
bool cli_say_trouble(const struct cli_options *options, const char *sentence);

#endif
