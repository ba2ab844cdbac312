/* What a Subject may have been: without a tag, in other encoded words. */
#include "explain/header_variants.h"

#include "explain/one_line.h"
#include "explain/words.h"

static struct seki_str skip_space(struct seki_str text)
{
    while (text.len > 0 && seki_is_space(text.ptr[0]))
        text = seki_str_from(text, 1);
    return text;
}

/* "[list]", "{Spam?}", "(EXTERNAL)" */
static size_t bracket_octets(struct seki_str text)
{
    static const char open[] = "[{(", close[] = "]})";
    for (size_t i = 0; i < sizeof open - 1 && text.len > 0; i++)
        if (text.ptr[0] == open[i])
            return seki_str_find(text, close[i]) + 1;
    return 0;
}

/* "***SPAM***", "*SPAM*" */
static size_t star_octets(struct seki_str text)
{
    size_t len = 0;
    for (unsigned run = 0; run < 2; run++) {
        size_t start = len;
        while (len < text.len && text.ptr[len] == '*')
            len++;
        if (len == start)
            return 0;
        len += run == 0 ? seki_str_find(seki_str_from(text, len), '*') : 0;
    }
    return len;
}

/* "EXT:", "SPAM:"; but not "RE:" and "FWD:" */
static size_t word_octets(struct seki_str text)
{
    size_t len = 0;
    while (len < text.len && text.ptr[len] >= 'A' && text.ptr[len] <= 'Z')
        len++;
    bool is_tag =
        len > 2 && len < text.len && text.ptr[len] == ':' && !seki_str_starts_with(text, SEKI_STR("FWD:"));
    return is_tag ? len + 1 : 0;
}

/* Octets of a tag at the front; 0 when there is none, or nothing else. */
static size_t tag_octets(struct seki_str text)
{
    size_t len = bracket_octets(text);
    len = len > 0 ? len : star_octets(text);
    len = len > 0 ? len : word_octets(text);
    return len < text.len ? len : 0;
}

/* "Re: ", "Fwd: " */
static size_t reply_octets(struct seki_str text)
{
    static const struct seki_str marks[] = { SEKI_STR_INIT("Re:"), SEKI_STR_INIT("Fwd:"), SEKI_STR_INIT("Fw:") };
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (seki_str_starts_with_nocase(text, marks[i]))
            return marks[i].len + (seki_str_starts_with(seki_str_from(text, marks[i].len), SEKI_STR(" ")) ? 1 : 0);
    return 0;
}

static struct seki_str join(struct seki_arena *arena, struct seki_str a, struct seki_str b, struct seki_str c)
{
    struct seki_buf buf;
    seki_buf_init_arena(&buf, arena, 2 * EXPLAIN_MAX_FIELD_OCTETS);
    seki_buf_add(&buf, a);
    seki_buf_add(&buf, b);
    seki_buf_add(&buf, c);
    return seki_buf_failed(&buf) == SEKI_OK ? seki_buf_str(&buf) : (struct seki_str){ NULL, 0 };
}

/* In every way in which it may have been written. */
static void add_spellings(struct explain_variants *v, size_t slot, enum explain_header_kind kind,
                          struct seki_str text)
{
    static const struct explain_word_style styles[] = {
        { "UTF-8", 'B', false }, { "UTF-8", 'B', true },       { "utf-8", 'b', false },
        { "UTF-8", 'Q', false }, { "UTF-8", 'Q', true },       { "utf-8", 'q', false },
        { "utf-8", 'B', false }, { "utf-8", 'Q', false },      { "ISO-2022-JP", 'B', false },
        { "utf-8", 'B', true },  { "iso-2022-jp", 'b', true }, { "ISO-2022-JP", 'B', true },
    };
    struct seki_str line = explain_one_line(v->arena, text);
    struct seki_str decoded = explain_words_decode(v->arena, line);
    explain_variant_add(v, slot, kind, text);
    explain_variant_add(v, slot, kind, line);
    explain_variant_add(v, slot, kind, decoded);
    for (size_t i = 0; i < sizeof styles / sizeof styles[0] && decoded.len > 0 && !seki_str_is_ascii(decoded); i++)
        explain_variant_add(v, slot, kind, explain_words_encode(v->arena, decoded, &styles[i]));
}

/* Without the tag, wherever it stands: "[list] Re: x" was "Re: x" or "Re: [list] x", "Re: [list] x" was "Re: x". */
static void add_untagged(struct explain_variants *v, size_t slot, struct seki_str text)
{
    const enum explain_header_kind kind = EXPLAIN_HEADER_SUBJECT_TAG;
    size_t reply = reply_octets(text), tag = tag_octets(seki_str_from(text, reply));
    if (tag == 0)
        return;
    struct seki_str rest = skip_space(seki_str_from(text, reply + tag));
    add_spellings(v, slot, kind, join(v->arena, seki_str_head(text, reply), rest, SEKI_STR("")));
    size_t inner_reply = reply_octets(rest), inner_tag = tag_octets(seki_str_from(rest, inner_reply));
    if (reply == 0 && inner_reply > 0)
        add_spellings(v, slot, kind,
                      join(v->arena, seki_str_head(rest, inner_reply),
                           seki_str_head(text, (size_t)(rest.ptr - text.ptr)), seki_str_from(rest, inner_reply)));
    if (inner_tag > 0)
        add_spellings(v, slot, kind,
                      join(v->arena, seki_str_head(rest, inner_reply),
                           skip_space(seki_str_from(rest, inner_reply + inner_tag)), SEKI_STR("")));
}

void explain_make_subjects(struct explain_variants *v, size_t slot)
{
    struct seki_str value = explain_variant_value(v, slot);
    if (value.len == 0)
        return;
    struct seki_str decoded = explain_words_decode(v->arena, explain_one_line(v->arena, value));
    add_untagged(v, slot, value);
    if (decoded.ptr != NULL && !seki_str_equal(decoded, value))
        add_untagged(v, slot, decoded);
    add_spellings(v, slot, EXPLAIN_HEADER_ENCODED_WORDS, value);
}
