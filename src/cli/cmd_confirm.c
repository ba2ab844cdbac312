/* `sekisho policy confirm`: the domain's administrator has read what filtering and reporting do, and wants it. */
#include "cli/hosting.h"

#include "cli/i18n.h"
#include "cli/readable.h"
#include "cli/json.h"
#include "cli/text.h"
#include "cli/when.h"
#include "store/confirmations.h"

#include <assert.h>
#include <stdio.h>
#include <time.h>

/* What is confirmed. When it tells of something new that is done to mail, STORE_EXPLANATION_VERSION is raised with it. */
static const char *const explanation[] = {
    N_("Mail to the domain is checked for who really sent it (SPF, DKIM, ARC, DMARC), and every message is "
       "recorded: "
       "sender, recipients, time, results and what was decided. The records are kept for a limited time."),
    N_("With the filter on, mail that fails is marked, put into the junk folder, held, refused or thrown away, as "
       "the "
       "domain's policy says for each reason. That happens at once and to all mailboxes of the domain."),
    N_("Honest mail can fail: mail that was forwarded, mail from mailing lists, mail of senders who have set up "
       "their "
       "domain wrongly. What is refused is not in any folder afterwards; its sender is told. What is thrown away "
       "nobody "
       "is told about."),
    N_("An entry in the allow list lets a sender through, and a forger who writes in that sender's name too where "
       "the "
       "entry asks for no evidence. Attachments and viruses are judged all the same."),
    N_("With reports on, the domains in whose name mail came are told how much came, from which addresses, and how "
       "it "
       "was judged; never what was in it, nor to whom it went."),
    N_("All this can be watched first without anything being done (observe), and can be switched off at any time."),
};
static_assert(STORE_EXPLANATION_VERSION == 1, "the text above is version 1");

static json_t *json_explanation(void)
{
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof explanation / sizeof explanation[0]; i++)
        json_array_append_new(list, json_string(explanation[i]));
    return list;
}

static void print_explanation(void)
{
    printf(_("Explanation, version %d\n\n"), STORE_EXPLANATION_VERSION);
    for (size_t i = 0; i < sizeof explanation / sizeof explanation[0]; i++)
        cli_print_item(2, "- ", "%s", _(explanation[i]));
    putchar('\n');
}

static bool withdraw(struct cli_store *store, const struct store_domain *domain)
{
    if (!cli_store_did(store, store_confirmation_withdraw(store->change, domain->id, &store->why)) ||
        !cli_store_commit(store))
        return false;
    cli_store_tell(store, json_pack("{s:o}", "domain", cli_json_str(domain->name)),
                   _("The confirmation for %.*s is withdrawn: from now on nothing is done to its mail."),
                   SEKI_STR_ARGS(cli_readable(domain->name, store->arena)));
    return true;
}

static bool confirm(struct cli_store *store, const struct store_domain *domain, int64_t at_s)
{
    const struct cli_options *options = store->options;
    struct store_confirmation confirmation = { .domain_id = domain->id,
                                               .administrator = seki_str_of(options->by),
                                               .version = STORE_EXPLANATION_VERSION,
                                               .at_s = at_s,
                                               .note = SEKI_STR("") };
    cli_take_text(options->note, &confirmation.note);
    if (!cli_store_did(store, store_confirmation_add(store->change, &confirmation, NULL, &store->why)) ||
        !cli_store_commit(store))
        return false;
    if (!options->json)
        print_explanation();
    cli_store_tell(store,
                   json_pack("{s:o, s:s, s:i, s:o}", "domain", cli_json_str(domain->name), "by", options->by,
                             "version", STORE_EXPLANATION_VERSION, "explanation", json_explanation()),
                   _("Recorded: %s has confirmed version %d of this for %.*s."), options->by,
                   STORE_EXPLANATION_VERSION, SEKI_STR_ARGS(cli_readable(domain->name, store->arena)));
    return true;
}

/* Without --by nothing is recorded: this is how one reads what there is to confirm. */
static enum cli_exit only_tell(const struct cli_options *options)
{
    if (options->json)
        cli_json_print(
            json_pack("{s:i, s:o}", "version", STORE_EXPLANATION_VERSION, "explanation", json_explanation()));
    else
        print_explanation();
    cli_complain("%s", _("nothing is recorded yet; name the administrator who confirms it with --by WHO"));
    return CLI_NO;
}

enum cli_exit cli_policy_confirm(const struct cli_options *options, const char *name)
{
    struct cli_store store;
    struct store_domain domain;
    int64_t now_s = (int64_t)time(NULL), at_s = now_s;
    if (options->at != NULL && (!cli_when_read(seki_str_of(options->at), now_s, -1, &at_s) || at_s > now_s)) {
        cli_complain(_("--at takes a time that is past, such as 2026-05-02 or 3d; not \"%s\""), options->at);
        return CLI_USAGE;
    }
    if (options->by != NULL && options->withdraw) {
        cli_complain("%s", _("--by confirms and --withdraw takes back; give one of them"));
        return CLI_USAGE;
    }
    if (options->by == NULL && !options->withdraw)
        return only_tell(options);
    if (cli_store_open(&store, options) && cli_store_begin(&store, "cli") && cli_find_domain(&store, name, &domain))
        (void)(options->withdraw ? withdraw(&store, &domain) : confirm(&store, &domain, at_s));
    return cli_store_close(&store);
}
