/* Verdicts as JSON, with the keys of the command line's contract. */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <sekisho/verify.h>

#include <jansson.h>

/** Any octets as a JSON string: what is not UTF-8 becomes U+FFFD. */
json_t *cli_json_str(struct seki_str s);
/** What a check_host() came to, in a scope of SPF ("mfrom", "helo") or Sender ID ("mfrom", "pra"). */
json_t *cli_json_check_host(const struct seki_spf_verdict *spf, const char *scope);
json_t *cli_json_spf(const struct seki_spf_verdict *spf);
json_t *cli_json_sender_id(const struct seki_sender_id_verdict *sender_id);
json_t *cli_json_arc(const struct seki_arc_verdict *arc);
json_t *cli_json_authres(const struct seki_authres *authres);
json_t *cli_json_verdict(const struct seki_verdict *verdict);
json_t *cli_json_dmarc_record(const struct seki_dmarc_verdict *dmarc);

/** Print and release. */
void cli_json_print(json_t *root);

#endif
