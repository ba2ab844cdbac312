/* sekisho spf flatten: an SPF record that says the same with addresses. */
#include "cli/findings.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/spf_draft.h"
#include "cli/text.h"
#include "cli/txt_record.h"
#include "domain/spf_flatten.h"

#include <assert.h>
#include <stdio.h>

#define MAX_RECORDS (1u + DOMAIN_SPF_MAX_LOOKUPS)

static size_t list_records(const struct domain_spf_flat *flat, struct cli_txt_record records[MAX_RECORDS])
{
    for (size_t i = 0; i < flat->record_count; i++)
        records[i] = (struct cli_txt_record){ flat->records[i].name, flat->records[i].text };
    return flat->record_count;
}

/* 1. Text. */

static void print_refusal(const struct cli_spf_draft *draft, const struct domain_spf_flat *flat)
{
    static const char *const texts[] = {
        [DOMAIN_SPF_FLAT_DONE] = NULL,
        [DOMAIN_SPF_FLAT_NO_RECORD] = N_("There is no SPF record to flatten."),
        [DOMAIN_SPF_FLAT_INVALID] = N_("The record is invalid; mend it first."),
        [DOMAIN_SPF_FLAT_UNKNOWN] = N_("A look-up failed, so not all addresses are known; try again later."),
        [DOMAIN_SPF_FLAT_EVERYBODY] = N_("An include lets everybody send: there are no addresses to name."),
        [DOMAIN_SPF_FLAT_TOO_LARGE] =
            N_("There are more addresses than ten records hold: leave out what does not send any more."),
    };
    static_assert(sizeof texts / sizeof texts[0] == DOMAIN_SPF_FLAT_TOO_LARGE + 1, "a text for every state");
    printf("%s\n", _(texts[flat->state]));
    if (draft->report.finding_count > 0)
        putchar('\n');
    cli_print_findings(draft->report.findings, draft->report.finding_count);
}

static void print_kept(const struct domain_spf_flat *flat)
{
    if (flat->kept_count == 0)
        return;
    printf("%s\n", _("These terms stay, since addresses cannot say the same:"));
    for (size_t i = 0; i < flat->kept_count; i++) {
        printf("  ");
        cli_print_str(flat->kept[i]);
        putchar('\n');
    }
}

static void print_text(const struct cli_spf_draft *draft, const struct domain_spf_flat *flat)
{
    struct cli_txt_record records[MAX_RECORDS];
    size_t count = list_records(flat, records);
    printf(_("Look-ups: %u, before %u. Networks: %zu.\n"), flat->lookups, draft->report.spf.top->cost.lookups,
           flat->network_count);
    print_kept(flat);
    if (flat->is_record_long)
        printf("%s\n", _("The records are longer than the 450 octets that RFC 7208 advises; shorter ones would be "
                         "more than ten."));
    if (flat->ttl_s > 0)
        printf(_("Make it anew whenever one of the names gets other addresses, which the DNS allows after %u "
                 "seconds.\n"),
               flat->ttl_s);
    putchar('\n');
    cli_print_txt_records(records, count, draft->subject.domain);
}

/* 2. JSON. */

static void print_json(const struct cli_spf_draft *draft, const struct domain_spf_flat *flat)
{
    struct cli_txt_record records[MAX_RECORDS];
    size_t count = list_records(flat, records);
    json_t *kept = json_array(), *array = json_array();
    for (size_t i = 0; i < flat->kept_count; i++)
        json_array_append_new(kept, cli_json_str(flat->kept[i]));
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, cli_json_txt_record(&records[i], draft->subject.domain));
    cli_json_print(json_pack(
        "{s:o, s:s, s:i, s:i, s:i, s:I, s:b, s:o, s:o, s:o}", "domain", cli_json_str(draft->subject.domain),
        "state", domain_spf_flat_state_name(flat->state), "lookups", (int)flat->lookups, "lookups_before",
        (int)draft->report.spf.top->cost.lookups, "networks", (int)flat->network_count, "ttl",
        (json_int_t)flat->ttl_s, "long_records", flat->is_record_long, "kept", kept, "records", array, "findings",
        cli_json_findings(draft->report.findings, draft->report.finding_count)));
}

/* 3. All of it. */

static enum cli_exit flatten(struct cli_spf_draft *draft, const struct cli_options *options)
{
    struct domain_spf_flat flat;
    if (!cli_spf_draft_look(draft))
        return CLI_NO;
    if (domain_spf_flatten(draft->e.arena, &draft->report.spf, draft->e.answers, &flat) != SEKI_OK) {
        cli_say_trouble(options, N_("no memory for so many addresses"));
        return CLI_NO;
    }
    if (options->json)
        print_json(draft, &flat);
    else if (flat.state == DOMAIN_SPF_FLAT_DONE)
        print_text(draft, &flat);
    else
        print_refusal(draft, &flat);
    if (flat.state == DOMAIN_SPF_FLAT_DONE)
        return CLI_DONE;
    return flat.state == DOMAIN_SPF_FLAT_UNKNOWN ? CLI_TEMPORARY : CLI_NO;
}

enum cli_exit cli_spf_flatten(const struct cli_options *options, const char *domain)
{
    struct cli_spf_draft draft;
    enum cli_exit code = cli_spf_draft_begin(&draft, options, domain);
    if (code != CLI_DONE)
        return code;
    code = flatten(&draft, options);
    cli_spf_draft_end(&draft);
    return code;
}
