/* Nearly every octet stays as it is, so the body passes in runs:
 *
 *   octets → (relaxed only) white space reduced → line ends at the end held back → write
 *
 * White space is reduced by wsp_reduce.h; long runs without any to change go on uncopied, what lies between them is
 * gathered in staging. Then the CRLFs at the end of each run are counted instead of written, because the body may end
 * there; the next run that has content writes them first. What the end of a piece leaves open (white space, a CR) is
 * remembered and settled by the next piece. */
#include "auth/body_canon.h"

#include "auth/wsp_reduce.h"

#define DIRECT_OCTETS 4096u /* shorter runs are gathered: copying costs less than the odd ends of many hash calls */
#define REDUCE_OCTETS 512u  /* room to have before white space is reduced into staging */

static void write_out(struct seki_body_canon *canon, struct seki_canon_out *out, const char *octets, size_t len)
{
    canon->length += len;
    out->write(out->user, octets, len);
}

static void write_held_line_ends(struct seki_body_canon *canon, struct seki_canon_out *out)
{
    static const char line_ends[] = "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";
    const uint64_t most = (sizeof line_ends - 1) / 2;
    while (canon->held_line_ends > 0) {
        uint64_t some = canon->held_line_ends < most ? canon->held_line_ends : most;
        write_out(canon, out, line_ends, (size_t)some * 2);
        canon->held_line_ends -= some;
    }
}

/* The CR that ended the last run: with this LF a line end, else an octet like any other. Returns what was used of p. */
static size_t settle_cr(struct seki_body_canon *canon, struct seki_canon_out *out, const char *p)
{
    canon->has_cr = false;
    if (*p == '\n') {
        canon->held_line_ends++;
        return 1;
    }
    write_held_line_ends(canon, out);
    write_out(canon, out, "\r", 1);
    return 0;
}

/* A run whose white space is settled. Line ends behind its last other octet are held back; so is a CR at its end. */
static void add_run(struct seki_body_canon *canon, struct seki_canon_out *out, const char *p, size_t len)
{
    uint64_t line_ends = 0;
    if (len == 0)
        return;
    size_t used = canon->has_cr ? settle_cr(canon, out, p) : 0;
    p += used;
    len -= used;
    if (len > 0 && p[len - 1] == '\r') {
        canon->has_cr = true;
        len--;
    }
    for (; len >= 2 && p[len - 1] == '\n' && p[len - 2] == '\r'; len -= 2)
        line_ends++;
    if (len > 0) {
        write_held_line_ends(canon, out);
        write_out(canon, out, p, len);
    }
    canon->held_line_ends += line_ends;
}

static void flush(struct seki_body_canon *canon, struct seki_canon_out *out)
{
    add_run(canon, out, out->staging, out->used);
    out->used = 0;
}

static void make_room(struct seki_body_canon *canon, struct seki_canon_out *out, size_t need)
{
    if (need > out->staging_size - out->used)
        flush(canon, out);
}

/* Octets whose white space is settled. */
static void put(struct seki_body_canon *canon, struct seki_canon_out *out, const char *octets, size_t len)
{
    if (len >= DIRECT_OCTETS || len > out->staging_size) {
        flush(canon, out);
        add_run(canon, out, octets, len);
        return;
    }
    make_room(canon, out, len);
    memcpy(out->staging + out->used, octets, len);
    out->used += len;
}

/* What was left open is decided by what comes next; nothing is, while only more white space comes. Returns where the
 * undecided rest starts. */
static const char *settle_white_space(struct seki_body_canon *canon, struct seki_canon_out *out, const char *p,
                                      const char *end)
{
    while (canon->open == SEKI_WSP && p < end && seki_is_wsp(*p))
        p++;
    if (canon->open == SEKI_WSP && end - p == 1 && *p == '\r') {
        canon->open = SEKI_WSP_CR;
        return end;
    }
    if (p == end)
        return end;
    bool was_cr_open = canon->open == SEKI_WSP_CR;
    bool is_line_end = was_cr_open ? p[0] == '\n' : end - p >= 2 && p[0] == '\r' && p[1] == '\n';
    canon->open = SEKI_NO_WSP;
    if (!is_line_end)
        put(canon, out, " ", 1);
    if (was_cr_open)
        put(canon, out, "\r", 1);
    return p;
}

/* White space at the end of the piece, also with a CR behind it, must wait for the next one. */
static const char *cut_open_end(struct seki_body_canon *canon, const char *p, const char *end)
{
    const char *cut = end;
    if (end - p >= 2 && end[-1] == '\r' && seki_is_wsp(end[-2]))
        cut--;
    if (cut > p && seki_is_wsp(cut[-1]))
        canon->open = cut < end ? SEKI_WSP_CR : SEKI_WSP;
    while (cut > p && seki_is_wsp(cut[-1]))
        cut--;
    return cut;
}

/* Too near the end for whole blocks. The last octet is no WSP, so there is always one behind it to look at. */
static void reduce_rest(struct seki_body_canon *canon, struct seki_canon_out *out, const char *p, const char *end)
{
    make_room(canon, out, (size_t)(end - p));
    for (; p < end; p++) {
        if (!seki_is_wsp(*p))
            out->staging[out->used++] = *p;
        else if (!seki_is_wsp(p[1]) && !(end - p >= 3 && p[1] == '\r' && p[2] == '\n'))
            out->staging[out->used++] = ' ';
    }
}

static void update_relaxed(struct seki_body_canon *canon, struct seki_canon_out *out, const char *p,
                           const char *end)
{
    const struct seki_wsp_reducer *reducer = seki_wsp_reducer_best();
    if (canon->open != SEKI_NO_WSP)
        p = settle_white_space(canon, out, p, end);
    end = cut_open_end(canon, p, end);
    for (;;) {
        const char *block = reducer->skip_unchanged(p, end);
        put(canon, out, p, (size_t)(block - p));
        p = block;
        if (end - p < SEKI_BLOCK_VIEW)
            break;
        make_room(canon, out, REDUCE_OCTETS);
        out->used += reducer->reduce(&p, end, out->staging + out->used, out->staging_size - out->used);
    }
    reduce_rest(canon, out, p, end);
    flush(canon, out);
}

void seki_body_canon_update(struct seki_body_canon *canon, struct seki_canon_out *out, struct seki_str octets)
{
    if (octets.len == 0)
        return;
    if (canon->kind == SEKI_CANON_RELAXED)
        update_relaxed(canon, out, octets.ptr, octets.ptr + octets.len);
    else
        add_run(canon, out, octets.ptr, octets.len);
}

/* Section 3.4.3: "converts "*CRLF" at the end of the body to a single "CRLF"", an empty body too. Section 3.4.4: white
 * space at the end of a line is ignored, and so are empty lines at the end; a body that is not empty gets a CRLF when it
 * has none. */
void seki_body_canon_finish(struct seki_body_canon *canon, struct seki_canon_out *out)
{
    if (canon->open == SEKI_WSP_CR)
        put(canon, out, " \r", 2);
    flush(canon, out);
    if (canon->has_cr)
        settle_cr(canon, out, "");
    if (canon->kind == SEKI_CANON_SIMPLE || canon->length > 0)
        write_out(canon, out, "\r\n", 2);
}
