/* Where a blocking program (the command line, a test) gets its DNS answers: a resolver, a zone file, a recording. */
#ifndef DNS_SOURCE_H
#define DNS_SOURCE_H

#include "dns/driver/resolver.h"

struct dns_source;

struct dns_source_options {
    struct resolver_options resolver; /* used when both files are NULL */
    const char *zone_file;            /* master format (RFC 1035 section 5): answers come from it alone; names not
                                         in it are NXDOMAIN */
    const char *recording_file;       /* written by recording_write(): the same answers again, and no others */
};

/** @return NULL with *why: unreadable zone file (file, line and what is wrong), resolver that cannot start */
struct dns_source *dns_source_open(const struct dns_source_options *options, struct seki_error *why);
void dns_source_close(struct dns_source *source);

/** Answer every open question of the table; waits at most the time-out of one question. */
void dns_source_answer(struct dns_source *source, struct seki_answers *answers);

#endif
