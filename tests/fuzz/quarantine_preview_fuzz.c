/* Any message shown: what comes out is UTF-8, and no octet of it does anything to a terminal. */
#include "quarantine/preview.h"
#include "quarantine/shown.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

static void check_harmless(struct seki_str text, bool may_have_lines)
{
    must(text.len == 0 || seki_str_is_utf8(text));
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        must(c != 0x7f && (c >= 0x20 || (may_have_lines && (c == '\n' || c == '\t'))));
        must(c != 0xc2 || (unsigned char)text.ptr[i + 1] >= 0xa0); /* no C1 */
    }
    must(!seki_str_contains_nocase(text, SEKI_STR("\xe2\x80\xae")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seki_arena *arena = seki_arena_new(64u << 20);
    const struct seki_str message = { (const char *)data, size };
    struct quarantine_preview preview;
    check_harmless(quarantine_shown(arena, message, 500), false);
    if (quarantine_preview_of(message, arena, &preview) == SEKI_OK) {
        check_harmless(preview.text, true);
        must(preview.text.len <= QUARANTINE_PREVIEW_TEXT_MAX);
        for (size_t i = 0; i < preview.field_count; i++) {
            check_harmless(preview.fields[i].name, false);
            check_harmless(preview.fields[i].value, false);
        }
        for (size_t i = 0; i < preview.part_count; i++) {
            check_harmless(preview.parts[i].type, false);
            check_harmless(preview.parts[i].name, false);
        }
    }
    seki_arena_free(arena);
    return 0;
}
