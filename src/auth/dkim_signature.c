#include "auth/dkim_signature.h"

#include "auth/auid.h"
#include "auth/tag_list.h"
#include "base/base64.h"
#include "base/i18n.h"

#include <sekisho/domain.h>

#define MAX_SIGNATURE_OCTETS 1024u  /* of the largest RSA key that is verified */
#define MAX_LENGTH_DIGITS    76u    /* l= */
#define MAX_TIME_DIGITS      12u    /* t=, x= */
#define MAX_HEADER_NAMES     1000u /* as many as our own signer lists; each takes eight times its text in memory */
#define DEFAULT_SKEW_S       300
#define MAX_INSTANCE         50u /* RFC 8617 section 4.2.1 */

struct reader {
    struct seki_arena *arena;
    struct seki_signature *signature;
    const struct seki_tag *tag;
};

static const char no_memory[] = "no memory"; /* compared by address: becomes the arena's own failure */

/* sig-v-tag = %x76 [FWS] "=" [FWS] 1*DIGIT ; "It MUST have the value "1"" */
static const char *read_version(struct reader *r)
{
    return seki_str_equal(r->tag->value, SEKI_STR("1")) ? NULL : N_("signature of another version (v=)");
}

static const struct {
    struct seki_str name;
    enum seki_key_type key_type;
    enum seki_digest digest;
} algorithms[] = {
    { SEKI_STR_INIT("rsa-sha256"), SEKI_KEY_RSA, SEKI_DIGEST_SHA256 },
    { SEKI_STR_INIT("ed25519-sha256"), SEKI_KEY_ED25519, SEKI_DIGEST_SHA256 }, /* RFC 8463 */
    { SEKI_STR_INIT("rsa-sha1"), SEKI_KEY_RSA, SEKI_DIGEST_SHA1 },             /* RFC 8301: historic */
};

static bool is_hyphenated(struct seki_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!seki_is_alnum(text.ptr[i]) && text.ptr[i] != '-')
            return false;
    return true;
}

/* sig-a-tag-alg = sig-a-tag-k "-" sig-a-tag-h */
static const char *read_algorithm(struct reader *r)
{
    struct seki_signature *s = r->signature;
    if (!is_hyphenated(r->tag->value))
        return N_("a= is not the name of an algorithm");
    s->algorithm = seki_arena_copy_lower(r->arena, r->tag->value);
    if (s->algorithm.ptr == NULL)
        return no_memory;
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
        if (!seki_str_equal(s->algorithm, algorithms[i].name))
            continue;
        s->key_type = algorithms[i].key_type;
        s->digest = algorithms[i].digest;
        return NULL;
    }
    return N_("unknown signing algorithm (a=)");
}

static bool read_canon_name(struct seki_str name, enum seki_canonicalization *canon_out)
{
    if (seki_str_equal_nocase(name, SEKI_STR("relaxed")))
        *canon_out = SEKI_CANON_RELAXED;
    else if (seki_str_equal_nocase(name, SEKI_STR("simple")))
        *canon_out = SEKI_CANON_SIMPLE;
    else
        return false;
    return true;
}

/* sig-c-tag = %x63 [FWS] "=" [FWS] sig-c-tag-alg ["/" sig-c-tag-alg] ; one word: the body's is "simple" */
static const char *read_canonicalization(struct reader *r)
{
    struct seki_str rest = r->tag->value, header, body;
    bool is_known = seki_str_split(&rest, '/', &header) && read_canon_name(header, &r->signature->header_canon);
    if (seki_str_split(&rest, '/', &body))
        is_known = is_known && read_canon_name(body, &r->signature->body_canon) && rest.ptr == NULL;
    return is_known ? NULL : N_("unknown canonicalization (c=)");
}

/* A name for the DNS; false when it is none. *failed_out: the arena's failure. */
static bool to_ascii(struct reader *r, struct seki_str name, struct seki_str *ascii_out, bool *failed_out)
{
    enum seki_result result = seki_domain_to_ascii(r->arena, name, ascii_out);
    *failed_out = result != SEKI_OK && result != SEKI_BAD_INPUT;
    return result == SEKI_OK && name.ptr[name.len - 1] != '.';
}

/* sig-d-tag   = %x64 [FWS] "=" [FWS] domain-name
 * domain-name = sub-domain 1*("." sub-domain) */
static const char *read_domain(struct reader *r)
{
    struct seki_str ascii;
    bool has_failed;
    if (!to_ascii(r, r->tag->value, &ascii, &has_failed) || seki_domain_label_count(ascii) < 2)
        return has_failed ? no_memory : N_("d= is not a domain name");
    r->signature->domain = r->tag->value;
    r->signature->domain_ascii = ascii;
    return NULL;
}

/* sig-s-tag = %x73 [FWS] "=" [FWS] selector
 * selector  = sub-domain *( "." sub-domain ) */
static const char *read_selector(struct reader *r)
{
    struct seki_str ascii;
    bool has_failed;
    if (!to_ascii(r, r->tag->value, &ascii, &has_failed))
        return has_failed ? no_memory : N_("s= is not a selector");
    r->signature->selector = r->tag->value;
    r->signature->selector_ascii = ascii;
    return NULL;
}

/* field-name = 1*ftext ; ftext = %d33-57 / %d59-126; ":" has been cut at */
static bool is_field_name(struct seki_str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] < 33 || name.ptr[i] > 126)
            return false;
    return name.len > 0;
}

static size_t count_items(struct seki_str list)
{
    size_t count = 0;
    struct seki_str item;
    while (seki_str_split(&list, ':', &item))
        count++;
    return count;
}

/* sig-h-tag = %x68 [FWS] "=" [FWS] hdr-name *( [FWS] ":" [FWS] hdr-name ) */
static const char *read_header_names(struct reader *r)
{
    struct seki_str rest = r->tag->value;
    size_t count = count_items(rest);
    if (count > MAX_HEADER_NAMES)
        return N_("h= lists too many fields");
    struct seki_str *names = seki_arena_alloc(r->arena, count, sizeof *names);
    if (names == NULL)
        return no_memory;
    for (size_t i = 0; i < count; i++)
        if (!seki_colon_list_next(&rest, &names[i]) || !is_field_name(names[i]))
            return N_("h= is not a list of field names");
    r->signature->names = names;
    r->signature->name_count = count;
    return NULL;
}

/* sig-bh-tag-data = base64string */
static const char *read_body_digest(struct reader *r)
{
    uint8_t octets[SEKI_DIGEST_MAX_OCTETS];
    size_t len;
    if (!seki_base64_decode(r->tag->value, octets, sizeof octets, &len) || len == 0)
        return N_("bh= is not the base64 of a hash");
    r->signature->body_digest = seki_arena_copy(r->arena, (struct seki_str){ (const char *)octets, len });
    return r->signature->body_digest.ptr != NULL ? NULL : no_memory;
}

/* sig-b-tag-data = base64string */
static const char *read_signature(struct reader *r)
{
    struct seki_signature *s = r->signature;
    uint8_t octets[MAX_SIGNATURE_OCTETS];
    size_t len;
    s->cut_start = r->tag->start;
    s->cut_end = r->tag->end;
    if (!seki_base64_decode(r->tag->value, octets, sizeof octets, &len) || len == 0)
        return N_("b= is not the base64 of a signature");
    s->signature_text = r->tag->value;
    s->signature = seki_arena_copy(r->arena, (struct seki_str){ (const char *)octets, len });
    return s->signature.ptr != NULL ? NULL : no_memory;
}

static bool is_digits(struct seki_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (!seki_is_digit(text.ptr[i]))
            return false;
    return text.len > 0;
}

/* sig-l-tag = %x6c [FWS] "=" [FWS] 1*76DIGIT ; what does not fit into 64 bits is longer than any body */
static const char *read_length(struct reader *r)
{
    struct seki_signature *s = r->signature;
    if (!is_digits(r->tag->value) || r->tag->value.len > MAX_LENGTH_DIGITS)
        return N_("l= is not a number");
    s->has_length = true;
    if (!seki_str_to_u64(r->tag->value, SEKI_BODY_WHOLE - 1, &s->length))
        s->length = SEKI_BODY_WHOLE - 1;
    return NULL;
}

/* sig-q-tag-method = "dns/txt" / x-sig-q-tag-type ["/" x-sig-q-tag-args] */
static const char *read_query_methods(struct reader *r)
{
    struct seki_str rest = r->tag->value, method;
    while (seki_colon_list_next(&rest, &method))
        if (seki_str_equal_nocase(method, SEKI_STR("dns/txt")))
            return NULL;
    return N_("no known query method (q=)");
}

/* 1*12DIGIT ; section 3.5: "implementations MAY consider any value longer than 12 digits to be infinite" */
static bool read_time(struct seki_str text, int64_t *time_out)
{
    uint64_t value;
    if (!is_digits(text))
        return false;
    *time_out = INT64_MAX;
    if (text.len <= MAX_TIME_DIGITS && seki_str_to_u64(text, INT64_MAX, &value))
        *time_out = (int64_t)value;
    return true;
}

/* sig-t-tag = %x74 [FWS] "=" [FWS] 1*12DIGIT */
static const char *read_timestamp(struct reader *r)
{
    r->signature->has_time = true;
    return read_time(r->tag->value, &r->signature->time_s) ? NULL : N_("t= is not a time");
}

/* sig-x-tag = %x78 [FWS] "=" [FWS] 1*12DIGIT */
static const char *read_expiry(struct reader *r)
{
    r->signature->has_expiry = true;
    return read_time(r->tag->value, &r->signature->expires_at_s) ? NULL : N_("x= is not a time");
}

/* sig-i-tag = %x69 [FWS] "=" [FWS] [ Local-part ] "@" domain-name */
static const char *read_identity(struct reader *r)
{
    struct seki_str domain, ascii;
    bool has_failed = false;
    struct seki_signature *s = r->signature;
    s->identity = seki_auid_decode(r->arena, r->tag->value, &domain);
    if (s->identity.ptr == NULL)
        return no_memory;
    if (domain.len > 0 && to_ascii(r, domain, &ascii, &has_failed)) {
        s->is_identity_below = !seki_str_equal(ascii, s->domain_ascii);
        if (s->domain_ascii.len == 0 || seki_domain_is_within(ascii, s->domain_ascii))
            return NULL;
        return N_("the domain of i= is not within d=");
    }
    s->identity = (struct seki_str){ NULL, 0 };
    return has_failed ? no_memory : N_("i= is not an identity");
}

/* instance = [CFWS] %s"i" [CFWS] "=" [CFWS] position ; position = 1*2DIGIT, 1 - 50 (RFC 8617 section 4.2.1) */
static const char *read_instance(struct reader *r)
{
    uint64_t value = 0;
    if (r->tag->value.len > 2 || !seki_str_to_u64(r->tag->value, MAX_INSTANCE, &value) || value == 0)
        return N_("i= is not an instance from 1 to 50");
    r->signature->instance = (unsigned)value;
    return NULL;
}

/* seal-cv-tag = %s"cv" [CFWS] "=" [CFWS] ("none" / "fail" / "pass") (RFC 8617 section 4.1.3) */
static const char *read_chain_validation(struct reader *r)
{
    static const struct seki_str words[] = {
        [SEKI_CV_NONE] = SEKI_STR_INIT("none"),
        [SEKI_CV_PASS] = SEKI_STR_INIT("pass"),
        [SEKI_CV_FAIL] = SEKI_STR_INIT("fail"),
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (seki_str_equal_nocase(r->tag->value, words[i])) {
            r->signature->cv = (enum seki_chain_validation)i;
            return NULL;
        }
    }
    return N_("cv= is not none, pass or fail");
}

/* RFC 8617 section 4.1.3: "the DKIM "h" tag is NOT allowed" */
static const char *refuse_tag(struct reader *r)
{
    (void)r;
    return N_("h= is not allowed in an ARC-Seal");
}

/* In the order of judging; i= needs d=. */
#define DKIM (1u << SEKI_SIGNATURE_DKIM)
#define AMS  (1u << SEKI_SIGNATURE_AMS)
#define SEAL (1u << SEKI_SIGNATURE_SEAL)

static const struct {
    struct seki_str name;
    unsigned kinds, required; /* bits of enum seki_signature_kind */
    const char *(*read)(struct reader *r);
    const char *missing;
} signature_tags[] = {
    { SEKI_STR_INIT("i"), AMS | SEAL, AMS | SEAL, read_instance, N_("i= is missing") },
    { SEKI_STR_INIT("v"), DKIM, DKIM, read_version, N_("v= is missing") },
    { SEKI_STR_INIT("d"), DKIM | AMS | SEAL, DKIM | AMS | SEAL, read_domain, N_("d= is missing") },
    { SEKI_STR_INIT("s"), DKIM | AMS | SEAL, DKIM | AMS | SEAL, read_selector, N_("s= is missing") },
    { SEKI_STR_INIT("i"), DKIM, 0, read_identity, NULL },
    { SEKI_STR_INIT("a"), DKIM | AMS | SEAL, DKIM | AMS | SEAL, read_algorithm, N_("a= is missing") },
    { SEKI_STR_INIT("b"), DKIM | AMS | SEAL, DKIM | AMS | SEAL, read_signature, N_("b= is missing") },
    { SEKI_STR_INIT("bh"), DKIM | AMS, DKIM | AMS, read_body_digest, N_("bh= is missing") },
    { SEKI_STR_INIT("h"), DKIM | AMS, DKIM | AMS, read_header_names, N_("h= is missing") },
    { SEKI_STR_INIT("h"), SEAL, 0, refuse_tag, NULL },
    { SEKI_STR_INIT("cv"), SEAL, SEAL, read_chain_validation, N_("cv= is missing") },
    { SEKI_STR_INIT("c"), DKIM | AMS, 0, read_canonicalization, NULL },
    { SEKI_STR_INIT("l"), DKIM | AMS, 0, read_length, NULL },
    { SEKI_STR_INIT("q"), DKIM | AMS, 0, read_query_methods, NULL },
    { SEKI_STR_INIT("t"), DKIM | AMS | SEAL, 0, read_timestamp, NULL },
    { SEKI_STR_INIT("x"), DKIM | AMS, 0, read_expiry, NULL },
};

static void refuse(struct seki_signature *signature, enum seki_dkim_result result, const char *reason)
{
    if (signature->refusal.result == SEKI_DKIM_NONE)
        signature->refusal = (struct seki_refusal){ result, reason };
}

/* Every tag is read, also after the first fault, so that the verdict can name domain and selector. What is not of its
 * tag's form is not kept: it could hold folds and worse, and would come out in our own fields. */
static enum seki_result read_tags(struct reader *r, const struct seki_tag_list *list)
{
    unsigned kind = 1u << r->signature->kind;
    for (size_t i = 0; i < sizeof signature_tags / sizeof signature_tags[0]; i++) {
        if (!(signature_tags[i].kinds & kind))
            continue;
        r->tag = seki_tag_list_find(list, signature_tags[i].name);
        if (r->tag == NULL && signature_tags[i].required & kind)
            refuse(r->signature, SEKI_DKIM_PERMERROR, signature_tags[i].missing);
        const char *wrong = r->tag != NULL ? signature_tags[i].read(r) : NULL;
        if (wrong == no_memory)
            return seki_arena_failure(r->arena);
        if (wrong != NULL)
            refuse(r->signature, SEKI_DKIM_NEUTRAL, wrong);
    }
    return SEKI_OK;
}

static bool is_listed(const struct seki_signature *s, struct seki_str name)
{
    for (size_t i = 0; i < s->name_count; i++)
        if (seki_str_equal_nocase(s->names[i], name))
            return true;
    return false;
}

/* What the tags must be to each other. */
static void judge_together(struct seki_signature *s)
{
    if (s->kind == SEKI_SIGNATURE_SEAL) {
        s->header_canon = SEKI_CANON_RELAXED; /* RFC 8617 section 4.1.3 */
        return;
    }
    if (!is_listed(s, SEKI_STR("From")))
        refuse(s, SEKI_DKIM_PERMERROR, N_("the From field is not signed"));
    if (s->body_digest.len != seki_digest_octets(s->digest))
        refuse(s, SEKI_DKIM_NEUTRAL, N_("bh= has not the length of its hash"));
    if (s->has_time && s->has_expiry && s->expires_at_s <= s->time_s && s->time_s < INT64_MAX)
        refuse(s, SEKI_DKIM_NEUTRAL, N_("x= is not after t="));
    /* RFC 8617 section 4.1.2 forbids all three; ARC-Authentication-Results is tolerated, because early sealers and the
     * public test suite of 2016 list it. */
    if (s->kind == SEKI_SIGNATURE_AMS &&
        (is_listed(s, SEKI_STR("ARC-Seal")) || is_listed(s, SEKI_STR("ARC-Message-Signature"))))
        refuse(s, SEKI_DKIM_NEUTRAL, N_("h= lists ARC fields"));
}

/* "the Verifier MUST behave as though the value of that tag were "@d"" (section 6.1.1) */
static enum seki_result default_identity(struct seki_arena *arena, struct seki_signature *s)
{
    if (s->identity.ptr != NULL || s->domain.len == 0 || s->kind != SEKI_SIGNATURE_DKIM)
        return SEKI_OK;
    char *identity = seki_arena_octets(arena, s->domain.len + 1);
    if (identity == NULL)
        return seki_arena_failure(arena);
    identity[0] = '@';
    memcpy(identity + 1, s->domain.ptr, s->domain.len);
    s->identity = (struct seki_str){ identity, s->domain.len + 1 };
    return SEKI_OK;
}

enum seki_result seki_signature_read(struct seki_arena *arena, enum seki_signature_kind kind,
                                     const struct seki_message *message, size_t field_index,
                                     struct seki_signature *out)
{
    const struct seki_field *field = seki_message_field(message, field_index);
    *out = (struct seki_signature){
        .kind = kind,
        .field = field,
        .field_index = field_index,
        .cut_start = field->value.len,
        .cut_end = field->value.len,
    };
    struct seki_tag_list list;
    const char *wrong = seki_tag_list_parse(field->value, &list);
    if (wrong != NULL) {
        refuse(out, SEKI_DKIM_NEUTRAL, wrong);
        return SEKI_OK;
    }
    struct reader reader = { .arena = arena, .signature = out };
    enum seki_result result = read_tags(&reader, &list);
    if (result != SEKI_OK)
        return result;
    judge_together(out);
    return default_identity(arena, out);
}

void seki_signature_judge(struct seki_signature *s, const struct seki_dkim_options *options)
{
    int64_t skew = options->clock_skew_s > 0 ? options->clock_skew_s : DEFAULT_SKEW_S;
    if (s->digest == SEKI_DIGEST_SHA1 && !options->allow_rsa_sha1)
        refuse(s, SEKI_DKIM_POLICY, N_("rsa-sha1 is no longer valid (RFC 8301)"));
    if (options->now_s == 0)
        return; /* replay of a message whose time is not known */
    if (s->has_expiry && s->expires_at_s < options->now_s - skew)
        refuse(s, SEKI_DKIM_POLICY, N_("the signature has expired (x=)"));
    if (s->has_time && s->time_s > options->now_s + skew)
        refuse(s, SEKI_DKIM_POLICY, N_("the signature is from the future (t=)"));
}
