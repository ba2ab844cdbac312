/* The white space of relaxed body canonicalization (RFC 6376 section 3.4.4 a), in blocks of 64 octets. Every octet is
 * decided by itself and the two behind it: HTAB or SP goes when WSP or CRLF follows, else it is a SP; all others stay. */
#ifndef AUTH_WSP_REDUCE_H
#define AUTH_WSP_REDUCE_H

#include <stddef.h>

#define SEKI_BLOCK_OCTETS 64
#define SEKI_BLOCK_VIEW   66 /* a block and the two octets behind it, which must be there to decide it */

struct seki_wsp_reducer {
    /**
     * Pass blocks in which nothing changes; a false alarm may stop it.
     * @return the first other block, or the first place with fewer than SEKI_BLOCK_VIEW octets up to end
     */
    const char *(*skip_unchanged)(const char *from, const char *end);
    /**
     * Reduce blocks, at least one, as long as there is something to change and enough is left up to end.
     * @param from_inout  at least SEKI_BLOCK_VIEW before end; moves on to what has not been looked at
     * @param out         room octets, at least SEKI_BLOCK_OCTETS; may be written to beyond the result
     * @return octets of the result
     */
    size_t (*reduce)(const char **from_inout, const char *end, char *out, size_t room);
};

/** Works everywhere. */
extern const struct seki_wsp_reducer seki_wsp_reducer_plain;
/** The fastest for this machine. */
const struct seki_wsp_reducer *seki_wsp_reducer_best(void);

#endif
