#include "explain/body_change.h"

#include "base/i18n.h"
#include "explain/body_encoding.h"
#include "explain/body_parts.h"
#include "explain/body_rewrite.h"

#include <assert.h>

#define WORK_PER_OCTET    64u
#define SMALL_BODY        (16u << 10)
#define MAX_WORK          (1ull << 30)
#define MAX_WRAPPED_PARTS 10u
#define MAX_INNER_BODIES  2u /* of them, looked into */

const struct explain_body_kind_text explain_body_kind_texts[EXPLAIN_BODY_KINDS] = {
    [EXPLAIN_BODY_APPENDED] = { "appended", N_("Lines were added at the end of the body."),
                                N_("Mailing list software does this, and gateways that add a disclaimer.") },
    [EXPLAIN_BODY_FINAL_LINES] = { "final-lines",
                                   N_("The blank lines at the end of the body are not those that were signed."),
                                   N_("A server does this that ends a body in its own way, or a signer that counts "
                                      "its end so.") },
    [EXPLAIN_BODY_LINE_ENDS] = { "line-ends", N_("The ends of lines (CR and LF) are not those that were signed."),
                                 N_("A server or filter does this that handles messages as text files.") },
    [EXPLAIN_BODY_FOOTER_IN_PART] = { "footer-in-part", N_("Lines were added at the end of a text part."),
                                      N_("Mailing list software does this, and gateways that add a disclaimer.") },
    [EXPLAIN_BODY_PART_ADDED] = { "part-added", N_("A part was added to the message."),
                                  N_("Mailing list software does this, and virus scanners that add a notice.") },
    [EXPLAIN_BODY_WRAPPED] = { "wrapped", N_("The message was put into another one, as one of its parts."),
                               N_("Mailing list software does this to add a footer to HTML or encoded text.") },
    [EXPLAIN_BODY_REENCODED] = { "reencoded",
                                 N_("The text was encoded anew (7bit, 8bit, quoted-printable or base64)."),
                                 N_("A server does this that re-encodes 8-bit mail, or a gateway that rebuilds "
                                    "messages.") },
    [EXPLAIN_BODY_CHARSET] = { "charset", N_("The text was converted to another character set."),
                               N_("Mailing list software does this, and gateways that rebuild messages.") },
    [EXPLAIN_BODY_LINES_BROKEN] = { "lines-broken", N_("Lines were broken that were longer when they were signed."),
                                    N_("A server does this to lines that are too long for SMTP, or an editor that "
                                       "fills paragraphs.") },
    [EXPLAIN_BODY_BANNER] = { "banner", N_("Lines were added at the top of the text."),
                              N_("A gateway does this that marks mail from outside, as with \"[EXTERNAL]\".") },
    [EXPLAIN_BODY_WHITE_SPACE] = { "white-space",
                                   N_("White space was added or taken away, in lines or at their ends."),
                                   N_("A gateway or filter does this that rewrites the text.") },
    [EXPLAIN_BODY_FROM_ESCAPED] = { "from-escaped",
                                    N_("\"From\" at the beginning of a line was changed to \">From\", or back."),
                                    N_("Programs do this that keep mail in mbox files.") },
    [EXPLAIN_BODY_DOTS] = { "dots", N_("A dot at the beginning of a line was doubled or taken away."),
                            N_("A program does this that speaks SMTP wrongly: a filter or a script that sends "
                               "mail.") },
    [EXPLAIN_BODY_TABS] = { "tabs", N_("Tabs became spaces, or spaces became tabs."),
                            N_("A gateway or filter does this that rewrites the text.") },
    [EXPLAIN_BODY_NUL] = { "nul", N_("NUL octets were put into the body."),
                           N_("A damaged program or disk does this; servers refuse or drop such octets.") },
};

static void try_as_it_is(struct explain_search *search, const struct explain_body *body)
{
    explain_probe(search, body->octets);
}

static void try_ends(struct explain_search *search, const struct explain_body *body)
{
    explain_try_ends(search, body->octets);
}

static void try_rewrites(struct explain_search *search, const struct explain_body *body)
{
    explain_try_rewrites(search, body->octets);
}

static void try_rewrite_pairs(struct explain_search *search, const struct explain_body *body)
{
    explain_try_rewrite_pairs(search, body->octets);
}

static void try_wrapped(struct explain_search *search, const struct explain_body *body);

/* The likelier and cheaper first. Shares are 64ths of the work that is left, so that none takes all. */
static const struct {
    void (*try)(struct explain_search *search, const struct explain_body *body);
    unsigned share;
    bool is_for_inner; /* tried with a part that was all of the message, too */
} methods[] = {
    { try_as_it_is, EXPLAIN_SHARES, false },
    { try_ends, EXPLAIN_SHARES, false },
    { try_rewrites, EXPLAIN_SHARES, true },
    { explain_try_part_added, 24, false },
    { try_wrapped, 24, false },
    { explain_try_footers, 24, true },
    { explain_try_encodings, 24, true },
    { explain_try_banners, 32, false },
    { explain_try_charsets, 32, true },
    { try_rewrite_pairs, EXPLAIN_SHARES, false },
};
#define METHODS (sizeof methods / sizeof methods[0])

static bool goes_on(const struct explain_search *search)
{
    return !search->change->is_found && !search->has_failed;
}

/* One of the parts is what was signed; its own header says how it is encoded. */
static void try_inner(struct explain_search *search, const struct explain_body *inner, bool is_looked_into)
{
    explain_undo(search, EXPLAIN_BODY_WRAPPED, 0, 0);
    explain_probe(search, inner->octets);
    for (size_t i = 0; i < METHODS && is_looked_into && !explain_search_is_over(search); i++)
        if (methods[i].is_for_inner)
            methods[i].try(search, inner);
    explain_redo(search);
}

static void try_wrapped(struct explain_search *search, const struct explain_body *body)
{
    struct seki_mime_part parts[SEKI_MIME_MAX_PARTS];
    size_t count = seki_mime_find_parts(body->content_type, body->octets, parts);
    for (unsigned round = 0; round < 2; round++) { /* all as they are, then the first ones more closely */
        size_t most = round == 0 ? MAX_WRAPPED_PARTS : MAX_INNER_BODIES;
        for (size_t i = 0; i < count && i < most && !explain_search_is_over(search); i++) {
            const struct explain_body inner = { parts[i].body, parts[i].content_type, parts[i].transfer_encoding };
            try_inner(search, &inner, round > 0);
        }
    }
}

static void run(struct explain_search *search, const struct explain_body *body)
{
    for (size_t i = 0; i < METHODS && goes_on(search); i++) {
        explain_search_share(search, methods[i].share);
        methods[i].try(search, body);
        assert(search->undone_count == 0);
    }
}

static uint64_t canonical_octets(struct explain_search *search, struct seki_str octets)
{
    seki_buf_clear(&search->canonical);
    return explain_canonical(search, search->target->canonicalization, octets, &search->canonical).len;
}

static uint64_t work_for(size_t octets)
{
    uint64_t counted = octets > SMALL_BODY ? octets : SMALL_BODY;
    return counted < MAX_WORK / WORK_PER_OCTET ? counted * WORK_PER_OCTET : MAX_WORK;
}

enum seki_result explain_body_change_find(struct seki_context *context, const struct explain_body *body,
                                          const struct explain_body_target *target,
                                          struct explain_body_change *change_out, struct seki_buf *original)
{
    *change_out = (struct explain_body_change){ 0 };
    struct explain_search search = { .context = context,
                                     .target = target,
                                     .change = change_out,
                                     .original = original,
                                     .max_text = body->octets.len * 4 + SMALL_BODY,
                                     .limit = work_for(body->octets.len) };
    seki_buf_init(&search.canonical, SIZE_MAX / 2);
    search.state = seki_context_take_digest(context, target->digest);
    search.trial = seki_context_take_digest(context, target->digest);
    search.has_failed = search.state == NULL || search.trial == NULL;
    search.received_octets = canonical_octets(&search, body->octets);
    run(&search, body);
    change_out->work = search.work;
    change_out->is_stopped = change_out->is_stopped && !change_out->is_found;
    seki_context_return_digest(context, search.state);
    seki_context_return_digest(context, search.trial);
    seki_buf_release(&search.canonical);
    return search.has_failed ? SEKI_SYSTEM : SEKI_OK;
}
