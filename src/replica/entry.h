/* What stands in an environment, and how it is told from damage.
 *
 * One table of keys; the first octet says of which kind. Every value begins with a checksum over itself and its key, made
 * with a secret of the generation, so that a value of another key or another generation is not taken for this one's.
 *
 * LMDB has no checksums of its own: one wrong octet in a key, and what is there cannot be found. "Not there" must be
 * proved too, or damage would look like "nobody's domain". So the generation has REPLICA_BUCKETS lists of the hashes of
 * all keys, each a checked value like any other, and each always there: a key is absent when its hash is not in its list. */
#ifndef REPLICA_ENTRY_H
#define REPLICA_ENTRY_H

#include "base/siphash.h"
#include "replica/hosted.h"

#define REPLICA_FORMAT           3u
#define REPLICA_BUCKETS          65536u
#define REPLICA_NAME_MAX         255u /* a domain has 253, a look-alike key 255 */
#define REPLICA_KEY_MAX          (1 + 8 + REPLICA_NAME_MAX)
#define REPLICA_VALUE_MAX_OCTETS (1024u * 1024u) /* allow entries of one author, names of one look-alike key */
#define REPLICA_CHECK_OCTETS     8u

enum replica_kind {
    REPLICA_KIND_ALLOW = 'a',     /* domain id, author domain → its entries */
    REPLICA_KIND_DOMAIN = 'd',    /* name → the domain, and what it chose itself */
    REPLICA_KIND_LOOKALIKE = 'l', /* key of policy/lookalike.h → names of hosted domains */
    REPLICA_KIND_META = 'm',
    REPLICA_KIND_TENANT = 't', /* tenant id → what its domains begin with */
    REPLICA_KIND_BUCKET = 'z'  /* number → hashes of keys; the last of all, so that a rebuild can append them */
};

struct replica_key {
    size_t len;
    char octets[REPLICA_KEY_MAX];
};

struct replica_meta {
    uint64_t change_id;
    struct seki_siphash_key secret;
};

struct replica_record { /* of a domain; its name is the key */
    uint64_t domain_id, tenant_id, policy_revision;
    size_t allow_count;
    bool includes_subdomains, is_confirmed;
    struct seki_str choices; /* for replica_choice_decode() */
};

/** @return false: the name is longer than any domain's */
bool replica_key_of_domain(struct seki_str name, struct replica_key *key_out);
bool replica_key_of_allow(uint64_t domain_id, struct seki_str author_domain, struct replica_key *key_out);
bool replica_key_of_lookalike(struct seki_str lookalike_key, struct replica_key *key_out);
struct replica_key replica_key_of_tenant(uint64_t tenant_id);
struct replica_key replica_key_of_bucket(unsigned bucket);
struct replica_key replica_key_of_meta(void);

static inline struct seki_str replica_key_str(const struct replica_key *key)
{
    return (struct seki_str){ key->octets, key->len };
}

/** The domain that the key of a domain names, or the author of an allow entry's. */
struct seki_str replica_key_name(const struct replica_key *key);

uint64_t replica_key_hash(const struct seki_siphash_key *secret, struct seki_str key);
static inline unsigned replica_hash_bucket(uint64_t hash)
{
    return (unsigned)(hash >> 48);
}

/** Write the checksum of what follows its place at the beginning of value. */
void replica_value_seal(const struct seki_siphash_key *secret, struct seki_str key, char *value, size_t len);
/** @param payload_out  behind the checksum. @return false: damaged */
bool replica_value_check(const struct seki_siphash_key *secret, struct seki_str key, struct seki_str value,
                         struct seki_str *payload_out);

/* Payloads. Encoders append to a buffer; decoders return false for what this version did not write. */

void replica_meta_encode(const struct replica_meta *meta, struct seki_buf *out);
bool replica_meta_decode(struct seki_str payload, struct replica_meta *meta_out);

/** Choices may be appended behind it. */
void replica_record_encode(const struct replica_record *record, struct seki_buf *out);
/** Texts are views into payload. */
bool replica_record_decode(struct seki_str payload, struct replica_record *record_out);

void replica_choice_encode(const struct replica_choice *choice, struct seki_buf *out);
/** Cut one choice off *rest. @return false at the end, or when it cannot be read (*rest is then not empty) */
bool replica_choice_decode(struct seki_str *rest, struct replica_choice *choice_out);

/** But for its id, which is the key. */
void replica_tenant_encode(const struct replica_tenant *tenant, struct seki_buf *out);
/** Texts are views into payload. */
bool replica_tenant_decode(struct seki_str payload, struct replica_tenant *tenant_out);

void replica_hash_encode(uint64_t hash, struct seki_buf *out);
/** @param payload  at least eight octets */
uint64_t replica_hash_decode(struct seki_str payload);
/** @return is it in the list? */
bool replica_hashes_contain(struct seki_str payload, uint64_t hash);

void replica_name_encode(struct seki_str name, struct seki_buf *out);
/** Cut one name off *rest. @return false at the end, or when it cannot be read (*rest is then not empty) */
bool replica_name_decode(struct seki_str *rest, struct seki_str *name_out);

#endif
