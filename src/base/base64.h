/* Base64 as mail carries keys and signatures: white space anywhere, padding as RFC 6376 section 2.10 has it. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <sekisho/str.h>

/**
 * base64string = ALPHADIGITPS *([FWS] ALPHADIGITPS) [ [FWS] "=" [ [FWS] "=" ] ]
 * The padding may be missing, as that grammar allows; when it is there it must fit.
 * @param out      room for out_max octets; written to also when false is returned
 * @return false for any other octet, a lone last character, wrong padding, or more than out_max octets
 */
bool seki_base64_decode(struct seki_str text, uint8_t *out, size_t out_max, size_t *len_out);

#endif
