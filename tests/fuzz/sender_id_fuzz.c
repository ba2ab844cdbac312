/* Sender ID: a message's PRA, and which records hold for it, in a world made of the input.
 *
 * The input is text. First line: the client's address. Then a header, an empty line, and the DNS (text_zone.h).
 *
 * What must hold of the PRA: a field that the RFC does not know, and fields that hold white space only, change nothing;
 * it has a domain name exactly when there is no reason why not. Of the evaluation: it ends; it keeps its limits; its
 * verdict does not depend on how the answers come; and where a zone has no spf2.0 records, the mfrom scope is SPF. */
#include <sekisho/sender_id.h>

#include "auth/spf_scope.h"
#include "text_zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_QUESTIONS 500

struct world {
    struct seki_ip client;
    struct seki_str header, dns;
};

static bool same_pra(const struct seki_pra *a, const struct seki_pra *b)
{
    return seki_str_equal(a->local_part, b->local_part) && seki_str_equal(a->domain, b->domain) &&
           seki_str_equal(a->field, b->field) && seki_str_equal(a->reason, b->reason);
}

static struct seki_message *read_header(struct seki_arena *arena, struct seki_str header)
{
    struct seki_message *message = seki_message_new(arena, NULL);
    struct seki_str body;
    bool is_unix;
    require(message != NULL && seki_message_read(message, header, &body, &is_unix) == SEKI_OK);
    return message;
}

/* The same fields with what does not matter between them. */
static struct seki_message *diluted(struct seki_arena *arena, const struct seki_message *message)
{
    static const char *const hollow[] = { "Resent-Sender", "RECEIVED", "Resent-From",
                                          "Return-Path",   "Sender",   "From" };
    struct seki_message *copy = seki_message_new(arena, NULL);
    for (size_t i = 0; i < seki_message_field_count(message); i++) {
        const struct seki_field *field = seki_message_field(message, i);
        struct seki_str name = seki_str_of(hollow[i % 6]);
        require(seki_message_add_field(copy, SEKI_STR("X-Sender"), SEKI_STR(" a@b.example")) == SEKI_OK);
        require(seki_message_add_field(copy, name, SEKI_STR(" \t\r\n ")) == SEKI_OK);
        require(seki_message_add_field(copy, field->name, field->value) == SEKI_OK);
    }
    return copy;
}

/* Adding fields can meet the header's bounds, and turns a lone LF into CRLF, so that only plain headers can be compared. */
static bool is_plain(const struct seki_message *message)
{
    return seki_message_defects(message) == 0 && seki_message_field_count(message) < 3000;
}

static struct seki_pra check_pra(struct seki_arena *arena, struct seki_str header)
{
    struct seki_pra pra, again;
    const struct seki_message *message = read_header(arena, header);
    require(seki_pra_find(arena, message, &pra) == SEKI_OK);
    require((pra.domain.len > 0) == (pra.reason.len == 0));
    require(pra.domain.len == 0 || pra.field.len > 0);
    if (is_plain(message)) {
        require(seki_pra_find(arena, diluted(arena, message), &again) == SEKI_OK);
        require(same_pra(&pra, &again));
    }
    return pra;
}

static struct seki_spf_verdict evaluate(const struct world *world, struct seki_arena *arena,
                                        const struct seki_sender_id_input *input, bool all_at_once)
{
    struct seki_answers *answers = seki_answers_new(arena, MAX_QUESTIONS);
    struct seki_sender_id *sender_id = seki_sender_id_new(arena, input);
    struct seki_sender_id_verdict verdict;
    const struct seki_answer *open;
    enum seki_result result;
    size_t count, rounds = 0;
    require(sender_id != NULL);
    while ((result = seki_sender_id_step(sender_id, answers, &verdict, NULL)) == SEKI_NEED_ANSWERS) {
        require(++rounds <= MAX_QUESTIONS && seki_answers_needed_count(answers) > 0);
        while ((open = text_zone_last_open(answers, &count)) != NULL) {
            text_zone_answer(world->dns, answers, open);
            if (!all_at_once)
                break;
        }
    }
    require(result == SEKI_OK && verdict.check.lookups <= 10 && verdict.check.void_lookups <= 3);
    return verdict.check;
}

static struct seki_spf_verdict evaluate_spf(const struct world *world, struct seki_arena *arena,
                                            const struct seki_spf_input *input)
{
    struct seki_answers *answers = seki_answers_new(arena, MAX_QUESTIONS);
    struct seki_spf *spf = seki_spf_new(arena, input);
    struct seki_spf_verdict verdict;
    const struct seki_answer *open;
    enum seki_result result;
    size_t count;
    while ((result = seki_spf_step(spf, answers, &verdict, NULL)) == SEKI_NEED_ANSWERS)
        while ((open = text_zone_last_open(answers, &count)) != NULL)
            text_zone_answer(world->dns, answers, open);
    require(result == SEKI_OK);
    return verdict;
}

static void require_same(const struct seki_spf_verdict *a, const struct seki_spf_verdict *b)
{
    require(a->result == b->result && a->lookups == b->lookups && a->void_lookups == b->void_lookups);
    require(seki_str_equal(a->reason, b->reason) && seki_str_equal(a->mechanism, b->mechanism));
    require(seki_str_equal(a->explanation, b->explanation) && seki_str_equal(a->domain, b->domain));
}

/* A scope is named in a record's text, and SPF knows none. @return whether there is a record that names mfrom */
static bool check_candidates(struct seki_str dns)
{
    struct seki_str line;
    bool has_mfrom = false;
    while (seki_str_split(&dns, '\n', &line)) {
        text_zone_cut(&line, ' ');
        text_zone_cut(&line, ' ');
        enum seki_spf_version spf1 = seki_spf_candidate(line, SEKI_SPF_SCOPE_SPF1);
        enum seki_spf_version mfrom = seki_spf_candidate(line, SEKI_SPF_SCOPE_MFROM);
        enum seki_spf_version pra = seki_spf_candidate(line, SEKI_SPF_SCOPE_PRA);
        require(spf1 != SEKI_SPF_VERSION_2);
        require(spf1 == SEKI_SPF_NO_CANDIDATE || (mfrom == spf1 && pra == spf1));
        require(pra != SEKI_SPF_VERSION_2 || memmem(line.ptr, line.len, "/", 1) != NULL);
        has_mfrom = has_mfrom || mfrom == SEKI_SPF_VERSION_2;
    }
    return has_mfrom;
}

static void check_scopes(const struct world *world, struct seki_arena *arena, const struct seki_pra *pra)
{
    struct seki_sender_id_input input = { .pra = *pra,
                                          .spf = { .client = world->client, .helo = SEKI_STR("h.example") } };
    struct seki_spf_verdict at_once = evaluate(world, arena, &input, true);
    struct seki_spf_verdict one_by_one = evaluate(world, arena, &input, false);
    require_same(&at_once, &one_by_one);
    input.scope = SEKI_SENDER_ID_MFROM;
    if (pra->domain.len > 0)
        input.spf.mail_from =
            seki_arena_format(arena, "%.*s@%.*s", SEKI_STR_ARGS(pra->local_part), SEKI_STR_ARGS(pra->domain));
    at_once = evaluate(world, arena, &input, true);
    struct seki_spf_verdict spf = evaluate_spf(world, arena, &input.spf);
    if (!check_candidates(world->dns))
        require_same(&at_once, &spf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world world = { .dns = { (const char *)data, size } };
    if (!seki_ip_parse(text_zone_cut(&world.dns, '\n'), &world.client))
        return 0;
    world.header = world.dns;
    const char *gap = world.dns.len > 0 ? memmem(world.dns.ptr, world.dns.len, "\n\n", 2) : NULL;
    if (gap == NULL)
        return 0;
    world.header = seki_str_head(world.dns, (size_t)(gap - world.dns.ptr) + 1);
    world.dns = seki_str_from(world.dns, world.header.len + 1);
    struct seki_arena *arena = seki_arena_new((size_t)256 << 20);
    struct seki_pra pra = check_pra(arena, world.header);
    check_scopes(&world, arena, &pra);
    seki_arena_free(arena);
    return 0;
}
