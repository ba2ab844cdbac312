/* One record that stands at a selector: read as a verifier reads it, and judged. */
#ifndef DOMAIN_DKIM_KEY_JUDGE_H
#define DOMAIN_DKIM_KEY_JUDGE_H

#include "domain/survey_run.h"

/** Fill key from the record; its selector and name are the caller's. */
void domain_key_read(struct domain_run *run, struct seki_str record, struct domain_key *key);

/** Find what is wrong with the record of a key that was read. */
void domain_key_judge(struct domain_run *run, const struct domain_key *key);

#endif
