/* One line of the audit log as it is written, and the JSON of its before and after. */
#ifndef STORE_AUDIT_LINE_H
#define STORE_AUDIT_LINE_H

#include <sekisho/buf.h>

struct store_audit_line {
    const char *action;
    struct seki_str tenant, domain, object;
    struct seki_str before, after; /* JSON objects; "" for nothing */
};

/* A JSON object, member by member: begin, add, end. Texts are UTF-8. */
struct store_json {
    struct seki_buf buf;
};
void store_json_begin(struct store_json *json, struct seki_arena *arena);
void store_json_str(struct store_json *json, const char *name, struct seki_str value);
void store_json_int(struct store_json *json, const char *name, int64_t value);
void store_json_bool(struct store_json *json, const char *name, bool value);
/** A view into the arena; "" without room, and then the arena says so. */
struct seki_str store_json_end(struct store_json *json);

#endif
