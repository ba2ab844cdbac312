#include "daemon/control_name.h"

#include "store/lease.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define BOOT_ID_PATH   "/proc/sys/kernel/random/boot_id" /* random at each boot, also of a copy */
#define BOOT_ID_OCTETS 36u

struct control_name {
    struct seki_str node;
    struct log *log;
    struct figures *figures;
    char *lease;          /* "node NAME": no job's name has a space */
    char holder[96];      /* who we are */
    pthread_mutex_t lock; /* of all below */
    bool is_ours, is_told;
    int64_t asked_at_s, refused_since_s; /* 0: not */
};

/* Without /proc it is random, and a process that is started again waits for the lease's end. */
static void read_boot(char boot_out[BOOT_ID_OCTETS + 1])
{
    uint64_t random = 0;
    int file = open(BOOT_ID_PATH, O_RDONLY | O_CLOEXEC);
    ssize_t len = file >= 0 ? read(file, boot_out, BOOT_ID_OCTETS) : -1;
    if (file >= 0)
        close(file);
    boot_out[BOOT_ID_OCTETS] = '\0';
    if (len == BOOT_ID_OCTETS)
        return;
    (void)!getrandom(&random, sizeof random, 0);
    snprintf(boot_out, BOOT_ID_OCTETS + 1, "%016" PRIx64, random);
}

/* Of several in one boot (containers, or two on one host) each has a folder of its own, and locks what is in it. */
static void identify(struct control_name *name, const struct config *config)
{
    char boot[BOOT_ID_OCTETS + 1];
    struct stat info = { 0 };
    struct seki_str folder = config->journal.folder.len > 0 ? config->journal.folder : config->quarantine.folder;
    if (folder.len > 0 && stat(folder.ptr, &info) != 0)
        info = (struct stat){ 0 };
    read_boot(boot);
    snprintf(name->holder, sizeof name->holder, "%s %ju:%ju", boot, (uintmax_t)info.st_dev, (uintmax_t)info.st_ino);
}

struct control_name *control_name_new(const struct config *config, struct log *log, struct figures *figures)
{
    struct control_name *name = calloc(1, sizeof *name);
    if (name == NULL)
        return NULL;
    *name = (struct control_name){ .node = config->hosting.node_name, .log = log, .figures = figures };
    if (asprintf(&name->lease, "node %.*s", SEKI_STR_ARGS(name->node)) < 0) {
        free(name);
        return NULL;
    }
    identify(name, config);
    pthread_mutex_init(&name->lock, NULL);
    figures_set(figures, FIGURE_NODE_NAME_TAKEN, 0);
    return name;
}

void control_name_free(struct control_name *name)
{
    if (name == NULL)
        return;
    pthread_mutex_destroy(&name->lock);
    free(name->lease);
    free(name);
}

/* With the lock. */
static void tell_refusal(struct control_name *name, int64_t now_s)
{
    if (name->refused_since_s == 0)
        name->refused_since_s = now_s;
    if (now_s - name->refused_since_s <= CONTROL_NAME_LEASE_S)
        return;
    name->is_told = true;
    figures_set(name->figures, FIGURE_NODE_NAME_TAKEN, 1);
    log_reason(
        name->log, LOG_LEVEL_WARNING, "node_name_taken",
        "another running node of this store is called %.*s too: give one of them another [hosting] node_name, "
        "then reload this one; until then mail flows, and records and held messages wait on this node's disk",
        SEKI_STR_ARGS(name->node));
}

/* With the lock. */
static enum seki_result ask(struct control_name *name, struct sql *sql, int64_t now_s, struct seki_error *why)
{
    name->asked_at_s = 0;
    enum seki_result result = store_lease_take(sql, seki_str_of(name->lease), seki_str_of(name->holder), now_s,
                                               CONTROL_NAME_LEASE_S, &name->is_ours, why);
    if (result != SEKI_OK)
        return result;
    name->asked_at_s = now_s;
    if (name->is_ours)
        name->refused_since_s = 0;
    else
        tell_refusal(name, now_s);
    return SEKI_OK;
}

enum seki_result control_name_take(struct control_name *name, struct sql *sql, int64_t now_s, bool *is_ours_out,
                                   struct seki_error *why)
{
    enum seki_result result = SEKI_OK;
    pthread_mutex_lock(&name->lock);
    bool is_known = name->is_told || (now_s >= name->asked_at_s && now_s - name->asked_at_s < CONTROL_NAME_RENEW_S);
    if (!is_known)
        result = ask(name, sql, now_s, why);
    *is_ours_out = result == SEKI_OK && name->is_ours;
    pthread_mutex_unlock(&name->lock);
    return result;
}
