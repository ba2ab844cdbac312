/* A domain name as it stands on the wire (RFC 1035 section 3.1), and its two ways of being written.
 *
 * "Text" is what the engine uses: octets with "." between labels, no final dot, no escapes. A label that itself
 * holds a dot cannot be written so. "Master form" is RFC 1035 section 5.1: escapes, so that every name can be. */
#ifndef DNS_NAME_H
#define DNS_NAME_H

#include "dns/cursor.h"

#include <sekisho/str.h>

#define DNS_LABEL_MAX       63u   /* RFC 1035 section 2.3.4 */
#define DNS_NAME_MAX        255u  /* the same; with the octet of the root */
#define DNS_NAME_TEXT_MAX   253u  /* less the first length octet and the root */
#define DNS_NAME_MASTER_MAX 1024u /* each octet as "\DDD", a final dot and NUL */

/** Uncompressed, ASCII letters in lower case, the root's zero octet included: len is at least 1. */
struct seki_dns_name {
    uint8_t len;
    uint8_t octets[DNS_NAME_MAX];
};

bool seki_dns_name_equal(const struct seki_dns_name *a, const struct seki_dns_name *b);

/** Read a name, compressed or not (RFC 1035 section 4.1.4), and step over it. On failure: the root. */
void seki_dns_name_read(struct seki_dns_cursor *c, struct seki_dns_name *name_out);

/** @param text "" is the root. @return false when it does not fit the DNS; *name_out is then unknown */
bool seki_dns_name_from_text(struct seki_str text, struct seki_dns_name *name_out);

/**
 * @param text  DNS_NAME_TEXT_MAX octets. @param len_out its length, 0 for the root
 * @return false when a label holds a dot: such a name has no text form
 */
bool seki_dns_name_to_text(const struct seki_dns_name *name, char *text, size_t *len_out);

/**
 * @param token   in master form; without a final dot it is relative to origin; "@" is the origin
 * @return false when it is no name (empty label, bad escape, too long)
 */
bool seki_dns_name_from_master(struct seki_str token, const struct seki_dns_name *origin,
                               struct seki_dns_name *name_out);

/** @param text at least DNS_NAME_MASTER_MAX octets. @return text, with a final dot and terminated */
const char *seki_dns_name_to_master(const struct seki_dns_name *name, char *text);

/** Can this octet stand in a name in master form as it is? Letters, digits and "-_*+/=": never a dot. */
bool seki_dns_master_is_plain(uint8_t octet);

/** The name without its first label; the root stays the root. */
void seki_dns_name_parent(const struct seki_dns_name *name, struct seki_dns_name *parent_out);

static inline bool seki_dns_name_is_root(const struct seki_dns_name *name)
{
    return name->len == 1;
}

/**
 * One character of master form: itself, "\X" or "\DDD" (RFC 1035 section 5.1). Cuts it off *rest.
 * @param is_escaped_out  it was written with a backslash
 * @return false on a bad escape; *rest must not be empty
 */
bool seki_dns_master_octet(struct seki_str *rest, uint8_t *octet_out, bool *is_escaped_out);

#endif
