#include "auth/spf_scope.h"

#include "auth/spf_record.h"

/* ver-minor = 1*DIGIT
 * "This field must be well formed for a record to be retained, but is otherwise ignored" (RFC 4406 section 4.4). */
static bool cut_minor_version(struct seki_str *text)
{
    size_t digits = 0;
    while (digits < text->len && seki_is_digit(text->ptr[digits]))
        digits++;
    *text = seki_str_from(*text, digits);
    return digits > 0;
}

/* scope    = "/" scope-id *( "," scope-id )
 * scope-id = "mfrom" / "pra" / name
 * "Note that this is a complete string match on the scope-id tokens". */
static bool has_scope_id(struct seki_str scope, struct seki_str wanted)
{
    bool is_found = false;
    struct seki_str rest, scope_id;
    if (scope.len < 2 || scope.ptr[0] != '/')
        return false;
    rest = seki_str_from(scope, 1);
    while (seki_str_split(&rest, ',', &scope_id)) {
        if (!seki_spf_is_name(scope_id))
            return false;
        is_found = is_found || seki_str_equal_nocase(scope_id, wanted);
    }
    return is_found;
}

/* version = "v=spf1" | ( "spf2." ver-minor scope) */
enum seki_spf_version seki_spf_candidate(struct seki_str text, enum seki_spf_scope scope)
{
    static const struct seki_str scope_ids[] = {
        [SEKI_SPF_SCOPE_SPF1] = SEKI_STR_INIT(""),
        [SEKI_SPF_SCOPE_MFROM] = SEKI_STR_INIT("mfrom"),
        [SEKI_SPF_SCOPE_PRA] = SEKI_STR_INIT("pra"),
    };
    const struct seki_str major = SEKI_STR("spf2.");
    if (seki_spf_has_version(text))
        return SEKI_SPF_VERSION_1;
    if (scope == SEKI_SPF_SCOPE_SPF1 || !seki_str_starts_with_nocase(text, major))
        return SEKI_SPF_NO_CANDIDATE;
    struct seki_str rest = seki_str_from(seki_str_head(text, seki_str_find(text, ' ')), major.len);
    return cut_minor_version(&rest) && has_scope_id(rest, scope_ids[scope]) ? SEKI_SPF_VERSION_2
                                                                            : SEKI_SPF_NO_CANDIDATE;
}
