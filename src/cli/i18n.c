#include "cli/i18n.h"

const char *cli_text(const char *text)
{
    return text;
}
