/* Names that have one owner: what may be hosted, and whom an allow entry may name. Below a public suffix anybody registers
 * names, so what is promised to it is promised to everybody. */
#ifndef STORE_OWNED_NAME_H
#define STORE_OWNED_NAME_H

#include "store/change.h"

/**
 * @param name                 as store_check_domain() gave it
 * @param includes_subdomains  those below it too; then a company's suffix ("github.io") is none either, in which that
 *                             company may have addresses itself
 * @param what                 for the sentence: "the domain"
 * @return SEKI_BAD_INPUT with a sentence; SEKI_SYSTEM: there is no public suffix list
 */
SEKI_MUST_USE enum seki_result store_check_owned(struct store_change *change, struct seki_str name,
                                                 bool includes_subdomains, const char *what,
                                                 struct seki_error *why);

#endif
