/* The header of one message (RFC 5322), exactly as it arrived, and what is wrong with it.
 *
 * Octets are kept raw: bare LF, bare CR, NUL, 8-bit, obsolete syntax, duplicates and absurd lengths all survive,
 * because signatures cover them. Fields stay in the order of arrival, 0 is the topmost. */
#ifndef SEKISHO_MESSAGE_H
#define SEKISHO_MESSAGE_H

#include <sekisho/buf.h>

struct seki_field {
    struct seki_str raw;   /* name, colon, value; folds inside as CRLF WSP; without the final CRLF */
    struct seki_str name;  /* without white space before the colon (RFC 5322 section 4.5.3) */
    struct seki_str value; /* all after the colon, white space and folds included */
};

/* What is wrong with the header; bits. A defect never hides a field. */
enum seki_message_defect {
    SEKI_DEFECT_TOO_MANY_FIELDS = 1 << 0, /* past the bound: later fields are not kept */
    SEKI_DEFECT_HEADER_TOO_LONG = 1 << 1, /* past the bound in octets: later fields are not kept */
    SEKI_DEFECT_NO_SEPARATOR = 1 << 2,    /* a line without colon ended the header; it starts the body */
    SEKI_DEFECT_BARE_LF = 1 << 3,         /* in the header */
    SEKI_DEFECT_BARE_CR = 1 << 4,
    SEKI_DEFECT_NUL = 1 << 5,
    SEKI_DEFECT_LONG_LINE = 1 << 6,       /* over 998 octets (RFC 5322 section 2.1.1) */
    SEKI_DEFECT_EMPTY_NAME = 1 << 7,      /* a field without a name; not kept */
    SEKI_DEFECT_BAD_NAME = 1 << 8         /* octets outside %d33-57 / %d59-126 in a name; kept */
};

struct seki_message_limits {   /* 0 = the default */
    size_t max_fields;         /* 10,000 */
    size_t max_header_octets;  /* 1 MiB */
};

struct seki_message;

SEKI_API struct seki_message *seki_message_new(struct seki_arena *arena, const struct seki_message_limits *limits);

/**
 * Append a field as a milter gets it: name and value apart. Copies. A LF without CR before it in value is
 * written as CRLF (the milter protocol separates folded lines with LF).
 * @param value  all after the colon, with its leading white space (SMFIP_HDR_LEADSPC)
 * @return SEKI_OK, also when the field was dropped for a bound (see seki_message_defects());
 *         SEKI_LIMIT or SEKI_SYSTEM from the arena
 */
SEKI_API enum seki_result seki_message_add_field(struct seki_message *message, struct seki_str name,
                                                 struct seki_str value);

/**
 * Read the header off the front of a whole message in memory.
 * Text whose first line ends in a bare LF is taken as a Unix file: there every bare LF counts as a line end, and
 * the same must be done to the body (see *is_unix_out). Otherwise only CRLF ends a line and bare LF and CR are
 * kept inside the field.
 * @param body_out     what follows the empty line (or the line that is no field), uncopied
 * @param is_unix_out  whether LF alone ends a line in this text
 * @return as seki_message_add_field(); unreadable text gives no error but defects
 */
SEKI_API enum seki_result seki_message_read(struct seki_message *message, struct seki_str text,
                                            struct seki_str *body_out, bool *is_unix_out);

/** Octets of the line "From sender date" that mbox files put before a message, with its line end; 0 when there is none.
 *  seki_message_read() passes over it; fields that are put on top go behind it. */
SEKI_API size_t seki_message_envelope_octets(struct seki_str text);

/**
 * Write a field that is to be put into a text: name, colon, value and a line end.
 * @param value    all after the colon, as the signers and seki_verdict give it; folds as CRLF WSP
 * @param is_unix  LF alone ends a line in that text (see seki_message_read())
 * @param buf      appended to; ask seki_buf_failed()
 */
SEKI_API void seki_field_write(struct seki_str name, struct seki_str value, bool is_unix, struct seki_buf *buf);

SEKI_API size_t seki_message_field_count(const struct seki_message *message);
/** @param index below seki_message_field_count() */
SEKI_API const struct seki_field *seki_message_field(const struct seki_message *message, size_t index);
SEKI_API unsigned seki_message_defects(const struct seki_message *message);

/**
 * Walk the fields of one name from the bottom up, as RFC 6376 section 5.4.2 asks. O(fields of that name).
 * @param name   compared without case
 * @param below  index found before, or SIZE_MAX to start
 * @return index of the next one above, or SIZE_MAX when there is none
 */
SEKI_API size_t seki_message_find_up(const struct seki_message *message, struct seki_str name, size_t below);

/** How many fields have this name. */
SEKI_API size_t seki_message_count_named(const struct seki_message *message, struct seki_str name);

#endif
