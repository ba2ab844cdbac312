/* A TXT record that is to be published, in every form that DNS is edited in: as text, as lines of a zone file, as a web
 * form of the zone wants it. */
#ifndef CLI_TXT_RECORD_H
#define CLI_TXT_RECORD_H

#include <sekisho/str.h>

#include <jansson.h>

struct cli_txt_record {
    struct seki_str name; /* the whole name, A-labels, without a final dot */
    struct seki_str text; /* in one piece, printable ASCII, at most 4096 octets */
};

/** @param zone  the domain whose zone they go into: the names are equal to it or below it */
void cli_print_txt_records(const struct cli_txt_record *records, size_t count, struct seki_str zone);

/** {name host type record strings[] zone}, of one. */
json_t *cli_json_txt_record(const struct cli_txt_record *record, struct seki_str zone);

#endif
