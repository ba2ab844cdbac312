/* What the benchmarks of the store have in common: numbers, a clock, and an end where a step fails. */
#ifndef STORE_BENCH_H
#define STORE_BENCH_H

#include <sekisho/result.h>

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/** The same ones in every run (xorshift64). */
static inline uint64_t random_below(uint64_t bound)
{
    static uint64_t state = 1;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % bound;
}

/** Seconds, monotonic. */
static inline double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct seki_error why; /* of the step that must() is asked about */

static inline void must(enum seki_result result)
{
    if (result == SEKI_OK)
        return;
    fprintf(stderr, "%s: %s\n", program_invocation_short_name, why.text);
    exit(1);
}

#endif
