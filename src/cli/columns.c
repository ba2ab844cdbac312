#include "cli/columns.h"

#include <limits.h>

#define LEAST_COLUMNS 20u

size_t cli_next_character(const char *text, wchar_t *character_out)
{
    mbstate_t state = { 0 };
    size_t len = mbrtowc(character_out, text, MB_LEN_MAX, &state);
    if (len != (size_t)-1 && len != (size_t)-2)
        return len;
    *character_out = L'?';
    return 1;
}

static size_t width_of(wchar_t character)
{
    int width = wcwidth(character);
    return width > 0 ? (size_t)width : 0;
}

size_t cli_columns(const char *text)
{
    size_t columns = 0, len;
    wchar_t character;
    for (; (len = cli_next_character(text, &character)) > 0; text += len)
        columns += width_of(character);
    return columns;
}

bool cli_may_break(wchar_t before, wchar_t after)
{
    return before != L'\0' && width_of(after) == 2 && wcschr(L"、。，．）」』】：；？！ー", after) == NULL &&
           wcschr(L"（「『【", before) == NULL;
}

/* How much of the text stands on one line of so many columns. */
static size_t line_octets(const char *text, size_t columns)
{
    size_t used = 0, at = 0, broken_at = 0, len;
    wchar_t character, before = L'\0';
    for (; (len = cli_next_character(text + at, &character)) > 0; at += len, before = character) {
        if (character == L' ' || cli_may_break(before, character))
            broken_at = at;
        if (used + width_of(character) > columns)
            return broken_at > 0 ? broken_at : at;
        used += width_of(character);
    }
    return at;
}

void cli_print_within(FILE *to, size_t column, size_t edge, const char *text)
{
    size_t room = column < edge && edge - column > LEAST_COLUMNS ? edge - column : LEAST_COLUMNS;
    for (bool is_first = true; is_first || *text != '\0'; is_first = false) {
        size_t len = line_octets(text, room);
        fprintf(to, "%*s%.*s\n", is_first ? 0 : (int)column, "", (int)len, text);
        text += len;
        text += strspn(text, " ");
    }
}
