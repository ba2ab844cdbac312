/* A recorded message as text and as JSON. */
#include "cli/hosting.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/recorded.h"
#include "cli/reason.h"
#include "cli/table.h"
#include "cli/text.h"
#include "cli/when.h"
#include "quarantine/shown.h"

#include <stdio.h>

#define SUBJECT_MAX_OCTETS 4096u /* decoded; the record has 998 octets of it at most */

struct seki_str cli_matched_text(unsigned matched, struct seki_arena *arena)
{
    struct seki_buf text;
    seki_buf_init_arena(&text, arena, 1024);
    for (unsigned check = 0; check < POLICY_CHECK_COUNT; check++) {
        if ((matched & 1u << check) == 0)
            continue;
        seki_buf_add(&text, text.len > 0 ? SEKI_STR(", ") : SEKI_STR(""));
        seki_buf_add(&text, seki_str_of(policy_check_name((enum policy_check)check)));
    }
    return seki_buf_str(&text);
}

struct seki_str cli_mail_from_text(struct seki_str mail_from, const struct policy_facts *facts, bool is_erased,
                                   struct seki_arena *arena)
{
    if (is_erased && mail_from.len == 0 && !facts->is_null_sender)
        return seki_str_of(_("(erased)"));
    return seki_arena_format(arena, "<%.*s>", SEKI_STR_ARGS(mail_from));
}

struct seki_str cli_recipient_text(struct seki_str address)
{
    return address.len > 0 ? address : seki_str_of(_("(erased)"));
}

const char *cli_filter_name(unsigned filter)
{
    static const char *const names[] = { [POLICY_OFF] = "off", [POLICY_OBSERVE] = "observe", [POLICY_ON] = "on" };
    return filter <= POLICY_ON ? names[filter] : "";
}

/* ---- text ---- */

static void add_text(struct cli_table *table, const char *label, struct seki_str text)
{
    if (text.len == 0)
        return;
    cli_table_add(table, seki_str_of(label));
    cli_table_add(table, text);
}

static struct seki_str with_reason(struct seki_arena *arena, const char *result, struct seki_str reason)
{
    struct seki_buf text;
    seki_buf_init_arena(&text, arena, 4096);
    seki_buf_add(&text, seki_str_of(result));
    seki_buf_add(&text, reason.len > 0 ? SEKI_STR(": ") : SEKI_STR(""));
    cli_reason(reason, &text);
    return seki_buf_str(&text);
}

/* The header's octets are in the evidence; this is what a reader sees of them, as in the quarantine's lists. */
static struct seki_str subject_of(const struct cli_recorded *r)
{
    struct seki_str shown = quarantine_shown(r->store.arena, r->record.subject, SUBJECT_MAX_OCTETS);
    return shown.ptr != NULL ? shown : r->record.subject;
}

static void add_client(struct cli_table *table, const struct journal_record *record)
{
    char address[SEKI_IP_TEXT_MAX];
    cli_table_add(table, seki_str_of(_("client")));
    cli_table_format(table, record->helo.len > 0 ? "%s, HELO %.*s" : "%s%.*s",
                     seki_ip_format(&record->facts.client, address), SEKI_STR_ARGS(record->helo));
    if (record->relay.octet_count > 0)
        add_text(table, _("by way of"),
                 seki_arena_copy(table->arena, seki_str_of(seki_ip_format(&record->relay, address))));
}

static void add_envelope(struct cli_table *table, const struct cli_recorded *r)
{
    const struct journal_record *record = &r->record;
    add_text(table, _("queue id"), record->queue_id);
    add_text(table, "Message-ID", record->message_id);
    add_text(table, "MAIL FROM", cli_mail_from_text(record->mail_from, &record->facts, r->is_erased, table->arena));
    add_client(table, record);
    add_text(table, "Subject", subject_of(r));
    add_text(table, _("author domain"), record->facts.author_domain);
}

static void add_signatures(struct cli_table *table, const struct journal_record *record)
{
    struct seki_arena *arena = table->arena;
    if (record->signature_count == 0)
        add_text(table, "DKIM", seki_str_of(seki_dkim_result_name(record->facts.dkim)));
    for (size_t i = 0; i < record->signature_count; i++) {
        const struct journal_signature *s = &record->signatures[i];
        struct seki_str result = with_reason(arena, seki_dkim_result_name(s->result), s->reason);
        cli_table_add(table, SEKI_STR("DKIM"));
        cli_table_format(table, "%.*s (d=%.*s s=%.*s)", SEKI_STR_ARGS(result), SEKI_STR_ARGS(s->domain),
                         SEKI_STR_ARGS(s->selector));
    }
}

static void add_results(struct cli_table *table, const struct journal_record *record)
{
    struct seki_arena *arena = table->arena;
    const struct policy_facts *facts = &record->facts;
    if (facts->has_spf)
        add_text(table, "SPF", with_reason(arena, seki_spf_result_name(facts->spf), record->spf_reason));
    add_signatures(table, record);
    if (record->arc != SEKI_ARC_NONE)
        add_text(table, "ARC", seki_str_of(seki_arc_result_name(record->arc)));
    add_text(table, "DMARC", with_reason(arena, seki_dmarc_result_name(facts->dmarc), record->dmarc_reason));
    add_text(table, _("asked for"), seki_str_of(seki_dmarc_policy_name(facts->wish)));
    add_text(table, _("looks like"), facts->lookalike_of);
    add_text(table, _("attachment"), facts->attachment);
    add_text(table, _("virus"), facts->virus);
}

static void add_reply(struct cli_table *table, const struct journal_record *record)
{
    cli_table_add(table, seki_str_of(_("reply")));
    cli_table_format(table, "%u %.*s", record->reply_code, SEKI_STR_ARGS(record->reply_text));
    add_text(table, _("no verdict"), record->failure);
    add_text(table, _("held as"), record->quarantine_id);
}

static struct seki_str note_of(const struct journal_recipient *recipient, struct seki_arena *arena)
{
    const struct policy_judgement *judgement = &recipient->judgement;
    struct seki_str matched = cli_matched_text(judgement->matched, arena);
    if (judgement->allow_id == 0)
        return matched;
    return seki_arena_format(arena, _("%.*s; let through by allow entry %llu"), SEKI_STR_ARGS(matched),
                             (unsigned long long)judgement->allow_id);
}

static void print_recipients(const struct cli_recorded *r)
{
    static const char *const headings[] = { N_("RECIPIENT"), N_("FILTER"), N_("POLICY SAYS"), N_("DONE"),
                                            N_("WHY") };
    struct cli_table table;
    const struct journal_record *record = &r->record;
    putchar('\n');
    cli_table_begin(&table, r->store.arena, 5, headings);
    for (size_t i = 0; i < record->recipient_count; i++) {
        const struct journal_recipient *recipient = &record->recipients[i];
        bool is_hosted = recipient->domain_id != 0;
        cli_table_add(&table, cli_recipient_text(recipient->address));
        cli_table_add(&table, seki_str_of(is_hosted ? cli_filter_name(recipient->filter) : "-"));
        cli_table_add(&table, seki_str_of(is_hosted ? policy_action_name(recipient->judgement.would_be) : "-"));
        cli_table_add(&table, seki_str_of(policy_action_name(recipient->applied)));
        cli_table_add(&table, note_of(recipient, r->store.arena));
    }
    cli_table_print(&table);
    if (record->recipients_left_out > 0)
        cli_print_sentence(0, _("%zu more recipients were not recorded."), record->recipients_left_out);
}

void cli_print_recorded(const struct cli_recorded *r)
{
    char when[CLI_WHEN_MAX];
    struct cli_table table;
    struct seki_str name = cli_recorded_name(r);
    cli_table_begin(&table, r->store.arena, 2, NULL);
    add_text(&table, _("message"), name);
    add_text(&table, _("time"),
             seki_arena_copy(r->store.arena, seki_str_of(cli_when_write(r->record.at_us / 1000000, when))));
    add_envelope(&table, r);
    add_results(&table, &r->record);
    add_reply(&table, &r->record);
    cli_table_print(&table);
    print_recipients(r);
}

/* ---- JSON ---- */

static json_t *json_matched(unsigned matched)
{
    json_t *list = json_array();
    for (unsigned check = 0; check < POLICY_CHECK_COUNT; check++)
        if ((matched & 1u << check) != 0)
            json_array_append_new(list, json_string(policy_check_name((enum policy_check)check)));
    return list;
}

static json_t *json_recipient(const struct journal_recipient *recipient)
{
    const struct policy_judgement *j = &recipient->judgement;
    bool has_decisive = j->would_be != POLICY_DELIVER;
    return json_pack("{s:o, s:o, s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:o, s:b, s:b, s:b, s:I}", "address",
                     cli_json_str(recipient->address), "domain", cli_json_str(recipient->domain), "domain_id",
                     (json_int_t)recipient->domain_id, "policy_revision", (json_int_t)recipient->policy_revision,
                     "filter", cli_filter_name(recipient->filter), "would_be", policy_action_name(j->would_be),
                     "action", policy_action_name(j->action), "applied", policy_action_name(recipient->applied),
                     "decisive", has_decisive ? policy_check_name(j->decisive) : "", "matched",
                     json_matched(j->matched), "impostor", (int)j->is_impostor, "forged_bounce",
                     (int)j->is_forged_bounce, "arc_override", (int)j->is_arc_override, "allow",
                     (json_int_t)j->allow_id);
}

static json_t *json_signatures(const struct journal_record *record)
{
    json_t *list = json_array();
    for (size_t i = 0; i < record->signature_count; i++) {
        const struct journal_signature *s = &record->signatures[i];
        json_array_append_new(list, json_pack("{s:s, s:o, s:o, s:o, s:o}", "result",
                                              seki_dkim_result_name(s->result), "domain", cli_json_str(s->domain),
                                              "selector", cli_json_str(s->selector), "algorithm",
                                              cli_json_str(s->algorithm), "reason", cli_json_str(s->reason)));
    }
    return list;
}

static json_t *json_facts(const struct journal_record *record)
{
    const struct policy_facts *f = &record->facts;
    return json_pack("{s:s, s:o, s:s, s:o, s:s, s:s, s:o, s:s, s:o, s:o, s:b, s:b, s:b, s:b, s:o, s:o, s:o}", "spf",
                     f->has_spf ? seki_spf_result_name(f->spf) : "", "spf_reason", cli_json_str(record->spf_reason),
                     "dkim", seki_dkim_result_name(f->dkim), "signatures", json_signatures(record), "arc",
                     seki_arc_result_name(record->arc), "dmarc", seki_dmarc_result_name(f->dmarc), "dmarc_reason",
                     cli_json_str(record->dmarc_reason), "policy", seki_dmarc_policy_name(f->wish), "policy_domain",
                     cli_json_str(record->policy_domain), "org_domain", cli_json_str(record->org_domain),
                     "spf_aligned", (int)f->is_spf_aligned, "dkim_aligned", (int)f->is_dkim_aligned, "arc_override",
                     (int)f->is_arc_override, "author_hosted", (int)f->is_author_hosted, "lookalike_of",
                     cli_json_str(f->lookalike_of), "attachment", cli_json_str(f->attachment), "virus",
                     cli_json_str(f->virus));
}

static json_t *json_place(const struct cli_recorded *r)
{
    if (r->position.segment[0] == '\0')
        return json_null();
    return json_pack("{s:o, s:s, s:I}", "node", cli_json_str(r->node), "segment", r->position.segment, "offset",
                     (json_int_t)r->position.offset);
}

json_t *cli_json_recorded(const struct cli_recorded *r)
{
    char address[SEKI_IP_TEXT_MAX];
    const struct journal_record *record = &r->record;
    json_t *recipients = json_array();
    for (size_t i = 0; i < record->recipient_count; i++)
        json_array_append_new(recipients, json_recipient(&record->recipients[i]));
    json_t *root =
        json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:I, s:o}", "message", (json_int_t)r->message,
                  "place", json_place(r), "at", cli_json_when(record->at_us / 1000000), "queue_id",
                  cli_json_str(record->queue_id), "message_id", cli_json_str(record->message_id), "mail_from",
                  cli_json_str(record->mail_from), "helo", cli_json_str(record->helo), "ip",
                  seki_ip_format(&record->facts.client, address), "subject", cli_json_str(subject_of(r)), "size",
                  (json_int_t)record->size_octets, "author_domain", cli_json_str(record->facts.author_domain));
    json_object_set_new(root, "results", json_facts(record));
    json_object_set_new(root, "recipients", recipients);
    json_object_set_new(root, "recipients_left_out", json_integer((json_int_t)record->recipients_left_out));
    json_object_set_new(
        root, "reply",
        json_pack("{s:I, s:o}", "code", (json_int_t)record->reply_code, "text", cli_json_str(record->reply_text)));
    json_object_set_new(root, "wait_us", json_integer(record->wait_us));
    json_object_set_new(root, "erased", json_boolean(r->is_erased));
    json_object_set_new(root, "failure", cli_json_str(record->failure));
    json_object_set_new(root, "quarantine_id", cli_json_str(record->quarantine_id));
    return root;
}
