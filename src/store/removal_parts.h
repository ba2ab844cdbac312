/* What goes with a domain when it is removed, each with its line. */
#ifndef STORE_REMOVAL_PARTS_H
#define STORE_REMOVAL_PARTS_H

#include "store/change.h"

SEKI_MUST_USE enum seki_result store_allow_forget(struct store_change *change, int64_t domain_id,
                                                  struct seki_error *why);
SEKI_MUST_USE enum seki_result store_confirmations_forget(struct store_change *change, int64_t domain_id,
                                                          struct seki_error *why);

#endif
