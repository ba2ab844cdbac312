/* Reading Authentication-Results (RFC 8601 section 2.2).
 *
 * A field is read twice: once to see that it is well formed and to count, once to store what it says in arrays of
 * the right size. Who only wants to know whether a field must go (seki_authres_must_remove()) stops after the first,
 * so a hostile field costs the message no memory.
 *
 * More is let through than the grammar has, where large senders write it and it can mean only one thing: an empty
 * result (a final ";"), a property without ptype ("action=none"), an unquoted or missing property value. The
 * authserv-id gets no such leave: trust hangs on it. */
#include <sekisho/authres.h>
#include <sekisho/domain.h>

#include "auth/authres_value.h"
#include "base/i18n.h"
#include "message/lexical.h"

#define MAX_RESULTS    100u
#define MAX_PROPERTIES 100u

struct reader {
    struct seki_cursor cursor;
    struct seki_arena *arena;
    struct seki_authres authres;              /* its arrays are NULL in the first reading */
    struct seki_authres_property *properties; /* of all results; NULL in the first reading */
    size_t property_count;
    bool has_none; /* "none" stood where a result could */
    enum seki_result result;
};

static bool fail(struct reader *r, const char *problem)
{
    if (r->cursor.problem == NULL)
        r->cursor.problem = problem;
    if (r->result == SEKI_OK)
        r->result = SEKI_BAD_INPUT;
    return false;
}

static bool fail_limit(struct reader *r, const char *problem)
{
    r->result = SEKI_LIMIT;
    return fail(r, problem);
}

static bool is_second_reading(const struct reader *r)
{
    return r->properties != NULL;
}

/* Pass [CFWS]. */
static bool skip(struct reader *r, bool *had_any_out)
{
    bool had_any = seki_skip_cfws(&r->cursor);
    if (had_any_out != NULL)
        *had_any_out = had_any;
    return r->cursor.problem == NULL || fail(r, NULL);
}

/* [CFWS] sign [CFWS] */
static bool take_sign(struct reader *r, char sign, const char *problem)
{
    if (!skip(r, NULL))
        return false;
    if (seki_cursor_peek(&r->cursor) != sign)
        return fail(r, problem);
    r->cursor.at++;
    return skip(r, NULL);
}

/* The octets from the cursor on for which belongs() is true. */
static struct seki_str take_while(struct reader *r, bool (*belongs)(char))
{
    size_t start = r->cursor.at;
    while (!seki_cursor_at_end(&r->cursor) && belongs(r->cursor.text.ptr[r->cursor.at]))
        r->cursor.at++;
    return (struct seki_str){ r->cursor.text.ptr + start, r->cursor.at - start };
}

/* Keyword = Ldh-str (RFC 5321 section 4.1.2) */
static bool take_keyword(struct reader *r, struct seki_str *keyword_out)
{
    *keyword_out = take_while(r, seki_authres_is_keyword_octet);
    return keyword_out->len > 0 || fail(r, N_("no keyword"));
}

/* 1*DIGIT */
static bool take_version(struct reader *r, unsigned *version_out)
{
    uint64_t version;
    if (!seki_str_to_u64(take_while(r, seki_is_digit), UINT32_MAX, &version) || version == 0)
        return fail(r, N_("a bad version"));
    *version_out = (unsigned)version;
    return true;
}

/* Quoted content without quoting; left as it is in the first reading. */
static bool unquoted(struct reader *r, struct seki_str content, bool is_plain, struct seki_str *value_out)
{
    *value_out = content;
    if (is_plain || !is_second_reading(r))
        return true;
    char *text = seki_arena_octets(r->arena, content.len);
    if (text == NULL) {
        r->result = seki_arena_failure(r->arena);
        return fail(r, N_("no memory left in the message"));
    }
    *value_out = (struct seki_str){ text, seki_unquote(text, content) };
    return true;
}

/* An address whose local part is quoted keeps its quotes, since only so it is an address; only its folds go. */
static bool without_folds(struct reader *r, struct seki_str address, struct seki_str *value_out)
{
    *value_out = address;
    if (!is_second_reading(r) || seki_str_find(address, '\n') == address.len)
        return true;
    char *text = seki_arena_octets(r->arena, address.len);
    if (text == NULL) {
        r->result = seki_arena_failure(r->arena);
        return fail(r, N_("no memory left in the message"));
    }
    *value_out = (struct seki_str){ text, 0 };
    for (size_t i = 0; i < address.len; i++)
        if (address.ptr[i] != '\r' && address.ptr[i] != '\n')
            text[value_out->len++] = address.ptr[i];
    return true;
}

/* quoted-string, or local-part "@" domain-name with a quoted local part */
static bool take_quoted_value(struct reader *r, struct seki_str *value_out)
{
    size_t start = r->cursor.at;
    struct seki_str content;
    bool is_plain;
    if (!seki_take_quoted_string(&r->cursor, &content, &is_plain))
        return fail(r, NULL);
    if (seki_cursor_peek(&r->cursor) != '@')
        return unquoted(r, content, is_plain, value_out);
    take_while(r, seki_authres_is_loose_octet);
    return without_folds(r, (struct seki_str){ r->cursor.text.ptr + start, r->cursor.at - start }, value_out);
}

/* pvalue = [CFWS] ( value / [ [ local-part ] "@" ] domain-name ) [CFWS]
 * Unquoted, anything up to white space, ";" or a comment is taken. Only behind white space a value with "=" in it is
 * refused: it would be the next property, after an empty value. */
static bool take_pvalue(struct reader *r, struct seki_str *value_out)
{
    bool has_gap;
    if (!skip(r, &has_gap))
        return false;
    if (seki_cursor_peek(&r->cursor) == '"')
        return take_quoted_value(r, value_out);
    *value_out = take_while(r, seki_authres_is_loose_octet);
    if (has_gap && seki_str_find(*value_out, '=') < value_out->len)
        return fail(r, N_("a property without a value"));
    return true;
}

/* reasonspec = "reason" [CFWS] "=" [CFWS] value
 * propspec = ptype [CFWS] "." [CFWS] property [CFWS] "=" pvalue */
static bool take_reason_or_property(struct reader *r, struct seki_authres_result *result, bool *has_reason)
{
    struct seki_authres_property property = { .ptype = SEKI_STR("") };
    if (!take_keyword(r, &property.property) || !skip(r, NULL))
        return false;
    if (seki_cursor_peek(&r->cursor) == '.') {
        property.ptype = property.property;
        if (!take_sign(r, '.', NULL) || !take_keyword(r, &property.property))
            return false;
    }
    if (!skip(r, NULL))
        return false;
    if (seki_cursor_peek(&r->cursor) != '=')
        return fail(r, N_("no \"=\" behind a property"));
    r->cursor.at++;
    if (!take_pvalue(r, &property.value))
        return false;
    if (property.ptype.len == 0 && seki_str_equal_nocase(property.property, SEKI_STR("reason"))) {
        if (*has_reason)
            return fail(r, N_("two reasons"));
        *has_reason = true;
        result->reason = property.value;
        return true;
    }
    if (result->property_count == MAX_PROPERTIES)
        return fail_limit(r, N_("more than 100 properties"));
    if (is_second_reading(r))
        result->properties[result->property_count] = property;
    result->property_count++;
    return true;
}

static bool is_at_end_of_result(const struct reader *r)
{
    return seki_cursor_at_end(&r->cursor) || seki_cursor_peek(&r->cursor) == ';';
}

/* [ CFWS reasonspec ] [ CFWS 1*propspec ], in any order */
static bool take_details(struct reader *r, struct seki_authres_result *result)
{
    bool has_gap, has_reason = false;
    for (;;) {
        if (!skip(r, &has_gap))
            return false;
        if (is_at_end_of_result(r))
            return true;
        if (!has_gap)
            return fail(r, N_("no white space before a property"));
        if (!take_reason_or_property(r, result, &has_reason))
            return false;
    }
}

/* methodspec = [CFWS] method [CFWS] "=" [CFWS] result ; method = Keyword [ [CFWS] "/" [CFWS] method-version ]
 * *is_none_out: it was no-result, "none", instead. */
static bool take_methodspec(struct reader *r, struct seki_authres_result *result, bool *is_none_out)
{
    if (!take_keyword(r, &result->method) || !skip(r, NULL))
        return false;
    *is_none_out = is_at_end_of_result(r) && seki_str_equal_nocase(result->method, SEKI_STR("none"));
    if (*is_none_out)
        return true;
    if (seki_cursor_peek(&r->cursor) == '/' && (!take_sign(r, '/', NULL) || !take_version(r, &result->version)))
        return false;
    return take_sign(r, '=', N_("no \"=\" behind a method")) && take_keyword(r, &result->result);
}

static bool take_result(struct reader *r)
{
    struct seki_authres_result result = { .version = 1, .reason = SEKI_STR(""), .comment = SEKI_STR("") };
    bool is_none;
    if (is_second_reading(r))
        result.properties = r->properties + r->property_count;
    if (!take_methodspec(r, &result, &is_none))
        return false;
    if (r->has_none || (is_none && r->authres.result_count > 0))
        return fail(r, N_("\"none\" beside results"));
    r->has_none = is_none;
    if (is_none)
        return true;
    if (r->authres.result_count == MAX_RESULTS)
        return fail_limit(r, N_("more than 100 results"));
    if (!take_details(r, &result))
        return false;
    if (is_second_reading(r))
        r->authres.results[r->authres.result_count] = result;
    r->authres.result_count++;
    r->property_count += result.property_count;
    return true;
}

/* authserv-id = value ; value = token / quoted-string, the id in UTF-8 too (section 2.5) */
static bool take_authserv_id(struct reader *r)
{
    struct seki_str content;
    bool is_plain;
    if (!skip(r, NULL))
        return false;
    if (seki_cursor_peek(&r->cursor) != '"') {
        r->authres.authserv_id = take_while(r, seki_authres_is_token_octet);
        return r->authres.authserv_id.len > 0 || fail(r, N_("no authserv-id"));
    }
    if (!seki_take_quoted_string(&r->cursor, &content, &is_plain))
        return fail(r, NULL);
    return unquoted(r, content, is_plain, &r->authres.authserv_id);
}

/* authres-payload = [CFWS] authserv-id [ CFWS authres-version ] ( no-result / 1*resinfo ) [CFWS] CRLF */
static bool take_payload(struct reader *r)
{
    bool has_gap;
    r->authres.version = 1;
    if (!take_authserv_id(r) || !skip(r, &has_gap))
        return false;
    if (has_gap && seki_is_digit(seki_cursor_peek(&r->cursor)) && !take_version(r, &r->authres.version))
        return false;
    do {
        if (!take_sign(r, ';', N_("no \";\"")))
            return false;
        if (!is_at_end_of_result(r) && !take_result(r))
            return false;
    } while (!seki_cursor_at_end(&r->cursor));
    return true;
}

static struct reader first_reading(struct seki_arena *arena, struct seki_str value)
{
    struct reader r = { .cursor.text = value, .arena = arena };
    take_payload(&r);
    return r;
}

/* The same again, into memory. */
static struct reader second_reading(const struct reader *first)
{
    struct reader r = { .cursor.text = first->cursor.text, .arena = first->arena };
    r.authres.results = seki_arena_alloc(r.arena, first->authres.result_count, sizeof *r.authres.results);
    r.properties =
        seki_arena_alloc(r.arena, first->property_count + 1, sizeof *r.properties); /* never NULL for 0 */
    if (r.authres.results == NULL || r.properties == NULL)
        r.result = seki_arena_failure(r.arena);
    else
        take_payload(&r);
    return r;
}

enum seki_result seki_authres_parse(struct seki_arena *arena, struct seki_str value,
                                    struct seki_authres *authres_out, struct seki_error *why)
{
    *authres_out = (struct seki_authres){ 0 };
    struct reader r = first_reading(arena, value);
    if (r.result == SEKI_OK)
        r = second_reading(&r);
    if (r.result == SEKI_OK)
        *authres_out = r.authres;
    else if (r.cursor.problem != NULL)
        seki_error_set(why, "cannot read Authentication-Results: %s at octet %zu", r.cursor.problem,
                       r.cursor.at + 1);
    else
        seki_error_set(why, "no memory left in the message for Authentication-Results");
    return r.result;
}

/* U-labels and A-labels are the same name, and a final dot adds nothing. What cannot be converted is compared as it
 * is; *is_doubtful_out: and is no ASCII, so that nobody can tell. */
static struct seki_str canonical_id(struct seki_arena *arena, struct seki_str id, bool *is_doubtful_out)
{
    struct seki_str ascii;
    bool is_plain = seki_str_is_ascii(id) && (id.len == 0 || id.ptr[id.len - 1] != '.');
    *is_doubtful_out = false;
    if (is_plain)
        return id;
    if (seki_domain_to_ascii(arena, id, &ascii) == SEKI_OK)
        return ascii;
    *is_doubtful_out = !seki_str_is_ascii(id);
    return id;
}

/* An authserv-id as it stands in the field, without quoting and outer white space. */
static struct seki_str plain_id(struct seki_arena *arena, struct seki_str id)
{
    char *text = seki_arena_octets(arena, id.len);
    if (text == NULL)
        return (struct seki_str){ NULL, 0 };
    return seki_str_trim((struct seki_str){ text, seki_unquote(text, id) });
}

bool seki_authres_must_remove(struct seki_arena *arena, struct seki_str value, const struct seki_str *our_ids,
                              size_t our_id_count)
{
    bool is_doubtful, is_ours_doubtful;
    const struct reader r = first_reading(arena, value);
    if (r.result != SEKI_OK || r.authres.version != 1)
        return true;
    struct seki_str id = plain_id(arena, r.authres.authserv_id);
    if (id.ptr == NULL)
        return true;
    id = canonical_id(arena, id, &is_doubtful);
    for (size_t i = 0; i < our_id_count && !is_doubtful; i++)
        if (seki_str_equal_nocase(id, canonical_id(arena, seki_str_trim(our_ids[i]), &is_ours_doubtful)))
            return true;
    return is_doubtful;
}
