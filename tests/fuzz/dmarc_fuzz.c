/* A whole DMARC evaluation: From, SPF, signatures and answers from the input. It ends, in few steps; whether answers come
 * at once or one by one from the last question, the verdict is the same; and what the verdict says holds together.
 *
 * Input, by lines: From field value; SPF result (a digit) and domain; signatures as results (digits) and domains with a
 * space between; then one line "name text|text" for each name in the DNS, with the text "-" for a name that has no TXT
 * and "!" for one that fails. */
#include <sekisho/dmarc.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_RECORDS    8u
#define MAX_SIGNATURES 6u
#define MAX_STEPS      150u

static void require(bool holds)
{
    if (!holds)
        abort();
}

struct input {
    struct seki_str from, zone;
    struct seki_spf_verdict spf;
    struct seki_dkim_signature_verdict signatures[MAX_SIGNATURES];
    struct seki_dkim_verdict dkim;
};

static struct seki_str next_line(struct seki_str *rest)
{
    struct seki_str line;
    return seki_str_split(rest, '\n', &line) ? line : SEKI_STR("");
}

/* "5example.com": a result and a domain. */
static unsigned read_result(struct seki_arena *arena, struct seki_str text, unsigned result_count,
                            struct seki_str *domain_out)
{
    if (seki_domain_to_ascii(arena, seki_str_from(text, 1), domain_out) != SEKI_OK)
        *domain_out = SEKI_STR("");
    return text.len > 0 && seki_is_digit(text.ptr[0]) ? (unsigned)(text.ptr[0] - '0') % result_count : 0;
}

static void read_input(struct seki_arena *arena, struct seki_str text, struct input *input)
{
    input->from = next_line(&text);
    input->spf.result = (enum seki_spf_result)read_result(arena, next_line(&text), 7, &input->spf.domain);
    struct seki_str line = next_line(&text), piece;
    input->dkim.signatures = input->signatures;
    while (input->dkim.signature_count < MAX_SIGNATURES && seki_str_split(&line, ' ', &piece)) {
        struct seki_dkim_signature_verdict *signature = &input->signatures[input->dkim.signature_count++];
        signature->result = (enum seki_dkim_result)read_result(arena, piece, 7, &signature->domain_ascii);
        signature->domain = signature->domain_ascii;
    }
    input->zone = text;
}

static void answer(const struct input *input, struct seki_answers *answers, const struct seki_answer *question)
{
    struct seki_record records[MAX_RECORDS];
    struct seki_answer outcome = { .status = SEKI_ANSWER_NXDOMAIN, .records = records };
    struct seki_str rest = input->zone, line, text;
    while (seki_str_split(&rest, '\n', &line)) {
        size_t space = seki_str_find(line, ' ');
        if (!seki_str_equal_nocase(seki_str_head(line, space), question->name))
            continue;
        struct seki_str texts = seki_str_from(line, space + 1);
        outcome.status = SEKI_ANSWER_NODATA;
        if (seki_str_equal(texts, SEKI_STR("!")))
            outcome.status = SEKI_ANSWER_FAILED;
        else if (!seki_str_equal(texts, SEKI_STR("-")))
            while (outcome.record_count < MAX_RECORDS && seki_str_split(&texts, '|', &text))
                records[outcome.record_count++] = (struct seki_record){ .text = text };
        if (outcome.record_count > 0)
            outcome.status = SEKI_ANSWER_FOUND;
        break;
    }
    require(seki_answers_enter(answers, question, &outcome) == SEKI_OK);
}

static void answer_open(const struct input *input, struct seki_answers *answers, bool is_backwards)
{
    size_t count = 0;
    while (seki_answers_at(answers, count) != NULL)
        count++;
    for (size_t i = count; i > 0; i--) {
        const struct seki_answer *question = seki_answers_at(answers, i - 1);
        if (question->status != SEKI_ANSWER_OPEN)
            continue;
        answer(input, answers, question);
        if (is_backwards)
            break;
    }
}

static struct seki_dmarc_verdict evaluate(struct seki_arena *arena, const struct input *input, bool is_backwards)
{
    struct seki_message *message = seki_message_new(arena, NULL);
    require(seki_message_add_field(message, SEKI_STR("From"), input->from) == SEKI_OK);
    struct seki_dmarc_options options = { .trace = seki_trace_new(arena) };
    struct seki_dmarc *dmarc;
    require(seki_dmarc_new(arena, message, &options, &dmarc, NULL) == SEKI_OK);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_dmarc_identifiers identifiers = { &input->spf, &input->dkim };
    struct seki_dmarc_verdict verdict;
    if (is_backwards)
        for (size_t i = 0; i < input->dkim.signature_count; i++)
            seki_dmarc_prefetch(dmarc, answers, input->signatures[i].domain);
    enum seki_result result;
    size_t steps = 0;
    while ((result = seki_dmarc_step(dmarc, answers, &identifiers, &verdict, NULL)) == SEKI_NEED_ANSWERS) {
        require(++steps <= MAX_STEPS && (is_backwards || steps <= 4));
        answer_open(input, answers, is_backwards);
    }
    require(result == SEKI_OK);
    return verdict;
}

static void same(const struct seki_dmarc_verdict *a, const struct seki_dmarc_verdict *b)
{
    require(a->result == b->result && a->published == b->published && a->policy == b->policy);
    require(a->disposition == b->disposition && a->spf_aligned == b->spf_aligned);
    require(a->dkim_aligned == b->dkim_aligned && seki_str_equal(a->dkim_domain, b->dkim_domain));
    require(seki_str_equal(a->from_domain, b->from_domain) && seki_str_equal(a->policy_domain, b->policy_domain));
    require(seki_str_equal(a->org_domain, b->org_domain));
}

static void check(const struct seki_dmarc_verdict *v)
{
    require(v->reason.len > 0 && (v->record != NULL) == (v->policy_domain.len > 0));
    require((v->result == SEKI_DMARC_PASS) == (v->spf_aligned || v->dkim_aligned));
    require(v->result != SEKI_DMARC_PASS || v->record != NULL);
    require(v->result != SEKI_DMARC_FAIL || v->policy != SEKI_DMARC_POLICY_UNSET);
    require(v->disposition == (v->result == SEKI_DMARC_FAIL ? v->policy : SEKI_DMARC_POLICY_NONE));
    require(v->policy <= v->published && v->dkim_aligned == (v->dkim_domain.len > 0));
    require((v->result == SEKI_DMARC_PERMERROR) == (v->author_unreadable.len > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 60000)
        return 0;
    struct seki_arena *arena = seki_arena_new(1 << 22);
    struct input input = { 0 };
    read_input(arena, (struct seki_str){ (const char *)data, size }, &input);
    struct seki_dmarc_verdict first = evaluate(arena, &input, false);
    struct seki_dmarc_verdict second = evaluate(arena, &input, true);
    check(&first);
    same(&first, &second);
    seki_arena_free(arena);
    return 0;
}
