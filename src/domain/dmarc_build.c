#include "domain/dmarc_build.h"

#include "auth/dmarc_uri.h"
#include "domain/dmarc_destination.h"

#include <sekisho/address.h>

#define MAX_URIS          100u /* as many as receivers read */
#define MAX_RECORD_OCTETS 4096u

/* 1. Addresses. */

static enum seki_result no_address(struct seki_str address, struct seki_error *why)
{
    seki_error_set(why, N_("\"%.*s\" is neither a mail address nor a URI for reports"), SEKI_STR_ARGS(address));
    return SEKI_BAD_INPUT;
}

/* local-part = dot-atom-text / quoted-string (RFC 6068 section 2), of ASCII: RFC 9989 has no other addresses. */
static bool is_local_part(struct seki_str text)
{
    static const char specials[] = "!#$%&'*+-/=?^_`{|}~";
    if (text.len > 1 && text.ptr[0] == '"' && text.ptr[text.len - 1] == '"')
        return seki_str_is_ascii(text);
    bool may_be_dot = false;
    for (size_t i = 0; i < text.len; i++) {
        bool is_atext = seki_is_alnum(text.ptr[i]) || memchr(specials, text.ptr[i], sizeof specials - 1) != NULL;
        if (!is_atext && !(may_be_dot && text.ptr[i] == '.'))
            return false;
        may_be_dot = is_atext;
    }
    return may_be_dot; /* not empty, and no dot at the end */
}

/* Everything but unreserved and a few of sub-delims, which no reader takes for anything else. */
static void add_encoded(struct seki_buf *buf, struct seki_str text)
{
    static const char plain[] = "-._~$'*+";
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (seki_is_alnum(c) || memchr(plain, c, sizeof plain - 1) != NULL)
            seki_buf_add_char(buf, c);
        else
            seki_buf_add_format(buf, "%%%02X", (unsigned)(unsigned char)c);
    }
}

static bool is_uri(struct seki_str text)
{
    size_t colon = seki_str_find(text, ':');
    return colon < seki_str_find(text, '@') && seki_dmarc_uri_is_valid(text);
}

enum seki_result domain_report_uri(struct seki_arena *arena, struct seki_str address, struct seki_str *uri_out,
                                   struct seki_error *why)
{
    struct seki_str local_part, given, domain;
    struct seki_buf buf;
    *uri_out = address;
    if (is_uri(address))
        return SEKI_OK;
    if (!seki_address_split_path(address, &local_part, &given) || !is_local_part(local_part))
        return no_address(address, why);
    enum seki_result result = seki_domain_to_ascii(arena, given, &domain);
    if (result == SEKI_BAD_INPUT || (result == SEKI_OK && seki_domain_label_count(domain) < 2))
        return no_address(address, why);
    seki_buf_init_arena(&buf, arena, 3 * local_part.len + domain.len + sizeof "mailto:@");
    seki_buf_add(&buf, SEKI_STR("mailto:"));
    add_encoded(&buf, local_part);
    seki_buf_add_format(&buf, "@%.*s", SEKI_STR_ARGS(domain));
    *uri_out = seki_buf_str(&buf);
    return result != SEKI_OK ? result : seki_buf_failed(&buf);
}

/* 2. The record. */

static enum seki_result read_uris(struct seki_arena *arena, const struct seki_str *addresses, size_t count,
                                  const struct seki_str **uris_out, struct seki_error *why)
{
    struct seki_str *uris = seki_arena_alloc(arena, count + 1, sizeof *uris);
    enum seki_result result = uris != NULL ? SEKI_OK : seki_arena_failure(arena);
    if (count > MAX_URIS) {
        seki_error_set(why, N_("receivers read no more than %u addresses"), MAX_URIS);
        return SEKI_BAD_INPUT;
    }
    for (size_t i = 0; result == SEKI_OK && i < count; i++)
        result = domain_report_uri(arena, addresses[i], &uris[i], why);
    *uris_out = uris;
    return result;
}

enum seki_result domain_dmarc_build(struct seki_arena *arena, const struct domain_dmarc_choices *choices,
                                    struct seki_str *text_out, struct seki_error *why)
{
    struct seki_dmarc_record record = { .p = choices->policy,
                                        .sp = choices->subdomain,
                                        .np = choices->nonexistent,
                                        .adkim_strict = choices->is_dkim_strict,
                                        .aspf_strict = choices->is_spf_strict,
                                        .is_testing = choices->is_testing,
                                        .fo = SEKI_DMARC_FO_0,
                                        .pct = -1,
                                        .rua_count = choices->rua_count,
                                        .ruf_count = choices->ruf_count };
    struct seki_buf buf;
    if (record.p == SEKI_DMARC_POLICY_UNSET)
        record.p = SEKI_DMARC_POLICY_NONE;
    enum seki_result result = read_uris(arena, choices->rua, choices->rua_count, &record.rua, why);
    if (result == SEKI_OK)
        result = read_uris(arena, choices->ruf, choices->ruf_count, &record.ruf, why);
    if (result != SEKI_OK)
        return result;
    seki_buf_init_arena(&buf, arena, MAX_RECORD_OCTETS);
    seki_dmarc_record_write(&record, &buf);
    *text_out = seki_buf_str(&buf);
    if (seki_buf_failed(&buf) != SEKI_LIMIT || seki_arena_failure(arena) != SEKI_OK)
        return seki_buf_failed(&buf);
    seki_error_set(why, N_("the record would have over %u octets: use fewer addresses"), MAX_RECORD_OCTETS);
    return SEKI_BAD_INPUT;
}

/* 3. Its check. */

static void check(struct domain_run *run, const struct domain_dmarc_draft *draft,
                  struct domain_dmarc_draft_report *report)
{
    struct seki_dmarc_walks walks = { .arena = run->arena };
    struct seki_dmarc_record record;
    struct domain_dmarc_subject subject = { .name = SEKI_STR("_dmarc"), .domain = draft->domain, .is_draft = true };
    bool has_domain = draft->domain.len > 0;
    if (has_domain) { /* the Organizational Domain is the same whether the record is there or not */
        subject.name = domain_below(run, "_dmarc", draft->domain);
        if (seki_dmarc_walk_org_domain(&walks, draft->domain, run->answers, &subject.org_domain) ==
            SEKI_NEED_ANSWERS)
            run->is_blocked = true;
    }
    if (domain_dmarc_judge(run, &subject, draft->text, &record))
        report->destinations = domain_dmarc_destinations(run, has_domain ? &walks : NULL, &subject, &record,
                                                         &report->destination_count);
}

enum seki_result domain_dmarc_check_step(struct seki_arena *arena, const struct domain_dmarc_draft *draft,
                                         struct seki_answers *answers, struct domain_dmarc_draft_report *report_out,
                                         struct seki_error *why)
{
    const struct domain_survey_options options = { .domain = draft->domain, .psl = draft->psl };
    struct domain_run *run = domain_run_new(arena, NULL, &options, draft->domain, answers);
    *report_out = (struct domain_dmarc_draft_report){ 0 };
    if (run == NULL)
        return seki_arena_failure(arena);
    check(run, draft, report_out);
    enum seki_result result = domain_run_end(run, why);
    report_out->findings = run->findings;
    report_out->finding_count = run->finding_count;
    return result;
}
