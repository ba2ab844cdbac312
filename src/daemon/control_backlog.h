/* How much of the journal waits for the store, told whether or not the store answers: the job that takes it over may be
 * waiting for the store itself, or may have been killed. */
#ifndef CONTROL_BACKLOG_H
#define CONTROL_BACKLOG_H

#include "daemon/figures.h"

/** From the segments in the folder and FIGURE_JOURNAL_TAKEN_OCTETS. Does nothing when the folder cannot be read. */
void control_backlog_tell(const char *folder, struct figures *figures);

#endif
