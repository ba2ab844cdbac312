#include "cli/recorded.h"

#include "cli/i18n.h"
#include "cli/reason.h"
#include "cli/text.h"
#include "journal/reader.h"
#include "store/traffic_scan.h"

#include <time.h>

#define MAX_MEMORY     (64u << 20)
#define MAX_RECIPIENTS JOURNAL_RECIPIENTS_MAX

/* ---- by its place in the journal ---- */

/* SEGMENT:OFFSET. */
static bool read_place(const char *operand, struct journal_position *position)
{
    struct seki_str text = seki_str_of(operand);
    size_t colon = seki_str_find(text, ':');
    if (colon == 0 || colon >= sizeof position->segment || colon == text.len)
        return false;
    memcpy(position->segment, text.ptr, colon);
    return seki_str_to_u64(seki_str_from(text, colon + 1), INT64_MAX, &position->offset);
}

static bool begin_without_store(struct cli_recorded *r, const struct cli_options *options)
{
    r->store = (struct cli_store){ .options = options, .now_s = (int64_t)time(NULL), .result = SEKI_SYSTEM };
    seki_error_set(&r->store.why, "no memory to start with");
    r->store.arena = seki_arena_new(MAX_MEMORY);
    if (r->store.arena != NULL)
        r->store.result = SEKI_OK;
    return r->store.arena != NULL;
}

static const char *journal_folder(const struct cli_recorded *r)
{
    const char *given = r->store.options->journal;
    return given != NULL ? given : cli_store_config(&r->store, "journal", "folder").ptr;
}

static enum seki_result fetch(struct cli_recorded *r, struct seki_error *why)
{
    struct seki_str octets;
    const char *folder = journal_folder(r);
    if (folder[0] == '\0') {
        seki_error_set(why, "the configuration names no journal; give its folder with --journal");
        return SEKI_BAD_INPUT;
    }
    enum seki_result result = journal_fetch(folder, &r->position, r->store.arena, &octets, why);
    if (result == SEKI_OK)
        result = journal_record_decode(octets, r->store.arena, &r->record, why);
    r->has_record = result == SEKI_OK;
    return result;
}

/* ---- by its number in the store ---- */

struct gathered { /* of the rows of one message */
    struct cli_recorded *recorded;
    struct journal_recipient recipients[MAX_RECIPIENTS];
};

static void copy(struct seki_arena *arena, struct seki_str *text)
{
    *text = seki_arena_copy(arena, *text);
    if (text->ptr == NULL)
        *text = SEKI_STR("");
}

static void take_message(struct cli_recorded *r, const struct store_traffic_row *row)
{
    struct seki_arena *arena = r->store.arena;
    struct journal_record *record = &r->record;
    record->at_us = row->at_us;
    record->facts = row->facts;
    record->queue_id = row->queue_id;
    record->message_id = row->message_id;
    record->mail_from = row->mail_from;
    record->quarantine_id = row->quarantine_id;
    record->reply_code = row->reply_code;
    r->node = row->node;
    r->is_erased = row->is_erased;
    r->position = row->position;
    struct policy_facts *facts = &record->facts;
    struct seki_str *const texts[] = { &record->queue_id,
                                       &record->message_id,
                                       &record->mail_from,
                                       &record->quarantine_id,
                                       &r->node,
                                       &facts->author_domain,
                                       &facts->mail_from_domain,
                                       &facts->spf_domain,
                                       &facts->lookalike_of,
                                       &facts->attachment,
                                       &facts->virus };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        copy(arena, texts[i]);
    for (size_t i = 0; i < facts->dkim_domain_count; i++)
        copy(arena, &facts->dkim_domains[i]);
}

static bool take_row(void *user, const struct store_traffic_row *row)
{
    struct gathered *gathered = user;
    struct cli_recorded *r = gathered->recorded;
    if (r->record.recipient_count == 0)
        take_message(r, row);
    if (r->record.recipient_count == MAX_RECIPIENTS) {
        r->record.recipients_left_out++;
        return true;
    }
    struct journal_recipient *recipient = &gathered->recipients[r->record.recipient_count++];
    *recipient = row->recipient;
    copy(r->store.arena, &recipient->address);
    copy(r->store.arena, &recipient->domain);
    return true;
}

static bool find_in_store(struct cli_recorded *r)
{
    struct gathered *gathered = seki_arena_alloc(r->store.arena, 1, sizeof *gathered);
    const struct store_traffic_filter filter = { .at_message = r->message, .with_position = true };
    if (gathered == NULL)
        return cli_store_did(&r->store, seki_arena_failure(r->store.arena));
    gathered->recorded = r;
    if (!cli_store_did(&r->store, store_traffic_scan(r->store.sql, &filter, take_row, gathered, &r->store.why)))
        return false;
    r->record.recipients = gathered->recipients;
    if (r->record.recipient_count > 0)
        return true;
    seki_error_set(&r->store.why, "there is no message %lld in the store (any more)", (long long)r->message);
    return cli_store_did(&r->store, SEKI_BAD_INPUT);
}

/* The record says more than the rows; where it cannot be had they have to do. */
static void fetch_if_it_is_there(struct cli_recorded *r)
{
    const struct journal_record of_store = r->record;
    if (r->position.segment[0] == '\0') {
        seki_error_set(&r->no_record_why, "its evidence has been erased, or was not recorded");
        return;
    }
    if (fetch(r, &r->no_record_why) == SEKI_OK)
        return;
    r->record = of_store;
    seki_error_prefix(&r->no_record_why, "its evidence, on node %.*s, cannot be had here", SEKI_STR_ARGS(r->node));
}

bool cli_recorded_open(struct cli_recorded *r, const struct cli_options *options, const char *operand)
{
    uint64_t number;
    *r = (struct cli_recorded){ 0 };
    if (read_place(operand, &r->position))
        return begin_without_store(r, options) && cli_store_did(&r->store, fetch(r, &r->store.why));
    if (!seki_str_to_u64(seki_str_of(operand), INT64_MAX, &number) || number == 0) {
        if (!begin_without_store(r, options))
            return false;
        cli_complain(
            _("\"%s\" is neither the number of a message, as `sekisho trace` shows it, nor SEGMENT:OFFSET"),
            operand);
        return cli_store_misused(&r->store);
    }
    r->message = (int64_t)number;
    if (!cli_store_open(&r->store, options) || !find_in_store(r))
        return false;
    fetch_if_it_is_there(r);
    return true;
}

enum cli_exit cli_recorded_close(struct cli_recorded *r)
{
    return cli_store_close(&r->store);
}

struct seki_str cli_recorded_name(const struct cli_recorded *r)
{
    if (r->message != 0)
        return seki_arena_format(r->store.arena, "%lld", (long long)r->message);
    return seki_arena_format(r->store.arena, "%s:%llu", r->position.segment,
                             (unsigned long long)r->position.offset);
}

/* ---- judged again ---- */

static enum seki_result judge(struct cli_recalled *recalled, struct seki_error *why)
{
    enum seki_result result;
    size_t open = seki_answers_open_count(recalled->answers);
    seki_answers_fail_open(recalled->answers, SEKI_STR("not answered then"));
    while ((result = seki_verify_step(recalled->verify, recalled->answers, &recalled->verdict, why)) ==
           SEKI_NEED_ANSWERS) {
        open = seki_answers_fail_open(recalled->answers, SEKI_STR("not asked then"));
        recalled->not_recorded += open;
        if (open == 0)
            break;
    }
    return result;
}

bool cli_recall(struct cli_recorded *r, bool explain, struct cli_recalled *recalled, struct seki_error *why)
{
    const struct journal_record *record = &r->record;
    *recalled = (struct cli_recalled){ .context = seki_context_new(0, why) };
    if (recalled->context == NULL)
        return false;
    if (!r->has_record || record->answers.len == 0 || record->body_hashes.len == 0) {
        *why = r->no_record_why;
        if (r->has_record)
            seki_error_set(why, "the evidence was too large to be kept, or there was no verdict");
        return false;
    }
    recalled->psl = seki_psl_load(NULL, NULL); /* where there is none, it may not be needed either */
    const struct seki_verify_kept kept = { .client = record->facts.client,
                                           .helo = record->helo,
                                           .mail_from = record->mail_from,
                                           .header = record->header,
                                           .body_hashes = record->body_hashes,
                                           .psl = recalled->psl,
                                           .explain = explain,
                                           .language = r->store.options->json ? NULL : cli_trace_language() };
    enum seki_result result = seki_answers_decode(record->answers, r->store.arena, &recalled->answers, why);
    if (result == SEKI_OK)
        result = seki_verify_recall(r->store.arena, recalled->context, &kept, &recalled->verify, why);
    return result == SEKI_OK && judge(recalled, why) == SEKI_OK;
}

void cli_recalled_release(struct cli_recalled *recalled)
{
    seki_verify_end(recalled->verify);
    seki_psl_free(recalled->psl);
    seki_context_free(recalled->context);
}
