/* What is kept of an evaluation beside header, envelope and answers: a version, the numbers of number_table in its order, the
 * texts, and the body hashes. Defaults are zero, and a zero is one octet. */
#include "auth/body_hash_recall.h"
#include "auth/verify_state.h"
#include "message/message_internal.h"

#include <stddef.h>

#define VERSION             1u
#define MAX_TRUSTED_SEALERS 10000u

enum flag {
    FLAG_WITHOUT_SPF = 1 << 0,
    FLAG_WITHOUT_DKIM = 1 << 1,
    FLAG_WITHOUT_ARC = 1 << 2,
    FLAG_WITHOUT_DMARC = 1 << 3,
    FLAG_WITH_SENDER_ID = 1 << 4,
    FLAG_RSA_SHA1 = 1 << 5,
    FLAG_PCT_ZERO = 1 << 6,
    FLAG_PSL = 1 << 7,
    FLAG_MAIL_FROM = 1 << 8,
    FLAG_ENDED = 1 << 9,
    FLAG_ALL = (1 << 10) - 1
};

/* What is read and written as it stands. */
struct numbers {
    uint64_t flags, now_s, clock_skew_s, min_rsa_bits, max_signatures, max_author_domains, max_void_lookups,
        max_fields, max_header_octets;
    uint64_t field_count, defects, dropped_authres; /* of the message */
    uint64_t trusted_sealer_count;
};

static const struct {
    size_t offset;
    uint64_t max;
} number_table[] = {
    { offsetof(struct numbers, flags), FLAG_ALL },
    { offsetof(struct numbers, now_s), UINT64_MAX },
    { offsetof(struct numbers, clock_skew_s), UINT64_MAX },
    { offsetof(struct numbers, min_rsa_bits), UINT32_MAX },
    { offsetof(struct numbers, max_signatures), UINT32_MAX },
    { offsetof(struct numbers, max_author_domains), UINT32_MAX },
    { offsetof(struct numbers, max_void_lookups), UINT32_MAX },
    { offsetof(struct numbers, max_fields), UINT64_MAX },
    { offsetof(struct numbers, max_header_octets), UINT64_MAX },
    { offsetof(struct numbers, field_count), UINT64_MAX },
    { offsetof(struct numbers, defects), UINT16_MAX },
    { offsetof(struct numbers, dropped_authres), UINT64_MAX },
    { offsetof(struct numbers, trusted_sealer_count), MAX_TRUSTED_SEALERS },
};
#define NUMBERS (sizeof number_table / sizeof number_table[0])

static uint64_t flags_of(const struct seki_verify *v)
{
    const struct seki_verify_options *o = &v->options;
    return (o->without_spf ? FLAG_WITHOUT_SPF : 0u) | (o->without_dkim ? FLAG_WITHOUT_DKIM : 0u) |
           (o->without_arc ? FLAG_WITHOUT_ARC : 0u) | (o->without_dmarc ? FLAG_WITHOUT_DMARC : 0u) |
           (o->with_sender_id ? FLAG_WITH_SENDER_ID : 0u) | (o->dkim.allow_rsa_sha1 ? FLAG_RSA_SHA1 : 0u) |
           (o->dmarc.pct_zero_is_testing ? FLAG_PCT_ZERO : 0u) |
           (o->dmarc.discovery == SEKI_DMARC_PSL ? FLAG_PSL : 0u) | (v->has_mail_from ? FLAG_MAIL_FROM : 0u) |
           (v->stage == SEKI_STAGE_MESSAGE_ENDED ? FLAG_ENDED : 0u);
}

static struct numbers numbers_of(const struct seki_verify *v)
{
    const struct seki_verify_options *o = &v->options;
    return (struct numbers){
        .flags = flags_of(v),
        .now_s = seki_number_of_signed(o->now_s),
        .clock_skew_s = seki_number_of_signed(o->dkim.clock_skew_s),
        .min_rsa_bits = o->dkim.min_rsa_bits,
        .max_signatures = o->dkim.max_signatures,
        .max_author_domains = o->dmarc.max_author_domains,
        .max_void_lookups = o->max_void_lookups,
        .max_fields = o->message.max_fields,
        .max_header_octets = o->message.max_header_octets,
        .field_count = seki_message_field_count(v->message),
        .defects = seki_message_defects(v->message),
        .dropped_authres = v->dropped_authres,
        .trusted_sealer_count = o->trusted_sealer_count,
    };
}

void seki_verify_header_write(const struct seki_verify *v, struct seki_buf *out)
{
    seki_message_write(v->message, out);
}

void seki_verify_body_hashes_write(const struct seki_verify *v, struct seki_buf *out)
{
    const struct numbers numbers = numbers_of(v);
    seki_buf_add_char(out, (char)VERSION);
    for (size_t i = 0; i < NUMBERS; i++) {
        uint64_t number;
        memcpy(&number, (const char *)&numbers + number_table[i].offset, sizeof number);
        seki_octets_add_number(out, number);
    }
    seki_octets_add_text(out, v->options.authserv_id);
    seki_octets_add_text(out, v->options.receiver);
    for (size_t i = 0; i < v->options.trusted_sealer_count; i++)
        seki_octets_add_text(out, v->options.trusted_sealers[i]);
    seki_body_hash_write(v->body, out);
}

static struct numbers read_numbers(struct seki_octets *octets)
{
    struct numbers numbers = { 0 };
    for (size_t i = 0; i < NUMBERS; i++) {
        uint64_t number = seki_octets_number_to(octets, number_table[i].max);
        memcpy((char *)&numbers + number_table[i].offset, &number, sizeof number);
    }
    return numbers;
}

static struct seki_verify_options options_of(const struct numbers *n, const struct seki_verify_kept *kept)
{
    return (struct seki_verify_options){
        .without_spf = (n->flags & FLAG_WITHOUT_SPF) != 0,
        .without_dkim = (n->flags & FLAG_WITHOUT_DKIM) != 0,
        .without_arc = (n->flags & FLAG_WITHOUT_ARC) != 0,
        .without_dmarc = (n->flags & FLAG_WITHOUT_DMARC) != 0,
        .with_sender_id = (n->flags & FLAG_WITH_SENDER_ID) != 0,
        .dkim = { .min_rsa_bits = (unsigned)n->min_rsa_bits,
                  .allow_rsa_sha1 = (n->flags & FLAG_RSA_SHA1) != 0,
                  .max_signatures = (unsigned)n->max_signatures,
                  .clock_skew_s = seki_number_to_signed(n->clock_skew_s) },
        .dmarc = { .discovery = (n->flags & FLAG_PSL) != 0 ? SEKI_DMARC_PSL : SEKI_DMARC_TREEWALK,
                   .psl = kept->psl,
                   .pct_zero_is_testing = (n->flags & FLAG_PCT_ZERO) != 0,
                   .max_author_domains = (unsigned)n->max_author_domains },
        .max_void_lookups = (unsigned)n->max_void_lookups,
        .message = { .max_fields = (size_t)n->max_fields, .max_header_octets = (size_t)n->max_header_octets },
        .now_s = seki_number_to_signed(n->now_s),
        .explain = kept->explain,
        .language = kept->language,
    };
}

/* The domains' own octets are the caller's; the list of them is the arena's. */
static bool read_texts(struct seki_octets *octets, size_t sealer_count, struct seki_arena *arena,
                       struct seki_verify_options *options)
{
    options->authserv_id = seki_octets_text(octets);
    options->receiver = seki_octets_text(octets);
    if (sealer_count > octets->left.len) { /* each has an octet at least */
        octets->has_failed = true;
        return true;
    }
    struct seki_str *sealers = seki_arena_alloc(arena, sealer_count, sizeof *sealers);
    for (size_t i = 0; sealers != NULL && i < sealer_count; i++)
        sealers[i] = seki_octets_text(octets);
    options->trusted_sealers = sealers;
    options->trusted_sealer_count = sealer_count;
    return sealers != NULL;
}

static enum seki_result refuse(const char *sentence, struct seki_error *why)
{
    seki_error_set(why, "%s", sentence);
    return SEKI_BAD_INPUT;
}

static enum seki_result give_header(struct seki_verify *v, const struct numbers *numbers, struct seki_str header,
                                    struct seki_error *why)
{
    enum seki_result result = seki_message_read_written(v->message, header);
    if (result != SEKI_OK)
        return result;
    if (seki_message_field_count(v->message) != numbers->field_count)
        return refuse("the header was not kept whole, so the message cannot be judged again", why);
    seki_message_note_defect(v->message, (enum seki_message_defect)numbers->defects);
    v->dropped_authres = (size_t)numbers->dropped_authres;
    return seki_verify_end_of_header(v);
}

static enum seki_result give_all(struct seki_verify *v, const struct numbers *numbers,
                                 const struct seki_verify_kept *kept, struct seki_octets *octets,
                                 struct seki_error *why)
{
    enum seki_result result = seki_verify_client(v, &kept->client, kept->helo);
    if (result == SEKI_OK && (numbers->flags & FLAG_MAIL_FROM) != 0)
        result = seki_verify_mail_from(v, kept->mail_from);
    if (result == SEKI_OK)
        result = give_header(v, numbers, kept->header, why);
    if (result != SEKI_OK)
        return result;
    if (v->body != NULL && !seki_body_hash_recall(v->body, octets))
        return refuse(
            "a signature wants a hash of the body that was not kept, so the message cannot be judged again", why);
    seki_verify_end_of_message(v);
    return SEKI_OK;
}

static enum seki_result check(const struct seki_octets *octets, const struct numbers *numbers,
                              const struct seki_verify_kept *kept, struct seki_error *why)
{
    if (octets->has_failed)
        return refuse("what was kept of the message is damaged", why);
    if ((numbers->flags & FLAG_ENDED) == 0)
        return refuse("the message had not ended, so it cannot be judged again", why);
    if ((numbers->flags & FLAG_PSL) != 0 && kept->psl == NULL)
        return refuse("DMARC was judged by the public suffix list, which is not there", why);
    return SEKI_OK;
}

enum seki_result seki_verify_recall(struct seki_arena *arena, struct seki_context *context,
                                    const struct seki_verify_kept *kept, struct seki_verify **verify_out,
                                    struct seki_error *why)
{
    struct seki_octets octets = seki_octets_of(kept->body_hashes);
    *verify_out = NULL;
    if (seki_octets_u8(&octets) != VERSION)
        return refuse("nothing was kept to judge the message again, or a newer version of this program kept it",
                      why);
    const struct numbers numbers = read_numbers(&octets);
    struct seki_verify_options options = options_of(&numbers, kept);
    if (!read_texts(&octets, (size_t)numbers.trusted_sealer_count, arena, &options))
        return seki_arena_failure(arena);
    enum seki_result result = check(&octets, &numbers, kept, why);
    if (result != SEKI_OK)
        return result;
    struct seki_verify *v = seki_verify_new(arena, context, &options);
    if (v == NULL)
        return seki_arena_failure(arena) != SEKI_OK ? seki_arena_failure(arena) : SEKI_SYSTEM;
    result = give_all(v, &numbers, kept, &octets, why);
    if (result == SEKI_OK)
        *verify_out = v;
    else
        seki_verify_end(v);
    return result;
}
