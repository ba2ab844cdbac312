/* A DNS made of the input, for fuzz targets: one record a line, as name, or "*" for every name; type; text. The text "!"
 * makes the look-up fail. What is not there does not exist. */
#ifndef TEXT_ZONE_H
#define TEXT_ZONE_H

#include <sekisho/answers.h>

/** abort() unless it holds. */
void require(bool condition);

/** Cut the next piece off; "" at the end. */
struct seki_str text_zone_cut(struct seki_str *rest, char separator);

/** Answer one question. @param zone must live as long as the answers */
void text_zone_answer(struct seki_str zone, struct seki_answers *answers, const struct seki_answer *question);

/** @return the latest open question, or NULL. @param count_out all entries of the table */
const struct seki_answer *text_zone_last_open(struct seki_answers *answers, size_t *count_out);

#endif
