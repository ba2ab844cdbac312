/* A table of answers as a text that people can read, and back: what explains a verdict, and replays it.
 *
 *   ; Sekisho DNS recording 1
 *   ; question example.com TXT found dnssec=secure asked_us=1041 answered_us=21377
 *   example.com. 300 IN TXT "v=spf1 -all"
 *   ; question _dmarc.example.com TXT failed reason="timed out after 5000 ms"
 *
 * A comment line says what was asked and how it was answered; below it stand the records as in a master file (all
 * with the least TTL, which is what the table keeps). So the whole is a zone file too. A text that came with a string
 * over 255 octets is written as one string, so that reading notices it again. In a name everything but
 * letters, digits and "-_.*+/=" is written \DDD, as in a master file; "" is the empty name. */
#ifndef DNS_RECORDING_H
#define DNS_RECORDING_H

#include <sekisho/answers.h>
#include <sekisho/buf.h>

struct recording;

/** Append the answered questions of the table, in their order. Failure: seki_buf_failed(). */
void recording_write(const struct seki_answers *answers, struct seki_buf *out);

/** @return NULL with *why: "FILE:LINE: what is wrong" */
struct recording *recording_load(const char *path, struct seki_error *why);
/** @param text need not stay. @param name of the file, for *why */
struct recording *recording_parse(struct seki_str text, const char *name, struct seki_error *why);
void recording_free(struct recording *recording);

/** What was recorded, until recording_free(). */
const struct seki_answers *recording_answers(const struct recording *recording);

/** Answer every open question of the table; what was not recorded fails. */
void recording_answer(struct recording *recording, struct seki_answers *answers);

#endif
