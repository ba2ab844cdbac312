/* The milter protocol's numbers, as far as the benchmark's programs speak it. On the wire: a length of four octets
 * (network order, of what follows), a command or reply octet, data. */
#ifndef BENCH_MILTER_WIRE_H
#define BENCH_MILTER_WIRE_H

#include <stdint.h>

enum milter_command {
    MILTER_NEGOTIATE = 'O',
    MILTER_MACRO = 'D',
    MILTER_CONNECT = 'C',
    MILTER_HELO = 'H',
    MILTER_MAIL = 'M',
    MILTER_RCPT = 'R',
    MILTER_DATA = 'T',
    MILTER_FIELD = 'L',
    MILTER_END_OF_HEADER = 'N',
    MILTER_BODY = 'B',
    MILTER_END_OF_MESSAGE = 'E',
    MILTER_ABORT = 'A',
    MILTER_QUIT = 'Q',
};

enum milter_answer {
    MILTER_SAYS_CONTINUE = 'c',
    MILTER_SAYS_ACCEPT = 'a',
    MILTER_SAYS_REJECT = 'r',
    MILTER_SAYS_TEMPFAIL = 't',
    MILTER_SAYS_DISCARD = 'd',
    MILTER_SAYS_REPLY = 'y',
    MILTER_SAYS_SKIP = 's',
    MILTER_SAYS_PROGRESS = 'p',
    MILTER_SAYS_ADD_FIELD = 'h',
    MILTER_SAYS_INSERT_FIELD = 'i',
};

/* What Postfix 3.7 offers. */
#define MILTER_VERSION 6u
#define MILTER_ACTIONS 0x1ffu
#define MILTER_EVENTS  0x1fffffu

enum milter_event_flag { /* "do not send" and "I will not reply" */
                         MILTER_NO_CONNECT = 0x1,
                         MILTER_NO_HELO = 0x2,
                         MILTER_NO_MAIL = 0x4,
                         MILTER_NO_RCPT = 0x8,
                         MILTER_NO_BODY = 0x10,
                         MILTER_NO_FIELDS = 0x20,
                         MILTER_NO_EOH = 0x40,
                         MILTER_NO_REPLY_FIELD = 0x80,
                         MILTER_NO_UNKNOWN = 0x100,
                         MILTER_NO_DATA = 0x200,
                         MILTER_SKIP = 0x400,
                         MILTER_NO_REPLY_CONNECT = 0x1000,
                         MILTER_NO_REPLY_HELO = 0x2000,
                         MILTER_NO_REPLY_MAIL = 0x4000,
                         MILTER_NO_REPLY_RCPT = 0x8000,
                         MILTER_NO_REPLY_DATA = 0x10000,
                         MILTER_NO_REPLY_UNKNOWN = 0x20000,
                         MILTER_NO_REPLY_EOH = 0x40000,
                         MILTER_NO_REPLY_BODY = 0x80000,
                         MILTER_LEADING_SPACE = 0x100000,
};

static inline uint32_t milter_get_u32(const unsigned char *octets)
{
    return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 | octets[3];
}

static inline void milter_put_u32(unsigned char *octets, uint32_t value)
{
    octets[0] = (unsigned char)(value >> 24);
    octets[1] = (unsigned char)(value >> 16);
    octets[2] = (unsigned char)(value >> 8);
    octets[3] = (unsigned char)value;
}

#endif
