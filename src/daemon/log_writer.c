/* Two buffers: lines are appended to one under a lock while the thread writes the other. After the first line of a
 * batch the thread waits a few milliseconds for company, so a busy loop pays for no system call per line. */
#include "daemon/log_writer.h"

#include <sekisho/buf.h>

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define QUEUE_MAX_OCTETS  (1024u * 1024u) /* some 4,000 lines wait when nobody reads */
#define QUEUE_KEPT_OCTETS (64u * 1024u)   /* after a burst the rest is given back */
#define BATCH_WAIT_NS     5000000
#define CLOSE_WAIT_S      2

/* An entry of the queue: this, then the line. */
struct entry {
    uint16_t len;
    uint8_t level;
};

struct log_writer {
    bool to_syslog, as_json, is_journal, is_async;
    int fd;
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t has_lines;
    struct seki_buf queue;
    bool is_stopping, has_ended, is_left_behind;
    uint64_t untold; /* lost and not yet told */
    _Atomic uint64_t lost;
};

static const int priorities[] = {
    [LOG_LEVEL_INFORMATION] = LOG_INFO,
    [LOG_LEVEL_WARNING] = LOG_WARNING,
    [LOG_LEVEL_FATAL] = LOG_ERR,
    [LOG_LEVEL_PANIC] = LOG_CRIT,
};

/* journald says so in $JOURNAL_STREAM ("device:inode"), and reads "<6>" in front of a line as its level. */
static bool is_journal(int fd)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat status;
    char own[64];
    if (stream == NULL || fstat(fd, &status) != 0)
        return false;
    snprintf(own, sizeof own, "%llu:%llu", (unsigned long long)status.st_dev, (unsigned long long)status.st_ino);
    return seki_str_equal(seki_str_of(stream), seki_str_of(own));
}

/* All of it, however long that takes. @return false when it is broken, or the disk full */
static bool write_all(int fd, struct seki_str text)
{
    while (text.len > 0) {
        ssize_t written = write(fd, text.ptr, text.len);
        if (written > 0) {
            text = seki_str_from(text, (size_t)written);
        } else if (written < 0 && errno == EAGAIN) {
            struct pollfd writable = { .fd = fd, .events = POLLOUT };
            poll(&writable, 1, -1);
        } else if (written == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* Lines collected for one write(2): at most PIPE_BUF octets, so that lines of several processes do not mix. */
struct batch {
    size_t len, line_count;
    uint64_t lost; /* lines that could not be written */
    char text[PIPE_BUF];
};
static_assert(LOG_LINE_MAX_OCTETS + 8 < PIPE_BUF, "a line with its prefix fits one batch");

static void batch_flush(const struct log_writer *writer, struct batch *batch)
{
    if (!write_all(writer->fd, (struct seki_str){ batch->text, batch->len }))
        batch->lost += batch->line_count;
    batch->len = batch->line_count = 0;
}

static void batch_add(const struct log_writer *writer, struct batch *batch, enum log_level level,
                      struct seki_str line)
{
    char prefix[8] = "";
    if (writer->to_syslog) {
        syslog(LOG_MAIL | priorities[level], "%.*s", (int)(line.len - 1), line.ptr);
        return;
    }
    if (writer->is_journal)
        snprintf(prefix, sizeof prefix, "<%d>", priorities[level]);
    size_t prefix_len = strlen(prefix);
    if (prefix_len + line.len > sizeof batch->text - batch->len)
        batch_flush(writer, batch);
    memcpy(batch->text + batch->len, prefix, prefix_len);
    memcpy(batch->text + batch->len + prefix_len, line.ptr, line.len);
    batch->len += prefix_len + line.len;
    batch->line_count++;
}

/* @return false when even that could not be written */
static bool tell_lost(const struct log_writer *writer, uint64_t lost)
{
    struct batch batch = { 0 };
    char line[96];
    if (lost == 0)
        return true;
    if (writer->as_json)
        snprintf(line, sizeof line, "{\"level\":\"warning\",\"event\":\"log_lost\",\"lines\":%" PRIu64 "}\n", lost);
    else
        snprintf(line, sizeof line, "level=warning event=log_lost lines=%" PRIu64 "\n", lost);
    batch_add(writer, &batch, LOG_LEVEL_WARNING, seki_str_of(line));
    batch_flush(writer, &batch);
    return batch.lost == 0;
}

/* @param untold  lines lost before. @return what it is now */
static uint64_t write_queue(struct log_writer *writer, const struct seki_buf *queue, uint64_t untold)
{
    struct batch batch = { 0 };
    struct seki_str rest = seki_buf_str(queue);
    while (rest.len > 0) {
        struct entry entry;
        memcpy(&entry, rest.ptr, sizeof entry);
        rest = seki_str_from(rest, sizeof entry);
        batch_add(writer, &batch, entry.level, seki_str_head(rest, entry.len));
        rest = seki_str_from(rest, entry.len);
    }
    batch_flush(writer, &batch);
    writer->lost += batch.lost;
    return tell_lost(writer, untold + batch.lost) ? 0 : untold + batch.lost;
}

static void swap_queue(struct log_writer *writer, struct seki_buf *queue, uint64_t *untold_out)
{
    struct seki_buf filled = writer->queue;
    if (queue->capacity > QUEUE_KEPT_OCTETS)
        seki_buf_release(queue);
    seki_buf_clear(queue);
    writer->queue = *queue;
    *queue = filled;
    *untold_out = writer->untold;
    writer->untold = 0;
}

static void release(struct log_writer *writer)
{
    seki_buf_release(&writer->queue);
    pthread_mutex_destroy(&writer->lock);
    pthread_cond_destroy(&writer->has_lines);
    free(writer);
}

static void *write_lines(void *user)
{
    struct log_writer *writer = user;
    struct seki_buf queue;
    uint64_t untold;
    seki_buf_init(&queue, QUEUE_MAX_OCTETS);
    pthread_mutex_lock(&writer->lock);
    while (!writer->is_stopping || writer->queue.len > 0) {
        if (writer->queue.len == 0) {
            pthread_cond_wait(&writer->has_lines, &writer->lock);
            continue;
        }
        if (!writer->is_stopping) {
            pthread_mutex_unlock(&writer->lock);
            nanosleep(&(struct timespec){ .tv_nsec = BATCH_WAIT_NS }, NULL);
            pthread_mutex_lock(&writer->lock);
        }
        swap_queue(writer, &queue, &untold);
        pthread_mutex_unlock(&writer->lock);
        untold = write_queue(writer, &queue, untold);
        pthread_mutex_lock(&writer->lock);
        writer->untold += untold;
    }
    writer->has_ended = true;
    bool is_left_behind = writer->is_left_behind;
    pthread_mutex_unlock(&writer->lock);
    seki_buf_release(&queue);
    if (is_left_behind)
        release(writer);
    return NULL;
}

/* Signals are for the thread that runs the role. */
static bool start_thread(struct log_writer *writer, struct seki_error *why)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&writer->thread, NULL, write_lines, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        seki_error_set(why, "cannot start the thread of the log: %s", strerror(error));
    return error == 0;
}

struct log_writer *log_writer_new(const struct log_options *options, struct seki_error *why)
{
    struct log_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL) {
        seki_error_set(why, "no memory for the log");
        return NULL;
    }
    writer->fd = options->fd;
    writer->to_syslog = options->to_syslog;
    writer->as_json = options->as_json;
    writer->is_async = options->is_async;
    writer->is_journal = !options->to_syslog && is_journal(options->fd);
    if (writer->to_syslog)
        openlog("sekishod", LOG_PID | LOG_NDELAY, LOG_MAIL);
    seki_buf_init(&writer->queue, QUEUE_MAX_OCTETS);
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->has_lines, NULL);
    if (writer->is_async && !start_thread(writer, why)) {
        free(writer);
        return NULL;
    }
    return writer;
}

static bool stop_thread(struct log_writer *writer)
{
    struct timespec until;
    pthread_mutex_lock(&writer->lock);
    writer->is_stopping = true;
    pthread_cond_signal(&writer->has_lines);
    pthread_mutex_unlock(&writer->lock);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CLOSE_WAIT_S;
    return pthread_timedjoin_np(writer->thread, NULL, &until) == 0;
}

/* A thread that hangs in write(2) is left behind with the writer, which is then its own to release.
 * @return false when it has ended after all */
static bool leave_behind(struct log_writer *writer)
{
    pthread_detach(writer->thread);
    pthread_mutex_lock(&writer->lock);
    writer->is_left_behind = true;
    bool has_ended = writer->has_ended;
    pthread_mutex_unlock(&writer->lock);
    return !has_ended;
}

void log_writer_free(struct log_writer *writer)
{
    if (!writer->is_async || stop_thread(writer) || !leave_behind(writer))
        release(writer);
}

/* Both parts of an entry or none. */
static bool enqueue(struct log_writer *writer, enum log_level level, struct seki_str line)
{
    struct entry entry = { .len = (uint16_t)line.len, .level = (uint8_t)level };
    if (sizeof entry + line.len > writer->queue.max - writer->queue.len)
        return false;
    size_t before = writer->queue.len;
    seki_buf_add(&writer->queue, (struct seki_str){ (const char *)&entry, sizeof entry });
    seki_buf_add(&writer->queue, line);
    if (seki_buf_failed(&writer->queue) == SEKI_OK)
        return true;
    writer->queue.len = before;
    writer->queue.failure = SEKI_OK;
    return false;
}

void log_writer_add(struct log_writer *writer, enum log_level level, struct seki_str line)
{
    if (!writer->is_async) {
        struct batch batch = { 0 };
        batch_add(writer, &batch, level, line);
        batch_flush(writer, &batch);
        writer->lost += batch.lost;
        return;
    }
    pthread_mutex_lock(&writer->lock);
    bool was_empty = writer->queue.len == 0;
    if (!enqueue(writer, level, line)) {
        writer->untold++;
        writer->lost++;
    }
    if (was_empty)
        pthread_cond_signal(&writer->has_lines);
    pthread_mutex_unlock(&writer->lock);
}

uint64_t log_writer_lost(const struct log_writer *writer)
{
    return atomic_load_explicit(&writer->lost, memory_order_relaxed);
}

bool log_writer_is_stamped(const struct log_writer *writer)
{
    return writer->to_syslog || writer->is_journal;
}
