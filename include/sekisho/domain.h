/* Domain names as text: A-labels (RFC 5890, 8616), label arithmetic, the public suffix list. */
#ifndef SEKISHO_DOMAIN_H
#define SEKISHO_DOMAIN_H

#include <sekisho/arena.h>

/**
 * To A-labels in lower case, without a final dot. Underscores are kept ("_dmarc").
 * @param domain  ASCII or UTF-8; U-labels are converted by IDNA2008 (non-transitional)
 * @return SEKI_OK; SEKI_BAD_INPUT when it is no domain name (empty label, over 63 or 253 octets, bad U-label,
 *         octets that cannot stand in a host or service name); SEKI_LIMIT, SEKI_SYSTEM
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_domain_to_ascii(struct seki_arena *arena, struct seki_str domain,
                                                             struct seki_str *ascii_out);

/** Can this stand in the DNS? Not empty, labels of 1 to 63 octets, at most 253 in all; any octets. */
SEKI_API bool seki_domain_fits_dns(struct seki_str domain);

/** "a.b.c" has 3; "" has 0. */
SEKI_API unsigned seki_domain_label_count(struct seki_str domain);

/** Without its leftmost label: "b.c" of "a.b.c", "" (ptr NULL) of "c". */
SEKI_API struct seki_str seki_domain_parent(struct seki_str domain);

/** Its rightmost count labels: 2 of "a.b.c" is "b.c". All of it when it has fewer. */
SEKI_API struct seki_str seki_domain_suffix(struct seki_str domain, unsigned count);

/** Is name equal to domain, or below it? ASCII case is ignored. */
SEKI_API bool seki_domain_is_within(struct seki_str name, struct seki_str domain);

/* The public suffix list (for DMARC by RFC 7489, and for what nobody can own). */
struct seki_psl;

/** @param path  a list in text or DAFSA form; NULL = the system's, else the one built into libpsl */
SEKI_API struct seki_psl *seki_psl_load(const char *path, struct seki_error *why);
SEKI_API void seki_psl_free(struct seki_psl *psl);

/** The registrable domain ("example.co.uk" of "a.example.co.uk"); "" when domain is itself a public suffix.
 *  @param domain A-labels in lower case. @return a view into domain. Thread-safe. */
SEKI_API struct seki_str seki_psl_registrable(const struct seki_psl *psl, struct seki_str domain);

/** Does a registry of the DNS's own register names below it ("co.jp", "com", and any name without a dot)? A company's
 *  suffix ("github.io") is none: it belongs to that company. @param domain A-labels in lower case. Thread-safe. */
SEKI_API bool seki_psl_is_registry(const struct seki_psl *psl, struct seki_str domain);

#endif
