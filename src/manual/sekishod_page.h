/* sekishod(8), with the options from the program's table. */
#ifndef MANUAL_SEKISHOD_PAGE_H
#define MANUAL_SEKISHOD_PAGE_H

#include <stdio.h>

void sekishod_page(FILE *to, const char *version);

#endif
