#include "cli/command.h"

#define FIELD(member) offsetof(struct cli_options, member)

const struct cli_option cli_option_table[] = {
    { "json", NULL, "print one JSON document and nothing else", CLI_FLAG, CLI_GROUP_ALL, FIELD(json), 0, 0 },
    { "help", NULL, "say what this command takes", CLI_FLAG, CLI_GROUP_ALL, FIELD(help), 0, 0 },
    { "ip", "ADDR", "address of the client that delivers", CLI_TEXT, CLI_GROUP_ENVELOPE, FIELD(ip), 0, 0 },
    { "helo", "NAME", "name that it gave in HELO or EHLO", CLI_TEXT, CLI_GROUP_ENVELOPE, FIELD(helo), 0, 0 },
    { "mail-from", "PATH", "MAIL FROM; empty for the null reverse-path", CLI_TEXT, CLI_GROUP_ENVELOPE,
      FIELD(mail_from), 0, 0 },
    { "scope", "SCOPE", "spf1 (default: MAIL FROM, else HELO), helo, or Sender ID's mfrom, pra", CLI_TEXT,
      CLI_GROUP_SPF, FIELD(scope), 0, 0 },
    { "authserv-id", "NAME", "our name in Authentication-Results (default: this host's)", CLI_TEXT, CLI_GROUP_VERIFY,
      FIELD(authserv_id), 0, 0 },
    { "sender-id", NULL, "check Sender ID too (RFC 4406, historic; DMARC does not see it)", CLI_FLAG, CLI_GROUP_VERIFY,
      FIELD(sender_id), 0, 0 },
    { "trusted-sealers", "D,D…", "domains whose ARC seals are trusted", CLI_TEXT, CLI_GROUP_VERIFY,
      FIELD(trusted_sealers), 0, 0 },
    { "min-rsa-bits", "N", "least RSA key size, 1024 by RFC 8301; lower it only to test", CLI_NUMBER, CLI_GROUP_KEYS,
      FIELD(min_rsa_bits), 256, 16384 },
    { "allow-rsa-sha1", NULL, "take rsa-sha1, which RFC 8301 forbids; only to test", CLI_FLAG, CLI_GROUP_KEYS,
      FIELD(allow_rsa_sha1), 0, 0 },
    { "discovery", "HOW", "treewalk (RFC 9989, default) or psl (RFC 7489)", CLI_TEXT, CLI_GROUP_DMARC,
      FIELD(discovery), 0, 0 },
    { "psl", "FILE", "public suffix list for --discovery psl (default: the system's)", CLI_TEXT, CLI_GROUP_DMARC,
      FIELD(psl), 0, 0 },
    { "nameserver", "ADDR[:PORT]", "ask this server (default: those of /etc/resolv.conf)", CLI_TEXT, CLI_GROUP_DNS,
      FIELD(nameserver), 0, 0 },
    { "dns-timeout", "MS", "give a question up after so many milliseconds (default 5000)", CLI_NUMBER, CLI_GROUP_DNS,
      FIELD(dns_timeout_ms), 1, 600000 },
    { "zone", "FILE", "answer from a master-format zone file, to try records out", CLI_TEXT, CLI_GROUP_DNS,
      FIELD(zone), 0, 0 },
    { "time", "EPOCH", "judge as of this Unix time (default: now)", CLI_NUMBER, CLI_GROUP_DNS, FIELD(time_s), 1,
      253402300799 },
};
const size_t cli_option_count = sizeof cli_option_table / sizeof cli_option_table[0];

#define MESSAGE_GROUPS                                                                                               \
    (CLI_GROUP_ALL | CLI_GROUP_DNS | CLI_GROUP_ENVELOPE | CLI_GROUP_VERIFY | CLI_GROUP_KEYS | CLI_GROUP_DMARC)

const struct cli_command cli_command_table[] = {
    { "verify", NULL, "FILE", "authenticate a message: SPF, DKIM, ARC, DMARC", MESSAGE_GROUPS, cli_verify },
    { "explain", NULL, "FILE", "the same, with every step and DNS answer told", MESSAGE_GROUPS, cli_explain },
    { "spf", "check", NULL, "may this client send for this domain?",
      CLI_GROUP_ALL | CLI_GROUP_DNS | CLI_GROUP_ENVELOPE | CLI_GROUP_SPF, cli_spf_check },
    { "arc", "verify", "FILE", "validate the ARC chain of a message",
      CLI_GROUP_ALL | CLI_GROUP_DNS | CLI_GROUP_KEYS, cli_arc_verify },
    { "dmarc", "policy", "DOMAIN", "which DMARC policy holds for mail from this domain?",
      CLI_GROUP_ALL | CLI_GROUP_DNS | CLI_GROUP_DMARC, cli_dmarc_policy },
    { "authres", "parse", "FILE", "read the Authentication-Results fields of a message", CLI_GROUP_ALL,
      cli_authres_parse },
};
const size_t cli_command_count = sizeof cli_command_table / sizeof cli_command_table[0];
