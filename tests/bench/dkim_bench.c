/* What verifying one DKIM signature costs above what it must cost.
 *
 * The floor: SHA-256 of the canonical body, made before and lying in one piece, and one RSA-2048 verification with the
 * key parsed and a context ready. Ours: everything from a header that has been read to the verdict: find and read the
 * signature, ask for its key (the answer is at hand, the key in the cache), canonicalize and hash the body in pieces as
 * a milter gets them, canonicalize and hash the header, verify.
 *
 * Both run message by message in turn; the figure is the median of all rounds, so that neither the clock frequency nor
 * a neighbour decides. Usage: dkim_bench [ROUNDS] */
#include "auth/body_canon.h"
#include "auth/context.h"
#include "auth/dkim_signature.h"
#include "auth/header_hash.h"

#include <sekisho/buf.h>
#include <sekisho/dkim.h>

#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

#define BODY_OCTETS  35000u
#define PIECE_OCTETS 65535u /* of a milter's body command */
#define MAX_ROUNDS   100000

static void must(bool is_so, const char *what)
{
    if (is_so)
        return;
    fprintf(stderr, "dkim_bench: %s\n", what);
    exit(1);
}

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static const char *const words[] = {
    "meeting", "of", "the", "invoice", "report", "tomorrow", "a", "and", "please", "team", "r\xc3\xa9sum\xc3\xa9",
    "schedule"
};

static unsigned next_random(void)
{
    static unsigned state = 1;
    state = state * 1664525u + 1013904223u;
    return state >> 16;
}

static void add_words(struct seki_buf *body, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        seki_buf_add_format(body, "%s%s", i > 0 ? " " : "", words[next_random() % (sizeof words / sizeof *words)]);
}

static void add_prose(struct seki_buf *body)
{
    add_words(body, 8 + next_random() % 5);
    seki_buf_add(body, next_random() % 8 == 0 ? SEKI_STR(" \r\n\r\n") : SEKI_STR("\r\n"));
}

static void add_html(struct seki_buf *body)
{
    seki_buf_add_format(body, "%*s<td style=3D\"padding:0 10px;font-family:Arial;\r\n%*s",
                        (int)(next_random() % 20), "", (int)(next_random() % 20), "");
    add_words(body, 7);
    seki_buf_add(body, SEKI_STR("</td>\r\n"));
}

static void add_base64(struct seki_buf *body)
{
    for (unsigned i = 0; i < 76; i++)
        seki_buf_add_char(body,
                          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[next_random() % 64]);
    seki_buf_add(body, SEKI_STR("\r\n"));
}

static const struct {
    const char *name;
    void (*add)(struct seki_buf *body);
} kinds[] = { { "prose", add_prose }, { "html", add_html }, { "base64", add_base64 } };

struct subject {
    struct seki_context *context;
    struct seki_arena *arena; /* of the message that stands; each round has another */
    struct seki_message *message;
    struct seki_buf body, canonical;
    struct seki_record record; /* of the key */
    EVP_PKEY *key;
    EVP_PKEY_CTX *verifier;
    EVP_MD_CTX *state;
    uint8_t header_digest[SEKI_DIGEST_MAX_OCTETS];
    struct seki_str signature;
};

static struct seki_str base64(struct seki_arena *arena, const uint8_t *octets, size_t len)
{
    char *text = seki_arena_octets(arena, len * 2 + 8);
    int used = EVP_EncodeBlock((unsigned char *)text, octets, (int)len);
    return (struct seki_str){ text, (size_t)used };
}

static void publish_key(struct subject *s)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(s->key, &der);
    must(len > 0, "cannot write the key");
    struct seki_str p = base64(s->arena, der, (size_t)len);
    s->record.text = seki_arena_format(s->arena, "v=DKIM1; k=rsa; p=%.*s", SEKI_STR_ARGS(p));
    OPENSSL_free(der);
}

static void collect(void *user, const char *octets, size_t len)
{
    seki_buf_add(user, (struct seki_str){ octets, len });
}

static void canonicalize_body(struct subject *s, enum seki_canonicalization kind)
{
    char staging[4096];
    struct seki_body_canon canon = { .kind = kind };
    struct seki_canon_out out = {
        .write = collect, .user = &s->canonical, .staging = staging, .staging_size = sizeof staging
    };
    seki_buf_clear(&s->canonical);
    seki_body_canon_update(&canon, &out, seki_buf_str(&s->body));
    seki_body_canon_finish(&canon, &out);
}

static const char *const fields[][2] = {
    { "Received",
      " from mail.example.net (mail.example.net [192.0.2.25])\n\tby mx.example.org (Postfix) with ESMTPS id "
      "4XyZ12345\n\tfor <user@example.org>; Sun, 22 Nov 2026 12:00:00 +0900 (JST)" },
    { "Received",
      " from localhost (localhost [127.0.0.1])\n\tby mail.example.net (Postfix) with ESMTP id 9876543210\n\t"
      "for <user@example.org>; Sun, 22 Nov 2026 12:00:00 +0900 (JST)" },
    { "X-Virus-Scanned", " by a product that wants to be named" },
    { "From", " \"A. Sender\" <sender@example.net>" },
    { "To", " \"A. Receiver\" <user@example.org>, \"Another Receiver\" <other@example.org>" },
    { "Cc", " third@example.org" },
    { "Subject", " The report of the quarter, and what it means for the schedule of the next one" },
    { "Date", " Sun, 22 Nov 2026 12:00:00 +0900" },
    { "Message-ID", " <20261122030000.4711.qmail@mail.example.net>" },
    { "In-Reply-To", " <20261121030000.4710.qmail@mail.example.org>" },
    { "References",
      " <20261121030000.4710.qmail@mail.example.org>\n\t<20261120030000.4709.qmail@mail.example.org>" },
    { "MIME-Version", " 1.0" },
    { "Content-Type", " multipart/alternative; boundary=\"----=_Part_0123456789abcdef\"" },
    { "List-Unsubscribe", " <https://example.net/unsubscribe?u=0123456789abcdef>, <mailto:leave@example.net>" },
    { "List-Unsubscribe-Post", " List-Unsubscribe=One-Click" },
    { "Return-Path", " <bounce+0123456789@example.net>" },
};

static void read_header(struct subject *s, struct seki_str signature_value)
{
    s->message = seki_message_new(s->arena, NULL);
    must(seki_message_add_field(s->message, SEKI_STR("DKIM-Signature"), signature_value) == SEKI_OK, "no memory");
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        must(seki_message_add_field(s->message, seki_str_of(fields[i][0]), seki_str_of(fields[i][1])) == SEKI_OK,
             "no memory");
}

static struct seki_str signature_value(struct subject *s, const char *canon, struct seki_str b)
{
    uint8_t digest[32];
    must(EVP_Digest(s->canonical.ptr, s->canonical.len, digest, NULL, EVP_sha256(), NULL) == 1, "cannot hash");
    struct seki_str bh = base64(s->arena, digest, sizeof digest);
    return seki_arena_format(
        s->arena,
        " v=1; a=rsa-sha256; c=%s/%s; d=example.net; s=bench2048;\n\tt=1795334400; h=from:to:cc:"
        "subject:date:message-id:in-reply-to:references:\n\tmime-version:content-type:"
        "list-unsubscribe:list-unsubscribe-post:from:subject;\n\tbh=%.*s;\n\tb=%.*s",
        canon, canon, SEKI_STR_ARGS(bh), SEKI_STR_ARGS(b));
}

/* The field with a dummy b= is hashed, which b= has no part in, and then written again. */
static void sign(struct subject *s, const char *canon)
{
    struct seki_signature signature;
    uint8_t octets[512];
    size_t len = sizeof octets;
    read_header(s, signature_value(s, canon, SEKI_STR("AAAA")));
    uint32_t *used = seki_arena_alloc(s->arena, seki_message_field_count(s->message), sizeof *used);
    must(seki_signature_read(s->arena, SEKI_SIGNATURE_DKIM, s->message, 0, &signature) == SEKI_OK &&
             signature.refusal.result == SEKI_DKIM_NONE &&
             seki_header_hash_signature(s->context, s->message, &signature, used, NULL, s->header_digest),
         "cannot hash the header");
    EVP_PKEY_CTX *signer = EVP_PKEY_CTX_new(s->key, NULL);
    must(EVP_PKEY_sign_init(signer) == 1 && EVP_PKEY_CTX_set_signature_md(signer, EVP_sha256()) == 1 &&
             EVP_PKEY_sign(signer, octets, &len, s->header_digest, 32) == 1,
         "cannot sign");
    EVP_PKEY_CTX_free(signer);
    s->signature = seki_arena_copy(s->arena, (struct seki_str){ (const char *)octets, len });
    read_header(s, signature_value(s, canon, base64(s->arena, octets, len)));
}

static double floor_once(struct subject *s)
{
    uint8_t digest[32];
    double start = now_us();
    must(EVP_DigestInit_ex2(s->state, s->context->digests[SEKI_DIGEST_SHA256], NULL) == 1 &&
             EVP_DigestUpdate(s->state, s->canonical.ptr, s->canonical.len) == 1 &&
             EVP_DigestFinal_ex(s->state, digest, NULL) == 1 &&
             EVP_PKEY_verify(s->verifier, (const uint8_t *)s->signature.ptr, s->signature.len, s->header_digest,
                             32) == 1,
         "the floor does not hold");
    return now_us() - start;
}

static void answer(const struct subject *s, struct seki_answers *answers)
{
    const struct seki_answer outcome = { .status = SEKI_ANSWER_FOUND, .records = &s->record, .record_count = 1 };
    const struct seki_answer *question;
    while ((question = seki_answers_next_open(answers)) != NULL)
        must(seki_answers_enter(answers, question, &outcome) == SEKI_OK, "no memory");
}

static double ours_once(struct subject *s, struct seki_arena *arena)
{
    const struct seki_dkim_options options = { .now_s = 1795334400 };
    struct seki_dkim *dkim;
    struct seki_dkim_verdict verdict;
    double start = now_us();
    struct seki_body_hash *body = seki_body_hash_new(arena, s->context);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    must(seki_dkim_new(arena, s->context, s->message, body, &options, &dkim, NULL) == SEKI_OK, "no memory");
    must(seki_dkim_step(dkim, answers, &verdict, NULL) == SEKI_NEED_ANSWERS, "the key is not asked for");
    answer(s, answers);
    must(seki_dkim_step(dkim, answers, &verdict, NULL) == SEKI_NEED_BODY, "no body is wanted");
    for (struct seki_str rest = seki_buf_str(&s->body); rest.len > 0; rest = seki_str_from(rest, PIECE_OCTETS))
        seki_body_hash_update(body, seki_str_head(rest, PIECE_OCTETS));
    seki_body_hash_finish(body);
    must(seki_dkim_step(dkim, answers, &verdict, NULL) == SEKI_OK && verdict.signatures[0].result == SEKI_DKIM_PASS,
         "the signature does not verify");
    seki_body_hash_end(body);
    seki_arena_clear(arena);
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

static void measure(struct subject *s, const char *canon, const char *kind, size_t rounds)
{
    static double floors[MAX_ROUNDS], ours[MAX_ROUNDS];
    struct seki_arena *arena = seki_arena_new(1 << 20);
    for (size_t i = 0; i < rounds; i++) {
        floors[i] = floor_once(s);
        ours[i] = ours_once(s, arena);
    }
    double floor_us = median(floors, rounds), ours_us = median(ours, rounds);
    printf("%s/%-8s %-8s %8.2f %8.2f %8.2f\n", canon, canon, kind, floor_us, ours_us, ours_us / floor_us);
    seki_arena_free(arena);
}

static void prepare_key(struct subject *s)
{
    s->key = EVP_RSA_gen(2048);
    s->verifier = s->key != NULL ? EVP_PKEY_CTX_new(s->key, NULL) : NULL;
    must(s->verifier != NULL && EVP_PKEY_verify_init(s->verifier) == 1 &&
             EVP_PKEY_CTX_set_signature_md(s->verifier, s->context->digests[SEKI_DIGEST_SHA256]) == 1,
         "cannot make a key");
    s->state = EVP_MD_CTX_new();
}

static void release(struct subject *s)
{
    EVP_MD_CTX_free(s->state);
    EVP_PKEY_CTX_free(s->verifier);
    EVP_PKEY_free(s->key);
    seki_buf_release(&s->body);
    seki_buf_release(&s->canonical);
    seki_context_free(s->context);
    seki_arena_free(s->arena);
}

int main(int argc, char **argv)
{
    static const char *const canon_names[] = { [SEKI_CANON_SIMPLE] = "simple", [SEKI_CANON_RELAXED] = "relaxed" };
    uint64_t rounds = 5000;
    if (argc > 2 || (argc == 2 && !seki_str_to_u64(seki_str_of(argv[1]), MAX_ROUNDS, &rounds)) || rounds == 0) {
        fprintf(stderr, "usage: dkim_bench [ROUNDS, up to %d]\n", MAX_ROUNDS);
        return 2;
    }
    struct subject s = { .context = seki_context_new(0, NULL) };
    must(s.context != NULL, "no context");
    prepare_key(&s);
    s.arena = seki_arena_new(1 << 24);
    seki_buf_init(&s.body, 1 << 20);
    seki_buf_init(&s.canonical, 1 << 20);
    publish_key(&s);
    printf("µs per message of %u octets, median of %llu\n%-16s %-8s %8s %8s %8s\n", BODY_OCTETS,
           (unsigned long long)rounds, "canonicalization", "body", "floor", "ours", "ratio");
    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
        seki_buf_clear(&s.body);
        while (s.body.len < BODY_OCTETS)
            kinds[kind].add(&s.body);
        for (int canon = SEKI_CANON_RELAXED; canon >= SEKI_CANON_SIMPLE; canon--) {
            canonicalize_body(&s, (enum seki_canonicalization)canon);
            sign(&s, canon_names[canon]);
            measure(&s, canon_names[canon], kinds[kind].name, rounds);
        }
    }
    release(&s);
    return 0;
}
