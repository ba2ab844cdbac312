#include "auth/header_canon.h"

#include "auth/octet_scan.h"

static char *copy(char *out, struct seki_str text)
{
    if (text.len > 0)
        memcpy(out, text.ptr, text.len);
    return out + text.len;
}

static size_t canon_simple(const struct seki_field *field, size_t cut_start, size_t cut_end, char *out)
{
    size_t before_value = (size_t)(field->value.ptr - field->raw.ptr);
    char *end = copy(out, seki_str_head(field->raw, before_value + cut_start));
    return (size_t)(copy(end, seki_str_from(field->raw, before_value + cut_end)) - out);
}

/* WSP, and CRLF with WSP behind it: "interpreted without the CRLF", so all of it is one stretch of WSP. */
static const char *skip_folded_wsp(const char *p, const char *end)
{
    for (;;) {
        if (p < end && seki_is_wsp(*p))
            p++;
        else if (end - p >= 3 && p[0] == '\r' && p[1] == '\n' && seki_is_wsp(p[2]))
            p += 3;
        else
            return p;
    }
}

static bool is_ordinary(char c)
{
    return c != ' ' && c != '\t' && c != '\r';
}

/* Copy up to the next octet that may change (HTAB, CR, SP before something low); *p_inout moves on to it. */
static char *copy_run(char *out, const char **p_inout, const char *end)
{
    const char *p = *p_inout;
    uint32_t changes = 0;
    while (changes == 0 && end - p > (ptrdiff_t)SEKI_SCAN_STEP) {
        changes = seki_scan_changes(p) | seki_scan_cr(p);
        size_t len = changes != 0 ? (size_t)__builtin_ctz(changes) : SEKI_SCAN_STEP;
        memcpy(out, p, SEKI_SCAN_STEP);
        out += len;
        p += len;
    }
    while (changes == 0 && p < end && is_ordinary(*p))
        *out++ = *p++;
    *p_inout = p;
    return out;
}

/* "Convert all sequences of one or more WSP characters to a single SP character" */
static char *canon_value(char *out, struct seki_str value)
{
    if (value.len == 0)
        return out; /* ptr may be NULL */
    const char *p = value.ptr, *end = value.ptr + value.len;
    while (p < end) {
        out = copy_run(out, &p, end);
        if (p == end)
            break;
        const char *after = skip_folded_wsp(p, end);
        *out++ = after > p ? ' ' : *p++; /* a CR that folds nothing stays */
        p = after > p ? after : p;
    }
    return out;
}

static struct seki_str without_leading_wsp(struct seki_str value)
{
    if (value.len == 0)
        return value;
    const char *start = skip_folded_wsp(value.ptr, value.ptr + value.len);
    return seki_str_from(value, (size_t)(start - value.ptr));
}

static size_t canon_relaxed(const struct seki_field *field, size_t cut_start, size_t cut_end, char *out)
{
    char *end = out;
    for (size_t i = 0; i < field->name.len; i++)
        *end++ = seki_ascii_lower(field->name.ptr[i]);
    *end++ = ':';
    const char *value_start = end;
    end = canon_value(end, without_leading_wsp(seki_str_head(field->value, cut_start)));
    end = canon_value(end, seki_str_from(field->value, cut_end));
    if (end > value_start && end[-1] == ' ') /* "Delete all WSP characters at the end of each unfolded … value." */
        end--;
    return (size_t)(end - out);
}

size_t seki_header_canon(enum seki_canonicalization kind, const struct seki_field *field, size_t cut_start,
                         size_t cut_end, char *out)
{
    return kind == SEKI_CANON_RELAXED ? canon_relaxed(field, cut_start, cut_end, out)
                                      : canon_simple(field, cut_start, cut_end, out);
}
