#include "auth/dkim_key.h"

#include "auth/public_key.h"
#include "auth/tag_list.h"
#include "base/base64.h"
#include "base/i18n.h"

#include <assert.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#define MAX_KEY_OCTETS (SEKI_MAX_RSA_BITS / 8u + 64u) /* modulus, exponent and their DER clothing */
#define ED25519_OCTETS 32u
/* The largest key takes 1,400 in base64; what is longer would only fill the cache. */
#define MAX_RECORD_OCTETS 4096u

/* key-h-tag = %x68 [FWS] "=" [FWS] key-h-tag-alg *( [FWS] ":" [FWS] key-h-tag-alg ) ; others are ignored */
static enum seki_key_fault read_hashes(struct seki_str value, struct seki_key_record *record)
{
    static const struct seki_str names[SEKI_DIGESTS] = {
        [SEKI_DIGEST_SHA256] = SEKI_STR_INIT("sha256"),
        [SEKI_DIGEST_SHA1] = SEKI_STR_INIT("sha1"),
    };
    struct seki_str item;
    memset(record->allows_digest, 0, sizeof record->allows_digest);
    while (seki_colon_list_next(&value, &item))
        for (size_t i = 0; i < SEKI_DIGESTS; i++)
            if (seki_str_equal_nocase(item, names[i]))
                record->allows_digest[i] = true;
    return SEKI_KEY_FINE;
}

/* key-k-tag = %x6b [FWS] "=" [FWS] key-k-tag-type ; "Unrecognized key types MUST be ignored" */
static enum seki_key_fault read_type(struct seki_str value, struct seki_key_record *record)
{
    if (seki_str_equal_nocase(value, SEKI_STR("rsa")))
        record->type = SEKI_KEY_RSA;
    else if (seki_str_equal_nocase(value, SEKI_STR("ed25519")))
        record->type = SEKI_KEY_ED25519;
    else
        return SEKI_KEY_TYPE_UNKNOWN;
    return SEKI_KEY_FINE;
}

/* key-p-tag = %x70 [FWS] "=" [ [FWS] base64string ] */
static enum seki_key_fault read_public_key(struct seki_str value, struct seki_key_record *record)
{
    record->public_key = value;
    return value.len > 0 ? SEKI_KEY_FINE : SEKI_KEY_REVOKED;
}

/* key-s-tag = %x73 [FWS] "=" [FWS] key-s-tag-type *( [FWS] ":" [FWS] key-s-tag-type ) */
static enum seki_key_fault read_services(struct seki_str value, struct seki_key_record *record)
{
    (void)record;
    struct seki_str item;
    while (seki_colon_list_next(&value, &item))
        if (seki_str_equal(item, SEKI_STR("*")) || seki_str_equal_nocase(item, SEKI_STR("email")))
            return SEKI_KEY_FINE;
    return SEKI_KEY_NOT_MAIL;
}

/* key-t-tag = %x74 [FWS] "=" [FWS] key-t-tag-flag *( [FWS] ":" [FWS] key-t-tag-flag ) ; others are ignored */
static enum seki_key_fault read_flags(struct seki_str value, struct seki_key_record *record)
{
    struct seki_str item;
    while (seki_colon_list_next(&value, &item)) {
        record->is_testing = record->is_testing || seki_str_equal_nocase(item, SEKI_STR("y"));
        record->is_exact_domain = record->is_exact_domain || seki_str_equal_nocase(item, SEKI_STR("s"));
    }
    return SEKI_KEY_FINE;
}

/* key-v-tag = %x76 [FWS] "=" [FWS] %x44.4B.49.4D.31 ; "This tag MUST be the first tag in the record" */
static enum seki_key_fault judge_version(const struct seki_tag_list *list)
{
    const struct seki_tag *v = seki_tag_list_find(list, SEKI_STR("v"));
    if (v == NULL || (v == list->tags && seki_str_equal(v->value, SEKI_STR("DKIM1"))))
        return SEKI_KEY_FINE;
    return v == list->tags ? SEKI_KEY_VERSION_OTHER : SEKI_KEY_VERSION_NOT_FIRST;
}

static const struct {
    struct seki_str name;
    enum seki_key_fault (*read)(struct seki_str value, struct seki_key_record *record);
    enum seki_key_fault missing; /* what is wrong without it */
} key_tags[] = {
    { SEKI_STR_INIT("s"), read_services, SEKI_KEY_FINE },      { SEKI_STR_INIT("k"), read_type, SEKI_KEY_FINE },
    { SEKI_STR_INIT("h"), read_hashes, SEKI_KEY_FINE },        { SEKI_STR_INIT("t"), read_flags, SEKI_KEY_FINE },
    { SEKI_STR_INIT("p"), read_public_key, SEKI_KEY_MISSING },
};

const char *seki_key_fault_text(enum seki_key_fault fault)
{
    static const char *const texts[] = {
        [SEKI_KEY_FINE] = NULL,
        [SEKI_KEY_TOO_LONG] = N_("the key record is too long"),
        [SEKI_KEY_NOT_TAGS] = N_("the key record is not a tag list"),
        [SEKI_KEY_VERSION_NOT_FIRST] = N_("v= is not first in the key record"),
        [SEKI_KEY_VERSION_OTHER] = N_("the key record is not of version DKIM1"),
        [SEKI_KEY_NOT_MAIL] = N_("the key is not for mail"),
        [SEKI_KEY_TYPE_UNKNOWN] = N_("the key is of an unknown type"),
        [SEKI_KEY_REVOKED] = N_("the key is revoked"),
        [SEKI_KEY_MISSING] = N_("p= is missing in the key record"),
    };
    static_assert(sizeof texts / sizeof texts[0] == SEKI_KEY_FAULTS, "a phrase for every fault");
    return texts[fault];
}

enum seki_key_fault seki_key_record_parse(struct seki_str text, struct seki_key_record *record_out)
{
    *record_out = (struct seki_key_record){ .allows_digest = { true, true } };
    struct seki_tag_list list;
    if (text.len > MAX_RECORD_OCTETS)
        return SEKI_KEY_TOO_LONG;
    if (seki_tag_list_parse(text, &list) != NULL)
        return SEKI_KEY_NOT_TAGS;
    enum seki_key_fault fault = judge_version(&list);
    for (size_t i = 0; fault == SEKI_KEY_FINE && i < sizeof key_tags / sizeof key_tags[0]; i++) {
        const struct seki_tag *tag = seki_tag_list_find(&list, key_tags[i].name);
        fault = tag != NULL ? key_tags[i].read(tag->value, record_out) : key_tags[i].missing;
    }
    return fault;
}

static const char *build_rsa(struct seki_context *context, struct seki_str octets, struct seki_dkim_key *key)
{
    struct seki_rsa_numbers numbers;
    const char *wrong = seki_rsa_numbers_read(octets, &numbers);
    if (wrong != NULL)
        return wrong;
    key->bits = numbers.bits;
    key->key = seki_rsa_key_new(context->rsa_builder, &numbers);
    return NULL;
}

static const char *build_ed25519(struct seki_str octets, struct seki_dkim_key *key)
{
    if (octets.len != ED25519_OCTETS)
        return N_("the Ed25519 key is not 32 octets long");
    key->bits = 256;
    key->key = seki_ed25519_key_new(octets);
    return NULL;
}

static const char *build(struct seki_context *context, const struct seki_key_record *record,
                         struct seki_dkim_key *key)
{
    uint8_t octets[MAX_KEY_OCTETS];
    size_t len;
    if (!seki_base64_decode(record->public_key, octets, sizeof octets, &len))
        return N_("p= is not base64, or too long a key");
    struct seki_str text = { (const char *)octets, len };
    const char *wrong = record->type == SEKI_KEY_ED25519 ? build_ed25519(text, key) : build_rsa(context, text, key);
    return wrong == NULL && key->key == NULL ? N_("OpenSSL does not take the key") : wrong;
}

enum seki_result seki_dkim_key_new(struct seki_context *context, struct seki_str text,
                                   struct seki_dkim_key **key_out, const char **wrong_out)
{
    *key_out = NULL;
    struct seki_key_record record;
    *wrong_out = seki_key_fault_text(seki_key_record_parse(text, &record));
    if (*wrong_out != NULL)
        return SEKI_OK;
    struct seki_dkim_key *key = calloc(1, sizeof *key);
    if (key == NULL)
        return SEKI_SYSTEM;
    key->type = record.type;
    key->is_testing = record.is_testing;
    key->is_exact_domain = record.is_exact_domain;
    memcpy(key->allows_digest, record.allows_digest, sizeof key->allows_digest);
    *wrong_out = build(context, &record, key);
    if (*wrong_out == NULL)
        *key_out = key;
    else
        seki_dkim_key_free(key);
    return SEKI_OK;
}

void seki_dkim_key_free(struct seki_dkim_key *key)
{
    if (key == NULL)
        return;
    for (size_t i = 0; i < SEKI_DIGESTS; i++)
        EVP_PKEY_CTX_free(key->verifiers[i]);
    EVP_PKEY_free(key->key);
    free(key);
}

/* Initialised once per key: doing it for every signature adds a tenth to the time of the verification. */
static EVP_PKEY_CTX *rsa_verifier(struct seki_context *context, struct seki_dkim_key *key, enum seki_digest digest)
{
    if (key->verifiers[digest] != NULL)
        return key->verifiers[digest];
    EVP_PKEY_CTX *verifier = EVP_PKEY_CTX_new_from_pkey(NULL, key->key, NULL);
    bool is_ready = verifier != NULL && EVP_PKEY_verify_init(verifier) == 1 &&
                    EVP_PKEY_CTX_set_rsa_padding(verifier, RSA_PKCS1_PADDING) == 1 &&
                    EVP_PKEY_CTX_set_signature_md(verifier, context->digests[digest]) == 1;
    if (is_ready)
        return key->verifiers[digest] = verifier;
    EVP_PKEY_CTX_free(verifier);
    return NULL;
}

static bool verify_rsa(struct seki_context *context, struct seki_dkim_key *key, enum seki_digest digest,
                       const uint8_t *digest_octets, struct seki_str signature)
{
    EVP_PKEY_CTX *verifier = rsa_verifier(context, key, digest);
    return verifier != NULL && EVP_PKEY_verify(verifier, (const uint8_t *)signature.ptr, signature.len,
                                               digest_octets, seki_digest_octets(digest)) == 1;
}

/* RFC 8463 section 3: PureEdDSA over the SHA-256 of the header. */
static bool verify_ed25519(struct seki_dkim_key *key, enum seki_digest digest, const uint8_t *digest_octets,
                           struct seki_str signature)
{
    EVP_MD_CTX *state = EVP_MD_CTX_new();
    bool is_good = state != NULL && EVP_DigestVerifyInit_ex(state, NULL, NULL, NULL, NULL, key->key, NULL) == 1 &&
                   EVP_DigestVerify(state, (const uint8_t *)signature.ptr, signature.len, digest_octets,
                                    seki_digest_octets(digest)) == 1;
    EVP_MD_CTX_free(state);
    return is_good;
}

bool seki_dkim_key_verify(struct seki_context *context, struct seki_dkim_key *key, enum seki_digest digest,
                          const uint8_t *digest_octets, struct seki_str signature)
{
    bool is_good = key->type == SEKI_KEY_ED25519 ? verify_ed25519(key, digest, digest_octets, signature)
                                                 : verify_rsa(context, key, digest, digest_octets, signature);
    if (!is_good)
        ERR_clear_error();
    return is_good;
}
