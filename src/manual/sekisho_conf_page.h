/* sekisho.conf(5), from the table of the configuration. */
#ifndef MANUAL_SEKISHO_CONF_PAGE_H
#define MANUAL_SEKISHO_CONF_PAGE_H

#include <stdio.h>

void sekisho_conf_page(FILE *to, const char *version);

#endif
