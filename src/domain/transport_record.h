/* The records of MTA-STS (RFC 8461 section 3.1), SMTP TLS reports (RFC 8460 section 3) and BIMI: a version, and fields
 * with a name and a value.
 *
 *   "v=STSv1; id=20240131T120000;"   "v=TLSRPTv1; rua=mailto:tls@example.com"   "v=BIMI1; l=https://example.com/a.svg" */
#ifndef DOMAIN_TRANSPORT_RECORD_H
#define DOMAIN_TRANSPORT_RECORD_H

#include <sekisho/buf.h>

enum domain_transport { DOMAIN_MTA_STS, DOMAIN_TLS_RPT, DOMAIN_BIMI, DOMAIN_TRANSPORTS };

#define DOMAIN_TRANSPORT_FIELDS_MAX 32u /* far above the five that are defined; more make the record unreadable */

struct domain_transport_field {
    struct seki_str name, value;
};

struct domain_transport_record {
    enum domain_transport kind;
    struct domain_transport_field fields[DOMAIN_TRANSPORT_FIELDS_MAX]; /* behind the version */
    size_t field_count;
};

/** Does it begin with the version, as the record of a domain that means it must? */
bool domain_transport_is_of(enum domain_transport kind, struct seki_str text);

/** Is it no such record, but was it meant to be one? */
bool domain_transport_is_nearly(enum domain_transport kind, struct seki_str text);

/**
 * Read a record that begins with the version.
 * @param record_out  views into text; on failure what was read up to there
 * @param wrong_out   on failure: the field that cannot stand
 */
bool domain_transport_parse(enum domain_transport kind, struct seki_str text,
                            struct domain_transport_record *record_out, struct seki_str *wrong_out);

/** The value of the first field of that name ("all entries except for the first SHALL be ignored", RFC 8461 section
 *  3.2). @return NULL when there is none */
const struct seki_str *domain_transport_find(const struct domain_transport_record *record, struct seki_str name);

/** As it is published: what is read from it is the same record. */
void domain_transport_write(const struct domain_transport_record *record, struct seki_buf *out);

#endif
