/* What a policy looks at: the outcome of one message's authentication, small enough for a row of the store.
 *
 * A policy never sees the verdict itself. So the same judgement is made in the mail path, over a million rows of
 * recorded traffic (what-if), and in a table of a test. */
#ifndef POLICY_FACTS_H
#define POLICY_FACTS_H

#include <sekisho/verify.h>

#define POLICY_FACTS_DKIM_MAX 10u

struct policy_facts { /* views; domains are A-labels in lower case, "" where there is none */
    struct seki_ip client;
    struct seki_str author_domain;                       /* "" when there is not exactly one */
    struct seki_str mail_from_domain;                    /* "" for the null reverse-path */
    struct seki_str spf_domain;                          /* whom SPF judged */
    struct seki_str dkim_domains[POLICY_FACTS_DKIM_MAX]; /* d= of signatures that pass and cover the whole body */
    size_t dkim_domain_count;
    enum seki_dmarc_result dmarc;
    enum seki_dmarc_policy wish; /* what the author domain asks for on failure; UNSET: it publishes nothing */
    enum seki_spf_result spf;
    enum seki_dkim_result dkim; /* the best of all signatures */
    bool has_spf;               /* SPF was evaluated */
    bool is_null_sender;
    bool is_spf_aligned, is_dkim_aligned;
    bool is_arc_override;         /* a trusted chain saw it pass: RFC 8617 section 7.2 */
    bool is_author_hosted;        /* the author domain is one of ours, and the mail came from outside */
    struct seki_str lookalike_of; /* the hosted domain that the author domain can be taken for */
    struct seki_str attachment;   /* of a dangerous type: its name, as it may be shown; "" for none */
    struct seki_str virus;        /* what the scanner found */
    bool has_scan_failed;         /* a scanner is configured and gave no answer */
    bool is_to_contact;           /* all of its recipients are policy_is_contact() */
};

/**
 * @param verdict  whole, or all zero
 * @param facts_out  what authentication tells; what hosting and content tell stays zero: is_author_hosted, lookalike_of,
 *                   attachment, virus, has_scan_failed, is_to_contact are the caller's
 * Views into verdict and mail_from.
 */
void policy_facts_of(const struct seki_verdict *verdict, const struct seki_ip *client, struct seki_str mail_from,
                     struct policy_facts *facts_out);

/** Has anything been authenticated: SPF, or a signature over the whole body? */
bool policy_facts_is_authenticated(const struct policy_facts *facts);

#endif
