#include "store/allow_entries.h"

#include "store/allow_parts.h"
#include "store/change_parts.h"
#include "store/domains.h"
#include "store/removal_parts.h"
#include "store/rows.h"
#include "store/text_check.h"

#include <stdlib.h>

#define WORK_OCTETS (64u * 1024u)

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

/* ---- reading ---- */

#define COLUMNS                                                                                                    \
    "SELECT id, domain_id, author_domain, includes_subdomains, evidence, evidence_domain, network, expires_at_s,"  \
    " note, owner, warned, created_at_s, hit_count, last_hit_at_s FROM allow_entry"

static void read_entry(const struct sql_value *row, struct seki_arena *arena, void *item)
{
    struct store_allow_entry *entry = (struct store_allow_entry *)item;
    entry->allow.id = (uint64_t)row[0].integer;
    entry->domain_id = row[1].integer;
    entry->allow.author_domain = seki_arena_copy(arena, row[2].text);
    entry->allow.includes_subdomains = row[3].integer != 0;
    policy_evidence_read(row[4].text, &entry->allow.evidence);
    entry->allow.domain = seki_arena_copy(arena, row[5].text);
    store_network_read(row[6].text, &entry->allow.network, &entry->allow.prefix_bits);
    entry->allow.expires_at_s = row[7].integer;
    entry->note = seki_arena_copy(arena, row[8].text);
    entry->owner = seki_arena_copy(arena, row[9].text);
    entry->warned = seki_arena_copy(arena, row[10].text);
    entry->created_at_s = row[11].integer;
    entry->hit_count = row[12].integer;
    entry->last_hit_at_s = row[13].integer;
}

enum seki_result store_allow_get(struct sql *sql, uint64_t id, struct seki_arena *arena,
                                 struct store_allow_entry *entry_out, struct seki_error *why)
{
    bool is_found;
    *entry_out = (struct store_allow_entry){ 0 };
    enum seki_result result = store_read_one(sql, COLUMNS " WHERE id = $1", SQL_VALUES(SQL_OF_INT(id)), read_entry,
                                             arena, entry_out, &is_found, why);
    if (result == SEKI_OK && !is_found) {
        seki_error_set(why, "there is no allow entry with the number %llu", (unsigned long long)id);
        return SEKI_BAD_INPUT;
    }
    return result;
}

enum seki_result store_allow_list(struct sql *sql, int64_t domain_id, struct seki_arena *arena,
                                  const struct store_allow_entry **entries_out, size_t *count_out,
                                  struct seki_error *why)
{
    void *items;
    enum seki_result result =
        store_read_list(sql, COLUMNS " WHERE domain_id = $1 ORDER BY id", SQL_VALUES(SQL_OF_INT(domain_id)),
                        sizeof(struct store_allow_entry), read_entry, arena, &items, count_out, why);
    *entries_out = (const struct store_allow_entry *)items;
    return result;
}

/* ---- what an entry may be ---- */

static enum seki_result refuse(struct seki_error *why, const char *sentence)
{
    seki_error_set(why, "%s", sentence);
    return SEKI_BAD_INPUT;
}

/* What may be changed later too. */
static enum seki_result check_terms(const struct store_allow_entry *entry, int64_t now_s, struct seki_error *why)
{
    enum seki_result result = store_check_text(entry->note, STORE_NOTE_MAX_OCTETS, "the note", why);
    if (result == SEKI_OK)
        result = store_check_text(entry->owner, STORE_ACTOR_MAX_OCTETS, "the owner", why);
    if (result == SEKI_OK)
        result = store_check_text(entry->warned, STORE_ACTOR_MAX_OCTETS, "who acknowledged the warning", why);
    if (result != SEKI_OK)
        return result;
    if (entry->allow.expires_at_s != 0 && entry->allow.expires_at_s <= now_s)
        return refuse(why, "the entry would have expired already");
    if (entry->allow.evidence != POLICY_EVIDENCE_NONE)
        return SEKI_OK;
    if (entry->allow.expires_at_s == 0 || entry->allow.expires_at_s - now_s > STORE_ALLOW_NONE_MAX_S)
        return refuse(why, "an entry that asks for no evidence must expire, within a year");
    if (seki_str_trim(entry->owner).len == 0)
        return refuse(why, "an entry that asks for no evidence needs an owner, who answers for it");
    if (seki_str_trim(entry->warned).len == 0)
        return refuse(why, "an entry that asks for no evidence lets anybody write in this domain's name;"
                           " say who acknowledged that warning");
    return SEKI_OK;
}

static enum seki_result check_network(const struct policy_allow *allow, struct seki_error *why)
{
    bool is_wanted = allow->evidence == POLICY_EVIDENCE_NETWORK;
    if (!is_wanted && allow->network.octet_count != 0)
        return refuse(why, "a network belongs to the evidence \"network\" only");
    if (!is_wanted)
        return SEKI_OK;
    if (allow->network.octet_count != 4 && allow->network.octet_count != 16)
        return refuse(why, "the evidence \"network\" needs a network, as 192.0.2.0/24");
    if (allow->prefix_bits == 0 || allow->prefix_bits > allow->network.octet_count * 8u)
        return refuse(why, "the network's prefix has 1 to 32 bits, or 128 for IPv6");
    return SEKI_OK;
}

/* @param allow  its names become what is kept */
static enum seki_result check_names(struct policy_allow *allow, struct seki_arena *arena, struct seki_error *why)
{
    bool has_domain = allow->evidence == POLICY_EVIDENCE_DKIM || allow->evidence == POLICY_EVIDENCE_SPF;
    if (has_domain && allow->domain.len == 0)
        return refuse(why, "the evidence \"dkim\" or \"spf\" needs the domain that must pass");
    if (!has_domain && allow->domain.len > 0)
        return refuse(why, "a domain that must pass belongs to the evidence \"dkim\" or \"spf\" only");
    if (allow->author_domain.len == 0 && allow->evidence == POLICY_EVIDENCE_NONE)
        return refuse(why, "an entry that asks for no evidence needs an author domain");
    if (allow->author_domain.len == 0)
        allow->includes_subdomains = false; /* it stands for every author as it is */
    enum seki_result result = SEKI_OK;
    if (allow->author_domain.len > 0)
        result = store_check_domain(allow->author_domain, "the author domain", arena, &allow->author_domain, why);
    if (result == SEKI_OK && has_domain)
        result = store_check_domain(allow->domain, "the domain that must pass", arena, &allow->domain, why);
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

/* ---- changing ---- */

static struct seki_str network_of(const struct policy_allow *allow, struct seki_arena *arena)
{
    return allow->evidence == POLICY_EVIDENCE_NETWORK
               ? store_network_write(&allow->network, allow->prefix_bits, arena)
               : (struct seki_str){ "", 0 };
}

static struct seki_str as_json(const struct store_allow_entry *entry, struct seki_arena *arena)
{
    struct store_json json;
    store_json_begin(&json, arena);
    store_json_str(&json, "author_domain", entry->allow.author_domain);
    store_json_bool(&json, "includes_subdomains", entry->allow.includes_subdomains);
    store_json_str(&json, "evidence", seki_str_of(policy_evidence_name(entry->allow.evidence)));
    store_json_str(&json, "evidence_domain", entry->allow.domain);
    store_json_str(&json, "network", network_of(&entry->allow, arena));
    store_json_int(&json, "expires_at", entry->allow.expires_at_s);
    store_json_str(&json, "note", entry->note);
    store_json_str(&json, "owner", entry->owner);
    store_json_str(&json, "warned", entry->warned);
    return store_json_end(&json);
}

static enum seki_result check_not_there(struct sql *sql, const struct store_allow_entry *entry,
                                        struct seki_str network, struct seki_error *why)
{
    int64_t id;
    bool is_found;
    const struct policy_allow *allow = &entry->allow;
    enum seki_result result = store_read_number(
        sql,
        "SELECT id FROM allow_entry WHERE domain_id = $1 AND author_domain = $2 AND includes_subdomains = $3"
        " AND evidence = $4 AND evidence_domain = $5 AND network = $6",
        SQL_VALUES(SQL_OF_INT(entry->domain_id), SQL_OF_STR(allow->author_domain),
                   SQL_OF_INT(allow->includes_subdomains),
                   SQL_OF_STR(seki_str_of(policy_evidence_name(allow->evidence))), SQL_OF_STR(allow->domain),
                   SQL_OF_STR(network)),
        &id, &is_found, why);
    if (result == SEKI_OK && is_found) {
        seki_error_set(why, "there is such an entry already, number %lld; change that", (long long)id);
        return SEKI_BAD_INPUT;
    }
    return result;
}

static enum seki_result insert(struct store_change *change, const struct store_allow_entry *entry,
                               const struct store_domain *domain, struct seki_arena *arena, int64_t *id_out,
                               struct seki_error *why)
{
    const struct policy_allow *allow = &entry->allow;
    struct seki_str network = network_of(allow, arena);
    enum seki_result result = check_not_there(store_change_sql(change), entry, network, why);
    struct store_audit_line line = { .action = "allow.add",
                                     .tenant = domain->tenant_name,
                                     .domain = domain->name,
                                     .object = allow->author_domain,
                                     .after = as_json(entry, arena) };
    if (result == SEKI_OK && (line.after.len == 0 || !network.ptr))
        result = store_no_room(arena, why);
    if (result != SEKI_OK)
        return result;
    return store_change_write(
        change,
        "INSERT INTO allow_entry (domain_id, author_domain, includes_subdomains, evidence, evidence_domain,"
        " network, expires_at_s, note, owner, warned, created_at_s, hit_count, last_hit_at_s)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 0) RETURNING id",
        SQL_VALUES(SQL_OF_INT(domain->id), SQL_OF_STR(allow->author_domain), SQL_OF_INT(allow->includes_subdomains),
                   SQL_OF_STR(seki_str_of(policy_evidence_name(allow->evidence))), SQL_OF_STR(allow->domain),
                   SQL_OF_STR(network), SQL_OF_INT(allow->expires_at_s), SQL_OF_STR(entry->note),
                   SQL_OF_STR(entry->owner), SQL_OF_STR(entry->warned), SQL_OF_INT(store_change_at_s(change))),
        &line, id_out, why);
}

static enum seki_result check(struct sql *sql, struct store_allow_entry *entry, int64_t now_s,
                              struct seki_arena *arena, struct seki_error *why)
{
    if (entry->allow.evidence >= POLICY_EVIDENCE_COUNT)
        return refuse(why, "that is no kind of evidence");
    if (entry->allow.evidence != POLICY_EVIDENCE_NONE)
        entry->warned = (struct seki_str){ "", 0 };
    enum seki_result result = check_names(&entry->allow, arena, why);
    if (result == SEKI_OK)
        result = check_network(&entry->allow, why);
    if (result == SEKI_OK)
        result = check_terms(entry, now_s, why);
    return result == SEKI_OK ? check_room(sql, entry->domain_id, why) : result;
}

enum seki_result store_allow_add(struct store_change *change, const struct store_allow_entry *entry,
                                 uint64_t *id_out, struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    struct store_allow_entry kept = *entry;
    struct store_domain domain;
    int64_t id = 0;
    enum seki_result result = check(store_change_sql(change), &kept, store_change_at_s(change), arena, why);
    if (result == SEKI_OK)
        result = store_domain_get(store_change_sql(change), entry->domain_id, arena, &domain, why);
    if (result == SEKI_OK)
        result = insert(change, &kept, &domain, arena, &id, why);
    if (result == SEKI_OK)
        result = store_change_touch_domain(change, entry->domain_id, why);
    if (result == SEKI_OK && id_out)
        *id_out = (uint64_t)id;
    seki_arena_free(arena);
    return result;
}

static enum seki_result write_change(struct store_change *change, const struct store_allow_entry *before,
                                     const struct store_allow_entry *after, const struct store_domain *domain,
                                     struct seki_arena *arena, struct seki_error *why)
{
    struct store_audit_line line = { .action = "allow.change",
                                     .tenant = domain->tenant_name,
                                     .domain = domain->name,
                                     .object = after->allow.author_domain,
                                     .before = as_json(before, arena),
                                     .after = as_json(after, arena) };
    if (line.before.len == 0 || line.after.len == 0)
        return store_no_room(arena, why);
    if (seki_str_equal(line.before, line.after))
        return SEKI_OK;
    enum seki_result result = store_change_write(
        change, "UPDATE allow_entry SET note = $1, owner = $2, warned = $3, expires_at_s = $4 WHERE id = $5",
        SQL_VALUES(SQL_OF_STR(after->note), SQL_OF_STR(after->owner), SQL_OF_STR(after->warned),
                   SQL_OF_INT(after->allow.expires_at_s), SQL_OF_INT(after->allow.id)),
        &line, NULL, why);
    return result == SEKI_OK ? store_change_touch_domain(change, after->domain_id, why) : result;
}

enum seki_result store_allow_change(struct store_change *change, const struct store_allow_entry *entry,
                                    struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    struct store_allow_entry before, after;
    struct store_domain domain;
    enum seki_result result = store_allow_get(store_change_sql(change), entry->allow.id, arena, &before, why);
    if (result == SEKI_OK) {
        after = before;
        after.note = entry->note;
        after.owner = entry->owner;
        if (after.allow.evidence == POLICY_EVIDENCE_NONE)
            after.warned = entry->warned;
        after.allow.expires_at_s = entry->allow.expires_at_s;
        result = check_terms(&after, store_change_at_s(change), why);
    }
    if (result == SEKI_OK)
        result = store_domain_get(store_change_sql(change), before.domain_id, arena, &domain, why);
    if (result == SEKI_OK)
        result = write_change(change, &before, &after, &domain, arena, why);
    seki_arena_free(arena);
    return result;
}

static enum seki_result delete_entry(struct store_change *change, const struct store_allow_entry *entry,
                                     const struct store_domain *domain, struct seki_arena *arena,
                                     struct seki_error *why)
{
    struct store_audit_line line = { .action = "allow.remove",
                                     .tenant = domain->tenant_name,
                                     .domain = domain->name,
                                     .object = entry->allow.author_domain,
                                     .before = as_json(entry, arena) };
    if (line.before.len == 0)
        return store_no_room(arena, why);
    return store_change_write(change, "DELETE FROM allow_entry WHERE id = $1",
                              SQL_VALUES(SQL_OF_INT(entry->allow.id)), &line, NULL, why);
}

enum seki_result store_allow_remove(struct store_change *change, uint64_t id, struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(WORK_OCTETS);
    struct store_allow_entry entry;
    struct store_domain domain;
    enum seki_result result = store_allow_get(store_change_sql(change), id, arena, &entry, why);
    if (result == SEKI_OK)
        result = store_domain_get(store_change_sql(change), entry.domain_id, arena, &domain, why);
    if (result == SEKI_OK)
        result = delete_entry(change, &entry, &domain, arena, why);
    if (result == SEKI_OK)
        result = store_change_touch_domain(change, entry.domain_id, why);
    seki_arena_free(arena);
    return result;
}

enum seki_result store_allow_forget(struct store_change *change, int64_t domain_id, struct seki_error *why)
{
    struct seki_arena *arena = seki_arena_new(16u * 1024u * 1024u);
    const struct store_allow_entry *entries = NULL;
    struct store_domain domain;
    size_t count = 0;
    enum seki_result result = store_domain_get(store_change_sql(change), domain_id, arena, &domain, why);
    if (result == SEKI_OK)
        result = store_allow_list(store_change_sql(change), domain_id, arena, &entries, &count, why);
    for (size_t i = 0; result == SEKI_OK && i < count; i++)
        result = delete_entry(change, &entries[i], &domain, arena, why);
    seki_arena_free(arena);
    return result;
}

/* ---- hits ---- */

static int by_id(const void *a, const void *b)
{
    uint64_t left = ((const struct store_allow_hit *)a)->id, right = ((const struct store_allow_hit *)b)->id;
    return (left > right) - (left < right);
}

enum seki_result store_allow_count_hits(struct sql *sql, struct store_allow_hit *hits, size_t count,
                                        struct seki_error *why)
{
    qsort(hits, count, sizeof(*hits), by_id);
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; result == SEKI_OK && i < count; i++)
        result =
            sql_run(sql,
                    "UPDATE allow_entry SET hit_count = hit_count + $1,"
                    " last_hit_at_s = CASE WHEN last_hit_at_s < $2 THEN $2 ELSE last_hit_at_s END"
                    " WHERE id = $3",
                    SQL_VALUES(SQL_OF_INT(hits[i].count), SQL_OF_INT(hits[i].last_at_s), SQL_OF_INT(hits[i].id)),
                    NULL, why);
    return result;
}
