#include "domain/spf_judge.h"

#include "domain/spf_fault.h"
#include "domain/spf_pretender.h"
#include "domain/spf_term_judge.h"
#include "domain/spf_void_judge.h"

#define MAX_STRING_OCTETS 255u  /* RFC 1035 section 3.3 */
#define MAX_RECORD_OCTETS 450u  /* RFC 7208 section 3.4, with the name */
#define MAX_ANSWER_OCTETS 1232u /* what resolvers ask for nowadays, so that nothing is fragmented */
#define TOLD_TERMS        3u

static const struct seki_str nothing = SEKI_STR_INIT("");

struct judge {
    struct domain_run *run;
    const struct domain_spf_subject *subject;
    bool has_loop;
};

static void judge_place(struct judge *judge, const struct domain_spf_place *place, bool is_policy,
                        struct seki_str through);

static bool is_own(const struct judge *judge, const struct domain_spf_place *place)
{
    return seki_domain_is_within(place->name, judge->run->domain);
}

/* 1. Texts. */

static const struct seki_answer *texts_of(struct judge *judge, const struct domain_spf_place *place)
{
    static const struct seki_answer none = { 0 };
    bool is_given = place->above == NULL && judge->subject->text.ptr != NULL;
    if (is_given || !seki_domain_fits_dns(place->name) || seki_domain_label_count(place->name) < 2)
        return &none;
    return domain_ask_quietly(judge->run, place->name, SEKI_RR_TXT);
}

static void judge_text(struct judge *judge, const struct domain_spf_place *place, struct seki_str text,
                       bool *is_explained)
{
    struct seki_str begin;
    enum domain_finding_id id = domain_spf_pretender(text, &begin);
    bool has_record = place->state != DOMAIN_SPF_NONE;
    if (domain_spf_is_sender_id(text)) {
        if (is_own(judge, place))
            domain_find(judge->run, DOMAIN_SPF_SENDER_ID, place->name, domain_excerpt(judge->run, text), nothing,
                        nothing);
    } else if (id != DOMAIN_FINDING_KINDS) {
        domain_find(judge->run, has_record ? DOMAIN_SPF_LEFTOVER : id, place->name,
                    domain_excerpt(judge->run, has_record ? text : begin), nothing, nothing);
        *is_explained = true;
    }
}

/* Beside the record, or in its place. @return whether one of them explains that there is no record */
static bool judge_texts(struct judge *judge, const struct domain_spf_place *place)
{
    const struct seki_answer *texts = texts_of(judge, place);
    bool is_explained = false;
    for (size_t i = 0; i < texts->record_count; i++)
        if (!seki_spf_has_version(texts->records[i].text))
            judge_text(judge, place, texts->records[i].text, &is_explained);
    return is_explained;
}

static void judge_sizes(struct judge *judge, const struct domain_spf_place *place)
{
    const struct seki_answer *texts = texts_of(judge, place);
    struct domain_run *run = judge->run;
    struct seki_str octets = domain_number(run, place->record.len);
    size_t sum = 0;
    bool has_long_string = false;
    for (size_t i = 0; i < texts->record_count; i++) {
        sum += texts->records[i].text.len;
        has_long_string = has_long_string || (texts->records[i].has_long_string &&
                                              seki_str_equal(texts->records[i].text, place->record));
    }
    if (has_long_string)
        domain_find(run, DOMAIN_SPF_LONG_STRING, place->name, nothing, nothing, nothing);
    if (texts->record_count == 0 && place->record.len > MAX_STRING_OCTETS)
        domain_find(run, DOMAIN_SPF_NEEDS_SPLITTING, place->name, octets, nothing, nothing);
    if (sum > MAX_ANSWER_OCTETS)
        domain_find(run, DOMAIN_SPF_ANSWER_LARGE, place->name, domain_number(run, sum), nothing, nothing);
    else if (place->record.len + place->name.len > MAX_RECORD_OCTETS)
        domain_find(run, DOMAIN_SPF_RECORD_LONG, place->name, octets, nothing, nothing);
}

/* 2. No record. */

static void judge_absence(struct judge *judge, const struct domain_spf_place *top)
{
    struct seki_str begin;
    if (judge->subject->text.ptr != NULL) {
        struct seki_str text = judge->subject->text;
        enum domain_finding_id id = domain_spf_pretender(text, &begin);
        if (id == DOMAIN_FINDING_KINDS)
            id = DOMAIN_SPF_OTHER_TEXT;
        domain_find(judge->run, id, top->name, domain_excerpt(judge->run, begin), nothing, nothing);
    } else if (domain_exists(judge->run) && !judge_texts(judge, top)) {
        const struct seki_answer *mx = domain_ask_quietly(judge->run, top->name, SEKI_RR_MX);
        bool is_null = mx->record_count == 1 && mx->records[0].text.len == 0;
        bool has_none = mx->status == SEKI_ANSWER_NODATA || mx->status == SEKI_ANSWER_NXDOMAIN || is_null;
        domain_find(judge->run, has_none ? DOMAIN_SPF_NO_MAIL_UNSAID : DOMAIN_SPF_MISSING, top->name, nothing,
                    nothing, nothing);
    }
}

/* Section 3.1: "Use of alternative DNS RR types was supported in SPF's experimental phase but has been discontinued."
 * @return whether the record has such a type alone */
static bool judge_type_spf(struct judge *judge, const struct domain_spf_place *top)
{
    bool is_alone = top->state == DOMAIN_SPF_NONE;
    if (judge->subject->text.ptr != NULL ||
        domain_ask_quietly(judge->run, top->name, SEKI_RR_SPF)->record_count == 0)
        return false;
    domain_find(judge->run, is_alone ? DOMAIN_SPF_ONLY_TYPE_99 : DOMAIN_SPF_TYPE_99, top->name, nothing, nothing,
                nothing);
    return is_alone;
}

static void judge_several(struct judge *judge, const struct domain_spf_place *place)
{
    const struct seki_answer *texts = texts_of(judge, place);
    uint64_t count = 0;
    for (size_t i = 0; i < texts->record_count; i++)
        count += seki_spf_has_version(texts->records[i].text);
    domain_find(judge->run, DOMAIN_SPF_TWO_RECORDS, place->name, domain_number(judge->run, count), nothing,
                nothing);
}

/* 3. Where terms lead. */

/* "a → b → a", from the place that the term leads back to. */
static struct seki_str circle(struct judge *judge, const struct domain_spf_place *place, struct seki_str name)
{
    struct seki_str path = name;
    for (; place != NULL && !seki_str_equal(place->name, name); place = place->above)
        path = seki_arena_format(judge->run->arena, "%.*s → %.*s", SEKI_STR_ARGS(place->name), SEKI_STR_ARGS(path));
    return seki_arena_format(judge->run->arena, "%.*s → %.*s", SEKI_STR_ARGS(name), SEKI_STR_ARGS(path));
}

static void judge_loop(struct judge *judge, const struct domain_spf_place *place,
                       const struct domain_spf_term *term)
{
    judge->has_loop = true;
    if (seki_str_equal(place->name, term->name))
        domain_find(judge->run, DOMAIN_SPF_INCLUDE_SELF, place->name, term->text, nothing, nothing);
    else
        domain_find(judge->run, DOMAIN_SPF_LOOP, place->name, term->text,
                    domain_excerpt(judge->run, circle(judge, place, term->name)), nothing);
}

/* Nothing is a record there, and no text means to be one; or there are several. */
static void judge_unusable(struct judge *judge, const struct domain_spf_place *place,
                           const struct domain_spf_term *term)
{
    bool is_mail = seki_str_find(term->name, '@') < term->name.len;
    enum domain_finding_id id = is_mail ? DOMAIN_SPF_MAIL_ADDRESS : DOMAIN_SPF_INCLUDE_NO_RECORD;
    if (term->target->state == DOMAIN_SPF_SEVERAL)
        id = DOMAIN_SPF_INCLUDE_TWO_RECORDS;
    else if (domain_spf_find_glued(judge->run, place, term->text))
        return;
    domain_find(judge->run, id, place->name, domain_excerpt(judge->run, term->text),
                domain_excerpt(judge->run, term->name), nothing);
}

static void find_broken(struct judge *judge, const struct domain_spf_place *place, struct seki_str at,
                        struct seki_str through)
{
    domain_find(judge->run, DOMAIN_SPF_INCLUDE_BROKEN, place->name, through, domain_excerpt(judge->run, at),
                nothing);
}

/* The term that makes a record invalid. */
static struct seki_str broken_at(const struct domain_spf_place *place)
{
    struct seki_spf_record record;
    struct seki_spf_fault fault;
    return seki_spf_record_read(place->record, &record, &fault) ? nothing : fault.term;
}

/* @param through  our own term that leads to the target */
static void judge_target(struct judge *judge, const struct domain_spf_place *place,
                         const struct domain_spf_term *term, bool is_policy, struct seki_str through)
{
    const struct domain_spf_place *target = term->target;
    bool is_mine = is_policy || is_own(judge, place);
    if (term->state == DOMAIN_SPF_TERM_LOOP)
        judge_loop(judge, place, term);
    if (target == NULL)
        return;
    bool is_unusable =
        target->state == DOMAIN_SPF_SEVERAL || (target->state == DOMAIN_SPF_NONE && !judge_texts(judge, target));
    if (is_unusable && is_mine)
        judge_unusable(judge, place, term);
    else if (is_unusable)
        find_broken(judge, place, term->text, through);
    judge_place(judge, target, is_policy && term->read.kind == SEKI_SPF_TERM_REDIRECT, through);
}

/* 4. A record. Of other people's only what makes ours fail is told. */

static void judge_mine(struct judge *judge, const struct domain_spf_place *place, bool is_policy)
{
    judge_texts(judge, place);
    judge_sizes(judge, place);
    for (size_t i = 0; i < place->term_count;) {
        bool is_fault = place->terms[i].state == DOMAIN_SPF_TERM_SYNTAX;
        if (!is_fault)
            domain_spf_judge_term(judge->run, place, i);
        i += is_fault ? domain_spf_find_fault(judge->run, place, i) : 1;
    }
    domain_spf_judge_order(judge->run, place, is_policy);
    if (is_policy)
        domain_spf_judge_explanation(judge->run, place);
}

static void judge_foreign(struct judge *judge, const struct domain_spf_place *place, struct seki_str through)
{
    if (place->state == DOMAIN_SPF_BROKEN)
        find_broken(judge, place, broken_at(place), through);
    for (size_t i = 0; i < place->term_count; i++)
        domain_spf_judge_foreign_term(judge->run, place, i, through);
}

static void judge_place(struct judge *judge, const struct domain_spf_place *place, bool is_policy,
                        struct seki_str through)
{
    bool is_mine = is_policy || is_own(judge, place);
    if (place->record.len > 0 && is_mine)
        judge_mine(judge, place, is_policy);
    else if (place->record.len > 0)
        judge_foreign(judge, place, through);
    for (size_t i = 0; i < place->term_count; i++)
        judge_target(judge, place, &place->terms[i], is_policy, is_mine ? place->terms[i].text : through);
}

/* 5. Limits. */

/* "include:a.example (4), mx (1)", the dearest first. */
static struct seki_str dearest(struct judge *judge, const struct domain_spf_place *top)
{
    struct seki_str list = nothing;
    unsigned below = UINT32_MAX, told = 0;
    while (told < TOLD_TERMS && below > 1) {
        unsigned next = 0;
        for (size_t i = 0; i < top->term_count; i++) {
            unsigned lookups = top->terms[i].cost.lookups;
            next = lookups < below && lookups > next ? lookups : next;
        }
        for (size_t i = 0; next > 0 && i < top->term_count && told < TOLD_TERMS; i++) {
            if (top->terms[i].cost.lookups != next)
                continue;
            list = seki_arena_format(judge->run->arena, "%.*s%s%.*s (%u)", SEKI_STR_ARGS(list),
                                     told > 0 ? ", " : "", SEKI_STR_ARGS(top->terms[i].text), next);
            told++;
        }
        below = next;
    }
    return list;
}

static void judge_lookups(struct judge *judge, const struct domain_spf_report *report)
{
    unsigned lookups = report->top->cost.lookups;
    if (lookups <= DOMAIN_SPF_MAX_LOOKUPS || judge->has_loop)
        return;
    struct seki_str number = seki_arena_format(judge->run->arena, "%u%s", lookups, report->is_cut ? "+" : "");
    domain_find(judge->run, DOMAIN_SPF_TOO_MANY_LOOKUPS, report->top->name, number, dearest(judge, report->top),
                nothing);
}

void domain_spf_judge(struct domain_run *run, const struct domain_spf_subject *subject,
                      const struct domain_spf_report *report)
{
    struct judge judge = { .run = run, .subject = subject };
    const struct domain_spf_place *top = report->top;
    bool is_type_spf = judge_type_spf(&judge, top);
    if (top->state == DOMAIN_SPF_NONE && !is_type_spf)
        judge_absence(&judge, top);
    if (top->state == DOMAIN_SPF_SEVERAL)
        judge_several(&judge, top);
    judge_place(&judge, top, true, nothing);
    judge_lookups(&judge, report);
    domain_spf_judge_voids(run, report);
}
