#include "explain/body_rewrite.h"

#include <assert.h>

#define TAB_COLUMNS     8u
#define LONG_LINE       900u /* no person writes such; MTAs break lines between 990 and 1,000 octets */
#define WORD_MAX_OCTETS 998u

/* What was made of a text, and where it differs; first_line 0: not at all. */
struct rewritten {
    struct seki_buf text;
    size_t first_line, line_count;
};

/* Append what a line (without CRLF) was. @return whether it was something else */
typedef bool undo_line(struct seki_str line, struct seki_buf *out);
/* Append what a whole text was. @return whether it was something else */
typedef bool undo_text(struct seki_str text, struct seki_buf *out);

static bool keep(struct seki_str line, struct seki_buf *out)
{
    seki_buf_add(out, line);
    return false;
}

static bool cut_front(struct seki_str line, size_t octets, struct seki_buf *out)
{
    seki_buf_add(out, seki_str_from(line, octets));
    return true;
}

static bool put_front(struct seki_str line, struct seki_str front, struct seki_buf *out)
{
    seki_buf_add(out, front);
    seki_buf_add(out, line);
    return true;
}

static bool strip_trailing_space(struct seki_str line, struct seki_buf *out)
{
    size_t len = line.len;
    while (len > 0 && seki_is_wsp(line.ptr[len - 1]))
        len--;
    seki_buf_add(out, seki_str_head(line, len));
    return len < line.len;
}

/* The line before a signature ends in a space (RFC 3676 section 4.3). */
static bool restore_signature_line(struct seki_str line, struct seki_buf *out)
{
    seki_buf_add(out, line);
    bool is_stripped = seki_str_equal(line, SEKI_STR("--"));
    if (is_stripped)
        seki_buf_add_char(out, ' ');
    return is_stripped;
}

static bool unescape_from(struct seki_str line, struct seki_buf *out)
{
    return seki_str_starts_with(line, SEKI_STR(">From ")) ? cut_front(line, 1, out) : keep(line, out);
}

static bool escape_from(struct seki_str line, struct seki_buf *out)
{
    return seki_str_starts_with(line, SEKI_STR("From ")) ? put_front(line, SEKI_STR(">"), out) : keep(line, out);
}

/* mboxrd quotes ">From " too. */
static bool unescape_quoted_from(struct seki_str line, struct seki_buf *out)
{
    size_t marks = 0;
    while (marks < line.len && line.ptr[marks] == '>')
        marks++;
    bool is_quoted = marks > 0 && seki_str_starts_with(seki_str_from(line, marks), SEKI_STR("From "));
    return is_quoted ? cut_front(line, 1, out) : keep(line, out);
}

/* RFC 5321 section 4.5.2: one dot too many, or taken away once too often from a line of two. */
static bool unstuff_dot(struct seki_str line, struct seki_buf *out)
{
    return seki_str_starts_with(line, SEKI_STR("..")) ? cut_front(line, 1, out) : keep(line, out);
}

static bool stuff_dot(struct seki_str line, struct seki_buf *out)
{
    return seki_str_starts_with(line, SEKI_STR(".")) ? put_front(line, SEKI_STR("."), out) : keep(line, out);
}

static bool expand_tabs(struct seki_str line, size_t columns, struct seki_buf *out)
{
    size_t column = 0;
    for (size_t i = 0; i < line.len; i++) {
        size_t spaces = line.ptr[i] == '\t' ? columns - column % columns : 0;
        for (size_t j = 0; j < spaces; j++)
            seki_buf_add_char(out, ' ');
        if (spaces == 0)
            seki_buf_add_char(out, line.ptr[i]);
        column += spaces > 0 ? spaces : 1;
    }
    return seki_str_find(line, '\t') < line.len;
}

static bool expand_tabs_of_8(struct seki_str line, struct seki_buf *out)
{
    return expand_tabs(line, TAB_COLUMNS, out);
}

static bool expand_tabs_of_4(struct seki_str line, struct seki_buf *out)
{
    return expand_tabs(line, TAB_COLUMNS / 2, out);
}

static bool expand_tabs_of_1(struct seki_str line, struct seki_buf *out)
{
    return expand_tabs(line, 1, out);
}

/* Spaces that reach a column of tabs become one: as many as it may take, or only at the front of the line. */
static bool join_spaces(struct seki_str line, bool is_front_only, struct seki_buf *out)
{
    size_t column = 0, spaces = 0, tabs = 0;
    bool is_front = true;
    for (size_t i = 0; i < line.len; i++) {
        column++;
        is_front = is_front && line.ptr[i] == ' ';
        spaces = line.ptr[i] == ' ' ? spaces + 1 : 0;
        seki_buf_add_char(out, line.ptr[i]);
        if (spaces < 2 || column % TAB_COLUMNS != 0 || (is_front_only && !is_front) ||
            seki_buf_failed(out) != SEKI_OK)
            continue;
        out->len -= spaces < TAB_COLUMNS ? spaces : TAB_COLUMNS;
        seki_buf_add_char(out, '\t');
        spaces = 0;
        tabs++;
    }
    return tabs > 0;
}

static bool join_front_spaces(struct seki_str line, struct seki_buf *out)
{
    return join_spaces(line, true, out);
}

static bool join_all_spaces(struct seki_str line, struct seki_buf *out)
{
    return join_spaces(line, false, out);
}

/* Every occurrence of one text becomes another. */
static bool replace_all(struct seki_str text, struct seki_str from, struct seki_str to, struct seki_buf *out)
{
    bool is_changed = false;
    while (text.len > 0) {
        const char *found = memmem(text.ptr, text.len, from.ptr, from.len);
        size_t before = found != NULL ? (size_t)(found - text.ptr) : text.len;
        seki_buf_add(out, seki_str_head(text, before));
        if (found != NULL)
            seki_buf_add(out, to);
        is_changed = is_changed || found != NULL;
        text = seki_str_from(text, before + from.len);
    }
    return is_changed;
}

static bool drop_nul(struct seki_str text, struct seki_buf *out)
{
    return replace_all(text, (struct seki_str){ "", 1 }, SEKI_STR(""), out);
}

static bool crlf_to_lf(struct seki_str text, struct seki_buf *out)
{
    return replace_all(text, SEKI_STR("\r\n"), SEKI_STR("\n"), out);
}

static bool crlf_to_cr(struct seki_str text, struct seki_buf *out)
{
    return replace_all(text, SEKI_STR("\r\n"), SEKI_STR("\r"), out);
}

static bool cr_crlf_to_crlf(struct seki_str text, struct seki_buf *out)
{
    return replace_all(text, SEKI_STR("\r\r\n"), SEKI_STR("\r\n"), out);
}

static bool crlf_crlf_to_crlf(struct seki_str text, struct seki_buf *out)
{
    return replace_all(text, SEKI_STR("\r\n\r\n"), SEKI_STR("\r\n"), out);
}

/* What stands alone of a CR or LF becomes something else. */
static bool replace_alone(struct seki_str text, char alone, struct seki_str to, struct seki_buf *out)
{
    bool is_changed = false;
    for (size_t i = 0; i < text.len; i++) {
        char before = i > 0 ? text.ptr[i - 1] : '\0', after = i + 1 < text.len ? text.ptr[i + 1] : '\0';
        bool is_alone = text.ptr[i] == alone && (alone == '\r' ? after != '\n' : before != '\r');
        if (is_alone)
            seki_buf_add(out, to);
        else
            seki_buf_add_char(out, text.ptr[i]);
        is_changed = is_changed || is_alone;
    }
    return is_changed;
}

static bool lf_to_crlf(struct seki_str text, struct seki_buf *out)
{
    return replace_alone(text, '\n', SEKI_STR("\r\n"), out);
}

static bool cr_to_crlf(struct seki_str text, struct seki_buf *out)
{
    return replace_alone(text, '\r', SEKI_STR("\r\n"), out);
}

static bool drop_cr(struct seki_str text, struct seki_buf *out)
{
    return replace_alone(text, '\r', SEKI_STR(""), out);
}

/* Sendmail's way to break a line. */
static bool join_at_exclamation(struct seki_str text, struct seki_buf *out)
{
    return replace_all(text, SEKI_STR("!\r\n "), SEKI_STR(""), out);
}

/* Lines joined with the next one where a condition holds; glue between them, indent of the next one taken away. */
struct joint {
    bool (*holds)(struct seki_str line, struct seki_str next, size_t columns);
    size_t columns;
    struct seki_str glue, indent;
};

static bool join_lines(struct seki_str text, const struct joint *joint, struct seki_buf *out)
{
    bool is_changed = false;
    while (text.len > 0) {
        struct seki_str line = seki_str_head(text, explain_line_octets(text));
        struct seki_str next = seki_str_from(text, line.len), bare = line;
        if (line.len >= 2 && next.len > 0)
            bare.len -= 2;
        bool is_joined = bare.len < line.len && seki_str_starts_with(next, joint->indent) &&
                         joint->holds(bare, next, joint->columns);
        seki_buf_add(out, is_joined ? bare : line);
        seki_buf_add(out, is_joined ? joint->glue : SEKI_STR(""));
        is_changed = is_changed || is_joined;
        text = is_joined ? seki_str_from(next, joint->indent.len) : next;
    }
    return is_changed;
}

static bool is_long(struct seki_str line, struct seki_str next, size_t columns)
{
    (void)next;
    return line.len >= columns;
}

static bool join_long(struct seki_str text, struct seki_buf *out)
{
    static const struct joint joint = { is_long, LONG_LINE, { "", 0 }, { "", 0 } };
    return join_lines(text, &joint, out);
}

/* Postfix's way. */
static bool join_long_indented(struct seki_str text, struct seki_buf *out)
{
    static const struct joint joint = { is_long, LONG_LINE, { "", 0 }, { " ", 1 } };
    return join_lines(text, &joint, out);
}

/* Would the first word of the next line not have fitted? Then a filler of paragraphs may have broken here. */
static bool is_filled(struct seki_str line, struct seki_str next, size_t columns)
{
    size_t word = 0;
    while (word < next.len && !seki_is_space(next.ptr[word]) && word < WORD_MAX_OCTETS)
        word++;
    return line.len > 0 && word > 0 && line.len + 1 + word > columns;
}

static bool unfill(struct seki_str text, size_t columns, struct seki_buf *out)
{
    const struct joint joint = { is_filled, columns, { " ", 1 }, { "", 0 } };
    return join_lines(text, &joint, out);
}

static bool unfill_72(struct seki_str text, struct seki_buf *out)
{
    return unfill(text, 72, out);
}

static bool unfill_76(struct seki_str text, struct seki_buf *out)
{
    return unfill(text, 76, out);
}

static bool unfill_78(struct seki_str text, struct seki_buf *out)
{
    return unfill(text, 78, out);
}

static bool unfill_80(struct seki_str text, struct seki_buf *out)
{
    return unfill(text, 80, out);
}

/* format=flowed (RFC 3676 section 4.1): a line that ends in a space goes on. */
static bool is_flowed(struct seki_str line, struct seki_str next, size_t columns)
{
    (void)columns;
    return line.len > 0 && line.ptr[line.len - 1] == ' ' && !seki_str_equal(line, SEKI_STR("-- ")) &&
           !seki_str_starts_with(next, SEKI_STR("\r\n"));
}

static bool join_flowed(struct seki_str text, struct seki_buf *out)
{
    static const struct joint joint = { is_flowed, 0, { "", 0 }, { "", 0 } };
    return join_lines(text, &joint, out);
}

/* The more usual first. Those that may come two at a time are also tried so. */
static const struct {
    enum explain_body_kind kind;
    undo_line *line;
    undo_text *text;
    bool is_paired;
} rewrites[] = {
    { EXPLAIN_BODY_WHITE_SPACE, strip_trailing_space, NULL, true },
    { EXPLAIN_BODY_WHITE_SPACE, restore_signature_line, NULL, true },
    { EXPLAIN_BODY_FROM_ESCAPED, unescape_from, NULL, true },
    { EXPLAIN_BODY_FROM_ESCAPED, unescape_quoted_from, NULL, false },
    { EXPLAIN_BODY_FROM_ESCAPED, escape_from, NULL, false },
    { EXPLAIN_BODY_DOTS, unstuff_dot, NULL, true },
    { EXPLAIN_BODY_DOTS, stuff_dot, NULL, false },
    { EXPLAIN_BODY_LINE_ENDS, NULL, lf_to_crlf, true },
    { EXPLAIN_BODY_LINE_ENDS, NULL, cr_to_crlf, false },
    { EXPLAIN_BODY_LINE_ENDS, NULL, cr_crlf_to_crlf, true },
    { EXPLAIN_BODY_LINE_ENDS, NULL, drop_cr, false },
    { EXPLAIN_BODY_LINE_ENDS, NULL, crlf_to_lf, false },
    { EXPLAIN_BODY_LINE_ENDS, NULL, crlf_to_cr, false },
    { EXPLAIN_BODY_LINE_ENDS, NULL, crlf_crlf_to_crlf, false },
    { EXPLAIN_BODY_LINES_BROKEN, NULL, join_at_exclamation, true },
    { EXPLAIN_BODY_LINES_BROKEN, NULL, join_long_indented, true },
    { EXPLAIN_BODY_LINES_BROKEN, NULL, join_long, false },
    { EXPLAIN_BODY_LINES_BROKEN, NULL, join_flowed, false },
    { EXPLAIN_BODY_LINES_BROKEN, NULL, unfill_72, false },
    { EXPLAIN_BODY_LINES_BROKEN, NULL, unfill_76, false },
    { EXPLAIN_BODY_LINES_BROKEN, NULL, unfill_78, false },
    { EXPLAIN_BODY_LINES_BROKEN, NULL, unfill_80, false },
    { EXPLAIN_BODY_TABS, expand_tabs_of_8, NULL, true },
    { EXPLAIN_BODY_TABS, expand_tabs_of_4, NULL, false },
    { EXPLAIN_BODY_TABS, expand_tabs_of_1, NULL, false },
    { EXPLAIN_BODY_TABS, join_front_spaces, NULL, false },
    { EXPLAIN_BODY_TABS, join_all_spaces, NULL, false },
    { EXPLAIN_BODY_NUL, NULL, drop_nul, true },
};
#define REWRITES (sizeof rewrites / sizeof rewrites[0])

static void rewrite_lines(struct seki_str text, undo_line *undo, struct rewritten *out)
{
    for (size_t number = 1; text.len > 0; number++) {
        size_t octets = explain_line_octets(text);
        struct seki_str line = seki_str_head(text, octets);
        bool has_end = line.len >= 2 && line.ptr[line.len - 1] == '\n' && line.ptr[line.len - 2] == '\r';
        line.len -= has_end ? 2 : 0;
        bool is_changed = undo(line, &out->text);
        seki_buf_add(&out->text, has_end ? SEKI_STR("\r\n") : SEKI_STR(""));
        if (is_changed && out->first_line == 0)
            out->first_line = number;
        out->line_count += is_changed;
        text = seki_str_from(text, octets);
    }
}

/* @return whether there was something to undo, and it could be done */
static bool rewrite(const struct explain_search *search, size_t row, struct seki_str text, struct rewritten *out)
{
    bool is_changed;
    *out = (struct rewritten){ 0 };
    seki_buf_init(&out->text, search->max_text);
    if (rewrites[row].line != NULL) {
        rewrite_lines(text, rewrites[row].line, out);
        is_changed = out->line_count > 0;
    } else {
        is_changed = rewrites[row].text(text, &out->text);
    }
    return is_changed && seki_buf_failed(&out->text) == SEKI_OK;
}

/* Relaxed form where simple was signed: all white space between words counts, and one space may have become two. */
static void try_relaxed_form(struct explain_search *search, struct seki_str octets)
{
    struct seki_buf relaxed;
    seki_buf_init(&relaxed, SIZE_MAX / 2);
    explain_undo(search, EXPLAIN_BODY_WHITE_SPACE, 0, 0);
    if (search->target->canonicalization == SEKI_CANON_SIMPLE)
        explain_probe(search, explain_canonical(search, SEKI_CANON_RELAXED, octets, &relaxed));
    explain_redo(search);
    seki_buf_release(&relaxed);
}

static void try_second(struct explain_search *search, size_t first, struct seki_str octets)
{
    for (size_t row = first + 1; row < REWRITES && !explain_search_is_over(search); row++) {
        struct rewritten second;
        if (!rewrites[row].is_paired || rewrites[row].kind == rewrites[first].kind)
            continue;
        if (rewrite(search, row, octets, &second)) {
            explain_undo(search, rewrites[row].kind, second.first_line, second.line_count);
            explain_probe(search, seki_buf_str(&second.text));
            explain_redo(search);
        }
        seki_buf_release(&second.text);
    }
}

static void try_rows(struct explain_search *search, struct seki_str octets, bool is_pair)
{
    for (size_t row = 0; row < REWRITES && !explain_search_is_over(search); row++) {
        struct rewritten first;
        if (is_pair && !rewrites[row].is_paired)
            continue;
        if (rewrite(search, row, octets, &first)) {
            explain_undo(search, rewrites[row].kind, first.first_line, first.line_count);
            if (is_pair)
                try_second(search, row, seki_buf_str(&first.text));
            else
                explain_probe(search, seki_buf_str(&first.text));
            explain_redo(search);
        }
        seki_buf_release(&first.text);
    }
}

void explain_try_rewrites(struct explain_search *search, struct seki_str octets)
{
    try_rows(search, octets, false);
    if (!explain_search_is_over(search))
        try_relaxed_form(search, octets);
}

void explain_try_rewrite_pairs(struct explain_search *search, struct seki_str octets)
{
    try_rows(search, octets, true);
}

static void try_exact(struct explain_search *search, enum explain_body_kind kind, const struct seki_str *pieces,
                      size_t count)
{
    explain_undo(search, kind, 0, 0);
    explain_probe_exact(search, pieces, count);
    explain_redo(search);
}

/* Signers that count the end of a body, or LF for CRLF, in their own way. */
void explain_try_ends(struct explain_search *search, struct seki_str octets)
{
    struct seki_buf canonical, with_lf;
    seki_buf_init(&canonical, SIZE_MAX / 2);
    seki_buf_init(&with_lf, SIZE_MAX / 2);
    struct seki_str whole = explain_canonical(search, search->target->canonicalization, octets, &canonical);
    const struct seki_str one_more[] = { whole, SEKI_STR("\r\n") };
    struct seki_str one_less = seki_str_head(whole, whole.len >= 2 ? whole.len - 2 : 0), lf_lines;
    crlf_to_lf(whole, &with_lf);
    lf_lines = seki_buf_str(&with_lf);
    try_exact(search, EXPLAIN_BODY_FINAL_LINES, &one_less, 1);
    try_exact(search, EXPLAIN_BODY_FINAL_LINES, one_more, 2);
    try_exact(search, EXPLAIN_BODY_FINAL_LINES, &octets, 1);
    try_exact(search, EXPLAIN_BODY_LINE_ENDS, &lf_lines, 1);
    seki_buf_release(&canonical);
    seki_buf_release(&with_lf);
}
