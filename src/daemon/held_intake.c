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
static enum seki_result set_aside(const struct held_intake *intake, const struct quarantine_id *id, bool is_damaged,
                                  const char *reason, struct held_intake_report *report, struct seki_error *why)
{
    enum seki_result result =
        is_damaged ? quarantine_set_aside(intake->folder, id, why) : quarantine_let_wait(intake->folder, id, why);
    if (result == SEKI_BAD_INPUT)
        return SEKI_OK;
    if (result != SEKI_OK)
        return result;
    *(is_damaged ? &report->damaged : &report->unreadable) += 1;
    if (intake->tell != NULL)
        intake->tell(intake->context, is_damaged, reason);
    return SEKI_OK;
}

/* @param was_waiting  it could not be read before, and has been told of */
static enum seki_result take_or_set_aside(const struct held_intake *intake, struct sql *sql,
                                          const struct quarantine_id *id, bool was_waiting,
                                          struct held_intake_report *report, struct seki_error *why)
{
    bool is_readable;
    struct seki_error reason = { "" };
    enum seki_result result = take_one(intake, sql, id, &is_readable, report, &reason);
    if (is_readable) {
        seki_error_set(why, "%s", reason.text);
        return result;
    }
    if (result == SEKI_BAD_INPUT || !was_waiting)
        return set_aside(intake, id, result == SEKI_BAD_INPUT, reason.text, report, why);
    report->unreadable++;
    return SEKI_OK;
}

/* Only a store that does not answer ends it: what is wrong with one message is none of the others' business.
 * @return the first failure */
static enum seki_result take_all(const struct held_intake *intake, struct sql *sql, const struct quarantine_id *ids,
                                 size_t count, bool were_waiting, struct held_intake_report *report,
                                 struct seki_error *why)
{
    enum seki_result first_failure = SEKI_OK;
    for (size_t i = 0; i < count && first_failure != SEKI_TEMPORARY; i++) {
        struct seki_error one = { "" };
        enum seki_result result = take_or_set_aside(intake, sql, &ids[i], were_waiting, report, &one);
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
        result = take_all(intake, sql, ids, count, false, report_out, why);
    report_out->has_more = count == BATCH;
    return result;
}

enum seki_result held_intake_retry(const struct held_intake *intake, struct sql *sql,
                                   struct held_intake_report *report_out, struct seki_error *why)
{
    struct quarantine_id ids[BATCH], last;
    size_t count = BATCH;
    enum seki_result result = SEKI_OK;
    *report_out = (struct held_intake_report){ 0 };
    for (bool is_first = true; result == SEKI_OK && count == BATCH; is_first = false) {
        result = quarantine_list_unreadable(intake->folder, is_first ? NULL : &last, ids, BATCH, &count, why);
        if (result == SEKI_OK)
            result = take_all(intake, sql, ids, count, true, report_out, why);
        last = ids[BATCH - 1];
    }
    return result;
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
