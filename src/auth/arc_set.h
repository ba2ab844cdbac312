/* The ARC fields of a message, sorted into sets (RFC 8617 section 4.2), and the structure of the chain. */
#ifndef AUTH_ARC_SET_H
#define AUTH_ARC_SET_H

#include "auth/signature_check.h"

#define SEKI_MAX_ARC_SETS 50u /* section 4.2.1 */

struct seki_arc_fields {      /* one set; indexes into the message, SIZE_MAX when missing */
    size_t auth_results;      /* ARC-Authentication-Results */
    size_t message_signature; /* ARC-Message-Signature */
    size_t seal;              /* ARC-Seal */
    struct seki_str payload;  /* of ARC-Authentication-Results, after "i=N;" */
    struct seki_signature_check *ams_check, *seal_check;
};

struct seki_arc_chain {
    struct seki_arc_fields *sets; /* sets[0] is i=1 */
    unsigned count;               /* the highest instance seen; 0: no ARC fields */
    const char *wrong; /* why the chain has failed already, in the order of section 5.2; NULL: it has not */
};

/** Collect the sets and judge the structure (section 5.2, steps 1 to 3). Every signature field is read.
 *  @return SEKI_OK; SEKI_LIMIT, SEKI_SYSTEM from the arena */
enum seki_result seki_arc_collect(const struct seki_check_scene *scene, struct seki_arc_chain *chain_out);

/**
 * arc-info = instance [CFWS] ";" authres-payload (section 4.1.1)
 * @return the instance, or 0 when there is no proper one
 */
unsigned seki_arc_auth_results_read(struct seki_str value, struct seki_str *payload_out);

#endif
