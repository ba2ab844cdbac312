/* Telling systemd how the service does (sd_notify(3)), without its library: a datagram to $NOTIFY_SOCKET. */
#ifndef SD_NOTIFY_H
#define SD_NOTIFY_H

#include <stdbool.h>

/** @param state e.g. "READY=1". Does nothing when nobody asked to be told. @return false when it could not be sent */
bool sd_notify_send(const char *state);

/** "RELOADING=1" with the monotonic time that systemd wants beside it. */
bool sd_notify_reloading(void);

#endif
