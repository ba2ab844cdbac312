#include "daemon/held_digest.h"

#include "daemon/catalogue.h"
#include "quarantine/digest.h"
#include "quarantine/released.h"
#include "quarantine/submit.h"
#include "store/held.h"
#include "store/resolve.h"

#include <stdlib.h>

#define MEMORY_OCTETS    (32u << 20)
#define DOMAINS_MAX      1000u /* of one turn */
#define ITEMS_MAX        5000u
#define SERVER_TIMEOUT_S 60u

struct round {
    const struct held_digest *digest;
    struct sql *sql;
    struct seki_arena *arena;
    int64_t now_s, domain_id;
    enum policy_language language;
    struct held_digest_report *report;
    struct seki_error *why;
};

/* ---- one mail ---- */

static const struct quarantine_digest_item *items_of(struct round *r, const struct store_held *held, size_t count)
{
    struct quarantine_digest_item *items = seki_arena_alloc(r->arena, count, sizeof *items);
    for (size_t i = 0; items != NULL && i < count; i++)
        items[i] = (struct quarantine_digest_item){ .number = held[i].id,
                                                    .held_at_s = held[i].held_at_s,
                                                    .expires_at_s = held[i].expires_at_s,
                                                    .author = held[i].author,
                                                    .subject = held[i].subject };
    return items;
}

/* A mailbox owner's own choice before the domain's; English where that cannot be written in. */
static enum seki_result language_of(struct round *r, struct seki_str address, enum policy_language *language_out)
{
    bool is_japanese = r->language == POLICY_JAPANESE;
    enum seki_result result = store_held_language(r->sql, address, &is_japanese, r->why);
    *language_out = is_japanese ? POLICY_JAPANESE : POLICY_ENGLISH;
    if (!catalogue_has(*language_out)) {
        *language_out = POLICY_ENGLISH;
        r->report->untranslated++;
    }
    return result;
}

/* Of one that is held on this node: should the mail come to the filter here, it is known. */
static struct seki_str mark_of(struct round *r, const struct store_held *held, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (seki_str_equal(held[i].node, r->digest->node))
            return quarantine_released_write(r->arena, held[i].id, held[i].message_id, held[i].place);
    }
    return SEKI_STR("");
}

static enum quarantine_submitted send(struct round *r, const struct store_held *held, size_t count,
                                      enum policy_language language)
{
    struct seki_buf text;
    const struct quarantine_digest digest = {
        .sender = r->digest->sender,
        .recipient = held[0].address,
        .host = r->digest->host,
        .unique =
            seki_arena_format(r->arena, "digest.%lld.%lld", (long long)r->now_s, (long long)held[count - 1].id),
        .mark = mark_of(r, held, count),
        .at_s = r->now_s,
        .items = items_of(r, held, count),
        .item_count = count,
        .language = catalogue_tag(language),
        .translate = catalogue_of(language),
    };
    seki_buf_init(&text, QUARANTINE_DIGEST_MAX_OCTETS);
    if (digest.items != NULL && digest.unique.ptr != NULL)
        quarantine_digest_write(&digest, &text);
    const struct quarantine_submission submission = { .server = r->digest->server,
                                                      .mail_from = r->digest->sender,
                                                      .recipient = held[0].address,
                                                      .head = seki_buf_str(&text),
                                                      .file = -1,
                                                      .timeout_s = SERVER_TIMEOUT_S };
    enum quarantine_submitted outcome = QUARANTINE_NOT_NOW;
    if (seki_arena_failure(r->arena) == SEKI_OK && seki_buf_failed(&text) == SEKI_OK)
        outcome = quarantine_submit(&submission, &r->report->failure);
    seki_buf_release(&text);
    return outcome;
}

/* All that is held for one address. One that is refused for good (RFC 5321 section 4.2.1: not to be tried again) counts as
 * told: a sender chooses whom he writes to, and must not have the others of the domain told of every message at once, or,
 * with enough of these, never. */
static enum seki_result tell_one(struct round *r, const struct store_held *held, size_t count)
{
    enum policy_language language;
    enum seki_result result = language_of(r, held[0].address, &language);
    if (result != SEKI_OK)
        return result;
    enum quarantine_submitted outcome = send(r, held, count, language);
    r->report->sent += outcome == QUARANTINE_TAKEN;
    r->report->refused += outcome == QUARANTINE_REFUSED;
    if (outcome != QUARANTINE_TAKEN && outcome != QUARANTINE_REFUSED) {
        r->report->failed++;
        return SEKI_OK;
    }
    return store_held_told(r->sql, r->domain_id, held[0].address, held[count - 1].id, r->now_s, r->why);
}

/* ---- one domain ---- */

static enum seki_result tell_all(struct round *r)
{
    const struct store_held *held = NULL;
    size_t count = 0, failed_before = r->report->failed;
    enum seki_result result = store_held_untold(r->sql, r->domain_id, ITEMS_MAX, r->arena, &held, &count, r->why);
    for (size_t at = 0, end; at < count && result == SEKI_OK; at = end) {
        for (end = at + 1; end < count && seki_str_equal(held[end].address, held[at].address); end++)
            ;
        result = tell_one(r, held + at, end - at);
    }
    if (result != SEKI_OK || r->report->failed > failed_before)
        return result;
    return store_held_digest_done(r->sql, r->domain_id, r->now_s, r->why);
}

static int64_t period_of(const struct policy *policy)
{
    static const int64_t periods_s[] = { [POLICY_DIGEST_DAILY] = 86400, [POLICY_DIGEST_WEEKLY] = 7 * 86400 };
    return policy->digest == POLICY_DIGEST_DAILY || policy->digest == POLICY_DIGEST_WEEKLY
               ? periods_s[policy->digest]
               : 0;
}

static enum seki_result look_at(struct round *r)
{
    struct store_resolved resolved;
    int64_t last_at_s;
    enum seki_result result = store_resolve_domain(r->sql, r->domain_id, r->arena, &resolved, r->why);
    if (result == SEKI_BAD_INPUT)
        return SEKI_OK; /* it is not hosted any more */
    if (result == SEKI_OK)
        result = store_held_last_digest(r->sql, r->domain_id, &last_at_s, r->why);
    if (result != SEKI_OK)
        return result;
    int64_t period_s = period_of(&resolved.domain.policy);
    r->language = (enum policy_language)resolved.domain.policy.language;
    return period_s > 0 && r->now_s - last_at_s >= period_s ? tell_all(r) : SEKI_OK;
}

enum seki_result held_digest_turn(const struct held_digest *digest, struct sql *sql, int64_t now_s,
                                  struct held_digest_report *report_out, struct seki_error *why)
{
    const int64_t *domains = NULL;
    size_t count = 0;
    *report_out = (struct held_digest_report){ 0 };
    struct seki_arena *of_turn = seki_arena_new(MEMORY_OCTETS), *of_domain = seki_arena_new(MEMORY_OCTETS);
    enum seki_result result = SEKI_SYSTEM;
    if (of_turn != NULL && of_domain != NULL)
        result = store_held_untold_domains(sql, DOMAINS_MAX, of_turn, &domains, &count, why);
    for (size_t i = 0; i < count && result == SEKI_OK; i++) {
        struct round r = { digest, sql, of_domain, now_s, domains[i], POLICY_ENGLISH, report_out, why };
        result = look_at(&r);
        seki_arena_clear(of_domain);
    }
    seki_arena_free(of_turn);
    seki_arena_free(of_domain);
    return result;
}
