/* How a table is written down and filled again; see seki_answers_encode(). */
#ifndef DNS_ANSWERS_RESTORE_H
#define DNS_ANSWERS_RESTORE_H

#include <sekisho/answers.h>

/** The next one of the table, without walking from its begin; NULL behind the last. */
const struct seki_answer *seki_answers_after(const struct seki_answer *answer);

size_t seki_answers_max_questions(const struct seki_answers *answers);

/** Append a question as it was known, answered or open. @return SEKI_BAD_INPUT: it is there already, or open and nobody can
 *  be asked; else as
 *  seki_answers_enter() */
enum seki_result seki_answers_restore(struct seki_answers *answers, const struct seki_answer *known);

#endif
