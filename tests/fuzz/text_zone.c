#include "text_zone.h"

#include <stdlib.h>

#define MAX_RECORDS 32

void require(bool condition)
{
    if (!condition)
        abort();
}

struct seki_str text_zone_cut(struct seki_str *rest, char separator)
{
    struct seki_str piece = SEKI_STR("");
    seki_str_split(rest, separator, &piece);
    return piece;
}

/* Could it have been in a DNS message? There no label is empty, and the root stands alone. */
static bool can_be_name(struct seki_str text)
{
    struct seki_str label;
    bool can = true;
    if (text.len == 0)
        return true;
    while (seki_str_split(&text, '.', &label))
        can = can && label.len > 0;
    return can;
}

static bool can_be_record(enum seki_rr_type type, struct seki_str text, struct seki_record *record)
{
    switch (type) {
    case SEKI_RR_A:
    case SEKI_RR_AAAA: return seki_ip_parse(text, &record->address);
    case SEKI_RR_MX:
    case SEKI_RR_NS:
    case SEKI_RR_CNAME:
    case SEKI_RR_PTR: return can_be_name(text);
    default: return true;
    }
}

static void add_record(const struct seki_answer *question, struct seki_str text, struct seki_answer *outcome,
                       struct seki_record *records)
{
    struct seki_record *record = &records[outcome->record_count];
    *record = (struct seki_record){ .text = text };
    if (seki_str_equal(text, SEKI_STR("!"))) {
        outcome->status = SEKI_ANSWER_FAILED;
        outcome->record_count = 0; /* no driver has records of a failure */
    } else if (outcome->status != SEKI_ANSWER_FAILED && can_be_record(question->type, text, record)) {
        outcome->status = SEKI_ANSWER_FOUND;
        outcome->record_count++;
    }
}

void text_zone_answer(struct seki_str zone, struct seki_answers *answers, const struct seki_answer *question)
{
    struct seki_record records[MAX_RECORDS];
    struct seki_answer outcome = { .status = SEKI_ANSWER_NXDOMAIN, .records = records };
    struct seki_str rest = zone, line, type = seki_str_of(seki_rr_type_name(question->type));
    while (seki_str_split(&rest, '\n', &line) && outcome.record_count < MAX_RECORDS) {
        struct seki_str name = text_zone_cut(&line, ' ');
        if (!seki_str_equal_nocase(name, question->name) && !seki_str_equal(name, SEKI_STR("*")))
            continue;
        if (seki_str_equal(text_zone_cut(&line, ' '), type))
            add_record(question, line, &outcome, records);
        else if (outcome.status == SEKI_ANSWER_NXDOMAIN)
            outcome.status = SEKI_ANSWER_NODATA;
    }
    require(seki_answers_enter(answers, question, &outcome) == SEKI_OK);
}

const struct seki_answer *text_zone_last_open(struct seki_answers *answers, size_t *count_out)
{
    const struct seki_answer *open = NULL, *entry;
    for (*count_out = 0; (entry = seki_answers_at(answers, *count_out)) != NULL; ++*count_out)
        if (entry->status == SEKI_ANSWER_OPEN)
            open = entry;
    return open;
}
