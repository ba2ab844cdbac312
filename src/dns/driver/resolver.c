/* How a question runs:
 *
 *   resolver_pump() takes it from the table and gives it to libunbound. From the cache, libunbound calls back before
 *   ub_resolve_event() returns: the answer is entered and the question forgotten. Else it waits in two lists: its
 *   look-up's, so that the look-up can be ended, and the resolver's, which is in the order of the deadlines because
 *   the time-out is the same for all; so one timer watches them all.
 *
 * libunbound's callback only enters the answer and puts the look-up on the list of those to be told. They are told
 * from an event of our own: the callback runs inside libunbound's machinery, where asking the next question would
 * overwrite the packet being read, and answers that come together are told once.
 *
 * libunbound itself gives up on a dead server late, so the deadline is ours. A question past it, or whose look-up has
 * ended, is abandoned: its callback finds nobody to tell. ub_cancel() would only suppress that callback; the query
 * goes on inside libunbound either way (and the same question asked again joins it), and we want to know how long.
 *
 * For each question under way costs libunbound a socket and a dozen KiB. So there is a bound, and those beyond it
 * queue for their turn. Questions of the last moments have a lower bound of their own, since they are the many when
 * all is well; slow ones have left it, so that a few hundred names that nobody answers do not hold up the others.
 *
 * Senders choose what is asked ahead: an SPF record can name a hundred hosts that nobody answers for, and a dozen such
 * messages would have all the turns. So of what one message asks ahead only some are let through; the rest is held until
 * one of them is answered, or until the evaluation has come to need it. */
#include "dns/driver/resolver.h"

#include "base/i18n.h"
#include "dns/driver/resolver_setup.h"
#include "dns/wire.h"

#include <assert.h>
#include <event2/event.h>
#include <sys/queue.h>
#include <sys/time.h>
#include <unbound.h>
#include <unbound-event.h>

#define MAX_FRESH     192u /* at 20 ms an answer, 9,600 a second */
#define FRESH_FOR_US  250000
#define TURN_EVERY_US 50000 /* how often the queue is looked at when no answer comes */
#define MAX_AHEAD     24u   /* of one look-up; more than ordinary mail ever asks ahead */

struct question {
    TAILQ_ENTRY(question) by_deadline, by_lookup;
    TAILQ_ENTRY(question) by_turn; /* held, queued, fresh */
    struct resolver *resolver;
    struct resolver_lookup *lookup;  /* NULL: abandoned */
    const struct seki_answer *entry; /* in the table; NULL once it is answered */
    int64_t asked_at_us, sent_at_us;
    bool is_waiting; /* in by_deadline and its look-up's list */
    bool is_queued, is_fresh, is_under_way;
    bool is_ahead; /* counted as that in its look-up */
};
TAILQ_HEAD(question_list, question);

struct resolver_lookup {
    TAILQ_ENTRY(resolver_lookup) by_news;
    struct resolver *resolver;
    struct seki_answers *answers;
    struct question_list questions;
    struct question_list held; /* too many are asked ahead; not in questions */
    size_t ahead_count;
    void (*progress)(void *user);
    void *user;
    bool has_news; /* stands in the resolver's list with_news */
};
TAILQ_HEAD(lookup_list, resolver_lookup);

struct resolver {
    struct ub_ctx *ctx;
    struct event *deadline, *news;
    unsigned timeout_ms;
    bool has_dnssec;
    bool is_deadline_set;
    const struct resolver_lookup *pumping; /* its caller is about to look for itself: no news for it */
    const struct question *asking;         /* ub_resolve_event() is working on it */
    struct question_list by_deadline;
    struct question_list queued, fresh; /* by turn, the oldest first */
    struct question_list abandoned, spare;
    size_t fresh_count, under_way_count, max_under_way;
    struct lookup_list with_news;
    size_t lookup_count;
    struct resolver_counters counters;
    struct seki_dns_records records; /* of the answer being read */
};

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t deadline_of(const struct resolver *resolver, const struct question *question)
{
    return question->asked_at_us + (int64_t)resolver->timeout_ms * 1000;
}

/* The timer stays at the deadline of a question that has been answered since; when it fires there is then nothing
 * due, and it is set anew. So a question that is answered in time costs no timer at all. */
static void watch_deadlines(struct resolver *resolver)
{
    const struct question *oldest = TAILQ_FIRST(&resolver->by_deadline);
    if (oldest == NULL || resolver->is_deadline_set)
        return;
    int64_t wait_us = deadline_of(resolver, oldest) - now_us();
    if (wait_us < 0)
        wait_us = 0;
    struct timeval wait = { .tv_sec = wait_us / 1000000, .tv_usec = wait_us % 1000000 };
    resolver->is_deadline_set = event_add(resolver->deadline, &wait) == 0;
}

static struct question *question_new(struct resolver_lookup *lookup, const struct seki_answer *entry)
{
    struct resolver *resolver = lookup->resolver;
    struct question *question = TAILQ_FIRST(&resolver->spare);
    if (question != NULL)
        TAILQ_REMOVE(&resolver->spare, question, by_lookup);
    else
        question = malloc(sizeof *question);
    if (question != NULL)
        *question =
            (struct question){ .resolver = resolver, .lookup = lookup, .entry = entry, .asked_at_us = now_us() };
    return question;
}

static void question_wait(struct question *question)
{
    if (question->is_waiting)
        return;
    question->is_waiting = true;
    TAILQ_INSERT_TAIL(&question->resolver->by_deadline, question, by_deadline);
    TAILQ_INSERT_TAIL(&question->lookup->questions, question, by_lookup);
    watch_deadlines(question->resolver);
}

static void question_stop_waiting(struct question *question)
{
    if (!question->is_waiting)
        return;
    question->is_waiting = false;
    TAILQ_REMOVE(&question->resolver->by_deadline, question, by_deadline);
    TAILQ_REMOVE(&question->lookup->questions, question, by_lookup);
}

static void question_queue(struct question *question)
{
    struct resolver *resolver = question->resolver;
    if (TAILQ_EMPTY(&resolver->queued))
        event_add(resolver->news, &(struct timeval){ .tv_usec = TURN_EVERY_US });
    TAILQ_INSERT_TAIL(&resolver->queued, question, by_turn);
    question->is_queued = true;
    question_wait(question);
}

static void question_unqueue(struct question *question)
{
    TAILQ_REMOVE(&question->resolver->queued, question, by_turn);
    question->is_queued = false;
}

static void question_begin(struct question *question, int64_t sent_at_us)
{
    struct resolver *resolver = question->resolver;
    question->sent_at_us = sent_at_us;
    question->is_under_way = question->is_fresh = true;
    TAILQ_INSERT_TAIL(&resolver->fresh, question, by_turn);
    resolver->fresh_count++;
    resolver->under_way_count++;
}

static void question_is_fresh_no_more(struct question *question)
{
    TAILQ_REMOVE(&question->resolver->fresh, question, by_turn);
    question->resolver->fresh_count--;
    question->is_fresh = false;
}

static void question_is_ahead_no_more(struct question *question)
{
    question->lookup->ahead_count -= question->is_ahead;
    question->is_ahead = false;
}

/* Nobody needs it any more, libunbound least of all. */
static void question_free(struct question *question)
{
    struct resolver *resolver = question->resolver;
    question_stop_waiting(question);
    if (question->lookup != NULL)
        question_is_ahead_no_more(question);
    if (question->lookup == NULL)
        TAILQ_REMOVE(&resolver->abandoned, question, by_lookup);
    if (question->is_queued)
        question_unqueue(question);
    if (question->is_fresh)
        question_is_fresh_no_more(question);
    if (question->is_under_way) {
        resolver->under_way_count--;
        if (!TAILQ_EMPTY(&resolver->queued))
            event_active(resolver->news, EV_TIMEOUT, 0);
    }
    TAILQ_INSERT_HEAD(&resolver->spare, question, by_lookup);
}

/* Its asker waits no longer. */
static void question_abandon(struct question *question)
{
    if (!question->is_under_way) {
        question_free(question);
        return;
    }
    question_stop_waiting(question);
    question_is_ahead_no_more(question);
    question->lookup = NULL;
    TAILQ_INSERT_HEAD(&question->resolver->abandoned, question, by_lookup);
}

static bool is_room(struct resolver *resolver, int64_t now)
{
    struct question *oldest;
    while ((oldest = TAILQ_FIRST(&resolver->fresh)) != NULL && now - oldest->sent_at_us >= FRESH_FOR_US)
        question_is_fresh_no_more(oldest);
    return resolver->fresh_count < MAX_FRESH && resolver->under_way_count < resolver->max_under_way;
}

static void note_news(struct resolver_lookup *lookup)
{
    struct resolver *resolver = lookup->resolver;
    if (lookup->has_news || lookup == resolver->pumping)
        return;
    if (TAILQ_EMPTY(&resolver->with_news))
        event_active(resolver->news, EV_TIMEOUT, 0);
    TAILQ_INSERT_TAIL(&resolver->with_news, lookup, by_news);
    lookup->has_news = true;
}

static void settle(struct question *question, struct seki_answer *outcome)
{
    outcome->asked_at_us = question->asked_at_us;
    outcome->answered_at_us = now_us();
    const struct seki_answer *entry = question->entry;
    question->entry = NULL;
    if (seki_answers_enter(question->lookup->answers, entry, outcome) != SEKI_OK)
        outcome->status = SEKI_ANSWER_FAILED; /* entered as that, with its reason */
    note_news(question->lookup);
}

static enum seki_dnssec dnssec_of(const struct resolver *resolver, int sec)
{
    if (!resolver->has_dnssec)
        return SEKI_DNSSEC_UNKNOWN;
    return sec == 2 ? SEKI_DNSSEC_SECURE : sec == 1 ? SEKI_DNSSEC_BOGUS : SEKI_DNSSEC_INSECURE;
}

/* What libunbound says, as the engine sees it. An argument rcode other than 0 is a failure, and the packet then says
 * nothing; the RCODE of a real answer, NXDOMAIN too, stands in the packet. */
static void read_outcome(struct resolver *resolver, const struct question *question, int rcode, const void *packet,
                         int packet_len, int sec, struct seki_answer *outcome)
{
    *outcome = (struct seki_answer){ .status = SEKI_ANSWER_FAILED };
    if (rcode != 0)
        outcome->failure = seki_dns_rcode_name((unsigned)rcode);
    else
        seki_dns_wire_read(&resolver->records, packet, packet != NULL && packet_len > 0 ? (size_t)packet_len : 0,
                           question->entry->type, outcome);
    outcome->dnssec = rcode != 0 ? SEKI_DNSSEC_UNKNOWN : dnssec_of(resolver, sec);
}

static void fail_bogus(struct seki_answer *outcome, char *scratch, size_t size, const char *why_bogus)
{
    *outcome = (struct seki_answer){ .status = SEKI_ANSWER_FAILED, .dnssec = SEKI_DNSSEC_BOGUS };
    snprintf(scratch, size, "DNSSEC: %s", why_bogus != NULL ? why_bogus : "bogus");
    outcome->failure = seki_str_of(scratch);
}

static void on_answer(void *user, int rcode, void *packet, int packet_len, int sec, char *why_bogus,
                      int was_ratelimited)
{
    struct question *question = user;
    struct resolver *resolver = question->resolver;
    (void)was_ratelimited; /* set only with options that are not used here */
    if (question->lookup != NULL) {
        struct seki_answer outcome;
        char reason[256];
        read_outcome(resolver, question, rcode, packet, packet_len, sec, &outcome);
        if (outcome.dnssec == SEKI_DNSSEC_BOGUS)
            fail_bogus(&outcome, reason, sizeof reason, why_bogus);
        settle(question, &outcome);
        if (outcome.status == SEKI_ANSWER_FAILED)
            resolver->counters.failed++;
        else
            resolver->counters.answered++;
    }
    if (question != resolver->asking)
        question_free(question); /* else ask() has it in hand */
}

static void fail(struct question *question, const char *reason)
{
    struct seki_answer outcome = { .status = SEKI_ANSWER_FAILED, .failure = seki_str_of(reason) };
    settle(question, &outcome);
    question_abandon(question);
}

static void ask(struct question *question, int64_t now)
{
    struct resolver *resolver = question->resolver;
    struct seki_dns_name name;
    char text[DNS_NAME_MASTER_MAX];
    bool is_name = seki_dns_name_from_text(question->entry->name, &name); /* the table has let no other pass */
    assert(is_name);
    resolver->asking = question;
    int error = ub_resolve_event(resolver->ctx, seki_dns_name_to_master(&name, text), (int)question->entry->type,
                                 DNS_CLASS_IN, question, on_answer, NULL);
    resolver->asking = NULL;
    if (question->entry == NULL) {
        question_free(question); /* answered from the cache */
    } else if (error != UB_NOERROR) {
        resolver->counters.failed++;
        fail(question, ub_strerror(error));
    } else {
        question_begin(question, now);
        question_wait(question);
    }
}

static void ask_queued(struct resolver *resolver)
{
    int64_t now = now_us();
    struct question *question;
    while ((question = TAILQ_FIRST(&resolver->queued)) != NULL && is_room(resolver, now)) {
        question_unqueue(question);
        ask(question, now);
    }
    if (question != NULL)
        event_add(resolver->news, &(struct timeval){ .tv_usec = TURN_EVERY_US });
}

static void on_deadline(evutil_socket_t fd, short events, void *user)
{
    struct resolver *resolver = user;
    (void)fd, (void)events;
    resolver->is_deadline_set = false;
    char reason[64];
    snprintf(reason, sizeof reason, "timed out after %u ms", resolver->timeout_ms);
    int64_t now = now_us();
    struct question *question;
    while ((question = TAILQ_FIRST(&resolver->by_deadline)) != NULL && deadline_of(resolver, question) <= now) {
        resolver->counters.timed_out++;
        fail(question, reason);
    }
    watch_deadlines(resolver);
}

static void on_news(evutil_socket_t fd, short events, void *user)
{
    struct resolver *resolver = user;
    (void)fd, (void)events;
    ask_queued(resolver);
    struct resolver_lookup *lookup;
    while ((lookup = TAILQ_FIRST(&resolver->with_news)) != NULL) {
        TAILQ_REMOVE(&resolver->with_news, lookup, by_news);
        lookup->has_news = false;
        lookup->progress(lookup->user); /* after this the look-up may be gone */
    }
}

static bool make_events(struct resolver *resolver, struct event_base *base)
{
    resolver->deadline = evtimer_new(base, on_deadline, resolver);
    resolver->news = event_new(base, -1, 0, on_news, resolver);
    return resolver->deadline != NULL && resolver->news != NULL;
}

struct resolver *resolver_new(struct event_base *base, const struct resolver_options *options,
                              struct seki_error *why)
{
    struct resolver *resolver = calloc(1, sizeof *resolver);
    if (resolver == NULL) {
        seki_error_set(why, "no memory for a resolver");
        return NULL;
    }
    TAILQ_INIT(&resolver->by_deadline);
    TAILQ_INIT(&resolver->queued);
    TAILQ_INIT(&resolver->fresh);
    TAILQ_INIT(&resolver->abandoned);
    TAILQ_INIT(&resolver->spare);
    TAILQ_INIT(&resolver->with_news);
    resolver->timeout_ms = resolver_timeout_ms(options);
    resolver->max_under_way = resolver_socket_count();
    resolver->has_dnssec = options->trust_anchor_file != NULL;
    if (!make_events(resolver, base))
        seki_error_set(why, "no memory for a resolver");
    else
        resolver->ctx = resolver_setup(base, options, why);
    if (resolver->ctx == NULL) {
        resolver_free(resolver);
        return NULL;
    }
    return resolver;
}

static void free_event(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

static void free_questions(struct question_list *list)
{
    struct question *question;
    while ((question = TAILQ_FIRST(list)) != NULL) {
        TAILQ_REMOVE(list, question, by_lookup);
        free(question);
    }
}

void resolver_free(struct resolver *resolver)
{
    if (resolver == NULL)
        return;
    assert(resolver->lookup_count == 0);
    ub_ctx_delete(resolver->ctx);
    free_event(resolver->deadline);
    free_event(resolver->news);
    free_questions(&resolver->abandoned);
    free_questions(&resolver->spare);
    free(resolver);
}

struct resolver_counters resolver_counters(const struct resolver *resolver)
{
    return resolver->counters;
}

struct resolver_lookup *resolver_lookup_new(struct resolver *resolver, struct seki_answers *answers,
                                            void (*progress)(void *user), void *user)
{
    struct resolver_lookup *lookup = malloc(sizeof *lookup);
    if (lookup == NULL)
        return NULL;
    *lookup =
        (struct resolver_lookup){ .resolver = resolver, .answers = answers, .progress = progress, .user = user };
    TAILQ_INIT(&lookup->questions);
    TAILQ_INIT(&lookup->held);
    resolver->lookup_count++;
    return lookup;
}

static void ask_or_queue(struct question *question)
{
    struct resolver *resolver = question->resolver;
    question->is_ahead = question->entry->is_prefetch;
    question->lookup->ahead_count += question->is_ahead;
    if (TAILQ_EMPTY(&resolver->queued) && is_room(resolver, question->asked_at_us))
        ask(question, question->asked_at_us);
    else
        question_queue(question);
}

static bool is_let_through(const struct question *question)
{
    return !question->entry->is_prefetch || question->lookup->ahead_count < MAX_AHEAD;
}

static void take(struct resolver_lookup *lookup, const struct seki_answer *entry)
{
    struct question *question = question_new(lookup, entry);
    lookup->resolver->counters.asked++;
    if (question == NULL) {
        const struct seki_answer outcome = { .status = SEKI_ANSWER_FAILED, .failure = SEKI_STR(N_("no memory")) };
        (void)!seki_answers_enter(lookup->answers, entry, &outcome);
        lookup->resolver->counters.failed++;
    } else if (is_let_through(question)) {
        ask_or_queue(question);
    } else {
        TAILQ_INSERT_TAIL(&lookup->held, question, by_turn);
    }
}

/* Its time begins when it is asked. */
static void ask_held(struct resolver_lookup *lookup)
{
    for (struct question *question = TAILQ_FIRST(&lookup->held), *next; question != NULL; question = next) {
        next = TAILQ_NEXT(question, by_turn);
        if (!is_let_through(question))
            continue;
        TAILQ_REMOVE(&lookup->held, question, by_turn);
        question->asked_at_us = now_us();
        ask_or_queue(question);
    }
}

size_t resolver_pump(struct resolver_lookup *lookup)
{
    struct resolver *resolver = lookup->resolver;
    const struct seki_answer *entry;
    resolver->pumping = lookup;
    ask_held(lookup);
    while ((entry = seki_answers_next_open(lookup->answers)) != NULL)
        take(lookup, entry);
    resolver->pumping = NULL;
    return seki_answers_open_count(lookup->answers);
}

void resolver_lookup_end(struct resolver_lookup *lookup)
{
    if (lookup == NULL)
        return;
    struct resolver *resolver = lookup->resolver;
    struct question *question;
    while ((question = TAILQ_FIRST(&lookup->questions)) != NULL)
        question_abandon(question);
    while ((question = TAILQ_FIRST(&lookup->held)) != NULL) {
        TAILQ_REMOVE(&lookup->held, question, by_turn);
        TAILQ_INSERT_HEAD(&resolver->spare, question, by_lookup);
    }
    if (lookup->has_news)
        TAILQ_REMOVE(&resolver->with_news, lookup, by_news);
    resolver->lookup_count--;
    free(lookup);
}
