/* The tree walk with answers from the input: it ends, asks at most eight names, and comes to the same end in whatever
 * order the answers arrive.
 *
 * Input: the start on the first line; then one line for each question, in their order: "" does not exist, "-" has no
 * TXT, "!" fails, anything else is TXT records separated by "|". */
#include "auth/dmarc_walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_RECORDS 8u

static void require(bool holds)
{
    if (!holds)
        abort();
}

static struct seki_str line_at(struct seki_str text, size_t index)
{
    struct seki_str line;
    for (size_t i = 0; seki_str_split(&text, '\n', &line); i++)
        if (i == index)
            return line;
    return SEKI_STR("");
}

static void answer(struct seki_answers *answers, const struct seki_answer *question, struct seki_str line)
{
    struct seki_record records[MAX_RECORDS];
    struct seki_answer outcome = { .status = SEKI_ANSWER_FOUND, .records = records };
    struct seki_str text;
    if (line.len == 0)
        outcome.status = SEKI_ANSWER_NXDOMAIN;
    else if (seki_str_equal(line, SEKI_STR("-")))
        outcome.status = SEKI_ANSWER_NODATA;
    else if (seki_str_equal(line, SEKI_STR("!")))
        outcome.status = SEKI_ANSWER_FAILED;
    else
        while (outcome.record_count < MAX_RECORDS && seki_str_split(&line, '|', &text))
            records[outcome.record_count++] = (struct seki_record){ .text = text };
    require(seki_answers_enter(answers, question, &outcome) == SEKI_OK);
}

static size_t question_count(const struct seki_answers *answers)
{
    size_t count = 0;
    while (seki_answers_at(answers, count) != NULL)
        count++;
    return count;
}

/* Walk with all answers at once, or one a step from the last to the first. */
static struct seki_dmarc_walk *walk(struct seki_arena *arena, struct seki_str start, struct seki_str text,
                                    bool is_backwards)
{
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_dmarc_walks *walks = seki_arena_alloc(arena, 1, sizeof *walks);
    walks->arena = arena;
    struct seki_dmarc_walk *walk = seki_dmarc_walk_get(walks, start);
    require(walk != NULL);
    size_t steps = 0;
    enum seki_result result;
    while ((result = seki_dmarc_walk_step(walks, walk, answers)) == SEKI_NEED_ANSWERS) {
        size_t count = question_count(answers);
        require(count <= SEKI_DMARC_WALK_MAX && ++steps <= SEKI_DMARC_WALK_MAX + 1);
        for (size_t i = count; i > 0; i--) {
            const struct seki_answer *question = seki_answers_at(answers, i - 1);
            if (question->status != SEKI_ANSWER_OPEN)
                continue;
            answer(answers, question, line_at(text, i));
            if (is_backwards)
                break;
        }
    }
    require(result == SEKI_OK && walk->is_done);
    return walk;
}

static struct seki_str place(const struct seki_dmarc_name *name)
{
    return name != NULL ? name->domain : SEKI_STR("");
}

static void check(const struct seki_dmarc_walk *walk)
{
    require((walk->org_domain.len == 0) == (walk->failed != NULL));
    require(walk->org_domain.len == 0 || seki_domain_is_within(walk->start, walk->org_domain));
    require(walk->org == NULL || seki_str_equal(walk->org->domain, walk->org_domain));
    require(walk->psd == NULL || walk->psd->record.psd == SEKI_DMARC_PSD_YES);
    require(walk->org == NULL || walk->org->standing == SEKI_DMARC_STANDING_RECORD);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seki_str text = { (const char *)data, size };
    struct seki_arena *arena = seki_arena_new(1 << 22);
    struct seki_str start;
    if (size < 60000 && seki_domain_to_ascii(arena, line_at(text, 0), &start) == SEKI_OK) {
        const struct seki_dmarc_walk *first = walk(arena, start, text, false);
        const struct seki_dmarc_walk *second = walk(arena, start, text, true);
        check(first);
        require(seki_str_equal(first->org_domain, second->org_domain) && first->org_rule == second->org_rule);
        require(first->read_count == second->read_count);
        require(seki_str_equal(place(first->org), place(second->org)));
        require(seki_str_equal(place(first->psd), place(second->psd)));
    }
    seki_arena_free(arena);
    return 0;
}
