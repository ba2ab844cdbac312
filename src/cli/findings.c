#include "cli/findings.h"

#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/reason.h"
#include "cli/text.h"

#include <stdio.h>

#define MAX_SENTENCE_OCTETS 8192u

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

static void print_sentence(const char *indent, const struct domain_finding *finding, const char *sentence)
{
    struct seki_buf buf;
    seki_buf_init(&buf, MAX_SENTENCE_OCTETS);
    fill(finding, sentence, &buf);
    printf("%s", indent);
    cli_print_str(seki_buf_str(&buf));
    putchar('\n');
    seki_buf_release(&buf);
}

void cli_print_findings(const struct domain_finding *findings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct domain_finding_kind *kind = domain_finding_kind(&findings[i]);
        printf("%s (%s)\n", _(domain_severity_name(kind->severity)), kind->id);
        print_sentence("  ", &findings[i], kind->what);
        print_sentence("  ", &findings[i], kind->fix);
    }
}

static json_t *json_finding(const struct domain_finding *finding)
{
    const struct domain_finding_kind *kind = domain_finding_kind(finding);
    struct seki_buf what, fix;
    seki_buf_init(&what, MAX_SENTENCE_OCTETS);
    seki_buf_init(&fix, MAX_SENTENCE_OCTETS);
    fill(finding, kind->what, &what);
    fill(finding, kind->fix, &fix);
    json_t *object =
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "id", kind->id, "area", domain_area_name(kind->area),
                  "severity", domain_severity_name(kind->severity), "name", cli_json_str(finding->name), "what",
                  cli_json_str(seki_buf_str(&what)), "fix", cli_json_str(seki_buf_str(&fix)));
    seki_buf_release(&what);
    seki_buf_release(&fix);
    return object;
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
