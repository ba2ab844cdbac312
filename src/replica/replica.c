#include "replica/replica.h"

#include "policy/lookalike.h"
#include "replica/damage_report.h"
#include "replica/fault_guard.h"
#include "replica/generation.h"

#define REFRESH_EVERY_US (200 * 1000)
#define TRIES_MAX        8 /* of one look-up beside commits; one every few milliseconds is much */
#define OPEN_TRIES_MAX   3 /* each of a damaged one leaves something behind (replica_generation_close()) */

struct replica {
    char *folder;
    struct replica_generation generation;
    char condemned[REPLICA_GENERATION_NAME_MAX]; /* could not be read, and is not tried again */
    int64_t refreshed_at_us;
    bool is_refreshed;
};

/* ---- which generation ---- */

static bool has_generation(const struct replica *replica)
{
    return replica->generation.env != NULL;
}

static void condemn(struct replica *replica, const char *name)
{
    memmove(replica->condemned, name, strlen(name) + 1);
    replica_damage_report(replica->folder, name);
    replica_generation_close(&replica->generation);
}

/* A generation stays until there is another one: should the folder vanish, what was known last still holds. One that is
 * replaced or changed while it is opened is not damaged: it is tried again, by the name that then counts. */
static void follow(struct replica *replica)
{
    char name[REPLICA_GENERATION_NAME_MAX];
    for (int tries = 0; tries < OPEN_TRIES_MAX; tries++) {
        struct replica_generation next;
        if (!replica_generation_current(replica->folder, name) || strcmp(name, replica->generation.name) == 0 ||
            strcmp(name, replica->condemned) == 0)
            return;
        if (!replica_generation_open(replica->folder, name, &next, NULL))
            continue;
        replica_generation_close(&replica->generation);
        replica->generation = next;
        replica->condemned[0] = '\0';
        return;
    }
    condemn(replica, name);
}

static void look_at_size(void *context)
{
    struct replica *replica = context;
    if (!replica_generation_is_whole(&replica->generation))
        replica_guard_escape();
}

static void refresh(struct replica *replica)
{
    replica_guard_install();
    if (has_generation(replica) && !replica_guarded(look_at_size, replica))
        condemn(replica, replica->generation.name);
    follow(replica);
}

struct replica *replica_open(const char *folder)
{
    struct replica *replica = calloc(1, sizeof *replica);
    if (replica == NULL)
        return NULL;
    replica->folder = strdup(folder);
    if (replica->folder == NULL) {
        free(replica);
        return NULL;
    }
    follow(replica);
    return replica;
}

void replica_close(struct replica *replica)
{
    if (replica == NULL)
        return;
    replica_generation_close(&replica->generation);
    free(replica->folder);
    free(replica);
}

void replica_refresh(struct replica *replica, int64_t now_us)
{
    if (replica->is_refreshed && now_us - replica->refreshed_at_us < REFRESH_EVERY_US)
        return;
    replica->refreshed_at_us = now_us;
    replica->is_refreshed = true;
    refresh(replica);
}

/* ---- one look-up, which sees one state ---- */

struct look_up {
    struct replica *replica;
    enum replica_found (*work)(struct replica *replica, void *context); /* inside the guard */
    void *context;
    int code; /* LMDB's, of beginning */
    enum replica_found found;
    uint64_t state;
    bool has_moved; /* the writer committed meanwhile: what was read may be of two states */
};

static uint64_t last_state(const struct replica *replica)
{
    MDB_envinfo info;
    return mdb_env_info(replica->generation.env, &info) == 0 ? info.me_last_txnid : 0;
}

static void try_once(void *context)
{
    struct look_up *l = context;
    MDB_txn *txn = l->replica->generation.txn;
    mdb_txn_reset(txn); /* of a try that a fault ended */
    l->found = REPLICA_MISSING;
    l->code = mdb_txn_renew(txn);
    if (l->code != 0)
        return;
    l->state = mdb_txn_id(txn);
    l->found = l->work(l->replica, l->context);
    mdb_txn_reset(txn);
    l->has_moved = last_state(l->replica) != l->state;
}

static void look_whether_moved(void *context)
{
    struct look_up *l = context;
    l->has_moved = last_state(l->replica) != l->state;
}

/* A map that has become too small for the file (the writer was started with more room) is opened anew. */
static bool open_again(struct replica *replica)
{
    replica_generation_close(&replica->generation);
    follow(replica);
    return has_generation(replica);
}

static enum replica_found look_up(struct replica *replica,
                                  enum replica_found (*work)(struct replica *replica, void *context), void *context)
{
    struct look_up l = { .replica = replica, .work = work, .context = context };
    for (int tries = 0; tries < TRIES_MAX && has_generation(replica); tries++) {
        l.has_moved = false;
        if (!replica_guarded(try_once, &l)) {
            if (replica_guarded(look_whether_moved, &l) && l.has_moved)
                continue;
            condemn(replica, replica->generation.name);
            return REPLICA_MISSING;
        }
        if (l.code == MDB_MAP_RESIZED && open_again(replica))
            continue;
        if (l.has_moved)
            continue;
        if (l.found == REPLICA_MISSING)
            replica_damage_report(replica->folder, replica->generation.name);
        return l.found;
    }
    return REPLICA_MISSING;
}

/* ---- the look-ups ---- */

/* The name without its first label; "" where a single one would be left, for that is a public suffix and nobody's domain. */
static struct seki_str parent_of(struct seki_str name)
{
    struct seki_str parent = seki_str_from(name, seki_str_find(name, '.') + 1);
    return seki_str_find(parent, '.') < parent.len ? parent : SEKI_STR("");
}

/* The entry that answers for a name: its own, or the nearest above it that includes subdomains. */
struct record_search {
    struct seki_str name; /* of the entry */
    struct replica_record record;
    bool has_family; /* there is one above it, whether it includes subdomains or not */
};

typedef enum replica_found get_function(const struct replica_generation *generation, const struct replica_key *key,
                                        struct seki_str *payload_out);

/* @param get  for the domain itself; those above it are rarely there */
static enum replica_found find_record(struct replica *replica, struct seki_str domain, get_function *get,
                                      struct record_search *s)
{
    for (s->name = domain; s->name.len > 0; s->name = parent_of(s->name), get = replica_generation_get) {
        struct replica_key key;
        struct seki_str payload;
        enum replica_found found = REPLICA_NO;
        if (replica_key_of_domain(s->name, &key))
            found = get(&replica->generation, &key, &payload);
        if (found == REPLICA_MISSING || (found == REPLICA_YES && !replica_record_decode(payload, &s->record)))
            return REPLICA_MISSING;
        s->has_family = s->has_family || found == REPLICA_YES;
        if (found == REPLICA_YES && (s->name.len == domain.len || s->record.includes_subdomains))
            return REPLICA_YES;
    }
    return REPLICA_NO;
}

struct domain_search {
    struct seki_str domain;
    struct seki_arena *arena;
    struct replica_domain found;
    struct seki_str choices; /* the domain's own */
    bool is_confirmed;
};

/* The record is the domain's; its tenant's is read in the same look-up, so that both are of one state. */
static enum replica_found search_domain(struct replica *replica, void *context)
{
    struct domain_search *s = context;
    struct record_search r = { .has_family = false };
    enum replica_found found = find_record(replica, s->domain, replica_generation_get_probable, &r);
    if (found != REPLICA_YES)
        return found;
    const struct replica_key key = replica_key_of_tenant(r.record.tenant_id);
    struct replica_tenant tenant;
    struct seki_str payload;
    if (!replica_generation_get_certain(&replica->generation, &key, &payload) ||
        !replica_tenant_decode(payload, &tenant))
        return REPLICA_MISSING;
    bool is_newer = r.record.policy_revision > tenant.policy_revision;
    s->found =
        (struct replica_domain){ .domain_id = r.record.domain_id,
                                 .tenant_id = r.record.tenant_id,
                                 .policy_revision = is_newer ? r.record.policy_revision : tenant.policy_revision,
                                 .shape = tenant.shape,
                                 .name = seki_arena_copy(s->arena, r.name),
                                 .policy = tenant.policy,
                                 .allow_count = r.record.allow_count };
    s->found.policy.junk_suffix = seki_arena_copy(s->arena, tenant.policy.junk_suffix);
    s->found.policy.subject_tag = seki_arena_copy(s->arena, tenant.policy.subject_tag);
    s->choices = seki_arena_copy(s->arena, r.record.choices);
    s->is_confirmed = r.record.is_confirmed;
    return REPLICA_YES;
}

/* What needs the arena only is done when the look-up is over. */
static void lay_choices(struct domain_search *s)
{
    struct replica_choice choice;
    while (replica_choice_decode(&s->choices, &choice))
        policy_lay(choice.name, choice.value, &s->found.policy);
    if (!s->is_confirmed)
        (void)policy_hold_back(&s->found.policy);
}

enum replica_found replica_find_domain(struct replica *replica, struct seki_str domain, struct seki_arena *arena,
                                       struct replica_domain *domain_out)
{
    *domain_out = (struct replica_domain){ 0 };
    struct domain_search s = { .domain = domain, .arena = arena };
    enum replica_found found = look_up(replica, search_domain, &s);
    if (found != REPLICA_YES)
        return found;
    if (s.found.name.ptr == NULL || s.found.policy.junk_suffix.ptr == NULL ||
        s.found.policy.subject_tag.ptr == NULL || s.choices.ptr == NULL)
        return REPLICA_MISSING; /* no room in the arena */
    lay_choices(&s);
    *domain_out = s.found;
    return REPLICA_YES;
}

struct allow_search {
    uint64_t domain_id;
    struct seki_str author_domain;
    struct seki_arena *arena;
    struct seki_buf octets; /* of all that could answer; an entry of a domain above must include subdomains */
};

static void keep_those_for_subdomains(struct seki_buf *octets, struct seki_str payload)
{
    struct policy_allow entry;
    for (struct seki_str rest = payload, before = rest; policy_allow_decode(&rest, &entry); before = rest)
        if (entry.includes_subdomains)
            seki_buf_add(octets, seki_str_head(before, before.len - rest.len));
}

static enum replica_found add_allow(struct replica *replica, struct allow_search *s, struct seki_str author,
                                    bool is_above)
{
    struct replica_key key;
    struct seki_str payload;
    if (!replica_key_of_allow(s->domain_id, author, &key))
        return REPLICA_NO;
    enum replica_found found = replica_generation_get(&replica->generation, &key, &payload);
    if (found == REPLICA_YES && is_above)
        keep_those_for_subdomains(&s->octets, payload);
    else if (found == REPLICA_YES)
        seki_buf_add(&s->octets, payload);
    return found;
}

static enum replica_found search_allow(struct replica *replica, void *context)
{
    struct allow_search *s = context;
    seki_buf_init_arena(&s->octets, s->arena, REPLICA_VALUE_MAX_OCTETS);
    for (struct seki_str author = s->author_domain; author.len > 0; author = parent_of(author))
        if (add_allow(replica, s, author, author.len < s->author_domain.len) == REPLICA_MISSING)
            return REPLICA_MISSING;
    return add_allow(replica, s, SEKI_STR(""), false) == REPLICA_MISSING ? REPLICA_MISSING : REPLICA_YES;
}

static size_t count_entries(struct seki_str octets)
{
    struct policy_allow entry;
    size_t count = 0;
    while (policy_allow_decode(&octets, &entry))
        count++;
    return count;
}

enum replica_found replica_find_allow(struct replica *replica, uint64_t domain_id, struct seki_str author_domain,
                                      struct seki_arena *arena, const struct policy_allow **entries_out,
                                      size_t *count_out)
{
    *entries_out = NULL;
    *count_out = 0;
    struct allow_search s = { .domain_id = domain_id, .author_domain = author_domain, .arena = arena };
    enum replica_found found = look_up(replica, search_allow, &s);
    if (found != REPLICA_YES || seki_buf_failed(&s.octets) != SEKI_OK)
        return REPLICA_MISSING;
    struct seki_str rest = seki_buf_str(&s.octets);
    size_t count = count_entries(rest);
    struct policy_allow *entries = seki_arena_alloc(arena, count, sizeof *entries);
    if (entries == NULL)
        return REPLICA_MISSING;
    while (*count_out < count && policy_allow_decode(&rest, &entries[*count_out]))
        ++*count_out;
    *entries_out = entries;
    return rest.len == 0 ? REPLICA_YES : REPLICA_MISSING;
}

struct author_search {
    struct seki_str domain;
    struct seki_arena *arena;
    struct replica_author found;
};

/* The look-alike of one name, which is not hosted itself. */
static enum replica_found search_lookalike_of(struct replica *replica, struct author_search *s,
                                              struct seki_str name)
{
    char text[POLICY_LOOKALIKE_KEY_MAX];
    struct replica_key key;
    struct seki_str payload, hosted;
    struct seki_str lookalike_key = policy_lookalike_key(name, text);
    if (lookalike_key.len == 0 || !replica_key_of_lookalike(lookalike_key, &key))
        return REPLICA_NO;
    enum replica_found found = replica_generation_get(&replica->generation, &key, &payload);
    if (found != REPLICA_YES)
        return found;
    if (!replica_name_decode(&payload, &hosted))
        return REPLICA_MISSING;
    s->found.lookalike_of = seki_arena_copy(s->arena, hosted);
    return REPLICA_YES;
}

/* What is hosted, or below a domain that is, belongs to it and looks like itself. */
static enum replica_found search_author(struct replica *replica, void *context)
{
    struct author_search *s = context;
    struct record_search r = { .has_family = false };
    s->found = (struct replica_author){ .lookalike_of = SEKI_STR("") };
    enum replica_found found = find_record(replica, s->domain, replica_generation_get, &r);
    s->found.is_hosted = found == REPLICA_YES;
    if (found != REPLICA_NO || r.has_family)
        return found;
    struct seki_str name = s->domain;
    do {
        found = search_lookalike_of(replica, s, name);
    } while (found == REPLICA_NO && policy_lookalike_parent(&name));
    return found;
}

enum replica_found replica_find_author(struct replica *replica, struct seki_str author_domain,
                                       struct seki_arena *arena, struct replica_author *author_out)
{
    struct author_search s = { .domain = author_domain, .arena = arena };
    enum replica_found found = look_up(replica, search_author, &s);
    *author_out = (struct replica_author){ .lookalike_of = SEKI_STR("") };
    if (found != REPLICA_YES)
        return found;
    if (s.found.lookalike_of.ptr == NULL)
        return REPLICA_MISSING; /* no room in the arena */
    *author_out = s.found;
    return REPLICA_YES;
}

static enum replica_found search_change_id(struct replica *replica, void *context)
{
    const struct replica_key key = replica_key_of_meta();
    struct replica_meta meta;
    struct seki_str payload;
    if (!replica_generation_get_certain(&replica->generation, &key, &payload) ||
        !replica_meta_decode(payload, &meta))
        return REPLICA_MISSING;
    *(uint64_t *)context = meta.change_id;
    return REPLICA_YES;
}

uint64_t replica_change_id(struct replica *replica)
{
    uint64_t change_id = 0;
    return look_up(replica, search_change_id, &change_id) == REPLICA_YES ? change_id : 0;
}
