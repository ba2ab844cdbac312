#include <sekisho/status.h>

#include <stdio.h>

/* Causes of one check are one failure, however many hold. */
enum check { CHECK_NONE = 0, CHECK_SPF, CHECK_DKIM, CHECK_REVERSE_DNS, CHECK_DMARC, CHECK_ARC, CHECK_SENDER_ID };

/* In the order of precedence. RFC 7372 section 3; 4.7.5: RFC 6376 section 6.3, a key that cannot be had. */
static const struct row {
    enum seki_cause cause;
    enum check check;
    struct seki_status status;
} rows[] = {
#define ROW(cause, check, code, enhanced, text)                                                                    \
    {                                                                                                              \
        SEKI_CAUSE_##cause, CHECK_##check,                                                                         \
        {                                                                                                          \
            code, SEKI_STR_INIT(enhanced), SEKI_STR_INIT(text)                                                     \
        }                                                                                                          \
    }
    ROW(NULL_MX_RECIPIENT, NONE, 556, "5.1.10", "Recipient address has null MX"),
    ROW(NULL_MX_SENDER, NONE, 550, "5.7.27", "Sender address has null MX"),
    ROW(SPF_FAIL, SPF, 550, "5.7.23", "SPF validation failed"),
    ROW(SPF_PERMERROR, SPF, 550, "5.7.24", "SPF validation error"),
    ROW(DKIM_NO_AUTHOR, DKIM, 550, "5.7.22", "No valid author-matched DKIM signature found"),
    ROW(DKIM_NONE_ACCEPTABLE, DKIM, 550, "5.7.21", "No acceptable DKIM signature found"),
    ROW(DKIM_NONE_PASSES, DKIM, 550, "5.7.20", "No passing DKIM signature found"),
    ROW(REVERSE_DNS, REVERSE_DNS, 550, "5.7.25", "Reverse DNS validation failed"),
    ROW(DMARC_FAIL, DMARC, 550, "5.7.1", "Email rejected per DMARC policy"),
    ROW(ARC_FAIL, ARC, 550, "5.7.29", "ARC validation failure"),
    ROW(SENDER_ID_FAIL, SENDER_ID, 550, "5.7.1", "Sender ID (PRA) check failed"),
    ROW(NO_PRA, SENDER_ID, 550, "5.7.1", "Missing Purported Responsible Address"),
    ROW(SPF_TEMPERROR, SPF, 451, "4.7.24", "The sender's SPF record cannot be looked up now, try again later"),
    ROW(DKIM_TEMPERROR, DKIM, 451, "4.7.5", "A DKIM key cannot be looked up now, try again later"),
    ROW(DMARC_TEMPERROR, DMARC, 451, "4.7.1", "The sender's DMARC policy cannot be looked up now, try again later"),
    ROW(SENDER_ID_TEMPERROR, SENDER_ID, 450, "4.4.3", "Sender ID check is temporarily unavailable"),
#undef ROW
};
#define ROW_COUNT (sizeof rows / sizeof rows[0])

/* RFC 7372 section 3.4. */
static const struct seki_status several = { 550, SEKI_STR_INIT("5.7.26"),
                                            SEKI_STR_INIT("Multiple authentication checks failed") };
static const struct seki_status generic_final = { 550, SEKI_STR_INIT("5.7.1"),
                                                  SEKI_STR_INIT("The message is refused by our policy") };
static const struct seki_status generic_temporary = {
    451, SEKI_STR_INIT("4.7.1"), SEKI_STR_INIT("The message cannot be checked now, try again later")
};

static bool is_final(const struct seki_status *status)
{
    return status->reply_code >= 500;
}

/* @return the row that stands for all causes */
static const struct row *find_row(unsigned causes)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (causes & (unsigned)rows[i].cause)
            return &rows[i];
    return &rows[ROW_COUNT - 1];
}

/* "If a receiving server performs multiple authentication checks and more than one of them fails, thus warranting
 * rejection of the message, the SMTP server SHOULD use the code that indicates multiple methods failed" (section 4). */
static bool have_several_failed(unsigned causes)
{
    unsigned failed = 0;
    for (size_t i = 0; i < ROW_COUNT; i++)
        if ((causes & (unsigned)rows[i].cause) && is_final(&rows[i].status))
            failed |= 1u << rows[i].check;
    return (failed & (failed - 1)) != 0;
}

struct seki_status seki_status_for(unsigned causes, bool is_generic)
{
    const struct row *row = find_row(causes);
    if (row->check == CHECK_NONE)
        return row->status;
    if (is_generic)
        return is_final(&row->status) ? generic_final : generic_temporary;
    return have_several_failed(causes) ? several : row->status;
}

/* ---- from a verdict ---- */

static unsigned spf_causes(const struct seki_verdict *verdict)
{
    if (!verdict->has_spf_mail_from)
        return 0;
    switch (verdict->spf_mail_from.result) {
    case SEKI_SPF_FAIL: return SEKI_CAUSE_SPF_FAIL;
    case SEKI_SPF_PERMERROR: return SEKI_CAUSE_SPF_PERMERROR;
    case SEKI_SPF_TEMPERROR: return SEKI_CAUSE_SPF_TEMPERROR;
    default: return 0;
    }
}

/* As long as a key may still come, nothing is final. */
static unsigned dkim_causes(const struct seki_verdict *verdict)
{
    bool has_pass = false;
    for (size_t i = 0; i < verdict->dkim.signature_count; i++) {
        if (verdict->dkim.signatures[i].result == SEKI_DKIM_TEMPERROR)
            return SEKI_CAUSE_DKIM_TEMPERROR;
        has_pass = has_pass || verdict->dkim.signatures[i].result == SEKI_DKIM_PASS;
    }
    if (!has_pass)
        return SEKI_CAUSE_DKIM_NONE_PASSES;
    bool has_author = verdict->dmarc.result == SEKI_DMARC_PASS || verdict->dmarc.result == SEKI_DMARC_FAIL;
    return has_author && !verdict->dmarc.dkim_aligned ? SEKI_CAUSE_DKIM_NO_AUTHOR : 0;
}

static unsigned dmarc_causes(const struct seki_verdict *verdict)
{
    switch (verdict->dmarc.result) {
    case SEKI_DMARC_FAIL: return SEKI_CAUSE_DMARC_FAIL;
    case SEKI_DMARC_TEMPERROR: return SEKI_CAUSE_DMARC_TEMPERROR;
    default: return 0;
    }
}

/* RFC 4406 section 5.1: neutral, none, softfail and permerror alone never refuse; a missing PRA may (section 4). */
static unsigned sender_id_causes(const struct seki_verdict *verdict)
{
    if (!verdict->has_sender_id)
        return 0;
    if (verdict->sender_id.pra.domain.len == 0)
        return SEKI_CAUSE_NO_PRA;
    switch (verdict->sender_id.check.result) {
    case SEKI_SPF_FAIL: return SEKI_CAUSE_SENDER_ID_FAIL;
    case SEKI_SPF_TEMPERROR: return SEKI_CAUSE_SENDER_ID_TEMPERROR;
    default: return 0;
    }
}

unsigned seki_status_causes(const struct seki_verdict *verdict)
{
    unsigned arc = verdict->arc.result == SEKI_ARC_FAIL ? SEKI_CAUSE_ARC_FAIL : 0;
    return spf_causes(verdict) | dkim_causes(verdict) | dmarc_causes(verdict) | arc | sender_id_causes(verdict);
}

/* ---- sentences ---- */

/* RFC 7208 section 8.4: the explanation is the domain's, and the text says so. */
static struct seki_str tell_spf(struct seki_arena *arena, const struct seki_spf_verdict *spf)
{
    bool is_explained = spf->explanation.len > 0;
    return seki_arena_format(arena, "SPF MAIL FROM check failed%s%.*s%s%.*s",
                             is_explained ? ". The domain " : " for ", SEKI_STR_ARGS(spf->domain),
                             is_explained ? " explains: " : "", SEKI_STR_ARGS(spf->explanation));
}

/* RFC 4406 section 5.3: "550 5.7.1 Sender ID (xxx) yyy - zzz", with reason and explanation. */
static struct seki_str tell_sender_id(struct seki_arena *arena, const struct seki_spf_verdict *check)
{
    return seki_arena_format(arena, "Sender ID (PRA) %.*s%s%.*s", SEKI_STR_ARGS(check->reason),
                             check->explanation.len > 0 ? " - " : "", SEKI_STR_ARGS(check->explanation));
}

static struct seki_str tell(struct seki_arena *arena, const struct seki_verdict *verdict, const struct row *row)
{
    struct seki_str text = row->status.text;
    switch (row->cause) {
    case SEKI_CAUSE_SPF_FAIL: return tell_spf(arena, &verdict->spf_mail_from);
    case SEKI_CAUSE_SPF_PERMERROR:
        return seki_arena_format(arena, "%.*s: %.*s", SEKI_STR_ARGS(text),
                                 SEKI_STR_ARGS(verdict->spf_mail_from.reason));
    case SEKI_CAUSE_DMARC_FAIL:
        return seki_arena_format(arena, "%.*s for %.*s", SEKI_STR_ARGS(text),
                                 SEKI_STR_ARGS(verdict->dmarc.from_domain));
    case SEKI_CAUSE_SENDER_ID_FAIL: return tell_sender_id(arena, &verdict->sender_id.check);
    default: return seki_arena_copy(arena, text);
    }
}

/* The text goes into a reply of one line, whatever was put into it. */
static enum seki_result make_printable(struct seki_arena *arena, struct seki_str *text)
{
    char *octets = text->ptr != NULL ? seki_arena_octets(arena, text->len) : NULL;
    if (octets == NULL)
        return seki_arena_failure(arena);
    *text = seki_str_head(*text, SEKI_STATUS_TEXT_MAX);
    for (size_t i = 0; i < text->len; i++)
        octets[i] = text->ptr[i] >= 0x20 && text->ptr[i] <= 0x7E ? text->ptr[i] : '?';
    text->ptr = octets;
    return SEKI_OK;
}

enum seki_result seki_status_tell(struct seki_arena *arena, const struct seki_verdict *verdict, unsigned causes,
                                  struct seki_status *status_out)
{
    const struct row *row = find_row(causes);
    *status_out = seki_status_for(causes, false);
    if (row->check == CHECK_NONE || have_several_failed(causes))
        return SEKI_OK;
    status_out->text = tell(arena, verdict, row);
    return make_printable(arena, &status_out->text);
}
