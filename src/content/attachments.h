/* Is there an attachment of a dangerous type? Found while the message streams by; nothing of it is kept.
 *
 *   new → field… → end_of_header → body… → finding
 *
 * A part is judged by its names in every spelling (RFC 2183, 2231, 2047, and what mail programs take besides), by the
 * first octets of its decoded content, and, where it is an archive or Outlook's winmail.dat, by the names in its list.
 * Which names and octets are dangerous stands in content/types.h. What cannot be looked into counts as dangerous, and the
 * finding says so: an archive of a kind that cannot be listed here, and whatever goes past a bound below. It says nothing
 * of viruses, and an allow entry never answers it (policy/judge.h).
 *
 * Not seen: what is inside documents but for their macros, inside images of disks, and behind links. */
#ifndef CONTENT_ATTACHMENTS_H
#define CONTENT_ATTACHMENTS_H

#include <sekisho/arena.h>

enum content_danger {
    CONTENT_HARMLESS = 0,
    CONTENT_BY_NAME,    /* a program's or script's name, or a name that hides what it is */
    CONTENT_BY_OCTETS,  /* begins as a program does, whatever it is called */
    CONTENT_MACROS,     /* an office document with macros */
    CONTENT_OPAQUE,     /* an archive that cannot be listed: of another kind, damaged, encrypted with its list */
    CONTENT_OVER_BOUND, /* more parts, depth, entries or octets than are looked at */
    CONTENT_DANGER_COUNT
};

/* Past each bound the finding is OVER_BOUND, at what was being looked at. */
#define CONTENT_DEPTH_MAX           8u   /* multiparts and messages within each other */
#define CONTENT_PARTS_MAX           500u /* of one message */
#define CONTENT_PART_HEADER_MAX     (16u * 1024u)
#define CONTENT_ARCHIVE_DEPTH_MAX   3u /* archives within an archive */
#define CONTENT_ARCHIVE_ENTRIES_MAX 10000u
#define CONTENT_INFLATED_MAX        (32u * 1024u * 1024u) /* octets that come out of archives, of one message */

#define CONTENT_ARENA_MAX (128u * 1024u) /* octets that all this takes of an arena at most */

struct content_finding {
    enum content_danger danger; /* of the first dangerous thing that was met */
    struct seki_str name; /* whose: "invoice.zip/invoice.exe"; UTF-8 without control characters, never empty where
                                   there is a danger; in the arena */
};

struct content_attachments;

/** @return NULL when the arena is full. Holds some 30 KiB of it, and more once it looks into archives */
struct content_attachments *content_attachments_new(struct seki_arena *arena);

/** A field of the message's header, in order. */
void content_attachments_field(struct content_attachments *attachments, struct seki_str name,
                               struct seki_str value);
void content_attachments_end_of_header(struct content_attachments *attachments);

/** The next octets of the body, in pieces of any length. After a first danger nothing more is looked at. */
void content_attachments_body(struct content_attachments *attachments, struct seki_str octets);

/** At the end of the message. */
struct content_finding content_attachments_finding(struct content_attachments *attachments);

/** Release what is not the arena's (inflating states). Call before the arena is cleared; NULL does nothing. */
void content_attachments_end(struct content_attachments *attachments);

/** "name", "octets", "macros", "opaque", "bound"; "none" */
const char *content_danger_name(enum content_danger danger);

#endif
