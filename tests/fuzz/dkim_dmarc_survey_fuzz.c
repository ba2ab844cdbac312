/* The DKIM and DMARC sections of a domain check over any zone, and the builder's records.
 *
 * Input: the domain, the selectors with commas between (none: guesses), addresses for reports likewise, each on a line;
 * then a zone (text_zone.h).
 * Held: the survey ends within few steps; a key is usable or testing exactly when the engine would verify with one of its
 * records; a record that the builder wrote has no finding. */
#include "auth/dkim_key.h"
#include "domain/dmarc_build.h"
#include "domain/survey_run.h"
#include "text_zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_NAMES   8u
#define MAX_STEPS   60u
#define MAX_RECORDS 8u /* of one name, as a verifier looks at them */
#define MEMORY      (32u << 20)

static size_t split_names(struct seki_str line, struct seki_str *names)
{
    size_t count = 0;
    while (line.len > 0 && count < MAX_NAMES)
        names[count++] = text_zone_cut(&line, ',');
    return count;
}

static bool engine_verifies(struct seki_context *context, struct seki_str text)
{
    struct seki_dkim_key *key;
    const char *wrong;
    require(seki_dkim_key_new(context, text, &key, &wrong) == SEKI_OK);
    bool is_usable = key != NULL && key->allows_digest[SEKI_DIGEST_SHA256] &&
                     (key->type == SEKI_KEY_ED25519 || key->bits >= 1024);
    seki_dkim_key_free(key);
    return is_usable;
}

static void check_key(const struct domain_run *run, const struct domain_key *key)
{
    const struct seki_answer *answer = seki_answers_ask(run->answers, key->name, SEKI_RR_TXT);
    bool is_usable = key->state == DOMAIN_KEY_USABLE || key->state == DOMAIN_KEY_TESTING, engine = false;
    require(answer != NULL);
    for (size_t i = 0; i < answer->record_count && i < MAX_RECORDS; i++)
        engine = engine || engine_verifies(run->context, answer->records[i].text);
    require(is_usable == engine);
    require(key->state == DOMAIN_KEY_UNKNOWN || (key->reason.len > 0) != is_usable);
}

static void check_dmarc(const struct domain_dmarc_report *dmarc)
{
    require((dmarc->result == DOMAIN_DMARC_FOUND || dmarc->result == DOMAIN_DMARC_UNUSABLE) ==
            (dmarc->record.len > 0));
    require((dmarc->policy.published == SEKI_DMARC_POLICY_UNSET) || dmarc->result == DOMAIN_DMARC_FOUND);
    require(dmarc->policy.applied <= dmarc->policy.published);
    for (size_t i = 0; i < dmarc->destination_count; i++)
        require(!domain_destination_may_receive(dmarc->destinations[i].state) ||
                dmarc->destinations[i].host.len > 0);
}

static enum seki_result step(struct domain_run **run, const struct domain_survey_options *options,
                             struct seki_context *context, struct seki_arena *arena, struct seki_answers *answers,
                             struct domain_report *report)
{
    *report = (struct domain_report){ .domain = options->domain };
    *run = domain_run_new(arena, context, options, options->domain, answers);
    if (*run == NULL)
        return seki_arena_failure(arena);
    domain_survey_dkim(*run, report);
    domain_survey_dmarc(*run, report);
    return domain_run_end(*run, NULL);
}

static void survey(struct seki_context *context, struct seki_arena *arena,
                   const struct domain_survey_options *options, struct seki_str zone)
{
    struct seki_answers *answers = seki_answers_new(arena, DOMAIN_SURVEY_QUESTIONS);
    struct domain_report report;
    struct domain_run *run;
    enum seki_result result;
    const struct seki_answer *question;
    size_t steps = 0;
    while ((result = step(&run, options, context, arena, answers, &report)) == SEKI_NEED_ANSWERS) {
        require(++steps <= MAX_STEPS);
        while ((question = seki_answers_next_open(answers)) != NULL)
            text_zone_answer(zone, answers, question);
    }
    if (result != SEKI_OK)
        return; /* out of memory */
    for (size_t i = 0; i < report.dkim.key_count; i++)
        check_key(run, &report.dkim.keys[i]);
    check_dmarc(&report.dmarc);
}

static void build(struct seki_arena *arena, const struct seki_str *addresses, size_t count)
{
    struct domain_dmarc_choices choices = { .policy = SEKI_DMARC_POLICY_REJECT,
                                            .rua = addresses,
                                            .ruf = addresses };
    struct domain_dmarc_draft draft = { .domain = SEKI_STR("") };
    struct domain_dmarc_draft_report report;
    choices.rua_count = choices.ruf_count = count;
    for (size_t i = 0; i < count; i++)
        if (seki_str_find(addresses[i], ':') < addresses[i].len)
            return; /* URIs are taken as they are */
    if (count == 0 || domain_dmarc_build(arena, &choices, &draft.text, NULL) != SEKI_OK)
        return;
    require(domain_dmarc_check_step(arena, &draft, seki_answers_new(arena, 0), &report, NULL) == SEKI_OK);
    require(report.finding_count == 0 && report.destination_count == 2 * count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct seki_context *context;
    struct seki_str rest = { (const char *)data, size }, selectors[MAX_NAMES], addresses[MAX_NAMES];
    if (context == NULL)
        context = seki_context_new(4, NULL);
    if (size > 20000)
        return 0;
    struct seki_arena *arena = seki_arena_new(MEMORY);
    struct domain_survey_options options = { .selectors = selectors };
    struct seki_str domain = text_zone_cut(&rest, '\n');
    options.selector_count = split_names(text_zone_cut(&rest, '\n'), selectors);
    build(arena, addresses, split_names(text_zone_cut(&rest, '\n'), addresses));
    if (seki_domain_to_ascii(arena, domain, &options.domain) == SEKI_OK)
        survey(context, arena, &options, rest);
    seki_arena_free(arena);
    return 0;
}
