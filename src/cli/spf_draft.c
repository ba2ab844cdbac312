#include "cli/spf_draft.h"

#include "cli/findings.h"
#include "cli/i18n.h"
#include "cli/spf_tree.h"
#include "cli/text.h"
#include "domain/survey.h"

/* Stands for a domain that was not given; nothing is asked about it (RFC 2606 section 2). */
#define UNNAMED SEKI_STR("example.invalid")

static bool read_domain(struct cli_spf_draft *draft, const char *domain)
{
    struct seki_str *name = &draft->subject.domain;
    draft->subject.is_unnamed = domain == NULL;
    *name = UNNAMED;
    if (domain == NULL || (seki_domain_to_ascii(draft->e.arena, seki_str_of(domain), name) == SEKI_OK &&
                           seki_domain_label_count(*name) > 1))
        return true;
    return cli_complain(_("\"%s\" is no domain name"), domain);
}

enum cli_exit cli_spf_draft_begin(struct cli_spf_draft *draft, const struct cli_options *options,
                                  const char *domain)
{
    *draft = (struct cli_spf_draft){ 0 };
    if (!cli_evaluation_begin(&draft->e, options))
        return CLI_NO;
    draft->subject.text = seki_str_of(options->record);
    draft->e.answers = seki_answers_new(draft->e.arena, DOMAIN_SURVEY_QUESTIONS);
    bool is_read = read_domain(draft, domain);
    if (is_read && draft->e.answers != NULL)
        return CLI_DONE;
    cli_evaluation_end(&draft->e);
    return is_read ? CLI_NO : CLI_USAGE;
}

void cli_spf_draft_end(struct cli_spf_draft *draft)
{
    cli_evaluation_end(&draft->e);
}

static enum seki_result step_lint(void *evaluation, struct seki_answers *answers, struct seki_error *why)
{
    struct cli_spf_draft *draft = evaluation;
    return domain_spf_lint_step(draft->e.arena, &draft->subject, answers, &draft->report, why);
}

bool cli_spf_draft_look(struct cli_spf_draft *draft)
{
    return cli_evaluation_run(&draft->e, step_lint, draft);
}

void cli_spf_draft_set_json(const struct cli_spf_draft *draft, json_t *root)
{
    json_object_set_new(root, "spf", cli_json_spf_tree(&draft->report.spf));
    json_object_set_new(root, "findings", cli_json_findings(draft->report.findings, draft->report.finding_count));
}
