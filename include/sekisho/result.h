/* What every call of libsekisho returns, and the sentence for the person who must act.
 *
 * Verdict and error are kept apart: SPF "permerror" is an answer and travels as data with its reason; a
 * seki_result other than SEKI_OK means that there is no answer (yet). */
#ifndef SEKISHO_RESULT_H
#define SEKISHO_RESULT_H

#if defined(__GNUC__)
#define SEKI_API __attribute__((visibility("default")))
#define SEKI_MUST_USE __attribute__((warn_unused_result))
#define SEKI_PRINTF(format_index, first_index) __attribute__((format(printf, format_index, first_index)))
#define SEKI_FORMAT_ARG(format_index)          __attribute__((format_arg(format_index)))
#else
#define SEKI_API
#define SEKI_MUST_USE
#define SEKI_PRINTF(format_index, first_index)
#define SEKI_FORMAT_ARG(format_index)
#endif

enum seki_result {
    SEKI_OK = 0,
    SEKI_NEED_ANSWERS, /* not done: open questions stand in the answers table; answer them and call again */
    SEKI_NEED_BODY,    /* not done: the message has not ended yet, and nothing is left to ask until then */
    SEKI_BAD_INPUT,    /* what was given cannot be understood */
    SEKI_LIMIT,        /* a stated bound was reached (arena full, buffer full) */
    SEKI_USAGE,        /* the caller's mistake */
    SEKI_TEMPORARY,    /* try again later */
    SEKI_SYSTEM        /* no memory, or the operating system refused */
};

/** One sentence that says what is wrong and what to do. Always terminated; longer texts are cut. */
struct seki_error {
    char text[512];
};

/**
 * Write the sentence. @param why where; NULL is allowed and does nothing.
 */
SEKI_API void seki_error_set(struct seki_error *why, const char *format, ...) SEKI_PRINTF(2, 3);

/**
 * Put context in front of the sentence that stands there: "cannot read a.conf" + ": " + old text.
 * @param why NULL is allowed and does nothing
 */
SEKI_API void seki_error_prefix(struct seki_error *why, const char *format, ...) SEKI_PRINTF(2, 3);

#endif
