/* What all who look into one message share: the first danger that was met, and the work done so far. */
#ifndef CONTENT_LOOK_H
#define CONTENT_LOOK_H

#include "content/attachments.h"

#define CONTENT_NAME_MAX 255u /* octets of a name as it is shown */

struct content_look {
    struct content_finding finding;
    char name[CONTENT_NAME_MAX + 1]; /* what finding.name views */
    uint64_t entries, inflated_octets;
};

static inline bool content_look_is_over(const struct content_look *look)
{
    return look->finding.danger != CONTENT_HARMLESS;
}

/**
 * The first danger stays.
 * @param outer  the archive that it is in; "" for none
 * @param name   any octets; "" becomes "(unnamed)"
 */
void content_look_found(struct content_look *look, enum content_danger danger, struct seki_str outer,
                        struct seki_str name);

/** Count an archive's entry; past the bound that is the finding. @return false when looking is over */
bool content_look_count_entry(struct content_look *look, struct seki_str outer);

/** Judge a name by itself: content/types.h. @return false when looking is over */
bool content_look_name(struct content_look *look, struct seki_str outer, struct seki_str name);

#endif
