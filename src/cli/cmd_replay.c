/* `sekisho replay`: a recorded message judged again, with today's code and a policy of today or a proposed one, and what has
 * become different. */
#include "cli/hosting.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/policy_owner.h"
#include "cli/recorded.h"
#include "cli/table.h"
#include "cli/text.h"
#include "journal/verdict.h"
#include "policy/judge.h"
#include "store/resolve.h"

#include <stdio.h>

struct difference {
    struct seki_str recipient; /* "" of the message */
    const char *field;
    struct seki_str recorded, now;
    struct difference *next;
};

struct replay {
    struct cli_recorded recorded;
    struct cli_recalled recalled;
    struct journal_record now;
    struct seki_arena *arena;
    struct difference *first, **link;
    bool has_failed; /* no memory for one */
};

/* ---- differences ---- */

static void note(struct replay *r, struct seki_str recipient, const char *field, struct seki_str recorded,
                 struct seki_str now)
{
    if (seki_str_equal(recorded, now))
        return;
    struct difference *difference = seki_arena_alloc(r->arena, 1, sizeof *difference);
    r->has_failed |= difference == NULL;
    if (difference == NULL)
        return;
    *difference = (struct difference){ recipient, field, recorded, now, NULL };
    *r->link = difference;
    r->link = &difference->next;
}

static struct seki_str spf_of(const struct journal_record *record)
{
    return seki_str_of(record->facts.has_spf ? seki_spf_result_name(record->facts.spf) : "");
}

static struct seki_str spf_domain_of(const struct journal_record *record)
{
    return record->facts.spf_domain;
}
static struct seki_str spf_reason_of(const struct journal_record *record)
{
    return record->spf_reason;
}

static struct seki_str spf_aligned_of(const struct journal_record *record)
{
    return seki_str_of(record->facts.is_spf_aligned ? "yes" : "no");
}

static struct seki_str dkim_of(const struct journal_record *record)
{
    return seki_str_of(seki_dkim_result_name(record->facts.dkim));
}

static struct seki_str dkim_aligned_of(const struct journal_record *record)
{
    return seki_str_of(record->facts.is_dkim_aligned ? "yes" : "no");
}

static struct seki_str arc_of(const struct journal_record *record)
{
    return seki_str_of(seki_arc_result_name(record->arc));
}

static struct seki_str arc_override_of(const struct journal_record *record)
{
    return seki_str_of(record->facts.is_arc_override ? "yes" : "no");
}

static struct seki_str author_of(const struct journal_record *record)
{
    return record->facts.author_domain;
}

static struct seki_str dmarc_of(const struct journal_record *record)
{
    return seki_str_of(seki_dmarc_result_name(record->facts.dmarc));
}

static struct seki_str dmarc_reason_of(const struct journal_record *record)
{
    return record->dmarc_reason;
}

static struct seki_str policy_of(const struct journal_record *record)
{
    return seki_str_of(seki_dmarc_policy_name(record->facts.wish));
}

static struct seki_str policy_domain_of(const struct journal_record *record)
{
    return record->policy_domain;
}
static struct seki_str org_domain_of(const struct journal_record *record)
{
    return record->org_domain;
}

/* Names as in the JSON of `sekisho trace`. */
static const struct {
    const char *name;
    struct seki_str (*value)(const struct journal_record *record);
} fields[] = {
    { "author_domain", author_of },        { "spf", spf_of },
    { "spf_domain", spf_domain_of },       { "spf_reason", spf_reason_of },
    { "spf_aligned", spf_aligned_of },     { "dkim", dkim_of },
    { "dkim_aligned", dkim_aligned_of },   { "arc", arc_of },
    { "arc_override", arc_override_of },   { "dmarc", dmarc_of },
    { "dmarc_reason", dmarc_reason_of },   { "policy", policy_of },
    { "policy_domain", policy_domain_of }, { "org_domain", org_domain_of },
};

static struct seki_str signature_text(const struct journal_record *record, size_t index, struct seki_arena *arena)
{
    if (index >= record->signature_count)
        return SEKI_STR("");
    const struct journal_signature *s = &record->signatures[index];
    return seki_arena_format(arena, "%s%s%.*s (d=%.*s s=%.*s a=%.*s)", seki_dkim_result_name(s->result),
                             s->reason.len > 0 ? ": " : "", SEKI_STR_ARGS(s->reason), SEKI_STR_ARGS(s->domain),
                             SEKI_STR_ARGS(s->selector), SEKI_STR_ARGS(s->algorithm));
}

static void compare_verdicts(struct replay *r)
{
    const struct journal_record *recorded = &r->recorded.record, *now = &r->now;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        note(r, SEKI_STR(""), fields[i].name, fields[i].value(recorded), fields[i].value(now));
    for (size_t i = 0; i < recorded->signature_count || i < now->signature_count; i++)
        note(r, SEKI_STR(""), "signature", signature_text(recorded, i, r->arena), signature_text(now, i, r->arena));
}

/* ---- recipients ---- */

static struct seki_str check_text(const struct policy_judgement *judgement)
{
    return seki_str_of(judgement->would_be != POLICY_DELIVER ? policy_check_name(judgement->decisive) : "");
}

static struct seki_str allow_text(const struct policy_judgement *judgement, struct seki_arena *arena)
{
    return seki_arena_format(arena, "%llu", (unsigned long long)judgement->allow_id);
}

static void compare_judgements(struct replay *r, const struct journal_recipient *recipient, unsigned filter,
                               const struct policy_judgement *now)
{
    const struct policy_judgement *then = &recipient->judgement;
    struct seki_str who = recipient->address;
    note(r, who, "filter", seki_str_of(cli_filter_name(recipient->filter)), seki_str_of(cli_filter_name(filter)));
    note(r, who, "matched", cli_matched_text(then->matched, r->arena), cli_matched_text(now->matched, r->arena));
    note(r, who, "would_be", seki_str_of(policy_action_name(then->would_be)),
         seki_str_of(policy_action_name(now->would_be)));
    note(r, who, "action", seki_str_of(policy_action_name(then->action)),
         seki_str_of(policy_action_name(now->action)));
    note(r, who, "decisive", check_text(then), check_text(now));
    note(r, who, "allow", allow_text(then, r->arena), allow_text(now, r->arena));
}

/* The choices of NAME=VALUE over a policy. */
static bool propose(struct replay *r, struct policy *policy)
{
    const struct cli_options *options = r->recorded.store.options;
    const struct policy_option *option;
    for (size_t i = 1; i < options->operand_count; i++)
        if (!cli_policy_propose(&r->recorded.store, options->operands[i], policy, &option))
            return false;
    return true;
}

/* A domain that is hosted no longer, and one of a message that was named by its place, has the defaults. */
static bool policy_of_domain(struct replay *r, uint64_t domain_id, struct store_resolved *resolved)
{
    struct cli_store *store = &r->recorded.store;
    struct seki_error why;
    *resolved = (struct store_resolved){ .domain = { .policy = policy_default() } };
    if (store->sql == NULL)
        return true;
    enum seki_result result = store_resolve_domain(store->sql, (int64_t)domain_id, store->arena, resolved, &why);
    if (result == SEKI_BAD_INPUT || resolved->is_removed)
        *resolved = (struct store_resolved){ .domain = { .policy = policy_default() } };
    else if (result != SEKI_OK)
        store->why = why;
    return result == SEKI_OK || result == SEKI_BAD_INPUT || cli_store_did(store, result);
}

static bool judge_recipients(struct replay *r)
{
    const struct journal_record *recorded = &r->recorded.record;
    bool is_proposed = r->recorded.store.options->operand_count > 1;
    if (r->recorded.store.sql == NULL && !is_proposed)
        return true;
    for (size_t i = 0; i < recorded->recipient_count; i++) {
        const struct journal_recipient *recipient = &recorded->recipients[i];
        struct store_resolved resolved;
        if (recipient->domain_id == 0)
            continue;
        if (!policy_of_domain(r, recipient->domain_id, &resolved) || !propose(r, &resolved.domain.policy))
            return false;
        struct policy_judgement now =
            policy_judge(&resolved.domain.policy, resolved.entries, resolved.domain.allow_count, &r->now.facts,
                         recorded->at_us / 1000000);
        compare_judgements(r, recipient, resolved.domain.policy.filter, &now);
    }
    return true;
}

/* ---- the message ---- */

/* What hosting and content told stands in the record; nothing of it can be seen again. */
static bool take_verdict(struct replay *r)
{
    const struct journal_record *recorded = &r->recorded.record;
    const struct policy_facts *then = &recorded->facts;
    r->now = *recorded;
    policy_facts_of(&r->recalled.verdict, &then->client, recorded->mail_from, &r->now.facts);
    r->now.facts.is_author_hosted = then->is_author_hosted;
    r->now.facts.lookalike_of = then->lookalike_of;
    r->now.facts.attachment = then->attachment;
    r->now.facts.virus = then->virus;
    r->now.facts.has_scan_failed = then->has_scan_failed;
    r->now.facts.is_to_contact = then->is_to_contact;
    return journal_record_take_verdict(&r->now, &r->recalled.verdict, r->arena);
}

static void print_json(const struct replay *r)
{
    json_t *list = json_array();
    for (const struct difference *d = r->first; d != NULL; d = d->next)
        json_array_append_new(list, json_pack("{s:o, s:s, s:o, s:o}", "recipient", cli_json_str(d->recipient),
                                              "field", d->field, "recorded", cli_json_str(d->recorded), "now",
                                              cli_json_str(d->now)));
    cli_json_print(json_pack("{s:o, s:b, s:o, s:I, s:o}", "message", cli_json_recorded(&r->recorded), "same",
                             r->first == NULL, "differences", list, "not_recorded",
                             (json_int_t)r->recalled.not_recorded, "verdict",
                             cli_json_verdict(&r->recalled.verdict)));
}

static void print_text(const struct replay *r)
{
    static const char *const headings[] = { N_("WHOSE"), N_("FIELD"), N_("RECORDED"), N_("NOW") };
    struct cli_table table;
    if (r->recalled.not_recorded > 0)
        cli_print_sentence(0,
                           _("%zu DNS questions were not asked then, and count as failed; what follows from them "
                             "cannot be compared."),
                           r->recalled.not_recorded);
    if (r->first == NULL) {
        cli_print_sentence(0, "%s", _("Judged again, everything comes out as it was recorded."));
        return;
    }
    cli_table_begin(&table, r->arena, 4, headings);
    for (const struct difference *d = r->first; d != NULL; d = d->next) {
        cli_table_add(&table, d->recipient.len > 0 ? d->recipient : seki_str_of(_("message")));
        cli_table_add(&table, seki_str_of(d->field));
        cli_table_add(&table, d->recorded.len > 0 ? d->recorded : SEKI_STR("-"));
        cli_table_add(&table, d->now.len > 0 ? d->now : SEKI_STR("-"));
    }
    cli_table_print(&table);
}

static bool replay(struct replay *r)
{
    struct cli_store *store = &r->recorded.store;
    r->link = &r->first;
    r->arena = store->arena;
    if (!cli_recall(&r->recorded, false, &r->recalled, &store->why))
        return cli_store_did(store, SEKI_BAD_INPUT);
    if (!take_verdict(r))
        return cli_store_did(store, seki_arena_failure(r->arena));
    compare_verdicts(r);
    if (!judge_recipients(r))
        return false;
    if (r->has_failed)
        return cli_store_did(store, seki_arena_failure(r->arena));
    if (store->options->json)
        print_json(r);
    else
        print_text(r);
    return true;
}

enum cli_exit cli_replay(const struct cli_options *options, const char *operand)
{
    struct replay r = { 0 };
    bool is_done = cli_recorded_open(&r.recorded, options, operand) && replay(&r);
    bool is_same = r.first == NULL;
    cli_recalled_release(&r.recalled);
    enum cli_exit code = cli_recorded_close(&r.recorded);
    return code == CLI_DONE && is_done && !is_same ? CLI_NO : code;
}
