#include "store/rows.h"

#include "store/tenants.h"

#include <assert.h>

#define DELETED_ROWS 2000 /* in one transaction */

enum seki_result store_no_room(const struct seki_arena *arena, struct seki_error *why)
{
    enum seki_result failure = arena ? seki_arena_failure(arena) : SEKI_SYSTEM;
    if (failure == SEKI_LIMIT)
        seki_error_set(why, "what was asked for is too large; ask for less at a time");
    else
        seki_error_set(why, "no memory");
    return failure == SEKI_LIMIT ? SEKI_LIMIT : SEKI_SYSTEM;
}

int64_t store_list_limit(size_t limit)
{
    return limit > 0 && limit < STORE_LIST_MAX_ROWS ? (int64_t)limit : (int64_t)STORE_LIST_MAX_ROWS;
}

enum seki_result store_read_one(struct sql *sql, const char *text, const struct sql_value *values, size_t count,
                                store_read_row *read_row, struct seki_arena *arena, void *item, bool *found_out,
                                struct seki_error *why)
{
    *found_out = false;
    struct sql_rows *rows;
    enum seki_result result = sql_query(sql, text, values, count, &rows, why);
    if (result != SEKI_OK)
        return result;
    const struct sql_value *row;
    result = sql_next(rows, &row, why);
    if (result != SEKI_OK || !row)
        return result;
    read_row(row, arena, item);
    *found_out = true;
    sql_rows_close(rows);
    return arena && seki_arena_failure(arena) != SEKI_OK ? store_no_room(arena, why) : SEKI_OK;
}

/* Room for one more behind count; doubled when it is full, and the old array is left to the arena. */
static char *grown(struct seki_arena *arena, char *items, size_t size, size_t count, size_t *capacity)
{
    if (count < *capacity)
        return items;
    size_t larger = *capacity ? *capacity * 2 : 16;
    char *copy = (char *)seki_arena_alloc(arena, larger, size);
    if (copy && count > 0)
        memcpy(copy, items, count * size);
    *capacity = larger;
    return copy;
}

enum seki_result store_read_list(struct sql *sql, const char *text, const struct sql_value *values, size_t count,
                                 size_t item_size, store_read_row *read_row, struct seki_arena *arena,
                                 void **items_out, size_t *count_out, struct seki_error *why)
{
    size_t capacity = 0, read = 0;
    char *items = grown(arena, NULL, item_size, 0, &capacity);
    struct sql_rows *rows;
    enum seki_result result = sql_query(sql, text, values, count, &rows, why);
    while (result == SEKI_OK) {
        const struct sql_value *row;
        result = sql_next(rows, &row, why);
        if (result != SEKI_OK || !row)
            break;
        items = grown(arena, items, item_size, read, &capacity);
        if (items)
            read_row(row, arena, items + read++ * item_size);
        if (!items || seki_arena_failure(arena) != SEKI_OK) {
            sql_rows_close(rows);
            result = store_no_room(arena, why);
        }
    }
    *items_out = items;
    *count_out = result == SEKI_OK ? read : 0;
    return result == SEKI_OK && !items ? store_no_room(arena, why) : result;
}

static void read_number(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    (void)arena;
    *(int64_t *)item = row[0].integer;
}

enum seki_result store_read_number(struct sql *sql, const char *text, const struct sql_value *values, size_t count,
                                   int64_t *number_out, bool *found_out, struct seki_error *why)
{
    bool found = false;
    *number_out = 0;
    enum seki_result result = store_read_one(sql, text, values, count, read_number, NULL, number_out, &found, why);
    if (found_out)
        *found_out = found;
    else if (result == SEKI_OK && !found) {
        seki_error_set(why, "the store lacks a row that its schema begins with; restore it from its backup");
        return SEKI_SYSTEM;
    }
    return result;
}

enum seki_result store_delete_old(struct sql *sql, const char *text, int64_t before, struct seki_error *why)
{
    int64_t deleted;
    enum seki_result result;
    do
        result = sql_run(sql, text, SQL_VALUES(SQL_OF_INT(before), SQL_OF_INT(DELETED_ROWS)), &deleted, why);
    while (result == SEKI_OK && deleted > 0);
    return result;
}

void store_query_init(struct store_query *query, struct seki_arena *arena, const char *text)
{
    query->count = 0;
    seki_buf_init_arena(&query->text, arena, 8192);
    seki_buf_add(&query->text, seki_str_of(text));
}

void store_query_add(struct store_query *query, const char *text, struct sql_value value)
{
    assert(query->count < STORE_QUERY_VALUES_MAX);
    query->values[query->count++] = value;
    for (const char *c = text; *c; c++)
        if (*c == '?')
            seki_buf_add_format(&query->text, "$%zu", query->count);
        else
            seki_buf_add_char(&query->text, *c);
}

const char *store_query_text(struct store_query *query)
{
    seki_buf_add_char(&query->text, '\0');
    return seki_buf_failed(&query->text) == SEKI_OK ? query->text.ptr : NULL;
}
