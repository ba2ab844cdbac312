/* Where clamd listens. */
#ifndef CONTENT_CLAMD_ADDRESS_H
#define CONTENT_CLAMD_ADDRESS_H

#include "content/clamd.h"

/** @return a socket that does not block, connected or about to be; -1 with the reason, a constant */
int content_clamd_connect(struct seki_str address, const char **reason_out);

#endif
