#include "domain/survey_run.h"

#include <stdlib.h>

#define EXCERPT_OCTETS 80u

struct domain_run *domain_run_new(struct seki_arena *arena, struct seki_context *context,
                                  const struct domain_survey_options *options, struct seki_str domain,
                                  struct seki_answers *answers)
{
    struct domain_run *run = seki_arena_alloc(arena, 1, sizeof *run);
    if (run == NULL)
        return NULL;
    run->arena = arena;
    run->context = context;
    run->answers = answers;
    run->options = options;
    run->domain = domain;
    return run;
}

static int compare_findings(const void *left, const void *right)
{
    const struct domain_finding_kind *a = domain_finding_kind(left), *b = domain_finding_kind(right);
    if (a->area != b->area)
        return a->area < b->area ? -1 : 1;
    if (a->severity != b->severity)
        return a->severity > b->severity ? -1 : 1;
    return a == b ? 0 : a < b ? -1 : 1;
}

enum seki_result domain_run_end(struct domain_run *run, struct seki_error *why)
{
    enum seki_result failure = seki_arena_failure(run->arena);
    if (failure != SEKI_OK) {
        seki_error_set(why, "the survey needs more memory than it may have");
        return failure;
    }
    if (run->is_blocked)
        return SEKI_NEED_ANSWERS;
    qsort(run->findings, run->finding_count, sizeof run->findings[0], compare_findings);
    return SEKI_OK;
}

const struct seki_answer *domain_ask_quietly(struct domain_run *run, struct seki_str name, enum seki_rr_type type)
{
    static const struct seki_answer nothing = { 0 };
    const struct seki_answer *answer = seki_answers_ask(run->answers, name, type);
    if (answer == NULL || answer->status == SEKI_ANSWER_OPEN)
        run->is_blocked = true;
    return answer != NULL ? answer : &nothing;
}

bool domain_has_found(const struct domain_run *run, enum domain_finding_id id)
{
    for (size_t i = 0; i < run->finding_count; i++)
        if (run->findings[i].id == id)
            return true;
    return false;
}

static void find_failure(struct domain_run *run, struct seki_str name, const struct seki_answer *answer)
{
    bool is_bogus = answer->dnssec == SEKI_DNSSEC_BOGUS;
    if (!is_bogus || !domain_has_found(run, DOMAIN_DNSSEC_BOGUS))
        domain_find(run, is_bogus ? DOMAIN_DNSSEC_BOGUS : DOMAIN_DNS_FAILED, name,
                    seki_str_of(seki_rr_type_name(answer->type)), answer->failure, (struct seki_str){ 0 });
}

const struct seki_answer *domain_ask(struct domain_run *run, struct seki_str name, enum seki_rr_type type)
{
    const struct seki_answer *answer = domain_ask_quietly(run, name, type);
    if (answer->status == SEKI_ANSWER_FAILED)
        find_failure(run, name, answer);
    return answer;
}

bool domain_has_long_string(const struct seki_answer *answer)
{
    for (size_t i = 0; i < answer->record_count; i++)
        if (answer->records[i].has_long_string)
            return true;
    return false;
}

bool domain_exists(struct domain_run *run)
{
    return domain_ask_quietly(run, run->domain, SEKI_RR_TXT)->status != SEKI_ANSWER_NXDOMAIN;
}

static bool finding_equal(const struct domain_finding *a, const struct domain_finding *b)
{
    if (a->id != b->id || !seki_str_equal(a->name, b->name))
        return false;
    for (size_t i = 0; i < DOMAIN_FINDING_TEXTS; i++)
        if (!seki_str_equal(a->texts[i], b->texts[i]))
            return false;
    return true;
}

void domain_find(struct domain_run *run, enum domain_finding_id id, struct seki_str name, struct seki_str text1,
                 struct seki_str text2, struct seki_str text3)
{
    struct domain_finding finding = { .id = id, .name = name, .texts = { text1, text2, text3 } };
    for (size_t i = 0; i < run->finding_count; i++)
        if (finding_equal(&run->findings[i], &finding))
            return;
    if (run->finding_count == DOMAIN_FINDINGS_MAX)
        return;
    finding.name = seki_arena_copy(run->arena, name);
    for (size_t i = 0; i < DOMAIN_FINDING_TEXTS; i++)
        finding.texts[i] = seki_arena_copy(run->arena, finding.texts[i]);
    run->findings[run->finding_count++] = finding;
}

struct seki_str domain_below(struct domain_run *run, const char *prefix, struct seki_str name)
{
    return seki_arena_format(run->arena, "%s.%.*s", prefix, SEKI_STR_ARGS(name));
}

struct seki_str domain_excerpt(struct domain_run *run, struct seki_str text)
{
    size_t len = EXCERPT_OCTETS;
    if (text.len <= len)
        return text;
    while (len > EXCERPT_OCTETS - 4 && !seki_str_is_utf8(seki_str_head(text, len))) /* not through a character */
        len--;
    return seki_arena_format(run->arena, "%.*s…", (int)len, text.ptr);
}

struct seki_str domain_number(struct domain_run *run, uint64_t number)
{
    return seki_arena_format(run->arena, "%llu", (unsigned long long)number);
}
