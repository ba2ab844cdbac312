#include "daemon/config_table.h"

#include "base/i18n.h"

#include "base/spelling.h"

/* Where a member lies; does not compile when the member has another type than the row's reader writes. */
#define AT(type, member)                                                                                           \
    (offsetof(struct config, member) + 0 * sizeof(char[_Generic(((struct config *)0)->member, type : 1)]))
#define TEXT(member)     .type = CONFIG_TEXT, .offset = AT(struct seki_str, member)
#define TEXTS(member)    .type = CONFIG_TEXTS, .offset = AT(struct config_texts, member)
#define NETWORKS(member) .type = CONFIG_NETWORKS, .offset = AT(struct config_networks, member)
#define NUMBER(member)   .type = CONFIG_NUMBER, .offset = AT(uint64_t, member)
#define MODE(member)     .type = CONFIG_MODE, .offset = AT(uint64_t, member)
#define DURATION(member) .type = CONFIG_DURATION, .offset = AT(uint64_t, member)
#define OCTETS(member)   .type = CONFIG_OCTETS, .offset = AT(uint64_t, member)
#define WORD(member)     .type = CONFIG_WORD, .offset = AT(unsigned, member)
#define YES_NO(member)   .type = CONFIG_YES_NO, .offset = AT(bool, member)

#define SECONDS 1000u
#define HOURS   (3600u * SECONDS)
#define KIB     1024u
#define MIB     (1024u * KIB)
#define GIB     (1024ull * MIB)

/* In the order of the enums in config.h and log.h. */
static const char *const on_temperror_words[] = { "accept", "tempfail", NULL };
static const char *const reply_codes_words[] = { "generic", "rfc7372", NULL };
static const char *const discovery_words[] = { "treewalk", "psl", NULL };
static const char *const journal_sync_words[] = { "second", "each", NULL };
static const char *const log_to_words[] = { "stderr", "syslog", NULL };
static const char *const log_format_words[] = { "text", "json", NULL };
static const char *const log_level_words[] = { "information", "warning", "fatal", "panic", NULL };

static const struct section {
    const char *name, *help;
} sections[] = {
    { "daemon", N_("The daemon itself.") },
    { "inbound", N_("The milter for incoming mail.") },
    { "dns", N_("Where answers come from.") },
    { "spf", N_("SPF (RFC 7208).") },
    { "dkim", N_("DKIM verification (RFC 6376, 8301, 8463).") },
    { "dmarc", N_("DMARC (RFC 9989).") },
    { "arc", N_("ARC (RFC 8617).") },
    { "store", N_("The system of record of a hosting provider. Without one this node only labels.") },
    { "control", N_("The role that keeps this node and the store in step.") },
    { "hosting", N_("What this node knows of the hosted domains.") },
    { "journal", N_("A record of every message, from which the store is fed.") },
    { "quarantine", N_("Messages held for the customers' administrators.") },
    { "scanner", N_("A virus scanner that is asked about mail for domains that want it.") },
    { "limits", N_("Bounds. Past each there is a defined answer; the sizes fit ordinary mail many times over.") },
    { "log", N_("What is told to whom.") },
    { "metrics", N_("Figures for Prometheus (/metrics) and a health check (/healthz) over HTTP.") },
    { "testing", N_("Never in production: what stands here weakens the checks.") },
};
#define SECTION_COUNT (sizeof sections / sizeof sections[0])

const struct config_option config_options[] = {
    { "daemon", "user", TEXT(daemon.user), "sekisho", .needs_restart = true,
      .help = N_("Run the roles as this user when started as root.") },
    { "daemon", "group", TEXT(daemon.group), "", .needs_restart = true,
      .help = N_("And with this group. Empty: the user's own.") },
    { "daemon", "pid_file", TEXT(daemon.pid_file), "", .needs_restart = true,
      .help = N_("Process id of the supervisor; locked, so that a second one does not start. Empty: none.") },
    { "daemon", "host_name", TEXT(daemon.host_name), "",
      .help = N_("Our host name. Empty: what the system says.") },
    { "daemon", "loops", NUMBER(daemon.loops), "0", .max = 256, .needs_restart = true,
      .help = N_("Event loops of a mail role, each with a thread, a resolver and caches. 0: one per core.") },
    { "daemon", "stop_timeout", DURATION(daemon.stop_timeout_ms), "30s", .max = 1 * HOURS,
      .help = N_("At a stop, how long messages under way may take to finish.") },

    { "inbound", "listen", TEXTS(inbound.listen), "unix:/var/spool/postfix/sekisho/inbound.sock",
      .help = N_("Milter sockets: unix:/PATH, inet:ADDR:PORT or inet6:[ADDR]:PORT.") },
    { "inbound", "socket_mode", MODE(inbound.socket_mode), "0660", .max = 0777,
      .help = N_("Permissions of unix sockets, octal.") },
    { "inbound", "socket_group", TEXT(inbound.socket_group), "postfix",
      .help = N_("Group of unix sockets, so that Postfix may connect. Empty: not changed.") },
    { "inbound", "authserv_id", TEXT(inbound.authserv_id), "",
      .help = N_("Our name in Authentication-Results (RFC 8601 section 2.5). Empty: the host name.") },
    { "inbound", "our_authserv_ids", TEXTS(inbound.our_authserv_ids), "",
      .help = N_("Further names that only we may use: fields that claim them are removed too.") },
    { "inbound", "trusted_networks", NETWORKS(inbound.trusted_networks), "127.0.0.0/8 ::1/128",
      .help = N_("Clients left alone entirely: their mail is neither judged nor changed. ADDR or ADDR/BITS.") },
    { "inbound", "skip_authenticated", YES_NO(inbound.skip_authenticated), "yes",
      .help = N_("Leave mail of senders who signed in (SMTP AUTH) alone.") },
    { "inbound", "relays", NETWORKS(inbound.relays), "",
      .help = N_("Mail relays in front of us: what they bring is judged by the client that they saw.") },
    { "inbound", "on_temperror", WORD(inbound.on_temperror), "accept", .words = on_temperror_words,
      .help = N_("When DNS fails: accept (deliver, temperror recorded) or tempfail (451, sender comes again).") },
    { "inbound", "reply_codes", WORD(inbound.reply_codes), "generic", .words = reply_codes_words,
      .help = N_("Enhanced codes of refusals: generic (X.7.1), or rfc7372, which tell the reason.") },
    { "inbound", "message_deadline", DURATION(inbound.message_deadline_ms), "30s", .min = 100, .max = 280 * SECONDS,
      .help = N_("How long the end of a message may wait for DNS; then open questions count as failed.") },

    { "dns", "nameservers", TEXTS(dns.nameservers), "",
      .help = N_("ADDR, ADDR:PORT or [ADDR6]:PORT. Empty: those of resolv.conf. root: ask the root servers.") },
    { "dns", "timeout", DURATION(dns.timeout_ms), "5s", .min = 10, .max = 60 * SECONDS,
      .help = N_("Per question, from asking to giving up.") },
    { "dns", "trust_anchor_file", TEXT(dns.trust_anchor_file), "",
      .help = N_("DNSSEC trust anchors, such as /usr/share/dns/root.key. Empty: no validation.") },
    { "dns", "cache_size", OCTETS(dns.cache_octets), "2816KiB", .min = 64 * KIB, .max = 1024 * MIB,
      .help = N_("Of each loop, for records, and two thirds of it for answers. This holds some 2,000 domains.") },

    { "spf", "max_void_lookups", NUMBER(spf.max_void_lookups), "2", .min = 1, .max = 10,
      .help = N_("Look-ups without an answer before permerror (RFC 7208 section 4.6.4 says two).") },
    { "spf", "sender_id", YES_NO(spf.sender_id), "no",
      .help = N_("Report Sender ID of the PRA too (RFC 4406, historic). It is no input to DMARC.") },

    { "dkim", "max_signatures", NUMBER(dkim.max_signatures), "10", .min = 1, .max = 100,
      .help = N_("Tried per message, from the top; the rest count as not checked.") },
    { "dkim", "min_rsa_bits", NUMBER(dkim.min_rsa_bits), "1024", .min = 1024, .max = 4096,
      .help = N_("Shorter RSA keys are refused (RFC 8301 section 3.2: 1024 at least).") },
    { "dkim", "clock_skew", DURATION(dkim.clock_skew_ms), "5min", .min = 1 * SECONDS, .max = 24 * HOURS,
      .help = N_("Allowed between the signer's clock and ours (t=, x=).") },
    { "dkim", "cached_keys", NUMBER(dkim.max_cached_keys), "2048", .min = 16, .max = 1000000,
      .help = N_("Parsed public keys kept, per loop; each takes 2.5 KiB and saves 20 microseconds.") },

    { "dmarc", "discovery", WORD(dmarc.discovery), "treewalk", .words = discovery_words,
      .help = N_("Organizational Domain by treewalk (RFC 9989) or by psl, the public suffix list (RFC 7489).") },
    { "dmarc", "psl_file", TEXT(dmarc.psl_file), "",
      .help = N_("Public suffix list for discovery = psl. Empty: the system's.") },
    { "dmarc", "pct_zero_is_testing", YES_NO(dmarc.pct_zero_is_testing), "no",
      .help = N_("Read the historic pct=0 as t=y. RFC 9989 gives pct no effect.") },

    { "arc", "trusted_sealers", TEXTS(arc.trusted_sealers), "",
      .help = N_("Domains whose ARC seals may vouch for a message that fails DMARC.") },

    { "store", "url", TEXT(store.url), "", .needs_restart = true,
      .help = N_("sqlite:/PATH or postgresql://USER@HOST/DATABASE; its password in a passfile. Empty: none.") },
    { "store", "audit_days", NUMBER(store.audit_days), "0", .max = 36500,
      .help = N_("Lines of the audit log are dropped after so many days. 0: they are kept for ever.") },

    { "control", "user", TEXT(control.user), "", .needs_restart = true,
      .help = N_("Run the role control as this user when started as root. Empty: [daemon] user.") },
    { "control", "group", TEXT(control.group), "", .needs_restart = true,
      .help = N_("And with this group. Empty: the user's own. Without a user: not read.") },

    { "hosting", "replica", TEXT(hosting.replica), "",
      .help = N_("Folder of the domains' policies, such as /var/lib/sekisho/replica. Empty: only label.") },
    { "hosting", "node_name", TEXT(hosting.node_name), "",
      .help = N_("Our name among the nodes of one store. Empty: the host name.") },
    { "hosting", "replica_map_size", OCTETS(hosting.replica_map_octets), "4GiB", .min = 1 * MIB, .max = 1024 * GIB,
      .help = N_("The most that the replica may hold. It takes only what it needs of that.") },

    { "journal", "folder", TEXT(journal.folder), "",
      .help = N_("Folder of the journal, such as /var/lib/sekisho/journal. Empty: no record is kept.") },
    { "journal", "sync", WORD(journal.sync), "second", .words = journal_sync_words,
      .help = N_("What a power cut may cost: the last second, or nothing (each: mail waits for the disk).") },
    { "journal", "max_segment_size", OCTETS(journal.max_segment_octets), "64MiB", .min = 1 * MIB, .max = 4 * GIB,
      .help = N_("Then the next file is begun.") },
    { "journal", "min_free", OCTETS(journal.min_free_octets), "256MiB", .max = 1024 * GIB,
      .help = N_("With less room on the disk no record is written; mail flows, lost records are counted.") },
    { "journal", "keep_days", NUMBER(journal.keep_days), "30", .min = 1, .max = 3650,
      .help = N_("Records and their evidence are dropped after so many days; sums stay.") },
    { "journal", "compress", YES_NO(journal.compress), "yes",
      .help = N_("Compress what the store has taken over.") },

    { "quarantine", "folder", TEXT(quarantine.folder), "",
      .help = N_("Folder of held messages, such as /var/lib/sekisho/quarantine. Empty: none are held.") },
    { "quarantine", "min_free", OCTETS(quarantine.min_free_octets), "512MiB", .max = 1024 * GIB,
      .help = N_("With less room on the disk nothing more is held; what should be held is put off (451).") },
    { "quarantine", "release_to", TEXT(quarantine.release_to), "127.0.0.1:25",
      .help = N_("SMTP server that takes released messages and digests: ADDR:PORT or [ADDR6]:PORT.") },
    { "quarantine", "sender", TEXT(quarantine.sender), "",
      .help = N_("Author address of digests. Empty: postmaster at the host name.") },

    { "scanner", "clamd", TEXT(scanner.clamd), "",
      .help = N_("Socket of clamd: unix:/PATH, inet:ADDR:PORT or inet6:[ADDR]:PORT. Empty: none.") },
    { "scanner", "timeout", DURATION(scanner.timeout_ms), "20s", .min = 100, .max = 240 * SECONDS,
      .help = N_("How long a message may wait for it; then each domain's on-scan-failure says what happens.") },
    { "scanner", "max_size", OCTETS(scanner.max_octets), "25MiB", .min = 64 * KIB, .max = 1024 * MIB,
      .help = N_("Longer messages are not scanned; not more than clamd's StreamMaxLength.") },

    { "limits", "max_header_fields", NUMBER(limits.max_header_fields), "10000", .min = 100, .max = 100000,
      .help =
          N_("Fields of a message. Past it the verdict is permerror, and the message is delivered with that.") },
    { "limits", "max_header_size", OCTETS(limits.max_header_octets), "1MiB", .min = 64 * KIB, .max = 16 * MIB,
      .help = N_("Octets of a message's header. Past it likewise.") },
    { "limits", "message_memory", OCTETS(limits.message_memory_octets), "20MiB", .min = 1 * MIB, .max = 256 * MIB,
      .help = N_("Memory for one message. Past it the message is answered 451.") },
    { "limits", "max_dns_questions", NUMBER(limits.max_questions), "500", .min = 20, .max = 2000,
      .help = N_("DNS questions for one message. Further ones count as failed.") },
    { "limits", "max_sessions", NUMBER(limits.max_sessions), "10000", .min = 1, .max = 100000,
      .help = N_("Milter sessions of one loop and socket. Further ones wait.") },
    { "limits", "max_packet_size", OCTETS(limits.max_packet_octets), "1MiB", .min = 64 * KIB, .max = 16 * MIB,
      .help = N_("Longest milter packet (one header field, for one). A longer one ends the session.") },
    { "limits", "idle_timeout", DURATION(limits.idle_timeout_ms), "2h", .min = 1 * SECONDS, .max = 24 * HOURS,
      .help = N_("A session in which the MTA says nothing for so long is closed.") },

    { "log", "to", WORD(log.to), "stderr", .words = log_to_words, .needs_restart = true,
      .help = N_("stderr, or syslog (facility mail).") },
    { "log", "format", WORD(log.format), "text", .words = log_format_words, .needs_restart = true,
      .help = N_("text (key=value) or json, one event a line.") },
    { "log", "level", WORD(log.level), "information", .words = log_level_words, .needs_restart = true,
      .help = N_("The least that is told: information, warning, fatal or panic.") },

    { "metrics", "listen", TEXT(metrics.listen), "",
      .help = N_("Loopback address, such as inet:127.0.0.1:9641, or unix:/PATH. Empty: none.") },

    { "testing", "unsafe_min_rsa_bits", NUMBER(testing.unsafe_min_rsa_bits), "1024", .min = 512, .max = 1024,
      .help = N_("Accept RSA keys that RFC 8301 forbids.") },
};
const size_t config_option_count = sizeof config_options / sizeof config_options[0];

const struct config_option *config_option_find(struct seki_str section, struct seki_str name)
{
    for (size_t i = 0; i < config_option_count; i++) {
        if (seki_str_equal(section, seki_str_of(config_options[i].section)) &&
            seki_str_equal(name, seki_str_of(config_options[i].name)))
            return &config_options[i];
    }
    return NULL;
}

bool config_section_exists(struct seki_str section)
{
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        if (seki_str_equal(section, seki_str_of(sections[i].name)))
            return true;
    }
    return false;
}

const char *config_section_help(const struct config_option *option)
{
    struct seki_str section = seki_str_of(option->section);
    if (option > config_options && seki_str_equal(section, seki_str_of(option[-1].section)))
        return NULL;
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        if (seki_str_equal(section, seki_str_of(sections[i].name)))
            return sections[i].help;
    }
    return NULL;
}

const char *config_section_of(struct seki_str name)
{
    for (size_t i = 0; i < config_option_count; i++) {
        if (seki_str_equal(name, seki_str_of(config_options[i].name)))
            return config_options[i].section;
    }
    return NULL;
}

const char *config_nearest_section(struct seki_str section)
{
    struct seki_spelling spelling = seki_spelling_of(section);
    for (size_t i = 0; i < SECTION_COUNT; i++)
        seki_spelling_offer(&spelling, sections[i].name);
    return spelling.nearest;
}

const char *config_nearest_name(struct seki_str section, struct seki_str name)
{
    struct seki_spelling spelling = seki_spelling_of(name);
    for (size_t i = 0; i < config_option_count; i++) {
        if (seki_str_equal(section, seki_str_of(config_options[i].section)))
            seki_spelling_offer(&spelling, config_options[i].name);
    }
    return spelling.nearest;
}
