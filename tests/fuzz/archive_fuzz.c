/* Archives alone, so that the fuzzer need not learn MIME. The input: one octet that says how it is cut, then the archive.
 * Held: however it comes, the finding is the same, and what comes out of it and the memory for it stay
 * within their bounds. */
#include "content/inspector.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

static void look(struct seki_arena *arena, struct seki_str octets, size_t piece, struct content_look *look_out)
{
    *look_out = (struct content_look){ .entries = 0 };
    struct content_inspector *inspector = content_inspector_new(arena, look_out, 0);
    must(inspector != NULL);
    content_inspector_begin(inspector, SEKI_STR(""), SEKI_STR("a.zip"));
    for (; octets.len > 0; octets = seki_str_from(octets, piece))
        if (!content_inspector_feed(inspector, seki_str_head(octets, piece)))
            break;
    content_inspector_end(inspector);
    content_inspector_release(inspector);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct seki_arena *arena = seki_arena_new(CONTENT_ARENA_MAX);
    struct seki_str octets = { (const char *)data + 1, size - 1 };
    struct content_look whole, cut;
    look(arena, octets, SIZE_MAX, &whole);
    must(seki_arena_failure(arena) == SEKI_OK);
    seki_arena_clear(arena);
    look(arena, octets, data[0] % 64u + 1, &cut);
    must(whole.finding.danger == cut.finding.danger && strcmp(whole.name, cut.name) == 0);
    must(whole.inflated_octets <= CONTENT_INFLATED_MAX + 4096);
    must(whole.entries <= CONTENT_ARCHIVE_ENTRIES_MAX + 1);
    seki_arena_free(arena);
    return 0;
}
