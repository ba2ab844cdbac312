/* The macros of one connection, as the MTA sent them: one run of octets, stage after stage.
 *
 * A packet of macros replaces those of its stage and ends those of every later stage: what was said of the last
 * recipient or the last message no longer holds. So setting is a cut and an append, and a look-up walks from the
 * latest stage to the first. One allocation serves a whole connection. */
#ifndef MILTER_MACROS_H
#define MILTER_MACROS_H

#include <sekisho/result.h>
#include <sekisho/str.h>

enum milter_stage { /* in the order in which they come */
                    MILTER_STAGE_CONNECT,
                    MILTER_STAGE_HELO,
                    MILTER_STAGE_MAIL,
                    MILTER_STAGE_RCPT,
                    MILTER_STAGE_DATA,
                    MILTER_STAGE_EOH,
                    MILTER_STAGE_EOM,
                    MILTER_STAGE_COUNT
};

/* Postfix sends 100 to 300 octets a connection; certificate subjects can be long. */
#define MILTER_MACROS_MAX_OCTETS 0xffffu

struct milter_macros { /* zero is empty */
    char *octets;      /* name NUL value NUL … */
    uint16_t len, capacity;
    uint16_t start[MILTER_STAGE_COUNT];
};

/**
 * @param pairs  *(name NUL value NUL), the whole payload after the command octet; copied
 * @return SEKI_OK; SEKI_BAD_INPUT: not pairs of strings; SEKI_LIMIT: past MILTER_MACROS_MAX_OCTETS; SEKI_SYSTEM: no
 *         memory. On failure nothing has changed.
 */
SEKI_MUST_USE enum seki_result milter_macros_set(struct milter_macros *macros, enum milter_stage stage,
                                                 struct seki_str pairs);

/** "i" and "{i}" are one name. @return "" when not sent; a view, valid until the next call that changes them */
struct seki_str milter_macros_get(const struct milter_macros *macros, struct seki_str name);

/** Forget those of this stage and all later ones. */
void milter_macros_forget(struct milter_macros *macros, enum milter_stage stage);
void milter_macros_release(struct milter_macros *macros);

#endif
