/* Included before every file of ours: functions that this house does not use do not compile (unbounded, unchecked,
 * not thread-safe, or a shell). The headers that declare them come first, so that only uses are refused. */
#ifndef SEKISHO_BANNED_H
#define SEKISHO_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strtok atoi atol atoll gets gmtime localtime ctime asctime
#pragma GCC poison system popen

#endif
