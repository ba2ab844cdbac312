/* One stream per canonicalization and digest, however many lengths (l=) are asked for: where a length is reached, the
 * state is copied and finished there. So the work is bounded by four hashes of the body and forty copies. */
#include "auth/body_canon.h"
#include "auth/body_hash_recall.h"
#include "auth/context.h"

#include <openssl/err.h>

#define MAX_REQUESTS   40u
#define CANONS         2u
#define STAGING_OCTETS 8192u

struct request {
    enum seki_canonicalization canonicalization;
    enum seki_digest digest;
    uint64_t length;
    struct request *longer; /* next of the same stream, in rising length */
    struct seki_body_digest result;
    bool has_failed;
};

struct stream {
    EVP_MD_CTX *state;   /* NULL when there is nothing (more) to hash */
    struct request *all; /* in rising length */
    struct request *due; /* the first one whose length has not been reached */
    uint64_t position;
};

struct seki_body_hash {
    struct seki_context *context;
    struct seki_body_canon canons[CANONS];
    struct stream streams[CANONS][SEKI_DIGESTS];
    struct request *requests[MAX_REQUESTS];
    size_t request_count;
    struct seki_arena *arena;
    bool is_started, is_finished;
};

struct seki_body_hash *seki_body_hash_new(struct seki_arena *arena, struct seki_context *context)
{
    struct seki_body_hash *body = seki_arena_alloc(arena, 1, sizeof *body);
    if (body == NULL || context == NULL)
        return NULL;
    body->arena = arena;
    body->context = context;
    body->canons[SEKI_CANON_RELAXED].kind = SEKI_CANON_RELAXED;
    return body;
}

static bool is_same(const struct request *a, const struct request *b)
{
    return a->canonicalization == b->canonicalization && a->digest == b->digest && a->length == b->length;
}

static void link_by_length(struct stream *stream, struct request *request)
{
    struct request **link = &stream->all;
    while (*link != NULL && (*link)->length < request->length)
        link = &(*link)->longer;
    request->longer = *link;
    *link = request;
    stream->due = stream->all;
}

static enum seki_result append(struct seki_body_hash *body, const struct request *wanted)
{
    struct stream *stream = &body->streams[wanted->canonicalization][wanted->digest];
    struct request *request = seki_arena_alloc(body->arena, 1, sizeof *request);
    if (request == NULL)
        return seki_arena_failure(body->arena);
    if (stream->state == NULL)
        stream->state = seki_context_take_digest(body->context, wanted->digest);
    if (stream->state == NULL)
        return SEKI_SYSTEM;
    *request = *wanted;
    link_by_length(stream, request);
    body->requests[body->request_count++] = request;
    return SEKI_OK;
}

enum seki_result seki_body_hash_request(struct seki_body_hash *body, enum seki_canonicalization canonicalization,
                                        enum seki_digest digest, uint64_t length, size_t *id_out)
{
    if (body->is_started)
        return SEKI_USAGE;
    struct request wanted = { .canonicalization = canonicalization, .digest = digest, .length = length };
    size_t id = 0;
    while (id < body->request_count && !is_same(body->requests[id], &wanted))
        id++;
    *id_out = id;
    if (id < body->request_count)
        return SEKI_OK;
    return id < MAX_REQUESTS ? append(body, &wanted) : SEKI_LIMIT;
}

static void fail(struct stream *stream)
{
    ERR_clear_error();
    for (struct request *r = stream->due; r != NULL; r = r->longer)
        r->has_failed = true;
    stream->due = NULL;
}

static void hash(struct stream *stream, const char *octets, size_t len)
{
    if (len > 0 && EVP_DigestUpdate(stream->state, octets, len) != 1)
        fail(stream);
    stream->position += len;
}

static bool finish_state(EVP_MD_CTX *state, struct request *request)
{
    unsigned len = 0;
    bool is_done = EVP_DigestFinal_ex(state, request->result.octets, &len) == 1;
    request->result.octet_count = len;
    return is_done;
}

/* The length that is due has been reached. */
static void take_snapshot(struct seki_body_hash *body, struct stream *stream)
{
    struct request *request = stream->due;
    EVP_MD_CTX *copy = seki_context_take_digest(body->context, request->digest);
    if (copy != NULL && EVP_MD_CTX_copy_ex(copy, stream->state) == 1 && finish_state(copy, request))
        stream->due = request->longer;
    else
        fail(stream);
    seki_context_return_digest(body->context, copy);
}

static void hash_up_to_lengths(struct seki_body_hash *body, struct stream *stream, const char *octets, size_t len)
{
    while (stream->due != NULL && stream->due->length - stream->position <= len) {
        size_t some = (size_t)(stream->due->length - stream->position);
        hash(stream, octets, some);
        octets += some;
        len -= some;
        if (stream->due != NULL)
            take_snapshot(body, stream);
    }
    if (stream->due != NULL)
        hash(stream, octets, len);
}

/* Canonical octets of one canonicalization, for both digests. */
struct feed {
    struct seki_body_hash *body;
    struct stream *streams;
};

static void write_feed(void *user, const char *octets, size_t len)
{
    struct feed *feed = user;
    for (size_t i = 0; i < SEKI_DIGESTS; i++)
        if (feed->streams[i].due != NULL)
            hash_up_to_lengths(feed->body, &feed->streams[i], octets, len);
}

static bool is_wanted(const struct stream *streams)
{
    return streams[SEKI_DIGEST_SHA256].all != NULL || streams[SEKI_DIGEST_SHA1].all != NULL;
}

static void feed_canon(struct seki_body_hash *body, size_t kind, char *staging, const struct seki_str *octets)
{
    struct feed feed = { .body = body, .streams = body->streams[kind] };
    struct seki_canon_out out = {
        .write = write_feed, .user = &feed, .staging = staging, .staging_size = STAGING_OCTETS
    };
    if (octets != NULL)
        seki_body_canon_update(&body->canons[kind], &out, *octets);
    else
        seki_body_canon_finish(&body->canons[kind], &out);
}

/* @param octets  NULL at the end of the body */
static void feed_all(struct seki_body_hash *body, const struct seki_str *octets)
{
    char *staging = seki_context_scratch(body->context, STAGING_OCTETS);
    for (size_t kind = 0; kind < CANONS; kind++) {
        if (!is_wanted(body->streams[kind]))
            continue;
        if (staging != NULL) {
            feed_canon(body, kind, staging, octets);
        } else {
            fail(&body->streams[kind][SEKI_DIGEST_SHA256]);
            fail(&body->streams[kind][SEKI_DIGEST_SHA1]);
        }
    }
}

void seki_body_hash_update(struct seki_body_hash *body, struct seki_str octets)
{
    body->is_started = true;
    if (!body->is_finished && octets.len > 0)
        feed_all(body, &octets);
}

/* What is due still asked for the whole body, or for more than there is: it gets the hash of all. */
static void finish_stream(struct stream *stream)
{
    struct request *first = stream->due;
    if (first == NULL)
        return;
    if (!finish_state(stream->state, first)) {
        fail(stream);
        return;
    }
    for (struct request *r = first->longer; r != NULL; r = r->longer)
        r->result = first->result;
    stream->due = NULL;
}

static void give_back(struct seki_body_hash *body, struct stream *stream)
{
    stream->due = NULL;
    seki_context_return_digest(body->context, stream->state);
    stream->state = NULL;
}

void seki_body_hash_finish(struct seki_body_hash *body)
{
    if (body->is_finished)
        return;
    body->is_started = true;
    feed_all(body, NULL);
    for (size_t kind = 0; kind < CANONS; kind++) {
        for (size_t digest = 0; digest < SEKI_DIGESTS; digest++) {
            struct stream *stream = &body->streams[kind][digest];
            finish_stream(stream);
            give_back(body, stream);
            for (struct request *r = stream->all; r != NULL; r = r->longer)
                r->result.canonical_length = body->canons[kind].length;
        }
    }
    body->is_finished = true;
}

void seki_body_hash_whole(struct seki_body_hash *body, struct seki_str text, bool is_unix)
{
    size_t lf;
    while (is_unix && (lf = seki_str_find(text, '\n')) < text.len) {
        bool has_cr = lf > 0 && text.ptr[lf - 1] == '\r';
        seki_body_hash_update(body, seki_str_head(text, lf - has_cr));
        seki_body_hash_update(body, SEKI_STR("\r\n"));
        text = seki_str_from(text, lf + 1);
    }
    seki_body_hash_update(body, text);
    seki_body_hash_finish(body);
}

bool seki_body_hash_is_finished(const struct seki_body_hash *body)
{
    return body->is_finished;
}

void seki_body_hash_end(struct seki_body_hash *body)
{
    if (body == NULL || body->is_finished)
        return;
    for (size_t i = 0; i < body->request_count; i++)
        body->requests[i]->has_failed = true;
    for (size_t kind = 0; kind < CANONS; kind++)
        for (size_t digest = 0; digest < SEKI_DIGESTS; digest++)
            give_back(body, &body->streams[kind][digest]);
    body->is_finished = true;
}

const struct seki_body_digest *seki_body_hash_get(const struct seki_body_hash *body, size_t id)
{
    if (!body->is_finished || id >= body->request_count || body->requests[id]->has_failed)
        return NULL;
    return &body->requests[id]->result;
}

enum { CANON_BIT = 1, DIGEST_BIT = 2, WHOLE_BIT = 4, FAILED_BIT = 8, ALL_BITS = 15 };

static void write_request(const struct request *request, struct seki_buf *out)
{
    bool is_whole = request->length == SEKI_BODY_WHOLE;
    seki_buf_add_char(out, (char)((request->canonicalization == SEKI_CANON_RELAXED ? CANON_BIT : 0) |
                                  (request->digest == SEKI_DIGEST_SHA1 ? DIGEST_BIT : 0) |
                                  (is_whole ? WHOLE_BIT : 0) | (request->has_failed ? FAILED_BIT : 0)));
    if (!is_whole)
        seki_octets_add_number(out, request->length);
    if (request->has_failed)
        return;
    seki_octets_add_number(out, request->result.canonical_length);
    seki_buf_add(out, (struct seki_str){ (const char *)request->result.octets, request->result.octet_count });
}

void seki_body_hash_write(const struct seki_body_hash *body, struct seki_buf *out)
{
    size_t count = body != NULL && body->is_finished ? body->request_count : 0;
    seki_octets_add_number(out, count);
    for (size_t i = 0; i < count; i++)
        write_request(body->requests[i], out);
}

static struct request read_request(struct seki_octets *octets)
{
    uint8_t bits = seki_octets_u8(octets);
    struct request request = {
        .canonicalization = (bits & CANON_BIT) != 0 ? SEKI_CANON_RELAXED : SEKI_CANON_SIMPLE,
        .digest = (bits & DIGEST_BIT) != 0 ? SEKI_DIGEST_SHA1 : SEKI_DIGEST_SHA256,
        .length = (bits & WHOLE_BIT) != 0 ? SEKI_BODY_WHOLE : seki_octets_number(octets),
        .has_failed = (bits & FAILED_BIT) != 0,
    };
    if (bits > ALL_BITS)
        octets->has_failed = true;
    if (request.has_failed)
        return request;
    request.result.octet_count = seki_digest_octets(request.digest);
    request.result.canonical_length = seki_octets_number(octets);
    struct seki_str digest = seki_octets_take(octets, request.result.octet_count);
    memcpy(request.result.octets, digest.ptr, digest.len);
    return request;
}

static void settle(struct seki_body_hash *body, const struct request *known, size_t *settled)
{
    for (size_t i = 0; i < body->request_count; i++) {
        struct request *wanted = body->requests[i];
        if (!is_same(wanted, known) || !wanted->has_failed)
            continue;
        wanted->result = known->result;
        wanted->has_failed = known->has_failed;
        *settled += 1;
    }
}

bool seki_body_hash_recall(struct seki_body_hash *body, struct seki_octets *octets)
{
    size_t settled = 0;
    body->is_started = true;
    seki_body_hash_end(body); /* all have failed, until they are found */
    for (uint64_t left = seki_octets_number_to(octets, MAX_REQUESTS); left > 0 && !octets->has_failed; left--) {
        const struct request known = read_request(octets);
        settle(body, &known, &settled);
    }
    return !octets->has_failed && settled >= body->request_count;
}
