/* Which names and which first octets are dangerous, and which are an archive's. Tables. */
#ifndef CONTENT_TYPES_H
#define CONTENT_TYPES_H

#include "content/attachments.h"

enum content_kind {
    CONTENT_PLAIN = 0, /* nothing to look into */
    CONTENT_ZIP,
    CONTENT_TAR,
    CONTENT_GZIP,
    CONTENT_TNEF,  /* Outlook's winmail.dat */
    CONTENT_OLE,   /* the older office documents */
    CONTENT_CLOSED /* an archive that is not listed here: 7z, rar, cab, xz … */
};

struct content_type {
    enum content_danger danger;
    enum content_kind kind;
};

/**
 * By a name: its last extension, as the system that opens it reads it: without what stands before "/" or "\", without
 * spaces and dots at its end, without characters that nobody sees. A name that turns the direction of writing is
 * dangerous by itself ("exe.txt" that shows as "txt.exe").
 */
struct content_type content_type_of_name(struct seki_str name);

#define CONTENT_HEAD_MAX 512u /* octets that decide */

/** By its first octets, at most CONTENT_HEAD_MAX of them. */
struct content_type content_type_of_head(struct seki_str head);

#endif
