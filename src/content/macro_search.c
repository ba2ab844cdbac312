#include "content/macro_search.h"

static const char name[] = "_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T";
#define NAME_LEN (sizeof name - 1)

/* No part of the name but its first octet begins it again at another place: "_\0V" and "_\0P" differ in the third. So after
 * a mismatch only the last "_" and "_\0" can be a beginning. */
static size_t restart(size_t matched, char octet)
{
    if (octet == name[0])
        return 1;
    bool was_second_line = matched == 10 && octet == name[2]; /* "_\0V\0B\0A\0_\0" and "V" */
    return was_second_line ? 3 : 0;
}

bool content_macro_search_feed(struct content_macro_search *search, struct seki_str octets)
{
    for (size_t i = 0; i < octets.len; i++) {
        if (search->matched == 0) {
            const char *first = memchr(octets.ptr + i, name[0], octets.len - i);
            if (first == NULL)
                return false;
            i = (size_t)(first - octets.ptr);
        }
        search->matched =
            octets.ptr[i] == name[search->matched] ? search->matched + 1 : restart(search->matched, octets.ptr[i]);
        if (search->matched == NAME_LEN)
            return true;
    }
    return false;
}
