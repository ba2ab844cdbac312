#include "cli/command.h"

#include "base/i18n.h"

#include <stdio.h>

#define FIELD(member) offsetof(struct cli_options, member)
#define WORDS(...)                                                                                                 \
    (const char *const[])                                                                                          \
    {                                                                                                              \
        __VA_ARGS__, NULL                                                                                          \
    }

const struct cli_option cli_option_table[] = {
    { "json", NULL, N_("print one JSON document and nothing else"), CLI_FLAG, CLI_GROUP_ALL, FIELD(json), 0, 0 },
    { "help", NULL, N_("say what this command takes"), CLI_FLAG, CLI_GROUP_ALL, FIELD(help), 0, 0 },
    { "ip", "ADDR", N_("address of the client that delivers"), CLI_TEXT, CLI_GROUP_ENVELOPE, FIELD(ip), 0, 0 },
    { "helo", "NAME", N_("name that it gave in HELO or EHLO"), CLI_TEXT, CLI_GROUP_ENVELOPE, FIELD(helo), 0, 0 },
    { "mail-from", "PATH", N_("MAIL FROM; empty for the null reverse-path"), CLI_TEXT, CLI_GROUP_ENVELOPE,
      FIELD(mail_from), 0, 0 },
    { "hop", "N", N_("client as hop N saw it; auto: the one that came in"), CLI_TEXT, CLI_GROUP_HOP, FIELD(hop), 0,
      0 },
    { "scope", "SCOPE", N_("spf1 (default), helo, or Sender ID's mfrom and pra"), CLI_TEXT, CLI_GROUP_SPF,
      FIELD(scope), 0, 0, WORDS("spf1", "helo", "mfrom", "pra") },
    { "received-spf", NULL, N_("write the Received-SPF field too"), CLI_FLAG, CLI_GROUP_SPF, FIELD(received_spf), 0,
      0 },
    { "authserv-id", "NAME", N_("our name in the results (default: this host's)"), CLI_TEXT, CLI_GROUP_VERIFY,
      FIELD(authserv_id), 0, 0 },
    { "sender-id", NULL, N_("check Sender ID too (RFC 4406, historic)"), CLI_FLAG, CLI_GROUP_VERIFY,
      FIELD(sender_id), 0, 0 },
    { "trusted-sealers", "D,D…", N_("domains whose ARC seals are trusted"), CLI_TEXT, CLI_GROUP_VERIFY,
      FIELD(trusted_sealers), 0, 0 },
    { "min-rsa-bits", "N", N_("least RSA key size (1024); lower it only to test"), CLI_NUMBER, CLI_GROUP_KEYS,
      FIELD(min_rsa_bits), 256, 16384 },
    { "allow-rsa-sha1", NULL, N_("take rsa-sha1, which RFC 8301 forbids; only to test"), CLI_FLAG, CLI_GROUP_KEYS,
      FIELD(allow_rsa_sha1), 0, 0 },
    { "discovery", "HOW", N_("treewalk (RFC 9989, default) or psl (RFC 7489)"), CLI_TEXT, CLI_GROUP_DMARC,
      FIELD(discovery), 0, 0, WORDS("treewalk", "psl") },
    { "psl", "FILE", N_("public suffix list (default: the system's)"), CLI_TEXT, CLI_GROUP_DMARC | CLI_GROUP_DOMAIN,
      FIELD(psl), 0, 0 },
    { "nameserver", "ADDR[:PORT]", N_("ask this server (default: those of /etc/resolv.conf)"), CLI_TEXT,
      CLI_GROUP_DNS, FIELD(nameserver), 0, 0 },
    { "anchors", "FILE", N_("trust anchors to validate DNSSEC with"), CLI_TEXT, CLI_GROUP_DNS, FIELD(anchors), 0,
      0 },
    { "dns-timeout", "MS", N_("give up a DNS question after so long (default 5000)"), CLI_NUMBER, CLI_GROUP_DNS,
      FIELD(dns_timeout_ms), 1, 600000 },
    { "zone", "FILE", N_("answer from this zone file, to try records out"), CLI_TEXT, CLI_GROUP_DNS, FIELD(zone), 0,
      0 },
    { "domain", "DOMAIN", N_("who signs (d=), or whose record it is"), CLI_TEXT,
      CLI_GROUP_SIGNER | CLI_GROUP_RECORD, FIELD(domain), 0, 0 },
    { "selector", "NAME", N_("the key's name (s=), at NAME._domainkey.DOMAIN"), CLI_TEXT, CLI_GROUP_SIGNER,
      FIELD(selector), 0, 0 },
    { "key", "FILE", N_("private key in PEM form, without a passphrase"), CLI_TEXT, CLI_GROUP_SIGN, FIELD(key), 0,
      0 },
    { "algorithm", "NAME", N_("rsa-sha256 (default of a new key) or ed25519-sha256"), CLI_TEXT,
      CLI_GROUP_SIGN | CLI_GROUP_GENERATE, FIELD(algorithm), 0, 0, WORDS("rsa-sha256", "ed25519-sha256") },
    { "canonicalization", "H/B", N_("of header and body: relaxed (default) or simple"), CLI_TEXT, CLI_GROUP_SIGN,
      FIELD(canonicalization), 0, 0,
      WORDS("relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple", "relaxed", "simple") },
    { "headers", "A:B…", N_("fields to sign (h=; default: those that matter)"), CLI_TEXT, CLI_GROUP_SIGN,
      FIELD(headers), 0, 0 },
    { "identity", "[USER]@DOMAIN", N_("on whose behalf (i=), within --domain"), CLI_TEXT, CLI_GROUP_DKIM,
      FIELD(identity), 0, 0 },
    { "expires", "S", N_("the signature is valid for so many seconds (x=)"), CLI_NUMBER, CLI_GROUP_DKIM,
      FIELD(expires_s), 1, 3153600000 },
    { "bits", "N", N_("size of an RSA key, 2048 (default) to 4096"), CLI_NUMBER, CLI_GROUP_GENERATE, FIELD(bits),
      2048, 4096 },
    { "out", "FILE", N_("new file for the private key; never overwritten"), CLI_TEXT, CLI_GROUP_GENERATE,
      FIELD(out), 0, 0 },
    { "selectors", "S,S…", N_("selectors that must have a key (else: usual ones)"), CLI_TEXT, CLI_GROUP_DOMAIN,
      FIELD(selectors), 0, 0 },
    { "policy", "P", N_("for failing mail: none (default), quarantine, reject"), CLI_TEXT, CLI_GROUP_DMARC_BUILD,
      FIELD(policy), 0, 0, WORDS("none", "quarantine", "reject") },
    { "subdomains", "P", N_("the same for subdomains (default: as --policy)"), CLI_TEXT, CLI_GROUP_DMARC_BUILD,
      FIELD(subdomains), 0, 0, WORDS("none", "quarantine", "reject") },
    { "nonexistent", "P", N_("the same for names that do not exist"), CLI_TEXT, CLI_GROUP_DMARC_BUILD,
      FIELD(nonexistent), 0, 0, WORDS("none", "quarantine", "reject") },
    { "rua", "ADDR,…", N_("where aggregate reports go, addresses or URIs"), CLI_TEXT, CLI_GROUP_DMARC_BUILD,
      FIELD(rua), 0, 0 },
    { "ruf", "ADDR,…", N_("where reports on single messages go"), CLI_TEXT, CLI_GROUP_DMARC_BUILD, FIELD(ruf), 0,
      0 },
    { "alignment", "MODE", N_("of SPF and DKIM with From: relaxed (default), strict"), CLI_TEXT,
      CLI_GROUP_DMARC_BUILD, FIELD(alignment), 0, 0, WORDS("relaxed", "strict") },
    { "dkim-strict", NULL, N_("strict alignment of DKIM alone"), CLI_FLAG, CLI_GROUP_DMARC_BUILD,
      FIELD(dkim_strict), 0, 0 },
    { "spf-strict", NULL, N_("strict alignment of SPF alone"), CLI_FLAG, CLI_GROUP_DMARC_BUILD, FIELD(spf_strict),
      0, 0 },
    { "testing", NULL, N_("ask receivers to apply one policy less (t=y)"), CLI_FLAG, CLI_GROUP_DMARC_BUILD,
      FIELD(testing), 0, 0 },
    { "ip", "ADDR[/N],…", N_("addresses and networks that send"), CLI_TEXT, CLI_GROUP_SPF_BUILD, FIELD(ip), 0, 0 },
    { "a", "HOST,…", N_("hosts whose addresses send"), CLI_TEXT, CLI_GROUP_SPF_BUILD, FIELD(hosts), 0, 0 },
    { "mx", NULL, N_("the servers that receive mail send it too"), CLI_FLAG, CLI_GROUP_SPF_BUILD, FIELD(mx), 0, 0 },
    { "include", "D,…", N_("services that send, by the name they tell you"), CLI_TEXT, CLI_GROUP_SPF_BUILD,
      FIELD(includes), 0, 0 },
    { "redirect", "D", N_("domain whose record says the rest, --all too"), CLI_TEXT, CLI_GROUP_SPF_BUILD,
      FIELD(redirect), 0, 0 },
    { "all", "RESULT", N_("for all others: softfail (default), fail, neutral"), CLI_TEXT, CLI_GROUP_SPF_BUILD,
      FIELD(all), 0, 0, WORDS("softfail", "fail", "neutral") },
    { "no-mail", NULL, N_("the domain sends no mail at all"), CLI_FLAG, CLI_GROUP_SPF_BUILD, FIELD(no_mail), 0, 0 },
    { "record", "TEXT", N_("this record instead of the one that is published"), CLI_TEXT, CLI_GROUP_SPF_RECORD,
      FIELD(record), 0, 0 },
    { "time", "EPOCH", N_("judge or sign as of this Unix time (default: now)"), CLI_NUMBER,
      CLI_GROUP_DNS | CLI_GROUP_DKIM, FIELD(time_s), 1, 253402300799 },
};
const size_t cli_option_count = sizeof cli_option_table / sizeof cli_option_table[0];

#define MESSAGE_GROUPS                                                                                             \
    (CLI_GROUP_ALL | CLI_GROUP_DNS | CLI_GROUP_ENVELOPE | CLI_GROUP_VERIFY | CLI_GROUP_KEYS | CLI_GROUP_DMARC)

const struct cli_command cli_command_table[] = {
    { "verify", NULL, "FILE", N_("authenticate a message: SPF, DKIM, ARC, DMARC"), MESSAGE_GROUPS, cli_verify },
    { "explain", NULL, "FILE", N_("what happened to a message, with every step"), MESSAGE_GROUPS | CLI_GROUP_HOP,
      cli_explain },
    { "domain", "check", "DOMAIN", N_("what a domain publishes wrongly, and what to do"),
      CLI_GROUP_ALL | CLI_GROUP_DNS | CLI_GROUP_DOMAIN, cli_domain_check },
    { "spf", "check", NULL, N_("may this client send for this domain?"),
      CLI_GROUP_ALL | CLI_GROUP_DNS | CLI_GROUP_ENVELOPE | CLI_GROUP_SPF, cli_spf_check },
    { "spf", "lint", "[DOMAIN]", N_("what is wrong with an SPF record, and what it costs"),
      CLI_GROUP_ALL | CLI_GROUP_DNS | CLI_GROUP_RECORD | CLI_GROUP_SPF_RECORD, cli_spf_lint },
    { "spf", "build", NULL, N_("make an SPF record, and check it"),
      CLI_GROUP_ALL | CLI_GROUP_DNS | CLI_GROUP_RECORD | CLI_GROUP_SPF_BUILD, cli_spf_build },
    { "spf", "flatten", "DOMAIN", N_("an SPF record with addresses in the place of names"),
      CLI_GROUP_ALL | CLI_GROUP_DNS | CLI_GROUP_SPF_RECORD, cli_spf_flatten },
    { "arc", "verify", "FILE", N_("validate the ARC chain of a message"),
      CLI_GROUP_ALL | CLI_GROUP_DNS | CLI_GROUP_KEYS, cli_arc_verify },
    { "arc", "seal", "FILE", N_("authenticate a message and seal what came out (ARC)"),
      CLI_GROUP_ALL | CLI_GROUP_DNS | CLI_GROUP_ENVELOPE | CLI_GROUP_VERIFY | CLI_GROUP_SIGNER | CLI_GROUP_SIGN,
      cli_arc_seal },
    { "dmarc", "policy", "DOMAIN", N_("which DMARC policy holds for mail from this domain?"),
      CLI_GROUP_ALL | CLI_GROUP_DNS | CLI_GROUP_DMARC, cli_dmarc_policy },
    { "dmarc", "build", NULL, N_("make a DMARC record, and check it"),
      CLI_GROUP_ALL | CLI_GROUP_DNS | CLI_GROUP_RECORD | CLI_GROUP_DMARC_BUILD, cli_dmarc_build },
    { "sign", NULL, "FILE", N_("put a DKIM-Signature on a message"),
      CLI_GROUP_ALL | CLI_GROUP_SIGNER | CLI_GROUP_SIGN | CLI_GROUP_DKIM, cli_sign },
    { "key", "generate", NULL, N_("make a key for signing, and its DNS record"),
      CLI_GROUP_ALL | CLI_GROUP_SIGNER | CLI_GROUP_GENERATE, cli_key_generate },
    { "authres", "parse", "FILE", N_("read the Authentication-Results fields of a message"), CLI_GROUP_ALL,
      cli_authres_parse },
};
const size_t cli_command_count = sizeof cli_command_table / sizeof cli_command_table[0];

/* --help without a command shows these, with those that are a command themselves: keep all on one screen. */
const struct cli_noun cli_noun_table[] = {
    { "domain", N_("what a domain publishes about its mail") },
    { "spf", N_("SPF: may a client send, and records made and checked") },
    { "arc", N_("ARC: validate the chain of a message, or seal it") },
    { "dmarc", N_("DMARC: which policy holds, and records made") },
    { "key", N_("keys for signing") },
    { "authres", N_("Authentication-Results fields") },
};
const size_t cli_noun_count = sizeof cli_noun_table / sizeof cli_noun_table[0];

const char *cli_command_name(const struct cli_command *command, char name[CLI_NAME_MAX])
{
    snprintf(name, CLI_NAME_MAX, "%s%s%s", command->noun, command->verb != NULL ? " " : "",
             command->verb != NULL ? command->verb : "");
    return name;
}

bool cli_takes(const struct cli_command *command, const struct cli_option *option)
{
    return (command->groups & option->groups) != 0;
}
