/* DNS for the tests of DMARC: a table of TXT records; what is not in it does not exist. */
#ifndef AUTH_DMARC_TEST_ZONE_H
#define AUTH_DMARC_TEST_ZONE_H

#include <sekisho/answers.h>

#define FAILS  "FAILS"  /* instead of a record: the look-up fails */
#define EXISTS "EXISTS" /* instead of a record: the name exists without TXT */

struct zone_entry {
    const char *name, *text;
};

static inline void zone_answer_one(const struct zone_entry *zone, struct seki_answers *answers,
                                   const struct seki_answer *question)
{
    struct seki_record records[8];
    struct seki_answer outcome = { .status = SEKI_ANSWER_NXDOMAIN, .records = records };
    for (; zone->name != NULL; zone++) {
        if (!seki_str_equal(question->name, seki_str_of(zone->name)))
            continue;
        if (outcome.status == SEKI_ANSWER_NXDOMAIN)
            outcome.status = SEKI_ANSWER_NODATA;
        if (strcmp(zone->text, FAILS) == 0) {
            outcome.status = SEKI_ANSWER_FAILED;
            outcome.failure = SEKI_STR("SERVFAIL");
        } else if (strcmp(zone->text, EXISTS) != 0) {
            outcome.status = SEKI_ANSWER_FOUND;
            records[outcome.record_count++] = (struct seki_record){ .text = seki_str_of(zone->text) };
        }
    }
    if (seki_answers_enter(answers, question, &outcome) != SEKI_OK)
        abort();
}

static inline void zone_answer(const struct zone_entry *zone, struct seki_answers *answers)
{
    const struct seki_answer *question;
    while ((question = seki_answers_next_open(answers)) != NULL)
        zone_answer_one(zone, answers, question);
}

#endif
