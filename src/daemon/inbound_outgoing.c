/* What the people of hosted domains send out: to which domains, and whether they answer. A sender who is answered is wanted,
 * whatever authentication says of its mail; that is what `stats failing` makes of it.
 *
 * The message itself is left alone: no field, no verdict, no reply but "go on". Heard are the clients of trusted_networks and
 * those who signed in, so that nobody outside can pretend to be a correspondent. Noted are domains, never an address. */
#include "daemon/inbound_parts.h"

#define CORRESPONDENTS_MAX 100u /* of one message; who writes to more answers nobody */

struct inbound_outgoing { /* lies in its own arena */
    struct inbound_generation *generation;
    struct seki_arena *arena;
    struct replica_domain sender;
    struct journal_recipient correspondents[CORRESPONDENTS_MAX]; /* only their domain is known */
    size_t count;
    bool is_reply;
    bool is_automatic; /* nobody wrote it */
};

bool inbound_outgoing_is_wanted(const struct inbound *inbound)
{
    const struct inbound_hosting *hosting = inbound->current->hosting;
    return hosting->replica != NULL && hosting->journal != NULL;
}

static bool find_sender(struct inbound_outgoing *outgoing, struct replica *replica, struct seki_str path)
{
    struct seki_str domain = inbound_domain_of(outgoing->arena, path);
    replica_refresh(replica, inbound_now_us());
    return domain.len > 0 &&
           replica_find_domain(replica, domain, outgoing->arena, &outgoing->sender) == REPLICA_YES;
}

bool inbound_outgoing_begin(struct inbound_session *session, struct seki_str path)
{
    struct inbound *inbound = session->inbound;
    if (!inbound_outgoing_is_wanted(inbound))
        return false;
    struct seki_arena *arena = arena_pool_take(&inbound->pool);
    struct inbound_outgoing *outgoing = arena != NULL ? seki_arena_alloc(arena, 1, sizeof *outgoing) : NULL;
    if (outgoing == NULL) {
        seki_arena_free(arena);
        return false;
    }
    outgoing->arena = arena;
    outgoing->generation = inbound_generation_ref(inbound->current);
    session->outgoing = outgoing;
    if (find_sender(outgoing, outgoing->generation->hosting->replica, path))
        return true;
    inbound_outgoing_drop(session);
    return false;
}

static bool is_there(const struct inbound_outgoing *outgoing, struct seki_str domain)
{
    for (size_t i = 0; i < outgoing->count; i++) {
        if (seki_str_equal(outgoing->correspondents[i].domain, domain))
            return true;
    }
    return false;
}

/* Colleagues and neighbours write to each other all day: counted, that would speak for whoever forges their domains from
 * outside. */
static bool may_be_hosted(const struct inbound_outgoing *outgoing, struct seki_str domain)
{
    struct replica_domain hosted;
    struct replica *replica = outgoing->generation->hosting->replica;
    return replica_find_domain(replica, domain, outgoing->arena, &hosted) != REPLICA_NO;
}

void inbound_outgoing_recipient(struct inbound_outgoing *outgoing, struct seki_str path)
{
    if (outgoing->count == CORRESPONDENTS_MAX)
        return;
    struct seki_str domain = inbound_domain_of(outgoing->arena, path);
    if (domain.len > 0 && !is_there(outgoing, domain) && !may_be_hosted(outgoing, domain))
        outgoing->correspondents[outgoing->count++] = (struct journal_recipient){ .domain = domain };
}

/* An absence message answers every forger, and a list hands on what others wrote. */
void inbound_outgoing_field(struct inbound_outgoing *outgoing, struct seki_str name, struct seki_str value)
{
    value = seki_str_trim(value);
    if (value.len == 0)
        return;
    if (seki_str_equal_nocase(name, SEKI_STR("In-Reply-To")) || seki_str_equal_nocase(name, SEKI_STR("References")))
        outgoing->is_reply = true;                                    /* RFC 5322 section 3.6.4 */
    else if (seki_str_equal_nocase(name, SEKI_STR("Auto-Submitted"))) /* RFC 3834 section 5 */
        outgoing->is_automatic = outgoing->is_automatic || !seki_str_equal_nocase(value, SEKI_STR("no"));
    else if (seki_str_equal_nocase(name, SEKI_STR("List-Id"))) /* RFC 2919 */
        outgoing->is_automatic = true;
}

void inbound_outgoing_end(struct inbound_session *session)
{
    const struct inbound_outgoing *outgoing = session->outgoing;
    struct journal_record record = {
        .sender_domain_id = outgoing->sender.domain_id,
        .is_reply = outgoing->is_reply,
        .recipients = outgoing->correspondents,
        .recipient_count = outgoing->count,
    };
    if (outgoing->count > 0 && !outgoing->is_automatic)
        inbound_append(session->inbound, outgoing->generation->hosting, &record);
    inbound_outgoing_drop(session);
}

void inbound_outgoing_drop(struct inbound_session *session)
{
    struct inbound_outgoing *outgoing = session->outgoing;
    if (outgoing == NULL)
        return;
    struct inbound_generation *generation = outgoing->generation;
    session->outgoing = NULL;
    arena_pool_give(&session->inbound->pool, outgoing->arena,
                    (size_t)generation->config->limits.message_memory_octets);
    inbound_generation_unref(generation);
}
