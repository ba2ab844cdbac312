/* Segments, plain or compressed (by the first octet). The reader comes to an end, never goes back, and what it gives can be
 * fetched by its position; what it gives of a plain segment is the same when that has been compressed. */
#include "journal/reader.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define NAME "0000000000000001-1-0.seg"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static char folder[64];

static void put(const char *name, const uint8_t *data, size_t size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    close(fd);
}

static void check_fetch(uint64_t next, struct seki_str record)
{
    struct journal_position position = { NAME, next - record.len - 16 };
    struct seki_arena *arena = seki_arena_new(8u << 20);
    struct seki_str fetched;
    must(journal_fetch(folder, &position, arena, &fetched, NULL) == SEKI_OK);
    must(seki_str_equal(fetched, record));
    seki_arena_free(arena);
}

/* @return a sum over all that was read */
static uint64_t read_all(void)
{
    uint64_t last = 0, next, sum = 0;
    struct seki_str record;
    struct seki_error why = { "" };
    struct journal_reader *reader = journal_reader_open(folder, SEKI_STR(NAME), 0, &why);
    if (reader == NULL)
        return 0;
    for (enum journal_next got; (got = journal_reader_next(reader, &record, &next, &why)) != JOURNAL_END;
         last = next) {
        must(got != JOURNAL_END_FOR_NOW && next >= last);
        if (got == JOURNAL_DAMAGED && next == last)
            break; /* cannot be read */
        if (got == JOURNAL_RECORD) {
            check_fetch(next, record);
            sum = sum * 31 + seki_str_hash_nocase(record) + next;
        }
    }
    journal_reader_close(reader);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (folder[0] == '\0') {
        snprintf(folder, sizeof folder, "/tmp/sekisho-fuzz-XXXXXX");
        must(mkdtemp(folder) != NULL);
    }
    if (size < 1)
        return 0;
    bool is_compressed = (data[0] & 1) != 0;
    put(is_compressed ? NAME ".zst" : NAME, data + 1, size - 1);
    uint64_t sum = read_all();
    if (!is_compressed) {
        must(journal_compress(folder, SEKI_STR(NAME), NULL) == SEKI_OK);
        must(read_all() == sum);
    }
    must(journal_drop(folder, SEKI_STR(NAME), NULL) == SEKI_OK);
    return 0;
}
