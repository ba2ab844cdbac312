#include "quarantine/released.h"

#include <unistd.h>

#define MEMORY_OCTETS (4u * QUARANTINE_META_MAX_OCTETS)

struct seki_str quarantine_released_write(struct seki_arena *arena, int64_t number, struct seki_str id)
{
    return seki_arena_format(arena, " %lld %.*s", (long long)number, SEKI_STR_ARGS(id));
}

/* value = number SP id */
static bool read_id(struct seki_str value, struct quarantine_id *id_out)
{
    struct seki_str number;
    uint64_t unused;
    value = seki_str_trim(value);
    return seki_str_split(&value, ' ', &number) && seki_str_to_u64(number, INT64_MAX, &unused) &&
           quarantine_id_read(value, id_out);
}

bool quarantine_released_is_from(const char *folder, struct seki_str value, struct seki_str recipient)
{
    struct quarantine_id id;
    struct quarantine_message message = { 0 };
    int file = -1;
    struct seki_arena *arena = read_id(value, &id) ? seki_arena_new(MEMORY_OCTETS) : NULL;
    bool is_open = arena != NULL && quarantine_open(folder, &id, arena, &message, &file, NULL) == SEKI_OK;
    bool is_from = false;
    for (size_t i = 0; is_open && i < message.recipient_count && !is_from; i++)
        is_from = seki_str_equal_nocase(message.recipients[i].address, recipient);
    if (is_open)
        close(file);
    seki_arena_free(arena);
    return is_from;
}
