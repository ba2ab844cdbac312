/* sekisho spf lint: what is wrong with an SPF record, published or not. */
#include "cli/findings.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/spf_draft.h"
#include "cli/spf_tree.h"
#include "cli/text.h"

#include <stdio.h>

static void print_json(const struct cli_spf_draft *draft)
{
    json_t *root = json_pack("{s:o}", "domain", cli_json_str(draft->subject.domain));
    cli_spf_draft_set_json(draft, root);
    cli_json_print(root);
}

static void print_text(const struct cli_spf_draft *draft)
{
    cli_print_spf_tree(&draft->report.spf);
    putchar('\n');
    cli_print_findings(draft->report.findings, draft->report.finding_count);
    if (draft->report.finding_count == 0)
        printf("%s\n", _("Nothing is wrong."));
}

static enum cli_exit lint(struct cli_spf_draft *draft, const struct cli_options *options)
{
    if (!cli_spf_draft_look(draft))
        return CLI_NO;
    if (options->json)
        print_json(draft);
    else
        print_text(draft);
    return cli_findings_exit(draft->report.findings, draft->report.finding_count);
}

enum cli_exit cli_spf_lint(const struct cli_options *options, const char *domain)
{
    struct cli_spf_draft draft;
    if (domain == NULL && options->record == NULL) {
        cli_complain("%s", _("spf lint needs a domain, or a record with --record"));
        return CLI_USAGE;
    }
    if (domain != NULL && options->domain != NULL) {
        cli_complain("%s", _("spf lint takes one domain: give it as operand or with --domain"));
        return CLI_USAGE;
    }
    enum cli_exit code = cli_spf_draft_begin(&draft, options, domain != NULL ? domain : options->domain);
    if (code != CLI_DONE)
        return code;
    code = lint(&draft, options);
    cli_spf_draft_end(&draft);
    return code;
}
