#include "cli/domain_keys.h"

#include "cli/columns.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/reason.h"
#include "cli/text.h"

#include <assert.h>
#include <stdio.h>

#define STATE_COLUMNS    12u
#define SELECTOR_COLUMNS 24u
#define LABEL_COLUMNS    28u
#define MAX_LINE_OCTETS  1024u

/* 1. Lines. */

static void print_padded(const char *text, size_t columns)
{
    size_t used = cli_columns(text);
    printf("%s%*s", text, used < columns ? (int)(columns - used) : 1, "");
}

static void print_label(const char *label)
{
    printf("  ");
    print_padded(label, LABEL_COLUMNS);
}

static void print_labelled(const char *label, struct seki_str text)
{
    print_label(label);
    cli_print_str(text);
    putchar('\n');
}

/* 2. DKIM. */

static void print_key(const struct domain_key *key)
{
    struct seki_buf about;
    size_t selector = key->selector.len;
    printf("  ");
    cli_print_str(key->selector);
    printf("%*s", selector < SELECTOR_COLUMNS ? (int)(SELECTOR_COLUMNS - selector) : 1, "");
    print_padded(_(domain_key_state_name(key->state)), STATE_COLUMNS);
    seki_buf_init(&about, MAX_LINE_OCTETS);
    if (key->bits > 0)
        seki_buf_add_format(&about, _("%.*s, %u bits"), SEKI_STR_ARGS(key->type), key->bits);
    if (key->bits > 0 && key->reason.len > 0)
        seki_buf_add(&about, SEKI_STR("; "));
    cli_reason(key->reason, &about);
    if (key->whose != NULL && key->bits > 0)
        seki_buf_add_format(&about, " (%s)", key->whose);
    cli_print_rest(2 + SELECTOR_COLUMNS + STATE_COLUMNS, seki_buf_str(&about));
    seki_buf_release(&about);
}

static void print_guesses(const struct domain_dkim_report *dkim)
{
    if (dkim->guess_count == 0)
        return;
    cli_print_sentence(
        2, _("%zu usual selectors tried, %zu found. Others cannot be found out: name yours with --selectors."),
        dkim->guess_count, dkim->key_count);
}

void cli_print_dkim_report(const struct domain_dkim_report *dkim)
{
    printf("DKIM\n");
    for (size_t i = 0; i < dkim->key_count; i++)
        print_key(&dkim->keys[i]);
    print_guesses(dkim);
    if (dkim->domainkey == DOMAIN_DOES_NOT_EXIST)
        printf("  %s\n", _("There is no name below _domainkey, so there are no keys at all."));
    if (dkim->wildcard.len > 0) {
        printf("  ");
        cli_print_format(_("A wildcard gives every other selector this record: %.*s"),
                         SEKI_STR_ARGS(dkim->wildcard));
        putchar('\n');
    }
}

static json_t *json_key(const struct domain_key *key)
{
    return json_pack("{s:o, s:o, s:b, s:s, s:o, s:i, s:b, s:o, s:o, s:o}", "selector", cli_json_str(key->selector),
                     "name", cli_json_str(key->name), "given", key->whose == NULL, "state",
                     domain_key_state_name(key->state), "type", cli_json_str(key->type), "bits", (int)key->bits,
                     "exact_domain", key->is_exact_domain, "hashes", cli_json_str(key->hashes), "reason",
                     cli_json_str(key->reason), "record", cli_json_str(key->record));
}

json_t *cli_json_dkim_report(const struct domain_dkim_report *dkim)
{
    static const char *const existences[] = {
        [DOMAIN_EXISTENCE_UNKNOWN] = "unknown", [DOMAIN_EXISTS] = "yes", [DOMAIN_DOES_NOT_EXIST] = "no"
    };
    json_t *keys = json_array();
    for (size_t i = 0; i < dkim->key_count; i++)
        json_array_append_new(keys, json_key(&dkim->keys[i]));
    return json_pack("{s:o, s:i, s:s, s:o}", "keys", keys, "tried", (int)dkim->guess_count, "domainkey_exists",
                     existences[dkim->domainkey], "wildcard", cli_json_str(dkim->wildcard));
}

/* 3. Where reports go. */

static const char *receives_text(enum domain_destination_state state)
{
    if (state == DOMAIN_DESTINATION_UNKNOWN)
        return N_("may receive: not known");
    return domain_destination_may_receive(state) ? N_("may receive: yes") : N_("may receive: no");
}

static const char *destination_text(enum domain_destination_state state)
{
    static const char *const texts[] = {
        [DOMAIN_DESTINATION_UNKNOWN] = N_("it was not or could not be looked up"),
        [DOMAIN_DESTINATION_INTERNAL] = N_("in the same organization"),
        [DOMAIN_DESTINATION_AUTHORISED] = N_("in another organization, which wants them"),
        [DOMAIN_DESTINATION_NOT_AUTHORISED] = N_("in another organization, which has not said that it wants them"),
        [DOMAIN_DESTINATION_OVERRIDDEN] = N_("in another organization, which sends them on to a third"),
        [DOMAIN_DESTINATION_NO_MAIL] = N_("its domain receives no mail"),
        [DOMAIN_DESTINATION_NO_ADDRESS] = N_("there is no mail address in it"),
        [DOMAIN_DESTINATION_OTHER_SCHEME] = N_("receivers need to know nothing but mailto:"),
        [DOMAIN_DESTINATION_IGNORED] = N_("no failure reports for a public suffix"),
    };
    static_assert(sizeof texts / sizeof texts[0] == DOMAIN_DESTINATION_IGNORED + 1, "a text for every state");
    return texts[state];
}

static void print_authorisation(const struct domain_destination *d)
{
    if (d->authorisation.len == 0)
        return;
    if (d->state == DOMAIN_DESTINATION_AUTHORISED)
        cli_print_sentence(8, _("it says so at %.*s"), SEKI_STR_ARGS(d->authorisation));
    else
        cli_print_sentence(8, _("it would have to say so at %.*s"), SEKI_STR_ARGS(d->authorisation));
}

void cli_print_destinations(const struct domain_destination *destinations, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct domain_destination *d = &destinations[i];
        printf("    %s=", d->tag);
        cli_print_str(d->uri);
        putchar('\n');
        cli_print_sentence(8, "%s (%s)", _(receives_text(d->state)), _(destination_text(d->state)));
        print_authorisation(d);
    }
}

static json_t *json_destination(const struct domain_destination *d)
{
    const char *receives = domain_destination_may_receive(d->state) ? "yes" : "no";
    if (d->state == DOMAIN_DESTINATION_UNKNOWN)
        receives = "unknown";
    return json_pack("{s:s, s:o, s:o, s:s, s:s, s:o}", "tag", d->tag, "uri", cli_json_str(d->uri), "host",
                     cli_json_str(d->host), "may_receive", receives, "state",
                     domain_destination_state_name(d->state), "authorisation", cli_json_str(d->authorisation));
}

json_t *cli_json_destinations(const struct domain_destination *destinations, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_destination(&destinations[i]));
    return array;
}

/* 4. DMARC: the walk. */

static void print_standing(const struct domain_dmarc_step *step)
{
    static const char *const texts[] = {
        [DOMAIN_DMARC_STANDS_NOTHING] = N_("no TXT record"),
        [DOMAIN_DMARC_STANDS_OTHER] = N_("TXT records, none of them DMARC"),
        [DOMAIN_DMARC_STANDS_RECORD] = NULL,
        [DOMAIN_DMARC_STANDS_SEVERAL] = N_("several DMARC records, which count as none"),
        [DOMAIN_DMARC_STANDS_FAILURE] = N_("could not be looked up"),
    };
    printf("    ");
    cli_print_str(step->name);
    printf(": ");
    if (step->is_policy) /* its text was shown */
        printf("%s", _("the record that counts"));
    else if (step->standing == DOMAIN_DMARC_STANDS_RECORD)
        cli_print_str(step->text);
    else
        printf("%s", _(texts[step->standing]));
    if (step->standing == DOMAIN_DMARC_STANDS_FAILURE) {
        printf(": ");
        cli_print_reason(step->text);
    }
    putchar('\n');
}

static void print_follows(const struct domain_dmarc_step *step)
{
    static const char *const texts[] = {
        [DOMAIN_WALK_GO_ON] = N_("→ on to the name above"),
        [DOMAIN_WALK_TOP] = N_("→ the end: there is no name above"),
        [DOMAIN_WALK_PSD_N] = N_("→ the end: psd=n, this is the Organizational Domain"),
        [DOMAIN_WALK_PSD_Y] = N_("→ the end: psd=y, the Organizational Domain is one label below"),
        [DOMAIN_WALK_FAILED] = N_("→ the end: what is above cannot be known"),
    };
    printf("        %s\n", _(texts[step->follows]));
}

static void print_walk(const struct domain_dmarc_report *dmarc)
{
    printf("  %s\n", _("how it was looked for"));
    for (size_t i = 0; i < dmarc->step_count; i++) {
        print_standing(&dmarc->steps[i]);
        print_follows(&dmarc->steps[i]);
    }
}

static json_t *json_walk(const struct domain_dmarc_report *dmarc)
{
    static const char *const follows[] = { [DOMAIN_WALK_GO_ON] = "go-on",
                                           [DOMAIN_WALK_TOP] = "top",
                                           [DOMAIN_WALK_PSD_N] = "psd=n",
                                           [DOMAIN_WALK_PSD_Y] = "psd=y",
                                           [DOMAIN_WALK_FAILED] = "failed" };
    json_t *array = json_array();
    for (size_t i = 0; i < dmarc->step_count; i++) {
        const struct domain_dmarc_step *step = &dmarc->steps[i];
        json_array_append_new(array, json_pack("{s:o, s:s, s:o, s:s, s:b, s:b}", "name", cli_json_str(step->name),
                                               "standing", domain_dmarc_standing_name(step->standing), "text",
                                               cli_json_str(step->text), "follows", follows[step->follows],
                                               "is_policy", step->is_policy, "is_org_domain", step->is_org));
    }
    return array;
}

/* 5. DMARC: the policy. */

static void print_policy(const char *label, struct domain_dmarc_policy policy)
{
    print_label(label);
    if (policy.published == SEKI_DMARC_POLICY_UNSET)
        printf("-");
    else if (policy.applied == policy.published)
        printf("%s", seki_dmarc_policy_name(policy.published));
    else
        printf(_("%s, in test mode applied as %s"), seki_dmarc_policy_name(policy.published),
               seki_dmarc_policy_name(policy.applied));
    putchar('\n');
}

static void print_result(const struct domain_dmarc_report *dmarc)
{
    static const char *const texts[] = {
        [DOMAIN_DMARC_NONE] = N_("no record covers the domain"),
        [DOMAIN_DMARC_FOUND] = NULL,
        [DOMAIN_DMARC_UNUSABLE] = N_("receivers ignore the record: no valid policy, no rua"),
        [DOMAIN_DMARC_UNKNOWN] = N_("not known: a look-up failed"),
    };
    if (dmarc->record.len > 0) {
        print_labelled(_("record"), dmarc->record);
        print_label(_("found at"));
        cli_print_format("_dmarc.%.*s", SEKI_STR_ARGS(dmarc->policy_domain));
        putchar('\n');
    }
    if (texts[dmarc->result] != NULL)
        print_labelled(_("result"), seki_str_of(_(texts[dmarc->result])));
}

static void print_org_domain(const struct domain_dmarc_report *dmarc)
{
    if (dmarc->org_domain.len > 0)
        print_labelled(_("Organizational Domain"), dmarc->org_domain);
    if (dmarc->org_domain_by_list.len > 0 && !seki_str_equal(dmarc->org_domain_by_list, dmarc->org_domain))
        print_labelled(_("the same by RFC 7489"), dmarc->org_domain_by_list);
}

void cli_print_dmarc_report(const struct domain_dmarc_report *dmarc)
{
    printf("DMARC\n");
    print_result(dmarc);
    if (dmarc->result == DOMAIN_DMARC_FOUND) {
        print_policy(_("policy"), dmarc->policy);
        print_policy(_("for subdomains"), dmarc->subdomain);
        print_policy(_("for names that do not exist"), dmarc->nonexistent);
    }
    print_org_domain(dmarc);
    print_walk(dmarc);
    if (dmarc->destination_count > 0)
        printf("  %s\n", _("reports go to"));
    cli_print_destinations(dmarc->destinations, dmarc->destination_count);
}

static json_t *json_policy(struct domain_dmarc_policy policy)
{
    return json_pack("{s:s, s:s}", "published", seki_dmarc_policy_name(policy.published), "applied",
                     seki_dmarc_policy_name(policy.applied));
}

json_t *cli_json_dmarc_report(const struct domain_dmarc_report *dmarc)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "result",
                     domain_dmarc_result_name(dmarc->result), "place", domain_dmarc_place_name(dmarc->place),
                     "policy_domain", cli_json_str(dmarc->policy_domain), "record", cli_json_str(dmarc->record),
                     "org_domain", cli_json_str(dmarc->org_domain), "org_domain_psl",
                     cli_json_str(dmarc->org_domain_by_list), "testing", dmarc->is_testing, "policy",
                     json_policy(dmarc->policy), "subdomains", json_policy(dmarc->subdomain), "nonexistent",
                     json_policy(dmarc->nonexistent), "walk", json_walk(dmarc), "destinations",
                     cli_json_destinations(dmarc->destinations, dmarc->destination_count));
}
