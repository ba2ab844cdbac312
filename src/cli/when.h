/* Points in time as people and scripts write them, all in UTC. */
#ifndef CLI_WHEN_H
#define CLI_WHEN_H

#include <sekisho/str.h>

#define CLI_WHEN_MAX 32u

/** RFC 3339: "2026-05-02T10:00:00Z". "" for 0. @return text */
const char *cli_when_write(int64_t time_s, char text[CLI_WHEN_MAX]);
/** "2026-05-02 10:00" for tables; "-" for 0. @return text */
const char *cli_when_show(int64_t time_s, char text[CLI_WHEN_MAX]);

/**
 * Read a date ("2026-05-02": its first second), a time of RFC 3339 in UTC ("2026-05-02T10:00:00Z"), or a distance from
 * now in hours or days ("12h", "30d").
 * @param direction  of a distance: 1 ahead, -1 ago
 * @return false: it is none of them; *time_s_out is then as it was
 */
bool cli_when_read(struct seki_str text, int64_t now_s, int direction, int64_t *time_s_out);

#endif
