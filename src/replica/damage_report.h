/* What a reader leaves for the writer when it found a generation damaged. Readers may write nothing in the folder but this
 * one file, which the writer made for them. */
#ifndef REPLICA_DAMAGE_REPORT_H
#define REPLICA_DAMAGE_REPORT_H

#include <stdbool.h>

/** Reader: write it down; best effort. */
void replica_damage_report(const char *folder, const char *generation);

/** Writer: make the file, empty. @return false: errno */
bool replica_damage_clear(const char *folder);
/** Has a reader reported this generation? */
bool replica_damage_is_reported(const char *folder, const char *generation);

#endif
