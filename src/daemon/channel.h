/* Between the supervisor and a role: a pair of sockets that keep packets whole.
 *
 * The supervisor reads the configuration and opens the sockets; the role gets both as descriptors, so it needs no
 * privilege and never disagrees with the supervisor about what the file said. Each packet has a version and a fixed
 * size; anything else ends the conversation. */
#ifndef CHANNEL_H
#define CHANNEL_H

#include "daemon/config.h"

enum channel_kind {
    CHANNEL_CONFIGURE =
        1,          /* to the role: first the configuration's text (a memory file), then the figures, then to a
                              mail role the sockets in the order of [inbound] listen, then that of [metrics] listen if
                              there is one */
    CHANNEL_STOP,   /* to the role: finish what is under way, then end */
    CHANNEL_READY,  /* from the role: the configuration is in force */
    CHANNEL_REFUSED /* from the role: it is not, and why; the old one (if any) stays */
};

#define CHANNEL_TEXT            0u /* places of the descriptors */
#define CHANNEL_FIGURES         1u
#define CHANNEL_FIRST_SOCKET    2u
#define CHANNEL_DESCRIPTORS_MAX (CHANNEL_FIRST_SOCKET + CONFIG_LISTENERS_MAX)

struct channel_message {
    enum channel_kind kind;
    struct seki_error text;                   /* of CHANNEL_REFUSED */
    int descriptors[CHANNEL_DESCRIPTORS_MAX]; /* when received: yours to close */
    size_t descriptor_count;
};

/** Two ends, close-on-exec, non-blocking. */
bool channel_pair(int ends[2], struct seki_error *why);

bool channel_send(int end, const struct channel_message *message, struct seki_error *why);

enum channel_received { CHANNEL_NOTHING = 0, CHANNEL_MESSAGE, CHANNEL_CLOSED };
/** @return CHANNEL_CLOSED also for a packet that is not ours */
enum channel_received channel_receive(int end, struct channel_message *message);

void channel_close_descriptors(struct channel_message *message);

/** Text as a sealed memory file, and back. @return -1 (false) with *why */
int channel_text_to_file(struct seki_str text, struct seki_error *why);
bool channel_file_to_text(int file, struct seki_buf *buf, struct seki_error *why);

#endif
