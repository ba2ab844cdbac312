/* Invented mail for the benchmark: deterministic for a seed, shaped like real mail (prose, HTML, attachments). */
#ifndef BENCH_CORPUS_TEXT_H
#define BENCH_CORPUS_TEXT_H

#include <sekisho/buf.h>

struct corpus_random {
    uint64_t state;
};

uint64_t corpus_random_next(struct corpus_random *random);
/** @return 0 … bound - 1 */
size_t corpus_random_below(struct corpus_random *random, size_t bound);

/** Octets of one message body: log-normal, between 2 KB and 200 KB, 33 KB in the mean. */
size_t corpus_random_size(struct corpus_random *random);

/** A few words, for a Subject or a display name. */
void corpus_add_words(struct seki_buf *out, struct corpus_random *random, size_t count);

/**
 * One MIME body of about size octets, lines ended by CRLF.
 * @param fields_out  gets its Content-Type and Content-Transfer-Encoding fields, lines ended by LF
 */
void corpus_add_body(struct seki_buf *body, struct seki_buf *fields_out, struct corpus_random *random, size_t size);

void corpus_add_base64(struct seki_buf *out, const unsigned char *octets, size_t len);

#endif
