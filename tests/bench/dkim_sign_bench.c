/* What signing a message costs: beside the least that it must cost, and beside libopendkim.
 *
 *     floor   the body and the header canonicalized and hashed, and one bare signature with the key ready (for RSA a kept
 *             EVP_PKEY_CTX, for Ed25519 a kept EVP_MD_CTX); the two parts are timed apart
 *     ours    everything from the fields as the MTA gives them to the field's value: message filled, options checked,
 *             fields chosen, the body hashed in pieces as a milter gets them, signed, the signature written
 *     other   sign_subject.h: the same, from dkim_sign() with a PEM key to the field's text
 *
 * The subjects take turns on every message, so that other load falls on all alike, and CPU time of this thread is what is
 * counted. A message's figure is the median of all passes, the table's the mean over the messages.
 *
 * Usage: dkim_sign_bench CORPUS [PASSES]     CORPUS: a folder that make_corpus wrote */
#include "corpus.h"
#include "sign_subject.h"

#include "auth/header_hash.h"

#include <sekisho/buf.h>
#include <sekisho/private_key.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <time.h>

#define PIECE_OCTETS 65535u /* of a milter's body command */
#define MAX_PASSES   1001
#define MAX_MESSAGES 2000

enum part { HASHING, SIGNATURE, OURS, OTHER, PART_COUNT };

/* One message of the corpus, made ready for all subjects. */
struct sample {
    const struct corpus_message *message;
    struct seki_str *fields;         /* "Name: value" with CRLF, for the other */
    struct seki_message *header;     /* read, for the floor */
    struct seki_signature signature; /* of a field signed before, for the floor to hash the same header */
    double us[PART_COUNT];           /* the medians */
};

struct bench {
    struct seki_context *context;
    struct seki_arena *arena;   /* of one signing */
    struct seki_arena *lasting; /* of the samples */
    struct seki_private_key *key;
    EVP_PKEY *bare_key;
    EVP_PKEY_CTX *rsa;
    EVP_MD_CTX *ed25519;
    struct seki_dkim_sign_options options;
    struct sign_subject *other;
    struct sample samples[MAX_MESSAGES];
    size_t count;
    uint32_t used[CORPUS_MAX_FIELDS + 1];
};

static void must(bool is_so, const char *what)
{
    if (is_so)
        return;
    fprintf(stderr, "dkim_sign_bench: %s\n", what);
    exit(1);
}

static double cpu_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* ---- the floor ---- */

static void hash_body(struct seki_body_hash *body, struct seki_str octets)
{
    for (struct seki_str rest = octets; rest.len > 0; rest = seki_str_from(rest, PIECE_OCTETS))
        seki_body_hash_update(body, seki_str_head(rest, PIECE_OCTETS));
    seki_body_hash_finish(body);
}

static double hashing_once(struct bench *b, const struct sample *sample, uint8_t digest[SEKI_DIGEST_MAX_OCTETS])
{
    size_t id;
    double start = cpu_us();
    struct seki_body_hash *body = seki_body_hash_new(b->arena, b->context);
    must(seki_body_hash_request(body, sample->signature.body_canon, SEKI_DIGEST_SHA256, SEKI_BODY_WHOLE, &id) ==
             SEKI_OK,
         "no body hash");
    hash_body(body, sample->message->body);
    must(seki_header_hash_signature(b->context, sample->header, &sample->signature, b->used, NULL, digest),
         "no header hash");
    double took = cpu_us() - start;
    seki_body_hash_end(body);
    seki_arena_clear(b->arena);
    return took;
}

static double signature_once(struct bench *b, const uint8_t digest[SEKI_DIGEST_MAX_OCTETS])
{
    struct seki_sign_answer answer = { .octet_count = sizeof answer.octets };
    double start = cpu_us();
    if (b->rsa != NULL)
        must(EVP_PKEY_sign(b->rsa, answer.octets, &answer.octet_count, digest, 32) == 1, "cannot sign");
    else
        must(EVP_DigestSignInit(b->ed25519, NULL, NULL, NULL, b->bare_key) == 1 &&
                 EVP_DigestSign(b->ed25519, answer.octets, &answer.octet_count, digest, 32) == 1,
             "cannot sign");
    return cpu_us() - start;
}

/* ---- ours ---- */

static struct seki_message *fill_message(struct seki_arena *arena, const struct corpus_message *from)
{
    struct seki_message *message = seki_message_new(arena, NULL);
    for (size_t i = 0; i < from->field_count; i++)
        must(seki_message_add_field(message, from->fields[i].name, from->fields[i].value) == SEKI_OK, "no memory");
    return message;
}

static struct seki_str sign(struct bench *b, const struct corpus_message *from)
{
    struct seki_dkim_sign *sign;
    struct seki_sign_request request;
    struct seki_sign_answer answer;
    struct seki_str value;
    struct seki_message *message = fill_message(b->arena, from);
    struct seki_body_hash *body = seki_body_hash_new(b->arena, b->context);
    must(seki_dkim_sign_new(b->arena, b->context, message, body, &b->options, &sign, NULL) == SEKI_OK, "no plan");
    hash_body(body, from->body);
    must(seki_dkim_sign_digest(sign, &request, NULL) == SEKI_OK, "no digest");
    must(seki_private_key_sign(b->key, &request, &answer, NULL) == SEKI_OK, "cannot sign");
    must(seki_dkim_sign_complete(sign, &answer, &value, NULL) == SEKI_OK, "no field");
    seki_body_hash_end(body);
    return value;
}

static double ours_once(struct bench *b, const struct sample *sample)
{
    double start = cpu_us();
    sign(b, sample->message);
    seki_arena_clear(b->arena);
    return cpu_us() - start;
}

static double other_once(struct bench *b, const struct sample *sample)
{
    double start = cpu_us();
    if (b->other != NULL)
        sign_subject_sign(b->other, sample->fields, sample->message->field_count, sample->message->body);
    return cpu_us() - start;
}

/* ---- what is made ready before ---- */

static struct seki_str with_crlf(struct seki_arena *arena, const struct corpus_field *field)
{
    struct seki_buf text;
    seki_buf_init_arena(&text, arena, 1 << 20);
    seki_buf_add(&text, field->name);
    seki_buf_add_char(&text, ':');
    for (size_t i = 0; i < field->value.len; i++) {
        if (field->value.ptr[i] == '\n')
            seki_buf_add_char(&text, '\r');
        seki_buf_add_char(&text, field->value.ptr[i]);
    }
    must(seki_buf_failed(&text) == SEKI_OK, "no memory");
    return seki_buf_str(&text);
}

/* The floor hashes the header under a field of ours. */
static void prepare_sample(struct bench *b, struct sample *sample, const struct corpus_message *message)
{
    *sample = (struct sample){ .message = message,
                               .fields = seki_arena_alloc(b->lasting, message->field_count, sizeof *sample->fields),
                               .header = fill_message(b->lasting, message) };
    must(sample->fields != NULL, "no memory");
    for (size_t i = 0; i < message->field_count; i++)
        sample->fields[i] = with_crlf(b->lasting, &message->fields[i]);
    struct seki_message *signed_message = seki_message_new(b->lasting, NULL);
    struct seki_str value = seki_arena_copy(b->lasting, sign(b, message));
    must(seki_message_add_field(signed_message, SEKI_STR("DKIM-Signature"), value) == SEKI_OK &&
             seki_signature_read(b->lasting, SEKI_SIGNATURE_DKIM, signed_message, 0, &sample->signature) == SEKI_OK,
         "cannot read our own field");
    sample->signature.field_index = SIZE_MAX;
    seki_arena_clear(b->arena);
}

static enum seki_result take_pem(void *user, struct seki_str pem)
{
    struct bench *b = user;
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    b->bare_key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    b->other = sign_subject_new(pem, b->options.algorithm, b->options.canonicalization);
    return b->bare_key != NULL ? SEKI_OK : SEKI_SYSTEM;
}

static void prepare_key(struct bench *b)
{
    must(seki_private_key_generate(b->options.algorithm, 2048, &b->key, NULL) == SEKI_OK &&
             seki_private_key_export(b->key, take_pem, b) == SEKI_OK,
         "cannot make a key");
    if (b->options.algorithm == SEKI_SIGN_RSA_SHA256) {
        b->rsa = EVP_PKEY_CTX_new(b->bare_key, NULL);
        must(b->rsa != NULL && EVP_PKEY_sign_init(b->rsa) == 1 &&
                 EVP_PKEY_CTX_set_signature_md(b->rsa, b->context->digests[SEKI_DIGEST_SHA256]) == 1,
             "cannot prepare the key");
    } else {
        b->ed25519 = EVP_MD_CTX_new();
    }
}

static void release_key(struct bench *b)
{
    sign_subject_free(b->other);
    seki_private_key_free(b->key);
    EVP_PKEY_CTX_free(b->rsa);
    EVP_MD_CTX_free(b->ed25519);
    EVP_PKEY_free(b->bare_key);
    b->other = NULL;
    b->rsa = NULL;
    b->ed25519 = NULL;
}

/* ---- measuring ---- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

static void measure_sample(struct bench *b, struct sample *sample, size_t passes)
{
    static double us[PART_COUNT][MAX_PASSES];
    uint8_t digest[SEKI_DIGEST_MAX_OCTETS];
    for (size_t i = 0; i < passes; i++) {
        us[HASHING][i] = hashing_once(b, sample, digest);
        us[SIGNATURE][i] = signature_once(b, digest);
        us[OURS][i] = ours_once(b, sample);
        us[OTHER][i] = other_once(b, sample);
    }
    for (size_t part = 0; part < PART_COUNT; part++)
        sample->us[part] = median(us[part], passes);
}

static double mean(const struct bench *b, enum part part)
{
    double sum = 0;
    for (size_t i = 0; i < b->count; i++)
        sum += b->samples[i].us[part];
    return sum / (double)b->count;
}

static void print_head(size_t messages, uint64_t passes)
{
    printf("CPU µs per message: %zu messages, median of %llu passes each; other: %s\n\n", messages,
           (unsigned long long)passes, sign_subject_name()[0] != '\0' ? sign_subject_name() : "not installed");
    printf("| algorithm | canonicalization | bare signature | hashing | floor | ours | ours / floor | other | "
           "other / ours "
           "| ours besides signature | other besides signature | ratio |\n"
           "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
}

/* "Besides" is what a signer adds to the signature itself, which is the same operation for all. */
static void print_row(const struct bench *b)
{
    double signature = mean(b, SIGNATURE), hashing = mean(b, HASHING), ours = mean(b, OURS), other = mean(b, OTHER);
    printf("| %s | %s | %.1f | %.1f | %.1f | %.1f | %.3f |", seki_sign_algorithm_name(b->options.algorithm),
           seki_sign_canonicalization_name(b->options.canonicalization), signature, hashing, signature + hashing,
           ours, ours / (signature + hashing));
    if (b->other != NULL)
        printf(" %.1f | %.2f | %.1f | %.1f | %.2f |\n", other, other / ours, ours - signature, other - signature,
               (other - signature) / (ours - signature));
    else
        printf(" – | – | %.1f | – | – |\n", ours - signature);
    fflush(stdout);
}

/* @return our mean */
static double measure(struct bench *b, const struct corpus *corpus, enum seki_sign_algorithm algorithm,
                      enum seki_sign_canonicalization canonicalization, size_t passes)
{
    b->options = (struct seki_dkim_sign_options){ .domain = SEKI_STR("example.net"),
                                                  .selector = SEKI_STR("bench"),
                                                  .algorithm = algorithm,
                                                  .canonicalization = canonicalization,
                                                  .time_s = 1795334400 };
    prepare_key(b);
    b->count = corpus->count < MAX_MESSAGES ? corpus->count : MAX_MESSAGES;
    for (size_t i = 0; i < b->count; i++)
        prepare_sample(b, &b->samples[i], &corpus->messages[i]);
    for (size_t i = 0; i < b->count; i++)
        measure_sample(b, &b->samples[i], passes);
    print_row(b);
    release_key(b);
    seki_arena_clear(b->lasting);
    return mean(b, OURS);
}

int main(int argc, char **argv)
{
    static const enum seki_sign_canonicalization canonicalizations[] = { SEKI_SIGN_RELAXED_RELAXED,
                                                                         SEKI_SIGN_SIMPLE_SIMPLE };
    static struct bench b;
    uint64_t passes = 15;
    if (argc < 2 || argc > 3 || (argc == 3 && !seki_str_to_u64(seki_str_of(argv[2]), MAX_PASSES, &passes)) ||
        passes == 0) {
        fprintf(stderr, "usage: dkim_sign_bench CORPUS [PASSES, up to %d]\n", MAX_PASSES);
        return 2;
    }
    struct corpus corpus = corpus_load(argv[1], "warm");
    b.context = seki_context_new(0, NULL);
    b.arena = seki_arena_new(1 << 22);
    b.lasting = seki_arena_new(1 << 28);
    must(b.context != NULL && b.arena != NULL && b.lasting != NULL && corpus.count > 0,
         "no memory, or no messages");
    print_head(corpus.count, passes);
    for (size_t i = 0; i < sizeof canonicalizations / sizeof canonicalizations[0]; i++) {
        double rsa_us = measure(&b, &corpus, SEKI_SIGN_RSA_SHA256, canonicalizations[i], passes);
        double ed25519_us = measure(&b, &corpus, SEKI_SIGN_ED25519_SHA256, canonicalizations[i], passes);
        printf("| rsa-sha256 / ed25519-sha256 | %s | | | | %.2f | | | | | | |\n",
               seki_sign_canonicalization_name(canonicalizations[i]), rsa_us / ed25519_us);
    }
    seki_arena_free(b.arena);
    seki_arena_free(b.lasting);
    seki_context_free(b.context);
    corpus_release(&corpus);
    return 0;
}
