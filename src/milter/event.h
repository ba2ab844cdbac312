/* The events of the protocol: what each is called, which flags turn it or its reply off, what a role may answer. */
#ifndef MILTER_EVENT_H
#define MILTER_EVENT_H

#include "milter/server.h"

enum milter_event {
    MILTER_EVENT_NEGOTIATE,
    MILTER_EVENT_MACRO,
    MILTER_EVENT_CONNECT,
    MILTER_EVENT_HELO,
    MILTER_EVENT_MAIL,
    MILTER_EVENT_RCPT,
    MILTER_EVENT_DATA,
    MILTER_EVENT_FIELD,
    MILTER_EVENT_EOH,
    MILTER_EVENT_BODY,
    MILTER_EVENT_EOM,
    MILTER_EVENT_ABORT,
    MILTER_EVENT_UNKNOWN, /* a command that the MTA does not know either */
    MILTER_EVENT_QUIT,
    MILTER_EVENT_QUIT_NC, /* a new SMTP connection follows on this one */
    MILTER_EVENT_COUNT
};

/* What the filter may tell the MTA about events: SMFIP_*. */
#define MILTER_NO_CONNECT         0x00000001u
#define MILTER_NO_HELO            0x00000002u
#define MILTER_NO_RCPT            0x00000008u
#define MILTER_NO_BODY            0x00000010u
#define MILTER_NO_FIELD           0x00000020u
#define MILTER_NO_EOH             0x00000040u
#define MILTER_NO_UNKNOWN         0x00000100u
#define MILTER_NO_DATA            0x00000200u
#define MILTER_NR_FIELD           0x00000080u
#define MILTER_NR_CONNECT         0x00001000u
#define MILTER_NR_HELO            0x00002000u
#define MILTER_NR_MAIL            0x00004000u
#define MILTER_NR_RCPT            0x00008000u
#define MILTER_NR_DATA            0x00010000u
#define MILTER_NR_UNKNOWN         0x00020000u
#define MILTER_NR_EOH             0x00040000u
#define MILTER_NR_BODY            0x00080000u
#define MILTER_KEEP_LEADING_SPACE 0x00100000u /* SMFIP_HDR_LEADSPC: field values begin right after the colon */

enum milter_interest {
    MILTER_UNWANTED, /* the role has no use for it */
    MILTER_WATCHED,  /* wants to know, has nothing to answer */
    MILTER_ANSWERED  /* wants to know, and may refuse */
};

/** @return the event, or MILTER_EVENT_COUNT for an octet that is no command */
enum milter_event milter_event_of_command(char command);
/** For people: "RCPT". */
const char *milter_event_name(enum milter_event event);
/** The protocol flag "do not send" (SMFIP_NO*); 0: it always comes. */
uint32_t milter_event_no_flag(enum milter_event event);
/** The protocol flag "expects no reply" (SMFIP_NR_*); 0: there is none. */
uint32_t milter_event_nr_flag(enum milter_event event);
/** Has the event a reply at all, when nothing was negotiated? */
bool milter_event_has_reply(enum milter_event event);
enum milter_interest milter_event_interest(enum milter_event event, const struct milter_handler *handler);
bool milter_event_allows(enum milter_event event, enum milter_action action);

#endif
