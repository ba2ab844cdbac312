/* `sekisho quarantine release`: hand a held message to the mail server, once.
 *
 * The store knows at each step how far it went (store/held.h), so whoever is killed on the way leaves either something that
 * may be done again, or the question whether it arrived, which only the mail server's log can answer: SMTP has no way to
 * ask (RFC 5321 section 4.5.3.2.6; RFC 1047 is about just that). */
#include "cli/quarantine.h"

#include "cli/hosting.h"
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/text.h"
#include "quarantine/released.h"
#include "quarantine/submit.h"

#include <sekisho/message.h>

#include <unistd.h>

#define HEAD_MAX_OCTETS (64u * 1024u)

struct release {
    struct cli_store *store;
    const struct store_held *item;
    struct seki_error why; /* of noting that the end is near */
};

/* Noted before the end is sent: from there on it may have arrived. */
static bool note_end(void *context)
{
    struct release *release = context;
    return store_held_unclear(release->store->sql, release->item->id, &release->why) == SEKI_OK;
}

static bool claim(struct cli_store *store, const struct store_held *item)
{
    return cli_store_begin(store, "cli") &&
           cli_store_did(store, store_held_claim(store->change, item, store->options->again, &store->why)) &&
           cli_store_commit(store);
}

static bool settle(struct cli_store *store, const struct store_held *item, bool is_released)
{
    return cli_store_begin(store, "cli") &&
           cli_store_did(store, store_held_settle(store->change, item, is_released, &store->why)) &&
           cli_store_commit(store);
}

/* The verdict of when it came, which the mail server could not have been told, and where it was since. */
static struct seki_str make_head(struct cli_store *store, const struct store_held *item,
                                 const struct quarantine_message *message)
{
    struct seki_buf head;
    seki_buf_init_arena(&head, store->arena, HEAD_MAX_OCTETS);
    struct seki_str released = quarantine_released_write(store->arena, item->id, item->message_id, item->place);
    seki_field_write(SEKI_STR(QUARANTINE_RELEASED_NAME), released, false, &head);
    if (message->authentication_results.len > 0)
        seki_field_write(SEKI_STR("Authentication-Results"), message->authentication_results, false, &head);
    return seki_buf_str(&head);
}

static bool submit(struct cli_store *store, const struct cli_quarantine *quarantine, const struct store_held *item,
                   const struct quarantine_message *message, int file)
{
    struct release release = { store, item, { "" } };
    struct seki_error why = { "" };
    const struct quarantine_submission submission = { .server = quarantine->release_to,
                                                      .mail_from = message->mail_from,
                                                      .recipient = message->recipients[item->place].address,
                                                      .head = make_head(store, item, message),
                                                      .file = file,
                                                      .offset = QUARANTINE_HEAD_OCTETS,
                                                      .size_octets = message->size_octets,
                                                      .before_end = note_end,
                                                      .context = &release };
    enum quarantine_submitted outcome = quarantine_submit(&submission, &why);
    if (outcome == QUARANTINE_UNCLEAR) {
        seki_error_set(
            &store->why,
            "message %lld: %s; look into the mail server's log, and release it with --again only if it did "
            "not arrive",
            (long long)item->id, why.text);
        return cli_store_did(store, SEKI_BAD_INPUT);
    }
    if (!settle(store, item, outcome == QUARANTINE_TAKEN) || outcome == QUARANTINE_TAKEN)
        return store->result == SEKI_OK;
    seki_error_set(&store->why, "message %lld stays held: %s", (long long)item->id,
                   release.why.text[0] != '\0' ? release.why.text : why.text);
    return cli_store_did(store, outcome == QUARANTINE_REFUSED ? SEKI_BAD_INPUT : SEKI_TEMPORARY);
}

static bool release_one(struct cli_store *store, const struct cli_quarantine *quarantine, const char *number)
{
    struct store_held item;
    struct quarantine_message message;
    int file = -1;
    bool is_done = cli_held_find(store, number, &item) && cli_held_open(store, quarantine, &item, &message, &file);
    if (is_done && (item.place < 0 || (size_t)item.place >= message.recipient_count)) {
        seki_error_set(&store->why, "the file of message %lld is damaged", (long long)item.id);
        is_done = cli_store_did(store, SEKI_BAD_INPUT);
    }
    is_done = is_done && claim(store, &item) && submit(store, quarantine, &item, &message, file);
    if (file >= 0)
        close(file);
    return is_done;
}

enum cli_exit cli_quarantine_release(const struct cli_options *options, const char *number)
{
    struct cli_store store;
    struct cli_quarantine quarantine;
    (void)number;
    if (!cli_held_check_numbers(options))
        return CLI_USAGE;
    bool is_done = cli_store_open(&store, options) && cli_quarantine_find(&store, &quarantine);
    for (size_t i = 0; is_done && i < options->operand_count; i++)
        is_done = release_one(&store, &quarantine, options->operands[i]);
    if (is_done)
        cli_store_tell(&store, json_pack("{s:i}", "released", (int)options->operand_count), "%s",
                       options->operand_count == 1 ? _("The message was released.")
                                                   : _("The messages were released."));
    return cli_store_close(&store);
}
