/* Tag=value lists (RFC 6376 section 3.2): DKIM and ARC signatures, DKIM key records. */
#ifndef AUTH_TAG_LIST_H
#define AUTH_TAG_LIST_H

#include <sekisho/str.h>

#define SEKI_MAX_TAGS 64u /* far above the 14 that are defined; duplicates are looked for among all */

struct seki_tag {
    struct seki_str name;
    struct seki_str value; /* without white space at its ends, inner folds as they came */
    size_t start, end;     /* in the text read: all between "=" and ";", white space included */
};

struct seki_tag_list {
    struct seki_tag tags[SEKI_MAX_TAGS];
    size_t count;
};

/**
 * Read a whole tag list. Values may hold UTF-8 (RFC 8616 section 5), checked for form.
 * @param list_out  views into text; undefined when a reason is returned
 * @return NULL, or what is wrong with it: the whole list is then invalid
 */
const char *seki_tag_list_parse(struct seki_str text, struct seki_tag_list *list_out);

/** @param name  not empty, compared with case. @return NULL when there is none */
const struct seki_tag *seki_tag_list_find(const struct seki_tag_list *list, struct seki_str name);

/**
 * Cut the next piece of a colon-separated list ([FWS] item [FWS] *( ":" … )) off *rest.
 * @return false when the list was used up before
 */
bool seki_colon_list_next(struct seki_str *rest, struct seki_str *item_out);

#endif
