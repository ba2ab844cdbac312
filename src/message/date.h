/* Dates of mail (RFC 5322 section 3.3, with the obsolete forms of section 4.3). */
#ifndef SEKI_DATE_H
#define SEKI_DATE_H

#include <sekisho/str.h>

/**
 * @param text        of a Date field, or of Received behind its ";"; folds and comments anywhere
 * @param time_s_out  Unix time; untouched on failure
 * @return false when it is not a date-time to its last octet, or names a day or an hour that does not exist
 */
bool seki_date_read(struct seki_str text, int64_t *time_s_out);

#endif
