/* What looking at the attachments of one message costs, without the gate around it.
 *
 *   attachments_bench FOLDER [ROUNDS]     (the corpus of make_corpus, 20 rounds)
 *
 * Every message comes as the gate gets it, field by field and the body in pieces, several times in a row: a gate has
 * just had its octets from the MTA. The figure is the least of all rounds. */
#include "corpus.h"

#include "content/attachments.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PIECE_OCTETS 65535u /* of a milter's body command */
#define TIMES        5u

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void look(struct seki_arena *arena, const struct corpus_message *message)
{
    seki_arena_clear(arena);
    struct content_attachments *attachments = content_attachments_new(arena);
    for (size_t i = 0; i < message->field_count; i++)
        content_attachments_field(attachments, message->fields[i].name, message->fields[i].value);
    content_attachments_end_of_header(attachments);
    for (struct seki_str body = message->body; body.len > 0; body = seki_str_from(body, PIECE_OCTETS))
        content_attachments_body(attachments, seki_str_head(body, PIECE_OCTETS));
    if (content_attachments_finding(attachments).danger != CONTENT_HARMLESS) {
        fprintf(stderr, "attachments_bench: a message of the corpus has a dangerous attachment\n");
        exit(1);
    }
    content_attachments_end(attachments);
}

static double round_us(struct seki_arena *arena, const struct corpus *corpus)
{
    double start = now_us();
    for (size_t i = 0; i < corpus->count; i++)
        for (unsigned time = 0; time < TIMES; time++)
            look(arena, &corpus->messages[i]);
    return (now_us() - start) / (double)(corpus->count * TIMES);
}

int main(int argc, char **argv)
{
    uint64_t rounds = 20;
    if (argc < 2 || argc > 3 || (argc == 3 && !seki_str_to_u64(seki_str_of(argv[2]), 10000, &rounds))) {
        fprintf(stderr, "usage: attachments_bench FOLDER [ROUNDS]\n");
        return 2;
    }
    struct corpus corpus = corpus_load(argv[1], "warm");
    struct seki_arena *arena = seki_arena_new(1 << 20);
    double least = round_us(arena, &corpus);
    for (uint64_t i = 1; i < rounds; i++) {
        double us = round_us(arena, &corpus);
        least = us < least ? us : least;
    }
    printf("attachments: %.2f us for each of %zu messages\n", least, corpus.count);
    seki_arena_free(arena);
    corpus_release(&corpus);
    return 0;
}
