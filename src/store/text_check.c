#include "store/text_check.h"

#include "store/rows.h"

#include <sekisho/domain.h>
#include <sekisho/ip.h>

/* Well-formed UTF-8 was seen to: C2 80 to C2 9F are U+0080 to U+009F, E2 80 A8 and E2 80 A9 the separators. */
static bool has_control(struct seki_str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        unsigned char next = i + 1 < text.len ? (unsigned char)text.ptr[i + 1] : 0;
        if (c < 0x20 || c == 0x7f || (c == 0xc2 && next < 0xa0))
            return true;
        if (c == 0xe2 && next == 0x80 && i + 2 < text.len && ((unsigned char)text.ptr[i + 2] & 0xfe) == 0xa8)
            return true;
    }
    return false;
}

enum seki_result store_check_text(struct seki_str text, size_t max_octets, const char *what, struct seki_error *why)
{
    if (text.len > max_octets) {
        seki_error_set(why, "%s has %zu octets; it may have %zu", what, text.len, max_octets);
        return SEKI_BAD_INPUT;
    }
    if (!seki_str_is_utf8(text)) {
        seki_error_set(why, "%s is not UTF-8", what);
        return SEKI_BAD_INPUT;
    }
    if (has_control(text)) {
        seki_error_set(why, "%s holds a control character; leave it out", what);
        return SEKI_BAD_INPUT;
    }
    return SEKI_OK;
}

enum seki_result store_check_some_text(struct seki_str text, size_t max_octets, const char *what,
                                       struct seki_error *why)
{
    if (seki_str_trim(text).len == 0) {
        seki_error_set(why, "%s is missing", what);
        return SEKI_BAD_INPUT;
    }
    return store_check_text(text, max_octets, what, why);
}

enum seki_result store_check_domain(struct seki_str name, const char *what, struct seki_arena *arena,
                                    struct seki_str *ascii_out, struct seki_error *why)
{
    /* More than any spelling of 253 octets of A-labels needs; before it is shown in a sentence. */
    enum seki_result result = store_check_some_text(name, 1024, what, why);
    if (result != SEKI_OK)
        return result;
    result = seki_domain_to_ascii(arena, name, ascii_out);
    if (result == SEKI_OK && seki_ip_parse(*ascii_out, &(struct seki_ip){ 0 }))
        result = SEKI_BAD_INPUT; /* RFC 1123 section 2.1: of a name and an address it is the address */
    if (result == SEKI_BAD_INPUT)
        seki_error_set(why, "%s \"%.*s\" is not a domain name", what, SEKI_STR_ARGS(name));
    else if (result != SEKI_OK)
        return store_no_room(arena, why);
    return result;
}
