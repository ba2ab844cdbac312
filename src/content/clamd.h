/* Asking clamd about a message (INSTREAM), on the event loop and without waiting for it.
 *
 *   new → add… → end → called back once → free
 *
 * Octets go out as they come in. Whatever goes wrong is an answer too, "no answer", with its reason: clamd is not there,
 * is slow, closes the connection, says what nobody knows. What that means is the domain's choice (on-scan-failure). Too
 * long, by our bound or by clamd's, is another: it will be so when the message comes again.
 *
 * The program must ignore SIGPIPE: clamd closes while we still write. */
#ifndef CONTENT_CLAMD_H
#define CONTENT_CLAMD_H

#include <sekisho/str.h>

struct event_base;

enum content_scan_result {
    CONTENT_SCAN_CLEAN = 0,
    CONTENT_SCAN_FOUND,
    CONTENT_SCAN_TOO_LONG,
    CONTENT_SCAN_NO_ANSWER
};

struct content_clamd_options {
    struct seki_str
        address; /* "unix:/PATH", "inet:ADDR:PORT", "inet6:[ADDR]:PORT"; no names, they would be looked up */
    uint64_t timeout_ms; /* to connect, to take octets while there are some, and from the end to the answer, each */
    uint64_t
        max_octets; /* of a message; a longer one is not scanned. Also what may lie in memory while clamd is slow.
                                No more than clamd's StreamMaxLength */
};

#define CONTENT_SIGNATURE_MAX 127u

struct content_scan_answer {
    enum content_scan_result result;
    char text[CONTENT_SIGNATURE_MAX +
              1]; /* FOUND: the signature's name; TOO_LONG, NO_ANSWER: the reason; printable ASCII */
};

struct content_scan;

/** Called from the loop, once, and never from within another call of this header; the scan may be freed in it. It may come
 *  before the end: then nothing more need be added. */
typedef void content_scan_done(void *user, const struct content_scan_answer *answer);

/** Is this an address as above? For the configuration. */
bool content_clamd_address_is_valid(struct seki_str address);

/** Connects. @param options  copied. @return NULL without memory; any other failure is told to done */
struct content_scan *content_scan_new(struct event_base *base, const struct content_clamd_options *options,
                                      content_scan_done *done, void *user);
/** The next octets of the message, its header first. */
void content_scan_add(struct content_scan *scan, struct seki_str octets);
void content_scan_end(struct content_scan *scan);

/** Close; done is not called any more. NULL does nothing. */
void content_scan_free(struct content_scan *scan);

#endif
