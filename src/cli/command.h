/* The commands and options of `sekisho` as tables: parsing, --help, man pages and completion all read these.
 *
 * Contract (docs/cli.md): text for people by default; with --json standard output is one JSON document and nothing
 * else. Exit 0 done, 1 the answer is no, 2 usage, 3 temporary failure. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <sekisho/str.h>

enum cli_exit { CLI_DONE = 0, CLI_NO = 1, CLI_USAGE = 2, CLI_TEMPORARY = 3 };

struct cli_options {
    const char *node;
    bool json, csv, help, allow_rsa_sha1, sender_id, received_spf;
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
    const char *config, *store, *actor;
    const char *rename, *title, *shape, *dns, *dns_only, *tenant, *with_subdomains;
    const char *evidence, *note, *owner, *expires_at, *role, *address, *language, *disabled;
    const char *since, *until, *object, *action, *by, *at, *allow;
    const char *journal, *queue_id, *message_id, *sender, *author, *result;
    uint64_t limit, days, examples, without;
    const char *recipient;
    bool decided, again, yes;
    bool provider, with_domains, accepts_risk, withdraw, dry_run, replace;
    const char *const *operands; /* all of them, in their order */
    size_t operand_count;
};

/* Which options a command takes; bits of cli_option.groups. */
#define CLI_GROUP(bit)          (UINT64_C(1) << (bit))
#define CLI_GROUP_ALL           CLI_GROUP(0)
#define CLI_GROUP_DNS           CLI_GROUP(1)
#define CLI_GROUP_ENVELOPE      CLI_GROUP(2)
#define CLI_GROUP_SPF           CLI_GROUP(3)
#define CLI_GROUP_VERIFY        CLI_GROUP(4)
#define CLI_GROUP_KEYS          CLI_GROUP(5)
#define CLI_GROUP_DMARC         CLI_GROUP(6)
#define CLI_GROUP_SIGNER        CLI_GROUP(7) /* who signs: domain and selector */
#define CLI_GROUP_SIGN          CLI_GROUP(8)
#define CLI_GROUP_DKIM          CLI_GROUP(9)
#define CLI_GROUP_GENERATE      CLI_GROUP(10)
#define CLI_GROUP_DOMAIN        CLI_GROUP(11) /* a look at a domain */
#define CLI_GROUP_RECORD        CLI_GROUP(12) /* a record for a domain */
#define CLI_GROUP_DMARC_BUILD   CLI_GROUP(13)
#define CLI_GROUP_SPF_RECORD    CLI_GROUP(14) /* an SPF record before it is published */
#define CLI_GROUP_SPF_BUILD     CLI_GROUP(15)
#define CLI_GROUP_HOP           CLI_GROUP(16) /* a hop in place of the envelope */
#define CLI_GROUP_STORE         CLI_GROUP(17) /* hosting, in the store */
#define CLI_GROUP_CHANGE        CLI_GROUP(18) /* changes it, which the audit log tells */
#define CLI_GROUP_TENANT        CLI_GROUP(19)
#define CLI_GROUP_TENANT_SET    CLI_GROUP(20)
#define CLI_GROUP_TENANT_REMOVE CLI_GROUP(21)
#define CLI_GROUP_OF_TENANT     CLI_GROUP(22) /* one tenant's */
#define CLI_GROUP_PROVIDER      CLI_GROUP(23) /* or the provider's */
#define CLI_GROUP_HOSTED        CLI_GROUP(24) /* a hosted domain, or an author in an allow entry */
#define CLI_GROUP_ALLOW         CLI_GROUP(25)
#define CLI_GROUP_ALLOW_ADD     CLI_GROUP(26)
#define CLI_GROUP_USER          CLI_GROUP(27)
#define CLI_GROUP_AUDIT         CLI_GROUP(28)
#define CLI_GROUP_IMPORT        CLI_GROUP(29)
#define CLI_GROUP_CONFIRM       CLI_GROUP(30)
#define CLI_GROUP_WHAT_IF       CLI_GROUP(31)
#define CLI_GROUP_TITLED        CLI_GROUP(32)
#define CLI_GROUP_NOTED         CLI_GROUP(33)
#define CLI_GROUP_EVIDENCE      CLI_GROUP(34)
#define CLI_GROUP_RECORDED      CLI_GROUP(35) /* a recorded message */
#define CLI_GROUP_TRACE         CLI_GROUP(36)
#define CLI_GROUP_STATS         CLI_GROUP(40)
#define CLI_GROUP_STATS_LIMIT   CLI_GROUP(41)
#define CLI_GROUP_JOURNAL       CLI_GROUP(42) /* a node's journal, and nothing else that RECORDED has */
#define CLI_GROUP_HELD          CLI_GROUP(50) /* a list of held messages */
#define CLI_GROUP_RELEASE       CLI_GROUP(51)
#define CLI_GROUP_ERASE         CLI_GROUP(52)

enum cli_type { CLI_FLAG, CLI_TEXT, CLI_NUMBER };

struct cli_option {
    const char *name;
    const char *argument; /* "ADDR"; NULL for a flag */
    const char *help;
    enum cli_type type;
    uint64_t groups;          /* bits CLI_GROUP_…: a command with any of them takes it */
    size_t offset;            /* in struct cli_options */
    uint64_t min, max;        /* of a number */
    const char *const *words; /* that a text must be one of; ends with NULL. NULL: any text */
    bool narrows; /* what is shown: an empty text, as of a script's variable, must not mean all of it */
};
extern const struct cli_option cli_option_table[];
extern const size_t cli_option_count;

struct cli_command {
    const char *noun, *verb; /* verb NULL: the noun alone ("verify") */
    const char *operand; /* "FILE"; several words for several, [] around one that may be left out, … behind the
                                last where it may come again: "DOMAIN NAME=VALUE…"; NULL: takes none */
    const char *help;
    uint64_t groups;
    enum cli_exit (*run)(const struct cli_options *options, const char *operand); /* the first one, or NULL */
};
extern const struct cli_command cli_command_table[];
extern const size_t cli_command_count;

/* What the nouns with verbs are about. */
struct cli_noun {
    const char *name, *help;
};
extern const struct cli_noun cli_noun_table[];
extern const size_t cli_noun_count;

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
enum cli_exit cli_tenant_add(const struct cli_options *options, const char *operand);
enum cli_exit cli_tenant_list(const struct cli_options *options, const char *operand);
enum cli_exit cli_tenant_show(const struct cli_options *options, const char *operand);
enum cli_exit cli_tenant_set(const struct cli_options *options, const char *operand);
enum cli_exit cli_tenant_remove(const struct cli_options *options, const char *operand);
enum cli_exit cli_tenant_export(const struct cli_options *options, const char *operand);
enum cli_exit cli_tenant_import(const struct cli_options *options, const char *operand);
enum cli_exit cli_hosted_add(const struct cli_options *options, const char *operand);
enum cli_exit cli_hosted_list(const struct cli_options *options, const char *operand);
enum cli_exit cli_hosted_show(const struct cli_options *options, const char *operand);
enum cli_exit cli_hosted_set(const struct cli_options *options, const char *operand);
enum cli_exit cli_hosted_remove(const struct cli_options *options, const char *operand);
enum cli_exit cli_policy_show(const struct cli_options *options, const char *operand);
enum cli_exit cli_policy_set(const struct cli_options *options, const char *operand);
enum cli_exit cli_policy_unset(const struct cli_options *options, const char *operand);
enum cli_exit cli_policy_options(const struct cli_options *options, const char *operand);
enum cli_exit cli_policy_confirm(const struct cli_options *options, const char *operand);
enum cli_exit cli_policy_what_if(const struct cli_options *options, const char *operand);
enum cli_exit cli_allow_add(const struct cli_options *options, const char *operand);
enum cli_exit cli_allow_list(const struct cli_options *options, const char *operand);
enum cli_exit cli_allow_show(const struct cli_options *options, const char *operand);
enum cli_exit cli_allow_set(const struct cli_options *options, const char *operand);
enum cli_exit cli_allow_remove(const struct cli_options *options, const char *operand);
enum cli_exit cli_user_add(const struct cli_options *options, const char *operand);
enum cli_exit cli_user_list(const struct cli_options *options, const char *operand);
enum cli_exit cli_user_set(const struct cli_options *options, const char *operand);
enum cli_exit cli_user_remove(const struct cli_options *options, const char *operand);
enum cli_exit cli_quarantine_list(const struct cli_options *options, const char *operand);
enum cli_exit cli_quarantine_show(const struct cli_options *options, const char *operand);
enum cli_exit cli_quarantine_release(const struct cli_options *options, const char *operand);
enum cli_exit cli_quarantine_delete(const struct cli_options *options, const char *operand);
enum cli_exit cli_audit_list(const struct cli_options *options, const char *operand);
enum cli_exit cli_stats_domains(const struct cli_options *options, const char *operand);
enum cli_exit cli_stats_failing(const struct cli_options *options, const char *operand);
enum cli_exit cli_stats_results(const struct cli_options *options, const char *operand);
enum cli_exit cli_stats_policies(const struct cli_options *options, const char *operand);
enum cli_exit cli_stats_destinations(const struct cli_options *options, const char *operand);
enum cli_exit cli_person_find(const struct cli_options *options, const char *address);
enum cli_exit cli_person_erase(const struct cli_options *options, const char *address);
enum cli_exit cli_db_status(const struct cli_options *options, const char *operand);
enum cli_exit cli_db_migrate(const struct cli_options *options, const char *operand);
enum cli_exit cli_trace(const struct cli_options *options, const char *operand);
enum cli_exit cli_replay(const struct cli_options *options, const char *operand);

#endif
