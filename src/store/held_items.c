#include "store/held_items.h"

#include "quarantine/shown.h"

#define ADDRESS_MAX_OCTETS 320u

/* What is in it for the message, but for its recipients. */
static struct store_held item_of(struct seki_str node, const struct quarantine_id *id,
                                 const struct quarantine_message *message, struct seki_arena *arena)
{
    char client[SEKI_IP_TEXT_MAX];
    return (struct store_held){
        .message_id = seki_str_of(id->text),
        .node = node,
        .held_at_s = message->at_us / 1000000,
        .size_octets = (int64_t)message->size_octets,
        .mail_from = quarantine_shown(arena, message->mail_from, ADDRESS_MAX_OCTETS),
        .author = quarantine_shown(arena, message->author, STORE_HELD_SHOWN_MAX),
        .subject = quarantine_shown(arena, message->subject, STORE_HELD_SHOWN_MAX),
        .client = seki_arena_copy(arena, seki_str_of(seki_ip_format(&message->client, client))),
        .queue_id = quarantine_shown(arena, message->queue_id, STORE_HELD_MESSAGE_ID_MAX),
        .mail_message_id = quarantine_shown(arena, message->message_id, STORE_HELD_SHOWN_MAX),
    };
}

const struct store_held *store_held_items(struct seki_str node, const struct quarantine_id *id,
                                          const struct quarantine_message *message, struct seki_arena *arena,
                                          struct seki_error *why)
{
    struct store_held *items = seki_arena_alloc(arena, message->recipient_count, sizeof *items);
    const struct store_held common = item_of(node, id, message, arena);
    for (size_t i = 0; items != NULL && i < message->recipient_count; i++) {
        const struct quarantine_recipient *recipient = &message->recipients[i];
        items[i] = common;
        items[i].place = (int64_t)i;
        items[i].address = quarantine_shown(arena, recipient->address, ADDRESS_MAX_OCTETS);
        items[i].reason = quarantine_shown(arena, recipient->reason, STORE_HELD_MESSAGE_ID_MAX);
        items[i].domain_id = (int64_t)recipient->domain_id;
        items[i].tenant_id = (int64_t)recipient->tenant_id;
        items[i].expires_at_s = recipient->expires_at_s;
    }
    if (seki_arena_failure(arena) == SEKI_OK)
        return items;
    seki_error_set(why, "no memory for the recipients of a held message");
    return NULL;
}
