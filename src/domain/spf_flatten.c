#include "domain/spf_flatten.h"

#include "domain/spf_program.h"

#include <assert.h>
#include <stdio.h>

#define MAX_TEXT_OCTETS 8192u

/* What a record and its name may have together: RFC 7208 section 3.4; and where that takes too many records, as much as
 * fits into the DNS packets of today. */
static const size_t budgets[] = { 450, 1200 };

/* One network of the new record. */
struct item {
    unsigned mark;
    struct seki_str text; /* "ip4:192.0.2.0/24" */
};

struct writing {
    struct seki_arena *arena;
    const struct domain_spf_program *program;
    struct seki_str domain;
    struct item *items;
    size_t item_count, item_room;
    size_t budget;
    bool is_split; /* networks stand in records of their own */
    struct domain_spf_flat_record records[1 + DOMAIN_SPF_MAX_LOOKUPS];
    size_t record_count;
    struct seki_buf top;
    bool is_too_much;
};

const char *domain_spf_flat_state_name(enum domain_spf_flat_state state)
{
    static const char *const names[] = {
        [DOMAIN_SPF_FLAT_DONE] = "done",           [DOMAIN_SPF_FLAT_NO_RECORD] = "no-record",
        [DOMAIN_SPF_FLAT_INVALID] = "invalid",     [DOMAIN_SPF_FLAT_UNKNOWN] = "unknown",
        [DOMAIN_SPF_FLAT_EVERYBODY] = "everybody", [DOMAIN_SPF_FLAT_TOO_LARGE] = "too-large",
    };
    static_assert(sizeof names / sizeof names[0] == DOMAIN_SPF_FLAT_TOO_LARGE + 1, "a name for every state");
    return names[state];
}

/* 1. Networks as terms. */

static void count_item(void *user, const struct seki_ip *network, unsigned bits, unsigned mark)
{
    struct writing *w = user;
    (void)network, (void)bits, (void)mark;
    w->item_room++;
}

static void add_item(void *user, const struct seki_ip *network, unsigned bits, unsigned mark)
{
    struct writing *w = user;
    char address[SEKI_IP_TEXT_MAX], length[8] = "";
    struct item *item = &w->items[w->item_count++];
    if (bits < network->octet_count * 8u)
        snprintf(length, sizeof length, "/%u", bits);
    item->mark = mark;
    item->text = seki_arena_format(w->arena, "%s:%s%s", network->octet_count == 4 ? "ip4" : "ip6",
                                   seki_ip_format(network, address), length);
}

static void visit(struct writing *w, domain_network_visitor *visitor)
{
    domain_networks_visit(&w->program->networks[DOMAIN_IPV4], 4, visitor, w);
    domain_networks_visit(&w->program->networks[DOMAIN_IPV6], 16, visitor, w);
}

static bool list_items(struct writing *w)
{
    visit(w, count_item);
    w->items = seki_arena_alloc(w->arena, w->item_room, sizeof *w->items);
    if (w->items != NULL)
        visit(w, add_item);
    return w->items != NULL;
}

/* 2. Records. */

static const char *sign_of(enum seki_spf_result result)
{
    static const char *const signs[] = { [SEKI_SPF_PASS] = "",
                                         [SEKI_SPF_FAIL] = "-",
                                         [SEKI_SPF_SOFTFAIL] = "~",
                                         [SEKI_SPF_NEUTRAL] = "?",
                                         [SEKI_SPF_NONE] = "" };
    return signs[result];
}

static void begin(struct writing *w, struct seki_buf *buf)
{
    seki_buf_init_arena(buf, w->arena, MAX_TEXT_OCTETS);
    seki_buf_add(buf, SEKI_STR("v=spf1"));
}

/* The networks of one step and result from index on, as many as fit. @return the first that does not */
static size_t write_included(struct writing *w, size_t index, unsigned mark)
{
    const struct seki_str end = SEKI_STR(" -all");
    struct seki_buf buf;
    struct seki_str name = seki_arena_format(w->arena, "_spf%zu.%.*s", w->record_count, SEKI_STR_ARGS(w->domain));
    size_t room = w->budget > name.len + end.len ? w->budget - name.len - end.len : 0;
    begin(w, &buf);
    bool is_empty = true;
    for (; index < w->item_count; index++) {
        const struct item *item = &w->items[index];
        if (item->mark != mark)
            continue;
        if (!is_empty && buf.len + 1 + item->text.len > room)
            break;
        seki_buf_add_format(&buf, " %.*s", SEKI_STR_ARGS(item->text));
        is_empty = false;
    }
    seki_buf_add(&buf, end);
    w->records[w->record_count++] = (struct domain_spf_flat_record){ name, seki_buf_str(&buf) };
    seki_buf_add_format(&w->top, " %sinclude:%.*s", sign_of(domain_spf_mark_result(mark)), SEKI_STR_ARGS(name));
    return index;
}

static bool has_more(const struct writing *w, size_t index, unsigned mark)
{
    while (index < w->item_count && w->items[index].mark != mark)
        index++;
    return index < w->item_count;
}

static void write_split(struct writing *w, unsigned mark)
{
    for (size_t index = 0; has_more(w, index, mark);) {
        w->is_too_much = w->is_too_much || w->record_count > DOMAIN_SPF_MAX_LOOKUPS;
        if (w->is_too_much)
            return;
        index = write_included(w, index, mark);
    }
}

static void write_networks(struct writing *w, unsigned mark)
{
    for (size_t i = 0; i < w->item_count && !w->is_split; i++)
        if (w->items[i].mark == mark)
            seki_buf_add_format(&w->top, " %s%.*s", sign_of(domain_spf_mark_result(mark)),
                                SEKI_STR_ARGS(w->items[i].text));
    if (w->is_split)
        write_split(w, mark);
}

static void write_kept(struct writing *w, const struct domain_spf_kept *kept)
{
    seki_buf_add_format(&w->top, " %s", sign_of(kept->qualifier));
    seki_buf_add(&w->top, kept->body);
}

static void write_end(struct writing *w)
{
    const struct domain_spf_program *program = w->program;
    if (program->redirect.body.len > 0)
        write_kept(w, &program->redirect);
    else
        seki_buf_add_format(&w->top, " %sall",
                            program->otherwise == SEKI_SPF_PASS ? "+" : sign_of(program->otherwise));
    if (program->exp != NULL) {
        seki_buf_add_char(&w->top, ' ');
        seki_buf_add(&w->top, program->exp->text);
    }
}

/* Networks of one step do not overlap, so the order of their results is as one likes. */
static void write_all(struct writing *w)
{
    static const enum seki_spf_result results[] = { SEKI_SPF_PASS, SEKI_SPF_NEUTRAL, SEKI_SPF_SOFTFAIL,
                                                    SEKI_SPF_FAIL };
    w->record_count = 1;
    w->is_too_much = false;
    begin(w, &w->top);
    for (size_t step = 0; step <= w->program->kept_count; step++) {
        for (size_t r = 0; r < sizeof results / sizeof results[0]; r++)
            write_networks(w, domain_spf_mark(step, results[r]));
        if (step < w->program->kept_count)
            write_kept(w, &w->program->kept[step]);
    }
    write_end(w);
    w->records[0] = (struct domain_spf_flat_record){ w->domain, seki_buf_str(&w->top) };
}

/* 3. As few records as need be. */

static unsigned kept_lookups(const struct domain_spf_program *program)
{
    unsigned lookups = program->redirect.lookups;
    for (size_t i = 0; i < program->kept_count; i++)
        lookups += program->kept[i].lookups;
    return lookups;
}

static bool fits(const struct writing *w)
{
    return !w->is_too_much && seki_buf_failed(&w->top) == SEKI_OK && w->top.len + w->domain.len <= w->budget;
}

/* What the terms that stay cost is none of the writer's doing: with them alone there may be more than 10. */
static bool may_split(const struct writing *w)
{
    return w->record_count == 1 || w->record_count - 1 + kept_lookups(w->program) <= DOMAIN_SPF_MAX_LOOKUPS;
}

static bool write_within(struct writing *w)
{
    static const bool splits[] = { false, true };
    for (size_t b = 0; b < sizeof budgets / sizeof budgets[0]; b++)
        for (size_t s = 0; s < 2; s++) {
            w->budget = budgets[b];
            w->is_split = splits[s];
            write_all(w);
            if (fits(w) && may_split(w))
                return true;
        }
    return false;
}

static bool take_kept(struct writing *w, struct domain_spf_flat *flat)
{
    const struct domain_spf_program *program = w->program;
    struct seki_str *kept = seki_arena_alloc(w->arena, program->kept_count + 1, sizeof *kept);
    if (kept == NULL)
        return false;
    for (size_t i = 0; i < program->kept_count; i++)
        kept[flat->kept_count++] = seki_arena_format(w->arena, "%s%.*s", sign_of(program->kept[i].qualifier),
                                                     SEKI_STR_ARGS(program->kept[i].body));
    if (program->redirect.body.len > 0)
        kept[flat->kept_count++] = program->redirect.body;
    flat->kept = kept;
    return true;
}

static void take_records(struct writing *w, struct domain_spf_flat *flat)
{
    struct domain_spf_flat_record *records = seki_arena_alloc(w->arena, w->record_count, sizeof *records);
    if (records == NULL)
        return;
    memcpy(records, w->records, w->record_count * sizeof *records);
    flat->state = DOMAIN_SPF_FLAT_DONE;
    flat->records = records;
    flat->record_count = w->record_count;
    flat->network_count = w->item_count;
    flat->lookups = (unsigned)w->record_count - 1 + kept_lookups(w->program);
    flat->ttl_s = w->program->ttl_s;
    flat->is_record_long = w->budget > budgets[0];
}

static void write_new(struct seki_arena *arena, const struct domain_spf_program *program, struct seki_str domain,
                      struct domain_spf_flat *flat)
{
    struct writing w = { .arena = arena, .program = program, .domain = domain };
    flat->state = DOMAIN_SPF_FLAT_TOO_LARGE;
    if (list_items(&w) && take_kept(&w, flat) && write_within(&w))
        take_records(&w, flat);
}

/* 4. What can be flattened at all. */

static enum domain_spf_flat_state state_of(const struct domain_spf_report *report)
{
    const struct domain_spf_place *top = report->top;
    if (top->state == DOMAIN_SPF_NONE)
        return DOMAIN_SPF_FLAT_NO_RECORD;
    if (top->state == DOMAIN_SPF_UNKNOWN || top->otherwise == SEKI_SPF_TEMPERROR)
        return DOMAIN_SPF_FLAT_UNKNOWN;
    return top->state != DOMAIN_SPF_FOUND || top->otherwise == SEKI_SPF_PERMERROR || report->is_cut
               ? DOMAIN_SPF_FLAT_INVALID
               : DOMAIN_SPF_FLAT_DONE;
}

enum seki_result domain_spf_flatten(struct seki_arena *arena, const struct domain_spf_report *report,
                                    struct seki_answers *answers, struct domain_spf_flat *flat_out)
{
    struct domain_spf_program program;
    *flat_out = (struct domain_spf_flat){ .state = state_of(report) };
    if (flat_out->state != DOMAIN_SPF_FLAT_DONE)
        return SEKI_OK;
    enum seki_result result = domain_spf_program_read(arena, answers, report->top, &program);
    if (result != SEKI_OK)
        return result;
    if (program.is_everybody)
        flat_out->state = DOMAIN_SPF_FLAT_EVERYBODY;
    else
        write_new(arena, &program, report->top->name, flat_out);
    return seki_arena_failure(arena);
}
