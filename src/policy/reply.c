#include "policy/reply.h"

#include <assert.h>

/* The cause that gives the enhanced code; 0: RFC 7372 has none for it, and RFC 3463 section 3.8 has 5.7.1. RFC 7372 knows
 * no code for softfail either; it is SPF that did not confirm. */
static const struct row {
    unsigned cause;
    const char *what; /* is wrong, after "The message"; %s: the domain of the author, or what was found */
} rows[] = {
#define DMARC_FAILS                                                                                                \
    {                                                                                                              \
        SEKI_CAUSE_DMARC_FAIL, "fails DMARC: neither SPF nor a DKIM signature confirms its author domain %s"       \
    }
    [POLICY_DMARC_REJECT] = DMARC_FAILS,
    [POLICY_DMARC_QUARANTINE] = DMARC_FAILS,
    [POLICY_DMARC_NONE] = DMARC_FAILS,
#undef DMARC_FAILS
    [POLICY_BAD_AUTHOR] = { 0, "has no From field with one author domain that can be checked" },
    [POLICY_SPF_FAIL] = { SEKI_CAUSE_SPF_FAIL, "fails SPF: the domain %s does not let your host send for it" },
    [POLICY_SPF_SOFTFAIL] = { SEKI_CAUSE_SPF_FAIL, "fails SPF (softfail): the domain %s does not list your host" },
    [POLICY_DKIM_FAIL] = { SEKI_CAUSE_DKIM_NONE_PASSES, "has no valid DKIM signature: those it has do not verify" },
    [POLICY_UNAUTHENTICATED] = { 0, "is not authenticated: neither SPF nor DKIM passes" },
    [POLICY_INTERNAL_SPOOF] = { 0,
                                "comes from outside in the name of %s, and nothing shows that it is from there" },
    [POLICY_LOOKALIKE] = { 0, "has an author domain that can be taken for %s" },
    [POLICY_ATTACHMENT] = { 0, "has an attachment of a type that is not taken: %s" },
    [POLICY_VIRUS] = { 0, "is infected: %s" },
};
static_assert(sizeof rows / sizeof rows[0] == POLICY_CHECK_COUNT, "a sentence for every check");

static struct seki_str subject_of(enum policy_check check, const struct policy_facts *facts)
{
    switch (check) {
    case POLICY_SPF_FAIL:
    case POLICY_SPF_SOFTFAIL: return facts->spf_domain;
    case POLICY_LOOKALIKE: return facts->lookalike_of;
    case POLICY_ATTACHMENT: return facts->attachment;
    case POLICY_VIRUS: return facts->virus;
    default: return facts->author_domain;
    }
}

/* Those that warrant the refusal by themselves (RFC 7372 section 4). */
static unsigned causes_of(const struct policy_refusal *refusal)
{
    unsigned causes = 0;
    for (size_t i = 0; i < POLICY_CHECK_COUNT; i++)
        if ((refusal->judgement->matched & 1u << i) &&
            policy_action_for(refusal->policy, (enum policy_check)i) == POLICY_REFUSE)
            causes |= rows[i].cause;
    return causes;
}

/* A code of RFC 7372 tells of a check of authentication: only where such a one decided. */
static struct seki_str code_of(const struct policy_refusal *refusal)
{
    if (rows[refusal->judgement->decisive].cause == 0)
        return SEKI_STR("5.7.1");
    return seki_status_for(causes_of(refusal), false).enhanced_code;
}

/* What came with the message is cut, so that what comes after it is told too. */
#define NAME_MAX_OCTETS 100u
#define TEXT_MAX_OCTETS 2048u

static void add_name(struct seki_buf *text, struct seki_str name)
{
    seki_buf_add(text, name.len > 0 ? name : SEKI_STR("(unknown)"));
}

static void add_what(struct seki_buf *text, enum policy_check check, const struct policy_facts *facts)
{
    struct seki_str what = seki_str_of(rows[check].what);
    size_t place = seki_str_find(what, '%');
    seki_buf_add(text, SEKI_STR("The message "));
    seki_buf_add(text, seki_str_head(what, place));
    if (place < what.len)
        add_name(text, seki_str_head(subject_of(check, facts), NAME_MAX_OCTETS));
    seki_buf_add(text, seki_str_from(what, place + 2));
}

static void add_whom_to_ask(struct seki_buf *text, const struct policy_refusal *refusal)
{
    seki_buf_add(text, SEKI_STR(" Ask your mail administrator, or "));
    if (refusal->contact.len == 0)
        seki_buf_add(text, SEKI_STR("postmaster@"));
    add_name(text, refusal->contact.len > 0 ? refusal->contact : refusal->domain);
    seki_buf_add(text, SEKI_STR("."));
}

/* It goes into a reply of one line, whatever stands in names from outside. */
static void make_printable(struct seki_buf *text)
{
    for (size_t i = 0; i < text->len; i++)
        if (text->ptr[i] < 0x20 || text->ptr[i] > 0x7E)
            text->ptr[i] = '?';
}

enum seki_result policy_reply(struct seki_arena *arena, const struct policy_refusal *refusal,
                              struct seki_status *status_out)
{
    struct seki_buf text;
    seki_buf_init_arena(&text, arena, TEXT_MAX_OCTETS);
    if (refusal->judgement->is_temporary) {
        *status_out = (struct seki_status){ 451, SEKI_STR_INIT("4.3.0"),
                                            SEKI_STR_INIT("The message cannot be scanned now, try again later") };
        return SEKI_OK;
    }
    add_what(&text, refusal->judgement->decisive, refusal->facts);
    seki_buf_add(&text, SEKI_STR(". "));
    add_name(&text, refusal->domain);
    seki_buf_add(&text, SEKI_STR(" refuses such mail."));
    add_whom_to_ask(&text, refusal);
    if (seki_buf_failed(&text) != SEKI_OK)
        return seki_buf_failed(&text);
    make_printable(&text);
    *status_out =
        (struct seki_status){ 550, code_of(refusal), seki_str_head(seki_buf_str(&text), SEKI_STATUS_TEXT_MAX) };
    return SEKI_OK;
}

struct seki_status policy_reply_apart(void)
{
    return (struct seki_status){ 452, SEKI_STR_INIT("4.5.3"),
                                 SEKI_STR_INIT("This recipient's domain takes a message of its own, try again") };
}
