/* Which octets stand where in Authentication-Results (RFC 8601 section 2.2): known to reader and writer. */
#ifndef SEKI_AUTHRES_VALUE_H
#define SEKI_AUTHRES_VALUE_H

#include <sekisho/str.h>

/** Keyword = Ldh-str (RFC 5321 section 4.1.2); "_" too, as some write it. */
static inline bool seki_authres_is_keyword_octet(char c)
{
    return seki_is_alnum(c) || c == '-' || c == '_';
}

/** token (RFC 2045 section 5.1): no space, control octet or tspecial. Octets above 127 too (RFC 6532); the writer
 *  quotes those. */
bool seki_authres_is_token_octet(char c);

/** What an unquoted property value is made of when others write it: all but space, control octets and ; ( ) " \ */
bool seki_authres_is_loose_octet(char c);

#endif
