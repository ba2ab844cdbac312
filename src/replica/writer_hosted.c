/* Tenants and domains as entries: of a domain its record, its allow entries and its place among look-alikes. */
#include "replica/writer_parts.h"

#include "policy/lookalike.h"

#include <stdlib.h>

#define PUTS_A_TRANSACTION 50000u /* of a rebuild: keeps the list of changed pages short */

/* ---- allow entries: those of one author stand together ---- */

static int compare_authors(const void *a, const void *b)
{
    const struct seki_str left = (*(const struct policy_allow *const *)a)->author_domain;
    const struct seki_str right = (*(const struct policy_allow *const *)b)->author_domain;
    size_t len = left.len < right.len ? left.len : right.len;
    int order = len > 0 ? memcmp(left.ptr, right.ptr, len) : 0;
    return order != 0 ? order : (left.len > right.len) - (left.len < right.len);
}

static enum seki_result put_sorted(struct replica_operation *o, const struct policy_allow **sorted)
{
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; i < o->hosted->entry_count && result == SEKI_OK;) {
        const struct seki_str author = sorted[i]->author_domain;
        struct replica_key key;
        struct seki_buf *value = replica_value_begin(o->writer);
        for (; i < o->hosted->entry_count && seki_str_equal(sorted[i]->author_domain, author); i++)
            policy_allow_encode(sorted[i], value);
        if (!replica_key_of_allow(o->hosted->domain_id, author, &key)) {
            seki_error_set(o->why, "an allow entry names an author domain of more than 255 octets");
            return SEKI_BAD_INPUT;
        }
        result = replica_entry_put(o->writer, &key, o->why);
    }
    return result;
}

static enum seki_result put_allow(struct replica_operation *o)
{
    if (o->hosted->entry_count == 0)
        return SEKI_OK;
    const struct policy_allow **sorted = calloc(o->hosted->entry_count, sizeof *sorted);
    if (sorted == NULL) {
        seki_error_set(o->why, "no memory for allow entries");
        return SEKI_SYSTEM;
    }
    for (size_t i = 0; i < o->hosted->entry_count; i++)
        sorted[i] = &o->hosted->entries[i];
    qsort(sorted, o->hosted->entry_count, sizeof *sorted, compare_authors);
    enum seki_result result = put_sorted(o, sorted);
    free(sorted);
    return result;
}

/* The first key at or behind the prefix, when it begins with it; copied, for the page may change. */
static enum seki_result first_with_prefix(struct replica_writer *writer, const struct replica_key *prefix,
                                          struct replica_key *key_out, struct seki_error *why)
{
    MDB_cursor *cursor;
    MDB_val k = mdb_val_of(replica_key_str(prefix)), v;
    key_out->len = 0;
    int code = mdb_cursor_open(writer->txn, writer->target->table, &cursor);
    if (code != 0)
        return replica_write_failure(code, why);
    code = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE);
    mdb_cursor_close(cursor);
    if (code == MDB_NOTFOUND)
        return SEKI_OK;
    const struct seki_str found = { k.mv_data, k.mv_size };
    if (code == 0 && found.len <= REPLICA_KEY_MAX && seki_str_starts_with(found, replica_key_str(prefix))) {
        memcpy(key_out->octets, found.ptr, found.len);
        key_out->len = found.len;
    }
    return replica_write_failure(code, why);
}

static enum seki_result drop_allow(struct replica_writer *writer, uint64_t domain_id, struct seki_error *why)
{
    struct replica_key prefix, key;
    if (!replica_key_of_allow(domain_id, SEKI_STR(""), &prefix))
        return SEKI_USAGE;
    for (;;) {
        enum seki_result result = first_with_prefix(writer, &prefix, &key, why);
        if (result != SEKI_OK || key.len == 0)
            return result;
        result = replica_entry_drop(writer, replica_key_str(&key), why);
        if (result != SEKI_OK)
            return result;
    }
}

/* ---- look-alikes ---- */

/* The list of names with this look-alike key, without this one, and with it added when it is to be there. */
static enum seki_result change_lookalike(struct replica_writer *writer, struct seki_str name, bool is_there,
                                         struct seki_error *why)
{
    char text[POLICY_LOOKALIKE_KEY_MAX];
    struct replica_key key;
    struct seki_str list = SEKI_STR(""), one;
    struct seki_str lookalike_key = policy_lookalike_key(name, text);
    if (lookalike_key.len == 0 || !replica_key_of_lookalike(lookalike_key, &key))
        return SEKI_OK; /* nobody can be taken for it */
    if (replica_entry_get(writer, &key, &list) == REPLICA_MISSING)
        return replica_write_damaged(why);
    struct seki_buf *value = replica_value_begin(writer);
    if (is_there)
        replica_name_encode(name, value);
    while (replica_name_decode(&list, &one))
        if (!seki_str_equal(one, name))
            replica_name_encode(one, value);
    if (value->len == REPLICA_CHECK_OCTETS)
        return replica_entry_drop(writer, replica_key_str(&key), why);
    return replica_entry_put(writer, &key, why);
}

/* ---- domains ---- */

enum seki_result replica_write_removal(struct replica_operation *o)
{
    struct replica_writer *writer = o->writer;
    struct replica_key key;
    struct replica_record record;
    struct seki_str payload;
    if (!replica_key_of_domain(o->name, &key))
        return SEKI_OK;
    enum replica_found found = replica_entry_get(writer, &key, &payload);
    if (found == REPLICA_NO)
        return SEKI_OK;
    if (found == REPLICA_MISSING || !replica_record_decode(payload, &record))
        return replica_write_damaged(o->why);
    enum seki_result result = drop_allow(writer, record.domain_id, o->why);
    if (result == SEKI_OK)
        result = change_lookalike(writer, o->name, false, o->why);
    return result == SEKI_OK ? replica_entry_drop(writer, replica_key_str(&key), o->why) : result;
}

static enum seki_result put_record(struct replica_operation *o)
{
    struct replica_key key;
    const struct replica_hosted *hosted = o->hosted;
    const struct replica_record record = { .domain_id = hosted->domain_id,
                                           .tenant_id = hosted->tenant_id,
                                           .policy_revision = hosted->policy_revision,
                                           .allow_count = hosted->entry_count,
                                           .includes_subdomains = hosted->includes_subdomains,
                                           .is_confirmed = hosted->is_confirmed,
                                           .choices = SEKI_STR("") };
    if (hosted->name.len == 0 || !replica_key_of_domain(hosted->name, &key)) {
        seki_error_set(o->why, "a domain's name has 1 to 255 octets");
        return SEKI_BAD_INPUT;
    }
    struct seki_buf *value = replica_value_begin(o->writer);
    replica_record_encode(&record, value);
    for (size_t i = 0; i < hosted->choice_count; i++)
        replica_choice_encode(&hosted->choices[i], value);
    return replica_entry_put(o->writer, &key, o->why);
}

/* Of a domain that is there already, name and look-alikes stay as they are: most changes touch one page. */
static enum seki_result make_room(struct replica_operation *o, bool *is_new_out)
{
    struct replica_key key;
    struct replica_record record;
    struct seki_str payload;
    enum replica_found found = REPLICA_NO;
    if (replica_key_of_domain(o->name, &key))
        found = replica_entry_get(o->writer, &key, &payload);
    *is_new_out = found == REPLICA_NO;
    if (found == REPLICA_NO)
        return SEKI_OK;
    if (found == REPLICA_MISSING || !replica_record_decode(payload, &record))
        return replica_write_damaged(o->why);
    return record.allow_count > 0 ? drop_allow(o->writer, record.domain_id, o->why) : SEKI_OK;
}

static enum seki_result count_put(struct replica_writer *writer, struct seki_error *why)
{
    bool is_much = replica_is_rebuild(writer) && ++writer->puts >= PUTS_A_TRANSACTION;
    return is_much ? replica_transaction_next(writer, why) : SEKI_OK;
}

enum seki_result replica_write_domain(struct replica_operation *o)
{
    struct replica_writer *writer = o->writer;
    bool is_new;
    enum seki_result result = make_room(o, &is_new);
    if (result == SEKI_OK)
        result = put_record(o);
    if (result == SEKI_OK)
        result = put_allow(o);
    if (result == SEKI_OK && is_new)
        result = change_lookalike(writer, o->name, true, o->why);
    return result == SEKI_OK ? count_put(writer, o->why) : result;
}

enum seki_result replica_write_tenant(struct replica_operation *o)
{
    const struct replica_key key = replica_key_of_tenant(o->tenant->tenant_id);
    replica_tenant_encode(o->tenant, replica_value_begin(o->writer));
    enum seki_result result = replica_entry_put(o->writer, &key, o->why);
    return result == SEKI_OK ? count_put(o->writer, o->why) : result;
}
