/* A node's replica from text, and its journal as text, for tests without store and control role.
 *
 *     node_data replica FOLDER < lines        a whole new generation
 *     node_data domains FOLDER COUNT NAME     the same with so many domains: NAME, d1.example, d2.example …
 *     node_data domains FOLDER COUNT NAME --without-attachments    nobody looks at them
 *     node_data journal FOLDER                one line a record, segment after segment
 *
 * Lines, words apart by a space:
 *     domain NAME [tenant=N] [shape=WORD] [subdomains=yes] [OPTION=VALUE]…     (options of policy_option_table)
 *     allow [author=DOMAIN] [subdomains=yes] [evidence=WORD] [domain=DOMAIN] [network=ADDR/BITS] [expires=EPOCH]
 * A shape is the tenant's, and the last one counts. An "allow" belongs to the domain before it. "_" in a value stands for a space. */
#include "journal/reader.h"
#include "journal/record.h"
#include "replica/replica_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define LINE_MAX_OCTETS 4096
#define ENTRIES_MAX     64u
#define CHOICES_MAX     32u
#define MAP_OCTETS      (4ull << 30)

struct draft { /* of one domain */
    struct replica_tenant tenant;
    struct replica_hosted domain;
    bool is_there;
    struct replica_choice choices[CHOICES_MAX];
    struct policy_allow entries[ENTRIES_MAX];
};

static const char *at = "";

static void die(const char *sentence)
{
    fprintf(stderr, "node_data: %s: %s\n", at, sentence);
    exit(1);
}

static uint64_t number(struct seki_str text)
{
    uint64_t value = 0;
    if (!seki_str_to_u64(text, UINT32_MAX, &value))
        die("not a number");
    return value;
}

static enum policy_shape shape_named(struct seki_str word)
{
    for (unsigned shape = POLICY_DEDICATED; shape <= POLICY_GATEWAY; shape++) {
        if (seki_str_equal(word, seki_str_of(policy_shape_name((enum policy_shape)shape))))
            return (enum policy_shape)shape;
    }
    die("no such shape");
    return POLICY_DEDICATED;
}

static bool cut_pair(struct seki_str *rest, struct seki_str *name, struct seki_str *value)
{
    struct seki_str word;
    while (seki_str_split(rest, ' ', &word)) {
        if (word.len == 0)
            continue;
        size_t equals = seki_str_find(word, '=');
        *name = seki_str_head(word, equals);
        *value =
            equals < word.len ? (struct seki_str){ word.ptr + equals + 1, word.len - equals - 1 } : SEKI_STR("");
        return true;
    }
    return false;
}

static void begin_draft(struct draft *draft, uint64_t domain_id, uint64_t tenant_id)
{
    *draft = (struct draft){ .is_there = true,
                             .tenant = { .tenant_id = tenant_id, .policy = policy_default() },
                             .domain = { .domain_id = domain_id, .policy_revision = 1, .is_confirmed = true } };
}

static void read_choice(struct draft *draft, struct seki_str name, struct seki_str value)
{
    struct seki_error why = { "" };
    struct policy policy = policy_default();
    if (policy_option_find(name) == NULL || draft->domain.choice_count == CHOICES_MAX)
        die("no such option, or too many");
    if (policy_option_read(policy_option_find(name), value, &policy, &why) != SEKI_OK)
        die(why.text);
    draft->choices[draft->domain.choice_count++] = (struct replica_choice){ name, value };
}

static void read_domain(struct draft *draft, struct seki_str rest)
{
    static uint64_t next_id = 1;
    struct seki_str name, value;
    begin_draft(draft, next_id++, 1);
    if (!cut_pair(&rest, &draft->domain.name, &value))
        die("no name");
    while (cut_pair(&rest, &name, &value)) {
        if (seki_str_equal(name, SEKI_STR("tenant")))
            draft->tenant.tenant_id = number(value);
        else if (seki_str_equal(name, SEKI_STR("shape")))
            draft->tenant.shape = shape_named(value);
        else if (seki_str_equal(name, SEKI_STR("subdomains")))
            draft->domain.includes_subdomains = true;
        else
            read_choice(draft, name, value);
    }
}

static void read_network(struct policy_allow *entry, struct seki_str value)
{
    size_t slash = seki_str_find(value, '/');
    if (!seki_ip_parse(seki_str_head(value, slash), &entry->network))
        die("no network");
    entry->prefix_bits =
        slash < value.len ? (unsigned)number(seki_str_from(value, slash + 1)) : entry->network.octet_count * 8u;
}

static void read_allow(struct draft *draft, struct seki_str rest)
{
    static uint64_t next_id = 1;
    struct seki_str name, value;
    if (!draft->is_there || draft->domain.entry_count == ENTRIES_MAX)
        die("an allow entry without a domain, or too many");
    struct policy_allow *entry = &draft->entries[draft->domain.entry_count++];
    *entry = (struct policy_allow){ .id = next_id++, .author_domain = SEKI_STR(""), .domain = SEKI_STR("") };
    while (cut_pair(&rest, &name, &value)) {
        if (seki_str_equal(name, SEKI_STR("author")))
            entry->author_domain = value;
        else if (seki_str_equal(name, SEKI_STR("subdomains")))
            entry->includes_subdomains = true;
        else if (seki_str_equal(name, SEKI_STR("domain")))
            entry->domain = value;
        else if (seki_str_equal(name, SEKI_STR("network")))
            read_network(entry, value);
        else if (seki_str_equal(name, SEKI_STR("expires")))
            entry->expires_at_s = (int64_t)number(value);
        else if (!seki_str_equal(name, SEKI_STR("evidence")) || !policy_evidence_read(value, &entry->evidence))
            die("no such word of an allow entry");
    }
}

static void put(struct replica_writer *writer, struct draft *draft)
{
    struct seki_error why;
    if (!draft->is_there)
        return;
    draft->domain.tenant_id = draft->tenant.tenant_id;
    draft->domain.choices = draft->choices;
    draft->domain.entries = draft->entries;
    if (replica_put_tenant(writer, &draft->tenant, &why) != SEKI_OK ||
        replica_put_domain(writer, &draft->domain, &why) != SEKI_OK)
        die(why.text);
    draft->is_there = false;
}

static struct replica_writer *begin(const char *folder)
{
    struct seki_error why;
    struct replica_writer *writer = replica_writer_open(folder, MAP_OCTETS, &why);
    if (writer == NULL || replica_rebuild_begin(writer, &why) != SEKI_OK)
        die(why.text);
    return writer;
}

static void end(struct replica_writer *writer)
{
    struct seki_error why;
    if (replica_commit(writer, replica_writer_change_id(writer) + 1, &why) != SEKI_OK)
        die(why.text);
    replica_writer_close(writer);
}

static int make_replica(const char *folder)
{
    static char texts[1024][LINE_MAX_OCTETS]; /* what drafts look into */
    struct draft draft = { .is_there = false };
    struct replica_writer *writer = begin(folder);
    for (size_t i = 0; i < 1024 && fgets(texts[i], sizeof texts[i], stdin) != NULL; i++) {
        struct seki_str rest = seki_str_trim(seki_str_of(texts[i])), name, value;
        at = texts[i];
        if (!cut_pair(&rest, &name, &value))
            continue;
        if (seki_str_equal(name, SEKI_STR("domain"))) {
            put(writer, &draft);
            read_domain(&draft, rest);
        } else if (seki_str_equal(name, SEKI_STR("allow"))) {
            read_allow(&draft, rest);
        } else {
            die("a line begins with \"domain\" or \"allow\"");
        }
        for (char *c = texts[i]; *c != '\0'; c++) /* what was read are views into it */
            *c = *c == '_' ? ' ' : *c;
    }
    put(writer, &draft);
    end(writer);
    return 0;
}

static int make_domains(const char *folder, uint64_t count, const char *first, bool is_without_attachments)
{
    struct replica_writer *writer = begin(folder);
    for (uint64_t i = 0; i < count; i++) {
        char name[64];
        struct draft draft;
        begin_draft(&draft, i + 1, i / 10 + 1);
        snprintf(name, sizeof name, "d%" PRIu64 ".example", i);
        draft.domain.name = seki_str_of(i > 0 ? name : first);
        read_choice(&draft, SEKI_STR("filter"), SEKI_STR("on"));
        if (is_without_attachments)
            read_choice(&draft, SEKI_STR("on-attachment"), SEKI_STR("deliver"));
        draft.entries[0] = (struct policy_allow){ .id = i + 1,
                                                  .author_domain = SEKI_STR("partner.example"),
                                                  .domain = SEKI_STR("") };
        draft.domain.entry_count = 1;
        put(writer, &draft);
    }
    end(writer);
    return 0;
}

static void print_record(const struct journal_record *record)
{
    printf("at=%" PRId64 " qid=%.*s from=%.*s author=%.*s reply=%u text=\"%.*s\" failure=\"%.*s\" size=%" PRIu64
           " header=%zu answers=%zu hashes=%zu held=%.*s recipients=",
           record->at_us, SEKI_STR_ARGS(record->queue_id), SEKI_STR_ARGS(record->mail_from),
           SEKI_STR_ARGS(record->facts.author_domain), record->reply_code, SEKI_STR_ARGS(record->reply_text),
           SEKI_STR_ARGS(record->failure), record->size_octets, record->header.len, record->answers.len,
           record->body_hashes.len, SEKI_STR_ARGS(record->quarantine_id));
    for (size_t i = 0; i < record->recipient_count; i++) {
        const struct journal_recipient *recipient = &record->recipients[i];
        printf("%s%.*s:%" PRIu64 ":%s:%s:%" PRIu64, i > 0 ? "," : "", SEKI_STR_ARGS(recipient->address),
               recipient->domain_id, policy_action_name(recipient->judgement.would_be),
               policy_action_name(recipient->applied), recipient->judgement.allow_id);
    }
    printf("\n");
}

static void print_segment(const char *folder, struct seki_str segment)
{
    struct seki_error why;
    struct seki_str octets;
    uint64_t offset;
    struct journal_reader *reader = journal_reader_open(folder, segment, 0, &why);
    if (reader == NULL)
        die(why.text);
    enum journal_next next;
    while ((next = journal_reader_next(reader, &octets, &offset, &why)) == JOURNAL_RECORD) {
        struct seki_arena *arena = seki_arena_new(16u << 20);
        struct journal_record record;
        if (journal_record_decode(octets, arena, &record, &why) != SEKI_OK)
            die(why.text);
        print_record(&record);
        seki_arena_free(arena);
    }
    if (next == JOURNAL_DAMAGED)
        die(why.text);
    journal_reader_close(reader);
}

static int print_journal(const char *folder)
{
    struct seki_error why;
    const struct seki_str *names;
    size_t count;
    struct seki_arena *arena = seki_arena_new(16u << 20);
    if (journal_segments(folder, arena, &names, &count, &why) != SEKI_OK)
        die(why.text);
    for (size_t i = 0; i < count; i++)
        print_segment(folder, names[i]);
    seki_arena_free(arena);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "replica") == 0)
        return make_replica(argv[2]);
    if (argc >= 5 && argc <= 6 && strcmp(argv[1], "domains") == 0)
        return make_domains(argv[2], number(seki_str_of(argv[3])), argv[4], argc == 6);
    if (argc == 3 && strcmp(argv[1], "journal") == 0)
        return print_journal(argv[2]);
    fprintf(stderr, "usage: node_data replica FOLDER | domains FOLDER COUNT NAME | journal FOLDER\n");
    return 2;
}
