/* What signing one message costs above what it must cost.
 *
 * The floor: canonicalizing and hashing body and header, and one bare signature with the key ready (for RSA a kept
 * EVP_PKEY_CTX, for Ed25519 a kept EVP_MD_CTX). Ours: everything from a header that has been read to the field's value:
 * options checked, fields chosen, the body hashed in pieces as a milter gets them, the field written, digest handed out,
 * signed, and the signature written.
 *
 * Both run message by message in turn; the figure is the median of all rounds. Usage: dkim_sign_bench [ROUNDS] */
#include "auth/header_hash.h"

#include <sekisho/buf.h>
#include <sekisho/dkim_sign.h>
#include <sekisho/private_key.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#define PIECE_OCTETS 65535u /* of a milter's body command */
#define MAX_ROUNDS   100000

struct subject {
    struct seki_context *context;
    struct seki_arena *arena; /* of one round */
    struct seki_message *message;
    struct seki_str body;
    struct seki_private_key *key;
    EVP_PKEY *bare_key;
    EVP_PKEY_CTX *rsa;
    EVP_MD_CTX *ed25519;
    struct seki_dkim_sign_options options;
    struct seki_signature signature; /* of one field signed before, for the floor to hash the same header */
    uint32_t *used;
};

static void must(bool is_so, const char *what)
{
    if (is_so)
        return;
    fprintf(stderr, "dkim_sign_bench: %s\n", what);
    exit(1);
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void hash_body(const struct subject *s, struct seki_body_hash *body)
{
    for (struct seki_str rest = s->body; rest.len > 0; rest = seki_str_from(rest, PIECE_OCTETS))
        seki_body_hash_update(body, seki_str_head(rest, PIECE_OCTETS));
    seki_body_hash_finish(body);
}

static double floor_once(struct subject *s)
{
    struct seki_sign_answer answer = { .octet_count = sizeof answer.octets };
    uint8_t digest[SEKI_DIGEST_MAX_OCTETS];
    size_t id;
    double start = now_us();
    struct seki_body_hash *body = seki_body_hash_new(s->arena, s->context);
    must(seki_body_hash_request(body, SEKI_CANON_RELAXED, SEKI_DIGEST_SHA256, SEKI_BODY_WHOLE, &id) == SEKI_OK,
         "no body hash");
    hash_body(s, body);
    must(seki_header_hash_signature(s->context, s->message, &s->signature, s->used, NULL, digest),
         "no header hash");
    if (s->rsa != NULL)
        must(EVP_PKEY_sign(s->rsa, answer.octets, &answer.octet_count, digest, 32) == 1, "cannot sign");
    else
        must(EVP_DigestSignInit(s->ed25519, NULL, NULL, NULL, s->bare_key) == 1 &&
                 EVP_DigestSign(s->ed25519, answer.octets, &answer.octet_count, digest, 32) == 1,
             "cannot sign");
    double took = now_us() - start;
    seki_arena_clear(s->arena);
    return took;
}

static struct seki_str sign(struct subject *s)
{
    struct seki_dkim_sign *sign;
    struct seki_sign_request request;
    struct seki_sign_answer answer;
    struct seki_str value;
    struct seki_body_hash *body = seki_body_hash_new(s->arena, s->context);
    must(seki_dkim_sign_new(s->arena, s->context, s->message, body, &s->options, &sign, NULL) == SEKI_OK,
         "no plan");
    hash_body(s, body);
    must(seki_dkim_sign_digest(sign, &request, NULL) == SEKI_OK, "no digest");
    must(seki_private_key_sign(s->key, &request, &answer, NULL) == SEKI_OK, "cannot sign");
    must(seki_dkim_sign_complete(sign, &answer, &value, NULL) == SEKI_OK, "no field");
    return value;
}

static double ours_once(struct subject *s)
{
    double start = now_us();
    sign(s);
    seki_arena_clear(s->arena);
    return now_us() - start;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *samples, size_t count)
{
    qsort(samples, count, sizeof *samples, compare);
    return samples[count / 2];
}

static double measure(struct subject *s, const char *name, size_t rounds)
{
    static double floors[MAX_ROUNDS], ours[MAX_ROUNDS];
    for (size_t i = 0; i < rounds; i++) {
        floors[i] = floor_once(s);
        ours[i] = ours_once(s);
    }
    double floor_us = median(floors, rounds), ours_us = median(ours, rounds);
    printf("%-16s %6zu %8.2f %8.2f %8.2f\n", name, s->body.len, floor_us, ours_us, ours_us / floor_us);
    return ours_us;
}

static const char *const fields[][2] = {
    { "Received",
      " from localhost (localhost [127.0.0.1])\n\tby mail.example.net (Postfix) with ESMTP id 9876543210" },
    { "From", " \"A. Sender\" <sender@example.net>" },
    { "To", " \"A. Receiver\" <user@example.org>, \"Another Receiver\" <other@example.org>" },
    { "Subject", " The report of the quarter, and what it means for the schedule of the next one" },
    { "Date", " Sun, 22 Nov 2026 12:00:00 +0900" },
    { "Message-ID", " <20261122030000.4711.qmail@mail.example.net>" },
    { "References",
      " <20261121030000.4710.qmail@mail.example.org>\n\t<20261120030000.4709.qmail@mail.example.org>" },
    { "MIME-Version", " 1.0" },
    { "Content-Type", " multipart/alternative; boundary=\"----=_Part_0123456789abcdef\"" },
    { "List-Unsubscribe", " <https://example.net/unsubscribe?u=0123456789abcdef>, <mailto:leave@example.net>" },
    { "List-Unsubscribe-Post", " List-Unsubscribe=One-Click" },
};

static void read_header(struct subject *s, struct seki_arena *arena)
{
    s->message = seki_message_new(arena, NULL);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        must(seki_message_add_field(s->message, seki_str_of(fields[i][0]), seki_str_of(fields[i][1])) == SEKI_OK,
             "no memory");
    s->used = seki_arena_alloc(arena, sizeof fields / sizeof fields[0] + 1, sizeof *s->used);
}

/* The floor hashes the header under a field of ours. */
static void prepare_floor(struct subject *s, struct seki_arena *arena)
{
    struct seki_message *signed_message = seki_message_new(arena, NULL);
    struct seki_str value = seki_arena_copy(arena, sign(s));
    must(seki_message_add_field(signed_message, SEKI_STR("DKIM-Signature"), value) == SEKI_OK &&
             seki_signature_read(arena, SEKI_SIGNATURE_DKIM, signed_message, 0, &s->signature) == SEKI_OK,
         "cannot read our own field");
    s->signature.field_index = SIZE_MAX;
    seki_arena_clear(s->arena);
}

static enum seki_result read_pem(void *user, struct seki_str pem)
{
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    *(EVP_PKEY **)user = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return *(EVP_PKEY **)user != NULL ? SEKI_OK : SEKI_SYSTEM;
}

static void prepare_key(struct subject *s, enum seki_sign_algorithm algorithm)
{
    s->options = (struct seki_dkim_sign_options){ .domain = SEKI_STR("example.net"),
                                                  .selector = SEKI_STR("bench"),
                                                  .algorithm = algorithm,
                                                  .time_s = 1795334400 };
    must(seki_private_key_generate(algorithm, 2048, &s->key, NULL) == SEKI_OK &&
             seki_private_key_export(s->key, read_pem, &s->bare_key) == SEKI_OK,
         "cannot make a key");
    if (algorithm == SEKI_SIGN_RSA_SHA256) {
        s->rsa = EVP_PKEY_CTX_new(s->bare_key, NULL);
        must(s->rsa != NULL && EVP_PKEY_sign_init(s->rsa) == 1 &&
                 EVP_PKEY_CTX_set_signature_md(s->rsa, s->context->digests[SEKI_DIGEST_SHA256]) == 1,
             "cannot prepare the key");
    } else {
        s->ed25519 = EVP_MD_CTX_new();
    }
}

static void release_key(struct subject *s)
{
    seki_private_key_free(s->key);
    EVP_PKEY_CTX_free(s->rsa);
    EVP_MD_CTX_free(s->ed25519);
    EVP_PKEY_free(s->bare_key);
    s->rsa = NULL;
    s->ed25519 = NULL;
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = { 4000, 35000 };
    uint64_t rounds = 2000;
    if (argc > 2 || (argc == 2 && !seki_str_to_u64(seki_str_of(argv[1]), MAX_ROUNDS, &rounds)) || rounds == 0) {
        fprintf(stderr, "usage: dkim_sign_bench [ROUNDS, up to %d]\n", MAX_ROUNDS);
        return 2;
    }
    struct subject s = { .context = seki_context_new(0, NULL), .arena = seki_arena_new(1 << 20) };
    struct seki_arena *arena = seki_arena_new(1 << 22);
    struct seki_buf body;
    seki_buf_init(&body, 1 << 20);
    read_header(&s, arena);
    printf("µs per message, relaxed/relaxed, median of %llu\n%-16s %6s %8s %8s %8s\n", (unsigned long long)rounds,
           "algorithm", "octets", "floor", "ours", "ratio");
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        double us[2];
        while (body.len < sizes[i])
            seki_buf_add_format(&body, "Line %zu of a message like any other,  with some words and a line end.\r\n",
                                body.len);
        s.body = seki_buf_str(&body);
        for (size_t algorithm = 0; algorithm < 2; algorithm++) {
            prepare_key(&s, (enum seki_sign_algorithm)algorithm);
            prepare_floor(&s, arena);
            us[algorithm] = measure(&s, seki_sign_algorithm_name((enum seki_sign_algorithm)algorithm), rounds);
            release_key(&s);
        }
        printf("%-16s %6zu %26.2f times less than RSA\n", "Ed25519", s.body.len, us[0] / us[1]);
    }
    seki_buf_release(&body);
    seki_arena_free(arena);
    seki_arena_free(s.arena);
    seki_context_free(s.context);
    return 0;
}
