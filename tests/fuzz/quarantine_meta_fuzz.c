/* What is known about a held message, as its file has it. What can be read is written and read again the same; what cannot is
 * told with a sentence, and nothing of it is left. */
#include "quarantine/quarantine.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

static void check_same(const struct quarantine_message *a, const struct quarantine_message *b)
{
    must(a->at_us == b->at_us && a->recipient_count == b->recipient_count);
    must(seki_str_equal(a->subject, b->subject) && seki_str_equal(a->author, b->author));
    must(seki_str_equal(a->mail_from, b->mail_from) && seki_str_equal(a->queue_id, b->queue_id));
    must(seki_str_equal(a->authentication_results, b->authentication_results));
    for (size_t i = 0; i < a->recipient_count; i++) {
        const struct quarantine_recipient *left = &a->recipients[i], *right = &b->recipients[i];
        must(seki_str_equal(left->address, right->address) && seki_str_equal(left->reason, right->reason));
        must(left->domain_id == right->domain_id && left->expires_at_s == right->expires_at_s);
    }
}

/* A text longer than is kept would be cut when it is written. */
static bool is_kept_whole(const struct quarantine_message *message)
{
    const struct seki_str texts[] = { message->subject, message->author, message->mail_from, message->queue_id,
                                      message->authentication_results };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].len > QUARANTINE_TEXT_MAX_OCTETS)
            return false;
    for (size_t i = 0; i < message->recipient_count; i++)
        if (message->recipients[i].address.len > QUARANTINE_TEXT_MAX_OCTETS ||
            message->recipients[i].reason.len > QUARANTINE_TEXT_MAX_OCTETS)
            return false;
    return true;
}

static void check_written_again(const struct quarantine_message *message, struct seki_arena *arena)
{
    struct quarantine_message again;
    struct seki_buf text;
    seki_buf_init(&text, 4u * QUARANTINE_META_MAX_OCTETS);
    quarantine_meta_encode(message, &text);
    must(seki_buf_failed(&text) == SEKI_OK);
    must(quarantine_meta_decode(seki_buf_str(&text), arena, &again, NULL));
    check_same(message, &again);
    seki_buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seki_arena *arena = seki_arena_new(64u << 20);
    struct quarantine_message message;
    struct seki_error why = { "" };
    bool is_read = quarantine_meta_decode((struct seki_str){ (const char *)data, size }, arena, &message, &why);
    must(is_read == (why.text[0] == '\0'));
    must(is_read ? message.recipient_count > 0 : message.recipient_count == 0 && message.recipients == NULL);
    if (is_read && is_kept_whole(&message))
        check_written_again(&message, arena);
    seki_arena_free(arena);
    return 0;
}
