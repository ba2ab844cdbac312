/* Identifier alignment: RFC 9989 sections 4.4 and 4.10.2.
 *
 * An Organizational Domain is the name itself or one above it. So an identifier that is neither at nor below the
 * Author Domain's Organizational Domain cannot have the same one, and its walk is spared: a third party's signature
 * costs no question. */
#include "auth/dmarc_author.h"

#include <assert.h>

static bool share_last_label(struct seki_str a, struct seki_str b)
{
    return seki_str_equal(seki_domain_suffix(a, 1), seki_domain_suffix(b, 1));
}

/* Relaxed: "the same Organizational Domain", each side by its own walk (section 3.2.10.1). */
static enum seki_result align_relaxed(const struct seki_dmarc_author *author, struct seki_dmarc_walks *walks,
                                      struct seki_dmarc_identifier *identifier, struct seki_answers *answers)
{
    identifier->alignment = SEKI_DMARC_ALIGNMENT_NO;
    if (author->walk->org_rule == SEKI_DMARC_ORG_UNKNOWN) {
        if (share_last_label(author->domain, identifier->domain))
            identifier->alignment = SEKI_DMARC_ALIGNMENT_UNKNOWN;
        return SEKI_OK;
    }
    if (!seki_domain_is_within(identifier->domain, author->walk->org_domain))
        return SEKI_OK;
    struct seki_str org_domain;
    enum seki_result result = seki_dmarc_walk_org_domain(walks, identifier->domain, answers, &org_domain);
    if (result != SEKI_OK)
        identifier->alignment = SEKI_DMARC_ALIGNMENT_UNSEEN;
    else if (org_domain.len == 0)
        identifier->alignment = SEKI_DMARC_ALIGNMENT_UNKNOWN;
    else if (seki_str_equal(org_domain, author->walk->org_domain))
        identifier->alignment = SEKI_DMARC_ALIGNMENT_YES;
    return result;
}

/* The same name is aligned in both modes, and no walk is needed for it. */
static enum seki_result align(const struct seki_dmarc_author *author, struct seki_dmarc_walks *walks,
                              struct seki_dmarc_identifier *identifier, struct seki_answers *answers)
{
    if (identifier->alignment != SEKI_DMARC_ALIGNMENT_UNSEEN)
        return SEKI_OK;
    bool is_strict = identifier->is_spf ? author->at->record.aspf_strict : author->at->record.adkim_strict;
    if (seki_str_equal_nocase(identifier->domain, author->domain))
        identifier->alignment = SEKI_DMARC_ALIGNMENT_YES;
    else if (is_strict)
        identifier->alignment = SEKI_DMARC_ALIGNMENT_NO;
    else
        return align_relaxed(author, walks, identifier, answers);
    return SEKI_OK;
}

/* Section 4.4.2: SPF counts by its MAIL FROM identity only, which for a null reverse-path is postmaster@HELO. */
static void collect_spf(struct seki_dmarc_author *author, const struct seki_spf_verdict *spf)
{
    if (spf == NULL || spf->identity != SEKI_SPF_MAIL_FROM || !seki_domain_fits_dns(spf->domain))
        return;
    if (spf->result == SEKI_SPF_PASS || spf->result == SEKI_SPF_TEMPERROR)
        author->identifiers[author->identifier_count++] = (struct seki_dmarc_identifier){
            .domain = spf->domain, .is_spf = true, .is_temporary = spf->result == SEKI_SPF_TEMPERROR
        };
}

/* Section 4.4.1: d= of each signature that verified. Not when l= left a part of the body unsigned (RFC 6376 section
 * 8.2), nor with a key in test mode: such mail is treated as unsigned (RFC 6376 section 3.6.1, t=y). */
static void collect_dkim(struct seki_dmarc_author *author, const struct seki_dkim_verdict *dkim, bool same_name)
{
    for (size_t i = 0; dkim != NULL && i < dkim->signature_count; i++) {
        const struct seki_dkim_signature_verdict *signature = &dkim->signatures[i];
        if (signature->is_partial || signature->is_testing || !seki_domain_fits_dns(signature->domain_ascii) ||
            seki_str_equal_nocase(signature->domain_ascii, author->domain) != same_name)
            continue;
        if (signature->result == SEKI_DKIM_PASS || signature->result == SEKI_DKIM_TEMPERROR)
            author->identifiers[author->identifier_count++] =
                (struct seki_dmarc_identifier){ .domain = signature->domain_ascii,
                                                .is_temporary = signature->result == SEKI_DKIM_TEMPERROR };
    }
}

static bool collect(struct seki_dmarc_author *author, struct seki_arena *arena,
                    const struct seki_dmarc_identifiers *given)
{
    if (author->has_identifiers)
        return true;
    size_t max = 1 + (given->dkim != NULL ? given->dkim->signature_count : 0);
    author->identifiers = seki_arena_alloc(arena, max, sizeof *author->identifiers);
    if (author->identifiers == NULL)
        return false;
    collect_spf(author, given->mail_from);
    /* The Author Domain's own name first: it needs no walk, and spares those of the others. */
    collect_dkim(author, given->dkim, true);
    collect_dkim(author, given->dkim, false);
    author->has_identifiers = true;
    return true;
}

/* Align those of one mechanism that passed (or ended in temperror) until one is found that does. What needs answers does
 * not hold the others up, so that their questions go out together. */
static enum seki_result align_some(struct seki_dmarc_author *author, struct seki_dmarc_walks *walks, bool is_spf,
                                   bool is_temporary, struct seki_answers *answers)
{
    enum seki_result overall = SEKI_OK;
    for (size_t i = 0; i < author->identifier_count; i++) {
        struct seki_dmarc_identifier *identifier = &author->identifiers[i];
        if (identifier->is_spf != is_spf || identifier->is_temporary != is_temporary)
            continue;
        enum seki_result result = align(author, walks, identifier, answers);
        if (result == SEKI_NEED_ANSWERS)
            overall = result;
        else if (result != SEKI_OK)
            return result;
        if (identifier->alignment == SEKI_DMARC_ALIGNMENT_YES)
            break;
    }
    return overall;
}

static enum seki_result worse(enum seki_result a, enum seki_result b)
{
    static_assert(SEKI_OK < SEKI_NEED_ANSWERS && SEKI_NEED_ANSWERS < SEKI_LIMIT && SEKI_LIMIT < SEKI_SYSTEM,
                  "order");
    return a > b ? a : b;
}

static enum seki_result align_both(struct seki_dmarc_author *author, struct seki_dmarc_walks *walks,
                                   bool is_temporary, struct seki_answers *answers)
{
    return worse(align_some(author, walks, false, is_temporary, answers),
                 align_some(author, walks, true, is_temporary, answers));
}

/* Identifiers that ended in temperror matter only when nothing else has aligned. */
enum seki_result seki_dmarc_author_align(struct seki_dmarc_author *author, struct seki_dmarc_walks *walks,
                                         const struct seki_dmarc_identifiers *given, struct seki_answers *answers)
{
    if (author->is_aligned)
        return SEKI_OK;
    if (!collect(author, walks->arena, given))
        return seki_arena_failure(walks->arena);
    if (!seki_dmarc_author_has_policy(author)) {
        author->is_aligned = true;
        return SEKI_OK;
    }
    enum seki_result result = align_both(author, walks, false, answers);
    if (result == SEKI_OK && seki_dmarc_author_aligned(author, true) == NULL &&
        seki_dmarc_author_aligned(author, false) == NULL)
        result = align_both(author, walks, true, answers);
    author->is_aligned = result == SEKI_OK;
    return result;
}
