/* The options of the program: one row each. What is read, --help and the manual page come from here. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stddef.h>

struct sekishod_option {
    char letter;
    const char *name;
    const char *argument; /* what stands for its value; NULL: takes none */
    const char *help;     /* one line; NULL: not for people */
};

extern const struct sekishod_option sekishod_options[];
extern const size_t sekishod_option_count;

#endif
