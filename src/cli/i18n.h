/* The reader's language: gettext over the catalogues of po/. */
#ifndef CLI_I18N_H
#define CLI_I18N_H

#include "base/i18n.h"

#include <stdbool.h>

/** Once, before the first text is shown: read LC_ALL, LC_MESSAGES, LANG and LANGUAGE. */
void cli_i18n_begin(void);

/** Nothing needs translating. */
bool cli_is_english(void);

/** The text in the reader's language; English where there is no catalogue. Valid for ever. */
const char *cli_text(const char *text) __attribute__((format_arg(1)));
#define _(text) cli_text(text)

/** One of two by the rules for numbers of the reader's language. */
const char *cli_text_plural(const char *one, const char *many, unsigned long count)
    __attribute__((format_arg(1), format_arg(2)));

#endif
