#include "domain/dmarc_destination.h"
#include "domain/dmarc_pretender.h"
#include "domain/host.h"
#include "domain/usage.h"

#include "auth/dmarc_author.h"
#include "auth/dmarc_record.h"

#include <assert.h>

/* A DMARC survey of one run. The probe stands for all subdomains that have no record of their own. */
struct scene {
    struct domain_run *run;
    struct domain_dmarc_report *report;
    struct seki_dmarc_walks walks;
    struct seki_dmarc_author author, probe;
    struct seki_str wildcard; /* TXT of every subdomain that nobody publishes; "" for none */
    bool has_explained;       /* it was found why there is no record */
    bool is_parked;
};

static const struct seki_str nothing = SEKI_STR_INIT("");

/* 1. Names. */

const char *domain_dmarc_result_name(enum domain_dmarc_result result)
{
    static const char *const names[] = { [DOMAIN_DMARC_NONE] = "none",
                                         [DOMAIN_DMARC_FOUND] = "found",
                                         [DOMAIN_DMARC_UNUSABLE] = "unusable",
                                         [DOMAIN_DMARC_UNKNOWN] = "unknown" };
    return names[result];
}

const char *domain_dmarc_place_name(enum domain_dmarc_place place)
{
    static const char *const names[] = { [DOMAIN_PLACE_NOWHERE] = "",
                                         [DOMAIN_PLACE_OWN] = "domain",
                                         [DOMAIN_PLACE_ORG] = "organizational-domain",
                                         [DOMAIN_PLACE_PSD] = "public-suffix" };
    return names[place];
}

const char *domain_dmarc_standing_name(enum domain_dmarc_standing standing)
{
    static const char *const names[] = { [DOMAIN_DMARC_STANDS_NOTHING] = "nothing",
                                         [DOMAIN_DMARC_STANDS_OTHER] = "other",
                                         [DOMAIN_DMARC_STANDS_RECORD] = "record",
                                         [DOMAIN_DMARC_STANDS_SEVERAL] = "several",
                                         [DOMAIN_DMARC_STANDS_FAILURE] = "failure" };
    return names[standing];
}

const char *domain_destination_state_name(enum domain_destination_state state)
{
    static const char *const names[] = {
        [DOMAIN_DESTINATION_UNKNOWN] = "unknown",       [DOMAIN_DESTINATION_INTERNAL] = "internal",
        [DOMAIN_DESTINATION_AUTHORISED] = "authorised", [DOMAIN_DESTINATION_NOT_AUTHORISED] = "not-authorised",
        [DOMAIN_DESTINATION_OVERRIDDEN] = "overridden", [DOMAIN_DESTINATION_NO_MAIL] = "no-mail",
        [DOMAIN_DESTINATION_NO_ADDRESS] = "no-address", [DOMAIN_DESTINATION_OTHER_SCHEME] = "other-scheme",
        [DOMAIN_DESTINATION_IGNORED] = "ignored"
    };
    static_assert(sizeof names / sizeof names[0] == DOMAIN_DESTINATION_IGNORED + 1, "a name for every state");
    return names[state];
}

bool domain_destination_may_receive(enum domain_destination_state state)
{
    return state == DOMAIN_DESTINATION_INTERNAL || state == DOMAIN_DESTINATION_AUTHORISED;
}

/* 2. Looking for the record. */

/* @return whether the policy of domain is known as far as it can be */
static bool discover(struct scene *scene, struct seki_str domain, struct seki_dmarc_author *author)
{
    static const struct seki_dmarc_options options = { 0 };
    author->domain = domain;
    author->walk = seki_dmarc_walk_get(&scene->walks, domain);
    if (author->walk == NULL)
        return false;
    enum seki_result result = seki_dmarc_author_discover(author, &scene->walks, &options, scene->run->answers);
    if (result == SEKI_NEED_ANSWERS)
        scene->run->is_blocked = true;
    return result == SEKI_OK;
}

static bool discover_all(struct scene *scene)
{
    struct seki_str probe = domain_below(scene->run, DOMAIN_PROBE_LABEL, scene->run->domain);
    bool is_done = discover(scene, scene->run->domain, &scene->author);
    if (!seki_domain_fits_dns(probe))
        return is_done;
    const struct seki_answer *answer = domain_ask_quietly(scene->run, probe, SEKI_RR_TXT);
    if (answer->record_count > 0)
        scene->wildcard = answer->records[0].text;
    return discover(scene, probe, &scene->probe) && is_done;
}

/* 3. What is reported. */

static enum domain_dmarc_standing standing_of(const struct seki_dmarc_name *name)
{
    switch (name->standing) {
    case SEKI_DMARC_STANDING_UNREAD: break;
    case SEKI_DMARC_STANDING_NOTHING:
        return name->answer->record_count > 0 ? DOMAIN_DMARC_STANDS_OTHER : DOMAIN_DMARC_STANDS_NOTHING;
    case SEKI_DMARC_STANDING_RECORD: return DOMAIN_DMARC_STANDS_RECORD;
    case SEKI_DMARC_STANDING_SEVERAL: return DOMAIN_DMARC_STANDS_SEVERAL;
    case SEKI_DMARC_STANDING_FAILURE: return DOMAIN_DMARC_STANDS_FAILURE;
    }
    return DOMAIN_DMARC_STANDS_NOTHING;
}

static enum domain_walk_follows follows_from(const struct seki_dmarc_walk *walk, size_t index)
{
    const struct seki_dmarc_name *name = walk->names[index];
    if (index + 1 < walk->read_count)
        return DOMAIN_WALK_GO_ON;
    if (name == walk->failed)
        return DOMAIN_WALK_FAILED;
    if (name->standing == SEKI_DMARC_STANDING_RECORD && name->record.psd != SEKI_DMARC_PSD_UNKNOWN)
        return name->record.psd == SEKI_DMARC_PSD_NO ? DOMAIN_WALK_PSD_N : DOMAIN_WALK_PSD_Y;
    return DOMAIN_WALK_TOP;
}

static void report_walk(struct scene *scene)
{
    const struct seki_dmarc_author *author = &scene->author;
    const struct seki_dmarc_walk *walk = author->walk;
    struct domain_dmarc_step *steps = seki_arena_alloc(scene->run->arena, walk->read_count, sizeof *steps);
    for (size_t i = 0; steps != NULL && i < walk->read_count; i++) {
        const struct seki_dmarc_name *name = walk->names[i];
        steps[i] = (struct domain_dmarc_step){ .name = name->answer->name, .standing = standing_of(name) };
        steps[i].text = name->standing == SEKI_DMARC_STANDING_RECORD ? name->record.text : name->answer->failure;
        steps[i].follows = follows_from(walk, i);
        steps[i].is_policy = name == author->at;
        steps[i].is_org = walk->org_domain.len > 0 && seki_str_equal(name->domain, walk->org_domain);
        scene->report->step_count = i + 1;
    }
    scene->report->steps = steps;
}

static struct domain_dmarc_policy policy_of(const struct seki_dmarc_author *author, enum seki_dmarc_reach reach)
{
    struct domain_dmarc_policy policy = { SEKI_DMARC_POLICY_UNSET, SEKI_DMARC_POLICY_UNSET };
    if (author->at == NULL)
        return policy;
    if (author->origin == SEKI_DMARC_ORIGIN_AUTHOR) /* a wildcard gives every subdomain its own */
        reach = SEKI_DMARC_REACH_OWN;
    policy.published = policy.applied = seki_dmarc_record_policy(&author->at->record, reach);
    if (author->at->record.is_testing)
        policy.applied = seki_dmarc_policy_lowered(policy.published);
    return policy;
}

static void report_org_domain(struct scene *scene)
{
    const struct seki_psl *psl = scene->run->options->psl;
    scene->report->org_domain = scene->author.walk->org_domain;
    if (psl == NULL)
        return;
    struct seki_str by_list = seki_psl_registrable(psl, scene->run->domain);
    scene->report->org_domain_by_list = by_list.len > 0 ? by_list : scene->run->domain;
}

static void report_record(struct scene *scene)
{
    static const enum domain_dmarc_place places[] = { [SEKI_DMARC_ORIGIN_NONE] = DOMAIN_PLACE_NOWHERE,
                                                      [SEKI_DMARC_ORIGIN_AUTHOR] = DOMAIN_PLACE_OWN,
                                                      [SEKI_DMARC_ORIGIN_ORG] = DOMAIN_PLACE_ORG,
                                                      [SEKI_DMARC_ORIGIN_PSD] = DOMAIN_PLACE_PSD };
    const struct seki_dmarc_author *author = &scene->author;
    struct domain_dmarc_report *report = scene->report;
    report->place = places[author->origin];
    if (author->at == NULL) {
        report->result = seki_dmarc_author_has_failed(author) ? DOMAIN_DMARC_UNKNOWN : DOMAIN_DMARC_NONE;
        return;
    }
    report->result = seki_dmarc_author_has_policy(author) ? DOMAIN_DMARC_FOUND : DOMAIN_DMARC_UNUSABLE;
    report->policy_domain = author->at->domain;
    report->record = author->at->record.text;
    report->is_testing = author->at->record.is_testing;
    report->dnssec = author->at->answer->dnssec;
    report->policy.published = author->published;
    report->policy.applied = author->policy;
}

/* 4. Findings: where records are and are not. */

static void judge_texts(struct scene *scene, const struct seki_dmarc_name *name)
{
    const struct seki_answer *answer = name->answer;
    for (size_t i = 0; i < answer->record_count; i++) {
        struct seki_str text = answer->records[i].text;
        if (scene->wildcard.len > 0 && seki_str_equal(text, scene->wildcard))
            continue; /* meant for other names */
        if (domain_dmarc_find_pretender(scene->run, answer->name, text))
            scene->has_explained = true;
    }
}

static void judge_several(struct scene *scene, const struct seki_answer *answer)
{
    size_t count = 0;
    for (size_t i = 0; i < answer->record_count; i++)
        count += seki_dmarc_record_is_one(answer->records[i].text);
    domain_find(scene->run, DOMAIN_DMARC_TWO_RECORDS, answer->name, domain_number(scene->run, count), nothing,
                nothing);
    scene->has_explained = true;
}

/* RFC 9989 section 4.10.1: "the Author Domain, the Organizational Domain of the Author Domain, the PSD". */
static void judge_passed_over(struct scene *scene, const struct seki_dmarc_name *name)
{
    const struct seki_dmarc_walk *walk = scene->author.walk;
    if (scene->author.origin != SEKI_DMARC_ORIGIN_AUTHOR && name != walk->org && name != walk->psd)
        domain_find(scene->run, DOMAIN_DMARC_PASSED_OVER, name->answer->name, scene->run->domain, walk->org_domain,
                    nothing);
}

static void judge_name(struct scene *scene, const struct seki_dmarc_name *name)
{
    if (domain_has_long_string(name->answer))
        domain_find(scene->run, DOMAIN_DMARC_LONG_STRING, name->answer->name, nothing, nothing, nothing);
    switch (name->standing) {
    case SEKI_DMARC_STANDING_UNREAD: break;
    case SEKI_DMARC_STANDING_NOTHING: judge_texts(scene, name); break;
    case SEKI_DMARC_STANDING_RECORD: judge_passed_over(scene, name); break;
    case SEKI_DMARC_STANDING_SEVERAL: judge_several(scene, name->answer); break;
    case SEKI_DMARC_STANDING_FAILURE:
        domain_ask(scene->run, name->answer->name, SEKI_RR_TXT); /* finds the failure */
        scene->has_explained = true;
        break;
    }
}

/* What stands at a top-level domain is nobody's mistake who asks here. */
static void judge_walk(struct scene *scene)
{
    const struct seki_dmarc_walk *walk = scene->author.walk;
    for (size_t i = 0; i < walk->read_count; i++)
        if (i == 0 || seki_domain_label_count(walk->names[i]->domain) > 1)
            judge_name(scene, walk->names[i]);
}

static bool has_record(const struct seki_answer *answer)
{
    for (size_t i = 0; i < answer->record_count; i++)
        if (seki_dmarc_record_is_one(answer->records[i].text))
            return true;
    return false;
}

/* There is nothing at _dmarc of the domain: does the record stand where it does not belong? */
static void judge_misplaced(struct scene *scene)
{
    struct domain_run *run = scene->run;
    struct seki_str name = domain_below(run, "_dmarc", run->domain);
    struct seki_str doubled =
        seki_arena_format(run->arena, "%.*s.%.*s", SEKI_STR_ARGS(name), SEKI_STR_ARGS(run->domain));
    bool is_at_domain = has_record(domain_ask_quietly(run, run->domain, SEKI_RR_TXT));
    bool is_doubled = has_record(domain_ask_quietly(run, doubled, SEKI_RR_TXT));
    struct seki_str target = domain_own_alias_of(run, name, run->domain);
    if (is_at_domain)
        domain_find(run, DOMAIN_DMARC_AT_DOMAIN, run->domain, nothing, nothing, nothing);
    if (is_doubled)
        domain_find(run, DOMAIN_DMARC_NAME_DOUBLED, name, doubled, nothing, nothing);
    if (target.len > 0)
        domain_find(run, DOMAIN_DMARC_ALIAS, name, target, nothing, nothing);
    scene->has_explained = scene->has_explained || is_at_domain || is_doubled || target.len > 0;
}

static void judge_absence(struct scene *scene)
{
    struct domain_run *run = scene->run;
    const struct seki_dmarc_author *author = &scene->author;
    if (author->walk->names[0]->standing == SEKI_DMARC_STANDING_NOTHING && !scene->has_explained)
        judge_misplaced(scene);
    if (author->origin == SEKI_DMARC_ORIGIN_PSD)
        domain_find(run, DOMAIN_DMARC_ONLY_PSD, run->domain, author->at->domain, nothing, nothing);
    if (author->at == NULL && !scene->has_explained && domain_exists(run))
        domain_find(run, scene->is_parked ? DOMAIN_DMARC_NO_MAIL_UNSAID : DOMAIN_DMARC_MISSING, run->domain,
                    nothing, nothing, nothing);
}

/* RFC 9989 section 11.8: "If a PSD publishes a DMARC Policy Record without the appropriate 'psd=y' tag". */
static void judge_org_domain(struct scene *scene)
{
    const struct seki_psl *psl = scene->run->options->psl;
    const struct domain_dmarc_report *report = scene->report;
    bool is_above = report->org_domain.len > 0 && report->org_domain.len < report->org_domain_by_list.len;
    if (psl != NULL && is_above && seki_psl_registrable(psl, report->org_domain).len == 0)
        domain_find(scene->run, DOMAIN_DMARC_ORG_IS_SUFFIX, scene->run->domain, report->org_domain,
                    report->org_domain_by_list, nothing);
}

/* 5. Findings: within the record. That of a public suffix is not the domain's. */
static void judge_record(struct scene *scene)
{
    const struct seki_dmarc_author *author = &scene->author;
    struct seki_dmarc_record record;
    if (author->at == NULL || author->origin == SEKI_DMARC_ORIGIN_PSD)
        return;
    const struct domain_dmarc_subject subject = { .name = author->at->answer->name,
                                                  .domain = author->at->domain,
                                                  .org_domain = author->walk->org_domain,
                                                  .is_parked = scene->is_parked };
    if (!domain_dmarc_judge(scene->run, &subject, author->at->record.text, &record) ||
        !seki_dmarc_author_has_policy(author))
        return;
    scene->report->destinations =
        domain_dmarc_destinations(scene->run, &scene->walks, &subject, &record, &scene->report->destination_count);
}

void domain_survey_dmarc(struct domain_run *run, struct domain_report *report)
{
    struct scene scene = { .run = run,
                           .report = &report->dmarc,
                           .walks = { .arena = run->arena },
                           .is_parked = domain_is_parked(report) };
    if (!discover_all(&scene))
        return;
    report_walk(&scene);
    report_org_domain(&scene);
    report_record(&scene);
    report->dmarc.subdomain = policy_of(&scene.probe, SEKI_DMARC_REACH_SUBDOMAIN);
    report->dmarc.nonexistent = policy_of(&scene.probe, SEKI_DMARC_REACH_NONEXISTENT);
    judge_walk(&scene);
    judge_absence(&scene);
    judge_org_domain(&scene);
    judge_record(&scene);
}
