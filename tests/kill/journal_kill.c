/* Is every record whose append returned taken over exactly once, whoever is killed and when?
 *
 * Three processes work on one journal, and each is killed with SIGKILL at random instants, hundreds of times:
 *
 *   writer      two loops, each a thread with a segment of its own, append numbered records without a pause to speak of
 *   ingester    takes records over into the store, as `control` does
 *   compressor  compresses segments at random, whether they have been read or not
 *
 * In between the ingester is left dead for a while, as if the store could not be reached: segments pile up. In the end
 * everything is taken over in peace, and the numbers are compared. A record whose append did not return, since the
 * process was killed just then, may be there or not, but never twice. */
#include "kill/workers.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_SECONDS 15 /* and then some, until all is taken over */

struct worker {
    const char *name;
    int (*run)(const struct kill_scene *scene);
    pid_t pid; /* 0: not running */
    unsigned kills;
};

static struct worker workers[] = {
    { "writer", kill_writer, 0, 0 },
    { "ingester", kill_ingester, 0, 0 },
    { "compressor", kill_compressor, 0, 0 },
};
#define WORKERS (sizeof workers / sizeof workers[0])
enum { WRITER, INGESTER, COMPRESSOR };

static void start(struct worker *worker, const struct kill_scene *scene)
{
    worker->pid = fork();
    if (worker->pid == 0)
        _exit(worker->run(scene));
}

static bool has_ended_well(struct worker *worker)
{
    int status;
    if (waitpid(worker->pid, &status, 0) != worker->pid)
        return false;
    worker->pid = 0;
    bool is_killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    if (!is_killed && status != 0)
        printf("# the %s ended with status %d\n", worker->name, status);
    return is_killed || status == 0;
}

static bool kill_it(struct worker *worker)
{
    if (worker->pid == 0)
        return true;
    kill(worker->pid, SIGKILL);
    worker->kills++;
    return has_ended_well(worker);
}

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double begin_s;

/* A fifth of the time, in three pieces, the store cannot be reached. */
static bool is_store_reachable(double seconds)
{
    double passed = (now_s() - begin_s) / seconds;
    double piece = passed * 3 - (double)(int)(passed * 3);
    return piece < 0.3 || piece > 0.5;
}

/* Mostly the instants shortly after a start, when files are made and found again, and sometimes longer. */
static void wait_a_random_time(void)
{
    usleep((useconds_t)(rand() % 4 == 0 ? rand() % 60000 : rand() % 12000));
}

static bool kill_for(double seconds, const struct kill_scene *scene)
{
    bool is_well = true;
    begin_s = now_s();
    while (is_well && now_s() - begin_s < seconds) {
        for (size_t i = 0; i < WORKERS; i++)
            if (workers[i].pid == 0 && (i != INGESTER || is_store_reachable(seconds)))
                start(&workers[i], scene);
        wait_a_random_time();
        size_t victim = rand() % 2 == 0 ? WRITER : 1 + (size_t)rand() % (WORKERS - 1);
        is_well = kill_it(&workers[victim]);
        if (!is_store_reachable(seconds))
            is_well = kill_it(&workers[INGESTER]) && is_well;
    }
    for (size_t i = 0; i < WORKERS; i++)
        is_well = kill_it(&workers[i]) && is_well;
    return is_well;
}

static bool finish_in_peace(const struct kill_scene *scene)
{
    scene->shared->is_over = true;
    start(&workers[INGESTER], scene);
    return has_ended_well(&workers[INGESTER]);
}

static bool check(bool holds, int number, const char *name)
{
    printf("%s %d - %s\n", holds ? "ok" : "not ok", number, name);
    return holds;
}

static bool compare(const struct kill_scene *scene)
{
    struct kill_counts counts;
    bool is_read = kill_count(scene, &counts);
    uint64_t unreturned_max = (uint64_t)workers[WRITER].kills * KILL_LOOPS;
    printf("# kills: writer %u, ingester %u, compressor %u\n", workers[WRITER].kills, workers[INGESTER].kills,
           workers[COMPRESSOR].kills);
    printf(
        "# appends that returned %llu, records taken over %llu, of these not returned %llu, in %llu segments (%llu "
        "compressed), at most %llu waiting\n",
        (unsigned long long)counts.returned, (unsigned long long)counts.taken_over,
        (unsigned long long)counts.unreturned, (unsigned long long)counts.segments,
        (unsigned long long)counts.compressed, (unsigned long long)scene->shared->most_waiting);
    bool is_good = check(is_read && counts.taken_over > 0, 2, "everything could be taken over in the end");
    is_good &= check(counts.missing == 0, 3, "no record whose append returned is missing");
    is_good &= check(counts.twice == 0, 4, "none is there twice");
    is_good &= check(counts.changed == 0, 5, "none has changed");
    is_good &= check(counts.damaged == 0, 6, "no kill has damaged a segment");
    return check(counts.unreturned <= unreturned_max, 7, "of each killed loop at most one record is more") &&
           is_good;
}

int main(int argc, char **argv)
{
    char folder[] = "/tmp/sekisho-kill-XXXXXX";
    double seconds = argc > 1 ? strtod(argv[1], NULL) : DEFAULT_SECONDS;
    unsigned seed = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : (unsigned)time(NULL);
    if (seconds <= 0 || argc > 4) {
        fprintf(stderr, "usage: %s [SECONDS [SEED [STORE-URL]]]\n", argv[0]);
        return 2;
    }
    struct kill_shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct kill_scene scene = { .shared = shared };
    if (shared == MAP_FAILED || mkdtemp(folder) == NULL ||
        !kill_scene_set_up(&scene, folder, argc > 3 ? argv[3] : NULL)) {
        fprintf(stderr, "%s: cannot set up %s\n", argv[0], folder);
        return 1;
    }
    srand(seed);
    printf("1..7\n# %.0f seconds, seed %u\n", seconds, seed);
    fflush(stdout);
    bool is_good = check(kill_for(seconds, &scene), 1, "whoever was not killed went on");
    is_good &= finish_in_peace(&scene);
    is_good &= compare(&scene);
    kill_scene_clean_up(&scene);
    return is_good ? 0 : 1;
}
