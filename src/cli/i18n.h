/* The reader's language: gettext over the catalogues of po/. */
#ifndef CLI_I18N_H
#define CLI_I18N_H

#include "base/i18n.h"

/** Text in the language of LC_ALL, LC_MESSAGES or LANG; English where there is no catalogue. */
const char *cli_text(const char *text) __attribute__((format_arg(1)));
#define _(text) cli_text(text)

#endif
