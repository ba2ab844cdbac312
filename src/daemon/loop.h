/* One event loop on a thread of its own, and the only way in from outside: have it run a function.
 *
 * Everything that belongs to a loop is touched on its thread alone, so nothing of it needs a lock. */
#ifndef LOOP_H
#define LOOP_H

#include <sekisho/result.h>

#include <stdbool.h>

struct event_base;
struct loop;

/** @return NULL with *why */
struct loop *loop_start(struct seki_error *why);

struct event_base *loop_base(const struct loop *loop);

/**
 * Run call(user) on the loop's thread and wait until it has returned. From one thread only.
 * @param timeout_ms  how long the loop may take to begin; 0: as long as it takes
 * @return false when it did not begin in time; then it never will
 */
bool loop_call(struct loop *loop, void (*call)(void *user), void *user, unsigned timeout_ms);

/** End the thread. What was put on its base must be gone, or goes without a callback. NULL does nothing. */
void loop_stop(struct loop *loop);

#endif
