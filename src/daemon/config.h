/* The configuration of one sekishod, read whole and never changed afterwards.
 *
 * A reload builds a second one and swaps it in for new messages; each message keeps the one it began with, so a
 * configuration is counted: config_ref() and config_unref() may be called from any thread. */
#ifndef CONFIG_H
#define CONFIG_H

#include <sekisho/arena.h>
#include <sekisho/buf.h>
#include <sekisho/ip.h>

#define CONFIG_FILE_MAX_OCTETS    (1024u * 1024u)
#define CONFIG_ADDRESS_MAX_OCTETS 120u /* of a socket: "unix:" and a path of 107 */
#define CONFIG_RECIPIENTS_MAX                                                                                      \
    1000u /* of one message; Postfix' own limit (RFC 5321 section 4.5.3.1.8: at least 100) */
#define CONFIG_RECIPIENT_OCTETS 3072u /* memory for one: path, domain, policy, allow entries, changes */
#define CONFIG_LISTENERS_MAX    64u   /* passed to a role as descriptors in one packet */

struct config_texts { /* each with a NUL behind */
    const struct seki_str *items;
    size_t count;
};

struct config_networks {
    const struct config_network {
        struct seki_ip address;
        unsigned prefix_bits;
    } * items;
    size_t count;
};

enum config_on_temperror { CONFIG_ON_TEMPERROR_ACCEPT = 0, CONFIG_ON_TEMPERROR_TEMPFAIL };
enum config_reply_codes { CONFIG_REPLY_GENERIC = 0, CONFIG_REPLY_RFC7372 };
enum config_discovery { CONFIG_DISCOVERY_TREEWALK = 0, CONFIG_DISCOVERY_PSL };
enum config_log_to { CONFIG_LOG_STDERR = 0, CONFIG_LOG_SYSLOG };
enum config_log_format { CONFIG_LOG_TEXT = 0, CONFIG_LOG_JSON };
enum config_journal_sync { CONFIG_SYNC_SECOND = 0, CONFIG_SYNC_EACH };

/* One member per row of config_table.c, which says what it means. Texts have a NUL behind. */
struct config {
    struct { /* [daemon] */
        struct seki_str user, group, pid_file, host_name;
        uint64_t loops, stop_timeout_ms;
    } daemon;
    struct { /* [inbound] */
        struct config_texts listen, our_authserv_ids;
        struct seki_str socket_group, authserv_id;
        uint64_t socket_mode, message_deadline_ms;
        struct config_networks trusted_networks, relays;
        bool skip_authenticated;
        unsigned on_temperror, reply_codes;
    } inbound;
    struct { /* [dns] */
        struct config_texts nameservers;
        struct seki_str trust_anchor_file;
        uint64_t timeout_ms, cache_octets;
    } dns;
    struct { /* [spf] */
        uint64_t max_void_lookups;
        bool sender_id;
    } spf;
    struct { /* [dkim] */
        uint64_t max_signatures, min_rsa_bits, clock_skew_ms, max_cached_keys;
    } dkim;
    struct { /* [dmarc] */
        unsigned discovery;
        struct seki_str psl_file;
        bool pct_zero_is_testing;
    } dmarc;
    struct { /* [arc] */
        struct config_texts trusted_sealers;
    } arc;
    struct {                 /* [store] */
        struct seki_str url; /* "": none, and then there is no control role. Withheld from all roles but that one */
        uint64_t audit_days; /* 0: for ever */
    } store;
    struct { /* [control] */
        struct seki_str user, group;
    } control;
    struct {                     /* [hosting] */
        struct seki_str replica; /* "": no policies, the gate only labels */
        struct seki_str node_name;
        uint64_t replica_map_octets;
    } hosting;
    struct {                    /* [journal] */
        struct seki_str folder; /* "": none */
        unsigned sync;
        uint64_t max_segment_octets, min_free_octets, keep_days;
        bool compress;
    } journal;
    struct {                    /* [quarantine] */
        struct seki_str folder; /* "": none */
        struct seki_str release_to, sender;
        uint64_t min_free_octets;
    } quarantine;
    struct {                   /* [scanner] */
        struct seki_str clamd; /* "": none */
        uint64_t timeout_ms, max_octets;
    } scanner;
    struct { /* [limits] */
        uint64_t max_header_fields, max_header_octets, message_memory_octets, max_questions, max_sessions,
            max_packet_octets, idle_timeout_ms;
    } limits;
    struct { /* [log] */
        unsigned to, format, level;
    } log;
    struct { /* [metrics] */
        struct seki_str listen;
    } metrics;
    struct { /* [testing] */
        uint64_t unsafe_min_rsa_bits;
    } testing;

    const unsigned *lines; /* per row of the table, where the file set it; 0: the default stands */
    struct seki_arena *arena;
    unsigned refs; /* changed with atomic operations only */
};

/* What is wrong with a file, one sentence a line: "sekisho.conf:12: …". */
struct config_problems {
    struct seki_buf text;
    size_t count;
};
void config_problems_init(struct config_problems *problems);
void config_problems_release(struct config_problems *problems);
void config_problems_add(struct config_problems *problems, const char *file, unsigned line, const char *format, ...)
    SEKI_PRINTF(4, 5);

/**
 * Read a configuration.
 * @param file  name for the sentences
 * @param text  what stands in the file; at most CONFIG_FILE_MAX_OCTETS
 * @return one reference, yours to config_unref(); NULL when there was any problem
 */
struct config *config_parse(const char *file, struct seki_str text, struct config_problems *problems);

/** A whole file into buf. @return false with one problem added */
bool config_read_file(const char *path, struct seki_buf *buf, struct config_problems *problems);

/**
 * Blank a section out of a configuration's text, comments too; lines keep their numbers.
 * @return false: the parser still finds an option of it in what is left
 */
bool config_withhold(char *text, size_t len, const char *section);

/** Checks that ask this machine: do the user, the group and the files that are named exist? */
void config_check_machine(const struct config *config, const char *file, struct config_problems *problems);

struct config *config_ref(struct config *config);
void config_unref(struct config *config);

/** Is this address in one of the networks? False for an unknown address. */
bool config_networks_contain(const struct config_networks *networks, const struct seki_ip *address);

/** RSA keys shorter than this are refused: [dkim] min_rsa_bits, or what [testing] puts in its place. */
unsigned config_min_rsa_bits(const struct config *config);

/** The commented sample (packaging/sekisho.conf), made from the table. */
void config_write_sample(struct seki_buf *buf);

/** Do both say the same in this section? */
bool config_section_equal(const struct config *a, const struct config *b, const char *section);

/** Names ("section.name", with spaces between) of options that differ and are only read at start. */
void config_list_restart_changes(const struct config *before, const struct config *after, struct seki_buf *buf);

#endif
