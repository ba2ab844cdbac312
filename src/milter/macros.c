#include "milter/macros.h"

#include "milter/packet.h"

#include <stdlib.h>

#define CAPACITY_STEP 512u

static bool is_pairs(struct seki_str octets)
{
    struct milter_cursor cursor = milter_cursor_over(octets);
    while (milter_cursor_has_more(&cursor)) {
        milter_cursor_string(&cursor);
        milter_cursor_string(&cursor);
    }
    return milter_cursor_is_done(&cursor);
}

static enum seki_result reserve(struct milter_macros *macros, size_t need)
{
    if (need <= macros->capacity)
        return SEKI_OK;
    if (need > MILTER_MACROS_MAX_OCTETS)
        return SEKI_LIMIT;
    size_t capacity = (need + CAPACITY_STEP - 1) / CAPACITY_STEP * CAPACITY_STEP;
    if (capacity > MILTER_MACROS_MAX_OCTETS)
        capacity = MILTER_MACROS_MAX_OCTETS;
    char *octets = realloc(macros->octets, capacity);
    if (octets == NULL)
        return SEKI_SYSTEM;
    macros->octets = octets;
    macros->capacity = (uint16_t)capacity;
    return SEKI_OK;
}

enum seki_result milter_macros_set(struct milter_macros *macros, enum milter_stage stage, struct seki_str pairs)
{
    if (!is_pairs(pairs))
        return SEKI_BAD_INPUT;
    if (pairs.len > MILTER_MACROS_MAX_OCTETS)
        return SEKI_LIMIT;
    enum seki_result result = reserve(macros, macros->start[stage] + pairs.len);
    if (result != SEKI_OK)
        return result;
    milter_macros_forget(macros, stage);
    if (pairs.len > 0)
        memcpy(macros->octets + macros->len, pairs.ptr, pairs.len);
    macros->len = (uint16_t)(macros->len + pairs.len);
    for (size_t later = (size_t)stage + 1; later < MILTER_STAGE_COUNT; later++)
        macros->start[later] = macros->len;
    return SEKI_OK;
}

void milter_macros_forget(struct milter_macros *macros, enum milter_stage stage)
{
    macros->len = macros->start[stage];
    for (size_t later = (size_t)stage + 1; later < MILTER_STAGE_COUNT; later++)
        macros->start[later] = macros->len;
}

static struct seki_str without_braces(struct seki_str name)
{
    if (name.len >= 2 && name.ptr[0] == '{' && name.ptr[name.len - 1] == '}')
        return (struct seki_str){ name.ptr + 1, name.len - 2 };
    return name;
}

static bool find_in_stage(struct seki_str pairs, struct seki_str bare_name, struct seki_str *value_out)
{
    struct milter_cursor cursor = milter_cursor_over(pairs);
    while (milter_cursor_has_more(&cursor)) {
        struct seki_str name = milter_cursor_string(&cursor);
        *value_out = milter_cursor_string(&cursor);
        if (seki_str_equal(without_braces(name), bare_name))
            return true;
    }
    return false;
}

struct seki_str milter_macros_get(const struct milter_macros *macros, struct seki_str name)
{
    struct seki_str bare_name = without_braces(name), value;
    size_t end = macros->len;
    for (size_t stage = MILTER_STAGE_COUNT; stage-- > 0; end = macros->start[stage]) {
        size_t start = macros->start[stage];
        if (start < end &&
            find_in_stage((struct seki_str){ macros->octets + start, end - start }, bare_name, &value))
            return value;
    }
    return SEKI_STR("");
}

void milter_macros_release(struct milter_macros *macros)
{
    free(macros->octets);
    *macros = (struct milter_macros){ 0 };
}
