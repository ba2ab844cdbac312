/* Where a DMARC record sends reports, and whether they will be sent there (RFC 9990 section 4, RFC 9991 section 5). */
#ifndef DOMAIN_DMARC_DESTINATION_H
#define DOMAIN_DMARC_DESTINATION_H

#include "domain/dmarc_judge.h"

#include "auth/dmarc_walk.h"

/** @param walks   of this run, tree walks; NULL: nothing is looked up
 *  @return        one for each URI of record, rua first, in the arena; *count_out of them */
const struct domain_destination *domain_dmarc_destinations(struct domain_run *run, struct seki_dmarc_walks *walks,
                                                           const struct domain_dmarc_subject *subject,
                                                           const struct seki_dmarc_record *record,
                                                           size_t *count_out);

#endif
