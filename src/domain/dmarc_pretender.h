/* Texts that mean to be a DMARC record, and are none for any receiver. */
#ifndef DOMAIN_DMARC_PRETENDER_H
#define DOMAIN_DMARC_PRETENDER_H

#include "domain/survey_run.h"

/** Find what keeps a text at _dmarc, which is no DMARC record, from being one. @return false when it does not mean to be */
bool domain_dmarc_find_pretender(struct domain_run *run, struct seki_str name, struct seki_str text);

#endif
