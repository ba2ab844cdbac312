/* SPF records as a survey sees them, beside what the engine makes of them.
 *
 * The input is text. First line: the record of x.example. Then the DNS (text_zone.h).
 *
 * What must hold: the survey ends within its bounds. For a client that nothing names, of either family, its look-ups, void
 * look-ups and result are the engine's; where the engine comes to an error, the survey has told of one. And the flattened
 * record has no error that the original had not, and means the same to those clients. */
#include "domain/spf_flatten.h"
#include "text_zone.h"

#include <sekisho/spf.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DOMAIN    SEKI_STR("x.example")
#define MAX_NAMES (1u + DOMAIN_SPF_MAX_LOOKUPS)

/* A DNS with some records in the place of those that the input has. */
struct world {
    struct domain_spf_flat_record own[MAX_NAMES];
    size_t own_count;
    struct seki_str dns;
};

struct look {
    struct seki_arena *arena;
    struct seki_answers *answers;
    struct domain_spf_lint_report report;
};

static void answer(const struct world *world, struct seki_answers *answers, const struct seki_answer *question)
{
    for (size_t i = 0; i < world->own_count && question->type == SEKI_RR_TXT; i++) {
        const struct seki_record record = { .text = world->own[i].text };
        const struct seki_answer outcome = { .status = SEKI_ANSWER_FOUND, .records = &record, .record_count = 1 };
        if (!seki_str_equal(question->name, world->own[i].name))
            continue;
        if (seki_answers_enter(answers, question, &outcome) != SEKI_OK)
            require(question->status == SEKI_ANSWER_FAILED); /* too long */
        return;
    }
    text_zone_answer(world->dns, answers, question);
}

static void answer_all(const struct world *world, struct seki_answers *answers)
{
    const struct seki_answer *question;
    while ((question = seki_answers_next_open(answers)) != NULL)
        answer(world, answers, question);
}

static struct look look_at(const struct world *world)
{
    const struct domain_spf_subject subject = { .domain = DOMAIN };
    struct look look = { .arena = seki_arena_new((size_t)256 << 20) };
    enum seki_result result;
    size_t rounds = 0, count;
    look.answers = seki_answers_new(look.arena, DOMAIN_SURVEY_QUESTIONS);
    while ((result = domain_spf_lint_step(look.arena, &subject, look.answers, &look.report, NULL)) ==
           SEKI_NEED_ANSWERS) {
        require(++rounds <= 64 && seki_answers_open_count(look.answers) > 0);
        answer_all(world, look.answers);
    }
    text_zone_last_open(look.answers, &count);
    require(result == SEKI_OK && count < DOMAIN_SURVEY_QUESTIONS);
    return look;
}

/* 1. Does the tree know all that an evaluation depends on, and does it name the client? */

struct question {
    struct look *look;
    const struct seki_ip *client;
    bool is_open, is_named;
};

static void check_addresses(struct question *q, const struct domain_spf_term *term, struct seki_str name)
{
    bool is_ipv4 = q->client->octet_count == 4;
    const struct seki_answer *found = seki_answers_ask(q->look->answers, name, is_ipv4 ? SEKI_RR_A : SEKI_RR_AAAA);
    unsigned bits = is_ipv4 ? term->read.ip4_prefix_bits : term->read.ip6_prefix_bits;
    for (size_t i = 0; i < found->record_count; i++)
        q->is_named = q->is_named || seki_ip_in_network(q->client, &found->records[i].address, bits);
}

static void check_exchanges(struct question *q, const struct domain_spf_term *term)
{
    const struct seki_answer *found = seki_answers_ask(q->look->answers, term->name, SEKI_RR_MX);
    for (size_t i = 0; i < found->record_count && term->state != DOMAIN_SPF_TERM_MANY_HOSTS; i++)
        check_addresses(q, term, found->records[i].text);
}

static void check_place(struct question *q, const struct domain_spf_place *place)
{
    for (size_t i = 0; i < place->term_count; i++) {
        const struct domain_spf_term *term = &place->terms[i];
        const struct seki_spf_term *read = &term->read;
        if (term->target != NULL)
            check_place(q, term->target);
        q->is_open =
            q->is_open || term->state == DOMAIN_SPF_TERM_NOT_FOLLOWED || term->state == DOMAIN_SPF_TERM_CUT;
        if (term->state == DOMAIN_SPF_TERM_SYNTAX || term->state == DOMAIN_SPF_TERM_UNREACHED)
            continue;
        q->is_open = q->is_open || read->kind == SEKI_SPF_TERM_PTR;
        if (read->kind == SEKI_SPF_TERM_A && term->name.len > 0)
            check_addresses(q, term, term->name);
        if (read->kind == SEKI_SPF_TERM_MX && term->name.len > 0)
            check_exchanges(q, term);
        if (read->kind == SEKI_SPF_TERM_IP4 || read->kind == SEKI_SPF_TERM_IP6)
            q->is_named =
                q->is_named ||
                seki_ip_in_network(q->client, &read->network,
                                   read->kind == SEKI_SPF_TERM_IP4 ? read->ip4_prefix_bits : read->ip6_prefix_bits);
    }
}

/* 2. The engine beside it. */

static struct seki_spf_verdict evaluate(const struct world *world, struct seki_arena *arena,
                                        const struct seki_ip *client, bool no_void_limit)
{
    const struct seki_spf_input input = { .client = *client,
                                          .helo = SEKI_STR("h.example"),
                                          .mail_from = SEKI_STR("u@x.example"),
                                          .no_void_limit = no_void_limit };
    struct seki_spf *spf = seki_spf_new(arena, &input);
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_spf_verdict verdict;
    enum seki_result result;
    while ((result = seki_spf_step(spf, answers, &verdict, NULL)) == SEKI_NEED_ANSWERS)
        answer_all(world, answers);
    require(result == SEKI_OK);
    return verdict;
}

static bool has_severe(const struct look *look)
{
    for (size_t i = 0; i < look->report.finding_count; i++)
        if (domain_finding_kind(&look->report.findings[i])->severity == DOMAIN_ERROR)
            return true;
    return false;
}

static void compare(const struct world *world, struct look *look, const struct seki_ip *client)
{
    const struct domain_spf_place *top = look->report.spf.top;
    struct question q = { .look = look, .client = client };
    unsigned voids = top->cost.voids[client->octet_count == 4 ? DOMAIN_IPV4 : DOMAIN_IPV6];
    struct seki_spf_verdict verdict = evaluate(world, look->arena, client, false);
    check_place(&q, top);
    if (q.is_open || q.is_named)
        return;
    if (verdict.result == SEKI_SPF_PERMERROR || verdict.result == SEKI_SPF_TEMPERROR) {
        require(has_severe(look) || voids > DOMAIN_SPF_MAX_VOIDS);
        return;
    }
    /* An error that only the other family meets is the survey's too. */
    if (top->otherwise != SEKI_SPF_TEMPERROR)
        require(verdict.result == top->otherwise);
    require(verdict.lookups == top->cost.lookups && verdict.void_lookups == voids);
}

/* 3. The flattened record. */

/* All of these say "everybody", and flattening may turn one into another. */
static bool is_about_everybody(enum domain_finding_id id)
{
    return id == DOMAIN_SPF_ALL_PASS || id == DOMAIN_SPF_FOREIGN_ALL_PASS || id == DOMAIN_SPF_NETWORK_EVERYTHING ||
           id == DOMAIN_SPF_EXISTS_EVERYBODY || id == DOMAIN_SPF_NETWORK_BROAD;
}

static bool has_finding(const struct look *look, enum domain_finding_id id)
{
    for (size_t i = 0; i < look->report.finding_count; i++) {
        enum domain_finding_id found = look->report.findings[i].id;
        if (found == id || (is_about_everybody(found) && is_about_everybody(id)))
            return true;
    }
    return false;
}

static void check_flattened(const struct world *world, struct look *look, const struct seki_ip *clients,
                            size_t count)
{
    struct domain_spf_flat flat;
    struct world new = { .dns = world->dns };
    require(domain_spf_flatten(look->arena, &look->report.spf, look->answers, &flat) == SEKI_OK);
    require((flat.state == DOMAIN_SPF_FLAT_DONE) == (flat.record_count > 0) && flat.record_count <= MAX_NAMES);
    if (flat.state != DOMAIN_SPF_FLAT_DONE)
        return;
    memcpy(new.own, flat.records, flat.record_count * sizeof *flat.records);
    new.own_count = flat.record_count;
    struct look again = look_at(&new);
    for (size_t i = 0; i < again.report.finding_count; i++) {
        const struct domain_finding *finding = &again.report.findings[i];
        require(domain_finding_kind(finding)->severity != DOMAIN_ERROR || has_finding(look, finding->id));
    }
    for (size_t i = 0; i < count; i++) {
        struct seki_spf_verdict old = evaluate(world, look->arena, &clients[i], true);
        struct seki_spf_verdict now = evaluate(&new, look->arena, &clients[i], true);
        /* Names that are looked up no more can fail no more, nor be too many. */
        require(old.result == now.result || old.result == SEKI_SPF_PERMERROR || old.result == SEKI_SPF_TEMPERROR);
    }
    seki_arena_free(again.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct seki_ip clients[] = {
        { .octet_count = 4, .octets = { 203, 0, 113, 77 } },
        { .octet_count = 16, .octets = { 0x20, 0x01, 0x0d, 0xb8, [15] = 0x77 } },
        { .octet_count = 4, .octets = { 192, 0, 2, 1 } },
    };
    struct world world = { .own_count = 1, .dns = { (const char *)data, size } };
    world.own[0] = (struct domain_spf_flat_record){ DOMAIN, text_zone_cut(&world.dns, '\n') };
    struct look look = look_at(&world);
    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++)
        compare(&world, &look, &clients[i]);
    check_flattened(&world, &look, clients, sizeof clients / sizeof clients[0]);
    seki_arena_free(look.arena);
    return 0;
}
