#include "domain/spf_build.h"

#include "auth/spf_record.h"
#include "base/i18n.h"

#include <sekisho/domain.h>

#define MAX_RECORD_OCTETS 4096u

struct build {
    struct seki_arena *arena;
    const struct domain_spf_choices *choices;
    struct seki_error *why;
    struct seki_buf text;
};

/* 1. Addresses. The engine's reader says whether a term is one. */

static bool is_term(struct seki_str text, enum seki_spf_term_kind kind)
{
    struct seki_spf_term term;
    struct seki_spf_fault fault;
    return seki_str_find(text, ' ') == text.len && seki_spf_next_term(&text, &term, &fault) && term.kind == kind;
}

static enum seki_result add_address(struct build *build, struct seki_str address, enum seki_spf_term_kind kind)
{
    bool is_ipv6 = seki_str_find(address, ':') < address.len;
    const char *name = is_ipv6 ? "ip6" : "ip4";
    struct seki_str term = seki_arena_format(build->arena, "%s:%.*s", name, SEKI_STR_ARGS(address));
    if (!is_term(term, is_ipv6 ? SEKI_SPF_TERM_IP6 : SEKI_SPF_TERM_IP4)) {
        seki_error_set(build->why, N_("\"%.*s\" is no address or network, such as 192.0.2.1 or 2001:db8::/32"),
                       SEKI_STR_ARGS(address));
        return SEKI_BAD_INPUT;
    }
    if (kind == (is_ipv6 ? SEKI_SPF_TERM_IP6 : SEKI_SPF_TERM_IP4))
        seki_buf_add_format(&build->text, " %.*s", SEKI_STR_ARGS(term));
    return SEKI_OK;
}

static enum seki_result add_addresses(struct build *build, enum seki_spf_term_kind kind)
{
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; result == SEKI_OK && i < build->choices->address_count; i++)
        result = add_address(build, build->choices->addresses[i], kind);
    return result;
}

/* 2. Names. */

static enum seki_result add_name(struct build *build, const char *word, struct seki_str given)
{
    struct seki_str name;
    enum seki_result result = seki_domain_to_ascii(build->arena, given, &name);
    if (result == SEKI_OK && seki_domain_label_count(name) < 2)
        result = SEKI_BAD_INPUT;
    if (result == SEKI_BAD_INPUT)
        seki_error_set(build->why, N_("\"%.*s\" is no domain name"), SEKI_STR_ARGS(given));
    if (result == SEKI_OK)
        seki_buf_add_format(&build->text, " %s%.*s", word, SEKI_STR_ARGS(name));
    return result;
}

static enum seki_result add_hosts(struct build *build)
{
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; result == SEKI_OK && i < build->choices->host_count; i++) {
        struct seki_str host = build->choices->hosts[i];
        if (build->choices->domain.len > 0 && seki_str_equal_nocase(host, build->choices->domain))
            seki_buf_add(&build->text, SEKI_STR(" a"));
        else
            result = add_name(build, "a:", host);
    }
    return result;
}

static enum seki_result add_includes(struct build *build)
{
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; result == SEKI_OK && i < build->choices->include_count; i++)
        result = add_name(build, "include:", build->choices->includes[i]);
    return result;
}

/* 3. The end. */

static enum seki_result add_end(struct build *build)
{
    static const char *const ends[] = { [SEKI_SPF_NONE] = " ~all",
                                        [SEKI_SPF_FAIL] = " -all",
                                        [SEKI_SPF_SOFTFAIL] = " ~all",
                                        [SEKI_SPF_NEUTRAL] = " ?all",
                                        [SEKI_SPF_PASS] = " +all" };
    if (build->choices->redirect.len > 0)
        return add_name(build, "redirect=", build->choices->redirect);
    seki_buf_add(&build->text, seki_str_of(ends[build->choices->otherwise]));
    return SEKI_OK;
}

static enum seki_result contradiction(const struct domain_spf_choices *choices, struct seki_error *why)
{
    bool has_senders = choices->has_mx || choices->address_count > 0 || choices->host_count > 0 ||
                       choices->include_count > 0 || choices->redirect.len > 0;
    if (choices->is_no_mail && (has_senders || choices->otherwise != SEKI_SPF_NONE))
        seki_error_set(why, "%s", N_("a domain that sends no mail has no senders: leave the other choices out"));
    else if (!choices->is_no_mail && !has_senders)
        seki_error_set(why, "%s", N_("name at least one sender, or say that the domain sends no mail"));
    else if (choices->redirect.len > 0 && choices->otherwise != SEKI_SPF_NONE)
        seki_error_set(why, "%s",
                       N_("the record that a redirect leads to says what others get: leave out one of the two"));
    else
        return SEKI_OK;
    return SEKI_BAD_INPUT;
}

static enum seki_result add_terms(struct build *build)
{
    enum seki_result result = add_addresses(build, SEKI_SPF_TERM_IP4);
    if (result == SEKI_OK)
        result = add_addresses(build, SEKI_SPF_TERM_IP6);
    if (result == SEKI_OK)
        result = add_hosts(build);
    if (result == SEKI_OK && build->choices->has_mx)
        seki_buf_add(&build->text, SEKI_STR(" mx"));
    if (result == SEKI_OK)
        result = add_includes(build);
    return result == SEKI_OK ? add_end(build) : result;
}

enum seki_result domain_spf_build(struct seki_arena *arena, const struct domain_spf_choices *choices,
                                  struct seki_str *text_out, struct seki_error *why)
{
    struct build build = { .arena = arena, .choices = choices, .why = why };
    enum seki_result result = contradiction(choices, why);
    *text_out = SEKI_STR("v=spf1 -all");
    if (result != SEKI_OK || choices->is_no_mail)
        return result;
    seki_buf_init_arena(&build.text, arena, MAX_RECORD_OCTETS);
    seki_buf_add(&build.text, SEKI_STR("v=spf1"));
    result = add_terms(&build);
    *text_out = seki_buf_str(&build.text);
    if (result != SEKI_OK || seki_buf_failed(&build.text) != SEKI_LIMIT || seki_arena_failure(arena) != SEKI_OK)
        return result != SEKI_OK ? result : seki_buf_failed(&build.text);
    seki_error_set(why, N_("the record would have over %u octets: use fewer addresses"), MAX_RECORD_OCTETS);
    return SEKI_BAD_INPUT;
}
