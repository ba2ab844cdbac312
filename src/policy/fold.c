#include "policy/fold.h"

#include "policy/contact.h"
#include "policy/junk_path.h"

struct fold {
    struct policy_recipient *recipients;
    size_t count;
    struct policy_effects *effects;
};

/* While folding, applied is what the recipient's domain still wants; it only becomes milder, but for the scanner. */
static bool all_want(const struct fold *fold, enum policy_action action)
{
    for (size_t i = 0; i < fold->count; i++)
        if (fold->recipients[i].applied != action)
            return false;
    return fold->count > 0;
}

static bool all_remaining_want(const struct fold *fold, enum policy_action least, enum policy_action most)
{
    for (size_t i = 0; i < fold->count; i++)
        if (!fold->recipients[i].is_removed &&
            (fold->recipients[i].applied < least || fold->recipients[i].applied > most))
            return false;
    return true;
}

static const struct policy_recipient *first_remaining(const struct fold *fold)
{
    for (size_t i = 0; i < fold->count; i++)
        if (!fold->recipients[i].is_removed)
            return &fold->recipients[i];
    return NULL;
}

static bool all_wait(const struct fold *fold)
{
    for (size_t i = 0; i < fold->count; i++)
        if (fold->recipients[i].policy == NULL || !fold->recipients[i].judgement.is_temporary)
            return false;
    return fold->count > 0;
}

/* To put off everybody's mail for one domain's scanner would be that domain's choice for all; ours is kept meanwhile. Where
 * nothing is kept it falls as hold does. */
static enum policy_action wish_of(const struct policy_recipient *recipient, bool can_hold)
{
    if (recipient->policy == NULL)
        return POLICY_DELIVER;
    enum policy_action wanted = recipient->judgement.action;
    if (recipient->judgement.is_temporary && (can_hold || wanted < POLICY_HOLD))
        wanted = POLICY_HOLD;
    return wanted == POLICY_HOLD && !can_hold ? POLICY_JUNK : wanted;
}

static void begin(struct fold *fold, bool can_hold)
{
    for (size_t i = 0; i < fold->count; i++) {
        struct policy_recipient *recipient = &fold->recipients[i];
        recipient->applied = wish_of(recipient, can_hold);
        recipient->is_removed = false;
        recipient->new_path = SEKI_STR("");
    }
}

/* The reply, and discarding, are for all or for none. */
static bool end_whole(struct fold *fold, enum policy_action action)
{
    if (!all_want(fold, action))
        return false;
    fold->effects->action = action;
    fold->effects->decisive = action == POLICY_REFUSE ? &fold->recipients[0] : NULL;
    return true;
}

static void remove_single(struct fold *fold)
{
    for (size_t i = 0; i < fold->count; i++) {
        struct policy_recipient *recipient = &fold->recipients[i];
        recipient->is_removed = recipient->applied == POLICY_HOLD || recipient->applied == POLICY_DISCARD;
        fold->effects->is_held = fold->effects->is_held || recipient->applied == POLICY_HOLD;
    }
}

static void set_quarantine(struct fold *fold)
{
    fold->effects->action = POLICY_QUARANTINE;
    fold->effects->decisive = first_remaining(fold);
}

/* Refusal and the MTA's quarantine that not all want: junk; and a gateway has no folder for that. */
static void fall_to_junk(struct fold *fold)
{
    for (size_t i = 0; i < fold->count; i++) {
        struct policy_recipient *recipient = &fold->recipients[i];
        if (recipient->is_removed || recipient->applied < POLICY_JUNK)
            continue;
        recipient->applied = policy_action_at(POLICY_JUNK, recipient->shape);
    }
}

static enum seki_result readdress(struct policy_recipient *recipient, struct seki_arena *arena, bool *done_out)
{
    return policy_junk_path(recipient->path, recipient->policy->junk_suffix, arena, &recipient->new_path, done_out);
}

/* @param has_field  all that remain want junk, so that the field is nobody's harm */
static enum seki_result put_into_junk(struct fold *fold, struct policy_recipient *recipient, bool has_field,
                                      struct seki_arena *arena)
{
    bool is_done = false;
    enum seki_result result = SEKI_OK;
    if (!has_field || recipient->policy->junk_by == POLICY_JUNK_BY_RECIPIENT)
        result = readdress(recipient, arena, &is_done);
    if (is_done || result != SEKI_OK)
        return result;
    if (has_field)
        fold->effects->has_junk_field = true;
    else
        recipient->applied = POLICY_MARK;
    return SEKI_OK;
}

static enum seki_result set_junk(struct fold *fold, struct seki_arena *arena)
{
    bool has_field = all_remaining_want(fold, POLICY_JUNK, POLICY_JUNK);
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; i < fold->count && result == SEKI_OK; i++)
        if (!fold->recipients[i].is_removed && fold->recipients[i].applied == POLICY_JUNK)
            result = put_into_junk(fold, &fold->recipients[i], has_field, arena);
    return result;
}

static void set_mark(struct fold *fold)
{
    fold->effects->has_mark = all_remaining_want(fold, POLICY_MARK, POLICY_QUARANTINE);
    for (size_t i = 0; i < fold->count; i++)
        if (!fold->effects->has_mark && fold->recipients[i].applied == POLICY_MARK)
            fold->recipients[i].applied = POLICY_DELIVER;
}

static void set_subject_tag(struct fold *fold)
{
    const struct policy_recipient *first = first_remaining(fold);
    if (first == NULL || !all_remaining_want(fold, POLICY_MARK, POLICY_MARK))
        return;
    for (size_t i = 0; i < fold->count; i++)
        if (!fold->recipients[i].is_removed &&
            !seki_str_equal(fold->recipients[i].policy->subject_tag, first->policy->subject_tag))
            return;
    fold->effects->subject_tag = first->policy->subject_tag;
}

static enum seki_result fold_remaining(struct fold *fold, struct seki_arena *arena)
{
    enum seki_result result = SEKI_OK;
    if (all_remaining_want(fold, POLICY_QUARANTINE, POLICY_QUARANTINE))
        set_quarantine(fold);
    else {
        fall_to_junk(fold);
        result = set_junk(fold, arena);
    }
    set_mark(fold);
    set_subject_tag(fold);
    return result;
}

enum seki_result policy_fold(struct policy_recipient *recipients, size_t count, bool can_hold,
                             struct seki_arena *arena, struct policy_effects *effects_out)
{
    struct fold fold = { recipients, count, effects_out };
    *effects_out = (struct policy_effects){ .action = POLICY_DELIVER, .subject_tag = SEKI_STR("") };
    begin(&fold, can_hold);
    if (all_wait(&fold)) {
        effects_out->is_temporary = true;
        effects_out->decisive = &recipients[0];
        for (size_t i = 0; i < count; i++)
            recipients[i].applied = POLICY_DELIVER;
        return SEKI_OK;
    }
    if (count == 0 || end_whole(&fold, POLICY_REFUSE) || end_whole(&fold, POLICY_DISCARD))
        return SEKI_OK;
    remove_single(&fold);
    if (first_remaining(&fold) != NULL)
        return fold_remaining(&fold, arena);
    effects_out->action = POLICY_DISCARD;
    return SEKI_OK;
}

/* ---- at RCPT ---- */

static bool is_strict(const struct policy_recipient *recipient)
{
    return recipient->policy != NULL && recipient->policy->refuses_strictly && policy_can_refuse(recipient->policy);
}

/* Every server takes mail for postmaster: beside one that no policy covers, a refusal of all would turn into less, and anybody
 * could add it. */
static bool would_weaken(const struct policy_recipient *contact, const struct policy_recipient *other)
{
    return contact->policy == NULL && other->policy != NULL && policy_can_refuse(other->policy) &&
           policy_is_contact(contact->path);
}

bool policy_may_join(const struct policy_recipient *recipients, size_t count,
                     const struct policy_recipient *newcomer)
{
    for (size_t i = 0; i < count; i++)
        if ((recipients[i].domain_id != newcomer->domain_id &&
             (is_strict(&recipients[i]) || is_strict(newcomer))) ||
            would_weaken(&recipients[i], newcomer) || would_weaken(newcomer, &recipients[i]))
            return false;
    return true;
}
