#include "auth/header_hash.h"

#include "auth/explain.h"
#include "auth/header_canon.h"

#include <openssl/err.h>

#define GATHER_OCTETS (16u * 1024u)

void seki_header_hash_init(struct seki_header_hash *hash, struct seki_context *context, enum seki_digest digest,
                           enum seki_canonicalization canon, struct seki_trace *trace)
{
    *hash = (struct seki_header_hash){ .context = context, .digest = digest, .canon = canon, .trace = trace };
    hash->state = seki_context_take_digest(context, digest);
    hash->has_failed = hash->state == NULL;
}

static void flush(struct seki_header_hash *hash)
{
    if (!hash->has_failed && hash->used > 0 && EVP_DigestUpdate(hash->state, hash->gathered, hash->used) != 1)
        hash->has_failed = true;
    hash->used = 0;
}

/* Room for one more field. The context's scratch is ours only while something lies in it. */
static char *reserve(struct seki_header_hash *hash, size_t need)
{
    if (hash->used > 0 && need <= hash->size - hash->used)
        return hash->gathered + hash->used;
    flush(hash);
    hash->size = need > GATHER_OCTETS ? need : GATHER_OCTETS;
    hash->gathered = seki_context_scratch(hash->context, hash->size);
    hash->has_failed = hash->has_failed || hash->gathered == NULL;
    return hash->gathered;
}

static void add(struct seki_header_hash *hash, const struct seki_field *field, size_t cut_start, size_t cut_end,
                const char *line_end)
{
    char *out = reserve(hash, field->raw.len + SEKI_HEADER_CANON_SLACK);
    if (hash->has_failed)
        return;
    size_t len = seki_header_canon(hash->canon, field, cut_start, cut_end, out);
    seki_explain_octets(hash->trace, 2, (struct seki_str){ out, len });
    memcpy(out + len, line_end, strlen(line_end));
    hash->used += len + strlen(line_end);
}

void seki_header_hash_add(struct seki_header_hash *hash, const struct seki_field *field)
{
    add(hash, field, field->value.len, field->value.len, "\r\n");
}

void seki_header_hash_add_signature(struct seki_header_hash *hash, const struct seki_signature *signature)
{
    add(hash, signature->field, signature->cut_start, signature->cut_end, "");
}

void seki_header_hash_copy(struct seki_header_hash *copy, struct seki_header_hash *hash)
{
    flush(hash);
    *copy = *hash;
    copy->state = seki_context_take_digest(hash->context, hash->digest);
    if (copy->state == NULL || hash->has_failed || EVP_MD_CTX_copy_ex(copy->state, hash->state) != 1)
        copy->has_failed = true;
}

bool seki_header_hash_finish(struct seki_header_hash *hash, uint8_t *digest_out)
{
    flush(hash);
    if (!hash->has_failed && EVP_DigestFinal_ex(hash->state, digest_out, NULL) == 1)
        return true;
    ERR_clear_error();
    return false;
}

void seki_header_hash_release(struct seki_header_hash *hash)
{
    seki_context_return_digest(hash->context, hash->state);
    hash->state = NULL;
}

#define ALL_USED UINT32_MAX

/* Section 5.4.2: the instances of a name are taken from the bottom up. The bottommost one keeps the place for its name:
 * used[it] is 0 at first, then the index of the last one taken plus one, then ALL_USED. */
static size_t next_instance(const struct seki_message *message, struct seki_str name, uint32_t *used)
{
    size_t bottom = seki_message_find_up(message, name, SIZE_MAX);
    if (bottom == SIZE_MAX || used[bottom] == ALL_USED)
        return SIZE_MAX;
    size_t found = used[bottom] == 0 ? bottom : seki_message_find_up(message, name, used[bottom] - 1);
    used[bottom] = found == SIZE_MAX ? ALL_USED : (uint32_t)found + 1;
    return found;
}

/* h= "MUST NOT include the DKIM-Signature header field that is being created or verified" (section 3.5): the field itself
 * never counts as an instance. */
static size_t next_signed(const struct seki_message *message, const struct seki_signature *signature,
                          struct seki_str name, uint32_t *used)
{
    size_t found = next_instance(message, name, used);
    return found == signature->field_index ? next_instance(message, name, used) : found;
}

void seki_header_hash_instances(const struct seki_message *message, const struct seki_signature *signature,
                                uint32_t *used, size_t *indexes_out)
{
    memset(used, 0, seki_message_field_count(message) * sizeof *used);
    for (size_t i = 0; i < signature->name_count; i++)
        indexes_out[i] = next_signed(message, signature, signature->names[i], used);
}

/* Entries of h= without a field "contribute nothing" (section 3.5). */
static void add_listed(struct seki_header_hash *hash, const struct seki_message *message,
                       const struct seki_signature *signature, uint32_t *used)
{
    for (size_t i = 0; i < signature->name_count; i++) {
        size_t found = next_signed(message, signature, signature->names[i], used);
        if (found != SIZE_MAX)
            seki_header_hash_add(hash, seki_message_field(message, found));
    }
}

bool seki_header_hash_signature(struct seki_context *context, const struct seki_message *message,
                                const struct seki_signature *signature, uint32_t *used, struct seki_trace *trace,
                                uint8_t *digest_out)
{
    struct seki_header_hash hash;
    memset(used, 0, seki_message_field_count(message) * sizeof *used);
    seki_header_hash_init(&hash, context, signature->digest, signature->header_canon, trace);
    add_listed(&hash, message, signature, used);
    seki_header_hash_add_signature(&hash, signature);
    bool is_done = seki_header_hash_finish(&hash, digest_out);
    seki_header_hash_release(&hash);
    return is_done;
}
