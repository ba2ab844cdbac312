#include "dns/answers_restore.h"

#include "base/i18n.h"

#include <sekisho/domain.h>

#include <stddef.h>

/* Two hostile SPF records can need 122 questions each (RFC 7208 section 4.6.4: 10 terms with 10 exchanges, reverse
 * names, explanation), and must not leave DKIM and DMARC without. */
#define DEFAULT_MAX_QUESTIONS 500u

struct entry {
    struct seki_answer answer; /* first: an entry and its answer share their address */
    struct entry *next;
    uint32_t hash;
    bool is_needed;
};

struct seki_answers {
    struct seki_arena *arena;
    struct entry *first, *last, *next_open; /* next_open: everything before it has been taken */
    size_t count, max, open_count, needed_count;
};

struct seki_answers *seki_answers_new(struct seki_arena *arena, size_t max_questions)
{
    struct seki_answers *answers = seki_arena_alloc(arena, 1, sizeof *answers);
    if (answers == NULL)
        return NULL;
    answers->arena = arena;
    answers->max = max_questions > 0 ? max_questions : DEFAULT_MAX_QUESTIONS;
    return answers;
}

static struct entry *find(const struct seki_answers *answers, struct seki_str name, enum seki_rr_type type,
                          uint32_t hash)
{
    for (struct entry *e = answers->first; e != NULL; e = e->next)
        if (e->hash == hash && e->answer.type == type && seki_str_equal_nocase(e->answer.name, name))
            return e;
    return NULL;
}

static struct entry *append(struct seki_answers *answers, struct seki_str name, enum seki_rr_type type,
                            uint32_t hash)
{
    struct entry *e = seki_arena_alloc(answers->arena, 1, sizeof *e);
    if (e == NULL)
        return NULL;
    e->answer.name = seki_arena_copy_lower(answers->arena, name);
    if (e->answer.name.ptr == NULL)
        return NULL;
    e->answer.type = type;
    e->hash = hash;
    if (answers->last != NULL)
        answers->last->next = e;
    else
        answers->first = e;
    answers->last = e;
    answers->count++;
    return e;
}

/* Some questions have their answer without asking anybody. */
static void open_or_settle(struct seki_answers *answers, struct entry *e)
{
    if (!seki_domain_fits_dns(e->answer.name)) {
        e->answer.status = SEKI_ANSWER_NXDOMAIN;
        e->answer.failure = SEKI_STR(N_("not a DNS name, nobody was asked"));
        e->answer.is_taken = true;
    } else if (answers->count > answers->max) {
        e->answer.status = SEKI_ANSWER_FAILED;
        e->answer.failure = SEKI_STR(N_("too many questions for one message"));
        e->answer.is_taken = true;
    } else {
        answers->open_count++;
        if (answers->next_open == NULL)
            answers->next_open = e;
    }
}

static struct entry *find_or_append(struct seki_answers *answers, struct seki_str name, enum seki_rr_type type,
                                    size_t max_count)
{
    if (name.len > 0 && name.ptr[name.len - 1] == '.')
        name.len--;
    uint32_t hash = seki_str_hash_nocase(name);
    struct entry *e = find(answers, name, type, hash);
    if (e != NULL || answers->count >= max_count)
        return e;
    e = append(answers, name, type, hash);
    if (e != NULL)
        open_or_settle(answers, e);
    return e;
}

const struct seki_answer *seki_answers_ask(struct seki_answers *answers, struct seki_str name,
                                           enum seki_rr_type type)
{
    struct entry *e = find_or_append(answers, name, type, SIZE_MAX);
    if (e == NULL)
        return NULL;
    if (!e->is_needed && e->answer.status == SEKI_ANSWER_OPEN)
        answers->needed_count++;
    e->is_needed = true;
    e->answer.is_prefetch = false;
    return &e->answer;
}

const struct seki_answer *seki_answers_prefetch(struct seki_answers *answers, struct seki_str name,
                                                enum seki_rr_type type)
{
    struct entry *e = find_or_append(answers, name, type, (answers->max + 3) / 4);
    if (e == NULL)
        return NULL;
    if (!e->is_needed)
        e->answer.is_prefetch = true;
    return &e->answer;
}

const struct seki_answer *seki_answers_next_open(struct seki_answers *answers)
{
    for (struct entry *e = answers->next_open; e != NULL; e = e->next) {
        if (e->answer.is_taken || e->answer.status != SEKI_ANSWER_OPEN)
            continue;
        e->answer.is_taken = true;
        answers->next_open = e->next;
        return &e->answer;
    }
    answers->next_open = NULL;
    return NULL;
}

size_t seki_answers_open_count(const struct seki_answers *answers)
{
    return answers->open_count;
}

size_t seki_answers_needed_count(const struct seki_answers *answers)
{
    return answers->needed_count;
}

/* RFC 7208 section 3.4 asks SPF publishers to stay within 512 octets, the record of the largest key has some 3,000, and
 * DMARC records are shorter still; but 500 answers of the 65,535 octets that an answer may have fit into no memory that
 * a message may have. The bound is one for each answer, not for all together: what one domain answers must not decide
 * what is left for another's. */
static bool is_short_enough(const struct seki_answer *answer)
{
    size_t left = SEKI_ANSWER_MAX_OCTETS;
    if (answer->record_count > left / sizeof *answer->records)
        return false;
    left -= answer->record_count * sizeof *answer->records;
    for (size_t i = 0; i < answer->record_count; i++) {
        if (answer->records[i].text.len >= left) /* one for the NUL behind it */
            return false;
        left -= answer->records[i].text.len + 1;
    }
    return true;
}

static bool copy_records(struct seki_answers *answers, struct seki_answer *to, const struct seki_answer *from)
{
    struct seki_record *records = seki_arena_alloc(answers->arena, from->record_count, sizeof *records);
    if (records == NULL)
        return false;
    for (size_t i = 0; i < from->record_count; i++) {
        records[i] = from->records[i];
        records[i].text = seki_arena_copy(answers->arena, from->records[i].text);
        if (records[i].text.ptr == NULL)
            return false;
    }
    to->records = records;
    to->record_count = from->record_count;
    return true;
}

static enum seki_result leave_out(struct seki_answer *answer, struct seki_str failure, enum seki_result result)
{
    answer->status = SEKI_ANSWER_FAILED;
    answer->failure = failure;
    return result;
}

enum seki_result seki_answers_enter(struct seki_answers *answers, const struct seki_answer *question,
                                    const struct seki_answer *outcome)
{
    struct entry *e = (struct entry *)(uintptr_t)question; /* ours: handed out as const so that only we write */
    if (e->answer.status != SEKI_ANSWER_OPEN)
        return SEKI_OK;
    answers->open_count--;
    if (e->is_needed)
        answers->needed_count--;
    e->answer.is_taken = true;
    e->answer.dnssec = outcome->dnssec;
    e->answer.ttl_s = outcome->ttl_s;
    e->answer.asked_at_us = outcome->asked_at_us;
    e->answer.answered_at_us = outcome->answered_at_us;
    if (!is_short_enough(outcome))
        return leave_out(&e->answer, SEKI_STR(N_("the answer is longer than anybody can use")), SEKI_LIMIT);
    if (!copy_records(answers, &e->answer, outcome))
        return leave_out(&e->answer, SEKI_STR(N_("the answer does not fit into the message's memory")),
                         seki_arena_failure(answers->arena));
    if (outcome->failure.len > 0)
        e->answer.failure = seki_arena_copy(answers->arena, outcome->failure);
    e->answer.status = outcome->status == SEKI_ANSWER_OPEN ? SEKI_ANSWER_FAILED : outcome->status;
    return SEKI_OK;
}

const struct seki_answer *seki_answers_after(const struct seki_answer *answer)
{
    const struct entry *next = ((const struct entry *)answer)->next;
    return next != NULL ? &next->answer : NULL;
}

size_t seki_answers_max_questions(const struct seki_answers *answers)
{
    return answers->max;
}

/* What has been settled without asking, or asked ahead, is told apart by the one who wrote it down. */
enum seki_result seki_answers_restore(struct seki_answers *answers, const struct seki_answer *known)
{
    uint32_t hash = seki_str_hash_nocase(known->name);
    bool can_be_asked = known->status != SEKI_ANSWER_OPEN || seki_domain_fits_dns(known->name);
    if (!can_be_asked || find(answers, known->name, known->type, hash) != NULL)
        return SEKI_BAD_INPUT;
    struct entry *e = append(answers, known->name, known->type, hash);
    if (e == NULL)
        return seki_arena_failure(answers->arena);
    e->answer.is_prefetch = known->is_prefetch;
    e->is_needed = !known->is_prefetch;
    answers->open_count++;
    answers->needed_count += e->is_needed;
    if (known->status != SEKI_ANSWER_OPEN)
        return seki_answers_enter(answers, &e->answer, known);
    if (answers->next_open == NULL)
        answers->next_open = e;
    return SEKI_OK;
}

size_t seki_answers_fail_open(struct seki_answers *answers, struct seki_str failure)
{
    size_t failed = 0;
    const struct seki_answer outcome = { .status = SEKI_ANSWER_FAILED, .failure = failure };
    for (struct entry *e = answers->first; e != NULL && answers->open_count > 0; e = e->next) {
        if (e->answer.status != SEKI_ANSWER_OPEN)
            continue;
        failed++;
        if (seki_answers_enter(answers, &e->answer, &outcome) != SEKI_OK)
            continue; /* failed all the same, with another reason */
    }
    return failed;
}

const struct seki_answer *seki_answers_at(const struct seki_answers *answers, size_t index)
{
    struct entry *e = answers->first;
    while (e != NULL && index-- > 0)
        e = e->next;
    return e != NULL ? &e->answer : NULL;
}

const char *seki_rr_type_name(enum seki_rr_type type)
{
    switch (type) {
    case SEKI_RR_A: return "A";
    case SEKI_RR_NS: return "NS";
    case SEKI_RR_CNAME: return "CNAME";
    case SEKI_RR_PTR: return "PTR";
    case SEKI_RR_MX: return "MX";
    case SEKI_RR_TXT: return "TXT";
    case SEKI_RR_AAAA: return "AAAA";
    case SEKI_RR_DS: return "DS";
    case SEKI_RR_SPF: return "SPF";
    }
    return "TYPE?";
}

const char *seki_answer_status_name(enum seki_answer_status status)
{
    static const char *const names[] = {
        [SEKI_ANSWER_OPEN] = N_("open"),     [SEKI_ANSWER_FOUND] = N_("found"),
        [SEKI_ANSWER_NODATA] = N_("nodata"), [SEKI_ANSWER_NXDOMAIN] = N_("nxdomain"),
        [SEKI_ANSWER_FAILED] = N_("failed"),
    };
    return names[status];
}
