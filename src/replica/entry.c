#include "replica/entry.h"

#include "policy/octets.h"

#include <assert.h>

/* Numbers are big-endian, in keys so that a domain's entries stand together. */
static void write_number(uint64_t number, char *octets)
{
    for (int i = 7; i >= 0; i--, number >>= 8)
        octets[i] = (char)(number & 0xff);
}

static uint64_t read_number(const char *octets)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | (uint8_t)octets[i];
    return number;
}

/* ---- keys ---- */

static bool key_of(enum replica_kind kind, struct seki_str number, struct seki_str name, struct replica_key *key)
{
    static_assert(REPLICA_KEY_MAX <= 511, "LMDB's longest key");
    if (name.len > REPLICA_NAME_MAX)
        return false;
    key->octets[0] = (char)kind;
    key->len = 1;
    if (number.len > 0)
        memcpy(key->octets + key->len, number.ptr, number.len);
    key->len += number.len;
    if (name.len > 0)
        memcpy(key->octets + key->len, name.ptr, name.len);
    key->len += name.len;
    return true;
}

bool replica_key_of_domain(struct seki_str name, struct replica_key *key_out)
{
    return key_of(REPLICA_KIND_DOMAIN, SEKI_STR(""), name, key_out);
}

bool replica_key_of_lookalike(struct seki_str lookalike_key, struct replica_key *key_out)
{
    return key_of(REPLICA_KIND_LOOKALIKE, SEKI_STR(""), lookalike_key, key_out);
}

bool replica_key_of_allow(uint64_t domain_id, struct seki_str author_domain, struct replica_key *key_out)
{
    char number[8];
    write_number(domain_id, number);
    return key_of(REPLICA_KIND_ALLOW, (struct seki_str){ number, sizeof number }, author_domain, key_out);
}

struct replica_key replica_key_of_bucket(unsigned bucket)
{
    return (struct replica_key){ 3, { REPLICA_KIND_BUCKET, (char)(bucket >> 8 & 0xff), (char)(bucket & 0xff) } };
}

struct replica_key replica_key_of_meta(void)
{
    return (struct replica_key){ 1, { REPLICA_KIND_META } };
}

struct seki_str replica_key_name(const struct replica_key *key)
{
    return seki_str_from(replica_key_str(key), key->octets[0] == REPLICA_KIND_ALLOW ? 9 : 1);
}

uint64_t replica_key_hash(const struct seki_siphash_key *secret, struct seki_str key)
{
    return seki_siphash(secret, key);
}

/* ---- checksums ---- */

static uint64_t check_of(const struct seki_siphash_key *secret, struct seki_str key, struct seki_str payload)
{
    const struct seki_siphash_key of_key = { secret->k0 ^ seki_siphash(secret, key), secret->k1 };
    return seki_siphash(&of_key, payload);
}

void replica_value_seal(const struct seki_siphash_key *secret, struct seki_str key, char *value, size_t len)
{
    struct seki_str payload = { value + REPLICA_CHECK_OCTETS, len - REPLICA_CHECK_OCTETS };
    write_number(check_of(secret, key, payload), value);
}

bool replica_value_check(const struct seki_siphash_key *secret, struct seki_str key, struct seki_str value,
                         struct seki_str *payload_out)
{
    if (value.len < REPLICA_CHECK_OCTETS)
        return false;
    *payload_out = (struct seki_str){ value.ptr + REPLICA_CHECK_OCTETS, value.len - REPLICA_CHECK_OCTETS };
    return read_number(value.ptr) == check_of(secret, key, *payload_out);
}

/* ---- payloads ---- */

void replica_meta_encode(const struct replica_meta *meta, struct seki_buf *out)
{
    policy_add_number(out, REPLICA_FORMAT, 1);
    policy_add_number(out, meta->change_id, 8);
    policy_add_number(out, meta->secret.k0, 8);
    policy_add_number(out, meta->secret.k1, 8);
}

bool replica_meta_decode(struct seki_str payload, struct replica_meta *meta_out)
{
    struct policy_cursor c = { .rest = payload };
    uint64_t format = policy_take_number(&c, 1);
    meta_out->change_id = policy_take_number(&c, 8);
    meta_out->secret.k0 = policy_take_number(&c, 8);
    meta_out->secret.k1 = policy_take_number(&c, 8);
    return !c.failed && c.rest.len == 0 && format == REPLICA_FORMAT;
}

void replica_record_encode(const struct replica_domain *domain, bool includes_subdomains, struct seki_buf *out)
{
    policy_add_number(out, includes_subdomains, 1);
    policy_add_number(out, domain->shape, 1);
    policy_add_number(out, domain->domain_id, 8);
    policy_add_number(out, domain->tenant_id, 8);
    policy_add_number(out, domain->policy_revision, 8);
    policy_add_number(out, domain->allow_count, 4);
    policy_encode(&domain->policy, out);
}

bool replica_record_decode(struct seki_str payload, struct replica_record *record_out)
{
    struct policy_cursor c = { .rest = payload };
    struct replica_domain *domain = &record_out->domain;
    *domain = (struct replica_domain){ 0 };
    record_out->includes_subdomains = policy_take_below(&c, 2);
    domain->shape = (enum policy_shape)policy_take_below(&c, POLICY_GATEWAY + 1);
    domain->domain_id = policy_take_number(&c, 8);
    domain->tenant_id = policy_take_number(&c, 8);
    domain->policy_revision = policy_take_number(&c, 8);
    domain->allow_count = (size_t)policy_take_number(&c, 4);
    return !c.failed && policy_decode(c.rest, &domain->policy);
}

void replica_hash_encode(uint64_t hash, struct seki_buf *out)
{
    policy_add_number(out, hash, 8);
}

uint64_t replica_hash_decode(struct seki_str payload)
{
    return read_number(payload.ptr);
}

bool replica_hashes_contain(struct seki_str payload, uint64_t hash)
{
    for (size_t at = 0; at + 8 <= payload.len; at += 8)
        if (read_number(payload.ptr + at) == hash)
            return true;
    return false;
}

void replica_name_encode(struct seki_str name, struct seki_buf *out)
{
    policy_add_text(out, name);
}

bool replica_name_decode(struct seki_str *rest, struct seki_str *name_out)
{
    struct policy_cursor c = { .rest = *rest };
    *name_out = policy_take_text(&c);
    if (c.failed)
        return false;
    *rest = c.rest;
    return true;
}
