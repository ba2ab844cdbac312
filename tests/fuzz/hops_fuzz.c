/* The way of a message whose header anybody wrote. Properties: what is told stays within its bounds and on one line;
 * hops and marks keep the header's order; delays are the differences of the times; the border is a hop that is there. */
#include "explain/hops.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_line(struct seki_str line)
{
    for (size_t i = 0; i < line.len; i++)
        check(line.ptr[i] != '\r' && line.ptr[i] != '\n');
}

static void check_hop(const struct explain_hops *hops, size_t index)
{
    const struct explain_hop *hop = &hops->hops[index];
    const struct seki_str texts[] = { hop->text, hop->helo, hop->name,     hop->by,
                                      hop->with, hop->id,   hop->for_path, hop->date };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check_line(texts[i]);
    check(index == 0 || hop->field_index < hops->hops[index - 1].field_index);
    if (hop->has_delay)
        check(index + 1 < hops->hop_count && hop->time_s + hop->delay_s == hops->hops[index + 1].time_s);
}

static void check_mark(const struct explain_hops *hops, size_t index)
{
    const struct explain_mark *mark = &hops->marks[index];
    check_line(mark->text);
    check(mark->hop <= hops->hop_count && mark->kind < EXPLAIN_MARK_KINDS);
    check(mark->hop == 0 || mark->field_index < hops->hops[mark->hop - 1].field_index);
    if (mark->hop < hops->hop_count)
        check(mark->field_index > hops->hops[mark->hop].field_index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seki_arena *arena = seki_arena_new(16 << 20);
    struct seki_message *message = seki_message_new(arena, NULL);
    struct seki_str body;
    struct explain_hops hops;
    bool is_unix;
    size_t border = 0;
    if (seki_message_read(message, (struct seki_str){ (const char *)data, size }, &body, &is_unix) == SEKI_OK &&
        explain_hops_read(arena, message, &hops) == SEKI_OK) {
        check(hops.hop_count <= EXPLAIN_MAX_HOPS && hops.mark_count <= EXPLAIN_MAX_MARKS);
        for (size_t i = 0; i < hops.hop_count; i++)
            check_hop(&hops, i);
        for (size_t i = 0; i < hops.mark_count; i++)
            check_mark(&hops, i);
        check(!explain_hops_border(&hops, &border) || border < hops.hop_count);
        check_line(hops.return_path);
        check_line(hops.list_id);
    }
    seki_arena_free(arena);
    return 0;
}
