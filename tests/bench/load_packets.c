#include "load_packets.h"

#include "milter_wire.h"

enum { POSTFIX_BODY_CHUNK = 65535 };

static size_t packet_begin(struct load_peer *peer, char command)
{
    seki_buf_add(&peer->out, (struct seki_str){ "\0\0\0\0", 4 });
    seki_buf_add_char(&peer->out, command);
    return peer->out.len;
}

static void packet_end(struct load_peer *peer, size_t begun)
{
    if (seki_buf_failed(&peer->out) == SEKI_OK)
        milter_put_u32((unsigned char *)peer->out.ptr + begun - 5, (uint32_t)(peer->out.len - begun + 1));
}

void load_add_command(struct load_peer *peer, char command)
{
    packet_end(peer, packet_begin(peer, command));
}

static void add_c_string(struct load_peer *peer, struct seki_str s)
{
    seki_buf_add(&peer->out, s);
    seki_buf_add_char(&peer->out, '\0');
}

static void add_pair(struct load_peer *peer, const char *name, const char *value)
{
    add_c_string(peer, seki_str_of(name));
    add_c_string(peer, seki_str_of(value));
}

static const char *after_at(const char *address)
{
    const char *at = strchr(address, '@');
    return at != NULL ? at + 1 : "";
}

/* The macros of Postfix's milter_*_macros defaults that have a value here; the queue id stands from DATA on. */
void load_add_macros(struct load_session *session, struct load_peer *peer, char command)
{
    const struct corpus_message *message = session->message;
    char id[24], client[128];
    size_t begun = packet_begin(peer, MILTER_MACRO);
    seki_buf_add_char(&peer->out, command);
    snprintf(id, sizeof id, "4B%010llX", (unsigned long long)session->queue_id);
    snprintf(client, sizeof client, "%s [%s]", message->helo, message->client);
    switch (session->step) {
    case LOAD_CONNECT:
        add_pair(peer, "j", "mx.bench.example");
        add_pair(peer, "{daemon_name}", "mx.bench.example");
        add_pair(peer, "{daemon_addr}", "127.0.0.1");
        add_pair(peer, "v", "Postfix 3.7.11");
        add_pair(peer, "_", client);
        break;
    case LOAD_MAIL:
        add_pair(peer, "{mail_addr}", message->mail_from);
        add_pair(peer, "{mail_host}", after_at(message->mail_from));
        add_pair(peer, "{mail_mailer}", "smtp");
        break;
    case LOAD_RCPT:
        add_pair(peer, "{rcpt_addr}", "reader@mx.bench.example");
        add_pair(peer, "{rcpt_host}", "mx.bench.example");
        add_pair(peer, "{rcpt_mailer}", "local");
        break;
    default: add_pair(peer, "i", id); break;
    }
    packet_end(peer, begun);
}

static void add_address_packet(struct load_peer *peer, char command, const char *address)
{
    size_t begun = packet_begin(peer, command);
    seki_buf_add_format(&peer->out, "<%s>", address);
    seki_buf_add_char(&peer->out, '\0');
    packet_end(peer, begun);
}

static void add_connect(struct load_peer *peer, const struct corpus_message *message)
{
    size_t begun = packet_begin(peer, MILTER_CONNECT);
    add_c_string(peer, seki_str_of(message->helo));
    seki_buf_add(&peer->out, (struct seki_str){ "4\x61\xa9", 3 }); /* family IPv4, port 25001 */
    add_c_string(peer, seki_str_of(message->client));
    packet_end(peer, begun);
}

static void add_field(struct load_peer *peer, struct seki_str name, struct seki_str value)
{
    size_t begun = packet_begin(peer, MILTER_FIELD);
    /* Without HDR_LEADSPC the space after the colon is the MTA's. */
    if ((peer->events & MILTER_LEADING_SPACE) == 0 && value.len > 0 && value.ptr[0] == ' ')
        value = seki_str_from(value, 1);
    add_c_string(peer, name);
    add_c_string(peer, value);
    packet_end(peer, begun);
}

/* Fields that the milters before this one inserted stand on top. */
static void add_next_field(struct load_session *session, struct load_peer *peer)
{
    size_t i = session->field++;
    if (i < session->inserted_count) {
        const struct load_inserted *inserted = &session->inserted[i];
        add_field(peer, seki_str_of(inserted->name), seki_str_of(inserted->value));
    } else {
        const struct corpus_field *field = &session->message->fields[i - session->inserted_count];
        add_field(peer, field->name, field->value);
    }
}

static void add_body(struct load_session *session, struct load_peer *peer)
{
    struct seki_str chunk =
        seki_str_head(seki_str_from(session->message->body, session->body_used), POSTFIX_BODY_CHUNK);
    size_t begun = packet_begin(peer, MILTER_BODY);
    seki_buf_add(&peer->out, chunk);
    packet_end(peer, begun);
    session->body_used += chunk.len;
}

void load_add_event(struct load_session *session, struct load_peer *peer, char command)
{
    switch (session->step) {
    case LOAD_CONNECT: add_connect(peer, session->message); break;
    case LOAD_HELO: {
        size_t begun = packet_begin(peer, MILTER_HELO);
        add_c_string(peer, seki_str_of(session->message->helo));
        packet_end(peer, begun);
        break;
    }
    case LOAD_MAIL: add_address_packet(peer, MILTER_MAIL, session->message->mail_from); break;
    case LOAD_RCPT: add_address_packet(peer, MILTER_RCPT, "reader@mx.bench.example"); break;
    case LOAD_FIELDS: add_next_field(session, peer); break;
    case LOAD_BODY: add_body(session, peer); break;
    default: load_add_command(peer, command); break;
    }
}

void load_add_negotiation(struct load_peer *peer)
{
    unsigned char offer[12];
    milter_put_u32(offer, MILTER_VERSION);
    milter_put_u32(offer + 4, MILTER_ACTIONS);
    milter_put_u32(offer + 8, MILTER_EVENTS);
    size_t begun = packet_begin(peer, MILTER_NEGOTIATE);
    seki_buf_add(&peer->out, (struct seki_str){ (const char *)offer, sizeof offer });
    packet_end(peer, begun);
}
