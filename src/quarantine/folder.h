/* The paths of the quarantine's folder. */
#ifndef QUARANTINE_FOLDER_H
#define QUARANTINE_FOLDER_H

#include "quarantine/quarantine.h"

#include <limits.h>
#include <sys/stat.h>

enum quarantine_place {
    QUARANTINE_TMP = 0,
    QUARANTINE_NEW,
    QUARANTINE_UNREADABLE,
    QUARANTINE_REFUSED,
    QUARANTINE_HELD,
    QUARANTINE_DAMAGED,
    QUARANTINE_PLACE_COUNT
};

#define QUARANTINE_FILE_MODE 0660 /* whoever may enter the folder */

/** @param id  NULL: the place itself. @return false: the path is too long */
bool quarantine_path(const char *folder, enum quarantine_place place, const struct quarantine_id *id,
                     char path_out[PATH_MAX]);
/** Make the folder and its places where they are missing. @return false: errno */
bool quarantine_make_folder(const char *folder);
/** Have the names in a place on disk. @return false: errno */
bool quarantine_sync_place(const char *folder, enum quarantine_place place);
/** What lies in a place, in the order of ids. @param after  NULL: from the first. @param count_out  at most max */
SEKI_MUST_USE enum seki_result quarantine_list(const char *folder, enum quarantine_place place,
                                               const struct quarantine_id *after, struct quarantine_id *ids_out,
                                               size_t max, size_t *count_out, struct seki_error *why);

#endif
