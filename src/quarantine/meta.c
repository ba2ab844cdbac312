/* What is known about a held message, a line each: a name, a space, the value. Octets that would end a line or disturb a
 * screen are written as "%" and two hexadecimal digits, as is "%" itself. Names that are not known are passed over, so that
 * an older program reads what a newer one wrote. */
#include "quarantine/quarantine.h"

#include <inttypes.h>
#include <stddef.h>

struct text_row {
    const char *name;
    size_t offset;
};

static const struct text_row texts[] = {
    { "queue-id", offsetof(struct quarantine_message, queue_id) },
    { "message-id", offsetof(struct quarantine_message, message_id) },
    { "helo", offsetof(struct quarantine_message, helo) },
    { "mail-from", offsetof(struct quarantine_message, mail_from) },
    { "author", offsetof(struct quarantine_message, author) },
    { "subject", offsetof(struct quarantine_message, subject) },
    { "authentication-results", offsetof(struct quarantine_message, authentication_results) },
};
#define TEXT_COUNT (sizeof texts / sizeof texts[0])

/* ---- writing ---- */

static void add_escape(unsigned char c, struct seki_buf *out)
{
    static const char digits[] = "0123456789abcdef";
    seki_buf_add_char(out, '%');
    seki_buf_add_char(out, digits[c >> 4]);
    seki_buf_add_char(out, digits[c & 15]);
}

static void add_escaped(struct seki_str value, struct seki_buf *out)
{
    value = seki_str_head(value, QUARANTINE_TEXT_MAX_OCTETS);
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c >= ' ' && c != 0x7f && c != '%')
            seki_buf_add_char(out, (char)c);
        else
            add_escape(c, out);
    }
}

/* With more behind it on the line: no spaces, and "-" for nothing. */
static void add_word(struct seki_str word, struct seki_buf *out)
{
    word = seki_str_head(word, QUARANTINE_TEXT_MAX_OCTETS);
    if (word.len == 0)
        seki_buf_add_char(out, '-');
    for (size_t i = 0; i < word.len; i++) {
        struct seki_str octet = { word.ptr + i, 1 };
        if (word.ptr[i] == ' ' || (word.ptr[i] == '-' && word.len == 1))
            add_escape((unsigned char)word.ptr[i], out);
        else
            add_escaped(octet, out);
    }
}

static void add_line(const char *name, struct seki_str value, struct seki_buf *out)
{
    seki_buf_add(out, seki_str_of(name));
    seki_buf_add_char(out, ' ');
    add_escaped(value, out);
    seki_buf_add_char(out, '\n');
}

static void add_recipient(const struct quarantine_recipient *recipient, struct seki_buf *out)
{
    seki_buf_add_format(out, "recipient %" PRIu64 " %" PRIu64 " %" PRId64 " ", recipient->domain_id,
                        recipient->tenant_id, recipient->expires_at_s);
    add_word(recipient->reason, out);
    seki_buf_add_char(out, ' ');
    add_escaped(recipient->address, out);
    seki_buf_add_char(out, '\n');
}

void quarantine_meta_encode(const struct quarantine_message *message, struct seki_buf *out)
{
    char client[SEKI_IP_TEXT_MAX];
    seki_buf_add_format(out, "at %" PRId64 "\n", message->at_us);
    if (message->client.octet_count > 0)
        add_line("client", seki_str_of(seki_ip_format(&message->client, client)), out);
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        const struct seki_str *value = (const void *)((const char *)message + texts[i].offset);
        if (value->len > 0)
            add_line(texts[i].name, *value, out);
    }
    for (size_t i = 0; i < message->recipient_count; i++)
        add_recipient(&message->recipients[i], out);
}

/* ---- reading ---- */

static int hex_value(char c)
{
    if (seki_is_digit(c))
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* @return ptr NULL: a "%" without its digits, or no memory */
static struct seki_str unescaped(struct seki_str text, struct seki_arena *arena)
{
    char *octets = seki_arena_octets(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; octets != NULL && i < text.len; i++) {
        if (text.ptr[i] != '%') {
            octets[len++] = text.ptr[i];
            continue;
        }
        int high = i + 2 < text.len ? hex_value(text.ptr[i + 1]) : -1, low = -1;
        if (high >= 0)
            low = hex_value(text.ptr[i + 2]);
        if (low < 0)
            return (struct seki_str){ NULL, 0 };
        octets[len++] = (char)(high << 4 | low);
        i += 2;
    }
    return (struct seki_str){ octets, len };
}

static bool read_number(struct seki_str text, uint64_t *number_out)
{
    return seki_str_to_u64(text, INT64_MAX, number_out);
}

static bool read_recipient(struct seki_str value, struct seki_arena *arena, struct quarantine_recipient *recipient)
{
    struct seki_str domain_id, tenant_id, expires, reason;
    uint64_t expires_at_s = 0;
    bool is_good = seki_str_split(&value, ' ', &domain_id) && seki_str_split(&value, ' ', &tenant_id) &&
                   seki_str_split(&value, ' ', &expires) && seki_str_split(&value, ' ', &reason) &&
                   value.ptr != NULL && read_number(domain_id, &recipient->domain_id) &&
                   read_number(tenant_id, &recipient->tenant_id) && read_number(expires, &expires_at_s);
    if (!is_good)
        return false;
    recipient->expires_at_s = (int64_t)expires_at_s;
    recipient->reason = seki_str_equal(reason, SEKI_STR("-")) ? SEKI_STR("") : unescaped(reason, arena);
    recipient->address = unescaped(value, arena);
    return recipient->reason.ptr != NULL && recipient->address.ptr != NULL && recipient->address.len > 0;
}

struct reading {
    struct quarantine_message *message;
    struct quarantine_recipient *recipients;
    struct seki_arena *arena;
    bool has_time;
};

static bool read_text(struct reading *r, struct seki_str name, struct seki_str value)
{
    for (size_t i = 0; i < TEXT_COUNT; i++) {
        if (!seki_str_equal(name, seki_str_of(texts[i].name)))
            continue;
        struct seki_str *place = (void *)((char *)r->message + texts[i].offset);
        *place = unescaped(value, r->arena);
        return place->ptr != NULL;
    }
    return true;
}

static bool read_line(struct reading *r, struct seki_str line)
{
    struct quarantine_message *message = r->message;
    struct seki_str name;
    uint64_t number = 0;
    if (!seki_str_split(&line, ' ', &name) || line.ptr == NULL)
        return false;
    if (seki_str_equal(name, SEKI_STR("at"))) {
        r->has_time = read_number(line, &number);
        message->at_us = (int64_t)number;
        return r->has_time;
    }
    if (seki_str_equal(name, SEKI_STR("client")))
        return seki_ip_parse(line, &message->client);
    if (!seki_str_equal(name, SEKI_STR("recipient")))
        return read_text(r, name, line);
    return message->recipient_count < QUARANTINE_RECIPIENTS_MAX &&
           read_recipient(line, r->arena, &r->recipients[message->recipient_count++]);
}

static size_t count_recipients(struct seki_str text)
{
    size_t count = 0;
    for (struct seki_str line; seki_str_split(&text, '\n', &line);)
        count += seki_str_starts_with(line, SEKI_STR("recipient "));
    return count < QUARANTINE_RECIPIENTS_MAX ? count : QUARANTINE_RECIPIENTS_MAX;
}

static void set_empty(struct quarantine_message *message)
{
    *message = (struct quarantine_message){ 0 };
    for (size_t i = 0; i < TEXT_COUNT; i++)
        *(struct seki_str *)(void *)((char *)message + texts[i].offset) = SEKI_STR("");
}

bool quarantine_meta_decode(struct seki_str text, struct seki_arena *arena, struct quarantine_message *message_out,
                            struct seki_error *why)
{
    set_empty(message_out);
    struct reading r = { .message = message_out, .arena = arena };
    r.recipients = seki_arena_alloc(arena, count_recipients(text), sizeof *r.recipients);
    message_out->recipients = r.recipients;
    size_t number = 0;
    bool is_good = r.recipients != NULL && text.len > 0 && text.ptr[text.len - 1] == '\n';
    for (struct seki_str line, rest = text; is_good && seki_str_split(&rest, '\n', &line) && line.len > 0; number++)
        is_good = read_line(&r, line);
    if (is_good && r.has_time && message_out->recipient_count > 0)
        return true;
    seki_error_set(why, "what is known about the message cannot be read (line %zu)", number);
    set_empty(message_out);
    return false;
}
