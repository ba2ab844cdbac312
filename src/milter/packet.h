/* Milter packets: a cursor that reads one with a single sticky error, and calls that append one to a buffer.
 *
 *     packet = length command payload    ; length: 32 bits, network order, counts command and payload
 *     string = *(%x01-FF) NUL
 *
 * Nothing here knows which packet may come when (session.h) or how they are cut out of a stream (inbox.h). The codes
 * are those of libmilter's mfdef.h. */
#ifndef MILTER_PACKET_H
#define MILTER_PACKET_H

#include <sekisho/buf.h>

#define MILTER_LENGTH_OCTETS 4u
#define MILTER_HEAD_OCTETS   5u /* length and command: what must be there before anything can be decided */

enum milter_command { /* from the MTA: SMFIC_* */
                      MILTER_CMD_ABORT = 'A',
                      MILTER_CMD_BODY = 'B',
                      MILTER_CMD_CONNECT = 'C',
                      MILTER_CMD_MACRO = 'D',
                      MILTER_CMD_EOM = 'E',
                      MILTER_CMD_HELO = 'H',
                      MILTER_CMD_QUIT_NC = 'K',
                      MILTER_CMD_FIELD = 'L',
                      MILTER_CMD_MAIL = 'M',
                      MILTER_CMD_EOH = 'N',
                      MILTER_CMD_NEGOTIATE = 'O',
                      MILTER_CMD_QUIT = 'Q',
                      MILTER_CMD_RCPT = 'R',
                      MILTER_CMD_DATA = 'T',
                      MILTER_CMD_UNKNOWN = 'U'
};

enum milter_response { /* to the MTA: SMFIR_* */
                       MILTER_RSP_ADD_RCPT = '+',
                       MILTER_RSP_DELETE_RCPT = '-',
                       MILTER_RSP_ACCEPT = 'a',
                       MILTER_RSP_CONTINUE = 'c',
                       MILTER_RSP_DISCARD = 'd',
                       MILTER_RSP_INSERT_FIELD = 'i',
                       MILTER_RSP_CHANGE_FIELD = 'm', /* an empty value removes it */
                       MILTER_RSP_PROGRESS = 'p',     /* at the end of a message: the verdict is still to come */
                       MILTER_RSP_QUARANTINE = 'q',
                       MILTER_RSP_REJECT = 'r',
                       MILTER_RSP_TEMPFAIL = 't',
                       MILTER_RSP_REPLY_CODE = 'y'
};

enum milter_family { /* of a CONNECT packet: SMFIA_* */
                     MILTER_FAMILY_UNKNOWN = 'U',
                     MILTER_FAMILY_UNIX = 'L',
                     MILTER_FAMILY_INET = '4',
                     MILTER_FAMILY_INET6 = '6'
};

/** Over the payload of one packet. After a failure every read yields zero or "". */
struct milter_cursor {
    const char *ptr;
    size_t left;
    bool failed;
};

static inline struct milter_cursor milter_cursor_over(struct seki_str payload)
{
    return (struct milter_cursor){ payload.ptr, payload.len, false };
}

uint8_t milter_cursor_u8(struct milter_cursor *cursor);
uint16_t milter_cursor_u16(struct milter_cursor *cursor);
uint32_t milter_cursor_u32(struct milter_cursor *cursor);
/** Up to the next NUL, which must be inside the packet. @return a view without the NUL */
struct seki_str milter_cursor_string(struct milter_cursor *cursor);

static inline bool milter_cursor_has_more(const struct milter_cursor *cursor)
{
    return !cursor->failed && cursor->left > 0;
}

/** Was everything read, and nothing wrong? Left-over octets are an error too. */
static inline bool milter_cursor_is_done(const struct milter_cursor *cursor)
{
    return !cursor->failed && cursor->left == 0;
}

static inline uint32_t milter_get_u32(const char *octets)
{
    const unsigned char *o = (const unsigned char *)octets;
    return (uint32_t)o[0] << 24 | (uint32_t)o[1] << 16 | (uint32_t)o[2] << 8 | o[3];
}

/** Start a packet. @return where it stands in the buffer, for milter_packet_end() */
size_t milter_packet_begin(struct seki_buf *out, char code);
void milter_packet_u16(struct seki_buf *out, uint16_t value);
void milter_packet_u32(struct seki_buf *out, uint32_t value);
/** Octets and a NUL. A NUL inside is the caller's to refuse. */
void milter_packet_string(struct seki_buf *out, struct seki_str s);
/** Write the length in front; after a failed append it does nothing. @return payload octets */
size_t milter_packet_end(struct seki_buf *out, size_t begin);

/** A packet without payload. */
static inline void milter_packet_plain(struct seki_buf *out, char code)
{
    milter_packet_end(out, milter_packet_begin(out, code));
}

#endif
