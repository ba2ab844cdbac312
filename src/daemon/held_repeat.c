#include "daemon/held_repeat.h"

#include <unistd.h>

#define CANDIDATES    4u
#define PIECE_OCTETS  16384u
#define MEMORY_OCTETS (4u * QUARANTINE_META_MAX_OCTETS)

static bool has_same_recipients(const struct quarantine_message *a, const struct quarantine_message *b)
{
    bool is_same = a->recipient_count == b->recipient_count;
    for (size_t i = 0; i < a->recipient_count && is_same; i++)
        is_same = a->recipients[i].domain_id == b->recipients[i].domain_id &&
                  seki_str_equal(a->recipients[i].address, b->recipients[i].address);
    return is_same;
}

/* Whole pieces of regular files; what cannot be read is not the same. */
static bool has_same_octets(int a, int b, uint64_t size)
{
    char piece_a[PIECE_OCTETS], piece_b[PIECE_OCTETS];
    for (uint64_t at = 0; at < size; at += PIECE_OCTETS) {
        size_t len = size - at < PIECE_OCTETS ? (size_t)(size - at) : PIECE_OCTETS;
        off_t offset = (off_t)(QUARANTINE_HEAD_OCTETS + at);
        if (pread(a, piece_a, len, offset) != (ssize_t)len || pread(b, piece_b, len, offset) != (ssize_t)len ||
            memcmp(piece_a, piece_b, len) != 0)
            return false;
    }
    return true;
}

static bool is_same(const struct held_candidate *candidate, struct seki_str text)
{
    struct quarantine_id id;
    struct quarantine_message held;
    const struct quarantine_message *message = candidate->message;
    int file = -1;
    struct seki_arena *arena = seki_arena_new(MEMORY_OCTETS);
    bool is_open = arena != NULL && quarantine_id_read(text, &id) &&
                   quarantine_open(candidate->folder, &id, arena, &held, &file, NULL) == SEKI_OK;
    bool is_repeat = is_open && held.size_octets == message->size_octets &&
                     seki_str_equal(held.mail_from, message->mail_from) && has_same_recipients(&held, message) &&
                     has_same_octets(file, candidate->file, held.size_octets);
    if (is_open)
        close(file);
    seki_arena_free(arena);
    return is_repeat;
}

enum seki_result held_repeat_find(const struct held_candidate *candidate, struct sql *sql, struct seki_arena *arena,
                                  bool *is_repeat_out, struct seki_error *why)
{
    const struct seki_str *ids = NULL;
    size_t count = 0;
    *is_repeat_out = false;
    if (candidate->message->message_id.len == 0) /* then the octets alone do not say that it is the same message */
        return SEKI_OK;
    enum seki_result result = store_held_alike(sql, candidate->item, CANDIDATES, arena, &ids, &count, why);
    for (size_t i = 0; i < count && result == SEKI_OK && !*is_repeat_out; i++)
        *is_repeat_out = is_same(candidate, ids[i]);
    return result;
}
