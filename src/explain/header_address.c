/* What address fields may have been: written in another way, and From before a list put itself there. */
#include "explain/header_variants.h"

#include "explain/one_line.h"
#include "explain/words.h"

#include <sekisho/address.h>

#define MAX_SOURCES 12u
#define MAX_NAMES   4u

/* Commas between addresses, not those in quotes. */
static struct seki_str with_commas(struct seki_arena *arena, struct seki_str line, struct seki_str comma)
{
    struct seki_buf out;
    bool is_quoted = false;
    seki_buf_init_arena(&out, arena, 4 * EXPLAIN_MAX_FIELD_OCTETS);
    for (size_t i = 0; i < line.len; i++) {
        is_quoted = is_quoted != (line.ptr[i] == '"');
        bool is_comma = line.ptr[i] == ',' && !is_quoted;
        seki_buf_add(&out, is_comma ? comma : seki_str_head(seki_str_from(line, i), 1));
        if (is_comma && i + 1 < line.len && line.ptr[i + 1] == ' ')
            i++;
    }
    return seki_buf_failed(&out) == SEKI_OK ? seki_buf_str(&out) : (struct seki_str){ NULL, 0 };
}

static struct seki_str without_quotes(struct seki_arena *arena, struct seki_str line)
{
    struct seki_buf out;
    seki_buf_init_arena(&out, arena, EXPLAIN_MAX_FIELD_OCTETS);
    for (size_t i = 0; i < line.len; i++)
        if (line.ptr[i] != '"')
            seki_buf_add_char(&out, line.ptr[i]);
    return seki_buf_str(&out);
}

/* Name <a@b> as "Name" <a@b> */
static struct seki_str with_quotes(struct seki_arena *arena, struct seki_str line)
{
    size_t open = seki_str_find(line, '<');
    struct seki_str name = seki_str_trim(seki_str_head(line, open));
    if (open == line.len || name.len == 0 || seki_str_find(line, '"') < line.len)
        return (struct seki_str){ NULL, 0 };
    return seki_arena_format(arena, "\"%.*s\" %.*s", SEKI_STR_ARGS(name), SEKI_STR_ARGS(seki_str_from(line, open)));
}

/* a@b as <a@b>, and back */
static struct seki_str other_brackets(struct seki_arena *arena, struct seki_str line)
{
    if (line.len > 2 && line.ptr[0] == '<' && line.ptr[line.len - 1] == '>')
        return seki_str_head(seki_str_from(line, 1), line.len - 2);
    bool is_bare = seki_str_find(line, '<') == line.len && seki_str_find(line, ',') == line.len;
    return is_bare ? seki_arena_format(arena, "<%.*s>", SEKI_STR_ARGS(line)) : (struct seki_str){ NULL, 0 };
}

void explain_make_addresses(struct explain_variants *v, size_t slot)
{
    static const struct seki_str commas[] = { SEKI_STR_INIT(","),         SEKI_STR_INIT(", "),
                                              SEKI_STR_INIT(",\r\n "),    SEKI_STR_INIT(",\r\n\t"),
                                              SEKI_STR_INIT(",\r\n    "), SEKI_STR_INIT(",\r\n        ") };
    struct seki_str value = explain_variant_value(v, slot), line = explain_one_line(v->arena, value);
    if (value.len == 0)
        return;
    struct seki_str decoded = explain_words_decode(v->arena, line);
    if (decoded.ptr != NULL && !seki_str_equal(decoded, line))
        explain_variant_add(v, slot, EXPLAIN_HEADER_ENCODED_WORDS, decoded);
    for (size_t i = 0; i < sizeof commas / sizeof commas[0]; i++)
        explain_variant_add(v, slot, EXPLAIN_HEADER_REWRITTEN, with_commas(v->arena, line, commas[i]));
    explain_variant_add(v, slot, EXPLAIN_HEADER_REWRITTEN, without_quotes(v->arena, line));
    explain_variant_add(v, slot, EXPLAIN_HEADER_REWRITTEN, with_quotes(v->arena, line));
    explain_variant_add(v, slot, EXPLAIN_HEADER_REWRITTEN, other_brackets(v->arena, line));
}

/* Where the author's own address may stand now. */
struct sources {
    struct seki_str addresses[MAX_SOURCES], names[MAX_SOURCES];
    size_t count;
};

static void collect_sources(struct explain_variants *v, struct seki_str field_name, struct sources *sources)
{
    size_t index = seki_message_find_up(v->message, field_name, SIZE_MAX);
    struct seki_address_list list;
    if (index == SIZE_MAX ||
        seki_address_parse_list(v->arena, seki_message_field(v->message, index)->value, &list, NULL) != SEKI_OK)
        return;
    for (size_t i = 0; i < list.mailbox_count && sources->count < MAX_SOURCES; i++) {
        const struct seki_mailbox *mailbox = &list.mailboxes[i];
        sources->names[sources->count] = mailbox->display_name;
        sources->addresses[sources->count++] = seki_arena_format(
            v->arena, "%.*s@%.*s", SEKI_STR_ARGS(mailbox->local_part), SEKI_STR_ARGS(mailbox->domain));
    }
}

/* "Author via List", "'Author' via List": the author's name. */
static struct seki_str without_via(struct seki_str name)
{
    for (size_t at = 0; at + 5 <= name.len; at++)
        if (seki_str_starts_with_nocase(seki_str_from(name, at), SEKI_STR(" via ")))
            name = seki_str_head(name, at);
    if (name.len > 2 && name.ptr[0] == '\'' && name.ptr[name.len - 1] == '\'')
        name = seki_str_head(seki_str_from(name, 1), name.len - 2);
    return name;
}

static void add_author(struct explain_variants *v, size_t slot, struct seki_str name, struct seki_str address)
{
    const enum explain_header_kind kind = EXPLAIN_HEADER_FROM_REWRITTEN;
    if (address.ptr == NULL)
        return;
    if (name.len == 0) {
        explain_variant_add(v, slot, kind, address);
        explain_variant_add(v, slot, kind, seki_arena_format(v->arena, "<%.*s>", SEKI_STR_ARGS(address)));
        return;
    }
    explain_variant_add(v, slot, kind,
                        seki_arena_format(v->arena, "%.*s <%.*s>", SEKI_STR_ARGS(name), SEKI_STR_ARGS(address)));
    explain_variant_add(
        v, slot, kind, seki_arena_format(v->arena, "\"%.*s\" <%.*s>", SEKI_STR_ARGS(name), SEKI_STR_ARGS(address)));
}

/* Lists put themselves into From for authors whose DMARC policy is strict, and the author elsewhere. */
void explain_make_authors(struct explain_variants *v, size_t slot)
{
    static const struct seki_str keepers[] = { SEKI_STR_INIT("X-Original-From"), SEKI_STR_INIT("Original-From"),
                                               SEKI_STR_INIT("Reply-To"), SEKI_STR_INIT("X-Original-Sender"),
                                               SEKI_STR_INIT("Cc") };
    struct sources now = { .count = 0 }, sources = { .count = 0 };
    collect_sources(v, SEKI_STR("From"), &now);
    for (size_t i = 0; i < sizeof keepers / sizeof keepers[0]; i++) {
        size_t index = seki_message_find_up(v->message, keepers[i], SIZE_MAX);
        if (index != SIZE_MAX)
            explain_variant_add(v, slot, EXPLAIN_HEADER_FROM_REWRITTEN,
                                seki_str_trim(seki_message_field(v->message, index)->value));
        collect_sources(v, keepers[i], &sources);
    }
    for (size_t i = 0; i < sources.count; i++) {
        const struct seki_str names[MAX_NAMES] = { now.count > 0 ? without_via(now.names[0]) : SEKI_STR(""),
                                                   now.count > 0 ? now.names[0] : SEKI_STR(""), sources.names[i],
                                                   SEKI_STR("") };
        for (size_t j = 0; j < MAX_NAMES; j++)
            add_author(v, slot, names[j], sources.addresses[i]);
    }
}
