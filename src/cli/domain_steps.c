#include "cli/domain_steps.h"

#include "cli/findings.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/text.h"

#include <stdio.h>

#define INDENT 5 /* behind the number */

/* In one line, however long: it is there to be copied. */
static void print_record(const struct domain_step *step)
{
    if (step->record.len == 0)
        return;
    printf("%*s", INDENT, "");
    cli_print_format("%.*s TXT \"%.*s\"", SEKI_STR_ARGS(step->host), SEKI_STR_ARGS(step->record));
    putchar('\n');
}

void cli_print_steps(const struct domain_step *steps, size_t count)
{
    printf("%s\n", _("Next steps"));
    for (size_t i = 0; i < count; i++) {
        printf("  %zu. %s\n%*s", i + 1, steps[i].id, INDENT, "");
        cli_print_filled(INDENT, &steps[i].texts, steps[i].sentence);
        print_record(&steps[i]);
    }
}

json_t *cli_json_steps(const struct domain_step *steps, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct domain_step *step = &steps[i];
        json_array_append_new(
            array, json_pack("{s:s, s:s, s:o, s:i, s:o, s:o}", "id", step->id, "area", domain_area_name(step->area),
                             "what", cli_json_filled(&step->texts, step->sentence), "worth", (int)step->worth,
                             "host", cli_json_str(step->host), "record", cli_json_str(step->record)));
    }
    return array;
}
