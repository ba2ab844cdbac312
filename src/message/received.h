/* One Received field, read as far as it can be: RFC 5321 section 4.4, and what servers write instead. */
#ifndef SEKI_RECEIVED_H
#define SEKI_RECEIVED_H

#include <sekisho/ip.h>

/* Who connected to the server that wrote the field. */
struct seki_received_client {
    struct seki_ip address;
    struct seki_str helo; /* a view into the field, as the others */
    struct seki_str name; /* that the server found by the address; "" when it tells none */
};

/**
 * Read the "from" clause.
 * @param value  of the field, folded or not
 * @return false when there is none, or no address can be told for sure; *client_out is then all zero
 */
bool seki_received_client_read(struct seki_str value, struct seki_received_client *client_out);

struct seki_received {                  /* views into the field, folds and all; "" for what is not told */
    struct seki_received_client client; /* helo alone, when no address can be told for sure */
    struct seki_str by;                 /* the server that wrote the field */
    struct seki_str with;               /* "ESMTPS", "Microsoft SMTP Server" */
    unsigned tls_major, tls_minor;      /* 1 and 3 for TLS 1.3; 0 and 0 when not told */
    struct seki_str id;
    struct seki_str for_path;
    struct seki_str date; /* behind the last ";" */
    bool has_time;
    int64_t time_s; /* the date as Unix time */
};

/**
 * Read all clauses. What stands in none of them is passed over.
 * @return false when it tells neither from whom nor by whom nor when
 */
bool seki_received_read(struct seki_str value, struct seki_received *received_out);

#endif
