/* From a verdict, and from what the recipients' domains want, to what the MTA is told; decided as a whole before the first
 * of it is sent. */
#include "daemon/inbound_parts.h"

#include "daemon/subject_tag.h"
#include "policy/reply.h"

#include <sekisho/status.h>

#define AUTHRES_NAME "Authentication-Results"

/* Fields to be removed, or Subject fields to be tagged. For each an MTA looks through the header once more: what nobody's
 * mail has some thousands of would keep it busy for minutes. */
#define CHANGES_MAX 200u

const struct seki_str inbound_mark_names[INBOUND_MARK_COUNT] = {
    [INBOUND_MARK_VERDICT] = SEKI_STR_INIT("X-Sekisho-Verdict"),
    [INBOUND_MARK_JUNK] = SEKI_STR_INIT("X-Sekisho-Junk"),
};

/* ---- lists that grow in the arena ---- */

struct draft {
    struct seki_arena *arena;
    struct milter_field_removal *removals;
    size_t removal_count, removal_capacity;
};

static void add_removal(struct draft *draft, struct seki_str name, size_t ordinal)
{
    if (draft->removal_count > CHANGES_MAX) /* nothing is removed then */
        return;
    if (draft->removal_count == draft->removal_capacity) {
        size_t capacity = draft->removal_capacity > 0 ? draft->removal_capacity * 2 : 8;
        struct milter_field_removal *items = seki_arena_alloc(draft->arena, capacity, sizeof *items);
        if (items == NULL) /* the arena remembers */
            return;
        if (draft->removal_count > 0)
            memcpy(items, draft->removals, draft->removal_count * sizeof *items);
        draft->removals = items;
        draft->removal_capacity = capacity;
    }
    draft->removals[draft->removal_count++] =
        (struct milter_field_removal){ .name = name, .ordinal = (uint32_t)ordinal };
}

static void on_forged(void *user, size_t field_index, size_t ordinal)
{
    (void)field_index;
    add_removal(user, SEKI_STR(AUTHRES_NAME), ordinal);
}

/* ---- fields ---- */

/* RFC 8601 section 5: what claims to be ours goes. Our marks are nobody else's to set; all of them go. */
static void remove_claimed(struct inbound_message *message, struct milter_decision *decision)
{
    const struct inbound_generation *generation = message->generation;
    struct draft draft = { .arena = message->arena };
    seki_verify_forged_fields(message->verify, generation->our_ids, generation->our_id_count, on_forged, &draft);
    for (size_t i = 0; i < INBOUND_MARK_COUNT && generation->hosting->replica != NULL; i++) {
        for (size_t ordinal = message->claimed_marks[i]; ordinal > 0; ordinal--)
            add_removal(&draft, inbound_mark_names[i], ordinal);
    }
    decision->removals = draft.removals;
    decision->removal_count = draft.removal_count;
}

/* "impostor; action=junk; check=dmarc-reject spf-fail" */
static struct seki_str verdict_mark(const struct inbound_message *message)
{
    const struct policy_recipient *speaker = inbound_speaker(message);
    struct seki_buf text;
    seki_buf_init_arena(&text, message->arena, 512);
    if (speaker == NULL)
        return SEKI_STR("suspect");
    const struct policy_judgement *judgement = &speaker->judgement;
    seki_buf_add(&text, judgement->is_impostor ? SEKI_STR("impostor") : SEKI_STR("suspect"));
    enum policy_action action =
        policy_action_at(judgement->action, speaker->shape); /* a gateway has no junk folder */
    seki_buf_add_format(&text, "; action=%s; check=", policy_action_name(action));
    const char *space = "";
    for (unsigned check = 0; check < POLICY_CHECK_COUNT; check++) {
        if ((judgement->matched & 1u << check) == 0)
            continue;
        seki_buf_add_format(&text, "%s%s", space, policy_check_name((enum policy_check)check));
        space = " ";
    }
    return seki_buf_str(&text);
}

/* Each is put above everything, so the last stands on top: ours of RFC 8601. */
static enum seki_result add_fields(struct inbound_message *message, const struct seki_verdict *verdict,
                                   struct milter_decision *decision)
{
    const struct policy_effects *effects = &message->effects;
    struct milter_field_insertion *insertions = seki_arena_alloc(message->arena, 3, sizeof *insertions);
    size_t count = 0;
    if (insertions == NULL)
        return seki_arena_failure(message->arena);
    if (effects->has_junk_field)
        insertions[count++] =
            (struct milter_field_insertion){ 0, inbound_mark_names[INBOUND_MARK_JUNK], SEKI_STR("yes") };
    if (effects->has_mark)
        insertions[count++] =
            (struct milter_field_insertion){ 0, inbound_mark_names[INBOUND_MARK_VERDICT], verdict_mark(message) };
    insertions[count++] =
        (struct milter_field_insertion){ 0, SEKI_STR(AUTHRES_NAME), verdict->authentication_results };
    decision->insertions = insertions;
    decision->insertion_count = count;
    return SEKI_OK;
}

/* ---- the Subject ---- */

static enum seki_result add_subject(struct inbound_message *message, struct milter_decision *decision)
{
    struct milter_field_insertion *insertions =
        seki_arena_alloc(message->arena, decision->insertion_count + 1, sizeof *insertions);
    if (insertions == NULL)
        return seki_arena_failure(message->arena);
    struct milter_field_insertion *subject = &insertions[decision->insertion_count];
    memcpy(insertions, decision->insertions, decision->insertion_count * sizeof *insertions);
    *subject =
        (struct milter_field_insertion){ .index = INT32_MAX - 1, .name = SEKI_STR("Subject") }; /* below all */
    decision->insertions = insertions;
    decision->insertion_count++;
    return subject_tag_put(message->arena, SEKI_STR(""), message->effects.subject_tag, &subject->value);
}

/* All of them, should there be several: which one is shown is each program's choice. */
static enum seki_result tag_subject(struct inbound_message *message, struct milter_decision *decision)
{
    const struct seki_message *header = seki_verify_message(message->verify);
    const struct seki_str name = SEKI_STR("Subject");
    size_t count = seki_message_count_named(header, name);
    if (count == 0)
        return add_subject(message, decision);
    struct milter_field_replacement *items = seki_arena_alloc(message->arena, count, sizeof *items);
    if (items == NULL)
        return seki_arena_failure(message->arena);
    size_t ordinal = count;
    for (size_t at = seki_message_find_up(header, name, SIZE_MAX); at != SIZE_MAX && ordinal > 0;
         at = seki_message_find_up(header, name, at), ordinal--) {
        struct seki_str before = seki_message_field(header, at)->value, after;
        enum seki_result result = subject_tag_put(message->arena, before, message->effects.subject_tag, &after);
        if (result != SEKI_OK)
            return result;
        if (!seki_str_equal(before, after))
            items[decision->replacement_count++] =
                (struct milter_field_replacement){ name, (uint32_t)ordinal, after };
    }
    decision->replacements = items;
    return SEKI_OK;
}

/* ---- the envelope ---- */

/* MTAs differ in whether they know a recipient as it was given or as they read it; one that is not there is no fault. */
static void remove_recipient(const struct inbound_recipients *recipients, size_t at, struct seki_str *removed,
                             struct milter_decision *decision)
{
    struct seki_str path = recipients->items[at].path, given = recipients->given_paths[at];
    removed[decision->removed_recipient_count++] = path;
    if (!seki_str_equal(given, path))
        removed[decision->removed_recipient_count++] = given;
}

/* @return whether anybody remains who gets it */
static bool change_recipients(struct inbound_message *message, struct milter_decision *decision)
{
    const struct inbound_recipients *recipients = &message->recipients;
    struct seki_str *added = seki_arena_alloc(message->arena, recipients->count, sizeof *added);
    struct seki_str *removed = seki_arena_alloc(message->arena, 2 * recipients->count, sizeof *removed);
    bool has_remaining = false;
    if (added == NULL || removed == NULL)
        return true;
    for (size_t i = 0; i < recipients->count; i++) {
        const struct policy_recipient *recipient = &recipients->items[i];
        has_remaining = has_remaining || !recipient->is_removed;
        if (recipient->new_path.len > 0)
            added[decision->added_recipient_count++] = recipient->new_path;
        if (recipient->is_removed || recipient->new_path.len > 0)
            remove_recipient(recipients, i, removed, decision);
    }
    decision->added_recipients = added;
    decision->removed_recipients = removed;
    return has_remaining;
}

/* ---- the decision ---- */

static bool has_too_many_changes(const struct inbound_message *message, const struct milter_decision *decision)
{
    if (decision->removal_count > CHANGES_MAX)
        return true;
    return message->effects.subject_tag.len > 0 &&
           seki_message_count_named(seki_verify_message(message->verify), SEKI_STR("Subject")) > CHANGES_MAX;
}

/* To leave what claims to be ours would be worse (RFC 8601 section 5). */
static void refuse_to_change(struct inbound_message *message, struct milter_decision *decision)
{
    message->effects = (struct policy_effects){ .action = POLICY_REFUSE, .subject_tag = SEKI_STR("") };
    for (size_t i = 0; i < message->recipients.count; i++)
        message->recipients.items[i].applied = POLICY_REFUSE;
    *decision = (struct milter_decision){
        .action = MILTER_REJECT,
        .reply = { 554, SEKI_STR("5.6.0"),
                   SEKI_STR("The header has more fields that claim to be this server's, or Subject fields, than "
                            "any mail needs") },
    };
}

static enum seki_result deliver(struct inbound_message *message, const struct seki_verdict *verdict,
                                struct milter_decision *decision)
{
    const struct policy_effects *effects = &message->effects;
    decision->action = MILTER_CONTINUE;
    remove_claimed(message, decision);
    if (has_too_many_changes(message, decision)) {
        refuse_to_change(message, decision);
        return seki_arena_failure(message->arena);
    }
    enum seki_result result = add_fields(message, verdict, decision);
    if (result == SEKI_OK && effects->subject_tag.len > 0)
        result = tag_subject(message, decision);
    if (result == SEKI_OK && message->recipients.has_hosted && !change_recipients(message, decision))
        decision->action = MILTER_DISCARD; /* held, or dropped, for all */
    if (effects->action == POLICY_QUARANTINE)
        decision->quarantine = SEKI_STR("Sekisho: suspected impostor");
    return result == SEKI_OK ? seki_arena_failure(message->arena) : result;
}

/* The words of the policy that decides, also of one that waits for its scanner. */
static enum seki_result tell_policy(struct inbound_message *message, enum milter_action action,
                                    struct milter_decision *decision)
{
    const struct policy_recipient *decisive = message->effects.decisive;
    struct seki_status status;
    const struct policy_refusal refusal = { .policy = decisive->policy,
                                            .judgement = &decisive->judgement,
                                            .facts = &message->facts,
                                            .domain = decisive->domain,
                                            .contact = SEKI_STR("") };
    enum seki_result result = policy_reply(message->arena, &refusal, &status);
    decision->action = action;
    decision->reply = (struct milter_reply){ status.reply_code, status.enhanced_code, status.text };
    return result;
}

/* Which temporary errors could have changed the outcome? A message that passes DMARC all the same needs no second
 * chance. Sender ID only reports. */
static unsigned find_trouble(const struct seki_verdict *verdict)
{
    const unsigned counted = SEKI_CAUSE_SPF_TEMPERROR | SEKI_CAUSE_DKIM_TEMPERROR | SEKI_CAUSE_DMARC_TEMPERROR;
    return verdict->dmarc.result == SEKI_DMARC_PASS ? 0 : seki_status_causes(verdict) & counted;
}

static void put_off_for_dns(unsigned causes, const struct config *config, struct milter_decision *decision)
{
    struct seki_status status = seki_status_for(causes, config->inbound.reply_codes != CONFIG_REPLY_RFC7372);
    decision->action = MILTER_TEMPFAIL;
    decision->reply = (struct milter_reply){ status.reply_code, status.enhanced_code, status.text };
}

enum seki_result inbound_decide(struct inbound_message *message, const struct seki_verdict *verdict,
                                struct milter_decision *decision_out)
{
    const struct config *config = message->generation->config;
    *decision_out = (struct milter_decision){ 0 };
    enum seki_result result = inbound_judge(message, verdict);
    if (result != SEKI_OK)
        return result;
    unsigned trouble = find_trouble(verdict);
    if (trouble != 0 && config->inbound.on_temperror == CONFIG_ON_TEMPERROR_TEMPFAIL) {
        put_off_for_dns(trouble, config, decision_out);
        return SEKI_OK;
    }
    if (message->effects.is_temporary)
        return tell_policy(message, MILTER_TEMPFAIL, decision_out);
    if (message->effects.action == POLICY_REFUSE)
        return tell_policy(message, MILTER_REJECT, decision_out);
    if (message->effects.action != POLICY_DISCARD)
        return deliver(message, verdict, decision_out);
    decision_out->action = MILTER_DISCARD;
    return SEKI_OK;
}

void inbound_decide_failure(struct milter_decision *decision_out)
{
    *decision_out = (struct milter_decision){
        .action = MILTER_TEMPFAIL,
        .reply = { 451, SEKI_STR("4.3.0"), SEKI_STR("The message cannot be checked now, try again later") },
    };
}
