#include "cli/readable.h"

#include "policy/punycode.h"

#include <sekisho/buf.h>
#include <sekisho/domain.h>

#define TEXT_MAX_OCTETS  (16u * 1024u)
#define LABEL_MAX_OCTETS (POLICY_PUNYCODE_MAX * 4u)
#define PREFIX           "xn--"

/* RFC 3629 section 3 */
static void add_utf8(struct seki_buf *out, uint32_t point)
{
    static const unsigned char leads[] = { 0, 0xC0, 0xE0, 0xF0 };
    unsigned continued = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    seki_buf_add_char(out, (char)(leads[continued] | point >> (6 * continued)));
    while (continued-- > 0)
        seki_buf_add_char(out, (char)(0x80 | (point >> (6 * continued) & 0x3F)));
}

/* Only what becomes the same A-label again is a U-label (RFC 5890 section 2.3.2.1): so nothing invisible, no direction mark
 * and no second spelling is ever shown. @return false: it is none, and *out has nothing of it */
static bool add_u_label(struct seki_buf *out, struct seki_str label, struct seki_arena *arena)
{
    uint32_t points[POLICY_PUNYCODE_MAX];
    struct seki_buf read;
    struct seki_str ascii;
    size_t count = 0;
    if (seki_str_starts_with_nocase(label, SEKI_STR(PREFIX)))
        count = policy_punycode_decode(seki_str_from(label, sizeof PREFIX - 1), points);
    seki_buf_init(&read, LABEL_MAX_OCTETS);
    for (size_t i = 0; i < count; i++)
        add_utf8(&read, points[i]);
    struct seki_str text = seki_buf_str(&read);
    bool is_one = count > 0 && !seki_str_is_ascii(text) && seki_domain_to_ascii(arena, text, &ascii) == SEKI_OK &&
                  seki_str_equal_nocase(ascii, label);
    if (is_one)
        seki_buf_add(out, text);
    seki_buf_release(&read);
    return is_one;
}

static bool is_label_octet(char c)
{
    return seki_is_alnum(c) || c == '-' || c == '_';
}

/* A dot before a name ("*.") or behind it (of a sentence) is none of it. */
static size_t name_octets(struct seki_str text)
{
    size_t len = 0;
    for (size_t i = 0; i < text.len && (is_label_octet(text.ptr[i]) || (text.ptr[i] == '.' && i > 0)); i++)
        if (text.ptr[i] != '.')
            len = i + 1;
    return len;
}

/* @return does it read otherwise than it is written? */
static bool read_name(struct seki_str name, struct seki_arena *arena, struct seki_buf *out)
{
    struct seki_str label;
    bool is_other = false;
    for (bool is_first = true; seki_str_split(&name, '.', &label); is_first = false) {
        if (!is_first)
            seki_buf_add_char(out, '.');
        if (add_u_label(out, label, arena))
            is_other = true;
        else
            seki_buf_add(out, label);
    }
    return is_other;
}

static void add_name(struct seki_buf *out, struct seki_str name, struct seki_arena *arena)
{
    struct seki_buf read;
    seki_buf_init(&read, TEXT_MAX_OCTETS);
    seki_buf_add(out, name);
    if (read_name(name, arena, &read) && seki_buf_failed(&read) == SEKI_OK) {
        seki_buf_add(out, SEKI_STR(" ("));
        seki_buf_add(out, seki_buf_str(&read));
        seki_buf_add_char(out, ')');
    }
    seki_buf_release(&read);
}

struct seki_str cli_readable(struct seki_str text, struct seki_arena *arena)
{
    struct seki_str readable = text;
    struct seki_buf out; /* lists are long: only what comes of it is kept in the arena */
    if (!seki_str_contains_nocase(text, SEKI_STR(PREFIX)))
        return text;
    seki_buf_init(&out, TEXT_MAX_OCTETS);
    while (text.len > 0) {
        size_t len = name_octets(text);
        if (len > 0)
            add_name(&out, seki_str_head(text, len), arena);
        else
            seki_buf_add_char(&out, text.ptr[0]);
        text = seki_str_from(text, len > 0 ? len : 1);
    }
    if (seki_buf_failed(&out) == SEKI_OK && seki_buf_str(&out).len > readable.len) {
        struct seki_str copy = seki_arena_copy(arena, seki_buf_str(&out));
        readable = copy.ptr != NULL ? copy : readable;
    }
    seki_buf_release(&out);
    return readable;
}
