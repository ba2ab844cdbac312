/* The benchmark's messages as make_corpus wrote them, mapped into memory and cut into fields once. */
#ifndef BENCH_CORPUS_H
#define BENCH_CORPUS_H

#include <sekisho/str.h>

enum { CORPUS_MAX_FIELDS = 64 };

struct corpus_field {
    struct seki_str name, value; /* value with the space after the colon and LF in its folds, without the last LF */
};

/* One line of the index: HEADER_OFFSET HEADER_LEN BODY_OFFSET BODY_LEN CHAIN MAIL_FROM HELO CLIENT. */
struct corpus_message {
    struct corpus_field *fields;
    size_t field_count;
    struct seki_str body;
    unsigned chain; /* the longest chain of dependent DNS look-ups */
    char *mail_from, *helo, *client;
};

struct corpus {
    struct corpus_message *messages;
    size_t count;
};

/** Read FOLDER/messages.dat and FOLDER/SET.idx; ends the program when it cannot. The text stays
 *  mapped until the program ends. */
struct corpus corpus_load(const char *folder, const char *set);
void corpus_release(struct corpus *corpus);

#endif
