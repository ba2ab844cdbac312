/* Messages with attachments. The input: one octet that says how the body is cut, then header and body.
 * Held: however the body comes, the finding is the same; a danger has a name that is well-formed UTF-8 and shows no control
 * characters; without one there is none; and the memory is enough. */
#include "content/attachments.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

static struct seki_str give_header(struct content_attachments *attachments, struct seki_str text)
{
    while (text.len > 0 && text.ptr[0] != '\n') {
        size_t end = seki_str_find(text, '\n');
        struct seki_str field = seki_str_head(text, end);
        size_t colon = seki_str_find(field, ':');
        if (colon < field.len)
            content_attachments_field(attachments, seki_str_head(field, colon), seki_str_from(field, colon + 1));
        text = seki_str_from(text, end + 1);
    }
    content_attachments_end_of_header(attachments);
    return seki_str_from(text, 1);
}

static struct content_finding find(struct seki_arena *arena, struct seki_str text, size_t piece)
{
    struct content_attachments *attachments = content_attachments_new(arena);
    must(attachments != NULL);
    struct seki_str body = give_header(attachments, text);
    for (; body.len > 0; body = seki_str_from(body, piece))
        content_attachments_body(attachments, seki_str_head(body, piece));
    struct content_finding finding = content_attachments_finding(attachments);
    content_attachments_end(attachments);
    return finding;
}

static void check_name(const struct content_finding *finding)
{
    must((finding->name.len > 0) == (finding->danger != CONTENT_HARMLESS));
    must(seki_str_is_utf8(finding->name));
    for (size_t i = 0; i < finding->name.len; i++)
        must((unsigned char)finding->name.ptr[i] >= 0x20 && finding->name.ptr[i] != 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct seki_arena *arena = seki_arena_new(CONTENT_ARENA_MAX), *other = seki_arena_new(CONTENT_ARENA_MAX);
    struct seki_str text = { (const char *)data + 1, size - 1 };
    struct content_finding whole = find(arena, text, SIZE_MAX), cut = find(other, text, data[0] % 64u + 1);
    must(seki_arena_failure(arena) == SEKI_OK && seki_arena_failure(other) == SEKI_OK);
    check_name(&whole);
    must(whole.danger == cut.danger && seki_str_equal(whole.name, cut.name));
    seki_arena_free(arena);
    seki_arena_free(other);
    return 0;
}
