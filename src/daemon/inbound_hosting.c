/* Replica and journal of one loop. */
#include "daemon/inbound_parts.h"

#include "journal/record.h"

#include <stdlib.h>

#define TEND_EVERY_S 60

static bool open_replica(struct inbound_hosting *hosting, const struct config *config, struct seki_error *why)
{
    if (config->hosting.replica.len == 0)
        return true;
    hosting->replica = replica_open(config->hosting.replica.ptr);
    if (hosting->replica == NULL)
        seki_error_set(why, "no memory for the replica");
    return hosting->replica != NULL;
}

static void tend(evutil_socket_t fd, short what, void *user)
{
    (void)fd, (void)what;
    journal_writer_tend(user);
}

static bool open_journal(struct inbound_hosting *hosting, const struct inbound *inbound,
                         const struct config *config, struct seki_error *why)
{
    if (config->journal.folder.len == 0)
        return true;
    const struct journal_options options = { .max_segment_octets = config->journal.max_segment_octets,
                                             .min_free_octets = config->journal.min_free_octets,
                                             .sync_each = config->journal.sync == CONFIG_SYNC_EACH };
    hosting->journal = journal_writer_new(config->journal.folder.ptr, inbound->loop, &options, why);
    if (hosting->journal == NULL)
        return false;
    static const struct timeval interval = { .tv_sec = TEND_EVERY_S };
    hosting->tend_timer = event_new(inbound->base, -1, EV_PERSIST, tend, hosting->journal);
    if (hosting->tend_timer != NULL && event_add(hosting->tend_timer, &interval) == 0)
        return true;
    seki_error_set(why, "no memory for the journal");
    return false;
}

static bool open_quarantine(struct inbound *inbound, const struct config *config, struct seki_error *why)
{
    if (config->quarantine.folder.len > 0 && inbound->keeper == NULL) {
        inbound->keeper = quarantine_worker_new(inbound->base, why);
        return inbound->keeper != NULL;
    }
    return true;
}

static struct inbound_hosting *hosting_new(const struct inbound *inbound, struct config *config,
                                           struct seki_error *why)
{
    struct inbound_hosting *hosting = calloc(1, sizeof *hosting);
    if (hosting == NULL) {
        seki_error_set(why, "no memory for replica and journal");
        return NULL;
    }
    hosting->refs = 1;
    hosting->config = config_ref(config);
    seki_buf_init(&hosting->record, JOURNAL_RECORD_MAX_OCTETS);
    seki_buf_init(&hosting->header, JOURNAL_HEADER_MAX_OCTETS);
    seki_buf_init(&hosting->answers, JOURNAL_RECORD_MAX_OCTETS);
    seki_buf_init(&hosting->hashes, JOURNAL_RECORD_MAX_OCTETS);
    if (open_replica(hosting, config, why) && open_journal(hosting, inbound, config, why))
        return hosting;
    inbound_hosting_unref(hosting);
    return NULL;
}

struct inbound_hosting *inbound_hosting_find(struct inbound *inbound, struct config *config, struct seki_error *why)
{
    if (!open_quarantine(inbound, config, why))
        return NULL;
    struct inbound_hosting *current = inbound->current != NULL ? inbound->current->hosting : NULL;
    if (current == NULL || !config_section_equal(current->config, config, "hosting") ||
        !config_section_equal(current->config, config, "journal"))
        return hosting_new(inbound, config, why);
    current->refs++;
    return current;
}

void inbound_hosting_unref(struct inbound_hosting *hosting)
{
    if (hosting == NULL || --hosting->refs > 0)
        return;
    if (hosting->tend_timer != NULL)
        event_free(hosting->tend_timer);
    replica_close(hosting->replica);
    journal_writer_close(hosting->journal);
    seki_buf_release(&hosting->record);
    seki_buf_release(&hosting->header);
    seki_buf_release(&hosting->answers);
    seki_buf_release(&hosting->hashes);
    config_unref(hosting->config);
    free(hosting);
}
