#include "quarantine/released.h"

#include <unistd.h>

#define MEMORY_OCTETS (4u * QUARANTINE_META_MAX_OCTETS)

struct seki_str quarantine_released_write(struct seki_arena *arena, int64_t number, struct seki_str id,
                                          int64_t place)
{
    return seki_arena_format(arena, " %lld %.*s %lld", (long long)number, SEKI_STR_ARGS(id), (long long)place);
}

/* value = number SP id SP place */
static bool read_mark(struct seki_str value, struct quarantine_id *id_out, uint64_t *place_out)
{
    struct seki_str number, id;
    uint64_t unused;
    value = seki_str_trim(value);
    return seki_str_split(&value, ' ', &number) && seki_str_to_u64(number, INT64_MAX, &unused) &&
           seki_str_split(&value, ' ', &id) && quarantine_id_read(id, id_out) &&
           seki_str_to_u64(value, QUARANTINE_RECIPIENTS_MAX - 1, place_out);
}

bool quarantine_released_is_from(const char *folder, struct seki_str value, struct seki_str recipient)
{
    struct quarantine_id id;
    struct quarantine_message message = { 0 };
    int file = -1;
    uint64_t place = 0;
    struct seki_arena *arena = read_mark(value, &id, &place) ? seki_arena_new(MEMORY_OCTETS) : NULL;
    bool is_open = arena != NULL && quarantine_open(folder, &id, arena, &message, &file, NULL) == SEKI_OK;
    bool is_from = is_open && place < message.recipient_count &&
                   seki_str_equal_nocase(message.recipients[place].address, recipient);
    if (is_open)
        close(file);
    seki_arena_free(arena);
    return is_from;
}
