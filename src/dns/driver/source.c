#include "dns/driver/source.h"

#include "base/i18n.h"
#include "dns/driver/master_file.h"
#include "dns/driver/recording.h"

#include <event2/event.h>

struct dns_source {
    struct recording *recording; /* one of the three: this, zone, or base and resolver */
    struct master_file *zone;
    struct event_base *base;
    struct resolver *resolver;
    struct seki_dns_records records;
};

static bool open_resolver(struct dns_source *source, const struct resolver_options *options, struct seki_error *why)
{
    source->base = event_base_new();
    if (source->base == NULL)
        seki_error_set(why, "no event loop to be had");
    else
        source->resolver = resolver_new(source->base, options, why);
    return source->resolver != NULL;
}

static bool open_any(struct dns_source *source, const struct dns_source_options *options, struct seki_error *why)
{
    if (options->recording_file != NULL)
        return (source->recording = recording_load(options->recording_file, why)) != NULL;
    if (options->zone_file != NULL)
        return (source->zone = master_file_load(options->zone_file, why)) != NULL;
    return open_resolver(source, &options->resolver, why);
}

struct dns_source *dns_source_open(const struct dns_source_options *options, struct seki_error *why)
{
    struct dns_source *source = calloc(1, sizeof *source);
    if (source == NULL) {
        seki_error_set(why, "no memory for DNS answers");
        return NULL;
    }
    if (open_any(source, options, why))
        return source;
    dns_source_close(source);
    return NULL;
}

void dns_source_close(struct dns_source *source)
{
    if (source == NULL)
        return;
    resolver_free(source->resolver);
    if (source->base != NULL)
        event_base_free(source->base);
    master_file_free(source->zone);
    recording_free(source->recording);
    free(source);
}

static void answer_from_zone(struct dns_source *source, struct seki_answers *answers)
{
    const struct seki_answer *question;
    struct seki_answer outcome;
    while ((question = seki_answers_next_open(answers)) != NULL) {
        master_file_answer(source->zone, question, &source->records, &outcome);
        (void)!seki_answers_enter(answers, question, &outcome); /* what does not fit stands as failed */
    }
}

static void ask_on(void *user)
{
    struct resolver_lookup **lookup = user;
    resolver_pump(*lookup);
}

static void answer_from_resolver(struct dns_source *source, struct seki_answers *answers)
{
    struct resolver_lookup *lookup = resolver_lookup_new(source->resolver, answers, ask_on, &lookup);
    if (lookup != NULL)
        resolver_pump(lookup);
    while (lookup != NULL && seki_answers_open_count(answers) > 0 &&
           event_base_loop(source->base, EVLOOP_ONCE) == 0)
        ;
    resolver_lookup_end(lookup);
    seki_answers_fail_open(answers, SEKI_STR(N_("no memory to ask")));
}

void dns_source_answer(struct dns_source *source, struct seki_answers *answers)
{
    if (source->recording != NULL)
        recording_answer(source->recording, answers);
    else if (source->zone != NULL)
        answer_from_zone(source, answers);
    else
        answer_from_resolver(source, answers);
}
