#include <sekisho/result.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void seki_error_set(struct seki_error *why, const char *format, ...)
{
    if (why == NULL)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
}

void seki_error_prefix(struct seki_error *why, const char *format, ...)
{
    if (why == NULL)
        return;
    struct seki_error old = *why;
    va_list args;
    va_start(args, format);
    vsnprintf(why->text, sizeof why->text, format, args);
    va_end(args);
    size_t used = strlen(why->text);
    snprintf(why->text + used, sizeof why->text - used, ": %s", old.text);
}
