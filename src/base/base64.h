/* Base64 as mail carries keys and signatures: white space anywhere, padding as RFC 6376 section 2.10 has it. */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include <sekisho/str.h>

/** Of each character: 0 to 63, or with this bit: it is none of the digits. */
#define SEKI_BASE64_NO_DIGIT 0x80u
extern const uint8_t seki_base64_values[256];

/**
 * base64string = ALPHADIGITPS *([FWS] ALPHADIGITPS) [ [FWS] "=" [ [FWS] "=" ] ]
 * The padding may be missing, as that grammar allows; when it is there it must fit.
 * @param out      room for out_max octets; written to also when false is returned
 * @return false for any other octet, a lone last character, wrong padding, or more than out_max octets
 */
bool seki_base64_decode(struct seki_str text, uint8_t *out, size_t out_max, size_t *len_out);

/** Octets that seki_base64_encode() writes. */
#define SEKI_BASE64_OCTETS(len) (((len) + 2) / 3 * 4)

/** With padding, without line ends or NUL. @param out  room for SEKI_BASE64_OCTETS(len), which is how much is written */
void seki_base64_encode(const uint8_t *octets, size_t len, char *out);

#endif
