/* Names in a hash table; each name that is in the file brings its ancestors along, so that an empty non-terminal
 * exists, and so that the closest encloser of a missing name (RFC 4592 section 3.3.1) is found by taking labels off. */
#include "dns/driver/master_file.h"

#include "base/i18n.h"
#include "dns/driver/file.h"
#include "dns/driver/master_reader.h"

#define MAX_FILE_OCTETS (64u * 1024u * 1024u)
#define MAX_MEMORY      (1024u * 1024u * 1024u)
#define FIRST_BUCKETS   1024u /* a power of two */

struct rrset {
    struct rrset *next;
    struct master_record *first, *last;
    size_t count;
    uint16_t type;
};

struct node {
    struct node *next; /* in its bucket */
    struct rrset *rrsets;
    const uint8_t *name;
    uint32_t hash;
    uint8_t name_len;
};

struct master_file {
    struct seki_arena *arena;
    struct node **buckets;
    size_t bucket_count, node_count, record_count;
};

static uint32_t hash_of(const struct seki_dns_name *name)
{
    return seki_str_hash_nocase((struct seki_str){ (const char *)name->octets, name->len });
}

static struct node *find_node(const struct master_file *file, const struct seki_dns_name *name)
{
    uint32_t hash = hash_of(name);
    struct node *node = file->buckets[hash & (file->bucket_count - 1)];
    while (node != NULL &&
           (node->hash != hash || node->name_len != name->len || memcmp(node->name, name->octets, name->len) != 0))
        node = node->next;
    return node;
}

static void insert(struct node **buckets, size_t bucket_count, struct node *node)
{
    struct node **bucket = &buckets[node->hash & (bucket_count - 1)];
    node->next = *bucket;
    *bucket = node;
}

static bool grow(struct master_file *file)
{
    size_t count = file->bucket_count * 2;
    struct node **buckets = calloc(count, sizeof(struct node *));
    if (buckets == NULL)
        return false;
    for (size_t i = 0; i < file->bucket_count; i++)
        for (struct node *node = file->buckets[i], *next; node != NULL; node = next) {
            next = node->next;
            insert(buckets, count, node);
        }
    free(file->buckets);
    file->buckets = buckets;
    file->bucket_count = count;
    return true;
}

static struct node *add_node(struct master_file *file, const struct seki_dns_name *name)
{
    if (file->node_count >= file->bucket_count && !grow(file))
        return NULL;
    struct node *node = seki_arena_alloc(file->arena, 1, sizeof *node);
    char *octets = seki_arena_octets(file->arena, name->len);
    if (node == NULL || octets == NULL)
        return NULL;
    memcpy(octets, name->octets, name->len);
    *node = (struct node){ .name = (uint8_t *)octets, .name_len = name->len, .hash = hash_of(name) };
    insert(file->buckets, file->bucket_count, node);
    file->node_count++;
    return node;
}

/* The node of a name; made, with its ancestors, when it is not there. */
static struct node *node_for(struct master_file *file, const struct seki_dns_name *name)
{
    struct node *node = find_node(file, name);
    if (node != NULL)
        return node;
    struct seki_dns_name ancestor = *name;
    node = add_node(file, name);
    while (node != NULL && !seki_dns_name_is_root(&ancestor)) {
        seki_dns_name_parent(&ancestor, &ancestor);
        if (find_node(file, &ancestor) != NULL)
            return node;
        if (add_node(file, &ancestor) == NULL)
            return NULL;
    }
    return node;
}

static struct rrset *find_rrset(const struct node *node, uint16_t type)
{
    struct rrset *set = node->rrsets;
    while (set != NULL && set->type != type)
        set = set->next;
    return set;
}

/* "If a CNAME RR is present at a node, no other data should be present" (RFC 1034 section 3.6.2). */
static bool check_alias(const struct node *node, uint16_t type, struct seki_error *why)
{
    bool is_alias = find_rrset(node, SEKI_RR_CNAME) != NULL;
    if (is_alias ? type == SEKI_RR_CNAME : type != SEKI_RR_CNAME || node->rrsets == NULL)
        return true;
    seki_error_set(why, "a CNAME cannot stand beside other records of the same name");
    return false;
}

static bool holds(const struct rrset *set, const struct master_entry *entry)
{
    for (const struct master_record *r = set->first; r != NULL; r = r->next)
        if (r->rdata_len == entry->rdata_len && memcmp(r->rdata, entry->rdata, entry->rdata_len) == 0)
            return true;
    return false;
}

static struct rrset *rrset_for(struct master_file *file, struct node *node, uint16_t type)
{
    struct rrset *set = find_rrset(node, type);
    if (set != NULL)
        return set;
    set = seki_arena_alloc(file->arena, 1, sizeof *set);
    if (set == NULL)
        return NULL;
    *set = (struct rrset){ .type = type, .next = node->rrsets };
    node->rrsets = set;
    return set;
}

static bool append(struct master_file *file, struct rrset *set, const struct master_entry *entry)
{
    struct master_record *record = seki_arena_alloc(file->arena, 1, sizeof *record);
    char *rdata = seki_arena_octets(file->arena, entry->rdata_len);
    if (record == NULL || rdata == NULL)
        return false;
    memcpy(rdata, entry->rdata, entry->rdata_len);
    *record = (struct master_record){ .rdata = (uint8_t *)rdata,
                                      .rdata_len = (uint16_t)entry->rdata_len,
                                      .has_long_string = entry->has_long_string,
                                      .ttl_s = entry->ttl_s };
    if (set->last != NULL)
        set->last->next = record;
    else
        set->first = record;
    set->last = record;
    set->count++;
    file->record_count++;
    return true;
}

/* One CNAME: RFC 2181 section 10.1. */
static bool check_count(const struct rrset *set, struct seki_error *why)
{
    if (set->type == SEKI_RR_CNAME && set->count > 0)
        seki_error_set(why, "a name can have only one CNAME");
    else if (set->count == DNS_RECORDS_MAX)
        seki_error_set(why, "more than %u records of one name and type", DNS_RECORDS_MAX);
    else
        return true;
    return false;
}

static bool add_record(struct master_file *file, struct node *node, const struct master_entry *entry,
                       struct seki_error *why)
{
    if (!check_alias(node, entry->type, why))
        return false;
    struct rrset *set = rrset_for(file, node, entry->type);
    if (set == NULL)
        return false;
    if (holds(set, entry))
        return true; /* "duplicate RRs ... must be suppressed" (RFC 2181 section 5) */
    return check_count(set, why) && append(file, set, entry);
}

static bool on_entry(void *user, const struct master_entry *entry, struct seki_error *why)
{
    struct master_file *file = user;
    seki_error_set(why, "no memory for more records");
    struct node *node = node_for(file, entry->owner);
    return node != NULL && (entry->rdata == NULL || add_record(file, node, entry, why));
}

static struct master_file *master_file_new(void)
{
    struct master_file *file = calloc(1, sizeof *file);
    if (file == NULL)
        return NULL;
    file->arena = seki_arena_new(MAX_MEMORY);
    file->buckets = calloc(FIRST_BUCKETS, sizeof(struct node *));
    file->bucket_count = FIRST_BUCKETS;
    if (file->arena != NULL && file->buckets != NULL)
        return file;
    master_file_free(file);
    return NULL;
}

void master_file_free(struct master_file *file)
{
    if (file == NULL)
        return;
    if (file->arena != NULL)
        seki_arena_free(file->arena);
    free(file->buckets);
    free(file);
}

struct master_file *master_file_parse(struct seki_str text, const char *name, struct seki_error *why)
{
    struct master_file *file = master_file_new();
    if (file == NULL)
        seki_error_set(why, "%s: no memory to read it", name);
    else if (master_read(&(struct master_text){ .text = text, .file_name = name }, on_entry, file, why))
        return file;
    master_file_free(file);
    return NULL;
}

struct master_file *master_file_load(const char *path, struct seki_error *why)
{
    struct seki_buf text;
    struct master_file *file = NULL;
    if (dns_file_read(path, MAX_FILE_OCTETS, &text, why))
        file = master_file_parse(seki_buf_str(&text), path, why);
    seki_buf_release(&text);
    return file;
}

size_t master_file_record_count(const struct master_file *file)
{
    return file->record_count;
}

/* RFC 4592 section 3.3: a name that does not exist is answered from "*.<closest encloser>", if that exists. */
static const struct node *find_wildcard(const struct master_file *file, const struct seki_dns_name *name)
{
    struct seki_dns_name encloser = *name, wildcard = { .len = 2, .octets = "\1*" };
    do
        seki_dns_name_parent(&encloser, &encloser);
    while (!seki_dns_name_is_root(&encloser) && find_node(file, &encloser) == NULL);
    if (encloser.len > DNS_NAME_MAX - wildcard.len)
        return NULL;
    memcpy(wildcard.octets + wildcard.len, encloser.octets, encloser.len);
    wildcard.len = (uint8_t)(wildcard.len + encloser.len);
    return find_node(file, &wildcard);
}

/* Is there a zone cut (RFC 1034 section 4.2.1) between this name and the SOA above it? A file without a SOA is a
 * handful of records to try, and its NS records mean nothing to us. */
static bool is_delegated(const struct master_file *file, const struct seki_dns_name *name, uint16_t type)
{
    bool has_cut = false;
    struct seki_dns_name at = *name;
    if (type == SEKI_RR_DS)
        seki_dns_name_parent(&at, &at);
    for (;; seki_dns_name_parent(&at, &at)) {
        const struct node *node = find_node(file, &at);
        if (node != NULL && find_rrset(node, DNS_TYPE_SOA) != NULL)
            return has_cut;
        has_cut = has_cut || (node != NULL && find_rrset(node, SEKI_RR_NS) != NULL);
        if (seki_dns_name_is_root(&at))
            return false;
    }
}

enum master_found master_file_find(const struct master_file *file, const struct seki_dns_name *name, uint16_t type,
                                   const struct master_record **records_out)
{
    *records_out = NULL;
    if (is_delegated(file, name, type))
        return MASTER_DELEGATED;
    const struct node *node = find_node(file, name);
    if (node == NULL)
        node = find_wildcard(file, name);
    if (node == NULL)
        return MASTER_NXDOMAIN;
    const struct rrset *set = find_rrset(node, type);
    enum master_found found = MASTER_FOUND;
    if (set == NULL) {
        set = find_rrset(node, SEKI_RR_CNAME);
        found = set != NULL ? MASTER_ALIAS : MASTER_NODATA;
    }
    *records_out = set != NULL ? set->first : NULL;
    return found;
}

void master_record_target(const struct master_record *cname, struct seki_dns_name *target_out)
{
    struct seki_dns_cursor c = seki_dns_cursor_of(cname->rdata, cname->rdata_len);
    seki_dns_name_read(&c, target_out);
}

static void collect(const struct master_record *record, enum seki_rr_type type, struct seki_dns_records *records)
{
    for (; record != NULL; record = record->next) {
        struct seki_dns_cursor rdata = seki_dns_cursor_of(record->rdata, record->rdata_len);
        size_t count = records->count;
        seki_dns_records_note_ttl(records, record->ttl_s);
        (void)seki_dns_records_add(records, type, &rdata, record->rdata_len); /* written by our own reader */
        if (records->count > count)
            records->records[count].has_long_string = record->has_long_string;
    }
}

void master_file_answer(const struct master_file *file, const struct seki_answer *question,
                        struct seki_dns_records *records, struct seki_answer *outcome_out)
{
    struct seki_dns_name name;
    const struct master_record *record;
    enum master_found found = MASTER_NXDOMAIN;
    seki_dns_records_clear(records);
    *outcome_out = (struct seki_answer){ .status = SEKI_ANSWER_NXDOMAIN };
    unsigned cnames = 0;
    bool is_name = seki_dns_name_from_text(question->name, &name);
    while (is_name && (found = master_file_find(file, &name, (uint16_t)question->type, &record)) == MASTER_ALIAS) {
        if (cnames++ == MASTER_MAX_CNAMES) {
            *outcome_out = (struct seki_answer){ .status = SEKI_ANSWER_FAILED,
                                                 .failure = SEKI_STR(N_("a chain of CNAMEs without an end")) };
            return;
        }
        seki_dns_records_note_ttl(records, record->ttl_s);
        master_record_target(record, &name);
    }
    if (found == MASTER_NXDOMAIN)
        return;
    if (found == MASTER_DELEGATED) {
        *outcome_out =
            (struct seki_answer){ .status = SEKI_ANSWER_FAILED,
                                  .failure = SEKI_STR(N_("delegated: the answer stands in another zone")) };
        return;
    }
    collect(record, question->type, records);
    seki_dns_records_conclude(records, outcome_out);
}
