/* What of a held message may be shown to decide about it: words only. Nothing of it is active: markup is not shown, attachments
 * are named and not opened, addresses of links stand as text or not at all. */
#ifndef QUARANTINE_PREVIEW_H
#define QUARANTINE_PREVIEW_H

#include <sekisho/arena.h>

#define QUARANTINE_PREVIEW_MESSAGE_MAX (1024u * 1024u) /* octets looked at, from the beginning */
#define QUARANTINE_PREVIEW_TEXT_MAX    4000u           /* octets of text shown */
#define QUARANTINE_PREVIEW_FIELDS_MAX  40u

struct quarantine_preview_field {
    struct seki_str name, value;
};

struct quarantine_preview_part {
    struct seki_str type; /* "application/pdf"; "" where none is told */
    struct seki_str name; /* of the file; "" for none */
    size_t octets;        /* as it is encoded */
};

struct quarantine_preview { /* all of it fit to be shown (quarantine/shown.h) */
    const struct quarantine_preview_field *fields;
    size_t field_count;
    struct seki_str text; /* the beginning of the first plain text; "" when there is none */
    bool is_text_cut;
    const struct quarantine_preview_part *parts; /* those that are not shown */
    size_t part_count;
};

/** @param message  its first octets. @return SEKI_OK, or the arena's failure */
SEKI_MUST_USE enum seki_result quarantine_preview_of(struct seki_str message, struct seki_arena *arena,
                                                     struct quarantine_preview *preview_out);

#endif
