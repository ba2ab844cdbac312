#include "policy/allow.h"

#include "base/octets.h"

#include <sekisho/domain.h>

#include <assert.h>

static const char *const names[] = {
    [POLICY_EVIDENCE_ALIGNED] = "aligned", [POLICY_EVIDENCE_DKIM] = "dkim", [POLICY_EVIDENCE_SPF] = "spf",
    [POLICY_EVIDENCE_NETWORK] = "network", [POLICY_EVIDENCE_NONE] = "none",
};
static_assert(sizeof names / sizeof names[0] == POLICY_EVIDENCE_COUNT, "a name for every evidence");

const char *policy_evidence_name(enum policy_evidence evidence)
{
    return evidence < POLICY_EVIDENCE_COUNT ? names[evidence] : "unknown";
}

bool policy_evidence_read(struct seki_str word, enum policy_evidence *evidence_out)
{
    for (size_t i = 0; i < POLICY_EVIDENCE_COUNT; i++) {
        if (!seki_str_equal_nocase(word, seki_str_of(names[i])))
            continue;
        *evidence_out = (enum policy_evidence)i;
        return true;
    }
    return false;
}

/* ---- finding ---- */

static bool is_for_author(const struct policy_allow *entry, struct seki_str author_domain)
{
    if (entry->author_domain.len == 0)
        return entry->evidence != POLICY_EVIDENCE_NONE;
    if (seki_str_equal(entry->author_domain, author_domain))
        return true;
    return entry->includes_subdomains && seki_domain_is_within(author_domain, entry->author_domain);
}

static bool has_signature_of(const struct policy_facts *facts, struct seki_str domain)
{
    for (size_t i = 0; i < facts->dkim_domain_count; i++)
        if (seki_str_equal(facts->dkim_domains[i], domain))
            return true;
    return false;
}

static bool has_evidence(const struct policy_allow *entry, const struct policy_facts *facts)
{
    switch (entry->evidence) {
    case POLICY_EVIDENCE_ALIGNED: return facts->is_spf_aligned || facts->is_dkim_aligned;
    case POLICY_EVIDENCE_DKIM: return entry->domain.len > 0 && has_signature_of(facts, entry->domain);
    case POLICY_EVIDENCE_SPF:
        return facts->spf == SEKI_SPF_PASS && entry->domain.len > 0 &&
               seki_str_equal(facts->spf_domain, entry->domain);
    case POLICY_EVIDENCE_NETWORK:
        return entry->network.octet_count > 0 &&
               seki_ip_in_network(&facts->client, &entry->network, entry->prefix_bits);
    case POLICY_EVIDENCE_NONE: return entry->expires_at_s != 0;
    case POLICY_EVIDENCE_COUNT: break;
    }
    return false;
}

const struct policy_allow *policy_allow_find(const struct policy_allow *entries, size_t count,
                                             const struct policy_facts *facts, int64_t now_s)
{
    for (size_t i = 0; i < count; i++) {
        bool is_expired = entries[i].expires_at_s != 0 && now_s >= entries[i].expires_at_s;
        if (!is_expired && is_for_author(&entries[i], facts->author_domain) && has_evidence(&entries[i], facts))
            return &entries[i];
    }
    return NULL;
}

/* ---- as octets ---- */

#define VERSION 2u

void policy_allow_encode(const struct policy_allow *entry, struct seki_buf *out)
{
    seki_octets_add_number(out, VERSION);
    seki_octets_add_number(out, entry->id);
    seki_octets_add_text(out, entry->author_domain);
    seki_octets_add_number(out, entry->includes_subdomains);
    seki_octets_add_number(out, entry->evidence);
    seki_octets_add_text(out, entry->domain);
    seki_octets_add_text(out, (struct seki_str){ (const char *)entry->network.octets, entry->network.octet_count });
    seki_octets_add_number(out, entry->prefix_bits);
    seki_octets_add_number(out, (uint64_t)entry->expires_at_s);
}

static void take_network(struct seki_octets *c, struct policy_allow *entry)
{
    struct seki_str octets = seki_octets_text(c);
    entry->prefix_bits = (unsigned)seki_octets_number_to(c, 128);
    bool is_address = octets.len == 0 || octets.len == 4 || octets.len == 16;
    c->has_failed = c->has_failed || !is_address || entry->prefix_bits > octets.len * 8;
    if (c->has_failed)
        return;
    entry->network.octet_count = (uint8_t)octets.len;
    memcpy(entry->network.octets, octets.ptr, octets.len);
}

bool policy_allow_decode(struct seki_str *rest, struct policy_allow *entry_out)
{
    struct seki_octets c = seki_octets_of(*rest);
    struct policy_allow entry = { 0 };
    bool is_known = seki_octets_number(&c) == VERSION;
    entry.id = seki_octets_number(&c);
    entry.author_domain = seki_octets_text(&c);
    entry.includes_subdomains = seki_octets_number_to(&c, 1) != 0;
    entry.evidence = (enum policy_evidence)seki_octets_number_to(&c, POLICY_EVIDENCE_COUNT - 1);
    entry.domain = seki_octets_text(&c);
    take_network(&c, &entry);
    entry.expires_at_s = (int64_t)seki_octets_number(&c);
    if (!is_known || c.has_failed)
        return false;
    *entry_out = entry;
    *rest = c.left;
    return true;
}
