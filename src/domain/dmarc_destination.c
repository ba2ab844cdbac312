#include "domain/dmarc_destination.h"

#include "auth/dmarc_record.h"
#include "domain/host.h"

struct scene {
    struct domain_run *run;
    struct seki_dmarc_walks *walks;
    const struct domain_dmarc_subject *subject;
    const struct seki_dmarc_record *record;
};

static const struct seki_str nothing = SEKI_STR_INIT("");

static void find(const struct scene *scene, enum domain_finding_id id, const struct domain_destination *d,
                 struct seki_str text2, struct seki_str text3)
{
    domain_find(scene->run, id, scene->subject->name, seki_str_of(d->tag), text2, text3);
}

/* 1. The host. */

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *place = c != '\0' ? strchr(digits, seki_ascii_lower(c)) : NULL;
    return place != NULL ? (int)(place - digits) : -1;
}

/* pct-encoded = "%" HEXDIG HEXDIG (RFC 3986 section 2.1) */
static struct seki_str percent_decode(struct seki_arena *arena, struct seki_str text)
{
    struct seki_buf buf;
    seki_buf_init_arena(&buf, arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        int high = text.ptr[i] == '%' && text.len - i > 2 ? hex_digit(text.ptr[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.ptr[i + 2]) : -1;
        seki_buf_add_char(&buf, low >= 0 ? (char)(high * 16 + low) : text.ptr[i]);
        i += low >= 0 ? 2 : 0;
    }
    return seki_buf_str(&buf);
}

/* addr-spec = local-part "@" domain (RFC 6068 section 2). Several addresses cannot be in one URI here: their comma
 * must be encoded (RFC 9989 section 4.8), which makes it part of an address. */
static bool read_host(struct seki_arena *arena, struct seki_str uri, struct seki_str *host_out)
{
    struct seki_str to = seki_str_from(uri, sizeof "mailto:" - 1);
    if (seki_str_starts_with(to, SEKI_STR("/"))) /* "mailto://d@example.com": in an address it is encoded */
        return false;
    to = seki_str_head(to, seki_str_find(to, '?'));
    to = percent_decode(arena, seki_str_head(to, seki_str_find(to, '#')));
    size_t at = seki_str_find_last(to, '@');
    struct seki_str local_part = seki_str_head(to, at), host = seki_str_from(to, at + 1);
    bool is_quoted = local_part.len > 0 && local_part.ptr[0] == '"';
    if (at == to.len || local_part.len == 0 || (!is_quoted && seki_str_find(local_part, '@') < local_part.len))
        return false;
    return seki_domain_to_ascii(arena, host, host_out) == SEKI_OK && seki_domain_label_count(*host_out) > 1;
}

/* 2. Does it receive mail? */

enum reception { RECEPTION_UNKNOWN, RECEPTION_NONE, RECEPTION_YES };

/* RFC 5321 section 5.1: without MX the host itself is one; RFC 7505: a null MX says that there is no mail. */
static enum reception reception_of(struct domain_run *run, struct seki_str name)
{
    const struct seki_answer *mx = domain_ask(run, name, SEKI_RR_MX);
    if (mx->status == SEKI_ANSWER_FOUND)
        return mx->record_count == 1 && mx->records[0].text.len == 0 ? RECEPTION_NONE : RECEPTION_YES;
    if (mx->status != SEKI_ANSWER_NODATA)
        return mx->status == SEKI_ANSWER_NXDOMAIN ? RECEPTION_NONE : RECEPTION_UNKNOWN;
    struct domain_host host = domain_host_ask(run, name);
    if (domain_host_has_address(&host))
        return RECEPTION_YES;
    return domain_host_is_missing(&host) ? RECEPTION_NONE : RECEPTION_UNKNOWN;
}

/* 3. Is it another organization, and does that want reports? */

static bool org_domain_of(const struct scene *scene, struct seki_str domain, struct seki_str *org_out)
{
    enum seki_result result = seki_dmarc_walk_org_domain(scene->walks, domain, scene->run->answers, org_out);
    if (result == SEKI_NEED_ANSWERS)
        scene->run->is_blocked = true;
    if (result != SEKI_OK || org_out->len > 0)
        return result == SEKI_OK;
    const struct seki_dmarc_walk *walk = seki_dmarc_walk_get(scene->walks, domain);
    if (walk != NULL && walk->failed != NULL)
        domain_ask(scene->run, walk->failed->answer->name, SEKI_RR_TXT); /* finds the failure */
    return false;
}

/* "the overriding URI MUST use the same destination host" (RFC 9990 section 4 step 9) */
static bool overrides_host(const struct scene *scene, const struct seki_answer *answer,
                           const struct domain_destination *d)
{
    bool is_ruf = strcmp(d->tag, "ruf") == 0;
    for (size_t i = 0; i < answer->record_count; i++) {
        struct seki_dmarc_record record;
        if (seki_dmarc_record_parse(scene->run->arena, answer->records[i].text, &record, NULL) != SEKI_OK)
            continue;
        const struct seki_str *uris = is_ruf ? record.ruf : record.rua;
        for (size_t u = 0; u < (is_ruf ? record.ruf_count : record.rua_count); u++) {
            struct seki_str host = nothing;
            if (!read_host(scene->run->arena, uris[u], &host) || !seki_str_equal(host, d->host))
                return true;
        }
    }
    return false;
}

static bool is_authorised(const struct seki_answer *answer)
{
    for (size_t i = 0; i < answer->record_count; i++)
        if (seki_dmarc_record_is_one(answer->records[i].text))
            return true;
    return false;
}

static enum domain_destination_state judge_external(const struct scene *scene, const struct domain_destination *d)
{
    const struct seki_answer *answer = domain_ask(scene->run, d->authorisation, SEKI_RR_TXT);
    if (answer->status == SEKI_ANSWER_OPEN || answer->status == SEKI_ANSWER_FAILED)
        return DOMAIN_DESTINATION_UNKNOWN;
    if (!is_authorised(answer))
        return DOMAIN_DESTINATION_NOT_AUTHORISED;
    return overrides_host(scene, answer, d) ? DOMAIN_DESTINATION_OVERRIDDEN : DOMAIN_DESTINATION_AUTHORISED;
}

/* A host that receives no mail is misspelt more often than not, so whether it wants reports does not matter then. */
static enum domain_destination_state judge_host(const struct scene *scene, struct domain_destination *d)
{
    struct seki_str ours, theirs;
    enum reception reception = reception_of(scene->run, d->host);
    bool has_ours = org_domain_of(scene, scene->subject->domain, &ours);
    bool has_theirs = org_domain_of(scene, d->host, &theirs);
    enum domain_destination_state state = DOMAIN_DESTINATION_UNKNOWN;
    if (has_ours && has_theirs && seki_str_equal(ours, theirs)) {
        state = DOMAIN_DESTINATION_INTERNAL;
    } else if (has_ours && has_theirs) {
        d->authorisation = seki_arena_format(scene->run->arena, "%.*s._report._dmarc.%.*s",
                                             SEKI_STR_ARGS(scene->subject->domain), SEKI_STR_ARGS(d->host));
        state = judge_external(scene, d);
    }
    return reception == RECEPTION_NONE ? DOMAIN_DESTINATION_NO_MAIL : state;
}

static void find_host(const struct scene *scene, const struct domain_destination *d)
{
    switch (d->state) {
    case DOMAIN_DESTINATION_NOT_AUTHORISED:
        find(scene, seki_domain_fits_dns(d->authorisation) ? DOMAIN_DMARC_EXTERNAL : DOMAIN_DMARC_EXTERNAL_LONG, d,
             d->host, d->authorisation);
        break;
    case DOMAIN_DESTINATION_OVERRIDDEN: find(scene, DOMAIN_DMARC_OVERRIDE, d, d->host, d->authorisation); break;
    case DOMAIN_DESTINATION_NO_MAIL: find(scene, DOMAIN_DMARC_NO_MAIL, d, d->host, nothing); break;
    default: break;
    }
}

/* 4. All of them. */

static void judge(const struct scene *scene, struct domain_destination *d)
{
    struct seki_str uri = domain_excerpt(scene->run, d->uri);
    if (scene->record->psd == SEKI_DMARC_PSD_YES && strcmp(d->tag, "ruf") == 0) {
        d->state = DOMAIN_DESTINATION_IGNORED; /* found with the record */
    } else if (!seki_str_starts_with_nocase(d->uri, SEKI_STR("mailto:"))) {
        d->state = DOMAIN_DESTINATION_OTHER_SCHEME;
        find(scene, DOMAIN_DMARC_URI_SCHEME, d, uri, nothing);
    } else if (!read_host(scene->run->arena, d->uri, &d->host)) {
        d->host = nothing;
        d->state = DOMAIN_DESTINATION_NO_ADDRESS;
        find(scene, DOMAIN_DMARC_URI_ADDRESS, d, uri, nothing);
    } else if (scene->walks != NULL) {
        d->state = judge_host(scene, d);
        find_host(scene, d);
    }
}

const struct domain_destination *domain_dmarc_destinations(struct domain_run *run, struct seki_dmarc_walks *walks,
                                                           const struct domain_dmarc_subject *subject,
                                                           const struct seki_dmarc_record *record,
                                                           size_t *count_out)
{
    const struct scene scene = { run, walks, subject, record };
    size_t count = record->rua_count + record->ruf_count;
    struct domain_destination *list = seki_arena_alloc(run->arena, count, sizeof *list);
    *count_out = list != NULL ? count : 0;
    for (size_t i = 0; i < *count_out; i++) {
        bool is_rua = i < record->rua_count;
        list[i].tag = is_rua ? "rua" : "ruf";
        list[i].uri = is_rua ? record->rua[i] : record->ruf[i - record->rua_count];
        judge(&scene, &list[i]);
    }
    return list;
}
