#include "daemon/figures.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGE_OCTETS 4096u

struct figures {
    uint64_t *values;
};
static_assert(FIGURE_COUNT * sizeof(uint64_t) <= PAGE_OCTETS, "they fit a page");

static const struct figure_row {
    const char *name, *type, *help;
} rows[] = {
    [FIGURE_CONTROL_SEEN_S] = { "control_seen_time_seconds", "gauge", "When the role control last did its round." },
    [FIGURE_STORE_REACHABLE] = { "store_reachable", "gauge", "Does the store answer? 1: yes." },
    [FIGURE_STORE_CHANGE] = { "store_change_id", "gauge", "Newest change of the store that was heard of." },
    [FIGURE_REPLICA_CHANGE] = { "replica_change_id", "gauge", "Change up to which the replica is complete." },
    [FIGURE_REPLICA_REBUILDS] = { "replica_rebuilds_total", "counter", "Replicas built anew as a whole." },
    [FIGURE_NODE_NAME_TAKEN] = { "node_name_taken", "gauge", "Has another running node our name? 1: yes." },
    [FIGURE_JOURNAL_BACKLOG_OCTETS] = { "journal_backlog_bytes", "gauge",
                                        "Journal that the store has not taken over yet." },
    [FIGURE_JOURNAL_INGESTED] = { "journal_ingested_total", "counter", "Records that the store took over." },
    [FIGURE_JOURNAL_DAMAGED] = { "journal_damaged_total", "counter", "Places in the journal that cannot be read." },
    [FIGURE_JOURNAL_UNREADABLE] = { "journal_unreadable_segments", "gauge",
                                    "Segments of the journal that wait because they cannot be read." },
    [FIGURE_QUARANTINE_DAMAGED] = { "quarantine_damaged_total", "counter",
                                    "Held messages that were set aside because their files are damaged." },
    [FIGURE_QUARANTINE_UNREADABLE] = { "quarantine_unreadable", "gauge",
                                       "Held messages that wait because their files cannot be read." },
    [FIGURE_QUARANTINE_REFUSED] = { "quarantine_refused", "gauge",
                                    "Held messages that wait because the store refuses them." },
    [FIGURE_JOURNAL_TAKEN_OCTETS] = { NULL, NULL, NULL },
};
static_assert(sizeof rows / sizeof rows[0] == FIGURE_COUNT, "one row per figure");

int figures_create(struct seki_error *why)
{
    int file = memfd_create("sekisho-figures", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file >= 0 && ftruncate(file, PAGE_OCTETS) == 0 &&
        fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        return file;
    int error = errno;
    if (file >= 0)
        close(file);
    seki_error_set(why, "cannot make shared memory for figures: %s", strerror(error));
    return -1;
}

struct figures *figures_open(int descriptor, bool is_writer, struct seki_error *why)
{
    struct figures *figures = calloc(1, sizeof *figures);
    void *page = figures != NULL ? mmap(NULL, PAGE_OCTETS, is_writer ? PROT_READ | PROT_WRITE : PROT_READ,
                                        MAP_SHARED, descriptor, 0)
                                 : MAP_FAILED;
    if (page == MAP_FAILED) {
        seki_error_set(why, "cannot share memory for figures");
        free(figures);
        return NULL;
    }
    figures->values = page;
    return figures;
}

void figures_close(struct figures *figures)
{
    if (figures == NULL)
        return;
    munmap(figures->values, PAGE_OCTETS);
    free(figures);
}

void figures_set(struct figures *figures, enum figure figure, uint64_t value)
{
    __atomic_store_n(&figures->values[figure], value, __ATOMIC_RELAXED);
}

void figures_add(struct figures *figures, enum figure figure, uint64_t count)
{
    __atomic_add_fetch(&figures->values[figure], count, __ATOMIC_RELAXED);
}

uint64_t figures_get(const struct figures *figures, enum figure figure)
{
    return __atomic_load_n(&figures->values[figure], __ATOMIC_RELAXED);
}

void figures_write(const struct figures *figures, struct seki_buf *buf)
{
    for (unsigned i = 0; i < FIGURE_COUNT; i++) {
        if (rows[i].name == NULL)
            continue;
        uint64_t value = figures != NULL ? figures_get(figures, (enum figure)i) : 0;
        seki_buf_add_format(buf, "# HELP sekisho_%s %s\n# TYPE sekisho_%s %s\nsekisho_%s %" PRIu64 "\n",
                            rows[i].name, rows[i].help, rows[i].name, rows[i].type, rows[i].name, value);
    }
}
