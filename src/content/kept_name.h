/* A name as its octets come. Of a long one the end is kept, because that says what it is. */
#ifndef CONTENT_KEPT_NAME_H
#define CONTENT_KEPT_NAME_H

#include <sekisho/str.h>

#define CONTENT_KEPT_NAME_MAX 512u

struct content_kept_name { /* zero to begin */
    char octets[CONTENT_KEPT_NAME_MAX];
    size_t len;
};

static inline void content_kept_name_add(struct content_kept_name *name, char octet)
{
    if (name->len == CONTENT_KEPT_NAME_MAX) {
        memmove(name->octets, name->octets + CONTENT_KEPT_NAME_MAX / 2, CONTENT_KEPT_NAME_MAX / 2);
        name->len = CONTENT_KEPT_NAME_MAX / 2;
    }
    name->octets[name->len++] = octet;
}

static inline struct seki_str content_kept_name_str(const struct content_kept_name *name)
{
    return (struct seki_str){ name->octets, name->len };
}

#endif
