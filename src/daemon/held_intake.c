#include "daemon/held_intake.h"

#include "daemon/held_repeat.h"
#include "quarantine/digest.h"
#include "quarantine/quarantine.h"
#include "store/held_items.h"

#include <assert.h>
#include <unistd.h>

#define BATCH             50u
#define MEMORY_OCTETS     (16u << 20)
#define LEFTOVERS_AFTER_S 86400
static_assert(STORE_HELD_SHOWN_MAX <= QUARANTINE_DIGEST_TEXT_MAX, "a digest can tell of it");

/* ---- taking in ---- */

/* The store first, then the file's place: killed in between, it is done again and changes nothing. */
static enum seki_result take_read(const struct held_intake *intake, struct sql *sql, const struct quarantine_id *id,
                                  const struct quarantine_message *message, int file, struct seki_arena *arena,
                                  struct held_intake_report *report, struct seki_error *why)
{
    const struct store_held *items = store_held_items(intake->node, id, message, arena, why);
    bool is_repeat = false;
    if (items == NULL)
        return SEKI_SYSTEM;
    const struct held_candidate candidate = { intake->folder, message, file, items };
    enum seki_result result =
        message->recipient_count > 0 ? held_repeat_find(&candidate, sql, arena, &is_repeat, why) : SEKI_OK;
    if (result == SEKI_OK && is_repeat) {
        result = quarantine_remove(intake->folder, id, why);
        report->repeated += result == SEKI_OK;
        return result;
    }
    if (result == SEKI_OK)
        result = store_held_add(sql, items, message->recipient_count, why);
    if (result == SEKI_OK)
        result = quarantine_settle(intake->folder, id, why);
    report->taken += result == SEKI_OK;
    return result;
}

static enum seki_result take_one(const struct held_intake *intake, struct sql *sql, const struct quarantine_id *id,
                                 bool *is_readable_out, struct held_intake_report *report, struct seki_error *why)
{
    struct quarantine_message message;
    int file = -1;
    struct seki_arena *arena = seki_arena_new(MEMORY_OCTETS);
    *is_readable_out = true;
    if (arena == NULL) {
        seki_error_set(why, "no memory for a held message");
        return SEKI_SYSTEM;
    }
    enum seki_result result = quarantine_open(intake->folder, id, arena, &message, &file, why);
    *is_readable_out = result == SEKI_OK;
    if (result == SEKI_OK) {
        result = take_read(intake, sql, id, &message, file, arena, report, why);
        close(file);
    }
    seki_arena_free(arena);
    return result;
}

/* Out of the way of the others. One that is gone (erased meanwhile) needs no place. */
static enum seki_result set_aside(const struct held_intake *intake, const struct quarantine_id *id,
                                  enum quarantine_aside aside, const char *reason,
                                  struct held_intake_report *report, struct seki_error *why)
{
    enum seki_result result = quarantine_set_aside(intake->folder, id, aside, why);
    if (result == SEKI_BAD_INPUT)
        return SEKI_OK;
    if (result != SEKI_OK)
        return result;
    report->aside[aside]++;
    if (intake->tell != NULL)
        intake->tell(intake->context, aside, reason);
    return SEKI_OK;
}

/* @param was_aside  it is there already for this reason, and has been told of; DAMAGED: it is new */
static enum seki_result take_or_set_aside(const struct held_intake *intake, struct sql *sql,
                                          const struct quarantine_id *id, enum quarantine_aside was_aside,
                                          struct held_intake_report *report, struct seki_error *why)
{
    bool is_readable;
    struct seki_error reason = { "" };
    enum quarantine_aside aside = QUARANTINE_ASIDE_UNREADABLE;
    enum seki_result result = take_one(intake, sql, id, &is_readable, report, &reason);
    if (is_readable && result == SEKI_BAD_INPUT) {
        aside = QUARANTINE_ASIDE_REFUSED;
        seki_error_prefix(&reason, "the store refuses the held message %s", id->text);
    } else if (is_readable) {
        seki_error_set(why, "%s", reason.text);
        return result;
    } else if (result == SEKI_BAD_INPUT) {
        aside = QUARANTINE_ASIDE_DAMAGED;
    }
    if (aside == QUARANTINE_ASIDE_DAMAGED || aside != was_aside)
        return set_aside(intake, id, aside, reason.text, report, why);
    report->aside[aside]++;
    return SEKI_OK;
}

/* Only a store that does not answer ends it: what is wrong with one message is none of the others' business.
 * @return the first failure */
static enum seki_result take_all(const struct held_intake *intake, struct sql *sql, const struct quarantine_id *ids,
                                 size_t count, enum quarantine_aside were_aside, struct held_intake_report *report,
                                 struct seki_error *why)
{
    enum seki_result first_failure = SEKI_OK;
    for (size_t i = 0; i < count && first_failure != SEKI_TEMPORARY; i++) {
        struct seki_error one = { "" };
        enum seki_result result = take_or_set_aside(intake, sql, &ids[i], were_aside, report, &one);
        if (result == SEKI_OK || (first_failure != SEKI_OK && result != SEKI_TEMPORARY))
            continue;
        first_failure = result;
        *why = one;
    }
    return first_failure;
}

enum seki_result held_intake_turn(const struct held_intake *intake, struct sql *sql,
                                  struct held_intake_report *report_out, struct seki_error *why)
{
    struct quarantine_id ids[BATCH];
    size_t count;
    *report_out = (struct held_intake_report){ 0 };
    enum seki_result result = quarantine_list_new(intake->folder, ids, BATCH, &count, why);
    if (result == SEKI_OK)
        result = take_all(intake, sql, ids, count, QUARANTINE_ASIDE_DAMAGED, report_out, why);
    report_out->has_more = count == BATCH;
    return result;
}

static enum seki_result retry_place(const struct held_intake *intake, struct sql *sql, enum quarantine_aside aside,
                                    struct held_intake_report *report, struct seki_error *why)
{
    struct quarantine_id ids[BATCH], last;
    size_t count = BATCH;
    enum seki_result result = SEKI_OK;
    for (bool is_first = true; result == SEKI_OK && count == BATCH; is_first = false) {
        result = quarantine_list_aside(intake->folder, aside, is_first ? NULL : &last, ids, BATCH, &count, why);
        if (result == SEKI_OK)
            result = take_all(intake, sql, ids, count, aside, report, why);
        last = ids[BATCH - 1];
    }
    return result;
}

enum seki_result held_intake_retry(const struct held_intake *intake, struct sql *sql,
                                   struct held_intake_report *report_out, struct seki_error *why)
{
    *report_out = (struct held_intake_report){ 0 };
    enum seki_result result = retry_place(intake, sql, QUARANTINE_ASIDE_REFUSED, report_out, why);
    return result != SEKI_OK ? result : retry_place(intake, sql, QUARANTINE_ASIDE_UNREADABLE, report_out, why);
}

/* ---- removing ---- */

static enum seki_result remove_one(const struct held_intake *intake, struct sql *sql, struct seki_str text,
                                   int64_t now_s, struct seki_error *why)
{
    struct quarantine_id id;
    enum seki_result result = SEKI_OK;
    if (quarantine_id_read(text, &id))
        result = quarantine_remove(intake->folder, &id, why);
    return result == SEKI_OK ? store_held_file_gone(sql, text, now_s, why) : result;
}

enum seki_result held_intake_expire(const struct held_intake *intake, struct sql *sql, int64_t now_s,
                                    struct held_intake_report *report_out, struct seki_error *why)
{
    const struct seki_str *ids = NULL;
    size_t count = 0;
    *report_out = (struct held_intake_report){ 0 };
    struct seki_arena *arena = seki_arena_new(MEMORY_OCTETS);
    if (arena == NULL)
        return SEKI_SYSTEM;
    quarantine_sweep(intake->folder, now_s - LEFTOVERS_AFTER_S);
    enum seki_result result = store_held_spent(sql, intake->node, now_s, BATCH, arena, &ids, &count, why);
    for (size_t i = 0; i < count && result == SEKI_OK; i++) {
        result = remove_one(intake, sql, ids[i], now_s, why);
        report_out->removed += result == SEKI_OK;
    }
    if (result == SEKI_OK)
        result = store_held_forget(sql, now_s, why);
    report_out->has_more = count == BATCH;
    seki_arena_free(arena);
    return result;
}
