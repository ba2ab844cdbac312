/* A master file held in memory, and answers from it as an authoritative server would give them.
 *
 * The whole file is one name space, with as many zones in it as one likes; delegations are not followed and DNAME
 * has no effect. Read only after loading: threads may share it. */
#ifndef DNS_MASTER_FILE_H
#define DNS_MASTER_FILE_H

#include "dns/rdata.h"

struct master_file;

/** @return NULL with *why: "FILE:LINE: what is wrong" */
struct master_file *master_file_load(const char *path, struct seki_error *why);
/** @param text need not stay. @param name of the file, for *why */
struct master_file *master_file_parse(struct seki_str text, const char *name, struct seki_error *why);
void master_file_free(struct master_file *file);

size_t master_file_record_count(const struct master_file *file);

struct master_record {
    const struct master_record *next; /* of the same name and type, in the order of the file */
    const uint8_t *rdata;             /* wire form, names uncompressed */
    uint16_t rdata_len;
    bool has_long_string; /* TXT: see seki_record */
    uint32_t ttl_s;
};

enum master_found {
    MASTER_NXDOMAIN,
    MASTER_NODATA,    /* the name exists, if only because there is one below it (RFC 8020 section 2) */
    MASTER_ALIAS,     /* *records_out is its CNAME */
    MASTER_DELEGATED, /* other servers answer for it: a NS record at it or above, below this file's SOA. For DS, which
                         stands on the parent's side of the cut (RFC 4035 section 2.4), only one above counts */
    MASTER_FOUND
};

/** What is at this name: its own records, or those of the wildcard that stands for it (RFC 4592). */
enum master_found master_file_find(const struct master_file *file, const struct seki_dns_name *name, uint16_t type,
                                   const struct master_record **records_out);

/** The target of a CNAME record of this file. */
void master_record_target(const struct master_record *cname, struct seki_dns_name *target_out);

/** Answer a question, following CNAMEs within the file unless they are what is asked for. @param outcome_out valid until records is used again */
void master_file_answer(const struct master_file *file, const struct seki_answer *question,
                        struct seki_dns_records *records, struct seki_answer *outcome_out);

#define MASTER_MAX_CNAMES 16u

#endif
