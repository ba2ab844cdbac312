#include "auth/tag_list.h"

#include "auth/octet_scan.h"
#include "base/i18n.h"

/* A fold is CRLF with WSP behind it; a CRLF alone is none. */
static bool is_fold(struct seki_str text, size_t at)
{
    return text.len - at >= 3 && text.ptr[at] == '\r' && text.ptr[at + 1] == '\n' && seki_is_wsp(text.ptr[at + 2]);
}

/* FWS = [*WSP CRLF] 1*WSP, any number of times; from itself when there is none. */
static size_t skip_fws(struct seki_str text, size_t from)
{
    while (from < text.len) {
        if (seki_is_wsp(text.ptr[from]))
            from++;
        else if (is_fold(text, from))
            from += 3;
        else
            break;
    }
    return from;
}

/* tag-name  =  ALPHA *ALNUMPUNC
 * ALNUMPUNC =  ALPHA / DIGIT / "_" */
static size_t skip_tag_name(struct seki_str text, size_t from)
{
    if (from >= text.len || !seki_is_alpha(text.ptr[from]))
        return from;
    while (from < text.len && (seki_is_alnum(text.ptr[from]) || text.ptr[from] == '_'))
        from++;
    return from;
}

/* Offset of the first octet that is no VALCHAR. */
static size_t skip_valchars(struct seki_str text, size_t from)
{
    while (text.len - from >= SEKI_SCAN_STEP) {
        uint32_t mask = seki_scan_not_valchar(text.ptr + from);
        if (mask != 0)
            return from + (size_t)__builtin_ctz(mask);
        from += SEKI_SCAN_STEP;
    }
    while (from < text.len && text.ptr[from] > 0x20 && text.ptr[from] < 0x7F && text.ptr[from] != ';')
        from++;
    return from;
}

/* Well-formed UTF-8 beyond ASCII (RFC 8616 section 5); from itself when there is none. */
static size_t skip_utf8(struct seki_str text, size_t from)
{
    size_t at = from;
    while (at < text.len && (unsigned char)text.ptr[at] >= 0x80)
        at++;
    return seki_str_is_utf8((struct seki_str){ text.ptr + from, at - from }) ? at : from;
}

/* tag-value =  [ tval *( 1*(WSP / FWS) tval ) ]
 * tval      =  1*VALCHAR
 * VALCHAR   =  %x21-3A / %x3C-7E ; and, by RFC 8616, UTF-8
 * Offset of the first octet that is no part of it, with the white space at its end. */
static size_t skip_tag_value(struct seki_str text, size_t from)
{
    for (size_t at = from;; from = at) {
        at = skip_utf8(text, skip_fws(text, skip_valchars(text, at)));
        if (at == from)
            return at;
    }
}

/* tag-spec  =  [FWS] tag-name [FWS] "=" [FWS] tag-value [FWS] */
static const char *read_tag_spec(struct seki_str text, size_t *at, struct seki_tag *tag)
{
    size_t name = skip_fws(text, *at);
    size_t name_end = skip_tag_name(text, name);
    size_t equals = skip_fws(text, name_end);
    if (name_end == name)
        return N_("a tag has no proper name");
    if (equals == text.len || text.ptr[equals] != '=')
        return N_("a tag name is not followed by \"=\"");
    size_t end = skip_tag_value(text, equals + 1);
    if (end < text.len && text.ptr[end] != ';')
        return N_("a tag value holds an octet that may not stand there");
    *tag = (struct seki_tag){ .name = { text.ptr + name, name_end - name }, .start = equals + 1, .end = end };
    tag->value = seki_str_trim((struct seki_str){ text.ptr + tag->start, end - tag->start });
    *at = end;
    return NULL;
}

/* tag-list  =  tag-spec *( ";" tag-spec ) [ ";" ] */
const char *seki_tag_list_parse(struct seki_str text, struct seki_tag_list *list)
{
    list->count = 0;
    for (size_t at = 0;; at++) { /* over the ";" */
        if (list->count > 0 && skip_fws(text, at) == text.len)
            return NULL;
        if (list->count == SEKI_MAX_TAGS)
            return N_("there are too many tags");
        struct seki_tag *tag = &list->tags[list->count];
        const char *wrong = read_tag_spec(text, &at, tag);
        if (wrong != NULL)
            return wrong;
        if (seki_tag_list_find(list, tag->name) != NULL)
            return N_("a tag stands there twice");
        list->count++;
        if (at == text.len)
            return NULL;
    }
}

const struct seki_tag *seki_tag_list_find(const struct seki_tag_list *list, struct seki_str name)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct seki_tag *tag = &list->tags[i];
        if (tag->name.ptr[0] == name.ptr[0] && seki_str_equal(tag->name, name)) /* spares most of the calls */
            return tag;
    }
    return NULL;
}

bool seki_colon_list_next(struct seki_str *rest, struct seki_str *item_out)
{
    if (!seki_str_split(rest, ':', item_out))
        return false;
    *item_out = seki_str_trim(*item_out);
    return true;
}
