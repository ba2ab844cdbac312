/* What is damaged in a segment that is still written may be an entry half way to the file; only once it is complete it is
 * told. Half an entry at its end is then what its writer did not live to write, and no damage. */
#include "journal/reader.h"

#include "journal/record.h"
#include "journal/segment.h"
#include "journal/segment_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>

#define SEARCH_OCTETS 4096u /* at a time; far less than is read ahead */

/* ---- names ---- */

static struct seki_str segment_of(struct seki_str file_name)
{
    static const struct seki_str compressed = SEKI_STR_INIT(".zst");
    if (seki_str_ends_with_nocase(file_name, compressed))
        file_name.len -= compressed.len;
    return segment_name_is_valid(file_name) ? file_name : SEKI_STR("");
}

static int is_segment(const struct dirent *entry)
{
    return segment_of(seki_str_of(entry->d_name)).len > 0;
}

/* Names begin with the time, in digits of one width: by their octets, the oldest comes first. */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* A segment that has just been compressed has both names, one behind the other. */
static enum seki_result copy_names(struct dirent **entries, size_t count, struct seki_arena *arena,
                                   const struct seki_str **names_out, size_t *count_out)
{
    struct seki_str *names = seki_arena_alloc(arena, count, sizeof *names);
    size_t kept = 0;
    for (size_t i = 0; names != NULL && i < count; i++) {
        struct seki_str name = segment_of(seki_str_of(entries[i]->d_name));
        if (kept > 0 && seki_str_equal(names[kept - 1], name))
            continue;
        names[kept] = seki_arena_copy(arena, name);
        if (names[kept++].ptr == NULL)
            return seki_arena_failure(arena);
    }
    *names_out = names;
    *count_out = kept;
    return names != NULL ? SEKI_OK : seki_arena_failure(arena);
}

enum seki_result journal_segments(const char *folder, struct seki_arena *arena, const struct seki_str **names_out,
                                  size_t *count_out, struct seki_error *why)
{
    struct dirent **entries = NULL;
    *names_out = NULL;
    *count_out = 0;
    int found = scandir(folder, &entries, is_segment, compare_names);
    if (found < 0) {
        int error = errno;
        seki_error_set(why, "cannot read the journal folder %s: %s", folder, strerror(error));
        return SEKI_SYSTEM;
    }
    enum seki_result result = copy_names(entries, (size_t)found, arena, names_out, count_out);
    if (result != SEKI_OK)
        seki_error_set(why, "no memory for the names of %d journal segments", found);
    for (int i = 0; i < found; i++)
        free(entries[i]);
    free(entries);
    return result;
}

/* ---- one after the other ---- */

struct journal_reader {
    struct segment_file *file;
    uint64_t offset;
};

struct journal_reader *journal_reader_open(const char *folder, struct seki_str segment, uint64_t offset,
                                           struct seki_error *why)
{
    enum seki_result result;
    struct segment_file *file = segment_file_open(folder, segment, &result, why);
    if (file == NULL)
        return NULL;
    struct journal_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL) {
        segment_file_close(file);
        seki_error_set(why, "no memory to read the journal");
        return NULL;
    }
    *reader = (struct journal_reader){ file, offset };
    return reader;
}

void journal_reader_close(struct journal_reader *reader)
{
    if (reader != NULL)
        segment_file_close(reader->file);
    free(reader);
}

enum entry {
    ENTRY_RECORD,
    ENTRY_ERASED,
    ENTRY_CUT,
    ENTRY_BAD_HEAD,
    ENTRY_BAD_PAYLOAD,
    ENTRY_LOST,      /* in a compressed block that is damaged */
    ENTRY_UNREADABLE /* now */
};

static enum entry entry_of_failure(enum seki_result result)
{
    return result == SEKI_BAD_INPUT ? ENTRY_LOST : ENTRY_UNREADABLE;
}

/* @param end_out  behind the entry, where its head is sound */
static enum entry read_entry(struct segment_file *file, uint64_t offset, struct seki_str *record_out,
                             uint64_t *end_out, struct seki_error *why)
{
    struct segment_head head;
    struct seki_str octets;
    enum seki_result result = segment_file_read(file, offset, SEGMENT_HEAD_OCTETS, &octets, why);
    if (result != SEKI_OK)
        return entry_of_failure(result);
    if (octets.len < SEGMENT_HEAD_OCTETS)
        return ENTRY_CUT;
    if (!segment_head_read(octets.ptr, &head))
        return ENTRY_BAD_HEAD;
    *end_out = offset + SEGMENT_HEAD_OCTETS + head.payload_octets;
    result = segment_file_read(file, offset + SEGMENT_HEAD_OCTETS, head.payload_octets, &octets, why);
    if (result != SEKI_OK)
        return entry_of_failure(result);
    if (octets.len < head.payload_octets)
        return ENTRY_CUT;
    if (head.kind == SEGMENT_ERASED)
        return ENTRY_ERASED;
    *record_out = octets;
    return segment_payload_is_sound(&head, octets) ? ENTRY_RECORD : ENTRY_BAD_PAYLOAD;
}

/* Not across the border of two blocks: so what cannot be decompressed is the one that offset lies in. */
static enum seki_result read_to_search(struct segment_file *file, uint64_t offset, struct seki_str *octets_out)
{
    size_t to_border = SEGMENT_BLOCK_OCTETS - (size_t)(offset % SEGMENT_BLOCK_OCTETS);
    return segment_file_read(file, offset, to_border < SEARCH_OCTETS ? to_border : SEARCH_OCTETS, octets_out, NULL);
}

/* @return whether an entry begins at the offset, or what is there cannot be told now */
static bool ends_search(struct segment_file *file, uint64_t offset)
{
    struct seki_str record;
    uint64_t end;
    enum entry entry = read_entry(file, offset, &record, &end, NULL);
    return entry == ENTRY_RECORD || entry == ENTRY_ERASED || entry == ENTRY_UNREADABLE;
}

/* Behind a head that is damaged nothing says where the next entry begins; it is where one is whole again. Zeros up to the end
 * are what a file system leaves of octets that it had not written when the power went.
 * @return the end of the file when there is none; where it cannot be read now */
static uint64_t find_entry(struct segment_file *file, uint64_t offset, bool *is_all_zero_out)
{
    struct seki_str octets;
    enum seki_result result;
    *is_all_zero_out = true;
    while ((result = read_to_search(file, offset, &octets)) == SEKI_BAD_INPUT || octets.len > 0) {
        if (result == SEKI_BAD_INPUT) {
            *is_all_zero_out = false;
            offset += SEGMENT_BLOCK_OCTETS - offset % SEGMENT_BLOCK_OCTETS;
            continue;
        }
        size_t at = 0;
        while (at < octets.len && octets.ptr[at] != 'S') {
            *is_all_zero_out = *is_all_zero_out && octets.ptr[at] == '\0';
            at++;
        }
        offset += at;
        if (at == octets.len)
            continue;
        if (ends_search(file, offset))
            break;
        *is_all_zero_out = false;
        offset++;
    }
    return offset;
}

static enum journal_next pass_over_damage(struct journal_reader *reader, uint64_t *next_offset_out,
                                          struct seki_error *why)
{
    bool is_all_zero;
    uint64_t next = find_entry(reader->file, reader->offset, &is_all_zero);
    struct seki_str octets;
    struct seki_error not_now = { "the journal cannot be read" };
    bool is_end = segment_file_read(reader->file, next, 1, &octets, &not_now) == SEKI_OK && octets.len == 0;
    if (is_end && is_all_zero)
        return JOURNAL_END;
    if (next > reader->offset)
        seki_error_set(
            why, "the journal segment is damaged from octet %llu to %llu, and what was recorded there is lost",
            (unsigned long long)reader->offset, (unsigned long long)next);
    else
        seki_error_set(why, "%s", not_now.text);
    *next_offset_out = reader->offset = next;
    return JOURNAL_DAMAGED;
}

/* Its head is sound, and says where the next one begins. */
static enum journal_next lose_record(struct journal_reader *reader, uint64_t end, uint64_t *next_offset_out,
                                     struct seki_error *why)
{
    seki_error_set(why, "the journal record at octet %llu is damaged and lost", (unsigned long long)reader->offset);
    *next_offset_out = reader->offset = end;
    return JOURNAL_DAMAGED;
}

static enum journal_next report_damage(struct journal_reader *reader, enum entry entry, uint64_t end,
                                       uint64_t *next_offset_out, struct seki_error *why)
{
    bool has_head = end > reader->offset;
    switch (entry) {
    case ENTRY_CUT: return JOURNAL_END;
    case ENTRY_BAD_HEAD: return pass_over_damage(reader, next_offset_out, why);
    case ENTRY_BAD_PAYLOAD:
    case ENTRY_LOST:
        return has_head ? lose_record(reader, end, next_offset_out, why)
                        : pass_over_damage(reader, next_offset_out, why);
    default: return JOURNAL_DAMAGED; /* unreadable, as *why says; the offset stays: it may be read another time */
    }
}

enum journal_next journal_reader_next(struct journal_reader *reader, struct seki_str *record_out,
                                      uint64_t *next_offset_out, struct seki_error *why)
{
    *record_out = SEKI_STR("");
    *next_offset_out = reader->offset;
    for (bool was_complete = false;;) {
        uint64_t end = reader->offset;
        enum entry entry = read_entry(reader->file, reader->offset, record_out, &end, why);
        if (entry == ENTRY_RECORD || entry == ENTRY_ERASED) {
            *next_offset_out = reader->offset = end;
            if (entry == ENTRY_RECORD)
                return JOURNAL_RECORD;
            continue;
        }
        *record_out = SEKI_STR("");
        if (was_complete)
            return report_damage(reader, entry, end, next_offset_out, why);
        /* Asked first and read again then: between an end that was seen and the question more may have come. */
        was_complete = segment_file_is_complete(reader->file);
        segment_file_forget(reader->file);
        if (!was_complete)
            return JOURNAL_END_FOR_NOW;
    }
}

/* ---- one by its position ---- */

uint64_t journal_entry_offset(uint64_t next_offset, struct seki_str record)
{
    return next_offset - SEGMENT_HEAD_OCTETS - record.len;
}

static enum seki_result give_record(enum entry entry, struct seki_str record, struct seki_arena *arena,
                                    struct seki_str *record_out, struct seki_error *why)
{
    switch (entry) {
    case ENTRY_RECORD:
        *record_out = seki_arena_copy(arena, record);
        if (record_out->ptr != NULL)
            return SEKI_OK;
        seki_error_set(why, "no memory for the journal record");
        return seki_arena_failure(arena);
    case ENTRY_ERASED: seki_error_set(why, "the journal record has been erased"); return SEKI_BAD_INPUT;
    case ENTRY_UNREADABLE: return SEKI_SYSTEM;
    default: seki_error_set(why, "the journal record is damaged"); return SEKI_BAD_INPUT;
    }
}

enum seki_result journal_fetch(const char *folder, const struct journal_position *position,
                               struct seki_arena *arena, struct seki_str *record_out, struct seki_error *why)
{
    enum seki_result result;
    struct seki_str record = SEKI_STR("");
    uint64_t end;
    *record_out = SEKI_STR("");
    struct seki_str name = { position->segment, strnlen(position->segment, sizeof position->segment) };
    struct segment_file *file = segment_file_open(folder, name, &result, why);
    if (file == NULL)
        return result;
    enum entry entry = read_entry(file, position->offset, &record, &end, why);
    result = give_record(entry, record, arena, record_out, why);
    segment_file_close(file);
    return result;
}
