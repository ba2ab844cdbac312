/* Selectors that mail services give to their customers, to try where nobody said which are used. */
#ifndef DOMAIN_DKIM_SELECTORS_H
#define DOMAIN_DKIM_SELECTORS_H

#include <stddef.h>

struct domain_selector {
    const char *name;
    const char *whose; /* product names, as their makers write them */
};
extern const struct domain_selector domain_selectors[];
extern const size_t domain_selector_count;

#endif
