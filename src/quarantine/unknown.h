/* Held messages that the store does not know yet, or never will: looked through by who must not miss any. */
#ifndef QUARANTINE_UNKNOWN_H
#define QUARANTINE_UNKNOWN_H

#include "quarantine/quarantine.h"

struct quarantine_visitor {
    /** @param arena  has the message's texts, and room; until it returns. @return not SEKI_OK: an end, with *why */
    enum seki_result (*visit)(void *context, const struct quarantine_id *id,
                              const struct quarantine_message *message, struct seki_arena *arena,
                              struct seki_error *why);
    void *context;
};

struct quarantine_unread { /* files that could not be read, by the place where they lie */
    size_t in_new, in_unreadable, in_damaged;
};

/** Visit each that can be read. @return SEKI_OK, the visitor's result, or SEKI_SYSTEM: the folder cannot be looked into */
SEKI_MUST_USE enum seki_result quarantine_visit_unknown(const char *folder,
                                                        const struct quarantine_visitor *visitor,
                                                        struct quarantine_unread *unread_out,
                                                        struct seki_error *why);

#endif
