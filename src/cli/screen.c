#include "cli/screen.h"

#include "cli/columns.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LEAST_COLUMNS 40u
#define MOST_COLUMNS  100u

size_t cli_screen_columns(void)
{
    struct winsize size;
    if (!isatty(STDOUT_FILENO) || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return CLI_SCREEN_COLUMNS;
    size_t columns = size.ws_col < LEAST_COLUMNS ? LEAST_COLUMNS : size.ws_col;
    return columns < MOST_COLUMNS ? columns : MOST_COLUMNS;
}

static bool is_coloured(void)
{
    const char *refused = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && (refused == NULL || *refused == '\0');
}

void cli_print_coloured(enum cli_colour colour, const char *text)
{
    static const unsigned codes[] = { [CLI_BOLD] = 1, [CLI_RED] = 31, [CLI_YELLOW] = 33, [CLI_GREEN] = 32 };
    if (is_coloured())
        printf("\033[%um%s\033[0m", codes[colour], text);
    else
        printf("%s", text);
}
