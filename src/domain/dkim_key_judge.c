#include "domain/dkim_key_judge.h"

#include "auth/dkim_key.h"
#include "auth/public_key.h"
#include "auth/tag_list.h"
#include "base/base64.h"

/* RFC 8301 section 3.2 */
#define MIN_RSA_BITS     1024u
#define ADVISED_RSA_BITS 2048u
#define CERTAIN_RSA_BITS 4096u

#define MAX_KEY_OCTETS 4096u /* more than the longest record can hold */
#define ED25519_OCTETS 32u

static const struct seki_str nothing = SEKI_STR_INIT("");

/* "" when the tag is not there, or the record is no tag list. */
static struct seki_str tag_value(struct seki_str record, struct seki_str name)
{
    struct seki_tag_list list;
    const struct seki_tag *tag =
        seki_tag_list_parse(record, &list) == NULL ? seki_tag_list_find(&list, name) : NULL;
    return tag != NULL ? tag->value : nothing;
}

/* 1. Reading. */

static const char *type_name(enum seki_key_type type)
{
    return type == SEKI_KEY_ED25519 ? "ed25519" : "rsa";
}

/* Would a verifier refuse every signature with this key? */
static const char *refusal(const struct seki_dkim_key *made)
{
    if (made->type == SEKI_KEY_RSA && made->bits < MIN_RSA_BITS)
        return N_("the RSA key is too short");
    return made->allows_digest[SEKI_DIGEST_SHA256] ? NULL
                                                   : N_("the key is not for SHA-256"); /* RFC 8301 section 3.1 */
}

static void read_made(const struct seki_dkim_key *made, struct domain_key *key)
{
    const char *refused = refusal(made);
    key->bits = made->bits;
    key->is_exact_domain = made->is_exact_domain;
    key->reason = seki_str_of(refused);
    if (refused != NULL)
        key->state = DOMAIN_KEY_BROKEN;
    else
        key->state = made->is_testing ? DOMAIN_KEY_TESTING : DOMAIN_KEY_USABLE;
}

void domain_key_read(struct domain_run *run, struct seki_str text, struct domain_key *key)
{
    struct seki_key_record record;
    struct seki_dkim_key *made;
    const char *wrong = N_("no memory");
    enum seki_key_fault fault = seki_key_record_parse(text, &record);
    enum seki_result result = seki_dkim_key_new(run->context, text, &made, &wrong);
    key->record = text;
    key->hashes = tag_value(text, SEKI_STR("h"));
    key->type = fault == SEKI_KEY_TYPE_UNKNOWN ? tag_value(text, SEKI_STR("k")) : nothing;
    if (fault == SEKI_KEY_FINE || fault == SEKI_KEY_REVOKED)
        key->type = seki_str_of(type_name(record.type));
    key->reason = seki_str_of(wrong);
    if (result != SEKI_OK)
        key->state = DOMAIN_KEY_UNKNOWN;
    else
        key->state = fault == SEKI_KEY_REVOKED ? DOMAIN_KEY_REVOKED : DOMAIN_KEY_BROKEN;
    if (made != NULL)
        read_made(made, key);
    seki_dkim_key_free(made);
}

/* 2. A record that no key can be read from. */

static void find(struct domain_run *run, const struct domain_key *key, enum domain_finding_id id,
                 struct seki_str text)
{
    domain_find(run, id, key->name, text, nothing, nothing);
}

static bool contains(struct seki_str text, struct seki_str part)
{
    for (; text.len >= part.len; text = seki_str_from(text, 1))
        if (seki_str_starts_with(text, part))
            return true;
    return false;
}

/* What comes in with a copy from a terminal, a zone file or a key file; the rest of the record is as good as unread. */
static bool find_pasted(struct domain_run *run, const struct domain_key *key)
{
    struct seki_str text = key->record;
    bool is_pem = contains(text, SEKI_STR("-----")) || contains(text, SEKI_STR("BEGIN PUBLIC KEY"));
    bool is_quoted = seki_str_find(text, '"') < text.len || seki_str_find(text, '\\') < text.len;
    if (is_pem)
        find(run, key, DOMAIN_DKIM_PEM, nothing);
    else if (is_quoted)
        find(run, key, DOMAIN_DKIM_QUOTED, domain_excerpt(run, text));
    return is_pem || is_quoted;
}

/* "v=DKIM1 k=rsa": all of it is the version. */
static void find_version(struct domain_run *run, const struct domain_key *key)
{
    static const struct seki_str version = SEKI_STR_INIT("DKIM1");
    struct seki_str value = tag_value(key->record, SEKI_STR("v"));
    char next = value.len > version.len ? value.ptr[version.len] : '.';
    bool is_unseparated = seki_str_starts_with(value, version) && !seki_is_alnum(next) && next != '.';
    find(run, key, is_unseparated ? DOMAIN_DKIM_VERSION_UNSEPARATED : DOMAIN_DKIM_VERSION,
         domain_excerpt(run, value));
}

static void find_fault(struct domain_run *run, const struct domain_key *key, enum seki_key_fault fault)
{
    struct seki_str text = domain_excerpt(run, key->record);
    switch (fault) {
    case SEKI_KEY_TOO_LONG: find(run, key, DOMAIN_DKIM_TOO_LONG, domain_number(run, key->record.len)); break;
    case SEKI_KEY_NOT_TAGS: find(run, key, DOMAIN_DKIM_NOT_TAGS, text); break;
    case SEKI_KEY_VERSION_NOT_FIRST: find(run, key, DOMAIN_DKIM_VERSION_NOT_FIRST, nothing); break;
    case SEKI_KEY_VERSION_OTHER: find_version(run, key); break;
    case SEKI_KEY_NOT_MAIL: find(run, key, DOMAIN_DKIM_NOT_MAIL, tag_value(key->record, SEKI_STR("s"))); break;
    case SEKI_KEY_TYPE_UNKNOWN: find(run, key, DOMAIN_DKIM_TYPE, key->type); break;
    case SEKI_KEY_MISSING: find(run, key, DOMAIN_DKIM_NO_KEY, text); break;
    case SEKI_KEY_FINE:
    case SEKI_KEY_REVOKED:
    case SEKI_KEY_FAULTS: break;
    }
}

/* 3. A record whose p= is no key. */

enum material {
    MATERIAL_OTHER,
    MATERIAL_CUT,
    MATERIAL_RSA,
    MATERIAL_RSA_LONG,
    MATERIAL_ED25519,
    MATERIAL_ED25519_DER
};

/* SubjectPublicKeyInfo with id-Ed25519 up to the 32 octets (RFC 8410 section 10.1). */
static const struct seki_str ed25519_head = SEKI_STR_INIT("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00");

static enum material classify(struct seki_str octets)
{
    struct seki_rsa_numbers numbers;
    if (octets.len == ED25519_OCTETS)
        return MATERIAL_ED25519;
    if (seki_der_is_cut(octets))
        return MATERIAL_CUT;
    if (octets.len == ed25519_head.len + ED25519_OCTETS && seki_str_starts_with(octets, ed25519_head))
        return MATERIAL_ED25519_DER;
    if (seki_rsa_numbers_read(octets, &numbers) == NULL)
        return MATERIAL_RSA;
    return numbers.modulus.len > SEKI_MAX_RSA_BITS / 8 ? MATERIAL_RSA_LONG : MATERIAL_OTHER;
}

/* A base64 text that was cut anywhere may end in a character that alone means nothing. */
static bool decode(struct seki_str text, uint8_t *octets, struct seki_str *octets_out)
{
    size_t len;
    bool is_decoded = seki_base64_decode(text, octets, MAX_KEY_OCTETS, &len);
    if (!is_decoded && text.len > 1)
        is_decoded = seki_base64_decode(seki_str_head(text, text.len - 1), octets, MAX_KEY_OCTETS, &len) &&
                     seki_der_is_cut((struct seki_str){ (const char *)octets, len });
    *octets_out = is_decoded ? (struct seki_str){ (const char *)octets, len } : nothing;
    return is_decoded;
}

static void find_material(struct domain_run *run, const struct domain_key *key, struct seki_str public_key)
{
    static const enum domain_finding_id ids[2][MATERIAL_ED25519_DER + 1] = {
        [SEKI_KEY_RSA] = { DOMAIN_DKIM_NOT_A_KEY, DOMAIN_DKIM_CUT, DOMAIN_DKIM_NOT_A_KEY, DOMAIN_DKIM_RSA_LONG,
                           DOMAIN_DKIM_OTHER_TYPE, DOMAIN_DKIM_OTHER_TYPE },
        [SEKI_KEY_ED25519] = { DOMAIN_DKIM_NOT_A_KEY, DOMAIN_DKIM_CUT, DOMAIN_DKIM_OTHER_TYPE,
                               DOMAIN_DKIM_OTHER_TYPE, DOMAIN_DKIM_NOT_A_KEY, DOMAIN_DKIM_ED25519_DER },
    };
    uint8_t octets[MAX_KEY_OCTETS];
    struct seki_str decoded;
    bool is_rsa = seki_str_equal(key->type, SEKI_STR("rsa"));
    enum domain_finding_id id = DOMAIN_DKIM_NOT_BASE64;
    if (decode(public_key, octets, &decoded))
        id = ids[is_rsa ? SEKI_KEY_RSA : SEKI_KEY_ED25519][classify(decoded)];
    domain_find(run, id, key->name, key->type, is_rsa ? SEKI_STR("ed25519") : SEKI_STR("rsa"), nothing);
}

/* 4. A key that could be better. */

static void find_bits(struct domain_run *run, const struct domain_key *key)
{
    struct seki_str bits = domain_number(run, key->bits);
    if (!seki_str_equal(key->type, SEKI_STR("rsa")))
        return;
    if (key->bits < MIN_RSA_BITS)
        find(run, key, DOMAIN_DKIM_RSA_TOO_SHORT, bits);
    else if (key->bits < ADVISED_RSA_BITS)
        find(run, key, DOMAIN_DKIM_RSA_SHORT, bits);
    else if (key->bits > CERTAIN_RSA_BITS)
        find(run, key, DOMAIN_DKIM_RSA_LONG, bits);
}

static void judge_made(struct domain_run *run, const struct domain_key *key, const struct seki_key_record *record)
{
    struct seki_str granularity = tag_value(key->record, SEKI_STR("g"));
    find_bits(run, key);
    if (!record->allows_digest[SEKI_DIGEST_SHA256])
        find(run, key, DOMAIN_DKIM_NO_SHA256, key->hashes);
    if (record->is_testing)
        find(run, key, DOMAIN_DKIM_TESTING, nothing);
    if (granularity.ptr != nothing.ptr) /* the tag is there, maybe empty */
        find(run, key, DOMAIN_DKIM_GRANULARITY, granularity);
}

void domain_key_judge(struct domain_run *run, const struct domain_key *key)
{
    struct seki_key_record record;
    enum seki_key_fault fault = seki_key_record_parse(key->record, &record);
    bool is_made = key->bits > 0;
    if (fault == SEKI_KEY_REVOKED) {
        if (key->whose == NULL) /* a revoked key that nobody signs with is in order */
            find(run, key, DOMAIN_DKIM_REVOKED, nothing);
    } else if (is_made) {
        judge_made(run, key, &record);
    } else if (key->state == DOMAIN_KEY_BROKEN && !find_pasted(run, key)) {
        if (fault == SEKI_KEY_FINE)
            find_material(run, key, record.public_key);
        else
            find_fault(run, key, fault);
    }
}
