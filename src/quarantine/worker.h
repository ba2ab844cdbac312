/* Holding messages from an event loop: a thread waits for the disk, and the loop hears of it. One for each loop; the thread
 * begins with the first message. */
#ifndef QUARANTINE_WORKER_H
#define QUARANTINE_WORKER_H

#include "quarantine/quarantine.h"

struct event_base;
struct quarantine_worker;

/** @return NULL with *why */
struct quarantine_worker *quarantine_worker_new(struct event_base *base, struct seki_error *why);
/** Ends what is under way first; calls nobody any more. */
void quarantine_worker_free(struct quarantine_worker *worker);

/** On the loop's thread, never from within quarantine_worker_keep(). @param id  where it is kept, when result is SEKI_OK */
typedef void quarantine_done(void *user, enum seki_result result, const struct quarantine_id *id,
                             const struct seki_error *why);

/**
 * quarantine_draft_keep(), by the thread. The draft is the worker's from here on in any case.
 * @param message  is copied
 * @return false: no memory or no thread, nothing is kept, and done is not called
 */
bool quarantine_worker_keep(struct quarantine_worker *worker, struct quarantine_draft *draft,
                            const struct quarantine_message *message, quarantine_done *done, void *user);
/** Whoever waits for this has gone: done is not called. What has not appeared by then is not held, since it comes again; what
 *  has is known to the intake when it does (daemon/held_repeat.h). */
void quarantine_worker_forget(struct quarantine_worker *worker, const void *user);

#endif
