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

#endif
