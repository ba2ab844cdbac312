#include "cli/spf_tree.h"

#include "cli/columns.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/text.h"

#include <assert.h>
#include <stdio.h>

#define LABEL_COLUMNS 28u
#define MAX_DEPTH     32u /* more than a survey follows */

/* Which of the places above have more terms below, drawn as a line down. */
struct branch {
    bool goes_on[MAX_DEPTH];
    unsigned depth;
};

static void print_place(const struct domain_spf_place *place, struct branch branch);

/* 1. Facts. */

static void print_label(const char *label)
{
    size_t used = cli_columns(label);
    printf("  %s%*s", label, used < LABEL_COLUMNS ? (int)(LABEL_COLUMNS - used) : 1, "");
}

static void print_state(const struct domain_spf_report *spf)
{
    static const char *const texts[] = {
        [DOMAIN_SPF_UNKNOWN] = N_("not known: a look-up failed"),
        [DOMAIN_SPF_NONE] = N_("no record"),
        [DOMAIN_SPF_SEVERAL] = N_("several records, which count as none (permerror)"),
        [DOMAIN_SPF_BROKEN] = N_("receivers take the record as invalid (permerror)"),
        [DOMAIN_SPF_FOUND] = NULL,
    };
    if (texts[spf->state] == NULL)
        return;
    print_label(_("result"));
    printf("%s\n", _(texts[spf->state]));
}

static void print_voids(const struct domain_spf_cost *cost)
{
    unsigned ipv4 = cost->voids[DOMAIN_IPV4], ipv6 = cost->voids[DOMAIN_IPV6];
    print_label(_("look-ups that find nothing"));
    if (ipv4 == ipv6)
        printf(_("%u of %u\n"), ipv4, DOMAIN_SPF_MAX_VOIDS);
    else
        printf(_("%u of %u for IPv4 clients, %u for IPv6 clients\n"), ipv4, DOMAIN_SPF_MAX_VOIDS, ipv6);
}

static void print_facts(const struct domain_spf_report *spf)
{
    const struct domain_spf_place *top = spf->top;
    print_label(_("record"));
    cli_print_str(top->record);
    putchar('\n');
    print_label(_("look-ups"));
    printf(_("%u of %u\n"), top->cost.lookups, DOMAIN_SPF_MAX_LOOKUPS);
    print_voids(&top->cost);
    print_label(_("all other clients get"));
    printf("%s\n", seki_spf_result_name(top->otherwise));
}

/* 2. The tree. */

static const char *state_text(enum domain_spf_state state)
{
    static const char *const texts[] = {
        [DOMAIN_SPF_UNKNOWN] = N_("could not be looked up"),
        [DOMAIN_SPF_NONE] = N_("no SPF record there"),
        [DOMAIN_SPF_SEVERAL] = N_("several SPF records there"),
        [DOMAIN_SPF_BROKEN] = N_("invalid record"),
        [DOMAIN_SPF_FOUND] = NULL,
    };
    return texts[state];
}

static const char *remark_of(const struct domain_spf_term *term)
{
    static const char *const texts[] = {
        [DOMAIN_SPF_TERM_FINE] = NULL,
        [DOMAIN_SPF_TERM_SYNTAX] = N_("cannot be read"),
        [DOMAIN_SPF_TERM_UNREACHED] = N_("never looked at"),
        [DOMAIN_SPF_TERM_NOT_FOLLOWED] = N_("not followed: its name depends on the client or the domain"),
        [DOMAIN_SPF_TERM_NOTHING] = N_("finds nothing"),
        [DOMAIN_SPF_TERM_MANY_HOSTS] = N_("more than 10 mail exchanges"),
        [DOMAIN_SPF_TERM_LOOP] = N_("leads back: a circle"),
        [DOMAIN_SPF_TERM_FAILED] = N_("could not be looked up"),
        [DOMAIN_SPF_TERM_CUT] = N_("not followed: too much"),
    };
    static_assert(sizeof texts / sizeof texts[0] == DOMAIN_SPF_TERM_CUT + 1, "a remark for every state");
    return term->target != NULL ? state_text(term->target->state) : texts[term->state];
}

static bool is_drawn(const struct domain_spf_term *term)
{
    return term->state == DOMAIN_SPF_TERM_SYNTAX || domain_spf_asks_dns(term);
}

static void print_term(const struct domain_spf_term *term, struct branch branch, bool is_last)
{
    const char *remark = remark_of(term);
    printf("  ");
    for (unsigned i = 0; i < branch.depth; i++)
        printf("%s", branch.goes_on[i] ? "│  " : "   ");
    printf("%s ", is_last ? "└─" : "├─");
    cli_print_str(term->text);
    if (term->cost.lookups > 0) {
        printf("  ");
        printf(cli_text_plural("%u look-up", "%u look-ups", term->cost.lookups), term->cost.lookups);
    }
    if (remark != NULL)
        printf("  %s", _(remark));
    putchar('\n');
    if (term->target == NULL || branch.depth + 1 >= MAX_DEPTH)
        return;
    branch.goes_on[branch.depth++] = !is_last;
    print_place(term->target, branch);
}

static void print_place(const struct domain_spf_place *place, struct branch branch)
{
    const struct domain_spf_term *before = NULL;
    for (size_t i = 0; i < place->term_count; i++) {
        if (!is_drawn(&place->terms[i]))
            continue;
        if (before != NULL)
            print_term(before, branch, false);
        before = &place->terms[i];
    }
    if (before != NULL)
        print_term(before, branch, true);
}

void cli_print_spf_tree(const struct domain_spf_report *spf)
{
    const struct branch trunk = { .depth = 0 };
    printf("SPF\n");
    print_state(spf);
    if (spf->top->record.len == 0)
        return;
    print_facts(spf);
    printf("  ");
    cli_print_str(spf->top->name);
    putchar('\n');
    print_place(spf->top, trunk);
}

/* 3. JSON. */

static json_t *json_place(const struct domain_spf_place *place);

static void set_cost(json_t *object, const struct domain_spf_cost *cost)
{
    json_object_set_new(object, "lookups", json_integer(cost->lookups));
    json_object_set_new(object, "void_lookups", json_integer(cost->voids[DOMAIN_IPV4]));
    json_object_set_new(object, "void_lookups_ipv6", json_integer(cost->voids[DOMAIN_IPV6]));
}

static json_t *json_term(const struct domain_spf_term *term)
{
    struct seki_str fault = seki_str_of(term->fault != NULL ? term->fault : "");
    json_t *object = json_pack("{s:o, s:s, s:o, s:o}", "term", cli_json_str(term->text), "state",
                               domain_spf_term_state_name(term->state), "fault", cli_json_str(fault), "name",
                               cli_json_str(term->name));
    set_cost(object, &term->cost);
    if (term->target != NULL)
        json_object_set_new(object, "target", json_place(term->target));
    return object;
}

static json_t *json_place(const struct domain_spf_place *place)
{
    json_t *terms = json_array();
    for (size_t i = 0; i < place->term_count; i++)
        json_array_append_new(terms, json_term(&place->terms[i]));
    json_t *object =
        json_pack("{s:o, s:s, s:o, s:s, s:b}", "name", cli_json_str(place->name), "state",
                  domain_spf_state_name(place->state), "record", cli_json_str(place->record), "otherwise",
                  seki_spf_result_name(place->otherwise), "allows_senders", place->allows_senders);
    set_cost(object, &place->cost);
    json_object_set_new(object, "terms", terms);
    return object;
}

json_t *cli_json_spf_tree(const struct domain_spf_report *spf)
{
    return json_pack("{s:s, s:b, s:o}", "state", domain_spf_state_name(spf->state), "cut", spf->is_cut, "tree",
                     json_place(spf->top));
}
