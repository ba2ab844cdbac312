/* A role that writes down what it is told, in an order-preserving text, and answers as it was asked to:
 *
 *     open connect:mail.example.org[192.0.2.1] helo:x mail:<a@example.net> rcpt:<b@example.com> data field:From= a
 *     eoh body:octets eom close        (one per line; pieces of a body are joined, whatever their sizes)
 *
 * It aborts the program when events come in an order that the role's contract excludes (server.h). */
#ifndef MILTER_RECORDER_H
#define MILTER_RECORDER_H

#include "milter/session.h"

enum milter_recorder_order { /* of one connection */
                             RECORDER_CLOSED,
                             RECORDER_OPEN,
                             RECORDER_CONNECT,
                             RECORDER_HELO,
                             RECORDER_MAIL,
                             RECORDER_RCPT,
                             RECORDER_DATA,
                             RECORDER_FIELD,
                             RECORDER_EOH,
                             RECORDER_BODY
};

struct milter_recorder {
    struct seki_buf text;
    enum milter_action answers[MILTER_EVENT_COUNT];
    struct milter_reply reply;              /* set before each answer when code is not 0 */
    const struct milter_decision *decision; /* with answers[EOM] == MILTER_LATER: given inside end_of_message */
    void (*decide)(struct milter_session *session, const struct milter_decision *decision);
    const char *macro; /* its value is written at end of message: "eom i=4XyZ" */
    bool refuses_to_open;
    struct milter_session *session;   /* of the last open() */
    enum milter_recorder_order order; /* one connection at a time */
    bool is_in_body;
    unsigned open_count;
};

extern const struct milter_handler milter_recorder_handler; /* every member */

void milter_recorder_init(struct milter_recorder *recorder);
void milter_recorder_release(struct milter_recorder *recorder);
/** What stands there, terminated; valid until the next event. */
const char *milter_recorder_text(struct milter_recorder *recorder);

/**
 * Hand octets to a session as a socket would, and take the replies.
 * @param replies  what the session has to say is appended; NULL: thrown away
 * @return as milter_session_received(); after anything but MILTER_FLOW_MORE the rest of the octets was not taken
 */
enum milter_flow milter_recorder_feed(struct milter_session *session, struct seki_str octets,
                                      struct seki_buf *replies);
/** The same for what the session holds, after a decision. */
enum milter_flow milter_recorder_resume(struct milter_session *session, struct seki_buf *replies);

#endif
