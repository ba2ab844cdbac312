/* The end of a message: what each recipient's domain wants done about it, and what of that can be done to one message. */
#include "daemon/inbound_parts.h"

#include "policy/contact.h"

static bool is_to_contacts(const struct inbound_recipients *recipients)
{
    for (size_t i = 0; i < recipients->count; i++)
        if (!policy_is_contact(recipients->items[i].path))
            return false;
    return recipients->count > 0;
}

/* What hosting knows of the author: is it one of ours (this message came from outside), or does it look like one? */
static void add_hosting_facts(struct inbound_message *message)
{
    struct policy_facts *facts = &message->facts;
    struct replica_author author;
    if (facts->author_domain.len == 0)
        return;
    (void)replica_find_author(message->generation->hosting->replica, facts->author_domain, message->arena, &author);
    facts->is_author_hosted = author.is_hosted;
    facts->lookalike_of = author.lookalike_of;
}

static void judge_for(struct inbound_message *message, struct inbound_domain *domain)
{
    const struct policy_allow *entries = NULL;
    size_t entry_count = 0;
    if (domain->hosted.allow_count > 0 &&
        replica_find_allow(message->generation->hosting->replica, domain->hosted.domain_id,
                           message->facts.author_domain, message->arena, &entries,
                           &entry_count) == REPLICA_MISSING) {
        message->recipients.has_missing = true; /* what it lets through is not known: its mail is only labelled */
        return;
    }
    domain->judgement =
        policy_judge(&domain->hosted.policy, entries, entry_count, &message->facts, message->began_at_s);
}

/* The MTA may not let us change recipients, or keep messages (it was said when it connected). Then the mail is delivered:
 * nothing may be lost for a change that cannot be made. */
static void give_up_what_the_mta_refuses(struct inbound_message *message)
{
    const struct milter_session *milter = message->session->milter;
    struct policy_effects *effects = &message->effects;
    bool may_readdress = milter_session_may(milter, MILTER_MAY_ADD_RCPT | MILTER_MAY_DELETE_RCPT);
    if (effects->action == POLICY_DISCARD) /* held or dropped for all, the message is taken, and needs no change */
        return;
    bool may_quarantine = effects->action != POLICY_QUARANTINE || milter_session_may(milter, MILTER_MAY_QUARANTINE);
    for (size_t i = 0; i < message->recipients.count && !(may_readdress && may_quarantine); i++) {
        struct policy_recipient *recipient = &message->recipients.items[i];
        bool is_readdressed = recipient->is_removed || recipient->new_path.len > 0;
        if ((may_readdress || !is_readdressed) && (may_quarantine || recipient->applied != POLICY_QUARANTINE))
            continue;
        recipient->applied = effects->has_mark ? POLICY_MARK : POLICY_DELIVER;
        recipient->is_removed = false;
        recipient->new_path = SEKI_STR("");
    }
    if (!may_quarantine)
        effects->action = POLICY_DELIVER;
    if (!may_readdress)
        effects->is_held = false;
}

const struct policy_recipient *inbound_speaker(const struct inbound_message *message)
{
    const struct policy_recipient *speaker = message->effects.decisive;
    for (size_t i = 0; i < message->recipients.count && speaker == NULL; i++) {
        const struct policy_recipient *recipient = &message->recipients.items[i];
        if (!recipient->is_removed && recipient->judgement.would_be != POLICY_DELIVER)
            speaker = recipient;
    }
    return speaker;
}

enum seki_result inbound_judge(struct inbound_message *message, const struct seki_verdict *verdict)
{
    struct inbound_recipients *recipients = &message->recipients;
    policy_facts_of(verdict, &message->client, message->mail_from, &message->facts);
    if (!recipients->has_hosted)
        return SEKI_OK;
    add_hosting_facts(message);
    message->facts.is_to_contact = is_to_contacts(recipients);
    inbound_streams_tell(message);
    for (struct inbound_domain *domain = recipients->domains; domain != NULL; domain = domain->next) {
        if (domain->found == REPLICA_YES)
            judge_for(message, domain);
    }
    bool can_hold = message->generation->config->quarantine.folder.len > 0;
    for (size_t i = 0; i < recipients->count; i++)
        recipients->items[i].judgement = recipients->item_domains[i]->judgement;
    enum seki_result result =
        policy_fold(recipients->items, recipients->count, can_hold, message->arena, &message->effects);
    if (result == SEKI_OK)
        give_up_what_the_mta_refuses(message);
    return result == SEKI_OK ? seki_arena_failure(message->arena) : result;
}
