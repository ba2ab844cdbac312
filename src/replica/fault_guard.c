#include "replica/fault_guard.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>

static _Thread_local sigjmp_buf *escape; /* of the work under way in this thread; NULL outside of it */
static struct {
    const int number;
    struct sigaction before;
} faults[] = { { .number = SIGBUS }, { .number = SIGSEGV }, { .number = SIGFPE } };
#define FAULT_COUNT (sizeof faults / sizeof faults[0])
static pthread_mutex_t installing = PTHREAD_MUTEX_INITIALIZER;

void replica_guard_escape(void)
{
    if (escape != NULL)
        siglongjmp(*escape, 1);
}

/* Returning runs the faulting instruction again, now under the action that stood before: a core dump, a sanitizer's
 * report. */
static void on_fault(int number)
{
    replica_guard_escape();
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        if (faults[i].number == number)
            sigaction(number, &faults[i].before, NULL);
    }
}

/* SA_NODEFER: the jump leaves the handler without a return, so the signal must not stay blocked. */
static void install_for(int number, struct sigaction *before)
{
    struct sigaction action = { .sa_handler = on_fault, .sa_flags = SA_NODEFER }, there;
    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &there) != 0 || there.sa_handler == on_fault)
        return;
    *before = there;
    sigaction(number, &action, NULL);
}

void replica_guard_install(void)
{
    pthread_mutex_lock(&installing);
    for (size_t i = 0; i < FAULT_COUNT; i++)
        install_for(faults[i].number, &faults[i].before);
    pthread_mutex_unlock(&installing);
}

bool replica_guarded(void (*work)(void *context), void *context)
{
    sigjmp_buf here;
    sigjmp_buf *outer = escape;
    if (sigsetjmp(here, 0) != 0) {
        escape = outer;
        return false;
    }
    escape = &here;
    work(context);
    escape = outer;
    return true;
}
