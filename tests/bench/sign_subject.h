/* Another signer beside ours, in the signing benchmark: libopendkim where it is installed (sign_subject_opendkim.c),
 * else nobody (sign_subject_none.c). */
#ifndef BENCH_SIGN_SUBJECT_H
#define BENCH_SIGN_SUBJECT_H

#include "corpus.h"

#include <sekisho/dkim_sign.h>

struct sign_subject;

/** @param pem  the private key, as a file has it; copied. @return NULL: it is not there, or cannot do this algorithm */
struct sign_subject *sign_subject_new(struct seki_str pem, enum seki_sign_algorithm algorithm,
                                      enum seki_sign_canonicalization canonicalization);
void sign_subject_free(struct sign_subject *subject);

/** Sign one message, all of it: from nothing to the text of the field. Ends the program when that fails.
 *  @param fields  each as "Name: value" with CRLF in its folds, count of them */
void sign_subject_sign(struct sign_subject *subject, const struct seki_str *fields, size_t count,
                       struct seki_str body);

/** For people: "libopendkim 2.11.0", "" */
const char *sign_subject_name(void);

#endif
