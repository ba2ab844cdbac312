/* Most of what happens to bodies is that something is put at their end. The canonical form of a body's beginning, cut at
 * the end of a line, is the beginning of its canonical form (but for blank lines before the cut, which the end of a body
 * does not have). So one pass over a body tells for each of its lines whether the signed body ended there: the hash goes
 * on line by line, and a copy of it is finished at each. What is undone before is therefore tried together with
 * everything that may have been appended still earlier, at no cost. */
#include "explain/body_search.h"

#include "auth/body_canon.h"

#include <assert.h>
#include <openssl/err.h>

#define STAGING_OCTETS 4096u
#define FITS_COST      64u /* octets: a look at a hash in the middle is at least one more block of it */

bool explain_search_is_over(const struct explain_search *search)
{
    return search->change->is_found || search->has_failed || search->is_share_used;
}

void explain_search_share(struct explain_search *search, unsigned parts)
{
    uint64_t left = search->limit - search->work;
    search->share = search->work + (parts < EXPLAIN_SHARES ? left / EXPLAIN_SHARES * parts : left);
    search->is_share_used = false;
}

void explain_undo(struct explain_search *search, enum explain_body_kind kind, size_t first_line, size_t line_count)
{
    assert(search->undone_count < EXPLAIN_BODY_MAX_STEPS);
    search->undone[search->undone_count++] = (struct explain_body_step){ kind, first_line, line_count };
}

void explain_redo(struct explain_search *search)
{
    assert(search->undone_count > 0);
    search->undone_count--;
}

bool explain_afford(struct explain_search *search, uint64_t octets)
{
    if (octets > search->share - search->work) {
        search->is_share_used = search->change->is_stopped = true;
        return false;
    }
    search->work += octets;
    return true;
}

static bool note_failure(struct explain_search *search)
{
    ERR_clear_error();
    search->has_failed = true;
    return false;
}

void explain_hash(struct explain_search *search, EVP_MD_CTX *state, struct seki_str octets)
{
    if (octets.len > 0 && EVP_DigestUpdate(state, octets.ptr, octets.len) != 1)
        note_failure(search);
}

bool explain_fits(struct explain_search *search, const EVP_MD_CTX *state)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    const struct seki_str wanted = search->target->body_digest;
    if (EVP_MD_CTX_copy_ex(search->trial, state) != 1 || EVP_DigestFinal_ex(search->trial, digest, NULL) != 1)
        return note_failure(search);
    return wanted.len == seki_digest_octets(search->target->digest) && memcmp(digest, wanted.ptr, wanted.len) == 0;
}

void explain_found(struct explain_search *search, const struct seki_str *pieces, size_t count)
{
    struct explain_body_change *change = search->change;
    uint64_t octets = 0;
    for (size_t i = 0; i < count; i++) {
        octets += pieces[i].len;
        if (search->original != NULL)
            seki_buf_add(search->original, pieces[i]);
    }
    change->is_found = true;
    change->octets = (int64_t)search->received_octets - (int64_t)octets;
    change->step_count = search->undone_count;
    memcpy(change->steps, search->undone, sizeof change->steps);
}

static bool begin(struct explain_search *search)
{
    const EVP_MD *digest = search->context->digests[search->target->digest];
    return EVP_DigestInit_ex2(search->state, digest, NULL) == 1 || note_failure(search);
}

void explain_probe_exact(struct explain_search *search, const struct seki_str *pieces, size_t count)
{
    uint64_t octets = FITS_COST;
    for (size_t i = 0; i < count; i++)
        octets += pieces[i].len;
    if (search->target->has_length || explain_search_is_over(search) || !explain_afford(search, octets) ||
        !begin(search))
        return;
    for (size_t i = 0; i < count; i++)
        explain_hash(search, search->state, pieces[i]);
    if (explain_fits(search, search->state))
        explain_found(search, pieces, count);
}

static void collect(void *user, const char *octets, size_t len)
{
    seki_buf_add(user, (struct seki_str){ octets, len });
}

struct seki_str explain_canonical(struct explain_search *search, enum seki_canonicalization kind,
                                  struct seki_str octets, struct seki_buf *out)
{
    char staging[STAGING_OCTETS];
    struct seki_body_canon canon = { .kind = kind };
    struct seki_canon_out to = {
        .write = collect, .user = out, .staging = staging, .staging_size = sizeof staging
    };
    seki_body_canon_update(&canon, &to, octets);
    seki_body_canon_finish(&canon, &to);
    if (seki_buf_failed(out) == SEKI_OK)
        return seki_buf_str(out);
    search->has_failed = true;
    return SEKI_STR("");
}

size_t explain_line_octets(struct seki_str text)
{
    for (size_t at = 0; at < text.len; at++) {
        const char *lf = memchr(text.ptr + at, '\n', text.len - at);
        if (lf == NULL)
            break;
        at = (size_t)(lf - text.ptr);
        if (at > 0 && lf[-1] == '\r')
            return at + 1;
    }
    return text.len;
}

size_t explain_count_lines(struct seki_str text)
{
    size_t count = 0;
    for (; text.len > 0; text = seki_str_from(text, explain_line_octets(text)))
        count++;
    return count;
}

static bool is_blank(struct seki_str text)
{
    return seki_str_trim(text).len == 0;
}

/* Do the lines of what is tried have the numbers that they have in the body as received? */
static bool has_lines(const struct explain_search *search)
{
    bool is_same = true;
    for (size_t i = 0; i < search->undone_count; i++)
        is_same = is_same && search->undone[i].kind >= EXPLAIN_BODY_KEEPS_LINES;
    return is_same;
}

/* @param first_line  of the rest, which was not there */
static void found_beginning(struct explain_search *search, struct seki_str beginning, size_t first_line,
                            struct seki_str rest)
{
    bool is_cut = rest.len > 0;
    if (is_cut)
        explain_undo(search, is_blank(rest) ? EXPLAIN_BODY_FINAL_LINES : EXPLAIN_BODY_APPENDED,
                     has_lines(search) ? first_line : 0, explain_count_lines(rest));
    explain_found(search, &beginning, 1);
    if (is_cut)
        explain_redo(search);
}

/* Nothing at all is "" in relaxed form and a CRLF in simple form (RFC 6376 sections 3.4.3 and 3.4.4). */
static void probe_nothing(struct explain_search *search, struct seki_str whole)
{
    bool is_simple = search->target->canonicalization == SEKI_CANON_SIMPLE;
    struct seki_str nothing = is_simple ? SEKI_STR("\r\n") : SEKI_STR("");
    if (explain_search_is_over(search) || !explain_afford(search, FITS_COST) || !begin(search))
        return;
    explain_hash(search, search->state, nothing);
    if (explain_fits(search, search->state))
        found_beginning(search, nothing, 1, whole);
}

static void probe_lines(struct explain_search *search, struct seki_str whole)
{
    struct seki_str rest = whole;
    while (rest.len > 0 && !explain_search_is_over(search)) {
        struct seki_str line = seki_str_head(rest, explain_line_octets(rest));
        if (!explain_afford(search, line.len + FITS_COST))
            return;
        explain_hash(search, search->state, line);
        rest = seki_str_from(rest, line.len);
        bool is_end = !seki_str_equal(line, SEKI_STR("\r\n")) || rest.len == 0;
        if (is_end && explain_fits(search, search->state)) {
            struct seki_str beginning = seki_str_head(whole, whole.len - rest.len);
            found_beginning(search, beginning, explain_count_lines(beginning) + 1, rest);
        }
    }
}

/* l= says where the signed part ends (section 3.5). */
static void probe_length(struct explain_search *search, struct seki_str whole)
{
    uint64_t length = search->target->length;
    struct seki_str signed_part = seki_str_head(whole, length < whole.len ? (size_t)length : whole.len);
    if (length > whole.len || !explain_afford(search, length + FITS_COST))
        return;
    explain_hash(search, search->state, signed_part);
    if (explain_fits(search, search->state))
        explain_found(search, &signed_part, 1);
}

void explain_probe(struct explain_search *search, struct seki_str octets)
{
    if (explain_search_is_over(search))
        return;
    seki_buf_clear(&search->canonical);
    struct seki_str whole = explain_canonical(search, search->target->canonicalization, octets, &search->canonical);
    if (search->has_failed || !begin(search))
        return;
    if (search->target->has_length) {
        probe_length(search, whole);
        return;
    }
    probe_lines(search, whole);
    probe_nothing(search, whole);
}
