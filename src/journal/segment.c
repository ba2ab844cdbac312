#include "journal/segment.h"

#include "base/le32.h"
#include "journal/checksum.h"
#include "journal/record.h"

#include <stdio.h>

#define VERSION 1u

/* Without the kind, which erasing changes. */
static uint32_t head_checksum(const char *octets)
{
    char head[12];
    memcpy(head, octets, sizeof head);
    head[SEGMENT_KIND_AT] = 0;
    return journal_checksum((struct seki_str){ head, sizeof head });
}

void segment_head_write(struct seki_str payload, char *to)
{
    to[0] = 'S';
    to[1] = 'j';
    to[2] = VERSION;
    to[SEGMENT_KIND_AT] = SEGMENT_RECORD;
    seki_le32_put(to + 4, (uint32_t)payload.len);
    seki_le32_put(to + 8, journal_checksum(payload));
    seki_le32_put(to + 12, head_checksum(to));
}

bool segment_head_read(const char *octets, struct segment_head *head_out)
{
    uint8_t kind = (uint8_t)octets[SEGMENT_KIND_AT];
    *head_out = (struct segment_head){ .kind = (enum segment_kind)kind,
                                       .payload_octets = seki_le32_get(octets + 4),
                                       .checksum = seki_le32_get(octets + 8) };
    return octets[0] == 'S' && octets[1] == 'j' && octets[2] == VERSION &&
           (kind == SEGMENT_RECORD || kind == SEGMENT_ERASED) &&
           seki_le32_get(octets + 12) == head_checksum(octets) && head_out->payload_octets > 0 &&
           head_out->payload_octets <= JOURNAL_RECORD_MAX_OCTETS;
}

bool segment_payload_is_sound(const struct segment_head *head, struct seki_str payload)
{
    return payload.len == head->payload_octets && journal_checksum(payload) == head->checksum;
}

/* name = 16 hexadecimal digits "-" digits "-" digits ".seg" */
bool segment_name_is_valid(struct seki_str name)
{
    static const struct seki_str end = SEKI_STR_INIT(".seg");
    if (name.len <= end.len + 16 || name.len >= SEGMENT_NAME_MAX || !seki_str_ends_with_nocase(name, end))
        return false;
    for (size_t i = 0; i < name.len - end.len; i++)
        if (!seki_is_digit(name.ptr[i]) && !(i < 16 && name.ptr[i] >= 'a' && name.ptr[i] <= 'f') &&
            !(i >= 16 && name.ptr[i] == '-'))
            return false;
    return name.ptr[16] == '-';
}

bool segment_path(const char *folder, struct seki_str name, const char *suffix, char *path, size_t size)
{
    int len = snprintf(path, size, "%s/%.*s%s", folder, SEKI_STR_ARGS(name), suffix);
    return len > 0 && (size_t)len < size;
}
