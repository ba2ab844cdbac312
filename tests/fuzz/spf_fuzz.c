/* SPF: records and whole evaluations in a world made of the input.
 *
 * The input is text. First line: "h" to check HELO or "m" for MAIL FROM, a space, the client's address. Second line:
 * HELO name. Third: MAIL FROM. Then the DNS (text_zone.h).
 *
 * What must hold: the evaluation ends; it keeps its limits; and its verdict is the same when all answers come at
 * once, one by one, latest question first, and when it starts anew with all answers there. */
#include "auth/spf_record.h"
#include "support/received_spf.h"
#include "text_zone.h"

#include <sekisho/buf.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_QUESTIONS 500

struct world {
    struct seki_spf_input input;
    struct seki_str dns;
};

static struct seki_spf_verdict evaluate(const struct world *world, struct seki_arena *arena,
                                        struct seki_answers *answers, bool all_at_once)
{
    struct seki_spf *spf = seki_spf_new(arena, &world->input);
    struct seki_spf_verdict verdict;
    const struct seki_answer *open;
    size_t count, rounds = 0;
    require(spf != NULL);
    enum seki_result result;
    while ((result = seki_spf_step(spf, answers, &verdict, NULL)) == SEKI_NEED_ANSWERS) {
        require(++rounds <= MAX_QUESTIONS && seki_answers_needed_count(answers) > 0);
        while ((open = text_zone_last_open(answers, &count)) != NULL) {
            text_zone_answer(world->dns, answers, open);
            if (!all_at_once)
                break;
        }
    }
    require(result == SEKI_OK);
    text_zone_last_open(answers, &count);
    require(count < MAX_QUESTIONS && verdict.lookups <= 10 && verdict.void_lookups <= 3);
    return verdict;
}

static void require_same(const struct seki_spf_verdict *a, const struct seki_spf_verdict *b)
{
    require(a->result == b->result && a->lookups == b->lookups && a->void_lookups == b->void_lookups);
    require(seki_str_equal(a->reason, b->reason) && seki_str_equal(a->mechanism, b->mechanism));
    require(seki_str_equal(a->explanation, b->explanation) && seki_str_equal(a->domain, b->domain));
}

/* Terms are cut from the record in order and miss nothing but spaces. */
static void check_record(struct seki_str text)
{
    struct seki_spf_record record;
    struct seki_spf_fault fault;
    if (!seki_spf_has_version(text) || !seki_spf_record_read(text, &record, &fault))
        return;
    struct seki_spf_term term;
    struct seki_str rest = record.terms;
    const char *at = rest.ptr;
    while (seki_spf_next_term(&rest, &term, &fault)) {
        for (; at < term.text.ptr; at++)
            require(*at == ' ');
        at = term.text.ptr + term.text.len;
    }
    require(fault.what == NULL);
    for (; at != NULL && at < text.ptr + text.len; at++)
        require(*at == ' ');
}

static void check_records(struct seki_str dns)
{
    struct seki_str line;
    while (seki_str_split(&dns, '\n', &line)) {
        text_zone_cut(&line, ' ');
        text_zone_cut(&line, ' ');
        check_record(line);
    }
}

/* Whatever the world gave, the field is one field, by its grammar, in lines that may be sent. */
static void check_received_field(struct seki_arena *arena, const struct seki_spf_input *input,
                                 const struct seki_spf_verdict *verdict)
{
    struct received_spf field;
    struct seki_buf buf;
    seki_buf_init_arena(&buf, arena, 1 << 16);
    seki_spf_received_field(input, verdict, &buf);
    require(seki_buf_failed(&buf) == SEKI_OK && received_spf_read(arena, seki_buf_str(&buf), &field));
    require(seki_str_equal(field.result, seki_str_of(seki_spf_result_name(verdict->result))));
    require(field.pair_count >= 3 && field.pair_count <= 6);
    struct seki_str rest = seki_buf_str(&buf), line;
    for (bool is_first = true; seki_str_split(&rest, '\n', &line); is_first = false)
        require(line.len <= 985 && (is_first || seki_is_wsp(line.ptr[0])));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world world = { .dns = { (const char *)data, size } };
    struct seki_str first = text_zone_cut(&world.dns, '\n');
    bool is_helo = seki_str_equal(text_zone_cut(&first, ' '), SEKI_STR("h"));
    world.input.identity = is_helo ? SEKI_SPF_HELO : SEKI_SPF_MAIL_FROM;
    if (!seki_ip_parse(first, &world.input.client))
        return 0;
    world.input.helo = text_zone_cut(&world.dns, '\n');
    world.input.mail_from = text_zone_cut(&world.dns, '\n');
    check_records(world.dns);
    struct seki_arena *arena = seki_arena_new((size_t)64 << 20);
    struct seki_answers *answers = seki_answers_new(arena, MAX_QUESTIONS);
    struct seki_spf_verdict at_once = evaluate(&world, arena, answers, true);
    world.input.trace = seki_trace_new(arena);
    struct seki_spf_verdict anew = evaluate(&world, arena, answers, true);
    require_same(&at_once, &anew);
    struct seki_spf_verdict one_by_one = evaluate(&world, arena, seki_answers_new(arena, MAX_QUESTIONS), false);
    require_same(&at_once, &one_by_one);
    check_received_field(arena, &world.input, &at_once);
    seki_arena_free(arena);
    return 0;
}
