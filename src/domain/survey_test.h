/* Surveys of zones that stand in a test as text, for the tests of the sections. */
#ifndef DOMAIN_SURVEY_TEST_H
#define DOMAIN_SURVEY_TEST_H

#include "dns/driver/master_file.h"
#include "domain/survey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SURVEY_TEST_MEMORY (64u << 20)

struct surveyed {
    struct seki_arena *arena;
    struct seki_context *context;
    struct domain_report report;
};

static inline void survey_answer(const struct master_file *zone, const char *failing, struct seki_answers *answers)
{
    static struct seki_dns_records records;
    const struct seki_answer failed = { .status = SEKI_ANSWER_FAILED, .failure = SEKI_STR_INIT("SERVFAIL") };
    const struct seki_answer *question;
    while ((question = seki_answers_next_open(answers)) != NULL) {
        struct seki_answer outcome = failed;
        if (failing == NULL || !seki_str_equal(question->name, seki_str_of(failing)))
            master_file_answer(zone, question, &records, &outcome);
        assert_int_equal(seki_answers_enter(answers, question, &outcome), SEKI_OK);
    }
}

/** @param zone     a master file; names not in it do not exist
 *  @param failing  look-ups of this name fail; NULL: none
 *  @return         to survey_release() */
static inline struct surveyed survey_zone(const char *zone, const char *failing,
                                          const struct domain_survey_options *options)
{
    struct seki_error why = { "" };
    struct surveyed done = { .arena = seki_arena_new(SURVEY_TEST_MEMORY), .context = seki_context_new(0, &why) };
    struct seki_answers *answers = seki_answers_new(done.arena, DOMAIN_SURVEY_QUESTIONS);
    struct master_file *file = master_file_parse(seki_str_of(zone), "zone", &why);
    struct domain_survey *survey;
    enum seki_result result;
    if (file == NULL)
        fail_msg("%s in\n%s", why.text, zone);
    assert_int_equal(domain_survey_new(done.arena, done.context, options, &survey, &why), SEKI_OK);
    while ((result = domain_survey_step(survey, answers, &done.report, &why)) == SEKI_NEED_ANSWERS)
        survey_answer(file, failing, answers);
    if (result != SEKI_OK)
        fail_msg("no report: %s", why.text);
    master_file_free(file);
    return done;
}

static inline void survey_release(struct surveyed *done)
{
    seki_context_free(done->context);
    seki_arena_free(done->arena);
}

/** Fail unless the findings of this area, in their order, are these ids, with a space between two. */
static inline void survey_want(const char *name, const struct surveyed *done, enum domain_area area,
                               const char *ids)
{
    struct seki_buf found;
    seki_buf_init_arena(&found, done->arena, 1 << 16);
    for (size_t i = 0; i < done->report.finding_count; i++) {
        const struct domain_finding_kind *kind = domain_finding_kind(&done->report.findings[i]);
        if (kind->area == area)
            seki_buf_add_format(&found, "%s%s", found.len > 0 ? " " : "", kind->id);
    }
    if (!seki_str_equal(seki_buf_str(&found), seki_str_of(ids)))
        fail_msg("%s: found \"%.*s\", not \"%s\"", name, SEKI_STR_ARGS(seki_buf_str(&found)), ids);
}

#endif
