#include "cli/findings.h"

#include "cli/columns.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/reason.h"
#include "cli/screen.h"
#include "cli/text.h"

#include <stdio.h>

#define MAX_SENTENCE_OCTETS 8192u
#define INDENT              4

/* A text of the finding that is a sentence is the engine's (why a look-up failed); a word alone is the domain's own. */
static void fill(const struct domain_finding *finding, const char *sentence, struct seki_buf *out)
{
    struct domain_finding shown = *finding;
    struct seki_buf texts[DOMAIN_FINDING_TEXTS];
    for (size_t i = 0; i < DOMAIN_FINDING_TEXTS; i++) {
        struct seki_str text = finding->texts[i];
        seki_buf_init(&texts[i], MAX_SENTENCE_OCTETS);
        if (seki_str_find(text, ' ') == text.len)
            continue;
        cli_reason(text, &texts[i]);
        if (seki_buf_failed(&texts[i]) == SEKI_OK)
            shown.texts[i] = seki_buf_str(&texts[i]);
    }
    domain_finding_fill(&shown, _(sentence), out);
    for (size_t i = 0; i < DOMAIN_FINDING_TEXTS; i++)
        seki_buf_release(&texts[i]);
}

void cli_print_filled(size_t column, const struct domain_finding *texts, const char *sentence)
{
    struct seki_buf buf;
    seki_buf_init(&buf, MAX_SENTENCE_OCTETS);
    fill(texts, sentence, &buf);
    cli_print_rest(column, seki_buf_str(&buf));
    seki_buf_release(&buf);
}

json_t *cli_json_filled(const struct domain_finding *texts, const char *sentence)
{
    struct seki_buf buf;
    seki_buf_init(&buf, MAX_SENTENCE_OCTETS);
    fill(texts, sentence, &buf);
    json_t *string = cli_json_str(seki_buf_str(&buf));
    seki_buf_release(&buf);
    return string;
}

void cli_print_severity(enum domain_severity severity)
{
    static const enum cli_colour colours[] = {
        [DOMAIN_ADVICE] = CLI_BOLD, [DOMAIN_WARNING] = CLI_YELLOW, [DOMAIN_ERROR] = CLI_RED
    };
    cli_print_coloured(colours[severity], _(domain_severity_name(severity)));
}

static void print_finding(const struct domain_finding *finding)
{
    const struct domain_finding_kind *kind = domain_finding_kind(finding);
    printf("  ");
    cli_print_severity(kind->severity);
    printf("  %s\n%*s", kind->id, INDENT, "");
    cli_print_filled(INDENT, finding, kind->what);
    printf("%*s%s", INDENT, "", _("Fix: "));
    cli_print_filled(INDENT + cli_columns(_("Fix: ")), finding, kind->fix);
}

void cli_print_findings(const struct domain_finding *findings, size_t count)
{
    for (int severity = DOMAIN_ERROR; severity >= DOMAIN_ADVICE; severity--)
        for (size_t i = 0; i < count; i++)
            if (domain_finding_kind(&findings[i])->severity == (enum domain_severity)severity)
                print_finding(&findings[i]);
}

static json_t *json_finding(const struct domain_finding *finding)
{
    const struct domain_finding_kind *kind = domain_finding_kind(finding);
    return json_pack("{s:s, s:s, s:s, s:i, s:o, s:o, s:o}", "id", kind->id, "area", domain_area_name(kind->area),
                     "severity", domain_severity_name(kind->severity), "points", (int)kind->points, "name",
                     cli_json_str(finding->name), "what", cli_json_filled(finding, kind->what), "fix",
                     cli_json_filled(finding, kind->fix));
}

json_t *cli_json_findings(const struct domain_finding *findings, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_finding(&findings[i]));
    return array;
}

enum cli_exit cli_findings_exit(const struct domain_finding *findings, size_t count)
{
    enum cli_exit code = CLI_DONE;
    for (size_t i = 0; i < count; i++) {
        if (findings[i].id == DOMAIN_DNS_FAILED)
            code = CLI_TEMPORARY;
        else if (domain_finding_kind(&findings[i])->severity != DOMAIN_ADVICE)
            return CLI_NO;
    }
    return code;
}
