#include "explain/one_line.h"

struct seki_str explain_one_line(struct seki_arena *arena, struct seki_str value)
{
    size_t len = 0;
    value = seki_str_trim(value);
    char *line = value.len > 0 ? seki_arena_octets(arena, value.len) : NULL;
    if (line == NULL)
        return SEKI_STR("");
    for (size_t i = 0; i < value.len; i++) {
        if (!seki_is_space(value.ptr[i]))
            line[len++] = value.ptr[i];
        else if (line[len - 1] != ' ')
            line[len++] = ' ';
    }
    return (struct seki_str){ line, len };
}
