#include "explain/header_change.h"

#include "auth/header_hash.h"
#include "base/i18n.h"
#include "explain/header_variants.h"
#include "explain/one_line.h"

#define MAX_HASHED_OCTETS (32u << 20)
#define MAX_TRIED         20000u
#define MAX_VERIFIED      2000u /* where each is a verification */
#define NAME_COST         16u   /* octets: a name of h= without a field is work too */
#define MAX_MEMORY        (32u << 20)

const struct explain_header_kind_text explain_header_kind_texts[EXPLAIN_HEADER_KINDS] = {
    [EXPLAIN_HEADER_SUBJECT_TAG] = { "subject-tag", N_("The Subject was given a tag."),
                                     N_("Mailing list software does this, and gateways that mark spam or mail from "
                                        "outside.") },
    [EXPLAIN_HEADER_FROM_REWRITTEN] = { "from-rewritten", N_("The author in From was replaced."),
                                        N_("Mailing list software does this for authors whose domain has a strict "
                                           "DMARC policy.") },
    [EXPLAIN_HEADER_ENCODED_WORDS] = { "encoded-words", N_("A field was encoded anew, or decoded (RFC 2047)."),
                                       N_("Mailing list software does this, and gateways that rewrite the "
                                          "header.") },
    [EXPLAIN_HEADER_REWRITTEN] = { "rewritten",
                                   N_("A field was written in another way, with the same meaning: folded, spaced "
                                      "or quoted."),
                                   N_("A server or gateway does this that rewrites the header.") },
    [EXPLAIN_HEADER_MIME_FIELD] = { "mime-field", N_("A field that tells how the text is encoded was changed."),
                                    N_("A server does this that re-encodes 8-bit mail, and software that rebuilds "
                                       "messages.") },
    [EXPLAIN_HEADER_FIELD_ADDED] = { "field-added",
                                     N_("A field was added that was not there when the message was signed."),
                                     N_("Mailing list software does this with Reply-To and Sender, and servers "
                                        "that complete a header.") },
    [EXPLAIN_HEADER_OTHER_INSTANCE] = { "other-instance",
                                        N_("Fields of the same name were added, or put in another order."),
                                        N_("A server or gateway does this that rewrites the header; a forger may, "
                                           "too.") },
    [EXPLAIN_HEADER_CANONICALIZATION] = { "canonicalization",
                                          N_("The header fits when it is hashed in another way (c=) than the "
                                             "signature says."),
                                          N_("The signer does this wrongly.") },
};

struct trial {
    struct seki_arena *arena;          /* of the caller, for what is found */
    struct seki_arena *variants_arena; /* for all that is tried */
    const struct explain_proof *proof;
    const struct seki_signature *signature;
    struct explain_slot *slots;
    struct explain_variants variants;
    uint64_t hashed;
    size_t max_tried;
    struct explain_header_change *change;
    bool has_failed;
};

static bool is_over(struct trial *t)
{
    bool is_used = t->change->tried >= t->max_tried || t->hashed >= MAX_HASHED_OCTETS;
    t->change->is_stopped = t->change->is_stopped || (is_used && !t->change->is_found);
    return t->change->is_found || t->has_failed || is_used;
}

static struct seki_field field_of(struct seki_str raw, struct seki_str name)
{
    size_t colon = seki_str_find(raw, ':');
    return (struct seki_field){ .raw = raw, .name = name, .value = { raw.ptr + colon + 1, raw.len - colon - 1 } };
}

/* What a slot holds with these variants in place. @return false: nothing */
static bool field_in(const struct trial *t, size_t slot, const struct explain_variant *const *variants,
                     size_t count, struct seki_field *field_out)
{
    for (size_t i = 0; i < count; i++) {
        if (variants[i]->slot != slot)
            continue;
        if (variants[i]->raw.ptr != NULL)
            *field_out = field_of(variants[i]->raw,
                                  t->slots[slot].field != NULL ? t->slots[slot].field->name : t->slots[slot].name);
        return variants[i]->raw.ptr != NULL;
    }
    if (t->slots[slot].field != NULL)
        *field_out = *t->slots[slot].field;
    return t->slots[slot].field != NULL;
}

static bool fits(struct trial *t, enum seki_canonicalization canonicalization,
                 const struct explain_variant *const *variants, size_t count)
{
    struct seki_header_hash hash;
    uint8_t digest[SEKI_DIGEST_MAX_OCTETS];
    seki_header_hash_init(&hash, t->proof->scene->context, t->signature->digest, canonicalization, NULL);
    for (size_t slot = 0; slot < t->variants.slot_count; slot++) {
        struct seki_field field;
        t->hashed += NAME_COST;
        if (!field_in(t, slot, variants, count, &field))
            continue;
        seki_header_hash_add(&hash, &field);
        t->hashed += field.raw.len;
    }
    seki_header_hash_add_signature(&hash, t->signature);
    t->hashed += t->signature->field->raw.len;
    t->change->tried++;
    t->has_failed = !seki_header_hash_finish(&hash, digest);
    seki_header_hash_release(&hash);
    return !t->has_failed && explain_proof_holds(t->proof, digest);
}

static struct explain_header_step step_of(const struct trial *t, const struct explain_variant *variant)
{
    const struct explain_slot *slot = &t->slots[variant->slot];
    struct explain_header_step step = { variant->kind, slot->field != NULL ? slot->field->name : slot->name,
                                        SEKI_STR("") };
    if (variant->raw.ptr != NULL)
        step.was = explain_one_line(t->arena, field_of(variant->raw, step.name).value);
    return step;
}

static void try_variants(struct trial *t, const struct explain_variant *const *variants, size_t count)
{
    if (is_over(t) || !fits(t, t->signature->header_canon, variants, count))
        return;
    t->change->is_found = true;
    t->change->step_count = count;
    for (size_t i = 0; i < count; i++)
        t->change->steps[i] = step_of(t, variants[i]);
}

static void try_other_canonicalization(struct trial *t)
{
    bool is_simple = t->signature->header_canon == SEKI_CANON_SIMPLE;
    if (is_over(t) || !fits(t, is_simple ? SEKI_CANON_RELAXED : SEKI_CANON_SIMPLE, NULL, 0))
        return;
    t->change->is_found = true;
    t->change->step_count = 1;
    t->change->steps[0] =
        (struct explain_header_step){ EXPLAIN_HEADER_CANONICALIZATION, SEKI_STR(""), SEKI_STR("") };
}

static void try_all(struct trial *t)
{
    const struct explain_variant *list = t->variants.list;
    try_variants(t, NULL, 0);
    try_other_canonicalization(t);
    for (size_t i = 0; i < t->variants.count && !is_over(t); i++)
        try_variants(t, &(const struct explain_variant *){ &list[i] }, 1);
    for (size_t j = 1; j < t->variants.count && !is_over(t); j++) {
        for (size_t i = 0; i < j && !is_over(t); i++) {
            const struct explain_variant *pair[] = { &list[i], &list[j] };
            if (list[i].slot != list[j].slot)
                try_variants(t, pair, 2);
        }
    }
}

static bool make_slots(struct trial *t)
{
    const struct seki_message *message = t->proof->scene->message;
    size_t count = t->signature->name_count;
    size_t *indexes = seki_arena_alloc(t->variants_arena, count, sizeof *indexes);
    t->slots = seki_arena_alloc(t->variants_arena, count, sizeof *t->slots);
    if (indexes == NULL || t->slots == NULL)
        return false;
    seki_header_hash_instances(message, t->signature, t->proof->scene->used, indexes);
    for (size_t i = 0; i < count; i++) {
        const struct seki_field *field = indexes[i] != SIZE_MAX ? seki_message_field(message, indexes[i]) : NULL;
        t->slots[i] = (struct explain_slot){ t->signature->names[i], field };
    }
    return true;
}

static bool make_variants(struct trial *t, struct seki_str body)
{
    size_t count = t->signature->name_count;
    t->variants = (struct explain_variants){
        .arena = t->variants_arena,
        .message = t->proof->scene->message,
        .body = body,
        .is_simple = t->signature->header_canon == SEKI_CANON_SIMPLE,
        .slots = t->slots,
        .slot_count = count < EXPLAIN_MAX_SLOTS ? count : EXPLAIN_MAX_SLOTS,
        .list = seki_arena_alloc(t->variants_arena, EXPLAIN_MAX_VARIANTS, sizeof *t->variants.list),
    };
    if (t->variants.list == NULL)
        return false;
    explain_variants_make(&t->variants);
    t->change->is_stopped = t->variants.is_full || count > EXPLAIN_MAX_SLOTS;
    t->variants.slot_count = count;
    return true;
}

enum seki_result explain_header_change_find(struct seki_arena *arena, const struct explain_proof *proof,
                                            struct seki_str body, struct explain_header_change *change_out)
{
    struct trial trial = { .arena = arena,
                           .variants_arena = seki_arena_new(MAX_MEMORY),
                           .proof = proof,
                           .signature = &proof->check->signature,
                           .max_tried = proof->is_recovered ? MAX_TRIED : MAX_VERIFIED,
                           .change = change_out };
    *change_out = (struct explain_header_change){ 0 };
    trial.has_failed = trial.variants_arena == NULL || !make_slots(&trial) || !make_variants(&trial, body);
    if (proof->maker != EXPLAIN_MADE_BY_ANOTHER)
        try_all(&trial);
    change_out->is_stopped = change_out->is_stopped && !change_out->is_found;
    seki_arena_free(trial.variants_arena);
    return trial.has_failed ? SEKI_SYSTEM : seki_arena_failure(arena);
}
