#include "auth/sign_names.h"

#define MAX_NAMES 1000u /* in h=: no honest message has so many fields of these names */

/* ALWAYS: each instance and once more, there or not, so that none can be added: what a reader is shown, what decides how
 * the body is read, and what names the message. IF_THERE: each instance. */
enum extent { ALWAYS, IF_THERE, IF_THERE_AND_ARC };

/* RFC 6376 section 5.4.1 and what has come since: List-Unsubscribe-Post must be signed to count (RFC 8058 section 4), and
 * so must the CFBL fields (RFC 9477 section 3.1.1). Signatures that are there already: only for ARC (RFC 8617 section
 * 4.1.2 SHOULD; RFC 6376 section 4.2 advises against it). */
static const struct {
    struct seki_str name;
    enum extent extent;
} usual[] = {
    { SEKI_STR_INIT("From"), ALWAYS },
    { SEKI_STR_INIT("Reply-To"), ALWAYS },
    { SEKI_STR_INIT("Subject"), ALWAYS },
    { SEKI_STR_INIT("Date"), ALWAYS },
    { SEKI_STR_INIT("To"), ALWAYS },
    { SEKI_STR_INIT("Cc"), ALWAYS },
    { SEKI_STR_INIT("Message-ID"), ALWAYS },
    { SEKI_STR_INIT("MIME-Version"), ALWAYS },
    { SEKI_STR_INIT("Content-Type"), ALWAYS },
    { SEKI_STR_INIT("Content-Transfer-Encoding"), ALWAYS },
    { SEKI_STR_INIT("Content-Disposition"), IF_THERE },
    { SEKI_STR_INIT("Content-ID"), IF_THERE },
    { SEKI_STR_INIT("Content-Description"), IF_THERE },
    { SEKI_STR_INIT("Content-Language"), IF_THERE },
    { SEKI_STR_INIT("Sender"), IF_THERE },
    { SEKI_STR_INIT("In-Reply-To"), IF_THERE },
    { SEKI_STR_INIT("References"), IF_THERE },
    { SEKI_STR_INIT("Resent-Date"), IF_THERE },
    { SEKI_STR_INIT("Resent-From"), IF_THERE },
    { SEKI_STR_INIT("Resent-Sender"), IF_THERE },
    { SEKI_STR_INIT("Resent-To"), IF_THERE },
    { SEKI_STR_INIT("Resent-Cc"), IF_THERE },
    { SEKI_STR_INIT("Resent-Message-ID"), IF_THERE },
    { SEKI_STR_INIT("List-Id"), IF_THERE },
    { SEKI_STR_INIT("List-Help"), IF_THERE },
    { SEKI_STR_INIT("List-Unsubscribe"), IF_THERE },
    { SEKI_STR_INIT("List-Unsubscribe-Post"), IF_THERE },
    { SEKI_STR_INIT("List-Subscribe"), IF_THERE },
    { SEKI_STR_INIT("List-Post"), IF_THERE },
    { SEKI_STR_INIT("List-Owner"), IF_THERE },
    { SEKI_STR_INIT("List-Archive"), IF_THERE },
    { SEKI_STR_INIT("CFBL-Address"), IF_THERE },
    { SEKI_STR_INIT("CFBL-Feedback-ID"), IF_THERE },
    { SEKI_STR_INIT("DKIM-Signature"), IF_THERE_AND_ARC },
};
#define USUAL (sizeof usual / sizeof usual[0])

static size_t usual_count(size_t index, enum seki_signature_kind kind, const struct seki_message *message)
{
    size_t there = seki_message_count_named(message, usual[index].name);
    switch (usual[index].extent) {
    case ALWAYS: return there + 1;
    case IF_THERE: return there;
    case IF_THERE_AND_ARC: break;
    }
    return kind == SEKI_SIGNATURE_AMS ? there : 0;
}

static enum seki_result choose_usual(struct seki_arena *arena, enum seki_signature_kind kind,
                                     const struct seki_message *message, struct seki_sign_names *chosen_out,
                                     struct seki_error *why)
{
    size_t counts[USUAL], all = 0, used = 0;
    for (size_t i = 0; i < USUAL; i++)
        all += counts[i] = usual_count(i, kind, message);
    if (all > MAX_NAMES) {
        seki_error_set(why, "the message has too many fields to be signed: h= would have over %u names", MAX_NAMES);
        return SEKI_LIMIT;
    }
    struct seki_str *names = seki_arena_alloc(arena, all, sizeof *names);
    if (names == NULL)
        return seki_arena_failure(arena);
    for (size_t i = 0; i < USUAL; i++)
        for (size_t n = 0; n < counts[i]; n++)
            names[used++] = usual[i].name;
    *chosen_out = (struct seki_sign_names){ names, all };
    return SEKI_OK;
}

/* hdr-name = field-name, which in a tag's value cannot hold ";" */
static bool is_name(struct seki_str name)
{
    for (size_t i = 0; i < name.len; i++)
        if (name.ptr[i] < 33 || name.ptr[i] > 126 || name.ptr[i] == ':' || name.ptr[i] == ';')
            return false;
    return name.len > 0;
}

/* RFC 8617 section 4.1.2: "MUST NOT be included" */
static bool is_forbidden_to_arc(struct seki_str name)
{
    return seki_str_equal_nocase(name, SEKI_STR("Authentication-Results")) ||
           seki_str_starts_with_nocase(name, SEKI_STR("ARC-"));
}

static enum seki_result check_wanted(enum seki_signature_kind kind, const struct seki_sign_names *wanted,
                                     struct seki_error *why)
{
    bool has_from = false;
    if (wanted->count > MAX_NAMES) {
        seki_error_set(why, "h= can have %u names at most", MAX_NAMES);
        return SEKI_LIMIT;
    }
    for (size_t i = 0; i < wanted->count; i++) {
        struct seki_str name = wanted->names[i];
        has_from = has_from || seki_str_equal_nocase(name, SEKI_STR("From"));
        if (is_name(name) && (kind != SEKI_SIGNATURE_AMS || !is_forbidden_to_arc(name)))
            continue;
        if (is_name(name))
            seki_error_set(why, "an ARC-Message-Signature must not sign \"%.*s\"", SEKI_STR_ARGS(name));
        else
            seki_error_set(why, "\"%.*s\" is not the name of a field", SEKI_STR_ARGS(name));
        return SEKI_BAD_INPUT;
    }
    if (has_from)
        return SEKI_OK;
    seki_error_set(why, "the From field must be signed: add it to the list of fields");
    return SEKI_BAD_INPUT;
}

enum seki_result seki_sign_names_choose(struct seki_arena *arena, enum seki_signature_kind kind,
                                        const struct seki_message *message, const struct seki_sign_names *wanted,
                                        struct seki_sign_names *chosen_out, struct seki_error *why)
{
    if (seki_message_count_named(message, SEKI_STR("From")) == 0) {
        seki_error_set(why, "the message has no From field, which must be signed");
        return SEKI_BAD_INPUT;
    }
    if (wanted->count == 0)
        return choose_usual(arena, kind, message, chosen_out, why);
    *chosen_out = *wanted;
    return check_wanted(kind, wanted, why);
}
