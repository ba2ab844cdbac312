#include "domain/dmarc_judge.h"

#include "auth/dmarc_record.h"
#include "base/spelling.h"

struct judgement {
    struct domain_run *run;
    const struct domain_dmarc_subject *subject;
    const struct seki_dmarc_record *record;
    const struct seki_dmarc_pieces *pieces;
    bool may_hide_tags; /* a mistake was found that may have hidden a tag: that one is missing follows from it */
};

static const struct seki_str nothing = SEKI_STR_INIT("");

static const char *const tag_names[] = { "p",  "sp",    "np",   "psd", "t",  "rua", "ruf",
                                         "fo", "adkim", "aspf", "pct", "rf", "ri",  "v" };
#define TAG_COUNT (sizeof tag_names / sizeof tag_names[0])

static void find(struct judgement *j, enum domain_finding_id id, struct seki_str text1, struct seki_str text2,
                 struct seki_str text3)
{
    domain_find(j->run, id, j->subject->name, text1, text2, text3);
}

static bool is_tag(const struct seki_dmarc_piece *piece, const char *tag)
{
    return seki_str_equal_nocase(piece->tag, seki_str_of(tag));
}

/* The first piece of a tag that receivers know, whatever they make of its value. NULL: it is not there. */
static const struct seki_dmarc_piece *find_piece(const struct judgement *j, const char *tag)
{
    for (size_t i = 0; i < j->pieces->count; i++) {
        const struct seki_dmarc_piece *piece = &j->pieces->list[i];
        if ((piece->state == SEKI_DMARC_PIECE_READ || piece->state == SEKI_DMARC_PIECE_VALUE) && is_tag(piece, tag))
            return piece;
    }
    return NULL;
}

static struct seki_str policy_text(struct judgement *j, const char *tag, enum seki_dmarc_policy policy)
{
    return seki_arena_format(j->run->arena, "%s=%s", tag, seki_dmarc_policy_name(policy));
}

static bool is_enforced(enum seki_dmarc_policy policy)
{
    return policy == SEKI_DMARC_POLICY_QUARANTINE || policy == SEKI_DMARC_POLICY_REJECT;
}

/* 1. Pieces that receivers pass over. */

/* "tag =" at the front of text. */
static const char *tag_at(struct seki_str text)
{
    for (size_t i = 0; i < TAG_COUNT; i++) {
        struct seki_str name = seki_str_of(tag_names[i]);
        struct seki_str rest = seki_str_trim(seki_str_from(text, name.len));
        if (seki_str_starts_with_nocase(text, name) && rest.len > 0 && rest.ptr[0] == '=')
            return tag_names[i];
    }
    return NULL;
}

/* A comma, a space or a colon stands where a semicolon must: "p=none, rua=…" is one value. */
static bool find_swallowed(struct judgement *j, const struct seki_dmarc_piece *piece)
{
    bool is_start = piece->state == SEKI_DMARC_PIECE_URI; /* the comma before it is not part of it */
    for (struct seki_str rest = piece->value; rest.len > 0; rest = seki_str_from(rest, 1)) {
        const char *tag = is_start ? tag_at(rest) : NULL;
        if (tag != NULL) {
            find(j, DOMAIN_DMARC_SEPARATOR, piece->tag, seki_str_of(tag), domain_excerpt(j->run, rest));
            j->may_hide_tags = true;
            return true;
        }
        is_start = rest.ptr[0] == ' ' || rest.ptr[0] == '\t' || rest.ptr[0] == ',' || rest.ptr[0] == ':';
    }
    return false;
}

static void judge_unknown(struct judgement *j, const struct seki_dmarc_piece *piece)
{
    struct seki_spelling spelling = seki_spelling_of(piece->tag);
    for (size_t i = 0; i < TAG_COUNT; i++)
        seki_spelling_offer(&spelling, tag_names[i]);
    if (is_tag(piece, "v")) {
        find(j, DOMAIN_DMARC_TAG_REPEATED, piece->tag, nothing, nothing);
    } else if (is_tag(piece, "rf")) {
        find(j, DOMAIN_DMARC_RF, nothing, nothing, nothing);
    } else if (is_tag(piece, "ri")) {
        find(j, DOMAIN_DMARC_RI, nothing, nothing, nothing);
    } else if (spelling.nearest != NULL) {
        find(j, DOMAIN_DMARC_TAG_MISSPELT, piece->tag, seki_str_of(spelling.nearest), nothing);
        j->may_hide_tags = true;
    } else {
        find(j, DOMAIN_DMARC_TAG_UNKNOWN, domain_excerpt(j->run, piece->tag), nothing, nothing);
    }
}

static void judge_value(struct judgement *j, const struct seki_dmarc_piece *piece)
{
    static const struct {
        const char *tag, *otherwise; /* the default */
    } defaults[] = { { "adkim", "r" }, { "aspf", "r" }, { "t", "n" }, { "psd", "u" }, { "fo", "0" } };
    struct seki_str value = domain_excerpt(j->run, piece->value);
    if (is_tag(piece, "pct") || find_swallowed(j, piece)) /* pct is told of whatever its value */
        return;
    if (is_tag(piece, "p") || is_tag(piece, "sp") || is_tag(piece, "np"))
        find(j, j->record->rua_count > 0 ? DOMAIN_DMARC_POLICY_AS_NONE : DOMAIN_DMARC_POLICY_UNUSABLE, piece->tag,
             value, nothing);
    for (size_t i = 0; i < sizeof defaults / sizeof defaults[0]; i++)
        if (is_tag(piece, defaults[i].tag))
            find(j, DOMAIN_DMARC_VALUE, piece->tag, value, seki_str_of(defaults[i].otherwise));
}

static void judge_uri(struct judgement *j, const struct seki_dmarc_piece *piece)
{
    struct seki_str uri = piece->value;
    if (uri.len == 0 || find_swallowed(j, piece))
        return; /* "a,,b" and a comma at the end do no harm */
    bool is_bare = seki_str_find(uri, '@') < uri.len && seki_str_find(uri, ':') == uri.len;
    find(j, is_bare ? DOMAIN_DMARC_URI_BARE : DOMAIN_DMARC_URI, piece->tag, domain_excerpt(j->run, uri), nothing);
}

static void judge_piece(struct judgement *j, const struct seki_dmarc_piece *piece)
{
    switch (piece->state) {
    case SEKI_DMARC_PIECE_READ: break;
    case SEKI_DMARC_PIECE_NOT_A_TAG:
        find(j, DOMAIN_DMARC_NOT_A_TAG, domain_excerpt(j->run, piece->value), nothing, nothing);
        j->may_hide_tags = true;
        break;
    case SEKI_DMARC_PIECE_UNKNOWN: judge_unknown(j, piece); break;
    case SEKI_DMARC_PIECE_REPEATED: find(j, DOMAIN_DMARC_TAG_REPEATED, piece->tag, nothing, nothing); break;
    case SEKI_DMARC_PIECE_VALUE: judge_value(j, piece); break;
    case SEKI_DMARC_PIECE_URI: judge_uri(j, piece); break;
    case SEKI_DMARC_PIECE_SIZE:
        find(j, DOMAIN_DMARC_URI_SIZE, piece->tag, domain_excerpt(j->run, piece->value), nothing);
        break;
    }
}

/* 2. Policies. */

static void judge_p(struct judgement *j)
{
    const struct seki_dmarc_piece *p = find_piece(j, "p");
    if (p == NULL && !j->may_hide_tags)
        find(j, j->record->rua_count > 0 ? DOMAIN_DMARC_P_AS_NONE : DOMAIN_DMARC_P_UNUSABLE, nothing, nothing,
             nothing);
    /* RFC 7489 section 6.4: dmarc-record = dmarc-version dmarc-sep [dmarc-request] … */
    if (p != NULL && p != &j->pieces->list[0] && !j->may_hide_tags)
        find(j, DOMAIN_DMARC_P_NOT_SECOND, nothing, nothing, nothing);
}

/* Only those of the Organizational Domain's record count (RFC 9989 section 4.7, "sp"). */
static void judge_subdomains(struct judgement *j)
{
    static const char *const tags[] = { "sp", "np" };
    const struct seki_dmarc_record *record = j->record;
    struct seki_str org = j->subject->org_domain;
    if (org.len > 0 && !seki_str_equal(org, j->subject->domain)) {
        for (size_t i = 0; i < 2; i++)
            if (find_piece(j, tags[i]) != NULL)
                find(j, DOMAIN_DMARC_SUBDOMAINS_IGNORED, seki_str_of(tags[i]), org, nothing);
        return;
    }
    if (seki_dmarc_record_usability(record) != SEKI_DMARC_USABLE)
        return;
    enum seki_dmarc_policy sp = seki_dmarc_record_policy(record, SEKI_DMARC_REACH_SUBDOMAIN);
    enum seki_dmarc_policy np = seki_dmarc_record_policy(record, SEKI_DMARC_REACH_NONEXISTENT);
    if (sp < record->p)
        find(j, DOMAIN_DMARC_SUBDOMAINS_WEAKER, policy_text(j, "sp", sp), policy_text(j, "p", record->p), nothing);
    if (np < sp)
        find(j, DOMAIN_DMARC_SUBDOMAINS_WEAKER, policy_text(j, "np", np),
             policy_text(j, record->sp != SEKI_DMARC_POLICY_UNSET ? "sp" : "p", sp), nothing);
}

static void judge_testing(struct judgement *j)
{
    enum seki_dmarc_policy p = seki_dmarc_record_policy(j->record, SEKI_DMARC_REACH_OWN);
    if (j->record->is_testing && is_enforced(p) && !j->subject->is_draft)
        find(j, DOMAIN_DMARC_TESTING, seki_str_of(seki_dmarc_policy_name(p)),
             seki_str_of(seki_dmarc_policy_name(seki_dmarc_policy_lowered(p))), nothing);
}

/* RFC 9989 appendix A.6: t=y is what became of pct=0, and no receiver samples any more. */
static void judge_pct(struct judgement *j)
{
    enum seki_dmarc_policy p = seki_dmarc_record_policy(j->record, SEKI_DMARC_REACH_OWN);
    struct seki_str policy = seki_str_of(seki_dmarc_policy_name(p));
    int pct = j->record->pct;
    if (find_piece(j, "pct") == NULL)
        return;
    if (!is_enforced(p) || j->record->is_testing || pct < 0 || pct == 100)
        find(j, DOMAIN_DMARC_PCT, nothing, nothing, nothing);
    else if (pct == 0)
        find(j, DOMAIN_DMARC_PCT_ZERO, policy, nothing, nothing);
    else
        find(j, DOMAIN_DMARC_PCT_PART, policy, domain_number(j->run, (uint64_t)pct), nothing);
}

static void judge_psd(struct judgement *j)
{
    const struct seki_psl *psl = j->run->options->psl;
    if (j->record->psd != SEKI_DMARC_PSD_YES)
        return;
    if (psl != NULL && seki_psl_registrable(psl, j->subject->domain).len > 0)
        find(j, DOMAIN_DMARC_PSD, nothing, nothing, nothing);
    if (find_piece(j, "ruf") != NULL)
        find(j, DOMAIN_DMARC_RUF_OF_PSD, nothing, nothing, nothing);
}

/* 3. Reports. */

static bool has_unread_uri(const struct judgement *j, const char *tag)
{
    for (size_t i = 0; i < j->pieces->count; i++) {
        const struct seki_dmarc_piece *piece = &j->pieces->list[i];
        if (piece->state == SEKI_DMARC_PIECE_URI && piece->value.len > 0 && is_tag(piece, tag))
            return true;
    }
    return false;
}

static void judge_reports(struct judgement *j)
{
    enum seki_dmarc_policy p = seki_dmarc_record_policy(j->record, SEKI_DMARC_REACH_OWN);
    bool is_there = j->record->rua_count > 0 || has_unread_uri(j, "rua") || j->may_hide_tags;
    if (!is_there && p == SEKI_DMARC_POLICY_NONE)
        find(j, DOMAIN_DMARC_NOTHING_ASKED, nothing, nothing, nothing);
    if (!is_there && is_enforced(p) && !j->subject->is_parked)
        find(j, DOMAIN_DMARC_NO_REPORTS, nothing, nothing, nothing);
    const struct seki_dmarc_piece *fo = find_piece(j, "fo");
    if (fo != NULL && fo->state == SEKI_DMARC_PIECE_READ && find_piece(j, "ruf") == NULL && !j->may_hide_tags)
        find(j, DOMAIN_DMARC_FO_ALONE, nothing, nothing, nothing);
}

bool domain_dmarc_judge(struct domain_run *run, const struct domain_dmarc_subject *subject, struct seki_str text,
                        struct seki_dmarc_record *record_out)
{
    struct seki_dmarc_pieces pieces;
    struct judgement j = { .run = run, .subject = subject, .record = record_out, .pieces = &pieces };
    if (seki_dmarc_record_read(run->arena, text, record_out, &pieces, NULL) != SEKI_OK)
        return false;
    for (size_t i = 0; i < pieces.count; i++)
        judge_piece(&j, &pieces.list[i]);
    judge_p(&j);
    judge_subdomains(&j);
    judge_testing(&j);
    judge_pct(&j);
    judge_psd(&j);
    judge_reports(&j);
    return true;
}
