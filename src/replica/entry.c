#include "replica/entry.h"

#include "base/octets.h"

#include <assert.h>
#include <endian.h>

/* Numbers are big-endian, in keys so that a domain's entries stand together. */
static void write_number(uint64_t number, char *octets)
{
    number = htobe64(number);
    memcpy(octets, &number, sizeof number);
}

static uint64_t read_number(const char *octets)
{
    uint64_t number;
    memcpy(&number, octets, sizeof number);
    return be64toh(number);
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

struct replica_key replica_key_of_tenant(uint64_t tenant_id)
{
    struct replica_key key = { 9, { REPLICA_KIND_TENANT } };
    write_number(tenant_id, key.octets + 1);
    return key;
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
    seki_octets_add_number(out, REPLICA_FORMAT);
    seki_octets_add_number(out, meta->change_id);
    seki_octets_add_number(out, meta->secret.k0);
    seki_octets_add_number(out, meta->secret.k1);
}

bool replica_meta_decode(struct seki_str payload, struct replica_meta *meta_out)
{
    struct seki_octets c = seki_octets_of(payload);
    uint64_t format = seki_octets_number(&c);
    meta_out->change_id = seki_octets_number(&c);
    meta_out->secret.k0 = seki_octets_number(&c);
    meta_out->secret.k1 = seki_octets_number(&c);
    return !c.has_failed && c.left.len == 0 && format == REPLICA_FORMAT;
}

void replica_record_encode(const struct replica_record *record, struct seki_buf *out)
{
    seki_octets_add_number(out, record->includes_subdomains);
    seki_octets_add_number(out, record->is_confirmed);
    seki_octets_add_number(out, record->domain_id);
    seki_octets_add_number(out, record->tenant_id);
    seki_octets_add_number(out, record->policy_revision);
    seki_octets_add_number(out, record->allow_count);
    seki_buf_add(out, record->choices);
}

static bool are_choices(struct seki_str octets)
{
    struct replica_choice choice;
    while (replica_choice_decode(&octets, &choice))
        ;
    return octets.len == 0;
}

bool replica_record_decode(struct seki_str payload, struct replica_record *record_out)
{
    struct seki_octets c = seki_octets_of(payload);
    record_out->includes_subdomains = seki_octets_number_to(&c, 1) != 0;
    record_out->is_confirmed = seki_octets_number_to(&c, 1) != 0;
    record_out->domain_id = seki_octets_number(&c);
    record_out->tenant_id = seki_octets_number(&c);
    record_out->policy_revision = seki_octets_number(&c);
    record_out->allow_count = (size_t)seki_octets_number(&c);
    record_out->choices = c.left;
    return !c.has_failed && are_choices(c.left);
}

void replica_choice_encode(const struct replica_choice *choice, struct seki_buf *out)
{
    seki_octets_add_text(out, choice->name);
    seki_octets_add_text(out, choice->value);
}

bool replica_choice_decode(struct seki_str *rest, struct replica_choice *choice_out)
{
    struct seki_octets c = seki_octets_of(*rest);
    choice_out->name = seki_octets_text(&c);
    choice_out->value = seki_octets_text(&c);
    if (c.has_failed)
        return false;
    *rest = c.left;
    return true;
}

void replica_tenant_encode(const struct replica_tenant *tenant, struct seki_buf *out)
{
    seki_octets_add_number(out, tenant->policy_revision);
    seki_octets_add_number(out, tenant->shape);
    policy_encode(&tenant->policy, out);
}

bool replica_tenant_decode(struct seki_str payload, struct replica_tenant *tenant_out)
{
    struct seki_octets c = seki_octets_of(payload);
    tenant_out->tenant_id = 0;
    tenant_out->policy_revision = seki_octets_number(&c);
    tenant_out->shape = (enum policy_shape)seki_octets_number_to(&c, POLICY_GATEWAY);
    return !c.has_failed && policy_decode(c.left, &tenant_out->policy);
}

void replica_hash_encode(uint64_t hash, struct seki_buf *out)
{
    char octets[8]; /* of one length, for replica_hashes_contain() steps over them */
    write_number(hash, octets);
    seki_buf_add(out, (struct seki_str){ octets, sizeof octets });
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
    seki_octets_add_text(out, name);
}

bool replica_name_decode(struct seki_str *rest, struct seki_str *name_out)
{
    struct seki_octets c = seki_octets_of(*rest);
    *name_out = seki_octets_text(&c);
    if (c.has_failed)
        return false;
    *rest = c.left;
    return true;
}
