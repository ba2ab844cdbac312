/* Policy discovery and the verdict on one Author Domain: RFC 9989 sections 4.10.1, 5.3.5 and 5.3.6. */
#include "auth/dmarc_author.h"

#include "auth/dmarc_record.h"

/* "The DMARC Policy Record to be applied … listed from highest preference to lowest: the Author Domain, the
 * Organizational Domain of the Author Domain, the PSD of the Author Domain." Records at other names on the way are
 * not used. */
static void choose_record(struct seki_dmarc_author *author)
{
    const struct seki_dmarc_walk *walk = author->walk;
    const struct {
        const struct seki_dmarc_name *at;
        enum seki_dmarc_origin origin;
    } places[] = { { walk->names[0]->standing == SEKI_DMARC_STANDING_RECORD ? walk->names[0] : NULL,
                     SEKI_DMARC_ORIGIN_AUTHOR },
                   { walk->org, SEKI_DMARC_ORIGIN_ORG },
                   { walk->psd, SEKI_DMARC_ORIGIN_PSD } };
    for (size_t i = 0; i < sizeof places / sizeof places[0] && author->at == NULL; i++) {
        author->at = places[i].at;
        author->origin = author->at != NULL ? places[i].origin : SEKI_DMARC_ORIGIN_NONE;
    }
}

bool seki_dmarc_author_has_policy(const struct seki_dmarc_author *author)
{
    return author->at != NULL && seki_dmarc_record_usability(&author->at->record) != SEKI_DMARC_UNUSABLE;
}

bool seki_dmarc_author_has_failed(const struct seki_dmarc_author *author)
{
    return author->at == NULL && author->walk->failed != NULL;
}

/* Only "np" needs to know whether the Author Domain exists, and only when it differs from what else would apply. */
static bool existence_matters(const struct seki_dmarc_author *author)
{
    const struct seki_dmarc_record *record = &author->at->record;
    return author->origin != SEKI_DMARC_ORIGIN_AUTHOR && seki_dmarc_record_usability(record) == SEKI_DMARC_USABLE &&
           seki_dmarc_record_policy(record, SEKI_DMARC_REACH_NONEXISTENT) !=
               seki_dmarc_record_policy(record, SEKI_DMARC_REACH_SUBDOMAIN);
}

/* RFC 9989 section 3.2.13: NXDOMAIN for the Author Domain itself, and nothing else. TXT is the type of which an
 * answer is most likely known: SPF asks for it at the MAIL FROM domain. */
static enum seki_result ask_existence(struct seki_dmarc_author *author, struct seki_answers *answers)
{
    if (author->existence == NULL)
        author->existence = seki_answers_ask(answers, author->domain, SEKI_RR_TXT);
    if (author->existence == NULL)
        return SEKI_LIMIT;
    return author->existence->status == SEKI_ANSWER_OPEN ? SEKI_NEED_ANSWERS : SEKI_OK;
}

/* UNSET when it cannot be known which of the record's policies applies. */
static enum seki_dmarc_policy find_published(const struct seki_dmarc_author *author)
{
    const struct seki_dmarc_record *record = &author->at->record;
    if (author->origin == SEKI_DMARC_ORIGIN_AUTHOR)
        return seki_dmarc_record_policy(record, SEKI_DMARC_REACH_OWN);
    if (author->existence == NULL || author->existence->status == SEKI_ANSWER_FOUND ||
        author->existence->status == SEKI_ANSWER_NODATA)
        return seki_dmarc_record_policy(record, SEKI_DMARC_REACH_SUBDOMAIN);
    if (author->existence->status == SEKI_ANSWER_NXDOMAIN)
        return seki_dmarc_record_policy(record, SEKI_DMARC_REACH_NONEXISTENT);
    return SEKI_DMARC_POLICY_UNSET;
}

enum seki_result seki_dmarc_author_discover(struct seki_dmarc_author *author, struct seki_dmarc_walks *walks,
                                            const struct seki_dmarc_options *options, struct seki_answers *answers)
{
    if (author->is_discovered)
        return SEKI_OK;
    enum seki_result result = seki_dmarc_walk_step(walks, author->walk, answers);
    if (result != SEKI_OK)
        return result;
    choose_record(author);
    if (seki_dmarc_author_has_policy(author)) {
        if (existence_matters(author) && (result = ask_existence(author, answers)) != SEKI_OK)
            return result;
        const struct seki_dmarc_record *record = &author->at->record;
        author->published = find_published(author);
        bool is_testing = record->is_testing || (options->pct_zero_is_testing && record->pct == 0);
        author->policy = is_testing ? seki_dmarc_policy_lowered(author->published) : author->published;
    }
    author->is_discovered = true;
    return SEKI_OK;
}

const struct seki_dmarc_identifier *seki_dmarc_author_aligned(const struct seki_dmarc_author *author, bool is_spf)
{
    for (size_t i = 0; i < author->identifier_count; i++) {
        const struct seki_dmarc_identifier *identifier = &author->identifiers[i];
        if (identifier->is_spf == is_spf && !identifier->is_temporary &&
            identifier->alignment == SEKI_DMARC_ALIGNMENT_YES)
            return identifier;
    }
    return NULL;
}

/* Would an answer that is missing have made the difference? */
static bool could_have_passed(const struct seki_dmarc_author *author)
{
    for (size_t i = 0; i < author->identifier_count; i++) {
        const struct seki_dmarc_identifier *identifier = &author->identifiers[i];
        if (identifier->alignment == SEKI_DMARC_ALIGNMENT_UNKNOWN ||
            (identifier->is_temporary && identifier->alignment == SEKI_DMARC_ALIGNMENT_YES))
            return true;
    }
    return false;
}

/* RFC 9989 section 5.3.6: with DNS errors in the way "the message cannot be considered to pass or fail", except that
 * one aligned pass is enough whatever happened to the other mechanism (RFC 7489 section 6.6.2 step 5). */
void seki_dmarc_author_decide(struct seki_dmarc_author *author)
{
    if (seki_dmarc_author_has_failed(author))
        author->result = SEKI_DMARC_TEMPERROR;
    else if (!seki_dmarc_author_has_policy(author))
        author->result = SEKI_DMARC_NONE;
    else if (seki_dmarc_author_aligned(author, true) != NULL || seki_dmarc_author_aligned(author, false) != NULL)
        author->result = SEKI_DMARC_PASS;
    else if (could_have_passed(author) || author->published == SEKI_DMARC_POLICY_UNSET)
        author->result = SEKI_DMARC_TEMPERROR;
    else
        author->result = SEKI_DMARC_FAIL;
}
