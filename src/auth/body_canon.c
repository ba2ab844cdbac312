/* Both algorithms leave nearly every octet as it is, so the body is cut into runs that go out uncopied:
 *
 * - line ends at the end of a run are held back and counted, because the body may end there; the next run that has
 *   content puts them out first;
 * - relaxed cuts where white space changes: at HTAB, and at SP before WSP or CR. octet_scan.h finds these, sixty-four
 *   octets at a time; the bits of a block are kept, so that dense white space costs no second look.
 *
 * What the end of a piece leaves open (white space, a CR) is kept as a flag and settled by the next piece. */
#include "auth/body_canon.h"

#include "auth/octet_scan.h"

#define DIRECT_OCTETS 512u /* a hash call costs as much as copying about that many */
#define BLOCK_OCTETS  (4 * (ptrdiff_t)SEKI_SCAN_STEP)

static void flush(struct seki_canon_out *out)
{
    if (out->used > 0)
        out->write(out->user, out->staging, out->used);
    out->used = 0;
}

static inline void put(struct seki_body_canon *canon, struct seki_canon_out *out, const char *octets, size_t len)
{
    canon->length += len;
    if (len > out->staging_size - out->used || len >= DIRECT_OCTETS)
        flush(out);
    if (len >= DIRECT_OCTETS) {
        out->write(out->user, octets, len);
    } else {
        memcpy(out->staging + out->used, octets, len);
        out->used += len;
    }
}

static void put_held_line_ends(struct seki_body_canon *canon, struct seki_canon_out *out)
{
    static const char line_ends[] = "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";
    const uint64_t most = (sizeof line_ends - 1) / 2;
    while (canon->held_line_ends > 0) {
        uint64_t some = canon->held_line_ends < most ? canon->held_line_ends : most;
        put(canon, out, line_ends, (size_t)some * 2);
        canon->held_line_ends -= some;
    }
}

/* Octets that stay as they are. The line ends behind the last other octet are held back. */
static inline void put_run(struct seki_body_canon *canon, struct seki_canon_out *out, const char *from,
                           const char *to)
{
    uint64_t line_ends = 0;
    while (to - from >= 2 && to[-1] == '\n' && to[-2] == '\r') {
        to -= 2;
        line_ends++;
    }
    if (to > from) {
        if (canon->held_line_ends > 0)
            put_held_line_ends(canon, out);
        put(canon, out, from, (size_t)(to - from));
    }
    canon->held_line_ends += line_ends;
}

static void put_space(struct seki_body_canon *canon, struct seki_canon_out *out)
{
    static const char space[1] = { ' ' };
    put_run(canon, out, space, space + 1);
}

/* The CR that ended the last piece: with LF a line end, which swallows white space before it; else an octet. */
static const char *settle_cr(struct seki_body_canon *canon, struct seki_canon_out *out, const char *p)
{
    static const char cr[1] = { '\r' };
    canon->has_cr = false;
    if (*p == '\n') {
        canon->held_line_ends++;
        canon->has_wsp = false;
        return p + 1;
    }
    if (canon->has_wsp)
        put_space(canon, out);
    canon->has_wsp = false;
    put_run(canon, out, cr, cr + 1);
    return p;
}

/* A CR at the very end of a piece waits for the next one. */
static const char *keep_last_cr(struct seki_body_canon *canon, const char *p, const char *end)
{
    canon->has_cr = end > p && end[-1] == '\r';
    return canon->has_cr ? end - 1 : end;
}

static void update_simple(struct seki_body_canon *canon, struct seki_canon_out *out, const char *p, const char *end)
{
    end = keep_last_cr(canon, p, end);
    put_run(canon, out, p, end);
}

static inline const char *skip_wsp(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p;
}

/* Does white space that ends at p stand at the end of a line? A CR at the end of the piece has been cut off. */
static inline bool is_line_end(const char *p, const char *end)
{
    return end - p >= 2 && p[0] == '\r' && p[1] == '\n';
}

/* Where the scan for changes stands: the bits of the block that ends there, those before the present place cleared. */
struct scan {
    const char *block_end;
    uint64_t changes;
};

static inline uint64_t block_changes(const char *p)
{
    return (uint64_t)seki_scan_wsp(p) | (uint64_t)seki_scan_wsp(p + SEKI_SCAN_STEP) << SEKI_SCAN_STEP |
           (uint64_t)seki_scan_wsp(p + 2 * SEKI_SCAN_STEP) << (2 * SEKI_SCAN_STEP) |
           (uint64_t)seki_scan_wsp(p + 3 * SEKI_SCAN_STEP) << (3 * SEKI_SCAN_STEP);
}

/* Too near the end for whole blocks: octet by octet. SP as the last octet counts, it may be the end of a line. */
static const char *next_change_slowly(const char *p, const char *end)
{
    while (p < end && *p != '\t' && !(*p == ' ' && (end - p == 1 || (unsigned char)p[1] <= ' ')))
        p++;
    return p;
}

/* The next octet at or after p that relaxed canonicalization may change; end when there is none. */
static inline const char *next_change(struct scan *scan, const char *p, const char *end)
{
    if (p < scan->block_end) {
        ptrdiff_t left = scan->block_end - p;
        scan->changes &= UINT64_MAX << (BLOCK_OCTETS - left);
        if (scan->changes != 0)
            return scan->block_end - BLOCK_OCTETS + __builtin_ctzll(scan->changes);
        p = scan->block_end;
    }
    for (; end - p > BLOCK_OCTETS; p += BLOCK_OCTETS) {
        uint64_t changes = block_changes(p);
        if (changes != 0) {
            *scan = (struct scan){ .block_end = p + BLOCK_OCTETS, .changes = changes };
            return p + __builtin_ctzll(changes);
        }
    }
    return next_change_slowly(p, end);
}

static void update_relaxed(struct seki_body_canon *canon, struct seki_canon_out *out, const char *p,
                           const char *end)
{
    end = keep_last_cr(canon, p, end);
    if (canon->has_wsp) {
        p = skip_wsp(p, end);
        if (p == end)
            return;
        canon->has_wsp = false;
        if (!is_line_end(p, end))
            put_space(canon, out);
    }
    struct scan scan = { .block_end = p, .changes = 0 };
    while (p < end) {
        const char *wsp = next_change(&scan, p, end);
        const char *after = skip_wsp(wsp, end);
        bool is_open = wsp < end && after == end;
        bool is_dropped = is_open || wsp == after || is_line_end(after, end);
        if (is_dropped || *wsp == ' ') { /* a SP that stays goes with its run */
            put_run(canon, out, p, is_dropped ? wsp : wsp + 1);
        } else {
            put_run(canon, out, p, wsp);
            put_space(canon, out);
        }
        canon->has_wsp = is_open;
        p = after;
    }
}

void seki_body_canon_update(struct seki_body_canon *canon, struct seki_canon_out *out, struct seki_str octets)
{
    if (octets.len == 0)
        return;
    const char *p = octets.ptr, *end = octets.ptr + octets.len;
    if (canon->has_cr)
        p = settle_cr(canon, out, p);
    if (canon->kind == SEKI_CANON_RELAXED)
        update_relaxed(canon, out, p, end);
    else
        update_simple(canon, out, p, end);
    flush(out);
}

/* Section 3.4.3: "converts "*CRLF" at the end of the body to a single "CRLF"", an empty body too. Section 3.4.4: empty
 * lines at the end are ignored; a body that is not empty gets a CRLF when it has none. */
void seki_body_canon_finish(struct seki_body_canon *canon, struct seki_canon_out *out)
{
    static const char line_end[2] = { '\r', '\n' };
    static const char no_lf[1] = { '\0' };
    if (canon->has_cr)
        settle_cr(canon, out, no_lf);
    if (canon->kind == SEKI_CANON_SIMPLE || canon->length > 0)
        put(canon, out, line_end, sizeof line_end);
    flush(out);
}
