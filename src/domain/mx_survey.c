#include "domain/host.h"

#include <assert.h>
#include <stdlib.h>

#define MAX_EXCHANGES 32u /* looked at; no honest domain has so many */

static const struct seki_str nothing = SEKI_STR_INIT("");

const char *domain_mx_state_name(enum domain_mx_state state)
{
    static const char *const names[] = {
        [DOMAIN_MX_UNKNOWN] = "unknown", [DOMAIN_MX_NOTHING] = "nothing",     [DOMAIN_MX_IMPLICIT] = "implicit",
        [DOMAIN_MX_NULL] = "null",       [DOMAIN_MX_EXCHANGES] = "exchanges",
    };
    static_assert(sizeof names / sizeof names[0] == DOMAIN_MX_EXCHANGES + 1, "a name for every state");
    return names[state];
}

/* 1. Names. */

/* "mail.example.com.example.com" without its last ".example.com": without the domain or a zone above, which a zone file
 * or a web form appends to a name that does not end in a dot. The whole where it has none. */
static struct seki_str without_origin(const struct domain_run *run, struct seki_str name)
{
    for (struct seki_str zone = run->domain; seki_domain_label_count(zone) >= 2; zone = seki_domain_parent(zone))
        if (name.len > zone.len && seki_domain_is_within(name, zone))
            return seki_str_head(name, name.len - zone.len - 1);
    return name;
}

/* "192.0.2.1", "[192.0.2.1]", "192.0.2.1.example.com" in a zone file without the last dot: the address, or "" */
static struct seki_str address_in(const struct domain_run *run, struct seki_str name)
{
    struct seki_ip ip;
    struct seki_str text = without_origin(run, name);
    if (text.len >= 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']')
        text = seki_str_head(seki_str_from(text, 1), text.len - 2);
    return seki_ip_parse(text, &ip) ? text : nothing;
}

/* sub-domain = Let-dig [Ldh-str]                                          (RFC 5321 section 4.1.2) */
static bool is_sub_domain(struct seki_str label)
{
    for (size_t i = 0; i < label.len; i++)
        if (!seki_is_alnum(label.ptr[i]) && label.ptr[i] != '-')
            return false;
    return label.len > 0 && label.ptr[0] != '-' && label.ptr[label.len - 1] != '-';
}

/* Domain = sub-domain *("." sub-domain) */
static bool is_host_name(struct seki_str name)
{
    struct seki_str label;
    while (seki_str_split(&name, '.', &label))
        if (!is_sub_domain(label))
            return false;
    return true;
}

/* 2. One exchange. */

static void judge_addresses(struct domain_run *run, struct seki_str exchange, const struct seki_answer *answer)
{
    static const enum domain_finding_id findings[] = {
        [DOMAIN_REACH_PRIVATE] = DOMAIN_MX_PRIVATE,
        [DOMAIN_REACH_LOOPBACK] = DOMAIN_MX_LOOPBACK,
        [DOMAIN_REACH_RESERVED] = DOMAIN_MX_RESERVED,
    };
    for (size_t i = 0; i < answer->record_count; i++) {
        char text[SEKI_IP_TEXT_MAX];
        const struct seki_ip *ip = &answer->records[i].address;
        enum domain_reach reach = domain_reach_of(ip);
        if (reach != DOMAIN_REACH_ANYBODY)
            domain_find(run, findings[reach], run->domain, exchange, seki_str_of(seki_ip_format(ip, text)),
                        nothing);
    }
}

static bool is_dot_forgotten(struct domain_run *run, struct seki_str exchange, struct seki_str *meant_out)
{
    *meant_out = without_origin(run, exchange);
    if (meant_out->len == exchange.len || seki_domain_label_count(*meant_out) < 2)
        return false;
    struct domain_host meant = domain_host_ask_quietly(run, *meant_out);
    return domain_host_has_address(&meant);
}

static void judge_missing(struct domain_run *run, struct seki_str exchange, bool is_any_there)
{
    struct seki_str meant;
    if (is_dot_forgotten(run, exchange, &meant))
        domain_find(run, DOMAIN_MX_DOT_FORGOTTEN, run->domain, exchange, meant, nothing);
    else
        domain_find(run, is_any_there ? DOMAIN_MX_ONE_TARGET_MISSING : DOMAIN_MX_TARGET_MISSING, run->domain,
                    exchange, nothing, nothing);
}

static void judge_exchange(struct domain_run *run, const struct domain_exchange *exchange, bool is_any_there)
{
    if (exchange->ipv4 == NULL) {
        domain_find(run, DOMAIN_MX_ADDRESS_AS_NAME, run->domain, address_in(run, exchange->name), nothing, nothing);
        return;
    }
    const struct domain_host host = { exchange->ipv4, exchange->ipv6 };
    if (!is_host_name(exchange->name))
        domain_find(run, DOMAIN_MX_BAD_NAME, run->domain, exchange->name, nothing, nothing);
    if (exchange->alias_of.len > 0)
        domain_find(run, DOMAIN_MX_ALIAS, run->domain, exchange->name, exchange->alias_of, nothing);
    if (domain_host_is_missing(&host))
        judge_missing(run, exchange->name, is_any_there);
    judge_addresses(run, exchange->name, exchange->ipv4);
    judge_addresses(run, exchange->name, exchange->ipv6);
}

/* 3. All of them. */

static void judge_twice(struct domain_run *run, const struct domain_mx_report *mx)
{
    for (size_t i = 0; i < mx->exchange_count; i++)
        for (size_t k = 0; k < i; k++)
            if (seki_str_equal(mx->exchanges[i].name, mx->exchanges[k].name))
                domain_find(run, DOMAIN_MX_TWICE, run->domain, mx->exchanges[i].name,
                            domain_number(run, mx->exchanges[k].preference),
                            domain_number(run, mx->exchanges[i].preference));
}

static void judge_exchanges(struct domain_run *run, const struct domain_mx_report *mx)
{
    size_t with_ipv4 = 0, with_ipv6 = 0, unknown = 0;
    for (size_t i = 0; i < mx->exchange_count; i++) {
        const struct domain_exchange *exchange = &mx->exchanges[i];
        if (exchange->ipv4 == NULL)
            continue;
        with_ipv4 += exchange->ipv4->record_count > 0;
        with_ipv6 += exchange->ipv6->record_count > 0;
        unknown += exchange->ipv4->status == SEKI_ANSWER_FAILED;
    }
    for (size_t i = 0; i < mx->exchange_count; i++)
        judge_exchange(run, &mx->exchanges[i], with_ipv4 + with_ipv6 > 0);
    if (with_ipv4 == 0 && with_ipv6 > 0 && unknown == 0)
        domain_find(run, DOMAIN_MX_IPV6_ONLY, run->domain, nothing, nothing, nothing);
    judge_twice(run, mx);
}

/* RFC 7505 section 3: "a single MX RR ... with an RDATA section consisting of preference number 0 and a zero-length
 * label" */
static void judge_null(struct domain_run *run, const struct seki_answer *answer)
{
    for (size_t i = 0; i < answer->record_count; i++) {
        const struct seki_record *record = &answer->records[i];
        if (record->text.len > 0)
            continue;
        if (answer->record_count > 1)
            domain_find(run, DOMAIN_MX_NULL_BESIDE, run->domain, nothing, nothing, nothing);
        else if (record->preference != 0)
            domain_find(run, DOMAIN_MX_NULL_PREFERENCE, run->domain, domain_number(run, record->preference),
                        nothing, nothing);
    }
}

/* 4. What is there. */

static int compare_exchanges(const void *left, const void *right)
{
    const struct domain_exchange *a = left, *b = right;
    if (a->preference != b->preference)
        return a->preference < b->preference ? -1 : 1;
    size_t len = a->name.len < b->name.len ? a->name.len : b->name.len;
    int order = memcmp(a->name.ptr, b->name.ptr, len);
    return order != 0 ? order : a->name.len < b->name.len ? -1 : a->name.len > b->name.len;
}

static struct domain_exchange look_at(struct domain_run *run, const struct seki_record *record)
{
    struct domain_exchange exchange = { .preference = record->preference, .name = record->text };
    if (address_in(run, record->text).len > 0)
        return exchange;
    struct domain_host host = domain_host_ask(run, record->text);
    exchange.ipv4 = host.ipv4;
    exchange.ipv6 = host.ipv6;
    exchange.alias_of = domain_alias_of(run, record->text);
    return exchange;
}

static void collect_exchanges(struct domain_run *run, const struct seki_answer *answer, struct domain_mx_report *mx)
{
    struct domain_exchange *exchanges = seki_arena_alloc(run->arena, answer->record_count, sizeof *exchanges);
    for (size_t i = 0; exchanges != NULL && i < answer->record_count && mx->exchange_count < MAX_EXCHANGES; i++)
        if (answer->records[i].text.len > 0)
            exchanges[mx->exchange_count++] = look_at(run, &answer->records[i]);
    if (mx->exchange_count > 0)
        qsort(exchanges, mx->exchange_count, sizeof *exchanges, compare_exchanges);
    mx->exchanges = exchanges;
    mx->state = mx->exchange_count > 0 ? DOMAIN_MX_EXCHANGES : DOMAIN_MX_NULL;
}

/* RFC 5321 section 5.1: "If an empty list of MXs is returned, the address is treated as if it was associated with an
 * implicit MX RR, with a preference of 0, pointing to that host." */
static void survey_implicit(struct domain_run *run, struct domain_mx_report *mx)
{
    struct domain_exchange *self = seki_arena_alloc(run->arena, 1, sizeof *self);
    struct domain_host host = domain_host_ask(run, run->domain);
    if (self == NULL || !domain_host_has_address(&host)) {
        mx->state = domain_host_is_missing(&host) ? DOMAIN_MX_NOTHING : DOMAIN_MX_UNKNOWN;
        return;
    }
    *self =
        (struct domain_exchange){ .name = run->domain, .alias_of = nothing, .ipv4 = host.ipv4, .ipv6 = host.ipv6 };
    *mx = (struct domain_mx_report){ DOMAIN_MX_IMPLICIT, self, 1 };
    char text[SEKI_IP_TEXT_MAX];
    const struct seki_answer *addresses = host.ipv4->record_count > 0 ? host.ipv4 : host.ipv6;
    domain_find(run, DOMAIN_MX_IMPLICIT_USED, run->domain,
                seki_str_of(seki_ip_format(&addresses->records[0].address, text)), nothing, nothing);
}

void domain_survey_mx(struct domain_run *run, struct domain_report *report)
{
    const struct seki_answer *answer = domain_ask(run, run->domain, SEKI_RR_MX);
    if (answer->status == SEKI_ANSWER_NODATA)
        survey_implicit(run, &report->mx);
    if (answer->status == SEKI_ANSWER_NXDOMAIN)
        report->mx.state = DOMAIN_MX_NOTHING;
    if (answer->status != SEKI_ANSWER_FOUND)
        return;
    collect_exchanges(run, answer, &report->mx);
    judge_null(run, answer);
    judge_exchanges(run, &report->mx);
}
