/* attachments_of [PIECE_OCTETS]: what content/attachments.h finds in the message on standard input: "none", or "DANGER NAME". */
#include "content/attachments.h"

#include <sekisho/buf.h>

#include <stdlib.h>

#define MESSAGE_MAX (64u * 1024u * 1024u)

static struct seki_str read_all(struct seki_buf *buf)
{
    char some[65536];
    seki_buf_init(buf, MESSAGE_MAX);
    for (size_t len; (len = fread(some, 1, sizeof some, stdin)) > 0;)
        seki_buf_add(buf, (struct seki_str){ some, len });
    if (seki_buf_failed(buf) != SEKI_OK)
        exit(3);
    return seki_buf_str(buf);
}

/* Fields with their folds, up to the empty line. @return the body */
static struct seki_str give_header(struct content_attachments *attachments, struct seki_str text)
{
    while (text.len > 0 && !seki_str_starts_with(text, SEKI_STR("\r\n"))) {
        size_t end = 0;
        do
            end += seki_str_find(seki_str_from(text, end), '\n') + 1;
        while (end < text.len && seki_is_wsp(text.ptr[end]));
        struct seki_str field = seki_str_head(text, end);
        size_t colon = seki_str_find(field, ':');
        struct seki_str value = seki_str_from(field, colon + 1);
        value.len -= value.len >= 2 ? 2 : 0;
        content_attachments_field(attachments, seki_str_head(field, colon), value);
        text = seki_str_from(text, end);
    }
    return seki_str_from(text, 2);
}

int main(int argc, char **argv)
{
    uint64_t piece = 65536;
    struct seki_buf buf;
    struct seki_str message = read_all(&buf);
    struct seki_arena *arena = seki_arena_new(CONTENT_ARENA_MAX);
    struct content_attachments *attachments = content_attachments_new(arena);
    if (attachments == NULL ||
        (argc > 1 && (!seki_str_to_u64(seki_str_of(argv[1]), MESSAGE_MAX, &piece) || piece == 0)))
        return 2;
    struct seki_str body = give_header(attachments, message);
    content_attachments_end_of_header(attachments);
    for (; body.len > 0; body = seki_str_from(body, piece))
        content_attachments_body(attachments, seki_str_head(body, piece));
    struct content_finding finding = content_attachments_finding(attachments);
    printf("%s%s%.*s\n", content_danger_name(finding.danger), finding.name.len > 0 ? " " : "",
           SEKI_STR_ARGS(finding.name));
    content_attachments_end(attachments);
    seki_arena_free(arena);
    seki_buf_release(&buf);
    return 0;
}
