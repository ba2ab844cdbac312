/* Signs messages for tests, with the published keys of RFC 8463 appendix A. What it hashes comes from the library itself,
 * so it proves nothing about canonicalization; that is what the vectors of the RFCs and the suites are for. */
#ifndef SIGNER_H
#define SIGNER_H

#include "auth/context.h"

#include <sekisho/dkim.h>

/* Key records of the two keys. */
#define SIGNER_RSA_RECORD                                                                                          \
    "v=DKIM1; k=rsa; "                                                                                             \
    "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16"              \
    "JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/"                                                                        \
    "8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l"                                   \
    "/K4w3QIDAQAB"
#define SIGNER_ED25519_RECORD "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

struct signer {
    struct seki_arena *arena; /* everything lives as long as it */
    struct seki_context *context;
    struct seki_str body; /* of the messages signed */
};

/**
 * Put a DKIM-Signature on top of a header.
 * @param tags    all but bh= and b=, which are added
 * @param header  fields with CRLF behind each
 * @return the whole header
 */
struct seki_str signer_dkim(const struct signer *signer, const char *tags, struct seki_str header);

/**
 * Put an ARC set on top of a header: AS, AMS, AAR.
 * @param cv       of the seal
 * @param ams_tags  of the AMS, all but i=, bh= and b=
 * @param as_tags   of the seal, all but i=, cv= and b=
 */
struct seki_str signer_arc(const struct signer *signer, unsigned instance, const char *cv, const char *ams_tags,
                           const char *as_tags, struct seki_str header);

#endif
