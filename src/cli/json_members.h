/* Objects of a JSON file that somebody wrote, read by a table of their members: what is missing, unknown or of another type
 * is told with file and line. */
#ifndef CLI_JSON_MEMBERS_H
#define CLI_JSON_MEMBERS_H

#include "cli/json_place.h"

#include <jansson.h>

enum cli_member_type {
    CLI_MEMBER_TEXT = 0, /* struct seki_str, a view into the JSON value */
    CLI_MEMBER_FLAG,     /* bool */
    CLI_MEMBER_NUMBER,   /* int64_t */
    CLI_MEMBER_WHEN,     /* int64_t: a time as text; "" is 0 */
    CLI_MEMBER_OBJECT,   /* json_t *, borrowed */
    CLI_MEMBER_ARRAY,    /* json_t *, borrowed */
};

struct cli_member {
    const char *name;
    enum cli_member_type type;
    size_t offset;
    bool is_required;
};

struct cli_json_file {
    const char *path;
    struct seki_str text;
};

/** @param out  zero, or what counts for members that are left out. @return false with "path:line: …" in *why */
bool cli_members_read(const struct cli_json_file *file, const struct cli_json_place *place, json_t *value,
                      const struct cli_member *members, size_t count, void *out, struct seki_error *why);

/** "path:line: " before what stands in *why. @return false */
bool cli_json_blame(const struct cli_json_file *file, const struct cli_json_place *place, struct seki_error *why);

/** @return the value, yours to json_decref(); NULL with "path:line: …" in *why. No name may stand twice in an object. */
json_t *cli_json_file_read(const struct cli_json_file *file, struct seki_error *why);

#endif
