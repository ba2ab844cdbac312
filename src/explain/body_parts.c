#include "explain/body_parts.h"

#include "message/transfer_encoding.h"

#define MAX_PARTS_TRIED   20u
#define MAX_BANNER_LINES  40u
#define MAX_BANNER_CUTS   40u
#define MAX_BANNER_OCTETS 16384u
#define MAX_DOUBLE_CUTS   16u

static struct seki_str slice(struct seki_str text, size_t start, size_t end)
{
    return (struct seki_str){ text.ptr + start, end - start };
}

/* Of the line in which this offset lies; 1 is the first. */
static size_t line_number(struct seki_str text, size_t at)
{
    struct seki_str before = seki_str_head(text, at);
    bool is_line_start = at >= 2 && before.ptr[at - 1] == '\n' && before.ptr[at - 2] == '\r';
    return explain_count_lines(before) + (is_line_start || at == 0);
}

/* "-- ", "____", "----", "****", "====", "~~~~": what people and software draw before a footer */
static bool is_rule(struct seki_str line)
{
    return line.len > 0 && strchr("-_*=~#+", line.ptr[0]) != NULL && line.ptr[0] != '\0';
}

static bool is_blank(struct seki_str line)
{
    return seki_str_trim(line).len == 0;
}

/* Lines that a block may begin with: a rule, a blank line, and the line behind a blank one. */
static bool is_border(struct seki_str before, struct seki_str line)
{
    return is_rule(line) || is_blank(line) || is_blank(before);
}

/* Where the line before the one at this offset begins. */
static size_t line_before(struct seki_str text, size_t at)
{
    at = at > 0 ? at - 1 : 0;
    while (at > 0 && !(text.ptr[at - 1] == '\n' && at > 1 && text.ptr[at - 2] == '\r'))
        at--;
    return at;
}

/* Two rounds over the same lines, from the end up: those that look like a border, then the others. */
static void collect_from_end(struct seki_str text, bool is_likely, struct explain_cuts *cuts)
{
    size_t at = text.len;
    for (size_t lines = 0; at > 0 && lines < EXPLAIN_MAX_CUTS; lines++) {
        at = line_before(text, at);
        struct seki_str line = seki_str_head(seki_str_from(text, at), explain_line_octets(seki_str_from(text, at)));
        struct seki_str before = slice(text, line_before(text, at), at);
        if (is_border(before, line) == is_likely)
            cuts->at[cuts->count++] = at;
    }
}

void explain_cuts_from_end(struct seki_str text, struct explain_cuts *cuts)
{
    *cuts = (struct explain_cuts){ 0 };
    collect_from_end(text, true, cuts);
    cuts->likely = cuts->count;
    collect_from_end(text, false, cuts);
}

/* A stretch of a body that was not there when it was signed. */
struct stretch {
    size_t start, end;
    bool has_blank; /* but a blank line was, in its place */
};

#define MAX_STRETCHES 2u

static void undo_stretches(struct explain_search *search, enum explain_body_kind kind, struct seki_str octets,
                           const struct stretch *stretches, size_t count)
{
    for (size_t i = count; i > 0; i--) {
        const struct stretch *s = &stretches[i - 1];
        explain_undo(search, kind, line_number(octets, s->start),
                     explain_count_lines(slice(octets, s->start, s->end)));
    }
}

static void redo_stretches(struct explain_search *search, size_t count)
{
    while (count-- > 0)
        explain_redo(search);
}

/* What is left of a body without them. @return pieces, at most 2 * MAX_STRETCHES + 1 */
static size_t cut_out(struct seki_str octets, const struct stretch *stretches, size_t count,
                      struct seki_str *pieces)
{
    size_t at = 0, used = 0;
    for (size_t i = 0; i < count; i++) {
        pieces[used++] = slice(octets, at, stretches[i].start);
        if (stretches[i].has_blank)
            pieces[used++] = SEKI_STR("\r\n");
        at = stretches[i].end;
    }
    pieces[used++] = slice(octets, at, octets.len);
    return used;
}

static void probe_without(struct explain_search *search, enum explain_body_kind kind, struct seki_str octets,
                          const struct stretch *stretches, size_t count)
{
    struct seki_str pieces[2 * MAX_STRETCHES + 1];
    struct seki_buf rest;
    if (explain_search_is_over(search))
        return;
    seki_buf_init(&rest, octets.len + 1);
    size_t piece_count = cut_out(octets, stretches, count, pieces);
    for (size_t i = 0; i < piece_count; i++)
        seki_buf_add(&rest, pieces[i]);
    undo_stretches(search, kind, octets, stretches, count);
    if (seki_buf_failed(&rest) == SEKI_OK)
        explain_probe(search, seki_buf_str(&rest));
    redo_stretches(search, count);
    seki_buf_release(&rest);
}

void explain_try_part_added(struct explain_search *search, const struct explain_body *body)
{
    struct seki_mime_part parts[SEKI_MIME_MAX_PARTS];
    struct stretch outer[MAX_STRETCHES] = { { 0 } }; /* the first and the last part of the message itself */
    size_t count = seki_mime_find_parts(body->content_type, body->octets, parts), outer_count = 0;
    for (size_t i = 0; i < count && i < MAX_PARTS_TRIED; i++) {
        struct stretch part = { parts[i].start, parts[i].end, false };
        probe_without(search, EXPLAIN_BODY_PART_ADDED, body->octets, &part, 1);
        if (parts[i].depth == 0)
            outer[outer_count > 0] = part;
        outer_count += parts[i].depth == 0;
    }
    if (outer_count > 2)
        probe_without(search, EXPLAIN_BODY_PART_ADDED, body->octets, outer, MAX_STRETCHES);
}

/* Footers in parts are looked for in the canonical body, where hashing can start in the middle: cutting lines out of a
 * body cuts them out of its canonical form. */
struct footers {
    struct explain_search *search;
    struct seki_str text; /* canonical */
    struct seki_mime_part parts[SEKI_MIME_MAX_PARTS];
    size_t part_count;
    struct stretch cut[MAX_STRETCHES];
    size_t cut_count;
};

static bool is_readable_text(const struct seki_mime_part *part)
{
    enum seki_transfer_encoding encoding = seki_transfer_encoding_read(part->transfer_encoding);
    return encoding != SEKI_ENCODING_BASE64 && seki_mime_is_text(part->content_type);
}

/* A copy of a hash, gone on with. @return NULL when it may not be, or there is no memory */
static EVP_MD_CTX *hash_on(struct explain_search *search, const EVP_MD_CTX *before, struct seki_str octets)
{
    EVP_MD_CTX *state;
    if (!explain_afford(search, octets.len + 1) ||
        (state = seki_context_take_digest(search->context, search->target->digest)) == NULL)
        return NULL;
    if (EVP_MD_CTX_copy_ex(state, before) != 1)
        search->has_failed = true;
    explain_hash(search, state, octets);
    return state;
}

static void try_parts_from(struct footers *f, const EVP_MD_CTX *before, size_t at, size_t first_part,
                           size_t cuts_left);

/* The last cut is made: either the rest was signed as it is, or there is one more to make. */
static void try_behind_cut(struct footers *f, const EVP_MD_CTX *before, size_t part, size_t cuts_left)
{
    struct seki_str pieces[2 * MAX_STRETCHES + 1];
    if (cuts_left > 0) {
        try_parts_from(f, before, f->parts[part].end, part + 1, cuts_left);
        return;
    }
    EVP_MD_CTX *state = hash_on(f->search, before, seki_str_from(f->text, f->parts[part].end));
    if (state != NULL && explain_fits(f->search, state)) {
        undo_stretches(f->search, EXPLAIN_BODY_FOOTER_IN_PART, f->text, f->cut, f->cut_count);
        explain_found(f->search, pieces, cut_out(f->text, f->cut, f->cut_count, pieces));
        redo_stretches(f->search, f->cut_count);
    }
    seki_context_return_digest(f->search->context, state);
}

/* A footer from this line to the end of the part; some software takes a blank line away before it. */
static void try_cut(struct footers *f, const EVP_MD_CTX *before, struct seki_str between, size_t part,
                    size_t cuts_left)
{
    struct stretch *cut = &f->cut[f->cut_count++];
    for (unsigned blank = 0; blank < 2 && !explain_search_is_over(f->search); blank++) {
        *cut = (struct stretch){ (size_t)(between.ptr - f->text.ptr) + between.len, f->parts[part].end, blank > 0 };
        EVP_MD_CTX *state = hash_on(f->search, before, between);
        if (state == NULL)
            break;
        explain_hash(f->search, state, blank > 0 ? SEKI_STR("\r\n") : SEKI_STR(""));
        try_behind_cut(f, state, part, cuts_left - 1);
        seki_context_return_digest(f->search->context, state);
    }
    f->cut_count--;
}

static size_t lowest(const struct explain_cuts *cuts)
{
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < cuts->count; i++)
        least = cuts->at[i] < least ? cuts->at[i] : least;
    return least;
}

static void try_part(struct footers *f, const EVP_MD_CTX *before, size_t at, size_t part, size_t cuts_left)
{
    struct explain_cuts cuts;
    size_t start = (size_t)(f->parts[part].body.ptr - f->text.ptr), end = f->parts[part].end;
    explain_cuts_from_end(slice(f->text, start, end), &cuts);
    bool is_pair = cuts_left > 1 || f->cut_count > 0;
    size_t count = is_pair && cuts.count > MAX_DOUBLE_CUTS ? MAX_DOUBLE_CUTS : cuts.count;
    size_t base = start + (cuts.count > 0 ? lowest(&cuts) : 0);
    EVP_MD_CTX *state = hash_on(f->search, before, slice(f->text, at, base));
    for (size_t i = 0; state != NULL && i < count && !explain_search_is_over(f->search); i++)
        try_cut(f, state, slice(f->text, base, start + cuts.at[i]), part, cuts_left);
    seki_context_return_digest(f->search->context, state);
}

static void try_parts_from(struct footers *f, const EVP_MD_CTX *before, size_t at, size_t first_part,
                           size_t cuts_left)
{
    for (size_t i = first_part; i < f->part_count && !explain_search_is_over(f->search); i++)
        if (is_readable_text(&f->parts[i]) && f->parts[i].body.len > 0)
            try_part(f, before, at, i, cuts_left);
}

void explain_try_footers(struct explain_search *search, const struct explain_body *body)
{
    struct seki_buf canonical;
    struct footers f = { .search = search };
    if (search->target->has_length || !seki_mime_is_multipart(body->content_type))
        return;
    seki_buf_init(&canonical, SIZE_MAX / 2);
    f.text = explain_canonical(search, search->target->canonicalization, body->octets, &canonical);
    f.part_count = seki_mime_find_parts(body->content_type, f.text, f.parts);
    EVP_MD_CTX *start = seki_context_take_digest(search->context, search->target->digest);
    for (size_t cuts = 1; start != NULL && cuts <= MAX_STRETCHES; cuts++)
        try_parts_from(&f, start, 0, 0, cuts);
    search->has_failed = search->has_failed || start == NULL;
    seki_context_return_digest(search->context, start);
    seki_buf_release(&canonical);
}

/* Where a block at the top may end: the beginnings of lines. In HTML also behind the tags that end a block. */
static size_t banner_ends(struct seki_str text, size_t start, size_t *ends)
{
    static const struct seki_str closers[] = { SEKI_STR_INIT("</div>"), SEKI_STR_INIT("</table>"),
                                               SEKI_STR_INIT("</p>"), SEKI_STR_INIT("<br>"),
                                               SEKI_STR_INIT("<hr>") };
    size_t count = 0, lines = 0;
    for (size_t at = start + 1; at < text.len && at - start < MAX_BANNER_OCTETS && count < MAX_BANNER_CUTS; at++) {
        struct seki_str before = seki_str_head(text, at);
        bool is_line = before.len >= 2 && before.ptr[at - 1] == '\n' && before.ptr[at - 2] == '\r';
        bool is_end = is_line && lines++ < MAX_BANNER_LINES;
        for (size_t i = 0; i < sizeof closers / sizeof closers[0] && !is_end && before.ptr[at - 1] == '>'; i++)
            is_end = seki_str_ends_with_nocase(before, closers[i]);
        if (is_end)
            ends[count++] = at;
    }
    return count;
}

static void try_banner_at(struct explain_search *search, struct seki_str octets, size_t start, size_t end)
{
    size_t ends[MAX_BANNER_CUTS];
    size_t count = banner_ends(seki_str_head(octets, end), start, ends);
    for (size_t i = 0; i < count && !explain_search_is_over(search); i++) {
        struct stretch banner = { start, ends[i], false };
        probe_without(search, EXPLAIN_BODY_BANNER, octets, &banner, 1);
    }
}

/* Behind "<body …>"; 0 when there is none. */
static size_t behind_body_tag(struct seki_str text)
{
    for (size_t at = 0; at + 5 < text.len; at++) {
        if (text.ptr[at] == '<' && seki_str_starts_with_nocase(seki_str_from(text, at), SEKI_STR("<body"))) {
            size_t close = at + seki_str_find(seki_str_from(text, at), '>');
            return close < text.len ? close + 1 : 0;
        }
    }
    return 0;
}

static void try_banners_in(struct explain_search *search, struct seki_str octets, size_t start, size_t end)
{
    size_t inside = behind_body_tag(slice(octets, start, end));
    if (inside > 0)
        try_banner_at(search, octets, start + inside, end);
    try_banner_at(search, octets, start, end);
}

void explain_try_banners(struct explain_search *search, const struct explain_body *body)
{
    struct seki_mime_part parts[SEKI_MIME_MAX_PARTS];
    size_t count = seki_mime_find_parts(body->content_type, body->octets, parts);
    if (count == 0)
        try_banners_in(search, body->octets, 0, body->octets.len);
    for (size_t i = 0; i < count && !explain_search_is_over(search); i++)
        if (is_readable_text(&parts[i]) && parts[i].body.len > 0)
            try_banners_in(search, body->octets, (size_t)(parts[i].body.ptr - body->octets.ptr), parts[i].end);
}
