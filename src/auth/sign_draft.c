#include "auth/sign_draft.h"

#include "auth/header_hash.h"
#include "base/base64.h"
#include "base/i18n.h"

#include <sekisho/domain.h>

#define MAX_FIELD_OCTETS    (64u * 1024u)
#define MAX_IDENTITY_OCTETS 512u
#define MIN_RSA_OCTETS      128u /* 1,024 bits (RFC 8301 section 3.2) */
#define ED25519_OCTETS      64u

static const struct {
    const char *name;
    enum seki_canonicalization header, body;
} canonicalizations[] = {
    [SEKI_SIGN_RELAXED_RELAXED] = { "relaxed/relaxed", SEKI_CANON_RELAXED, SEKI_CANON_RELAXED },
    [SEKI_SIGN_RELAXED_SIMPLE] = { "relaxed/simple", SEKI_CANON_RELAXED, SEKI_CANON_SIMPLE },
    [SEKI_SIGN_SIMPLE_RELAXED] = { "simple/relaxed", SEKI_CANON_SIMPLE, SEKI_CANON_RELAXED },
    [SEKI_SIGN_SIMPLE_SIMPLE] = { "simple/simple", SEKI_CANON_SIMPLE, SEKI_CANON_SIMPLE },
};
#define CANONICALIZATIONS (sizeof canonicalizations / sizeof canonicalizations[0])

const char *seki_sign_canonicalization_name(enum seki_sign_canonicalization canonicalization)
{
    return canonicalizations[canonicalization].name;
}

bool seki_sign_canonicalization_from_name(struct seki_str name, enum seki_sign_canonicalization *out)
{
    size_t header_len = seki_str_find(name, '/');
    for (size_t i = 0; i < CANONICALIZATIONS; i++) {
        struct seki_str known = seki_str_of(canonicalizations[i].name);
        bool is_short = header_len == name.len && canonicalizations[i].body == SEKI_CANON_SIMPLE &&
                        seki_str_equal_nocase(name, seki_str_head(known, seki_str_find(known, '/')));
        if (!is_short && !seki_str_equal_nocase(name, known))
            continue;
        *out = (enum seki_sign_canonicalization)i;
        return true;
    }
    return false;
}

static const char *const algorithm_names[] = {
    [SEKI_SIGN_RSA_SHA256] = "rsa-sha256",
    [SEKI_SIGN_ED25519_SHA256] = "ed25519-sha256",
};

const char *seki_sign_algorithm_name(enum seki_sign_algorithm algorithm)
{
    return (size_t)algorithm < sizeof algorithm_names / sizeof algorithm_names[0] ? algorithm_names[algorithm]
                                                                                  : "an unknown algorithm";
}

bool seki_sign_algorithm_from_name(struct seki_str name, enum seki_sign_algorithm *out)
{
    for (size_t i = 0; i < sizeof algorithm_names / sizeof algorithm_names[0]; i++) {
        if (!seki_str_equal_nocase(name, seki_str_of(algorithm_names[i])))
            continue;
        *out = (enum seki_sign_algorithm)i;
        return true;
    }
    return false;
}

enum seki_result seki_sign_explain(enum seki_result result, struct seki_error *why)
{
    if (result == SEKI_LIMIT)
        seki_error_set(why, "the message needs more memory for signing than a message may have");
    else if (result == SEKI_SYSTEM)
        seki_error_set(why, "no memory for signing");
    return result;
}

static enum seki_result refuse(struct seki_error *why, const char *what, struct seki_str value)
{
    seki_error_set(why, "%s \"%.*s\"", what, SEKI_STR_ARGS(value));
    return SEKI_BAD_INPUT;
}

/* RFC 8616 section 5: A-labels, except in internationalized messages, where U-labels are to stay. */
static enum seki_result write_name(const struct seki_sign_plan *plan, struct seki_str name,
                                   struct seki_str *ascii_out, struct seki_str *written_out)
{
    enum seki_result result = seki_domain_to_ascii(plan->arena, name, ascii_out);
    bool has_final_dot = name.len > 0 && name.ptr[name.len - 1] == '.';
    bool is_kept = plan->options.is_internationalized && !seki_str_is_ascii(name);
    if (result == SEKI_OK)
        *written_out = is_kept ? seki_str_head(name, name.len - has_final_dot) : *ascii_out;
    return result;
}

static enum seki_result read_signer(struct seki_sign_plan *plan, struct seki_str *domain_ascii,
                                    struct seki_error *why)
{
    const struct seki_dkim_sign_options *options = &plan->options;
    struct seki_str selector_ascii;
    enum seki_result result = write_name(plan, options->domain, domain_ascii, &plan->domain);
    if (result == SEKI_BAD_INPUT || (result == SEKI_OK && seki_domain_label_count(*domain_ascii) < 2))
        return refuse(why, N_("the signing domain (d=) is no domain name:"), options->domain);
    if (result == SEKI_OK)
        result = write_name(plan, options->selector, &selector_ascii, &plan->selector);
    if (result == SEKI_BAD_INPUT)
        return refuse(why, N_("the selector (s=) is no name for the DNS:"), options->selector);
    if (result != SEKI_OK)
        return result;
    struct seki_str name = seki_arena_format(plan->arena, "%.*s._domainkey.%.*s", SEKI_STR_ARGS(selector_ascii),
                                             SEKI_STR_ARGS(*domain_ascii));
    if (name.ptr == NULL)
        return seki_arena_failure(plan->arena);
    return seki_domain_fits_dns(name) ? SEKI_OK
                                      : refuse(why, N_("the name of the key is too long for the DNS:"), name);
}

static bool is_printable(struct seki_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return false;
    return seki_str_is_utf8(text);
}

/* dkim-quoted-printable = *(FWS / hex-octet / dkim-safe-char)
 * dkim-safe-char = %x21-3A / %x3C / %x3E-7E ; RFC 8616 section 5 adds UTF-8 in internationalized messages */
static void add_quoted(struct seki_buf *out, struct seki_str text, bool keeps_utf8)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool is_safe = c > ' ' && c < 0x7f && c != ';' && c != '=';
        if (is_safe || (c >= 0x80 && keeps_utf8))
            seki_buf_add_char(out, text.ptr[i]);
        else
            seki_buf_add_format(out, "=%02X", c);
    }
}

/* sig-i-tag = %x69 [FWS] "=" [FWS] [ Local-part ] "@" domain-name ; the domain "MUST be the same as, or a subdomain of"
 * that in d= (section 3.5) */
static enum seki_result read_identity(struct seki_sign_plan *plan, struct seki_str domain_ascii,
                                      struct seki_error *why)
{
    struct seki_str identity = plan->options.identity, ascii, written;
    size_t at = seki_str_find_last(identity, '@');
    if (identity.len == 0)
        return SEKI_OK;
    if (at == identity.len || identity.len > MAX_IDENTITY_OCTETS || !is_printable(identity))
        return refuse(why, N_("the identity (i=) is not of the form [user]@domain:"), identity);
    enum seki_result result = write_name(plan, seki_str_from(identity, at + 1), &ascii, &written);
    if (result == SEKI_BAD_INPUT || (result == SEKI_OK && !seki_domain_is_within(ascii, domain_ascii)))
        return refuse(why, N_("the domain of the identity (i=) is not within the signing domain (d=):"), identity);
    if (result != SEKI_OK)
        return result;
    struct seki_buf text;
    seki_buf_init_arena(&text, plan->arena, 4 * MAX_IDENTITY_OCTETS);
    add_quoted(&text, seki_str_head(identity, at), plan->options.is_internationalized);
    seki_buf_add_char(&text, '@');
    seki_buf_add(&text, written);
    plan->identity = seki_buf_str(&text);
    return seki_buf_failed(&text);
}

static enum seki_result read_times(const struct seki_dkim_sign_options *options, struct seki_error *why)
{
    if (options->time_s < 0 || options->expires_after_s < 0 ||
        options->expires_after_s > INT64_MAX - options->time_s) {
        seki_error_set(why, "the time of signing (t=) or of expiry (x=) cannot be written");
        return SEKI_BAD_INPUT;
    }
    if (options->expires_after_s > 0 && options->time_s == 0) {
        seki_error_set(why, "a signature that expires (x=) needs the time of signing (t=)");
        return SEKI_BAD_INPUT;
    }
    return SEKI_OK;
}

static enum seki_result want_body(struct seki_sign_plan *plan, struct seki_error *why)
{
    enum seki_canonicalization canon = canonicalizations[plan->options.canonicalization].body;
    enum seki_result result =
        seki_body_hash_request(plan->body, canon, SEKI_DIGEST_SHA256, SEKI_BODY_WHOLE, &plan->body_id);
    if (result == SEKI_USAGE)
        seki_error_set(why, "a signature must be planned before the body");
    return seki_sign_explain(result, why);
}

static enum seki_result check_header(const struct seki_message *message, struct seki_error *why)
{
    if (!(seki_message_defects(message) & (SEKI_DEFECT_TOO_MANY_FIELDS | SEKI_DEFECT_HEADER_TOO_LONG)))
        return SEKI_OK;
    seki_error_set(why, "the header is larger than we read, and cannot be signed");
    return SEKI_LIMIT;
}

enum seki_result seki_sign_plan_make(struct seki_sign_plan *plan, enum seki_signature_kind kind,
                                     struct seki_error *why)
{
    const struct seki_sign_names wanted = { plan->options.names, plan->options.name_count };
    struct seki_str domain_ascii = { NULL, 0 };
    struct seki_error own = { "" };
    plan->header_canon = canonicalizations[plan->options.canonicalization].header;
    enum seki_result result = check_header(plan->message, &own);
    if (result == SEKI_OK)
        result = read_signer(plan, &domain_ascii, &own);
    if (result == SEKI_OK && kind == SEKI_SIGNATURE_DKIM)
        result = read_identity(plan, domain_ascii, &own);
    if (result == SEKI_OK)
        result = read_times(&plan->options, &own);
    if (result == SEKI_OK)
        result = seki_sign_names_choose(plan->arena, kind, plan->message, &wanted, &plan->names, &own);
    if (result == SEKI_OK)
        result = want_body(plan, &own);
    if (own.text[0] == '\0')
        seki_sign_explain(result, &own);
    if (result != SEKI_OK && why != NULL)
        *why = own;
    return result;
}

void seki_sign_draft_begin(struct seki_sign_draft *draft, struct seki_arena *arena, const char *name)
{
    *draft = (struct seki_sign_draft){ .name_len = strlen(name) };
    seki_buf_init_arena(&draft->text, arena, MAX_FIELD_OCTETS);
    seki_tag_writer_begin(&draft->tags, &draft->text, name);
}

void seki_sign_draft_add_signer(struct seki_sign_draft *draft, const struct seki_sign_plan *plan)
{
    seki_tag_write(&draft->tags, "a", seki_str_of(algorithm_names[plan->options.algorithm]));
    seki_tag_write(&draft->tags, "d", plan->domain);
    seki_tag_write(&draft->tags, "s", plan->selector);
    if (plan->options.time_s > 0)
        seki_tag_write_number(&draft->tags, "t", (uint64_t)plan->options.time_s);
}

struct seki_field seki_sign_draft_field(const struct seki_sign_draft *draft)
{
    struct seki_str raw = seki_buf_str(&draft->text);
    return (struct seki_field){
        .raw = raw,
        .name = seki_str_head(raw, draft->name_len),
        .value = seki_str_from(raw, draft->name_len + 1),
    };
}

enum seki_result seki_sign_draft_close(struct seki_sign_draft *draft, const struct seki_sign_plan *plan)
{
    seki_tag_write(&draft->tags, "b", (struct seki_str){ "", 0 });
    draft->field = seki_sign_draft_field(draft);
    draft->signature = (struct seki_signature){
        .field = &draft->field,
        .field_index = SIZE_MAX, /* it is not in the message */
        .digest = SEKI_DIGEST_SHA256,
        .header_canon = plan->header_canon,
        .names = plan->names.names,
        .name_count = plan->names.count,
        .cut_start = draft->field.value.len,
        .cut_end = draft->field.value.len,
    };
    return seki_buf_failed(&draft->text);
}

static void add_body_digest(struct seki_sign_draft *draft, const struct seki_body_digest *body)
{
    char text[SEKI_BASE64_OCTETS(SEKI_DIGEST_MAX_OCTETS)];
    seki_base64_encode(body->octets, body->octet_count, text);
    seki_tag_write(&draft->tags, "bh", (struct seki_str){ text, SEKI_BASE64_OCTETS(body->octet_count) });
}

enum seki_result seki_sign_draft_message(struct seki_sign_draft *draft, const struct seki_sign_plan *plan,
                                         struct seki_sign_request *request_out)
{
    const struct seki_dkim_sign_options *options = &plan->options;
    const struct seki_body_digest *body = seki_body_hash_get(plan->body, plan->body_id);
    if (body == NULL)
        return seki_body_hash_is_finished(plan->body) ? SEKI_SYSTEM : SEKI_NEED_BODY;
    seki_sign_draft_add_signer(draft, plan);
    if (options->expires_after_s > 0)
        seki_tag_write_number(&draft->tags, "x", (uint64_t)(options->time_s + options->expires_after_s));
    if (plan->identity.len > 0)
        seki_tag_write(&draft->tags, "i", plan->identity);
    seki_tag_write(&draft->tags, "c", seki_str_of(canonicalizations[options->canonicalization].name));
    seki_tag_write_list(&draft->tags, "h", plan->names.names, plan->names.count);
    add_body_digest(draft, body);
    enum seki_result result = seki_sign_draft_close(draft, plan);
    uint32_t *used = seki_arena_alloc(plan->arena, seki_message_field_count(plan->message), sizeof *used);
    if (result != SEKI_OK || used == NULL)
        return result != SEKI_OK ? result : seki_arena_failure(plan->arena);
    request_out->algorithm = options->algorithm;
    return seki_header_hash_signature(plan->context, plan->message, &draft->signature, used, NULL,
                                      request_out->digest)
               ? SEKI_OK
               : SEKI_SYSTEM;
}

static bool is_length_of(enum seki_sign_algorithm algorithm, size_t octets)
{
    if (algorithm == SEKI_SIGN_ED25519_SHA256)
        return octets == ED25519_OCTETS;
    return octets >= MIN_RSA_OCTETS && octets <= SEKI_MAX_SIGN_ANSWER_OCTETS;
}

enum seki_result seki_sign_draft_finish(struct seki_sign_draft *draft, enum seki_sign_algorithm algorithm,
                                        const struct seki_sign_answer *answer, struct seki_str *value_out)
{
    if (!is_length_of(algorithm, answer->octet_count))
        return SEKI_USAGE;
    seki_tag_write_base64(&draft->tags, answer->octets, answer->octet_count);
    *value_out = seki_sign_draft_field(draft).value;
    return seki_buf_failed(&draft->text);
}
