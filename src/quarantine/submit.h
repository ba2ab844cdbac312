/* Handing a message to a mail server, once (RFC 5321), with libcurl. Blocks: for commands and for threads of `control`. */
#ifndef QUARANTINE_SUBMIT_H
#define QUARANTINE_SUBMIT_H

#include <sekisho/buf.h>

struct quarantine_submission {
    struct seki_str server;            /* ADDR:PORT or [ADDR6]:PORT, as [quarantine] release_to has it */
    struct seki_str mail_from;         /* without angle brackets; "": the null reverse-path */
    struct seki_str recipient;         /* likewise */
    struct seki_str head;              /* fields to put on top, with CRLF; may be "" */
    int file;                          /* and then what is in it; -1: head is the whole message */
    uint64_t offset, size_octets;      /* where in the file */
    unsigned timeout_s;                /* 0: what RFC 5321 section 4.5.3.2 wants */
    bool (*before_end)(void *context); /* all but the end of the message was sent. False: break off, and nothing was
                                          submitted. May be NULL */
    void *context;
};

enum quarantine_submitted {
    QUARANTINE_TAKEN = 0, /* 250 */
    QUARANTINE_NOT_NOW,   /* no connection, a 4xx reply, or broken off before the end: nothing was submitted */
    QUARANTINE_REFUSED,   /* a 5xx reply */
    QUARANTINE_UNCLEAR    /* the end was sent, and no answer came (RFC 5321 section 4.5.3.2.6) */
};

/** @param why  of all but TAKEN: with the server's words */
SEKI_MUST_USE enum quarantine_submitted quarantine_submit(const struct quarantine_submission *submission,
                                                          struct seki_error *why);

#endif
