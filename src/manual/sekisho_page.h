/* sekisho(1), from the tables of the command, in the reader's language. */
#ifndef MANUAL_SEKISHO_PAGE_H
#define MANUAL_SEKISHO_PAGE_H

#include <stdio.h>

void sekisho_page(FILE *to, const char *version);

#endif
