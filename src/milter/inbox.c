/* Octets to packets. A packet that has arrived whole is handed on where it lies, in the buffer that all sessions share;
 * a session keeps memory of its own only for a packet that is still incomplete. The missing rest is then read straight
 * behind the kept part, and what follows into the shared buffer, with one readv(): however small the pieces in which a
 * packet comes, each octet is moved at most a few times. Body packets are never kept: their octets go on at once. */
#include "milter/session.h"

#include "milter/packet.h"

#include <stdlib.h>

#define FIRST_HELD_OCTETS 512u

static bool is_body(char command)
{
    return command == MILTER_CMD_BODY || command == MILTER_CMD_EOM;
}

/* Could more be taken in now? */
static bool is_listening(const struct milter_session *session)
{
    return session->state != MILTER_STATE_WAITING && session->state != MILTER_STATE_CLOSED;
}

static bool hold_room(struct milter_session *session, size_t capacity)
{
    if (capacity <= session->held_capacity)
        return true;
    if (capacity < FIRST_HELD_OCTETS)
        capacity = FIRST_HELD_OCTETS;
    char *held = capacity <= UINT32_MAX ? realloc(session->held, capacity) : NULL;
    if (held == NULL)
        return false;
    session->held = held;
    session->held_capacity = (uint32_t)capacity;
    return true;
}

static void hold(struct milter_session *session, struct seki_str octets)
{
    if (octets.len == 0)
        return;
    if (!hold_room(session, session->held_len + octets.len)) {
        milter_session_drop(session, "no memory for an incomplete packet");
        return;
    }
    memcpy(session->held + session->held_len, octets.ptr, octets.len);
    session->held_len += (uint32_t)octets.len;
}

static void let_go(struct milter_session *session)
{
    session->held_len = 0;
    if (!milter_session_is_busy(session)) { /* an idle session shall be small */
        free(session->held);
        session->held = NULL;
        session->held_capacity = 0;
    }
}

/* Length of the payload of the packet whose head stands here, or failure. */
static bool check_length(struct milter_session *session, const char *head, size_t *payload_len_out)
{
    uint32_t len = milter_get_u32(head);
    char command = head[MILTER_LENGTH_OCTETS];
    if (len == 0) {
        milter_session_fail(session, "packet of length 0");
        return false;
    }
    size_t max = is_body(command) ? MILTER_BODY_PACKET_MAX : session->engine->max_packet_octets;
    if (len > max) {
        milter_session_fail(session, "packet 0x%02x of %u octets; the limit is %zu",
                            (unsigned)(unsigned char)command, (unsigned)len, max);
        return false;
    }
    *payload_len_out = len - 1;
    return true;
}

static size_t stream_body(struct milter_session *session, struct seki_str octets)
{
    struct seki_str piece = seki_str_head(octets, session->body_left);
    if (piece.len > 0)
        milter_session_body_octets(session, piece);
    session->body_left -= (uint32_t)piece.len;
    if (session->body_left == 0)
        milter_session_body_end(session);
    return piece.len;
}

/* Take what can be taken of one packet. @return octets used; 0: it is incomplete, or the packet is refused */
static size_t take_packet(struct milter_session *session, struct seki_str octets)
{
    size_t payload_len;
    if (octets.len < MILTER_HEAD_OCTETS || !check_length(session, octets.ptr, &payload_len))
        return 0;
    char command = octets.ptr[MILTER_LENGTH_OCTETS];
    struct seki_str rest = { octets.ptr + MILTER_HEAD_OCTETS, octets.len - MILTER_HEAD_OCTETS };
    if (is_body(command)) {
        session->body_left = (uint32_t)payload_len;
        milter_session_body_begin(session, command);
        if (is_listening(session) && payload_len == 0)
            milter_session_body_end(session);
        return MILTER_HEAD_OCTETS;
    }
    if (rest.len < payload_len)
        return 0;
    milter_session_packet(session, command, seki_str_head(rest, payload_len));
    return MILTER_HEAD_OCTETS + payload_len;
}

/* @return octets used */
static size_t take_all(struct milter_session *session, struct seki_str octets)
{
    size_t used = 0;
    while (used < octets.len && is_listening(session)) {
        struct seki_str rest = { octets.ptr + used, octets.len - used };
        size_t taken = session->body_left > 0 ? stream_body(session, rest) : take_packet(session, rest);
        if (taken == 0)
            break;
        used += taken;
    }
    return used;
}

static enum milter_flow flow(struct milter_session *session)
{
    if (session->state == MILTER_STATE_CLOSED)
        return MILTER_FLOW_CLOSE;
    return session->state == MILTER_STATE_WAITING ? MILTER_FLOW_WAIT : MILTER_FLOW_MORE;
}

static void set_vector(struct iovec *vector, char *start, size_t len)
{
    vector->iov_base = start;
    vector->iov_len = len;
}

size_t milter_session_prepare(struct milter_session *session, struct iovec vectors[2])
{
    char *shared = session->engine->input + MILTER_INPUT_RESERVE;
    if (session->held_len < MILTER_HEAD_OCTETS) {
        set_vector(&vectors[0], shared, MILTER_INPUT_OCTETS);
        return 1;
    }
    size_t whole = MILTER_LENGTH_OCTETS + milter_get_u32(session->held);
    size_t room = (size_t)session->held_len * 2; /* by what has come, not by what is claimed */
    if (!hold_room(session, room < whole ? room : whole))
        return 0;
    size_t end = session->held_capacity < whole ? session->held_capacity : whole;
    set_vector(&vectors[0], session->held + session->held_len, end - session->held_len);
    if (end < whole)
        return 1;
    set_vector(&vectors[1], shared, MILTER_INPUT_OCTETS);
    return 2;
}

/* The rest of a held packet came in behind it. @return octets that went there */
static size_t complete_held(struct milter_session *session, size_t len)
{
    size_t missing = MILTER_LENGTH_OCTETS + milter_get_u32(session->held) - session->held_len;
    size_t added = len < missing ? len : missing;
    session->held_len += (uint32_t)added;
    if (added == missing) {
        take_packet(session, (struct seki_str){ session->held, session->held_len });
        let_go(session);
    }
    return added;
}

enum milter_flow milter_session_received(struct milter_session *session, size_t len)
{
    char *start = session->engine->input + MILTER_INPUT_RESERVE;
    if (session->held_len >= MILTER_HEAD_OCTETS) {
        len -= complete_held(session, len);
    } else if (session->held_len > 0) {
        start -= session->held_len;
        len += session->held_len;
        memcpy(start, session->held, session->held_len);
        let_go(session);
    }
    size_t used = take_all(session, (struct seki_str){ start, len });
    if (session->state != MILTER_STATE_CLOSED)
        hold(session, (struct seki_str){ start + used, len - used });
    return flow(session);
}

enum milter_flow milter_session_resume(struct milter_session *session)
{
    size_t used = take_all(session, (struct seki_str){ session->held, session->held_len });
    if (used > 0 && used < session->held_len)
        memmove(session->held, session->held + used, session->held_len - used);
    session->held_len -= (uint32_t)used;
    if (session->held_len == 0)
        let_go(session);
    return flow(session);
}
