#include "quarantine/unknown.h"

#include "quarantine/folder.h"

#include <unistd.h>

#define BATCH         50u
#define MEMORY_OCTETS (16u << 20)

struct look {
    const char *folder;
    const struct quarantine_visitor *visitor;
    struct seki_arena *arena;
};

/* Meanwhile `control` may have taken it in, removed it, or put it where it is looked for next. */
static bool is_there(const char *folder, enum quarantine_place place, const struct quarantine_id *id)
{
    char path[PATH_MAX];
    struct stat status;
    return quarantine_path(folder, place, id, path) && lstat(path, &status) == 0;
}

static enum seki_result visit_one(const struct look *look, enum quarantine_place place,
                                  const struct quarantine_id *id, size_t *unread, struct seki_error *why)
{
    struct quarantine_message message;
    struct seki_error reason;
    int file;
    seki_arena_clear(look->arena);
    if (quarantine_open(look->folder, id, look->arena, &message, &file, &reason) != SEKI_OK) {
        *unread += is_there(look->folder, place, id);
        return SEKI_OK;
    }
    close(file);
    return look->visitor->visit(look->visitor->context, id, &message, look->arena, why);
}

static enum seki_result visit_place(const struct look *look, enum quarantine_place place, size_t *unread,
                                    struct seki_error *why)
{
    struct quarantine_id ids[BATCH], last;
    size_t count = BATCH;
    enum seki_result result = SEKI_OK;
    for (bool is_first = true; result == SEKI_OK && count == BATCH; is_first = false) {
        result = quarantine_list(look->folder, place, is_first ? NULL : &last, ids, BATCH, &count, why);
        for (size_t i = 0; i < count && result == SEKI_OK; i++)
            result = visit_one(look, place, &ids[i], unread, why);
        last = ids[BATCH - 1];
    }
    return result;
}

/* In the order in which they are moved. Nobody reads what lies in damaged/: it is only counted there. What cannot be read in
 * refused/ is on its way to unreadable/. */
enum seki_result quarantine_visit_unknown(const char *folder, const struct quarantine_visitor *visitor,
                                          struct quarantine_unread *unread_out, struct seki_error *why)
{
    const struct look look = { folder, visitor, seki_arena_new(MEMORY_OCTETS) };
    *unread_out = (struct quarantine_unread){ 0 };
    if (look.arena == NULL) {
        seki_error_set(why, "no memory to look into the quarantine");
        return SEKI_SYSTEM;
    }
    enum seki_result result = visit_place(&look, QUARANTINE_NEW, &unread_out->in_new, why);
    if (result == SEKI_OK)
        result = visit_place(&look, QUARANTINE_REFUSED, &unread_out->in_unreadable, why);
    if (result == SEKI_OK)
        result = visit_place(&look, QUARANTINE_UNREADABLE, &unread_out->in_unreadable, why);
    if (result == SEKI_OK)
        result = visit_place(&look, QUARANTINE_DAMAGED, &unread_out->in_damaged, why);
    seki_arena_free(look.arena);
    return result;
}
