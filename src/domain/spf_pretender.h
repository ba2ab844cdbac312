/* Texts that mean to be an SPF record, and are none for any receiver. */
#ifndef DOMAIN_SPF_PRETENDER_H
#define DOMAIN_SPF_PRETENDER_H

#include "domain/survey_run.h"

/** What keeps a text, which is no SPF record, from being one.
 *  @param begin_out  its beginning, or all of it: what the finding shows
 *  @return DOMAIN_FINDING_KINDS when it does not mean to be one */
enum domain_finding_id domain_spf_pretender(struct seki_str text, struct seki_str *begin_out);

/** A record of Sender ID (RFC 4406 section 3.1). */
bool domain_spf_is_sender_id(struct seki_str text);

#endif
