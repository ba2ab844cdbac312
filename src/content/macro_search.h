/* Macros in the older office documents: their folder of streams names "_VBA_PROJECT" (MS-OVBA section 2.2.1), in UTF-16. */
#ifndef CONTENT_MACRO_SEARCH_H
#define CONTENT_MACRO_SEARCH_H

#include <sekisho/str.h>

struct content_macro_search { /* zero to begin */
    size_t matched;           /* octets of the name that the last ones were */
};

/** @return has it been met? */
bool content_macro_search_feed(struct content_macro_search *search, struct seki_str octets);

#endif
