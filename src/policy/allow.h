/* Allow entries: senders whose mail a domain wants although its policy speaks against it, and what must be
 * authenticated for that. An entry answers the checks of authentication only; attachments and viruses are judged all
 * the same. */
#ifndef POLICY_ALLOW_H
#define POLICY_ALLOW_H

#include "policy/facts.h"

enum policy_evidence {
    POLICY_EVIDENCE_ALIGNED = 0, /* an aligned pass of SPF or DKIM */
    POLICY_EVIDENCE_DKIM,        /* a signature of the domain named passes */
    POLICY_EVIDENCE_SPF,         /* SPF passes for the domain named */
    POLICY_EVIDENCE_NETWORK,     /* the client is in the network named */
    POLICY_EVIDENCE_NONE,        /* nothing: with an expiry only */
    POLICY_EVIDENCE_COUNT
};

struct policy_allow {
    uint64_t id;
    struct seki_str author_domain; /* A-labels, lower case; "" (with evidence) stands for every author */
    bool includes_subdomains;
    enum policy_evidence evidence;
    struct seki_str domain; /* of DKIM and SPF */
    struct seki_ip network;
    unsigned prefix_bits;
    int64_t expires_at_s; /* 0: never */
};

/** @return the first entry that lets this message through at that time, or NULL */
const struct policy_allow *policy_allow_find(const struct policy_allow *entries, size_t count,
                                             const struct policy_facts *facts, int64_t now_s);

void policy_allow_encode(const struct policy_allow *entry, struct seki_buf *out);
/** Cut one entry off *rest; texts are views. @return false at the end, or when it cannot be read (*rest is then not empty) */
bool policy_allow_decode(struct seki_str *rest, struct policy_allow *entry_out);

const char *policy_evidence_name(enum policy_evidence evidence); /* "aligned", "dkim", "spf", "network", "none" */
/** @return false for an unknown word */
bool policy_evidence_read(struct seki_str word, enum policy_evidence *evidence_out);

#endif
