/* Body hashes. The input: two octets for the way it is cut, a length (l=), then the body.
 * Held: every split gives the same hashes; relaxed canonicalization done twice is the same as done once; a hash by
 * length is the hash of that many canonical octets. */
#include "auth/body_canon.h"

#include <sekisho/body_hash.h>
#include <sekisho/buf.h>

#include <openssl/evp.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

struct hashes {
    struct seki_body_digest simple, relaxed, cut;
};

static struct seki_body_digest get(const struct seki_body_hash *body, size_t id)
{
    const struct seki_body_digest *digest = seki_body_hash_get(body, id);
    must(digest != NULL);
    return *digest;
}

/* Pieces of first, second, first, second … octets; 0 is all the rest. */
static struct hashes hash(struct seki_context *context, struct seki_str text, uint64_t length, size_t first,
                          size_t second)
{
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_body_hash *body = seki_body_hash_new(arena, context);
    size_t ids[3];
    must(seki_body_hash_request(body, SEKI_CANON_SIMPLE, SEKI_DIGEST_SHA1, SEKI_BODY_WHOLE, &ids[0]) == SEKI_OK);
    must(seki_body_hash_request(body, SEKI_CANON_RELAXED, SEKI_DIGEST_SHA256, SEKI_BODY_WHOLE, &ids[1]) == SEKI_OK);
    must(seki_body_hash_request(body, SEKI_CANON_RELAXED, SEKI_DIGEST_SHA256, length, &ids[2]) == SEKI_OK);
    for (bool is_first = true; text.len > 0; is_first = !is_first) {
        size_t piece = is_first ? first : second;
        if (piece == 0)
            piece = text.len;
        seki_body_hash_update(body, seki_str_head(text, piece));
        text = seki_str_from(text, piece);
    }
    seki_body_hash_finish(body);
    struct hashes hashes = { get(body, ids[0]), get(body, ids[1]), get(body, ids[2]) };
    seki_body_hash_end(body);
    seki_arena_free(arena);
    return hashes;
}

static bool is_same(const struct seki_body_digest *a, const struct seki_body_digest *b)
{
    return a->octet_count == b->octet_count && memcmp(a->octets, b->octets, a->octet_count) == 0 &&
           a->canonical_length == b->canonical_length;
}

static void collect(void *user, const char *octets, size_t len)
{
    seki_buf_add(user, (struct seki_str){ octets, len });
}

static struct seki_buf relax(struct seki_str text)
{
    char staging[1024];
    struct seki_buf out;
    seki_buf_init(&out, SIZE_MAX / 2);
    struct seki_body_canon canon = { .kind = SEKI_CANON_RELAXED };
    struct seki_canon_out to = {
        .write = collect, .user = &out, .staging = staging, .staging_size = sizeof staging
    };
    seki_body_canon_update(&canon, &to, text);
    seki_body_canon_finish(&canon, &to);
    must(seki_buf_failed(&out) == SEKI_OK && canon.length == out.len);
    return out;
}

static void check_canonical(struct seki_str text, const struct hashes *hashes, uint64_t length)
{
    struct seki_buf once = relax(text), twice = relax(seki_buf_str(&once));
    must(seki_str_equal(seki_buf_str(&once), seki_buf_str(&twice)));
    uint8_t digest[32];
    size_t cut = length < once.len ? (size_t)length : once.len;
    must(EVP_Digest(seki_buf_str(&once).ptr, cut, digest, NULL, EVP_sha256(), NULL) == 1);
    must(memcmp(digest, hashes->cut.octets, sizeof digest) == 0);
    must(hashes->cut.canonical_length == once.len);
    seki_buf_release(&once);
    seki_buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct seki_context *context;
    if (context == NULL)
        context = seki_context_new(0, NULL);
    if (size < 3)
        return 0;
    struct seki_str text = { (const char *)data + 3, size - 3 };
    struct hashes whole = hash(context, text, data[2], 0, 0);
    struct hashes cut = hash(context, text, data[2], data[0], data[1]);
    struct hashes octets = hash(context, text, data[2], 1, 1);
    must(is_same(&whole.simple, &cut.simple) && is_same(&whole.simple, &octets.simple));
    must(is_same(&whole.relaxed, &cut.relaxed) && is_same(&whole.relaxed, &octets.relaxed));
    must(is_same(&whole.cut, &cut.cut) && is_same(&whole.cut, &octets.cut));
    check_canonical(text, &whole, data[2]);
    return 0;
}
