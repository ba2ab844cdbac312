/* Completion for shells, from the tables of the command. */
#ifndef MANUAL_COMPLETION_H
#define MANUAL_COMPLETION_H

#include <stdio.h>

void completion_bash(FILE *to);
void completion_zsh(FILE *to);
void completion_fish(FILE *to);

#endif
