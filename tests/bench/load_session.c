#include "load.h"

#include "load_packets.h"
#include "milter_wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MAX_OPENING = 8, POSTFIX_BUFFER = 4096, MAX_BUFFER = 64 << 20 };

static const struct step_row {
    char command;
    uint32_t not_sent, not_answered;
} rows[LOAD_STEPS] = {
    [LOAD_CONNECT] = { MILTER_CONNECT, MILTER_NO_CONNECT, MILTER_NO_REPLY_CONNECT },
    [LOAD_HELO] = { MILTER_HELO, MILTER_NO_HELO, MILTER_NO_REPLY_HELO },
    [LOAD_MAIL] = { MILTER_MAIL, MILTER_NO_MAIL, MILTER_NO_REPLY_MAIL },
    [LOAD_RCPT] = { MILTER_RCPT, MILTER_NO_RCPT, MILTER_NO_REPLY_RCPT },
    [LOAD_DATA] = { MILTER_DATA, MILTER_NO_DATA, MILTER_NO_REPLY_DATA },
    [LOAD_FIELDS] = { MILTER_FIELD, MILTER_NO_FIELDS, MILTER_NO_REPLY_FIELD },
    [LOAD_EOH] = { MILTER_END_OF_HEADER, MILTER_NO_EOH, MILTER_NO_REPLY_EOH },
    [LOAD_BODY] = { MILTER_BODY, MILTER_NO_BODY, MILTER_NO_REPLY_BODY },
    [LOAD_EOM] = { MILTER_END_OF_MESSAGE, 0, 0 },
};

const char *const load_verdict_words[LOAD_VERDICTS] = { "spf=pass", "dkim=pass", "dmarc=pass", "temperror",
                                                        "permerror" };

/* -- sockets ---------------------------------------------------------------------------------------------- */

/* Write what is buffered; all of it, or whole buffers only. @return false: the milter is gone */
static bool flush(struct load_peer *peer, bool all)
{
    size_t limit = all ? 1 : peer->write_size;
    peer->session->blocked = false;
    while (peer->out.len - peer->out_used >= limit) {
        size_t len = peer->out.len - peer->out_used;
        ssize_t sent = send(peer->fd, peer->out.ptr + peer->out_used,
                            len < peer->write_size ? len : peer->write_size, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) {
            peer->session->blocked = true;
            return true;
        }
        if (sent < 0)
            return false;
        peer->out_used += (size_t)sent;
    }
    if (peer->out_used == peer->out.len) {
        seki_buf_clear(&peer->out);
        peer->out_used = 0;
    }
    return seki_buf_failed(&peer->out) == SEKI_OK;
}

static int connect_to(const struct load_milter_address *address)
{
    struct sockaddr_un local = { .sun_family = AF_UNIX };
    struct sockaddr_in inet = { .sin_family = AF_INET, .sin_port = htons(address->port) };
    const struct sockaddr *target =
        address->is_unix ? (const struct sockaddr *)&local : (const struct sockaddr *)&inet;
    memcpy(local.sun_path, address->host, sizeof local.sun_path);
    if (!address->is_unix && inet_pton(AF_INET, address->host, &inet.sin_addr) != 1)
        return -1;
    int fd = socket(target->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, target, address->is_unix ? sizeof local : sizeof inet) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static size_t postfix_write_size(int fd, bool is_unix)
{
    int segment = 0;
    socklen_t len = sizeof segment;
    if (is_unix || getsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, &len) != 0 || segment <= POSTFIX_BUFFER)
        return POSTFIX_BUFFER;
    return 2 * (size_t)segment;
}

static bool open_peer(struct load_session *session, size_t index)
{
    const struct load_milter_address *address = &session->load->options.milters[index];
    struct load_peer *peer = &session->peers[index];
    int fd = connect_to(address);
    if (fd < 0)
        return false;
    *peer =
        (struct load_peer){ .fd = fd, .session = session, .write_size = postfix_write_size(fd, address->is_unix) };
    seki_buf_init(&peer->in, MAX_BUFFER);
    seki_buf_init(&peer->out, MAX_BUFFER);
    int on = 1;
    struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = peer };
    if (!address->is_unix)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    load_add_negotiation(peer);
    return flush(peer, true) && epoll_ctl(session->load->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static void close_peer(struct load_peer *peer)
{
    if (peer->fd < 0)
        return;
    close(peer->fd);
    seki_buf_release(&peer->in);
    seki_buf_release(&peer->out);
    peer->fd = -1;
}

static void forget_inserted(struct load_session *session)
{
    for (; session->inserted_count > 0; session->inserted_count--) {
        free(session->inserted[session->inserted_count - 1].name);
        free(session->inserted[session->inserted_count - 1].value);
    }
}

void load_session_close(struct load_session *session)
{
    if (session->step == LOAD_OPEN && session->waits)
        session->load->opening--;
    for (size_t i = 0; i < session->load->options.milter_count; i++)
        close_peer(&session->peers[i]);
    forget_inserted(session);
    session->step = LOAD_OPEN;
    session->waits = false;
}

static void fail(struct load_session *session)
{
    session->load->errors++;
    load_session_close(session);
    load_session_queue(session);
}

/* -- the conversation ------------------------------------------------------------------------------------- */

static void begin_message(struct load_session *session)
{
    forget_inserted(session);
    session->refused = false;
    memset(session->saw, 0, sizeof session->saw);
    session->start_ns = session->eom_ns = 0;
    session->turn = 0;
    for (size_t i = 0; i < session->load->options.milter_count; i++)
        session->peers[i].wants_no_more = session->peers[i].skips_body = false;
}

/* After a message: another one over the same connection (Postfix resets the milters with ABORT), or QUIT. */
static void end_message(struct load_session *session)
{
    struct load *load = session->load;
    load_message_done(session);
    session->sent_here++;
    bool more = load_next_message(session);
    bool stays = more && session->sent_here < load->options.per_connection;
    for (size_t i = 0; i < load->options.milter_count; i++) {
        struct load_peer *peer = &session->peers[i];
        load_add_command(peer, MILTER_ABORT);
        if (!stays) {
            load_add_command(peer, MILTER_QUIT);
            (void)flush(peer, true);
        }
    }
    if (stays) {
        begin_message(session);
        session->step = LOAD_MAIL;
        return;
    }
    load_session_close(session);
    if (more)
        load_session_queue(session);
}

static void begin_content(struct load_session *session)
{
    session->step = LOAD_FIELDS;
    session->field = 0;
    session->body_used = 0;
}

/* The event of this step is over for the peer whose turn it is. */
static void advance(struct load_session *session)
{
    struct load_peer *peer = &session->peers[session->turn];
    bool last = session->turn + 1 == session->load->options.milter_count;
    if (session->step <= LOAD_DATA) {
        session->turn = last ? 0 : session->turn + 1;
        if (last && session->step == LOAD_DATA)
            begin_content(session);
        else if (last)
            session->step++;
        return;
    }
    bool fields_left = session->field < session->inserted_count + session->message->field_count;
    bool body_left = session->body_used < session->message->body.len && !peer->skips_body;
    if (session->step < LOAD_EOM && !peer->wants_no_more) {
        if ((session->step != LOAD_FIELDS || !fields_left) && (session->step != LOAD_BODY || !body_left))
            session->step++;
        return;
    }
    if (last) {
        end_message(session);
        return;
    }
    session->turn++;
    begin_content(session);
}

static bool has_macros(enum load_step step)
{
    return step != LOAD_HELO && step != LOAD_FIELDS && step != LOAD_BODY;
}

/* Send one event to the peer whose turn it is; sets waits when its reply has to come first. */
static bool send_step(struct load_session *session)
{
    struct load_peer *peer = &session->peers[session->turn];
    const struct step_row *row = &rows[session->step];
    if (session->step == LOAD_MAIL && session->start_ns == 0)
        session->start_ns = load_now_ns();
    if (peer->wants_no_more)
        return true;
    if (has_macros(session->step))
        load_add_macros(session, peer, row->command);
    if ((peer->events & row->not_sent) == 0) {
        load_add_event(session, peer, row->command);
        session->waits = session->step == LOAD_EOM || (peer->events & row->not_answered) == 0;
    } else if (session->step == LOAD_FIELDS) {
        session->field++;
    } else if (session->step == LOAD_BODY) {
        session->body_used = session->message->body.len;
    }
    if (!flush(peer, session->waits))
        return false;
    if (session->step == LOAD_EOM && session->eom_ns == 0)
        session->eom_ns = load_now_ns();
    return true;
}

static void run(struct load_session *session)
{
    while (session->step != LOAD_OPEN && !session->waits && !session->blocked) {
        if (!send_step(session)) {
            fail(session);
            return;
        }
        if (!session->waits)
            advance(session);
    }
}

static void negotiated(struct load_session *session, struct load_peer *peer, struct seki_str data)
{
    if (data.len >= 12)
        peer->events = milter_get_u32((const unsigned char *)data.ptr + 8);
    peer->ready = data.len >= 12;
    for (size_t i = 0; i < session->load->options.milter_count; i++)
        if (!session->peers[i].ready)
            return;
    session->load->opening--;
    session->sent_here = 0;
    session->step = LOAD_CONNECT;
    begin_message(session);
    if (!session->load->started)
        return; /* waits on */
    session->waits = false;
    run(session);
}

static void keep_inserted(struct load_session *session, struct seki_str data)
{
    size_t end = seki_str_find(data, '\0');
    struct seki_str name = seki_str_head(data, end), value = seki_str_from(data, end + 1);
    session->load->inserted++;
    if (session->load->options.show)
        fprintf(stderr, "%s: %.*s: %.*s\n", session->message->mail_from, SEKI_STR_ARGS(name), SEKI_STR_ARGS(value));
    for (size_t i = 0; i < LOAD_VERDICTS; i++)
        if (value.len > 0 && memmem(value.ptr, value.len, load_verdict_words[i], strlen(load_verdict_words[i])))
            session->saw[i] = true;
    if (session->inserted_count == LOAD_MAX_INSERTED || value.len == 0)
        return;
    session->inserted[session->inserted_count++] =
        (struct load_inserted){ strndup(name.ptr, name.len), strndup(value.ptr, value.len) };
}

/* @return false: not a reply that may come now */
static bool on_reply(struct load_peer *peer, char reply, struct seki_str data)
{
    struct load_session *session = peer->session;
    if (session->step == LOAD_OPEN && reply == MILTER_NEGOTIATE && !peer->ready) {
        negotiated(session, peer, data);
        return true;
    }
    if (!session->waits || peer != &session->peers[session->turn])
        return false;
    switch (reply) {
    case MILTER_SAYS_INSERT_FIELD: keep_inserted(session, seki_str_from(data, 4)); return true;
    case MILTER_SAYS_ADD_FIELD: keep_inserted(session, data); return true;
    case MILTER_SAYS_REJECT:
    case MILTER_SAYS_TEMPFAIL:
    case MILTER_SAYS_REPLY:
    case MILTER_SAYS_DISCARD: session->refused = peer->wants_no_more = true; break;
    case MILTER_SAYS_ACCEPT: peer->wants_no_more = true; break;
    case MILTER_SAYS_SKIP: peer->skips_body = true; break;
    case MILTER_SAYS_CONTINUE: break;
    default: return true; /* progress, and changes that need nothing from us */
    }
    session->waits = false;
    advance(session);
    run(session);
    return true;
}

/* Take whole replies out of the buffer. The session may be closed meanwhile: then the peer's descriptor is gone. */
static bool read_replies(struct load_peer *peer)
{
    while (peer->fd >= 0 && peer->in.len - peer->in_used >= 5) {
        const char *at = peer->in.ptr + peer->in_used;
        size_t len = milter_get_u32((const unsigned char *)at);
        if (len == 0)
            return false;
        if (peer->in.len - peer->in_used < 4 + len)
            return true;
        peer->in_used += 4 + len;
        if (!on_reply(peer, at[4], (struct seki_str){ at + 5, len - 1 }))
            return false;
    }
    if (peer->fd >= 0 && peer->in_used == peer->in.len) {
        seki_buf_clear(&peer->in);
        peer->in_used = 0;
    }
    return true;
}

static bool receive(struct load_peer *peer)
{
    static char octets[65536];
    while (peer->fd >= 0) {
        ssize_t got = recv(peer->fd, octets, sizeof octets, MSG_DONTWAIT);
        if (got < 0 && errno == EAGAIN)
            return true;
        if (got <= 0)
            return false;
        seki_buf_add(&peer->in, (struct seki_str){ octets, (size_t)got });
        if (seki_buf_failed(&peer->in) != SEKI_OK || !read_replies(peer))
            return false;
        if ((size_t)got < sizeof octets)
            return true; /* edge-triggered: what comes after this is a new event */
    }
    return true;
}

void load_peer_event(struct load_peer *peer, bool readable, bool writable)
{
    struct load_session *session = peer->session;
    if (peer->fd < 0)
        return; /* closed by an earlier event of the same wait */
    if (writable && session->blocked && peer == &session->peers[session->turn]) {
        if (!flush(peer, session->waits)) {
            fail(session);
            return;
        }
        run(session);
    }
    if (readable && peer->fd >= 0 && !receive(peer))
        fail(session);
}

static void open_session(struct load_session *session)
{
    session->step = LOAD_OPEN;
    session->waits = true;
    session->load->opening++;
    for (size_t i = 0; i < session->load->options.milter_count; i++)
        if (!open_peer(session, i)) {
            fail(session);
            return;
        }
}

void load_session_queue(struct load_session *session)
{
    session->next = NULL;
    *session->load->to_open_end = session;
    session->load->to_open_end = &session->next;
}

static void start(struct load *load)
{
    load->started = true;
    load->first_ns = load_now_ns();
    for (size_t i = 0; i < load->options.sessions; i++) {
        struct load_session *session = &load->sessions[i];
        if (session->step != LOAD_CONNECT)
            continue; /* fewer messages than sessions */
        session->waits = false;
        run(session);
    }
}

void load_open_queued(struct load *load)
{
    while (load->to_open != NULL && load->opening < MAX_OPENING && load->errors < 1000) {
        struct load_session *session = load->to_open;
        load->to_open = session->next;
        if (load->to_open == NULL)
            load->to_open_end = &load->to_open;
        if (session->message != NULL || load_next_message(session))
            open_session(session);
    }
    if (!load->started && load->to_open == NULL && load->opening == 0)
        start(load);
}
