/* Changed bodies. The input: an octet for the way it was signed, one for what was done to it afterwards, one for how, then
 * a message. Properties: what is claimed to have been signed hashes to bh=; the work is bounded; what was not changed, got
 * lines behind its end, or had its dots doubled is found out. */
#include "explain/body_change.h"

#include <sekisho/message.h>

#include <openssl/evp.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { UNCHANGED, APPENDED, DOTS, FROM, BANNER, DAMAGED, CHANGES };

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

static struct seki_str value_of(const struct seki_message *message, struct seki_str name)
{
    size_t index = seki_message_find_up(message, name, SIZE_MAX);
    return index != SIZE_MAX ? seki_message_field(message, index)->value : SEKI_STR("");
}

/* Put something before every line that begins so. */
static void prefix_lines(struct seki_str text, struct seki_str start, struct seki_str prefix, struct seki_buf *out)
{
    while (text.len > 0) {
        const char *end = memmem(text.ptr, text.len, "\r\n", 2);
        size_t len = end != NULL ? (size_t)(end - text.ptr) + 2 : text.len;
        if (seki_str_starts_with(text, start))
            seki_buf_add(out, prefix);
        seki_buf_add(out, seki_str_head(text, len));
        text = seki_str_from(text, len);
    }
}

static void change_body(struct seki_str body, unsigned what, uint8_t how, struct seki_buf *out)
{
    if (what == BANNER)
        seki_buf_add(out, SEKI_STR("[EXTERNAL]\r\n"));
    if (what == DOTS)
        prefix_lines(body, SEKI_STR("."), SEKI_STR("."), out);
    else if (what == FROM)
        prefix_lines(body, SEKI_STR("From "), SEKI_STR(">"), out);
    else
        seki_buf_add(out, body);
    if (what == APPENDED)
        seki_buf_add_format(out, "\r\n%.*sfooter\r\n", how % 3 * 4, "--\r\n--\r\n");
    if (what == DAMAGED && out->len > 0)
        out->ptr[how % out->len] ^= 1;
}

static struct seki_body_digest body_digest(struct seki_context *context, struct seki_str body,
                                           const struct explain_body_target *target)
{
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_body_hash *hash = seki_body_hash_new(arena, context);
    size_t id;
    must(seki_body_hash_request(hash, target->canonicalization, target->digest,
                                target->has_length ? target->length : SEKI_BODY_WHOLE, &id) == SEKI_OK);
    seki_body_hash_update(hash, body);
    seki_body_hash_finish(hash);
    struct seki_body_digest digest = *seki_body_hash_get(hash, id);
    seki_body_hash_end(hash);
    seki_arena_free(arena);
    return digest;
}

static void check_original(struct seki_str original, const struct explain_body_target *target)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    const EVP_MD *kind = target->digest == SEKI_DIGEST_SHA256 ? EVP_sha256() : EVP_sha1();
    must(EVP_Digest(original.ptr, original.len, digest, NULL, kind, NULL) == 1);
    must(memcmp(digest, target->body_digest.ptr, target->body_digest.len) == 0);
}

static void check(struct seki_context *context, const struct explain_body *body,
                  const struct explain_body_target *target, unsigned what)
{
    struct explain_body_change change;
    struct seki_buf original;
    seki_buf_init(&original, 1 << 24);
    must(explain_body_change_find(context, body, target, &change, &original) == SEKI_OK);
    must(change.work <= 64 * (body->octets.len + 16384) && change.step_count <= EXPLAIN_BODY_MAX_STEPS);
    if (change.is_found)
        check_original(seki_buf_str(&original), target);
    bool is_sure = what == UNCHANGED || (!target->has_length && (what == APPENDED || what == DOTS));
    must(change.is_found || change.is_stopped || !is_sure);
    must(!change.is_found || what != UNCHANGED || change.step_count == 0);
    seki_buf_release(&original);
}

static void run(struct seki_context *context, const uint8_t *data, struct seki_str text)
{
    struct seki_arena *arena = seki_arena_new(16 << 20);
    struct seki_message *message = seki_message_new(arena, NULL);
    struct seki_str was_signed;
    struct seki_buf received;
    bool is_unix;
    struct explain_body_target target = { .canonicalization = (enum seki_canonicalization)(data[0] & 1),
                                          .digest = (enum seki_digest)(data[0] >> 1 & 1),
                                          .has_length = (data[0] & 12) == 12 };
    seki_buf_init(&received, 1 << 24);
    if (seki_message_read(message, text, &was_signed, &is_unix) == SEKI_OK) {
        target.length = target.has_length ? was_signed.len / 2 : 0;
        struct seki_body_digest digest = body_digest(context, was_signed, &target);
        target.body_digest = (struct seki_str){ (const char *)digest.octets, digest.octet_count };
        change_body(was_signed, data[1] % CHANGES, data[2], &received);
        const struct explain_body body = { seki_buf_str(&received), value_of(message, SEKI_STR("Content-Type")),
                                           value_of(message, SEKI_STR("Content-Transfer-Encoding")) };
        if (!target.has_length || target.length <= digest.canonical_length)
            check(context, &body, &target, data[1] % CHANGES);
    }
    seki_buf_release(&received);
    seki_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct seki_context *context;
    if (context == NULL)
        context = seki_context_new(0, NULL);
    if (size >= 3)
        run(context, data, (struct seki_str){ (const char *)data + 3, size - 3 });
    return 0;
}
