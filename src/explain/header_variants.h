/* Inside of header_change.h: what a signed field may have been. */
#ifndef EXPLAIN_HEADER_VARIANTS_H
#define EXPLAIN_HEADER_VARIANTS_H

#include "explain/header_change.h"

#include <sekisho/buf.h>

#define EXPLAIN_MAX_SLOTS        200u
#define EXPLAIN_MAX_VARIANTS     600u
#define EXPLAIN_MAX_FIELD_OCTETS 8192u /* longer ones are not written anew */

/* One name of h=, and the field that it stands for now. */
struct explain_slot {
    struct seki_str name;
    const struct seki_field *field; /* NULL: there is no (more) field of that name */
};

struct explain_variant {
    size_t slot;
    enum explain_header_kind kind;
    struct seki_str raw; /* the whole field; ptr NULL: it was not there */
};

struct explain_variants {
    struct seki_arena *arena;
    const struct seki_message *message;
    struct seki_str body;
    bool is_simple; /* every octet counts */
    const struct explain_slot *slots;
    size_t slot_count;
    struct explain_variant *list; /* room for EXPLAIN_MAX_VARIANTS; the likelier first */
    size_t count;
    bool is_full;
};

/** Fill the list, as far as list and arena go; is_full says that there would be more. */
void explain_variants_make(struct explain_variants *variants);

/* For the makers of variants. */

/** The field's value was this. One that is NULL or too long is passed over. */
void explain_variant_add(struct explain_variants *variants, size_t slot, enum explain_header_kind kind,
                         struct seki_str value);
/** The value of a slot's field, trimmed; "" when there is none, or it is too long. */
struct seki_str explain_variant_value(const struct explain_variants *variants, size_t slot);

void explain_make_subjects(struct explain_variants *variants, size_t slot);
void explain_make_addresses(struct explain_variants *variants, size_t slot);
void explain_make_authors(struct explain_variants *variants, size_t slot);

#endif
