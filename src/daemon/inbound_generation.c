/* From a configuration to what a message needs. */
#include "daemon/inbound_parts.h"

#include "daemon/config_table.h"

#include <stdlib.h>

/* ---- the engine: resolver and key context ---- */

/* "192.0.2.1 [2001:db8::1]:53" */
static void join_nameservers(const struct config_texts *servers, struct seki_buf *joined)
{
    for (size_t i = 0; i < servers->count; i++) {
        seki_buf_add(joined, i > 0 ? SEKI_STR(" ") : SEKI_STR(""));
        seki_buf_add(joined, servers->items[i]);
    }
    seki_buf_add_char(joined, '\0');
}

static const char *resolv_conf(const struct config *config)
{
    return config->dns.nameservers.count == 0 ? RESOLVER_RESOLV_CONF : NULL;
}

static const char *trust_anchors(const struct config *config)
{
    return config->dns.trust_anchor_file.len > 0 ? config->dns.trust_anchor_file.ptr : NULL;
}

static struct resolver *open_resolver(struct inbound *inbound, const struct config *config, struct seki_error *why)
{
    const struct config_texts *servers = &config->dns.nameservers;
    struct resolver *resolver = NULL;
    struct seki_buf joined;
    seki_buf_init(&joined, CONFIG_FILE_MAX_OCTETS);
    join_nameservers(servers, &joined);
    const struct resolver_options options = {
        .nameservers = servers->count > 0 ? joined.ptr : NULL, /* NULL: those of resolv.conf */
        .resolv_conf = resolv_conf(config),
        .trust_anchor_file = trust_anchors(config),
        .timeout_ms = (unsigned)config->dns.timeout_ms,
        .cache_octets = (size_t)config->dns.cache_octets,
    };
    if (seki_buf_failed(&joined) == SEKI_OK)
        resolver = resolver_new(inbound->base, &options, why);
    else
        seki_error_set(why, "no memory for the nameservers");
    seki_buf_release(&joined);
    return resolver;
}

static void free_engine(struct inbound_engine *engine)
{
    resolver_free(engine->resolver);
    seki_context_free(engine->context);
    config_unref(engine->config);
    free(engine);
}

static struct inbound_engine *engine_new(struct inbound *inbound, struct config *config, struct seki_error *why)
{
    struct inbound_engine *engine = calloc(1, sizeof *engine);
    if (engine == NULL) {
        seki_error_set(why, "no memory for a resolver");
        return NULL;
    }
    *engine = (struct inbound_engine){ .refs = 1,
                                       .inbound = inbound,
                                       .config = config_ref(config),
                                       .resolv_conf = file_stamp_take(resolv_conf(config)),
                                       .trust_anchors = file_stamp_take(trust_anchors(config)) };
    engine->resolver = open_resolver(inbound, config, why);
    if (engine->resolver != NULL)
        engine->context = seki_context_new((size_t)config->dkim.max_cached_keys, why);
    if (engine->context == NULL) {
        free_engine(engine);
        return NULL;
    }
    engine->next = inbound->engines;
    inbound->engines = engine;
    return engine;
}

void inbound_reap_engines(struct inbound *inbound)
{
    for (struct inbound_engine **link = &inbound->engines; *link != NULL;) {
        struct inbound_engine *engine = *link;
        if (engine->refs > 0) {
            link = &engine->next;
            continue;
        }
        *link = engine->next;
        inbound_count_engine(&inbound->metrics, engine);
        free_engine(engine);
    }
}

void inbound_count_engine(struct metrics *metrics, const struct inbound_engine *engine)
{
    struct resolver_counters dns = resolver_counters(engine->resolver);
    metrics->dns_asked += dns.asked;
    metrics->dns_failed += dns.failed;
    metrics->dns_timed_out += dns.timed_out;
}

/* The last message that used it may end inside one of its resolver's own calls, so it is freed from the loop. */
static void engine_unref(struct inbound_engine *engine)
{
    struct timeval now = { 0 };
    if (engine != NULL && --engine->refs == 0)
        evtimer_add(engine->inbound->reap_timer, &now);
}

static bool is_unchanged(const char *path, const struct file_stamp *before)
{
    const struct file_stamp now = file_stamp_take(path);
    return file_stamp_equal(before, &now);
}

static bool serves(const struct inbound_engine *engine, const struct config *config)
{
    return config_section_equal(engine->config, config, "dns") &&
           engine->config->dkim.max_cached_keys == config->dkim.max_cached_keys &&
           is_unchanged(resolv_conf(config), &engine->resolv_conf) &&
           is_unchanged(trust_anchors(config), &engine->trust_anchors);
}

static struct inbound_engine *find_engine(struct inbound *inbound, struct config *config, struct seki_error *why)
{
    if (inbound->current == NULL || !serves(inbound->current->engine, config))
        return engine_new(inbound, config, why);
    inbound->current->engine->refs++;
    return inbound->current->engine;
}

/* ---- the generation ---- */

static bool fill_our_ids(struct inbound_generation *generation, struct seki_error *why)
{
    const struct config *config = generation->config;
    const struct config_texts *further = &config->inbound.our_authserv_ids;
    generation->our_ids = calloc(further->count + 1, sizeof *generation->our_ids);
    if (generation->our_ids == NULL) {
        seki_error_set(why, "no memory for the authserv-ids");
        return false;
    }
    generation->our_ids[0] = config->inbound.authserv_id;
    if (further->count > 0)
        memcpy(generation->our_ids + 1, further->items, further->count * sizeof *further->items);
    generation->our_id_count = further->count + 1;
    return true;
}

static bool load_psl(struct inbound_generation *generation, struct seki_error *why)
{
    const struct config *config = generation->config;
    if (config->dmarc.discovery != CONFIG_DISCOVERY_PSL)
        return true;
    generation->psl = seki_psl_load(config->dmarc.psl_file.len > 0 ? config->dmarc.psl_file.ptr : NULL, why);
    return generation->psl != NULL;
}

static void fill_options(struct inbound_generation *generation)
{
    const struct config *config = generation->config;
    generation->options = (struct seki_verify_options){
        .authserv_id = config->inbound.authserv_id,
        .receiver = config->daemon.host_name,
        .dkim = { .min_rsa_bits = config_min_rsa_bits(config),
                  .max_signatures = (unsigned)config->dkim.max_signatures,
                  .clock_skew_s = (int64_t)config->dkim.clock_skew_ms / 1000 },
        .dmarc = { .discovery =
                       config->dmarc.discovery == CONFIG_DISCOVERY_PSL ? SEKI_DMARC_PSL : SEKI_DMARC_TREEWALK,
                   .psl = generation->psl,
                   .pct_zero_is_testing = config->dmarc.pct_zero_is_testing },
        .with_sender_id = config->spf.sender_id,
        .max_void_lookups = (unsigned)config->spf.max_void_lookups,
        .message = { .max_fields = (size_t)config->limits.max_header_fields,
                     .max_header_octets = (size_t)config->limits.max_header_octets },
        .trusted_sealers = config->arc.trusted_sealers.items,
        .trusted_sealer_count = config->arc.trusted_sealers.count,
    };
}

struct inbound_generation *inbound_generation_new(struct inbound *inbound, struct config *config,
                                                  struct seki_error *why)
{
    struct inbound_generation *generation = calloc(1, sizeof *generation);
    if (generation == NULL) {
        seki_error_set(why, "no memory for a configuration");
        return NULL;
    }
    generation->refs = 1;
    generation->config = config_ref(config);
    if (fill_our_ids(generation, why) && load_psl(generation, why))
        generation->hosting = inbound_hosting_find(inbound, config, why);
    if (generation->hosting != NULL)
        generation->engine = find_engine(inbound, config, why);
    if (generation->engine != NULL) {
        fill_options(generation);
        return generation;
    }
    inbound_generation_unref(generation);
    return NULL;
}

struct inbound_generation *inbound_generation_ref(struct inbound_generation *generation)
{
    generation->refs++;
    return generation;
}

void inbound_generation_unref(struct inbound_generation *generation)
{
    if (generation == NULL || --generation->refs > 0)
        return;
    engine_unref(generation->engine);
    inbound_hosting_unref(generation->hosting);
    seki_psl_free(generation->psl);
    free(generation->our_ids);
    config_unref(generation->config);
    free(generation);
}
