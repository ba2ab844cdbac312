/* Texts that people gave, before they are kept. */
#ifndef STORE_TEXT_CHECK_H
#define STORE_TEXT_CHECK_H

#include <sekisho/arena.h>

/** UTF-8 without control characters (C0, DEL, C1) and separators of lines, at most max octets.
 *  @param what  for the sentence: "the note". @return SEKI_OK or SEKI_BAD_INPUT */
SEKI_MUST_USE enum seki_result store_check_text(struct seki_str text, size_t max_octets, const char *what,
                                                struct seki_error *why);
/** And not empty. */
SEKI_MUST_USE enum seki_result store_check_some_text(struct seki_str text, size_t max_octets, const char *what,
                                                     struct seki_error *why);

/** A domain as it is kept: A-labels in lower case. @param what  "the domain"; @return SEKI_BAD_INPUT with a sentence */
SEKI_MUST_USE enum seki_result store_check_domain(struct seki_str name, const char *what, struct seki_arena *arena,
                                                  struct seki_str *ascii_out, struct seki_error *why);

#endif
