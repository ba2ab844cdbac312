/* Verdicts as text for people. Octets from outside are escaped, so that no message writes to the terminal. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include "cli/command.h"

#include <sekisho/verify.h>

/** Control octets and broken UTF-8 as \xNN. */
void cli_print_str(struct seki_str s);
/** printf, escaped: for sentences with other people's words in them. A line end at the end of the format is one. */
void cli_print_format(const char *format, ...) SEKI_PRINTF(1, 2) __attribute__((nonnull(1)));
/** printf, escaped: sentences on lines of their own, from a column on and within the screen. */
void cli_print_sentence(unsigned column, const char *format, ...) SEKI_PRINTF(2, 3);
/** The same with a mark before them ("- "), whose columns the further lines leave free. */
void cli_print_item(unsigned column, const char *mark, const char *format, ...) SEKI_PRINTF(3, 4);
/** The rest of a line that stands in a column (from 0): escaped, its further lines in the same column, within the screen. */
void cli_print_rest(size_t column, struct seki_str text);
/** A sentence of the engine in the reader's language. */
void cli_print_reason(struct seki_str english);
void cli_print_spf(const char *title, const struct seki_spf_verdict *spf);
void cli_print_sender_id(const struct seki_sender_id_verdict *sender_id);
void cli_print_arc(const struct seki_arc_verdict *arc);
void cli_print_verdict(const struct seki_verdict *verdict);
/** A folded field, below an empty line. */
void cli_print_field(const char *name, struct seki_str value);
void cli_print_trace(const char *title, const struct seki_trace *trace);
void cli_print_answers(const struct seki_answers *answers);

/** Say on standard error what is wrong with how the command was called. @return false */
bool cli_complain(const char *format, ...) SEKI_PRINTF(1, 2);
/** The same of an error's text, which is put into the reader's language. */
bool cli_complain_of(const char *english);

/** Say on standard error why there is no answer, in the reader's language, and with --json on standard output too, in
 *  English: {"error": …}. @param english marked N_(), or an error's text. @return false */
bool cli_say_trouble(const struct cli_options *options, const char *english);

#endif
