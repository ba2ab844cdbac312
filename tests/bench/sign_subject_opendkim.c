/* libopendkim as OpenDKIM's milter uses it: the library is set up once; each message has a handle of its own, made from
 * the key's PEM text, which the library decodes each time. */
#include "sign_subject.h"

#include <stdlib.h>
#include <sys/types.h>
#include <opendkim/dkim.h>

#define PIECE_OCTETS 65535u /* of a milter's body command */

struct sign_subject {
    DKIM_LIB *library;
    unsigned char *pem; /* a C string */
    dkim_alg_t algorithm;
    dkim_canon_t header, body;
};

static void must(bool is_so, const char *what)
{
    if (is_so)
        return;
    fprintf(stderr, "libopendkim: %s\n", what);
    exit(1);
}

static bool is_relaxed(enum seki_sign_canonicalization canonicalization, size_t part)
{
    struct seki_str name = seki_str_of(seki_sign_canonicalization_name(canonicalization)), piece;
    for (size_t i = 0; i <= part; i++)
        seki_str_split(&name, '/', &piece);
    return seki_str_equal(piece, SEKI_STR("relaxed"));
}

struct sign_subject *sign_subject_new(struct seki_str pem, enum seki_sign_algorithm algorithm,
                                      enum seki_sign_canonicalization canonicalization)
{
    struct sign_subject *subject = calloc(1, sizeof *subject);
    must(subject != NULL, "no memory");
    subject->library = dkim_init(NULL, NULL);
    subject->pem = (unsigned char *)strndup(pem.ptr, pem.len);
    subject->algorithm = algorithm == SEKI_SIGN_RSA_SHA256 ? DKIM_SIGN_RSASHA256 : DKIM_SIGN_ED25519SHA256;
    subject->header = is_relaxed(canonicalization, 0) ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE;
    subject->body = is_relaxed(canonicalization, 1) ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE;
    must(subject->library != NULL && subject->pem != NULL &&
             dkim_options(subject->library, DKIM_OP_SETOPT, DKIM_OPTS_SIGNHDRS, dkim_should_signhdrs,
                          sizeof(u_char **)) == DKIM_STAT_OK,
         "cannot be set up");
    if (algorithm == SEKI_SIGN_RSA_SHA256 || dkim_libfeature(subject->library, DKIM_FEATURE_ED25519))
        return subject;
    sign_subject_free(subject);
    return NULL;
}

void sign_subject_free(struct sign_subject *subject)
{
    if (subject == NULL)
        return;
    dkim_close(subject->library);
    free(subject->pem);
    free(subject);
}

/* The library takes octets that it might write to; it does not. */
static unsigned char *octets(const char *ptr)
{
    unsigned char *out;
    memcpy(&out, &ptr, sizeof out);
    return out;
}

void sign_subject_sign(struct sign_subject *subject, const struct seki_str *fields, size_t count,
                       struct seki_str body)
{
    DKIM_STAT status;
    DKIM *dkim = dkim_sign(subject->library, octets("bench"), NULL, subject->pem, octets("bench"),
                           octets("example.net"), subject->header, subject->body, subject->algorithm, -1, &status);
    must(dkim != NULL, "no handle");
    for (size_t i = 0; i < count; i++)
        must(dkim_header(dkim, octets(fields[i].ptr), fields[i].len) == DKIM_STAT_OK, "refuses a field");
    must(dkim_eoh(dkim) == DKIM_STAT_OK, "refuses the header");
    for (struct seki_str rest = body; rest.len > 0; rest = seki_str_from(rest, PIECE_OCTETS)) {
        struct seki_str piece = seki_str_head(rest, PIECE_OCTETS);
        must(dkim_body(dkim, octets(piece.ptr), piece.len) == DKIM_STAT_OK, "refuses the body");
    }
    unsigned char *field;
    size_t len;
    must(dkim_eom(dkim, NULL) == DKIM_STAT_OK &&
             dkim_getsighdr_d(dkim, strlen("DKIM-Signature: "), &field, &len) == DKIM_STAT_OK,
         "cannot sign");
    dkim_free(dkim);
}

const char *sign_subject_name(void)
{
    static char name[64];
    uint32_t version = dkim_libversion();
    snprintf(name, sizeof name, "libopendkim %u.%u.%u", (unsigned)(version >> 24), (unsigned)(version >> 16 & 0xff),
             (unsigned)(version >> 8 & 0xff));
    return name;
}
