#include "milter_client.h"

#include "milter/event.h"
#include "milter/negotiate.h"
#include "milter/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CHUNK_OCTETS     65535u
#define REPLY_TIMEOUT_MS 10000

void milter_client_init(struct milter_client *client)
{
    *client = (struct milter_client){
        .fd = -1, .version = MILTER_CLIENT_VERSION, .changes = MILTER_CLIENT_CHANGES, .events = MILTER_CLIENT_EVENTS
    };
    seki_buf_init(&client->out, 512u << 20);
    seki_buf_init(&client->in, 16u << 20);
}

void milter_client_release(struct milter_client *client)
{
    if (client->fd >= 0)
        close(client->fd);
    client->fd = -1;
    seki_buf_release(&client->out);
    seki_buf_release(&client->in);
}

bool milter_client_put(struct milter_client *client, char command, struct seki_str payload)
{
    enum milter_event event = milter_event_of_command(command);
    if (event < MILTER_EVENT_COUNT && (client->events & milter_event_no_flag(event)) != 0)
        return false;
    size_t begin = milter_packet_begin(&client->out, command);
    seki_buf_add(&client->out, payload);
    milter_packet_end(&client->out, begin);
    return event < MILTER_EVENT_COUNT && milter_event_has_reply(event) &&
           (client->events & milter_event_nr_flag(event)) == 0;
}

void milter_client_put_macros(struct milter_client *client, char command, const char *const *pairs)
{
    size_t begin = milter_packet_begin(&client->out, MILTER_CMD_MACRO);
    seki_buf_add_char(&client->out, command);
    for (; *pairs != NULL; pairs++)
        milter_packet_string(&client->out, seki_str_of(*pairs));
    milter_packet_end(&client->out, begin);
}

void milter_client_put_offer(struct milter_client *client)
{
    size_t begin = milter_packet_begin(&client->out, MILTER_CMD_NEGOTIATE);
    milter_packet_u32(&client->out, client->version);
    milter_packet_u32(&client->out, client->changes);
    milter_packet_u32(&client->out, client->events);
    milter_packet_end(&client->out, begin);
}

static void add_string(struct seki_buf *buf, const char *text)
{
    milter_packet_string(buf, seki_str_of(text));
}

/* Payloads are composed apart, since milter_client_put() may leave the packet out. */
static bool put_composed(struct milter_client *client, char command, struct seki_buf *payload)
{
    bool has_reply = milter_client_put(client, command, seki_buf_str(payload));
    seki_buf_release(payload);
    return has_reply;
}

bool milter_client_put_connect(struct milter_client *client, const char *host_name, const char *address,
                               uint16_t port)
{
    static const char *const macros[] = { "j",
                                          "mx.example.com",
                                          "v",
                                          "Postfix 3.7.11",
                                          "{daemon_name}",
                                          "mx.example.com",
                                          "{daemon_addr}",
                                          "127.0.0.1",
                                          "{daemon_port}",
                                          "25",
                                          "{client_ptr}",
                                          "unknown",
                                          NULL };
    milter_client_put_macros(client, MILTER_CMD_CONNECT, macros);
    struct seki_buf payload;
    seki_buf_init(&payload, 4096);
    add_string(&payload, host_name);
    if (address == NULL) {
        seki_buf_add_char(&payload, MILTER_FAMILY_UNKNOWN);
    } else {
        bool is_inet6 = strchr(address, ':') != NULL;
        seki_buf_add_char(&payload, is_inet6 ? MILTER_FAMILY_INET6 : MILTER_FAMILY_INET);
        milter_packet_u16(&payload, port);
        add_string(&payload, address);
    }
    return put_composed(client, MILTER_CMD_CONNECT, &payload);
}

bool milter_client_put_helo(struct milter_client *client, const char *name)
{
    static const char *const macros[] = { NULL };
    milter_client_put_macros(client, MILTER_CMD_HELO, macros);
    return milter_client_put(client, MILTER_CMD_HELO, (struct seki_str){ name, strlen(name) + 1 });
}

static const char *host_of(const char *address)
{
    const char *at = strrchr(address, '@');
    return at != NULL ? at + 1 : "mx.example.com";
}

bool milter_client_put_mail(struct milter_client *client, const struct milter_client_message *message)
{
    const char *const macros[] = { "{mail_addr}",   message->sender, "{mail_host}", host_of(message->sender),
                                   "{mail_mailer}", "smtp",          NULL };
    milter_client_put_macros(client, MILTER_CMD_MAIL, macros);
    struct seki_buf payload;
    seki_buf_init(&payload, 4096);
    seki_buf_add_format(&payload, "<%s>%cSIZE=%zu%c", message->sender, 0, message->text.len, 0);
    return put_composed(client, MILTER_CMD_MAIL, &payload);
}

bool milter_client_put_rcpt(struct milter_client *client, const struct milter_client_message *message, size_t index)
{
    const char *recipient = message->recipients[index];
    const char *const macros[] = { "{rcpt_addr}",          recipient,         "{rcpt_host}",
                                   host_of(recipient),     "{rcpt_mailer}",   "virtual",
                                   index > 0 ? "i" : NULL, message->queue_id, NULL };
    milter_client_put_macros(client, MILTER_CMD_RCPT, macros);
    struct seki_buf payload;
    seki_buf_init(&payload, 4096);
    seki_buf_add_format(&payload, "<%s>%c", recipient, 0);
    return put_composed(client, MILTER_CMD_RCPT, &payload);
}

static void put_queue_id(struct milter_client *client, char command, const struct milter_client_message *message)
{
    const char *const macros[] = { "i", message->queue_id, NULL };
    milter_client_put_macros(client, command, macros);
}

bool milter_client_put_data(struct milter_client *client, const struct milter_client_message *message)
{
    put_queue_id(client, MILTER_CMD_DATA, message);
    return milter_client_put(client, MILTER_CMD_DATA, SEKI_STR(""));
}

/* Where the line that starts at offset ends, after its LF. */
static size_t line_end(struct seki_str text, size_t offset)
{
    size_t lf = seki_str_find(seki_str_from(text, offset), '\n');
    return offset + lf < text.len ? offset + lf + 1 : text.len;
}

bool milter_client_next_field(struct seki_str *text, struct seki_str *name_out, struct seki_str *value_out)
{
    size_t end = line_end(*text, 0);
    while (end > 0 && end < text->len && seki_is_wsp(text->ptr[end]))
        end = line_end(*text, end);
    struct seki_str field = seki_str_head(*text, end);
    size_t colon = seki_str_find(field, ':');
    if (colon == field.len || field.ptr[0] == '\r' || field.ptr[0] == '\n') {
        *text = seki_str_from(*text, field.len > 0 && seki_str_trim(field).len == 0 ? field.len : 0);
        return false;
    }
    *text = seki_str_from(*text, end);
    *name_out = seki_str_head(field, colon);
    *value_out = seki_str_from(field, colon + 1);
    while (value_out->len > 0 && strchr("\r\n", value_out->ptr[value_out->len - 1]) != NULL)
        value_out->len--;
    return true;
}

bool milter_client_put_field(struct milter_client *client, const struct milter_client_message *message,
                             struct seki_str name, struct seki_str value)
{
    put_queue_id(client, MILTER_CMD_FIELD, message);
    if ((client->events & MILTER_KEEP_LEADING_SPACE) == 0 && value.len > 0 && value.ptr[0] == ' ')
        value = (struct seki_str){ value.ptr + 1, value.len - 1 };
    struct seki_buf payload;
    seki_buf_init(&payload, name.len + value.len + 2);
    milter_packet_string(&payload, name);
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] != '\r')
            seki_buf_add_char(&payload, value.ptr[i]);
    }
    seki_buf_add_char(&payload, '\0');
    return put_composed(client, MILTER_CMD_FIELD, &payload);
}

bool milter_client_put_eoh(struct milter_client *client, const struct milter_client_message *message)
{
    put_queue_id(client, MILTER_CMD_EOH, message);
    return milter_client_put(client, MILTER_CMD_EOH, SEKI_STR(""));
}

bool milter_client_put_body(struct milter_client *client, const struct milter_client_message *message,
                            struct seki_str *rest)
{
    struct seki_str chunk = seki_str_head(*rest, CHUNK_OCTETS);
    *rest = seki_str_from(*rest, chunk.len);
    put_queue_id(client, MILTER_CMD_BODY, message);
    return milter_client_put(client, MILTER_CMD_BODY, chunk);
}

bool milter_client_put_eom(struct milter_client *client, const struct milter_client_message *message)
{
    put_queue_id(client, MILTER_CMD_EOM, message);
    return milter_client_put(client, MILTER_CMD_EOM, SEKI_STR(""));
}

bool milter_client_agree(struct milter_client *client, const struct milter_client_reply *reply)
{
    struct milter_cursor cursor = milter_cursor_over(reply->payload);
    uint32_t version = milter_cursor_u32(&cursor);
    uint32_t changes = milter_cursor_u32(&cursor);
    uint32_t events = milter_cursor_u32(&cursor);
    bool is_offered = reply->code == MILTER_CMD_NEGOTIATE && version <= client->version &&
                      (changes & ~client->changes) == 0 && (events & ~client->events) == 0;
    while (milter_cursor_has_more(&cursor)) { /* lists of macros */
        milter_cursor_u32(&cursor);
        milter_cursor_string(&cursor);
    }
    client->version = version;
    client->changes = changes;
    client->events = events;
    return is_offered && milter_cursor_is_done(&cursor);
}

size_t milter_client_parse(struct seki_str octets, struct milter_client_reply *reply_out)
{
    if (octets.len < MILTER_HEAD_OCTETS)
        return 0;
    size_t len = MILTER_LENGTH_OCTETS + milter_get_u32(octets.ptr);
    if (octets.len < len || len < MILTER_HEAD_OCTETS)
        return 0;
    reply_out->code = octets.ptr[MILTER_LENGTH_OCTETS];
    reply_out->payload = (struct seki_str){ octets.ptr + MILTER_HEAD_OCTETS, len - MILTER_HEAD_OCTETS };
    return len;
}

static int connect_unix(const char *path)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    snprintf(name.sun_path, sizeof name.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&name, sizeof name) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static int connect_inet(struct seki_str text)
{
    char host[64];
    uint64_t port;
    size_t colon = seki_str_find_last(text, ':');
    struct sockaddr_in name = { .sin_family = AF_INET };
    if (colon >= sizeof host || !seki_str_to_u64(seki_str_from(text, colon + 1), 65535, &port))
        return -1;
    snprintf(host, sizeof host, "%.*s", (int)colon, text.ptr);
    name.sin_port = htons((uint16_t)port);
    if (inet_pton(AF_INET, host, &name.sin_addr) != 1)
        return -1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&name, sizeof name) == 0 &&
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

bool milter_client_connect(struct milter_client *client, const char *address)
{
    if (seki_str_starts_with(seki_str_of(address), SEKI_STR("unix:")))
        client->fd = connect_unix(address + strlen("unix:"));
    else if (seki_str_starts_with(seki_str_of(address), SEKI_STR("inet:")))
        client->fd = connect_inet(seki_str_of(address + strlen("inet:")));
    return client->fd >= 0;
}

bool milter_client_flush(struct milter_client *client)
{
    struct seki_str octets = seki_buf_str(&client->out);
    while (octets.len > 0) {
        ssize_t sent = send(client->fd, octets.ptr, octets.len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            break;
        octets = seki_str_from(octets, sent > 0 ? (size_t)sent : 0);
    }
    seki_buf_clear(&client->out);
    return octets.len == 0;
}

/* More octets of replies. False: the filter hung up, or says nothing. */
static bool read_more(struct milter_client *client)
{
    char octets[65536];
    struct pollfd poll_fd = { .fd = client->fd, .events = POLLIN };
    if (poll(&poll_fd, 1, REPLY_TIMEOUT_MS) != 1)
        return false;
    ssize_t len = recv(client->fd, octets, sizeof octets, 0);
    if (len <= 0)
        return false;
    if (client->in_start == client->in.len) {
        seki_buf_clear(&client->in);
        client->in_start = 0;
    }
    seki_buf_add(&client->in, (struct seki_str){ octets, (size_t)len });
    return seki_buf_failed(&client->in) == SEKI_OK;
}

struct milter_client_reply milter_client_ask(struct milter_client *client)
{
    struct milter_client_reply reply = { 0 };
    if (!milter_client_flush(client))
        return reply;
    for (;;) {
        size_t used = milter_client_parse(seki_str_from(seki_buf_str(&client->in), client->in_start), &reply);
        client->in_start += used;
        if (used > 0 || !read_more(client))
            return reply;
    }
}

bool milter_client_negotiate(struct milter_client *client)
{
    milter_client_put_offer(client);
    struct milter_client_reply reply = milter_client_ask(client);
    return milter_client_agree(client, &reply);
}

/* The code of the reply when one is due, else 'c'. */
static char ask_if(struct milter_client *client, bool has_reply)
{
    return has_reply ? milter_client_ask(client).code : MILTER_RSP_CONTINUE;
}

char milter_client_greet(struct milter_client *client, const char *host_name, const char *address, const char *helo)
{
    char code = ask_if(client, milter_client_put_connect(client, host_name, address, 45678));
    if (code != MILTER_RSP_CONTINUE)
        return code;
    return ask_if(client, milter_client_put_helo(client, helo));
}

static void note_change(const struct milter_client_reply *reply, struct milter_client_verdict *verdict)
{
    struct milter_cursor cursor = milter_cursor_over(reply->payload);
    uint32_t index = milter_cursor_u32(&cursor);
    struct seki_str name = milter_cursor_string(&cursor), value = milter_cursor_string(&cursor);
    if (reply->code == MILTER_RSP_CHANGE_FIELD && value.len == 0)
        verdict->removed++;
    if (reply->code != MILTER_RSP_INSERT_FIELD || verdict->inserted++ > 0)
        return;
    verdict->first_index = index;
    snprintf(verdict->first_name, sizeof verdict->first_name, "%.*s", SEKI_STR_ARGS(name));
    snprintf(verdict->first_value, sizeof verdict->first_value, "%.*s", SEKI_STR_ARGS(value));
}

/* Replies up to the one that settles the event. */
static bool ask_verdict(struct milter_client *client, struct milter_client_verdict *verdict)
{
    static const char more_follows[] = { MILTER_RSP_INSERT_FIELD, MILTER_RSP_CHANGE_FIELD, MILTER_RSP_PROGRESS };
    struct milter_client_reply reply;
    do {
        reply = milter_client_ask(client);
        note_change(&reply, verdict);
        verdict->progress += reply.code == MILTER_RSP_PROGRESS;
    } while (memchr(more_follows, reply.code, sizeof more_follows) != NULL);
    verdict->code = reply.code;
    if (reply.code == MILTER_RSP_REPLY_CODE)
        snprintf(verdict->words, sizeof verdict->words, "%.*s", SEKI_STR_ARGS(reply.payload));
    return reply.code == MILTER_RSP_CONTINUE;
}

static bool send_envelope(struct milter_client *client, const struct milter_client_message *message,
                          struct milter_client_verdict *verdict)
{
    if (milter_client_put_mail(client, message) && !ask_verdict(client, verdict))
        return false;
    for (size_t i = 0; message->recipients[i] != NULL; i++) {
        if (milter_client_put_rcpt(client, message, i) && !ask_verdict(client, verdict))
            return false;
    }
    return !milter_client_put_data(client, message) || ask_verdict(client, verdict);
}

static bool send_content(struct milter_client *client, const struct milter_client_message *message,
                         struct milter_client_verdict *verdict)
{
    struct seki_str rest = message->text, name, value;
    while (milter_client_next_field(&rest, &name, &value)) {
        if (milter_client_put_field(client, message, name, value) && !ask_verdict(client, verdict))
            return false;
    }
    if (milter_client_put_eoh(client, message) && !ask_verdict(client, verdict))
        return false;
    while (rest.len > 0) {
        if (milter_client_put_body(client, message, &rest) && !ask_verdict(client, verdict))
            return false;
    }
    milter_client_put_eom(client, message);
    return ask_verdict(client, verdict);
}

void milter_client_send_message(struct milter_client *client, const struct milter_client_message *message,
                                struct milter_client_verdict *verdict_out)
{
    *verdict_out = (struct milter_client_verdict){ 0 };
    if (send_envelope(client, message, verdict_out))
        send_content(client, message, verdict_out);
    milter_client_put(client, MILTER_CMD_ABORT, SEKI_STR(""));
    milter_client_flush(client);
}

void milter_client_quit(struct milter_client *client)
{
    milter_client_put(client, MILTER_CMD_QUIT, SEKI_STR(""));
    milter_client_flush(client);
    close(client->fd);
    client->fd = -1;
}
