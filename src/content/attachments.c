/* The structure of a message as it streams by (RFC 2046 section 5.1): headers are collected, up to a bound; bodies are decoded
 * and handed on. A line that may be a delimiter is the only thing of a body that is held back.
 *
 *   HEADER ──empty line──► BODY of a part ──delimiter──► HEADER of the next
 *      └──multipart──► BETWEEN (preamble, epilogue) ──delimiter──┘ */
#include "content/attachments.h"

#include "content/inspector.h"
#include "content/part_header.h"
#include "content/transfer.h"

#define LINE_MAX_OCTETS (CONTENT_PART_BOUNDARY_MAX + 64u) /* "--", boundary, "--", white space, line end */
#define BLOCK_OCTETS    64u                               /* of a body, looked at in one go */

enum state {
    HEADER = 0, /* of the message, of a part, of a message in a part */
    BODY,       /* of something that has no parts */
    BETWEEN     /* outside of parts: nobody sees it */
};

struct content_attachments {
    struct seki_arena *arena;
    struct content_look look;
    enum state state;

    char *header;                   /* CONTENT_PART_HEADER_MAX octets */
    size_t header_len, header_line; /* where its last line begins */
    struct content_part_header part;
    char name[CONTENT_NAME_MAX]; /* of the part: of several the one that promises most to look into */
    size_t name_len;

    struct content_part_header levels[CONTENT_DEPTH_MAX]; /* multiparts that are open */
    size_t depth, part_count;

    char line[LINE_MAX_OCTETS]; /* held back */
    size_t line_len;
    char before; /* the octet before what comes next, or before the line that is held back */

    struct content_transfer transfer;
    struct content_inspector *inspector;
    bool is_inspected; /* this part's octets matter (still) */
};

struct content_attachments *content_attachments_new(struct seki_arena *arena)
{
    struct content_attachments *a = seki_arena_alloc(arena, 1, sizeof *a);
    if (a == NULL)
        return NULL;
    a->arena = arena;
    a->header = seki_arena_octets(arena, CONTENT_PART_HEADER_MAX);
    a->inspector = content_inspector_new(arena, &a->look, 0);
    a->part_count = 1;
    return a->header != NULL && a->inspector != NULL ? a : NULL;
}

static struct seki_str name_of(const struct content_attachments *a)
{
    return (struct seki_str){ a->name, a->name_len };
}

static void found(struct content_attachments *a, enum content_danger danger)
{
    content_look_found(&a->look, danger, SEKI_STR(""), name_of(a));
}

/* ---- a part begins and ends ---- */

static void on_name(void *user, struct seki_str name)
{
    struct content_attachments *a = user;
    bool is_archive = a->name_len > 0 && content_type_of_name(name_of(a)).kind != CONTENT_PLAIN;
    content_look_name(&a->look, SEKI_STR(""), name);
    if (a->part.has_name && is_archive)
        return;
    size_t cut = name.len > sizeof a->name ? name.len - sizeof a->name : 0; /* its end says what it is */
    name = seki_str_from(name, cut);
    memcpy(a->name, name.ptr, name.len);
    a->name_len = name.len;
}

static void count_part(struct content_attachments *a)
{
    if (++a->part_count > CONTENT_PARTS_MAX)
        content_look_found(&a->look, CONTENT_OVER_BOUND, SEKI_STR(""), SEKI_STR("(parts)"));
}

static void begin_header(struct content_attachments *a)
{
    a->state = HEADER;
    a->header_len = a->header_line = 0;
    count_part(a);
}

static void begin_body(struct content_attachments *a)
{
    a->state = BODY;
    a->before = '\n';
    a->is_inspected = a->part.has_name || a->part.type != CONTENT_PART_TEXT;
    content_transfer_begin(&a->transfer, a->part.encoding);
    if (a->is_inspected)
        content_inspector_begin(a->inspector, SEKI_STR(""), name_of(a));
}

static void begin_multipart(struct content_attachments *a)
{
    if (a->depth == CONTENT_DEPTH_MAX) {
        found(a, CONTENT_OVER_BOUND);
        return;
    }
    a->levels[a->depth++] = a->part;
    a->state = BETWEEN;
    a->before = '\n';
}

/* A message in base64 is against RFC 2046 section 5.2.1, and some programs open it. */
static void begin_message(struct content_attachments *a)
{
    if (a->part.encoding == SEKI_ENCODING_BASE64 || a->part.encoding == SEKI_ENCODING_QUOTED_PRINTABLE)
        found(a, CONTENT_OPAQUE);
    begin_header(a);
}

static void end_header(struct content_attachments *a)
{
    a->name_len = 0;
    content_part_header_read((struct seki_str){ a->header, a->header_len }, &a->part, on_name, a);
    if (a->part.is_odd)
        found(a, CONTENT_OPAQUE);
    if (a->part.type == CONTENT_PART_MULTIPART && a->part.boundary_count > 0)
        begin_multipart(a);
    else if (a->part.type == CONTENT_PART_MESSAGE)
        begin_message(a);
    else
        begin_body(a);
}

static bool to_inspector(void *user, struct seki_str octets)
{
    struct content_attachments *a = user;
    return content_inspector_feed(a->inspector, octets);
}

static void end_part(struct content_attachments *a)
{
    if (a->state == HEADER)
        end_header(a);
    if (a->is_inspected && content_transfer_end(&a->transfer, to_inspector, a))
        content_inspector_end(a->inspector);
    a->is_inspected = false;
}

/* ---- lines ---- */

/* delimiter := "--" boundary transport-padding; close-delimiter := "--" boundary "--" transport-padding */
static bool is_delimiter(struct seki_str line, struct seki_str boundary, bool *is_close_out)
{
    if (!seki_str_starts_with(line, SEKI_STR("--")) || !seki_str_starts_with(seki_str_from(line, 2), boundary))
        return false;
    struct seki_str rest = seki_str_trim(seki_str_from(line, 2 + boundary.len));
    *is_close_out = seki_str_equal(rest, SEKI_STR("--"));
    return rest.len == 0 || *is_close_out;
}

/* RFC 2046 section 5.1.1: "it is sufficient that the boundary appear in its entirety following the CRLF". Some programs take
 * what stands behind it, as Dovecot does; others want the line to be the delimiter alone. Each would see other parts. */
static void judge_doubtful_delimiter(struct content_attachments *a, struct seki_str line)
{
    struct seki_str rest = seki_str_from(line, 2);
    for (size_t level = 0; level < a->depth && seki_str_starts_with(line, SEKI_STR("--")); level++) {
        const struct content_part_header *header = &a->levels[level];
        for (size_t i = 0; i < header->boundary_count; i++)
            if (seki_str_starts_with(rest, content_part_boundary(header, i)))
                content_look_found(&a->look, CONTENT_OPAQUE, SEKI_STR(""), SEKI_STR("(boundary)"));
    }
}

/* Of an inner multipart that was not closed, the outer one's delimiter ends both. @return did the line end a part? */
static bool take_delimiter(struct content_attachments *a, struct seki_str line)
{
    bool is_close = false, is_found = false;
    size_t level = a->depth;
    while (level > 0 && !is_found) {
        const struct content_part_header *header = &a->levels[--level];
        for (size_t i = 0; i < header->boundary_count && !is_found; i++)
            is_found = is_delimiter(line, content_part_boundary(header, i), &is_close);
    }
    if (!is_found) {
        judge_doubtful_delimiter(a, line);
        return false;
    }
    end_part(a);
    a->depth = level + 1; /* also at its end: some programs go on where more of its parts follow */
    if (is_close)
        a->state = BETWEEN;
    else
        begin_header(a);
    return true;
}

/* By its name only; it is not decoded, so an archive is not opened either. */
static void judge_uuencoded(struct content_attachments *a, struct seki_str name)
{
    content_look_name(&a->look, SEKI_STR(""), name);
    if (content_type_of_name(name).kind != CONTENT_PLAIN)
        content_look_found(&a->look, CONTENT_OPAQUE, SEKI_STR(""), name);
}

/* "begin 644 name": a file within a text, as UNIX had it before MIME; Outlook shows it as an attachment. */
static void take_uuencode(struct content_attachments *a, struct seki_str line)
{
    struct seki_str rest = seki_str_from(line, 6);
    size_t space = seki_str_find(rest, ' ');
    uint64_t mode;
    if (seki_str_starts_with(line, SEKI_STR("begin ")) && seki_str_to_u64(seki_str_head(rest, space), 7777, &mode))
        judge_uuencoded(a, seki_str_trim(seki_str_from(rest, space + 1)));
}

static void pass(struct content_attachments *a, struct seki_str octets)
{
    if (a->state == BODY && a->is_inspected)
        a->is_inspected = content_transfer_feed(&a->transfer, octets, to_inspector, a);
}

/* RFC 5322 section 2.2 has CR and LF together only, and some programs take a CR alone for a line end. A delimiter there ends a part
 * for them, and not for the others. */
static void take_held_line(struct content_attachments *a)
{
    struct seki_str line = { a->line, a->line_len };
    char last = line.ptr[line.len - 1];
    bool is_doubtful = a->before == '\r' || last == '\r';
    a->line_len = 0;
    a->before = last;
    if (is_doubtful)
        judge_doubtful_delimiter(a, line);
    else if (take_delimiter(a, line))
        return;
    if (a->state == BODY && a->part.type == CONTENT_PART_TEXT)
        take_uuencode(a, line);
    pass(a, line);
}

static void hold_some(struct content_attachments *a, struct seki_str some)
{
    memcpy(a->line + a->line_len, some.ptr, some.len);
    a->line_len += some.len;
    char last = a->line[a->line_len - 1];
    if (last == '\n')
        take_held_line(a);
    else if (a->line_len == sizeof a->line) { /* too long for a delimiter */
        judge_doubtful_delimiter(a, (struct seki_str){ a->line, a->line_len });
        pass(a, (struct seki_str){ a->line, a->line_len });
        a->line_len = 0;
        a->before = last;
    }
}

/* Up to LF, or to CR; whether that stands alone is seen by what comes next. @return what is left of the octets */
static struct seki_str hold(struct content_attachments *a, struct seki_str octets)
{
    bool is_behind_cr = a->line_len > 0 && a->line[a->line_len - 1] == '\r';
    if (is_behind_cr && octets.ptr[0] != '\n' && octets.ptr[0] != '\r') {
        take_held_line(a);
        return octets;
    }
    struct seki_str some = seki_str_head(octets, sizeof a->line - a->line_len);
    some = seki_str_head(some, seki_str_find(some, '\n') + 1);
    some = seki_str_head(some, seki_str_find(some, '\r') + 1);
    hold_some(a, some);
    return seki_str_from(octets, some.len);
}

static bool is_line_end(char c)
{
    return c == '\r' || c == '\n';
}

/* Does a line begin in this block with either? Nearly all of a message comes through here, so it is written for the compiler
 * to take 16 octets in one step.
 * @param before  the octet before the block */
static bool has_line(const char *before, char one, char other)
{
    const char *block = before + 1;
    unsigned char has = 0;
    for (size_t i = 0; i < BLOCK_OCTETS; i++)
        has |= (unsigned char)(((block[i] == one) | (block[i] == other)) &
                               ((before[i] == '\n') | (before[i] == '\r')));
    return has != 0;
}

/* @param octets  not empty. @return where the next line begins with either */
static size_t find_line(struct seki_str octets, char before, char one, char other)
{
    size_t i = 1;
    if (is_line_end(before) && (octets.ptr[0] == one || octets.ptr[0] == other))
        return 0;
    while (octets.len - i >= BLOCK_OCTETS && !has_line(octets.ptr + i - 1, one, other))
        i += BLOCK_OCTETS;
    while (i < octets.len && !(is_line_end(octets.ptr[i - 1]) && (octets.ptr[i] == one || octets.ptr[i] == other)))
        i++;
    return i;
}

/* As find_line(), for one letter: base64 has no "-" at all. */
static size_t find_dash(struct seki_str octets, char before)
{
    size_t at = seki_str_find(octets, '-');
    while (at < octets.len && !is_line_end(at > 0 ? octets.ptr[at - 1] : before))
        at += 1 + seki_str_find(seki_str_from(octets, at + 1), '-');
    return at;
}

/* @return octets before the next line that may be a delimiter, or may begin a file within a text */
static size_t unheld(const struct content_attachments *a, struct seki_str octets)
{
    bool is_text = a->state == BODY && a->part.type == CONTENT_PART_TEXT;
    if (a->line_len > 0)
        return 0;
    if (a->depth == 0 && !is_text)
        return octets.len;
    return is_text ? find_line(octets, a->before, a->depth > 0 ? '-' : 'b', 'b') : find_dash(octets, a->before);
}

static struct seki_str take_body(struct content_attachments *a, struct seki_str octets)
{
    size_t len = unheld(a, octets);
    if (len == 0)
        return hold(a, octets);
    pass(a, seki_str_head(octets, len));
    a->before = octets.ptr[len - 1];
    return seki_str_from(octets, len);
}

static void take_header_line(struct content_attachments *a)
{
    struct seki_str line = { a->header + a->header_line, a->header_len - a->header_line };
    if (seki_str_trim(line).len == 0 && !seki_is_wsp(line.ptr[0])) {
        a->header_len = a->header_line;
        end_header(a);
        return;
    }
    if (line.ptr[0] == '-' && line.len <= LINE_MAX_OCTETS) {
        memcpy(a->line, line.ptr, line.len);
        size_t whole = a->header_len;
        a->header_len = a->header_line;
        if (take_delimiter(a, (struct seki_str){ a->line, line.len }))
            return;
        a->header_len = whole;
    } else if (line.ptr[0] == '-')
        judge_doubtful_delimiter(a, line);
    a->header_line = a->header_len;
}

static struct seki_str take_header(struct content_attachments *a, struct seki_str octets)
{
    size_t end = seki_str_find(octets, '\n');
    struct seki_str some = seki_str_head(octets, end < octets.len ? end + 1 : end);
    if (some.len > CONTENT_PART_HEADER_MAX - a->header_len) {
        content_look_found(&a->look, CONTENT_OVER_BOUND, SEKI_STR(""), SEKI_STR("(header)"));
        return seki_str_from(octets, octets.len);
    }
    memcpy(a->header + a->header_len, some.ptr, some.len);
    a->header_len += some.len;
    if (end < octets.len)
        take_header_line(a);
    return seki_str_from(octets, some.len);
}

/* ---- the caller's side ---- */

static void add_to_header(struct content_attachments *a, struct seki_str text)
{
    if (text.len > CONTENT_PART_HEADER_MAX - a->header_len) {
        content_look_found(&a->look, CONTENT_OVER_BOUND, SEKI_STR(""), SEKI_STR("(header)"));
        return;
    }
    if (text.len > 0)
        memcpy(a->header + a->header_len, text.ptr, text.len);
    a->header_len += text.len;
}

void content_attachments_field(struct content_attachments *a, struct seki_str name, struct seki_str value)
{
    if (content_part_hides_line(value))
        content_look_found(&a->look, CONTENT_OPAQUE, SEKI_STR(""), SEKI_STR("(header)"));
    if (!seki_str_starts_with_nocase(name, SEKI_STR("Content-")))
        return;
    add_to_header(a, name);
    add_to_header(a, SEKI_STR(":"));
    add_to_header(a, value);
    add_to_header(a, SEKI_STR("\r\n"));
}

void content_attachments_end_of_header(struct content_attachments *a)
{
    end_header(a);
}

void content_attachments_body(struct content_attachments *a, struct seki_str octets)
{
    while (octets.len > 0 && !content_look_is_over(&a->look))
        octets = a->state == HEADER ? take_header(a, octets) : take_body(a, octets);
}

struct content_finding content_attachments_finding(struct content_attachments *a)
{
    if (a->line_len > 0)
        take_held_line(a);
    if (a->state == HEADER && a->header_len > a->header_line)
        take_header_line(a);
    if (!content_look_is_over(&a->look))
        end_part(a);
    if (!content_look_is_over(&a->look))
        a->look.finding.name = SEKI_STR("");
    return a->look.finding;
}

void content_attachments_end(struct content_attachments *a)
{
    if (a != NULL)
        content_inspector_release(a->inspector);
}
