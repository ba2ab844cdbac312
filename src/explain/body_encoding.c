#include "explain/body_encoding.h"

#include "explain/body_parts.h"
#include "explain/charset.h"
#include "message/transfer_encoding.h"

#define MAX_LEAVES      6u
#define MAX_BASE64_CUTS 12u

/* What a text may have been. */
struct form {
    enum seki_transfer_encoding encoding;
    struct seki_line_style style;
    const char *encoding_name; /* for a part's own header; NULL: it had no such field */
    const char *charset;       /* NULL: as it is now */
};

/* Encoders break lines differently. */
static const struct form encodings[] = {
    { SEKI_ENCODING_8BIT, { 76, true }, "8bit", NULL },
    { SEKI_ENCODING_8BIT, { 76, true }, "7bit", NULL },
    { SEKI_ENCODING_8BIT, { 76, true }, NULL, NULL },
    { SEKI_ENCODING_BASE64, { 76, true }, "base64", NULL },
    { SEKI_ENCODING_QUOTED_PRINTABLE, { 76, true }, "quoted-printable", NULL },
    { SEKI_ENCODING_QUOTED_PRINTABLE, { 76, false }, "quoted-printable", NULL },
    { SEKI_ENCODING_QUOTED_PRINTABLE, { 74, false }, "quoted-printable", NULL },
    { SEKI_ENCODING_BASE64, { 72, true }, "base64", NULL },
    { SEKI_ENCODING_BASE64, { 64, true }, "base64", NULL },
    { SEKI_ENCODING_BASE64, { 60, true }, "base64", NULL },
};
#define ENCODINGS (sizeof encodings / sizeof encodings[0])

static const struct {
    const char *name;
    bool is_spelling_only; /* of the one before: matters only where the name is in the body */
} charsets[] = {
    { "iso-2022-jp", false }, { "ISO-2022-JP", true },   { "utf-8", false },  { "UTF-8", true },
    { "shift_jis", false },   { "Shift_JIS", true },     { "euc-jp", false }, { "EUC-JP", true },
    { "iso-8859-1", false },  { "windows-1252", false },
};

static const struct form charset_encodings[] = {
    { SEKI_ENCODING_8BIT, { 76, true }, "7bit", NULL },
    { SEKI_ENCODING_8BIT, { 76, true }, "8bit", NULL },
    { SEKI_ENCODING_BASE64, { 76, true }, "base64", NULL },
    { SEKI_ENCODING_QUOTED_PRINTABLE, { 76, true }, "quoted-printable", NULL },
};

static bool is_encoded(enum seki_transfer_encoding encoding)
{
    return encoding == SEKI_ENCODING_BASE64 || encoding == SEKI_ENCODING_QUOTED_PRINTABLE;
}

/* One text of the message: the body, or a part of it. */
struct leaf {
    struct seki_str octets, content_type, transfer_encoding;
};

/* A text from a Unix file has its line ends. */
static void add_with_crlf(struct seki_str text, struct seki_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\n' && (i == 0 || text.ptr[i - 1] != '\r'))
            seki_buf_add_char(out, '\r');
        seki_buf_add_char(out, text.ptr[i]);
    }
}

/* What the octets mean, in the character set that the text is to have. @return false when it cannot be had */
static bool decode(struct explain_search *search, const struct leaf *leaf, const char *charset,
                   struct seki_buf *meaning)
{
    enum seki_transfer_encoding encoding = seki_transfer_encoding_read(leaf->transfer_encoding);
    struct seki_str declared = seki_mime_parameter(leaf->content_type, SEKI_STR("charset"));
    struct seki_buf decoded;
    seki_buf_init(&decoded, meaning->max);
    bool is_good = explain_afford(search, leaf->octets.len / 4) &&
                   seki_transfer_decode(encoding, leaf->octets, &decoded) && seki_buf_failed(&decoded) == SEKI_OK;
    if (declared.len == 0)
        declared = SEKI_STR("utf-8");
    if (is_good && charset != NULL)
        is_good = !seki_str_equal_nocase(declared, seki_str_of(charset)) &&
                  explain_charset_convert(declared, charset, seki_buf_str(&decoded), meaning);
    else if (is_good)
        add_with_crlf(seki_buf_str(&decoded), meaning);
    seki_buf_release(&decoded);
    return is_good && seki_buf_failed(meaning) == SEKI_OK;
}

/* Is this form the one that the text has now? */
static bool is_present_form(const struct leaf *leaf, const struct form *form)
{
    enum seki_transfer_encoding now = seki_transfer_encoding_read(leaf->transfer_encoding);
    return form->charset == NULL && !is_encoded(now) && !is_encoded(form->encoding);
}

static void push_form(struct explain_search *search, const struct form *form)
{
    explain_undo(search, form->charset != NULL ? EXPLAIN_BODY_CHARSET : EXPLAIN_BODY_REENCODED, 0, 0);
}

static void probe_encoded(struct explain_search *search, struct seki_str meaning, const struct form *form)
{
    struct seki_buf encoded;
    if (explain_search_is_over(search))
        return;
    seki_buf_init(&encoded, search->max_text);
    seki_transfer_encode(form->encoding, meaning, &form->style, &encoded);
    if (seki_buf_failed(&encoded) == SEKI_OK)
        explain_probe(search, seki_buf_str(&encoded));
    seki_buf_release(&encoded);
}

static struct seki_str without_final_crlf(struct seki_str text)
{
    bool has_crlf = text.len >= 2 && text.ptr[text.len - 1] == '\n' && text.ptr[text.len - 2] == '\r';
    return seki_str_head(text, has_crlf ? text.len - 2 : text.len);
}

/* In base64 the end of a text changes what stands before it, so that a footer must be cut off before it is encoded. */
static void probe_base64_cuts(struct explain_search *search, struct seki_str meaning, const struct form *form)
{
    struct explain_cuts cuts;
    probe_encoded(search, without_final_crlf(meaning), form);
    explain_cuts_from_end(meaning, &cuts);
    explain_undo(search, EXPLAIN_BODY_APPENDED, 0, 0);
    for (size_t i = 0; i < cuts.likely && i < MAX_BASE64_CUTS && !explain_search_is_over(search); i++) {
        probe_encoded(search, seki_str_head(meaning, cuts.at[i]), form);
        probe_encoded(search, without_final_crlf(seki_str_head(meaning, cuts.at[i])), form);
    }
    explain_redo(search);
}

static void try_whole(struct explain_search *search, const struct leaf *leaf, const struct form *form)
{
    struct seki_buf meaning;
    seki_buf_init(&meaning, search->max_text);
    if (!is_present_form(leaf, form) && decode(search, leaf, form->charset, &meaning)) {
        push_form(search, form);
        probe_encoded(search, seki_buf_str(&meaning), form);
        if (form->encoding == SEKI_ENCODING_BASE64 && form->style.columns == 76)
            probe_base64_cuts(search, seki_buf_str(&meaning), form);
        explain_redo(search);
    }
    seki_buf_release(&meaning);
}

/* A place of the body, and what stood there. */
struct edit {
    struct seki_str old;
    size_t made_at, made_len; /* in the text that was made */
};

struct edits {
    struct edit list[3 * MAX_LEAVES]; /* of the fields of a part and its text, in the order of the body */
    size_t count;
    struct seki_buf made;
};

static void add_edit(struct edits *edits, struct seki_str old, size_t made_at)
{
    size_t place = edits->count++;
    for (; place > 0 && edits->list[place - 1].old.ptr > old.ptr; place--)
        edits->list[place] = edits->list[place - 1];
    edits->list[place] = (struct edit){ old, made_at, edits->made.len - made_at };
}

static void replace_by(struct edits *edits, struct seki_str old, const char *new_text)
{
    size_t made_at = edits->made.len;
    if (old.ptr == NULL)
        return;
    seki_buf_add(&edits->made, seki_str_of(new_text));
    add_edit(edits, old, made_at);
}

/* The whole field that has this value. */
static struct seki_str field_of(struct seki_str header, struct seki_str value)
{
    if (value.ptr == NULL)
        return value;
    size_t start = (size_t)(value.ptr - header.ptr);
    while (start > 0 && header.ptr[start - 1] != '\n')
        start--;
    return (struct seki_str){ header.ptr + start, (size_t)(value.ptr + value.len - header.ptr) - start };
}

static bool edit_part(struct explain_search *search, const struct seki_mime_part *part, const struct form *form,
                      struct edits *edits)
{
    const struct leaf leaf = { part->body, part->content_type, part->transfer_encoding };
    struct seki_buf meaning;
    size_t made_at;
    seki_buf_init(&meaning, edits->made.max);
    bool is_good = !is_present_form(&leaf, form) && decode(search, &leaf, form->charset, &meaning);
    if (is_good && form->encoding_name != NULL)
        replace_by(edits, seki_str_trim(part->transfer_encoding), form->encoding_name);
    else if (is_good)
        replace_by(edits, field_of(part->header, part->transfer_encoding), "");
    if (is_good && form->charset != NULL)
        replace_by(edits, seki_mime_parameter(part->content_type, SEKI_STR("charset")), form->charset);
    made_at = edits->made.len;
    seki_transfer_encode(form->encoding, seki_buf_str(&meaning), &form->style, &edits->made);
    if (is_good)
        add_edit(edits, part->body, made_at);
    seki_buf_release(&meaning);
    return is_good;
}

static void probe_edited(struct explain_search *search, struct seki_str octets, const struct edits *edits,
                         const struct form *form)
{
    struct seki_buf text;
    size_t at = 0;
    seki_buf_init(&text, search->max_text);
    for (size_t i = 0; i < edits->count; i++) {
        const struct edit *edit = &edits->list[i];
        size_t start = (size_t)(edit->old.ptr - octets.ptr);
        seki_buf_add(&text, (struct seki_str){ octets.ptr + at, start - at });
        seki_buf_add(&text,
                     seki_str_head(seki_str_from(seki_buf_str(&edits->made), edit->made_at), edit->made_len));
        at = start + edit->old.len;
    }
    seki_buf_add(&text, seki_str_from(octets, at));
    push_form(search, form);
    if (seki_buf_failed(&text) == SEKI_OK && seki_buf_failed(&edits->made) == SEKI_OK)
        explain_probe(search, seki_buf_str(&text));
    explain_redo(search);
    seki_buf_release(&text);
}

static bool is_text_leaf(const struct seki_mime_part *part)
{
    return part->body.len > 0 && seki_mime_is_text(part->content_type);
}

/* One part, or (which SIZE_MAX) all that are text. */
static void try_parts(struct explain_search *search, const struct explain_body *body,
                      const struct seki_mime_part *parts, size_t count, size_t which, const struct form *form)
{
    struct edits edits = { .count = 0 };
    size_t edited = 0;
    seki_buf_init(&edits.made, search->max_text);
    for (size_t i = 0; i < count && edited < MAX_LEAVES && !explain_search_is_over(search); i++)
        if (is_text_leaf(&parts[i]) && (which == i || which == SIZE_MAX))
            edited += edit_part(search, &parts[i], form, &edits);
    if (edited > (which == SIZE_MAX))
        probe_edited(search, body->octets, &edits, form);
    seki_buf_release(&edits.made);
}

static void try_form(struct explain_search *search, const struct explain_body *body,
                     const struct seki_mime_part *parts, size_t count, const struct form *form)
{
    const struct leaf whole = { body->octets, body->content_type, body->transfer_encoding };
    if (count == 0) {
        try_whole(search, &whole, form);
        return;
    }
    try_parts(search, body, parts, count, SIZE_MAX, form);
    for (size_t i = 0, leaves = 0; i < count && leaves < MAX_LEAVES && !explain_search_is_over(search); i++) {
        if (is_text_leaf(&parts[i])) {
            try_parts(search, body, parts, count, i, form);
            leaves++;
        }
    }
}

void explain_try_encodings(struct explain_search *search, const struct explain_body *body)
{
    struct seki_mime_part parts[SEKI_MIME_MAX_PARTS];
    size_t count = seki_mime_find_parts(body->content_type, body->octets, parts);
    for (size_t i = 0; i < ENCODINGS && !explain_search_is_over(search); i++) {
        bool is_name_only = count == 0 && i > 0 && !is_encoded(encodings[i].encoding);
        if (!is_name_only) /* the name of a whole body's encoding is not in the body */
            try_form(search, body, parts, count, &encodings[i]);
    }
}

void explain_try_charsets(struct explain_search *search, const struct explain_body *body)
{
    struct seki_mime_part parts[SEKI_MIME_MAX_PARTS];
    size_t count = seki_mime_find_parts(body->content_type, body->octets, parts);
    for (size_t i = 0; i < sizeof charsets / sizeof charsets[0]; i++) {
        for (size_t j = 0; j < sizeof charset_encodings / sizeof charset_encodings[0]; j++) {
            struct form form = charset_encodings[j];
            form.charset = charsets[i].name;
            bool is_name_only =
                count == 0 && (charsets[i].is_spelling_only || (j > 0 && !is_encoded(form.encoding)));
            if (!is_name_only && !explain_search_is_over(search))
                try_form(search, body, parts, count, &form);
        }
    }
}
