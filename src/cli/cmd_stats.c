/* `sekisho stats …`: what recorded traffic tells of the hosted domains, as a table, JSON or CSV. */
#include "cli/hosting.h"
#include "cli/i18n.h"
#include "cli/report.h"
#include "cli/text.h"
#include "cli/when.h"
#include "store/traffic_stats.h"

#define PRESET_DAYS  30
#define PRESET_LIMIT 50u
#define WIDTH(table) (sizeof(table) / sizeof((table)[0]))

static const char nothing[] = N_("No traffic was recorded in that time.");

static bool is_usage_right(const struct cli_options *options)
{
    return !options->json || !options->csv || cli_complain(_("--json and --csv cannot both be; choose one"));
}

static int64_t days_of(const struct cli_options *options)
{
    return options->days > 0 ? (int64_t)options->days : PRESET_DAYS;
}

/* Of which mail: the last N days, today being one of them. */
static bool read_span(struct cli_store *store, struct store_stats_span *span)
{
    const struct cli_options *options = store->options;
    *span = (struct store_stats_span){ .since_s = store->now_s - (days_of(options) - 1) * 86400 };
    if (options->domain != NULL) {
        struct store_domain domain;
        if (!cli_find_domain(store, options->domain, &domain))
            return false;
        span->domain_id = domain.id;
    }
    if (options->tenant != NULL) {
        struct store_tenant tenant;
        if (!cli_find_tenant(store, options->tenant, &tenant))
            return false;
        span->tenant_id = tenant.id;
    }
    return true;
}

static size_t limit_of(const struct cli_options *options)
{
    return options->limit > 0 ? (size_t)options->limit : PRESET_LIMIT;
}

static struct seki_str date_of(struct cli_store *store, int64_t time_s)
{
    char text[CLI_WHEN_MAX];
    return seki_arena_copy(store->arena, seki_str_head(seki_str_of(cli_when_write(time_s, text)), 10));
}

/* ---- domains ---- */

static const struct cli_report_column domain_columns[] = {
    { "domain", N_("domain"), CLI_CELL_TEXT },
    { "messages", N_("messages"), CLI_CELL_NUMBER },
    { "authenticated", N_("authenticated"), CLI_CELL_PERCENT },
    { "dmarc_pass", N_("DMARC pass"), CLI_CELL_PERCENT },
    { "dmarc_fail", N_("DMARC fail"), CLI_CELL_PERCENT },
    { "nothing_said", N_("says nothing"), CLI_CELL_PERCENT },
    { "would_act", N_("policy acts"), CLI_CELL_PERCENT },
    { "gains_little", N_("filter gains little"), CLI_CELL_YES_NO },
};

static void add_domain(struct cli_report *report, const struct store_stats_domain *domain)
{
    cli_report_text(report, domain->domain);
    cli_report_number(report, domain->messages);
    cli_report_share(report, domain->authenticated, domain->messages);
    cli_report_share(report, domain->dmarc_pass, domain->messages);
    cli_report_share(report, domain->dmarc_fail, domain->messages);
    cli_report_share(report, domain->nothing_said, domain->messages);
    cli_report_share(report, domain->would_act, domain->messages);
    cli_report_yes_no(report, store_stats_gains_little(domain));
}

static bool report_domains(struct cli_store *store, const struct store_stats_span *span, struct cli_report *report)
{
    const struct store_stats_domain *domains;
    size_t count;
    if (!cli_store_did(store, store_stats_domains(store->sql, span, limit_of(store->options), store->arena,
                                                  &domains, &count, &store->why)))
        return false;
    cli_report_begin(report, store->arena, "domains", domain_columns, WIDTH(domain_columns));
    for (size_t i = 0; i < count; i++)
        add_domain(report, &domains[i]);
    return true;
}

/* ---- failing ---- */

static const struct cli_report_column failing_columns[] = {
    { "domain", N_("to"), CLI_CELL_TEXT },
    { "author", N_("author"), CLI_CELL_TEXT },
    { "replies", N_("answered"), CLI_CELL_NUMBER },
    { "sent", N_("written to"), CLI_CELL_NUMBER },
    { "days", N_("days"), CLI_CELL_NUMBER },
    { "messages", N_("messages"), CLI_CELL_NUMBER },
    { "last", N_("last"), CLI_CELL_TEXT },
    { "covered", N_("of them have"), CLI_CELL_PERCENT },
    { "evidence", N_("this evidence for an allow entry"), CLI_CELL_TEXT },
    { "why", N_("why it may be wanted"), CLI_CELL_SENTENCE },
};

static const char only_seen[] = N_("What stands here as evidence was seen and proves nothing: forgers have "
                                   "networks and domains too. Ask the author "
                                   "what they send by before you allow it. Nothing is suggested for names that are "
                                   "hosted here, nor before three days.");

static struct seki_str why_of(struct cli_store *store, const struct store_stats_failing *failing)
{
    const long long days = days_of(store->options), replies = failing->replies, sent = failing->sent;
    if (replies > 0)
        return seki_arena_format(store->arena,
                                 cli_text_plural("you answered this sender %lld time in the last %lld days",
                                                 "you answered this sender %lld times in the last %lld days",
                                                 (unsigned long)replies),
                                 replies, days);
    if (sent > 0)
        return seki_arena_format(store->arena,
                                 cli_text_plural("you wrote to this sender %lld time in the last %lld days",
                                                 "you wrote to this sender %lld times in the last %lld days",
                                                 (unsigned long)sent),
                                 sent, days);
    return seki_arena_format(store->arena, _("it wrote on %lld of the last %lld days"), (long long)failing->days,
                             days);
}

static void add_failing(struct cli_store *store, struct cli_report *report,
                        const struct store_stats_failing *failing)
{
    cli_report_text(report, failing->domain);
    cli_report_text(report, failing->author_domain);
    cli_report_number(report, failing->replies);
    cli_report_number(report, failing->sent);
    cli_report_number(report, failing->days);
    cli_report_number(report, failing->messages);
    cli_report_text(report, date_of(store, failing->last_s));
    cli_report_share(report, failing->covered, failing->messages);
    cli_report_text(report, failing->value.len == 0 ? SEKI_STR("")
                                                    : seki_arena_format(store->arena, "%s:%.*s",
                                                                        policy_evidence_name(failing->evidence),
                                                                        SEKI_STR_ARGS(failing->value)));
    cli_report_text(report, why_of(store, failing));
}

static bool report_failing(struct cli_store *store, const struct store_stats_span *span, struct cli_report *report)
{
    const struct store_stats_failing *failing;
    size_t count;
    if (!cli_store_did(store, store_stats_failing(store->sql, span, limit_of(store->options), store->arena,
                                                  &failing, &count, &store->why)))
        return false;
    cli_report_begin(report, store->arena, "failing", failing_columns, WIDTH(failing_columns));
    for (size_t i = 0; i < count; i++)
        add_failing(store, report, &failing[i]);
    if (count > 0 && !store->options->json && !store->options->csv)
        cli_print_sentence(0, "%s", _(only_seen));
    return true;
}

/* ---- results ---- */

static const struct cli_report_column result_columns[] = {
    { "day", N_("day"), CLI_CELL_TEXT },
    { "spf", N_("SPF"), CLI_CELL_TEXT },
    { "dkim", N_("DKIM"), CLI_CELL_TEXT },
    { "dmarc", N_("DMARC"), CLI_CELL_TEXT },
    { "messages", N_("messages"), CLI_CELL_NUMBER },
    { "share", N_("of that day"), CLI_CELL_PERCENT },
};

static bool report_results(struct cli_store *store, const struct store_stats_span *span, struct cli_report *report)
{
    const struct store_stats_combination *all;
    size_t count, limit = (size_t)store->options->limit; /* a day that is cut would have wrong shares */
    if (!cli_store_did(store,
                       store_stats_combinations(store->sql, span, 0, store->arena, &all, &count, &store->why)))
        return false;
    cli_report_begin(report, store->arena, "results", result_columns, WIDTH(result_columns));
    for (size_t i = 0; i < count && (limit == 0 || i < limit); i++) {
        cli_report_text(report, date_of(store, all[i].begin_s));
        cli_report_text(report, seki_str_of(seki_spf_result_name(all[i].spf)));
        cli_report_text(report, seki_str_of(seki_dkim_result_name(all[i].dkim)));
        cli_report_text(report, seki_str_of(seki_dmarc_result_name(all[i].dmarc)));
        cli_report_number(report, all[i].messages);
        cli_report_share(report, all[i].messages, all[i].of_messages);
    }
    return true;
}

/* ---- published ---- */

static const struct cli_report_column policy_columns[] = {
    { "policy", N_("DMARC policy"), CLI_CELL_TEXT },
    { "authors", N_("author domains"), CLI_CELL_NUMBER },
    { "messages", N_("messages"), CLI_CELL_NUMBER },
    { "failing", N_("fail"), CLI_CELL_NUMBER },
};

static bool report_policies(struct cli_store *store, const struct store_stats_span *span, struct cli_report *report)
{
    const struct store_stats_policy *policies;
    size_t count;
    if (!cli_store_did(store, store_stats_policies(store->sql, span, store->arena, &policies, &count, &store->why)))
        return false;
    cli_report_begin(report, store->arena, "policies", policy_columns, WIDTH(policy_columns));
    for (size_t i = 0; i < count; i++) {
        bool is_set = policies[i].wish != SEKI_DMARC_POLICY_UNSET;
        cli_report_text(report, is_set ? seki_str_of(seki_dmarc_policy_name(policies[i].wish)) : SEKI_STR(""));
        cli_report_number(report, policies[i].authors);
        cli_report_number(report, policies[i].messages);
        cli_report_number(report, policies[i].failing);
    }
    return true;
}

static const struct cli_report_column destination_columns[] = {
    { "policies", N_("policies"), CLI_CELL_NUMBER },
    { "destination", N_("send their reports to"), CLI_CELL_TEXT },
};

static bool report_destinations(struct cli_store *store, const struct store_stats_span *span,
                                struct cli_report *report)
{
    const struct store_stats_destination *destinations;
    size_t count;
    if (!cli_store_did(store, store_stats_destinations(store->sql, span, limit_of(store->options), store->arena,
                                                       &destinations, &count, &store->why)))
        return false;
    cli_report_begin(report, store->arena, "destinations", destination_columns, WIDTH(destination_columns));
    for (size_t i = 0; i < count; i++) {
        cli_report_number(report, destinations[i].policies);
        cli_report_text(report, destinations[i].destination);
    }
    return true;
}

/* ---- the commands ---- */

static enum cli_exit run(const struct cli_options *options,
                         bool (*make)(struct cli_store *store, const struct store_stats_span *span,
                                      struct cli_report *report))
{
    struct cli_store store;
    struct store_stats_span span;
    struct cli_report report;
    if (!is_usage_right(options))
        return CLI_USAGE;
    if (cli_store_open(&store, options) && read_span(&store, &span) && make(&store, &span, &report))
        cli_report_print(&report, options, nothing);
    return cli_store_close(&store);
}

enum cli_exit cli_stats_domains(const struct cli_options *options, const char *operand)
{
    (void)operand;
    return run(options, report_domains);
}

enum cli_exit cli_stats_failing(const struct cli_options *options, const char *operand)
{
    (void)operand;
    return run(options, report_failing);
}

enum cli_exit cli_stats_results(const struct cli_options *options, const char *operand)
{
    (void)operand;
    return run(options, report_results);
}

enum cli_exit cli_stats_policies(const struct cli_options *options, const char *operand)
{
    (void)operand;
    return run(options, report_policies);
}

enum cli_exit cli_stats_destinations(const struct cli_options *options, const char *operand)
{
    (void)operand;
    return run(options, report_destinations);
}
