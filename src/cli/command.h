/* The commands and options of `sekisho` as tables: parsing, --help, man pages and completion all read these.
 *
 * Contract (docs/cli.md): text for people by default; with --json standard output is one JSON document and nothing
 * else. Exit 0 done, 1 the answer is no, 2 usage, 3 temporary failure. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <sekisho/str.h>

enum cli_exit { CLI_DONE = 0, CLI_NO = 1, CLI_USAGE = 2, CLI_TEMPORARY = 3 };

struct cli_options {
    bool json, help, allow_rsa_sha1, sender_id, received_spf;
    bool dkim_strict, spf_strict, testing;
    bool mx, no_mail;
    const char *nameserver, *zone, *recording, *anchors;
    uint64_t dns_timeout_ms;
    uint64_t time_s; /* 0: now */
    const char *ip, *helo, *mail_from, *scope, *hop;
    const char *authserv_id, *trusted_sealers;
    uint64_t min_rsa_bits;
    const char *discovery, *psl;
    const char *domain, *selector, *key, *algorithm;
    const char *canonicalization, *headers, *identity;
    uint64_t expires_s; /* 0: never */
    uint64_t bits;      /* 0: the default */
    const char *out;
    const char *selectors;
    const char *record, *hosts, *includes, *redirect, *all;
    const char *policy, *subdomains, *nonexistent, *rua, *ruf, *alignment;
};

/* Which options a command takes; bits of cli_option.groups. */
enum cli_group {
    CLI_GROUP_ALL = 1,
    CLI_GROUP_DNS = 2,
    CLI_GROUP_ENVELOPE = 4,
    CLI_GROUP_SPF = 8,
    CLI_GROUP_VERIFY = 16,
    CLI_GROUP_KEYS = 32,
    CLI_GROUP_DMARC = 64,
    CLI_GROUP_SIGNER = 128, /* who signs: domain and selector */
    CLI_GROUP_SIGN = 256,   /* with what, and which fields */
    CLI_GROUP_DKIM = 512,   /* what only a DKIM-Signature has */
    CLI_GROUP_GENERATE = 1024,
    CLI_GROUP_DOMAIN = 2048, /* a look at a domain */
    CLI_GROUP_RECORD = 4096, /* a record for a domain */
    CLI_GROUP_DMARC_BUILD = 8192,
    CLI_GROUP_SPF_RECORD = 16384, /* an SPF record before it is published */
    CLI_GROUP_SPF_BUILD = 32768,
    CLI_GROUP_HOP = 65536, /* a hop in place of the envelope */
};

enum cli_type { CLI_FLAG, CLI_TEXT, CLI_NUMBER };

struct cli_option {
    const char *name;
    const char *argument; /* "ADDR"; NULL for a flag */
    const char *help;
    enum cli_type type;
    unsigned groups;          /* bits of enum cli_group: a command with any of them takes it */
    size_t offset;            /* in struct cli_options */
    uint64_t min, max;        /* of a number */
    const char *const *words; /* that a text must be one of; ends with NULL. NULL: any text */
};
extern const struct cli_option cli_option_table[];
extern const size_t cli_option_count;

struct cli_command {
    const char *noun, *verb; /* verb NULL: the noun alone ("verify") */
    const char *operand;     /* "FILE", "DOMAIN", "[DOMAIN]" where it may be left out; NULL: takes none */
    const char *help;
    unsigned groups;
    enum cli_exit (*run)(const struct cli_options *options, const char *operand);
};
extern const struct cli_command cli_command_table[];
extern const size_t cli_command_count;

#define CLI_NAME_MAX 64u

/** "spf check". @return name */
const char *cli_command_name(const struct cli_command *command, char name[CLI_NAME_MAX]);
bool cli_takes(const struct cli_command *command, const struct cli_option *option);

enum cli_exit cli_spf_check(const struct cli_options *options, const char *operand);
enum cli_exit cli_spf_lint(const struct cli_options *options, const char *domain);
enum cli_exit cli_spf_build(const struct cli_options *options, const char *operand);
enum cli_exit cli_spf_flatten(const struct cli_options *options, const char *domain);
enum cli_exit cli_verify(const struct cli_options *options, const char *file);
enum cli_exit cli_explain(const struct cli_options *options, const char *file);
enum cli_exit cli_arc_verify(const struct cli_options *options, const char *file);
enum cli_exit cli_dmarc_policy(const struct cli_options *options, const char *domain);
enum cli_exit cli_arc_seal(const struct cli_options *options, const char *file);
enum cli_exit cli_sign(const struct cli_options *options, const char *file);
enum cli_exit cli_key_generate(const struct cli_options *options, const char *operand);
enum cli_exit cli_dmarc_build(const struct cli_options *options, const char *operand);
enum cli_exit cli_domain_check(const struct cli_options *options, const char *domain);
enum cli_exit cli_authres_parse(const struct cli_options *options, const char *file);

#endif
