/* What the engine says, which is English, in the reader's language.
 *
 * The engine puts its reasons and errors together before anybody knows who reads them: they also go into fields, JSON
 * and logs, where they stay English. For people they are taken apart again: a phrase that the catalogue has, or a
 * pattern of one table with other people's words in its holes. What is not known is shown as it came. */
#ifndef CLI_REASON_H
#define CLI_REASON_H

#include <sekisho/trace.h>

/** Append an English sentence in the reader's language. */
void cli_reason(struct seki_str english, struct seki_buf *out);
/** The same with other catalogues. */
void cli_reason_through(seki_translator *text, struct seki_str english, struct seki_buf *out);

/** For the traces that people read; NULL: English. */
const struct seki_trace_language *cli_trace_language(void);

/** A trace for people. @return NULL when the arena is full */
struct seki_trace *cli_trace_new(struct seki_arena *arena);

#endif
