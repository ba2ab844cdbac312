/* The mailboxes that whoever was refused must be able to reach: RFC 5321 section 4.5.1 wants mail to postmaster taken but for
 * narrow reasons, and RFC 2142 section 4 names abuse beside it. Our refusals tell people to write there. */
#ifndef POLICY_CONTACT_H
#define POLICY_CONTACT_H

#include <sekisho/str.h>

/** @param path  "<postmaster@example.com>", "<Postmaster>"; its local part in any case (RFC 2142 section 2) */
bool policy_is_contact(struct seki_str path);

#endif
