/* What an allow entry may be, and its network as text. */
#include "base/i18n.h"
#include "store/allow_parts.h"
#include "store/change_parts.h"
#include "store/owned_name.h"
#include "store/rows.h"
#include "store/text_check.h"

/* ---- networks as text ---- */

struct seki_str store_network_write(const struct seki_ip *network, unsigned prefix_bits, struct seki_arena *arena)
{
    char text[SEKI_IP_TEXT_MAX];
    struct seki_ip masked = *network;
    for (unsigned bit = prefix_bits; bit < masked.octet_count * 8u; bit++)
        masked.octets[bit / 8] &= (uint8_t) ~(0x80u >> (bit % 8));
    return seki_arena_format(arena, "%s/%u", seki_ip_format(&masked, text), prefix_bits);
}

bool store_network_read(struct seki_str text, struct seki_ip *network_out, unsigned *prefix_bits_out)
{
    size_t slash = seki_str_find(text, '/');
    uint64_t bits;
    if (!seki_ip_parse(seki_str_head(text, slash), network_out))
        return false;
    if (!seki_str_to_u64(seki_str_from(text, slash + 1), network_out->octet_count * 8u, &bits))
        return false;
    *prefix_bits_out = (unsigned)bits;
    return true;
}

/* ---- what an entry may be ---- */

static enum seki_result refuse(struct seki_error *why, const char *sentence)
{
    seki_error_set(why, "%s", sentence);
    return SEKI_BAD_INPUT;
}

enum seki_result store_allow_check_terms(const struct store_allow_entry *entry, int64_t now_s,
                                         struct seki_error *why)
{
    enum seki_result result = store_check_text(entry->note, STORE_NOTE_MAX_OCTETS, "the note", why);
    if (result == SEKI_OK)
        result = store_check_text(entry->owner, STORE_ACTOR_MAX_OCTETS, "the owner", why);
    if (result == SEKI_OK)
        result = store_check_text(entry->warned, STORE_ACTOR_MAX_OCTETS, N_("who acknowledged the warning"), why);
    if (result != SEKI_OK)
        return result;
    if (entry->allow.expires_at_s != 0 && entry->allow.expires_at_s <= now_s)
        return refuse(why, N_("the entry would have expired already"));
    if (entry->allow.evidence != POLICY_EVIDENCE_NONE)
        return SEKI_OK;
    if (entry->allow.expires_at_s == 0 || entry->allow.expires_at_s - now_s > STORE_ALLOW_NONE_MAX_S)
        return refuse(why, N_("an entry that asks for no evidence must expire, within a year"));
    if (seki_str_trim(entry->owner).len == 0)
        return refuse(why, N_("an entry that asks for no evidence needs an owner, who answers for it"));
    if (seki_str_trim(entry->warned).len == 0)
        return refuse(why, N_("an entry that asks for no evidence lets anybody write in this domain's name;"
                              " say who acknowledged that warning"));
    return SEKI_OK;
}

static enum seki_result check_network(const struct policy_allow *allow, struct seki_error *why)
{
    bool is_wanted = allow->evidence == POLICY_EVIDENCE_NETWORK;
    if (!is_wanted && allow->network.octet_count != 0)
        return refuse(why, N_("a network belongs to the evidence \"network\" only"));
    if (!is_wanted)
        return SEKI_OK;
    if (allow->network.octet_count != 4 && allow->network.octet_count != 16)
        return refuse(why, N_("the evidence \"network\" needs a network, as 192.0.2.0/24"));
    if (allow->prefix_bits == 0 || allow->prefix_bits > allow->network.octet_count * 8u)
        return refuse(why, N_("the network's prefix has 1 to 32 bits, or 128 for IPv6"));
    return SEKI_OK;
}

static enum seki_result check_owned(struct store_change *change, struct seki_str *name, bool includes_subdomains,
                                    const char *what, struct seki_arena *arena, struct seki_error *why)
{
    enum seki_result result = store_check_domain(*name, what, arena, name, why);
    return result == SEKI_OK ? store_check_owned(change, *name, includes_subdomains, what, why) : result;
}

/* @param allow  its names become what is kept */
static enum seki_result check_names(struct store_change *change, struct policy_allow *allow,
                                    struct seki_arena *arena, struct seki_error *why)
{
    bool has_domain = allow->evidence == POLICY_EVIDENCE_DKIM || allow->evidence == POLICY_EVIDENCE_SPF;
    if (has_domain && allow->domain.len == 0)
        return refuse(why, N_("the evidence \"dkim\" or \"spf\" needs the domain that must pass"));
    if (!has_domain && allow->domain.len > 0)
        return refuse(why, N_("a domain that must pass belongs to the evidence \"dkim\" or \"spf\" only"));
    if (allow->author_domain.len == 0 && allow->evidence == POLICY_EVIDENCE_NONE)
        return refuse(why, N_("an entry that asks for no evidence needs an author domain"));
    if (allow->author_domain.len == 0)
        allow->includes_subdomains = false; /* it stands for every author as it is */
    enum seki_result result = SEKI_OK;
    if (allow->author_domain.len > 0)
        result =
            check_owned(change, &allow->author_domain, allow->includes_subdomains, "the author domain", arena, why);
    if (result == SEKI_OK && has_domain) /* its own pass, never that of a name below it */
        result = check_owned(change, &allow->domain, false, "the domain that must pass", arena, why);
    return result;
}

static enum seki_result check_room(struct sql *sql, int64_t domain_id, struct seki_error *why)
{
    int64_t count;
    enum seki_result result = store_read_number(sql, "SELECT COUNT(*) FROM allow_entry WHERE domain_id = $1",
                                                SQL_VALUES(SQL_OF_INT(domain_id)), &count, NULL, why);
    if (result == SEKI_OK && count >= (int64_t)STORE_ALLOW_MAX_ENTRIES) {
        seki_error_set(why, "the domain has %lld allow entries, which is as many as it may have; remove some first",
                       (long long)count);
        return SEKI_BAD_INPUT;
    }
    return result;
}

enum seki_result store_allow_check(struct store_change *change, struct store_allow_entry *entry,
                                   struct seki_arena *arena, struct seki_error *why)
{
    if (entry->allow.evidence >= POLICY_EVIDENCE_COUNT)
        return refuse(why, N_("that is no kind of evidence"));
    if (entry->allow.evidence != POLICY_EVIDENCE_NONE)
        entry->warned = (struct seki_str){ "", 0 };
    enum seki_result result = check_names(change, &entry->allow, arena, why);
    if (result == SEKI_OK)
        result = check_network(&entry->allow, why);
    if (result == SEKI_OK)
        result = store_allow_check_terms(entry, store_change_at_s(change), why);
    return result == SEKI_OK ? check_room(store_change_sql(change), entry->domain_id, why) : result;
}
