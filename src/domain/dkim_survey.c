#include "domain/dkim_key_judge.h"
#include "domain/dkim_selectors.h"
#include "domain/host.h"

#include "auth/tag_list.h"

#include <assert.h>

#define MAX_RECORDS 8u /* looked at, where one name has several; as the verifier does */

static const struct seki_str nothing = SEKI_STR_INIT("");

const char *domain_key_state_name(enum domain_key_state state)
{
    static const char *const names[] = {
        [DOMAIN_KEY_MISSING] = N_("missing"), [DOMAIN_KEY_UNKNOWN] = N_("unknown"),
        [DOMAIN_KEY_REVOKED] = N_("revoked"), [DOMAIN_KEY_BROKEN] = N_("broken"),
        [DOMAIN_KEY_TESTING] = N_("testing"), [DOMAIN_KEY_USABLE] = N_("usable"),
    };
    static_assert(sizeof names / sizeof names[0] == DOMAIN_KEY_USABLE + 1, "a name for every state");
    return names[state];
}

/* 1. One selector. */

/* Of several records the one that helps the most: a verifier may try each (RFC 6376 section 6.1.2). */
static void read_best(struct domain_run *run, const struct seki_answer *answer, struct domain_key *key)
{
    for (size_t i = 0; i < answer->record_count && i < MAX_RECORDS; i++) {
        struct domain_key other = *key;
        domain_key_read(run, answer->records[i].text, &other);
        if (i == 0 || other.state > key->state)
            *key = other;
    }
}

/* "TXT RRs MUST be unique for a particular selector name" (RFC 6376 section 3.6.2.2). */
static void judge_found(struct domain_run *run, const struct seki_answer *answer, const struct domain_key *key)
{
    if (domain_has_long_string(answer))
        domain_find(run, DOMAIN_DKIM_LONG_STRING, key->name, nothing, nothing, nothing);
    if (answer->record_count > 1)
        domain_find(run, DOMAIN_DKIM_SEVERAL, key->name, domain_number(run, answer->record_count), nothing,
                    nothing);
    else
        domain_key_judge(run, key);
}

static struct domain_key key_at(struct domain_run *run, struct seki_str selector, const char *whose)
{
    struct domain_key key = { .selector = selector, .whose = whose };
    key.name =
        seki_arena_format(run->arena, "%.*s._domainkey.%.*s", SEKI_STR_ARGS(selector), SEKI_STR_ARGS(run->domain));
    return key;
}

/* What every name has is nobody's key, unless it is one. */
static bool is_from_wildcard(const struct domain_dkim_report *dkim, const struct seki_answer *answer)
{
    return dkim->wildcard.len > 0 && answer->record_count > 0 &&
           seki_str_equal(answer->records[0].text, dkim->wildcard);
}

/* 2. What is there without a selector. */

/* DomainKeys published a policy here (RFC 4870 section 3.6): o=, with r= and t=, and no key. */
static bool is_domainkeys_policy(struct seki_str text)
{
    struct seki_tag_list list;
    return seki_tag_list_parse(text, &list) == NULL && seki_tag_list_find(&list, SEKI_STR("p")) == NULL &&
           (seki_tag_list_find(&list, SEKI_STR("o")) != NULL || seki_tag_list_find(&list, SEKI_STR("r")) != NULL);
}

static void judge_parent(struct domain_run *run, const struct seki_answer *answer)
{
    for (size_t i = 0; i < answer->record_count; i++) {
        struct seki_str text = answer->records[i].text;
        struct domain_key key = { .name = answer->name };
        domain_key_read(run, text, &key);
        if (key.bits > 0)
            domain_find(run, DOMAIN_DKIM_WITHOUT_SELECTOR, answer->name, nothing, nothing, nothing);
        else if (is_domainkeys_policy(text))
            domain_find(run, DOMAIN_DKIM_DOMAINKEYS, answer->name, domain_excerpt(run, text), nothing, nothing);
    }
}

static void survey_parent(struct domain_run *run, struct domain_dkim_report *dkim)
{
    const struct seki_answer *answer = domain_ask(run, domain_below(run, "_domainkey", run->domain), SEKI_RR_TXT);
    if (answer->status == SEKI_ANSWER_NXDOMAIN)
        dkim->domainkey = DOMAIN_DOES_NOT_EXIST;
    else if (answer->status == SEKI_ANSWER_FOUND || answer->status == SEKI_ANSWER_NODATA)
        dkim->domainkey = DOMAIN_EXISTS;
    if (!is_from_wildcard(dkim, answer))
        judge_parent(run, answer);
}

/* A wildcard with an empty p= says that there are no keys, which is in order. */
static void survey_wildcard(struct domain_run *run, struct domain_dkim_report *dkim)
{
    struct domain_key key = key_at(run, SEKI_STR(DOMAIN_PROBE_LABEL), "");
    const struct seki_answer *answer = domain_ask_quietly(run, key.name, SEKI_RR_TXT);
    if (answer->record_count == 0)
        return;
    dkim->wildcard = answer->records[0].text;
    domain_key_read(run, dkim->wildcard, &key);
    if (key.state == DOMAIN_KEY_REVOKED)
        return;
    domain_find(run, key.bits > 0 ? DOMAIN_DKIM_WILDCARD_KEY : DOMAIN_DKIM_WILDCARD_TEXT,
                domain_below(run, "_domainkey", run->domain), domain_excerpt(run, dkim->wildcard), nothing,
                nothing);
}

/* 3. Selectors that were given. */

/* Web forms add the domain themselves; who enters the whole name gets it twice. */
static void judge_missing(struct domain_run *run, const struct domain_key *key)
{
    struct seki_str doubled =
        seki_arena_format(run->arena, "%.*s.%.*s", SEKI_STR_ARGS(key->name), SEKI_STR_ARGS(run->domain));
    bool exists = domain_exists(run);
    struct seki_str target = domain_own_alias_of(run, key->name, domain_below(run, "_domainkey", run->domain));
    struct domain_key other = { .name = doubled };
    const struct seki_answer *answer = domain_ask_quietly(run, doubled, SEKI_RR_TXT);
    read_best(run, answer, &other);
    if (other.bits > 0)
        domain_find(run, DOMAIN_DKIM_NAME_DOUBLED, key->name, doubled, nothing, nothing);
    else if (target.len > 0)
        domain_find(run, DOMAIN_DKIM_ALIAS, key->name, target, nothing, nothing);
    else if (exists)
        domain_find(run, DOMAIN_DKIM_KEY_MISSING, key->name, nothing, nothing, nothing);
}

static void survey_given(struct domain_run *run, const struct domain_dkim_report *dkim, struct domain_key *key)
{
    const struct seki_answer *answer = domain_ask(run, key->name, SEKI_RR_TXT);
    read_best(run, answer, key);
    key->dnssec = answer->dnssec;
    if (answer->status == SEKI_ANSWER_FAILED) {
        key->state = DOMAIN_KEY_UNKNOWN;
        key->reason = answer->failure;
    } else if (answer->record_count > 0 && (key->bits > 0 || !is_from_wildcard(dkim, answer))) {
        judge_found(run, answer, key);
    } else if (answer->status != SEKI_ANSWER_OPEN) {
        *key = (struct domain_key){ .selector = key->selector,
                                    .name = key->name,
                                    .reason = SEKI_STR(N_("no record")) };
        judge_missing(run, key);
    }
}

static void survey_all_given(struct domain_run *run, struct domain_dkim_report *dkim)
{
    struct domain_key *keys = seki_arena_alloc(run->arena, run->options->selector_count, sizeof *keys);
    for (size_t i = 0; keys != NULL && i < run->options->selector_count; i++) {
        struct seki_str given = run->options->selectors[i], selector;
        bool is_name = seki_domain_to_ascii(run->arena, given, &selector) == SEKI_OK;
        keys[i] = key_at(run, is_name ? selector : given, NULL);
        survey_given(run, dkim, &keys[i]);
        dkim->key_count = i + 1;
    }
    dkim->keys = keys;
}

/* 4. Guesses. */

static void survey_guesses(struct domain_run *run, struct domain_dkim_report *dkim)
{
    struct domain_key *keys = seki_arena_alloc(run->arena, domain_selector_count, sizeof *keys);
    dkim->guess_count = domain_selector_count;
    for (size_t i = 0; keys != NULL && i < domain_selector_count; i++) {
        struct domain_key *key = &keys[dkim->key_count];
        *key = key_at(run, seki_str_of(domain_selectors[i].name), domain_selectors[i].whose);
        const struct seki_answer *answer = domain_ask_quietly(run, key->name, SEKI_RR_TXT);
        if (answer->record_count == 0 || is_from_wildcard(dkim, answer))
            continue;
        read_best(run, answer, key);
        key->dnssec = answer->dnssec;
        judge_found(run, answer, key);
        dkim->key_count++;
    }
    dkim->keys = keys;
}

void domain_survey_dkim(struct domain_run *run, struct domain_report *report)
{
    struct domain_dkim_report *dkim = &report->dkim;
    survey_wildcard(run, dkim);
    survey_parent(run, dkim);
    if (run->options->selector_count > 0)
        survey_all_given(run, dkim);
    else
        survey_guesses(run, dkim);
    for (size_t i = 0; i < dkim->key_count; i++)
        dkim->usable_count += dkim->keys[i].state == DOMAIN_KEY_USABLE;
}
