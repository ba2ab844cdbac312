/* Address lists: what was read, written with everything quoted, is read the same. Paths: the parts lie in the path.
 * Encoded words: UTF-8 stays UTF-8. */
#include <sekisho/address.h>
#include <sekisho/buf.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition)
        abort();
}

static void write_quoted(struct seki_buf *buf, struct seki_str text)
{
    seki_buf_add_char(buf, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\')
            seki_buf_add_char(buf, '\\');
        seki_buf_add_char(buf, text.ptr[i]);
    }
    seki_buf_add_char(buf, '"');
}

static void write_mailbox(struct seki_buf *buf, const struct seki_mailbox *mailbox)
{
    write_quoted(buf, mailbox->display_name);
    seki_buf_add_char(buf, '<');
    write_quoted(buf, mailbox->local_part);
    if (mailbox->domain.len > 0)
        seki_buf_add_char(buf, '@');
    seki_buf_add(buf, mailbox->domain);
    seki_buf_add_char(buf, '>');
}

static void write_list(struct seki_buf *buf, const struct seki_address_list *list)
{
    const char *group = NULL;
    for (size_t i = 0; i < list->mailbox_count; i++) {
        const struct seki_mailbox *mailbox = &list->mailboxes[i];
        if (group != NULL && group != mailbox->group.ptr)
            seki_buf_add_char(buf, ';');
        if (i > 0)
            seki_buf_add_char(buf, ',');
        if (mailbox->group.ptr != NULL && group != mailbox->group.ptr) {
            write_quoted(buf, mailbox->group);
            seki_buf_add_char(buf, ':');
        }
        write_mailbox(buf, mailbox);
        group = mailbox->group.ptr;
    }
    if (group != NULL)
        seki_buf_add_char(buf, ';');
}

static void check_same(const struct seki_mailbox *a, const struct seki_mailbox *b)
{
    demand(seki_str_equal(a->display_name, b->display_name));
    demand(seki_str_equal(a->local_part, b->local_part));
    demand(seki_str_equal(a->domain, b->domain));
    demand(seki_str_equal(a->group, b->group));
    demand((a->group.ptr == NULL) == (b->group.ptr == NULL));
}

static void check_list(struct seki_arena *arena, struct seki_str text)
{
    struct seki_address_list list, again;
    struct seki_error why = { "" };
    enum seki_result result = seki_address_parse_list(arena, text, &list, &why);
    demand(result == SEKI_OK ? list.mailbox_count + list.group_count > 0 : list.mailboxes == NULL && why.text[0]);
    if (list.mailbox_count == 0)
        return;
    struct seki_buf buf;
    seki_buf_init(&buf, 1u << 22);
    write_list(&buf, &list);
    demand(seki_address_parse_list(arena, seki_buf_str(&buf), &again, &why) == SEKI_OK);
    demand(again.mailbox_count == list.mailbox_count);
    for (size_t i = 0; i < list.mailbox_count; i++)
        check_same(&list.mailboxes[i], &again.mailboxes[i]);
    seki_buf_release(&buf);
}

static void check_path(struct seki_str path)
{
    struct seki_str local_part, domain;
    if (!seki_address_split_path(path, &local_part, &domain)) {
        demand(local_part.len == 0 && domain.len == 0);
        return;
    }
    demand(seki_str_find(domain, '@') == domain.len);
    demand(domain.len == 0 || local_part.ptr + local_part.len + 1 == domain.ptr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1u << 16)
        return 0;
    struct seki_str text = { (const char *)data, size };
    struct seki_arena *arena = seki_arena_new(1u << 24);
    check_list(arena, text);
    check_path(text);
    struct seki_str shown = seki_encoded_words_decode(arena, text);
    demand(shown.ptr != NULL && shown.len <= 2 * text.len);
    demand(!seki_str_is_utf8(text) || seki_str_is_utf8(shown));
    seki_arena_free(arena);
    return 0;
}
