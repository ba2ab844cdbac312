/* The floor: the least that any program can spend on these messages and still look at their signatures.
 *
 * A milter that does nothing, event-driven, with the NR flags; relaxed canonicalisation and SHA-256 of each body as
 * it streams by; one RSA-2048 verification per message with a key that was parsed before. It asks no DNS, hashes no
 * header, decides nothing and inserts nothing. What a real verifier spends is stated as a multiple of this.
 *
 *   floor unix:PATH|inet:127.0.0.1:PORT [--check]
 *                            --check: also compare each body hash with bh= and count both outcomes on standard
 *                            error at the end; shows that the work is really done, and is off when measuring
 */
#include "milter_wire.h"

#include <sekisho/str.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { KEYS = 8, READ_SIZE = 128 * 1024, OUT_SIZE = 16 * 1024, MAX_PACKET = 1 << 20 };

/* -- relaxed body canonicalisation, RFC 6376 section 3.4.4, on runs --------------------------------------- */

struct body {
    EVP_MD_CTX *hash;
    size_t line_ends; /* CRLFs held back: those at the end do not count */
    bool blank;       /* WSP held back */
    bool any;
    size_t out_len;
    char out[OUT_SIZE];
};

static void body_flush(struct body *body)
{
    EVP_DigestUpdate(body->hash, body->out, body->out_len);
    body->out_len = 0;
}

static void body_put(struct body *body, const char *octets, size_t len)
{
    if (len > OUT_SIZE - body->out_len)
        body_flush(body);
    if (len > OUT_SIZE) {
        EVP_DigestUpdate(body->hash, octets, len);
        return;
    }
    memcpy(body->out + body->out_len, octets, len);
    body->out_len += len;
}

static void body_put_held(struct body *body)
{
    for (; body->line_ends > 0; body->line_ends--)
        body_put(body, "\r\n", 2);
    if (body->blank)
        body_put(body, " ", 1);
    body->blank = false;
    body->any = true;
}

/* 1: the octet may end a run. A single SP inside a line is part of the run. */
static const unsigned char ends_run[256] = { [' '] = 1, ['\t'] = 1, ['\r'] = 1, ['\n'] = 1 };

static size_t run_length(const char *octets, size_t len)
{
    size_t i = 0;
    for (;;) {
        while (i < len && !ends_run[(unsigned char)octets[i]])
            i++;
        if (i + 1 >= len || octets[i] != ' ' || ends_run[(unsigned char)octets[i + 1]])
            return i;
        i += 2;
    }
}

static void body_add(struct body *body, const char *octets, size_t len)
{
    while (len > 0) {
        size_t run = 1;
        if (!ends_run[(unsigned char)*octets]) {
            run = run_length(octets, len);
            body_put_held(body);
            body_put(body, octets, run);
        } else if (*octets == '\n') {
            body->line_ends++;
            body->blank = false;
        } else if (*octets != '\r') {
            body->blank = true;
        }
        octets += run;
        len -= run;
    }
}

static void body_end(struct body *body, unsigned char digest[32])
{
    if (body->any)
        body_put(body, "\r\n", 2);
    body_flush(body);
    EVP_DigestFinal_ex(body->hash, digest, NULL);
}

/* -- the machine ------------------------------------------------------------------------------------------ */

struct session {
    int fd;
    size_t missing;  /* octets of a body packet still to come */
    size_t held_len; /* part of a packet that is not body */
    unsigned char *held;
    char bh[48]; /* with --check */
    struct body body;
};

struct floor {
    int epoll;
    bool check;
    EVP_MD *sha256;
    EVP_PKEY_CTX *keys[KEYS];
    unsigned char digest[32], signatures[KEYS][256];
    size_t messages, same, different;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static void must(bool ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "floor: %s failed\n", what);
        exit(1);
    }
}

static void make_keys(struct floor *floor)
{
    for (size_t i = 0; i < KEYS; i++) {
        EVP_PKEY *key = EVP_RSA_gen(2048);
        size_t len = sizeof floor->signatures[i];
        EVP_PKEY_CTX *signer = key != NULL ? EVP_PKEY_CTX_new(key, NULL) : NULL;
        must(signer != NULL && EVP_PKEY_sign_init(signer) == 1 &&
                 EVP_PKEY_CTX_set_rsa_padding(signer, RSA_PKCS1_PADDING) == 1 &&
                 EVP_PKEY_CTX_set_signature_md(signer, floor->sha256) == 1 &&
                 EVP_PKEY_sign(signer, floor->signatures[i], &len, floor->digest, sizeof floor->digest) == 1,
             "making a key");
        EVP_PKEY_CTX_free(signer);
        floor->keys[i] = EVP_PKEY_CTX_new(key, NULL);
        must(floor->keys[i] != NULL && EVP_PKEY_verify_init(floor->keys[i]) == 1 &&
                 EVP_PKEY_CTX_set_rsa_padding(floor->keys[i], RSA_PKCS1_PADDING) == 1 &&
                 EVP_PKEY_CTX_set_signature_md(floor->keys[i], floor->sha256) == 1,
             "preparing a key");
        EVP_PKEY_free(key);
    }
}

static void begin_message(struct floor *floor, struct session *session)
{
    EVP_DigestInit_ex2(session->body.hash, floor->sha256, NULL);
    session->body.line_ends = session->body.out_len = 0;
    session->body.blank = session->body.any = false;
}

static void compare_hash(struct floor *floor, const struct session *session, const unsigned char digest[32])
{
    unsigned char text[64];
    EVP_EncodeBlock(text, digest, 32);
    bool same = memcmp(text, session->bh, 44) == 0;
    floor->same += same;
    floor->different += !same;
}

static void end_message(struct floor *floor, struct session *session)
{
    unsigned char digest[32];
    size_t key = floor->messages++ % KEYS;
    body_end(&session->body, digest);
    must(EVP_PKEY_verify(floor->keys[key], floor->signatures[key], 256, floor->digest, 32) == 1, "verifying");
    if (floor->check)
        compare_hash(floor, session, digest);
}

static void reply(struct session *session, char command, const void *data, size_t len)
{
    unsigned char packet[32];
    milter_put_u32(packet, (uint32_t)len + 1);
    packet[4] = (unsigned char)command;
    memcpy(packet + 5, data, len);
    (void)send(session->fd, packet, len + 5, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void negotiate(struct session *session)
{
    /* Field and end-of-header events come, as a verifier needs them; nothing but the end of a message is answered. */
    unsigned char wish[12];
    milter_put_u32(wish, MILTER_VERSION);
    milter_put_u32(wish + 4, 0);
    milter_put_u32(wish + 8, MILTER_NO_REPLY_FIELD | MILTER_NO_UNKNOWN | MILTER_NO_REPLY_CONNECT |
                                 MILTER_NO_REPLY_HELO | MILTER_NO_REPLY_MAIL | MILTER_NO_REPLY_RCPT |
                                 MILTER_NO_REPLY_DATA | MILTER_NO_REPLY_EOH | MILTER_NO_REPLY_BODY |
                                 MILTER_LEADING_SPACE);
    reply(session, MILTER_NEGOTIATE, wish, sizeof wish);
}

static void on_field(struct session *session, const unsigned char *data, size_t len)
{
    static const char name[] = "DKIM-Signature";
    const char *bh = len > sizeof name && memcmp(data, name, sizeof name) == 0 ? memmem(data, len, "bh=", 3) : NULL;
    if (bh != NULL && len - (size_t)((const unsigned char *)bh - data) > 48)
        memcpy(session->bh, bh + 3, 44);
}

static void on_packet(struct floor *floor, struct session *session, char command, const unsigned char *data,
                      size_t len)
{
    switch (command) {
    case MILTER_NEGOTIATE: negotiate(session); break;
    case MILTER_END_OF_HEADER: begin_message(floor, session); break;
    case MILTER_FIELD:
        if (floor->check)
            on_field(session, data, len);
        break;
    case MILTER_END_OF_MESSAGE:
        end_message(floor, session);
        reply(session, MILTER_SAYS_CONTINUE, "", 0);
        break;
    default: break;
    }
}

/* @return octets used; what is left is the start of a packet */
static size_t take_packets(struct floor *floor, struct session *session, const unsigned char *octets, size_t len)
{
    size_t used = 0;
    while (used < len) {
        if (session->missing > 0) {
            size_t part = len - used < session->missing ? len - used : session->missing;
            body_add(&session->body, (const char *)octets + used, part);
            session->missing -= part;
            used += part;
            continue;
        }
        if (len - used < 5)
            break;
        uint32_t packet = milter_get_u32(octets + used);
        must(packet > 0 && packet <= MAX_PACKET, "reading a packet");
        if (octets[used + 4] == MILTER_BODY) {
            session->missing = packet - 1;
            used += 5;
            continue;
        }
        if (len - used - 4 < packet)
            break;
        on_packet(floor, session, (char)octets[used + 4], octets + used + 5, packet - 1);
        used += 4 + packet;
    }
    return used;
}

static void close_session(struct session *session)
{
    close(session->fd);
    EVP_MD_CTX_free(session->body.hash);
    free(session->held);
    free(session);
}

static void on_readable(struct floor *floor, struct session *session)
{
    static unsigned char octets[READ_SIZE + MAX_PACKET];
    if (session->held_len > 0)
        memcpy(octets, session->held, session->held_len);
    ssize_t got = recv(session->fd, octets + session->held_len, READ_SIZE, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        close_session(session);
        return;
    }
    size_t len = session->held_len + (size_t)got, used = take_packets(floor, session, octets, len);
    session->held_len = len - used;
    if (session->held_len == 0)
        return;
    session->held = realloc(session->held, session->held_len);
    must(session->held != NULL, "allocating");
    memcpy(session->held, octets + used, session->held_len);
}

static void on_connection(struct floor *floor, int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), on = 1;
    if (fd < 0)
        return;
    struct session *session = calloc(1, sizeof *session);
    must(session != NULL, "allocating");
    session->fd = fd;
    session->body.hash = EVP_MD_CTX_new();
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = session };
    must(session->body.hash != NULL && epoll_ctl(floor->epoll, EPOLL_CTL_ADD, fd, &event) == 0, "accepting");
}

static int open_tcp_listener(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons(port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    must(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0, "binding to that port");
    return fd;
}

static int open_unix_listener(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    must(strlen(path) < sizeof address.sun_path, "naming the socket");
    memcpy(address.sun_path, path, strlen(path));
    must(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0, "binding to that path");
    return fd;
}

static int open_listener(struct seki_str text)
{
    uint64_t port = 0;
    if (seki_str_starts_with(text, SEKI_STR("unix:")))
        return open_unix_listener(text.ptr + 5);
    size_t colon = seki_str_find_last(text, ':');
    must(seki_str_starts_with(text, SEKI_STR("inet:127.0.0.1:")) &&
             seki_str_to_u64(seki_str_from(text, colon + 1), UINT16_MAX, &port),
         "reading unix:PATH or inet:127.0.0.1:PORT");
    return open_tcp_listener((uint16_t)port);
}

static void serve(struct floor *floor, int listener)
{
    struct epoll_event events[64], event = { .events = EPOLLIN, .data.ptr = NULL };
    floor->epoll = epoll_create1(EPOLL_CLOEXEC);
    must(epoll_ctl(floor->epoll, EPOLL_CTL_ADD, listener, &event) == 0, "listening");
    while (!stopped) {
        int got = epoll_wait(floor->epoll, events, 64, -1);
        for (int i = 0; i < got; i++) {
            if (events[i].data.ptr == NULL)
                on_connection(floor, listener);
            else
                on_readable(floor, events[i].data.ptr);
        }
    }
}

int main(int argc, char **argv)
{
    struct floor floor = { .check = argc == 3 && strcmp(argv[2], "--check") == 0 };
    if (argc < 2) {
        fputs("usage: floor unix:PATH|inet:127.0.0.1:PORT [--check]\n", stderr);
        return 2;
    }
    struct sigaction stop = { .sa_handler = on_signal }; /* no SA_RESTART: the wait ends */
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    floor.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    must(floor.sha256 != NULL, "fetching SHA-256");
    make_keys(&floor);
    int listener = open_listener(seki_str_of(argv[1]));
    must(listen(listener, 1024) == 0, "listening");
    serve(&floor, listener);
    for (size_t i = 0; i < KEYS; i++)
        EVP_PKEY_CTX_free(floor.keys[i]);
    EVP_MD_free(floor.sha256);
    if (floor.check)
        fprintf(stderr, "floor: %zu messages, body hash as signed: %zu, other: %zu\n", floor.messages, floor.same,
                floor.different);
    return 0;
}
