#include "milter/event.h"

#include "milter/packet.h"

#include <assert.h>

#define ACT(action) (1u << (action))
/* A connection cannot be discarded: Postfix calls that a configuration error and defers everything after it. */
#define CONNECTION_ACTIONS (ACT(MILTER_CONTINUE) | ACT(MILTER_ACCEPT) | ACT(MILTER_REJECT) | ACT(MILTER_TEMPFAIL))
#define MESSAGE_ACTIONS    (CONNECTION_ACTIONS | ACT(MILTER_DISCARD))

#define MEMBER(name) (offsetof(struct milter_handler, name) + 1) /* 0: the role has no member for it */

/* MAIL always comes: it is where a message begins. EOM always has a reply: it is where one ends. */
static const struct event_row {
    const char *name;
    size_t member;
    uint32_t no_flag, nr_flag;
    bool has_reply;
    unsigned actions; /* a mask of enum milter_action; 0: the role's member returns nothing */
} rows[] = {
    [MILTER_EVENT_NEGOTIATE] = { "OPTNEG", 0, 0, 0, false, 0 }, /* its reply is a packet of its own kind */
    [MILTER_EVENT_MACRO] = { "MACRO", 0, 0, 0, false, 0 },
    [MILTER_EVENT_CONNECT] = { "CONNECT", MEMBER(connect), MILTER_NO_CONNECT, MILTER_NR_CONNECT, true,
                               CONNECTION_ACTIONS },
    [MILTER_EVENT_HELO] = { "HELO", MEMBER(helo), MILTER_NO_HELO, MILTER_NR_HELO, true, CONNECTION_ACTIONS },
    [MILTER_EVENT_MAIL] = { "MAIL", MEMBER(mail), 0, MILTER_NR_MAIL, true, MESSAGE_ACTIONS },
    [MILTER_EVENT_RCPT] = { "RCPT", MEMBER(rcpt), MILTER_NO_RCPT, MILTER_NR_RCPT, true, MESSAGE_ACTIONS },
    [MILTER_EVENT_DATA] = { "DATA", MEMBER(data), MILTER_NO_DATA, MILTER_NR_DATA, true, 0 },
    [MILTER_EVENT_FIELD] = { "HEADER", MEMBER(field), MILTER_NO_FIELD, MILTER_NR_FIELD, true, 0 },
    [MILTER_EVENT_EOH] = { "EOH", MEMBER(end_of_header), MILTER_NO_EOH, MILTER_NR_EOH, true, 0 },
    [MILTER_EVENT_BODY] = { "BODY", MEMBER(body), MILTER_NO_BODY, MILTER_NR_BODY, true, 0 },
    [MILTER_EVENT_EOM] = { "BODYEOB", MEMBER(end_of_message), 0, 0, true, MESSAGE_ACTIONS | ACT(MILTER_LATER) },
    [MILTER_EVENT_ABORT] = { "ABORT", 0, 0, 0, false, 0 },
    [MILTER_EVENT_UNKNOWN] = { "UNKNOWN", 0, MILTER_NO_UNKNOWN, MILTER_NR_UNKNOWN, true, 0 },
    [MILTER_EVENT_QUIT] = { "QUIT", 0, 0, 0, false, 0 },
    [MILTER_EVENT_QUIT_NC] = { "QUIT_NC", 0, 0, 0, false, 0 },
};
static_assert(sizeof rows / sizeof rows[0] == MILTER_EVENT_COUNT, "a row for every event");

/* Value + 1, so that octets which are no command stand out as 0. */
static const unsigned char event_of['Z' + 1] = {
    [MILTER_CMD_NEGOTIATE] = MILTER_EVENT_NEGOTIATE + 1,
    [MILTER_CMD_MACRO] = MILTER_EVENT_MACRO + 1,
    [MILTER_CMD_CONNECT] = MILTER_EVENT_CONNECT + 1,
    [MILTER_CMD_HELO] = MILTER_EVENT_HELO + 1,
    [MILTER_CMD_MAIL] = MILTER_EVENT_MAIL + 1,
    [MILTER_CMD_RCPT] = MILTER_EVENT_RCPT + 1,
    [MILTER_CMD_DATA] = MILTER_EVENT_DATA + 1,
    [MILTER_CMD_FIELD] = MILTER_EVENT_FIELD + 1,
    [MILTER_CMD_EOH] = MILTER_EVENT_EOH + 1,
    [MILTER_CMD_BODY] = MILTER_EVENT_BODY + 1,
    [MILTER_CMD_EOM] = MILTER_EVENT_EOM + 1,
    [MILTER_CMD_ABORT] = MILTER_EVENT_ABORT + 1,
    [MILTER_CMD_UNKNOWN] = MILTER_EVENT_UNKNOWN + 1,
    [MILTER_CMD_QUIT] = MILTER_EVENT_QUIT + 1,
    [MILTER_CMD_QUIT_NC] = MILTER_EVENT_QUIT_NC + 1,
};

enum milter_event milter_event_of_command(char command)
{
    unsigned char octet = (unsigned char)command;
    unsigned found = octet < sizeof event_of ? event_of[octet] : 0;
    return found > 0 ? (enum milter_event)(found - 1) : MILTER_EVENT_COUNT;
}

const char *milter_event_name(enum milter_event event)
{
    return rows[event].name;
}

uint32_t milter_event_no_flag(enum milter_event event)
{
    return rows[event].no_flag;
}

uint32_t milter_event_nr_flag(enum milter_event event)
{
    return rows[event].nr_flag;
}

bool milter_event_has_reply(enum milter_event event)
{
    return rows[event].has_reply;
}

enum milter_interest milter_event_interest(enum milter_event event, const struct milter_handler *handler)
{
    const struct event_row *row = &rows[event];
    if (row->member == 0)
        return MILTER_UNWANTED;
    void (*member)(void); /* all members are pointers to functions, of one size and null alike */
    memcpy(&member, (const char *)handler + row->member - 1, sizeof member);
    if (member == NULL)
        return MILTER_UNWANTED;
    if (event == MILTER_EVENT_MAIL && handler->is_mail_unanswered)
        return MILTER_WATCHED;
    return row->actions != 0 ? MILTER_ANSWERED : MILTER_WATCHED;
}

bool milter_event_allows(enum milter_event event, enum milter_action action)
{
    return (unsigned)action <= MILTER_LATER && (rows[event].actions & ACT(action)) != 0;
}
