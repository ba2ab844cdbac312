#include "explain/charset.h"

#include <errno.h>
#include <iconv.h>

#define MAX_NAME 64u

/* What mail calls by one name is a larger set in practice: NEC's and IBM's characters are everywhere in Japan. */
static const struct {
    struct seki_str name;
    const char *larger;
} larger_sets[] = {
    { SEKI_STR_INIT("shift_jis"), "CP932" },
    { SEKI_STR_INIT("x-sjis"), "CP932" },
    { SEKI_STR_INIT("windows-31j"), "CP932" },
    { SEKI_STR_INIT("us-ascii"), "UTF-8" },
};

/* iconv takes "//" for an option of its own. */
static bool iconv_name(struct seki_str name, char *out, size_t size)
{
    for (size_t i = 0; i < sizeof larger_sets / sizeof larger_sets[0]; i++)
        if (seki_str_equal_nocase(name, larger_sets[i].name))
            name = seki_str_of(larger_sets[i].larger);
    if (name.len == 0 || name.len >= size || seki_str_find(name, '/') < name.len ||
        seki_str_find(name, '\0') < name.len)
        return false;
    memcpy(out, name.ptr, name.len);
    out[name.len] = '\0';
    return true;
}

/* text NULL: what is needed to end it. */
static bool convert(iconv_t conversion, struct seki_str *text, struct seki_buf *out)
{
    size_t result;
    do {
        char piece[4096], *to = piece;
        size_t room = sizeof piece;
        char *from = text != NULL ? (char *)(uintptr_t)text->ptr : NULL;
        result = iconv(conversion, text != NULL ? &from : NULL, text != NULL ? &text->len : NULL, &to, &room);
        int error = errno;
        if (text != NULL)
            text->ptr = from;
        seki_buf_add(out, (struct seki_str){ piece, sizeof piece - room });
        if (result == (size_t)-1 && error != E2BIG)
            return false;
    } while (result == (size_t)-1);
    return result == 0; /* else characters were replaced */
}

bool explain_charset_convert(struct seki_str from, const char *to, struct seki_str text, struct seki_buf *out)
{
    char from_name[MAX_NAME], to_name[MAX_NAME];
    if (!iconv_name(from, from_name, sizeof from_name) || !iconv_name(seki_str_of(to), to_name, sizeof to_name))
        return false;
    iconv_t conversion = iconv_open(to_name, from_name);
    if (conversion == (iconv_t)-1)
        return false;
    bool is_done = convert(conversion, &text, out) && convert(conversion, NULL, out);
    iconv_close(conversion);
    return is_done && seki_buf_failed(out) == SEKI_OK;
}
