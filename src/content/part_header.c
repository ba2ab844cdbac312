/* Programs differ about what is well-formed, and a name that one of them makes out of a header must not be one that we passed
 * over. So everything that could be a name is told: both parameters, whatever their number, quoted or not, in pieces in any
 * order, encoded by the rules or against them, and what stands between semicolons with no "=" in it. */
#include "content/part_header.h"

#include "base/base64.h"
#include "content/kept_name.h"

#define OPEN_COMMENTS_MAX 16u

/* name*1*="…" (RFC 2231 section 3) */
struct piece {
    bool is_filename, is_encoded;
    uint64_t number;
    struct seki_str text;
};

struct reader {
    struct content_part_header *header;
    unsigned open_comments; /* that do not end */
    void (*named)(void *user, struct seki_str name);
    void *user;
    struct piece pieces[CONTENT_PART_PIECES];
    size_t piece_count;
};

/* Without the backslashes of quoted pairs, and without folds. */
static void add_plain(struct content_kept_name *value, struct seki_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] != '\\' && text.ptr[i] != '\r' && text.ptr[i] != '\n')
            content_kept_name_add(value, text.ptr[i]);
}

/* ---- spellings ---- */

static int hex_digit(char c)
{
    char l = seki_ascii_lower(c);
    if (seki_is_digit(c))
        return c - '0';
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/* "%41" of RFC 2231; "=41" and "_" of RFC 2047; what is no escape stays. */
static void add_escaped(struct content_kept_name *value, struct seki_str text, char escape)
{
    for (size_t i = 0; i < text.len; i++) {
        int high = text.len - i > 2 ? hex_digit(text.ptr[i + 1]) : -1;
        int low = text.len - i > 2 ? hex_digit(text.ptr[i + 2]) : -1;
        bool is_octet = text.ptr[i] == escape && high >= 0 && low >= 0;
        char plain = escape == '=' && text.ptr[i] == '_' ? ' ' : text.ptr[i];
        content_kept_name_add(value, is_octet ? (char)(high * 16 + low) : plain);
        i += is_octet ? 2 : 0;
    }
}

/* Charsets in which an extension is not written as in ASCII, and that programs decode. */
static void judge_charset(struct reader *reader, struct seki_str charset)
{
    static const struct seki_str prefixes[] = {
        SEKI_STR_INIT("utf-7"),     SEKI_STR_INIT("utf7"),   SEKI_STR_INIT("utf-16"), SEKI_STR_INIT("utf16"),
        SEKI_STR_INIT("utf-32"),    SEKI_STR_INIT("utf32"),  SEKI_STR_INIT("ucs"),    SEKI_STR_INIT("unicode"),
        SEKI_STR_INIT("csunicode"), SEKI_STR_INIT("ibm0"),   SEKI_STR_INIT("ibm1"),   SEKI_STR_INIT("ibm2"),
        SEKI_STR_INIT("ibm5"),      SEKI_STR_INIT("cp0"),    SEKI_STR_INIT("cp1026"), SEKI_STR_INIT("cp500"),
        SEKI_STR_INIT("cp1140"),    SEKI_STR_INIT("ebcdic"), SEKI_STR_INIT("x-utf"),
    };
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        reader->header->is_odd = reader->header->is_odd || seki_str_starts_with_nocase(charset, prefixes[i]);
}

/* extended-initial-value := [charset] "'" [language] "'" extended-other-values */
static struct seki_str without_charset(struct reader *reader, struct seki_str text)
{
    size_t first = seki_str_find(text, '\'');
    judge_charset(reader, seki_str_head(text, first));
    struct seki_str rest = seki_str_from(text, first + 1);
    size_t second = seki_str_find(rest, '\'');
    return first < text.len && second < rest.len ? seki_str_from(rest, second + 1) : text;
}

static void add_base64(struct content_kept_name *value, struct seki_str text)
{
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t digit = seki_base64_values[(unsigned char)text.ptr[i]];
        if (digit & SEKI_BASE64_NO_DIGIT)
            continue;
        bits = bits << 6 | digit;
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        content_kept_name_add(value, (char)(bits >> count & 0xFF));
    }
}

/* encoded-word = "=?" charset "?" encoding "?" encoded-text "?=". @return octets of the word; 0: there is none */
static size_t add_word(struct reader *reader, struct content_kept_name *value, struct seki_str text)
{
    if (!seki_str_starts_with(text, SEKI_STR("=?")))
        return 0;
    struct seki_str rest = seki_str_from(text, 2);
    struct seki_str encoding = seki_str_from(rest, seki_str_find(rest, '?') + 1);
    if (encoding.len < 3 || encoding.ptr[1] != '?')
        return 0;
    struct seki_str encoded = seki_str_from(encoding, 2);
    encoded = seki_str_head(encoded, seki_str_find(encoded, '?'));
    char letter = seki_ascii_lower(encoding.ptr[0]);
    if (letter == 'b')
        add_base64(value, encoded);
    else if (letter == 'q')
        add_escaped(value, encoded, '=');
    else
        return 0;
    judge_charset(reader, rest);
    size_t len = (size_t)(encoded.ptr + encoded.len - text.ptr);
    len += len < text.len ? 1 : 0;
    return len + (len < text.len && text.ptr[len] == '=' ? 1 : 0);
}

static size_t space_count(struct seki_str text)
{
    size_t count = 0;
    while (count < text.len && seki_is_space(text.ptr[count]))
        count++;
    return count;
}

/* RFC 2047 forbids encoded words in parameters; programs write and read them all the same. White space between two of them
 * is not seen (section 6.2). */
static void add_words(struct reader *reader, struct content_kept_name *value, struct seki_str text)
{
    bool was_word = false;
    while (text.len > 0) {
        size_t spaces = was_word ? space_count(text) : 0;
        size_t len = add_word(reader, value, seki_str_from(text, spaces));
        was_word = len > 0;
        if (was_word) {
            text = seki_str_from(text, spaces + len);
            continue;
        }
        content_kept_name_add(value, text.ptr[0]);
        text = seki_str_from(text, 1);
    }
}

static void tell(struct reader *reader, struct seki_str plain)
{
    struct content_kept_name value = { .len = 0 };
    add_words(reader, &value, seki_str_trim(plain));
    if (value.len == 0)
        return;
    reader->header->has_name = true;
    reader->named(reader->user, content_kept_name_str(&value));
}

/* ---- pieces ---- */

static void keep_piece(struct reader *reader, const struct piece *piece)
{
    if (reader->piece_count == CONTENT_PART_PIECES)
        reader->header->is_odd = true;
    else
        reader->pieces[reader->piece_count++] = *piece;
}

static const struct piece *find_piece(const struct reader *reader, bool is_filename, uint64_t number)
{
    for (size_t i = 0; i < reader->piece_count; i++)
        if (reader->pieces[i].is_filename == is_filename && reader->pieces[i].number == number)
            return &reader->pieces[i];
    return NULL;
}

static void add_piece(struct reader *reader, struct content_kept_name *value, const struct piece *piece)
{
    struct seki_str text = piece->text;
    if (piece->is_encoded && piece->number == 0)
        text = without_charset(reader, text);
    if (piece->is_encoded)
        add_escaped(value, text, '%');
    else
        add_plain(value, text);
}

/* A gap in the numbers ends it for some programs; the others go on. */
static void tell_pieces(struct reader *reader, bool is_filename)
{
    struct content_kept_name value = { .len = 0 };
    bool is_told = true;
    if (reader->piece_count == 0)
        return;
    for (uint64_t number = 0; number < CONTENT_PART_PIECES; number++) {
        const struct piece *piece = find_piece(reader, is_filename, number);
        if (piece != NULL)
            add_piece(reader, &value, piece);
        else if (!is_told)
            tell(reader, content_kept_name_str(&value));
        is_told = piece == NULL;
    }
    if (!is_told)
        tell(reader, content_kept_name_str(&value));
}

/* ---- parameters ---- */

/* @param is_clear  all programs read the same out of it */
static void take_boundary(struct reader *reader, struct seki_str text, bool is_clear)
{
    struct content_part_header *header = reader->header;
    struct content_kept_name value = { .len = 0 };
    add_plain(&value, text);
    for (size_t i = 0; i < header->boundary_count; i++)
        if (seki_str_equal(content_part_boundary(header, i), content_kept_name_str(&value)))
            return;
    bool fits = value.len <= CONTENT_PART_BOUNDARY_MAX && header->boundary_count < CONTENT_PART_BOUNDARIES;
    header->is_odd = header->is_odd || !is_clear || !fits || value.len == 0;
    if (!fits || value.len == 0)
        return;
    memcpy(header->boundaries[header->boundary_count], value.octets, value.len);
    header->boundary_lens[header->boundary_count++] = value.len;
}

/* attribute ["*" number] ["*"] */
static void take_name(struct reader *reader, struct seki_str attribute, bool is_filename, struct seki_str text)
{
    size_t star = seki_str_find(attribute, '*');
    struct seki_str number = seki_str_from(attribute, star + 1);
    struct piece piece = { .is_filename = is_filename, .text = text };
    struct content_kept_name value = { .len = 0 };
    piece.is_encoded = number.len > 0 && number.ptr[number.len - 1] == '*';
    number.len -= piece.is_encoded ? 1 : 0;
    if (seki_str_to_u64(number, UINT32_MAX, &piece.number)) {
        reader->header->is_odd = reader->header->is_odd || piece.number >= CONTENT_PART_PIECES;
        keep_piece(reader, &piece);
        return;
    }
    if (star < attribute.len) {
        add_escaped(&value, without_charset(reader, text), '%');
        tell(reader, content_kept_name_str(&value));
    }
    value.len = 0;
    add_plain(&value, text);
    tell(reader, content_kept_name_str(&value));
}

static void take_parameter(struct reader *reader, struct seki_str attribute, struct seki_str text, bool is_clear)
{
    struct seki_str base = seki_str_head(attribute, seki_str_find(attribute, '*'));
    if (seki_str_equal_nocase(base, SEKI_STR("filename")))
        take_name(reader, attribute, true, text);
    else if (seki_str_equal_nocase(base, SEKI_STR("name")))
        take_name(reader, attribute, false, text);
    else if (seki_str_equal_nocase(base, SEKI_STR("boundary")))
        take_boundary(reader, text, is_clear && base.len == attribute.len);
}

/* Where a comment ends that begins at the front; 0: it does not end, and its "(" is a character like others. */
static size_t comment_len(struct seki_str text)
{
    size_t depth = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\')
            i++;
        else if (text.ptr[i] == '(')
            depth++;
        else if (text.ptr[i] == ')' && --depth == 0)
            return i + 1;
    }
    return 0;
}

/* Each that does not end was looked for up to the header's end, so there is a bound to their number, or a header of nothing
 * but "(" would take seconds. */
static size_t skip_comment(struct reader *reader, struct seki_str text)
{
    if (text.ptr[0] != '(' || reader->open_comments == OPEN_COMMENTS_MAX)
        return 0;
    size_t len = comment_len(text);
    reader->open_comments += len == 0 ? 1 : 0;
    reader->header->is_odd = reader->header->is_odd || reader->open_comments == OPEN_COMMENTS_MAX;
    return len;
}

/* Up to one of the ends, without white space and comments. */
static struct seki_str take_word(struct reader *reader, struct seki_str *rest, const char *ends,
                                 struct content_kept_name *word)
{
    word->len = 0;
    while (rest->len > 0 && (rest->ptr[0] == '\0' || strchr(ends, rest->ptr[0]) == NULL)) {
        size_t comment = skip_comment(reader, *rest);
        if (comment == 0 && !seki_is_space(rest->ptr[0]))
            content_kept_name_add(word, rest->ptr[0]);
        *rest = seki_str_from(*rest, comment > 0 ? comment : 1);
    }
    return content_kept_name_str(word);
}

static bool has_none_of(struct seki_str text, const char *octets)
{
    for (size_t i = 0; i < text.len; i++)
        if (strchr(octets, text.ptr[i]) != NULL)
            return false;
    return true;
}

/* quoted-string, or all up to ";": `filename=invoice 1.exe` is not well-formed, and is read everywhere.
 * @param is_clear_out  no quoted pairs, no folds, nothing glued to the quotes, no comments: programs differ about these */
static struct seki_str take_value(struct seki_str *rest, bool *is_clear_out)
{
    size_t end = space_count(*rest);
    *rest = seki_str_from(*rest, end);
    if (rest->len == 0 || rest->ptr[0] != '"') {
        struct seki_str value = seki_str_head(*rest, seki_str_find(*rest, ';'));
        *rest = seki_str_from(*rest, value.len);
        value = seki_str_trim(value);
        *is_clear_out = has_none_of(value, " \t\r\n\"(\\");
        return value;
    }
    *rest = seki_str_from(*rest, 1);
    for (end = 0; end < rest->len && rest->ptr[end] != '"'; end++)
        end += rest->ptr[end] == '\\' ? 1 : 0;
    struct seki_str value = seki_str_head(*rest, end);
    *rest = seki_str_from(*rest, end + 1);
    struct seki_str behind = seki_str_from(*rest, space_count(*rest));
    *is_clear_out = has_none_of(value, "\t\r\n\\") && (value.len == 0 || value.ptr[value.len - 1] != ' ') &&
                    (behind.len == 0 || behind.ptr[0] == ';');
    return value;
}

static void skip_to_semicolon(struct seki_str *rest)
{
    *rest = seki_str_from(*rest, seki_str_find(*rest, ';'));
}

static void read_parameters(struct reader *reader, struct seki_str rest)
{
    struct content_kept_name word;
    reader->piece_count = 0;
    for (skip_to_semicolon(&rest); rest.len > 0; skip_to_semicolon(&rest)) {
        rest = seki_str_from(rest, 1);
        struct seki_str attribute = take_word(reader, &rest, "=;", &word);
        if (rest.len > 0 && rest.ptr[0] == '=') {
            rest = seki_str_from(rest, 1);
            bool is_clear;
            struct seki_str value = take_value(&rest, &is_clear);
            take_parameter(reader, attribute, value, is_clear);
        } else
            tell(reader, attribute);
    }
    tell_pieces(reader, false);
    tell_pieces(reader, true);
}

/* ---- fields ---- */

static enum content_part_type type_named(struct seki_str type)
{
    static const struct {
        struct seki_str prefix;
        enum content_part_type type;
    } table[] = {
        { SEKI_STR_INIT("multipart/"), CONTENT_PART_MULTIPART },
        { SEKI_STR_INIT("message/rfc822"), CONTENT_PART_MESSAGE },
        { SEKI_STR_INIT("message/global"), CONTENT_PART_MESSAGE },
        { SEKI_STR_INIT("message/news"), CONTENT_PART_MESSAGE },
        { SEKI_STR_INIT("text/"), CONTENT_PART_TEXT },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (seki_str_starts_with_nocase(type, table[i].prefix))
            return table[i].type;
    return seki_str_find(type, '/') < type.len ? CONTENT_PART_OTHER : CONTENT_PART_TEXT;
}

/* Of several fields the one that leads deeper. */
static void take_type(struct reader *reader, struct seki_str value)
{
    struct content_kept_name word;
    struct seki_str rest = value;
    struct seki_str name = take_word(reader, &rest, ";", &word);
    enum content_part_type type = type_named(name);
    /* Put together by the reader's program (RFC 2046 section 5.2.2), out of pieces that show nothing. */
    bool is_piece = seki_str_equal_nocase(name, SEKI_STR("message/partial"));
    reader->header->is_odd = reader->header->is_odd || is_piece;
    if (reader->header->type == CONTENT_PART_TEXT || type == CONTENT_PART_MULTIPART)
        reader->header->type = type;
    read_parameters(reader, value);
}

static void take_disposition(struct reader *reader, struct seki_str value)
{
    read_parameters(reader, value);
}

static void take_encoding(struct reader *reader, struct seki_str value)
{
    struct content_kept_name word;
    enum seki_transfer_encoding encoding = seki_transfer_encoding_read(take_word(reader, &value, ";", &word));
    bool is_known = encoding == SEKI_ENCODING_BASE64 || encoding == SEKI_ENCODING_QUOTED_PRINTABLE;
    if (is_known && reader->header->encoding != SEKI_ENCODING_BASE64)
        reader->header->encoding = encoding;
}

static void take_field(struct reader *reader, struct seki_str name, struct seki_str value)
{
    static const struct {
        struct seki_str name;
        void (*take)(struct reader *reader, struct seki_str value);
    } table[] = {
        { SEKI_STR_INIT("Content-Type"), take_type },
        { SEKI_STR_INIT("Content-Disposition"), take_disposition },
        { SEKI_STR_INIT("Content-Transfer-Encoding"), take_encoding },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (seki_str_equal_nocase(name, table[i].name))
            table[i].take(reader, value);
}

/* A field and its folded lines. */
static struct seki_str take_lines(struct seki_str *rest)
{
    size_t end = 0;
    do
        end += seki_str_find(seki_str_from(*rest, end), '\n') + 1;
    while (end < rest->len && seki_is_wsp(rest->ptr[end]));
    struct seki_str lines = seki_str_head(*rest, end);
    *rest = seki_str_from(*rest, end);
    return lines;
}

static bool begins_line(struct seki_str text)
{
    return seki_str_starts_with(text, SEKI_STR("--")) || seki_str_starts_with_nocase(text, SEKI_STR("Content-"));
}

bool content_part_hides_line(struct seki_str text)
{
    char before = '\n';
    for (size_t cr; (cr = seki_str_find(text, '\r')) + 1 < text.len; before = '\r') {
        before = cr > 0 ? text.ptr[cr - 1] : before;
        text = seki_str_from(text, cr + 1);
        bool is_alone = text.ptr[0] != '\r' && text.ptr[0] != '\n';
        if (is_alone && (before == '\r' || before == '\n' || begins_line(text)))
            return true;
    }
    return false;
}

void content_part_header_read(struct seki_str text, struct content_part_header *header_out,
                              void (*named)(void *user, struct seki_str name), void *user)
{
    struct reader reader = { .header = header_out, .named = named, .user = user };
    *header_out =
        (struct content_part_header){ .type = CONTENT_PART_TEXT, .is_odd = content_part_hides_line(text) };
    while (text.len > 0) {
        struct seki_str lines = take_lines(&text);
        size_t colon = seki_str_find(lines, ':');
        if (colon < lines.len)
            take_field(&reader, seki_str_trim(seki_str_head(lines, colon)), seki_str_from(lines, colon + 1));
    }
}
