/* The trick is that of cli/i18n.c: with LANGUAGE=any gettext looks into any/LC_MESSAGES/ whatever the locale is, and each
 * language is a text domain of its own. */
#include "daemon/catalogue.h"

#include <libintl.h>
#include <locale.h>
#include <stdlib.h>

#define JAPANESE "sekisho-ja"

void catalogue_begin(void)
{
    const char *folder = getenv("SEKISHO_LOCALEDIR");
    setenv("LANGUAGE", "any", 1);
    if (setlocale(LC_MESSAGES, "C.UTF-8") == NULL) /* in "C" gettext does not look for a catalogue */
        setlocale(LC_MESSAGES, "");
    bindtextdomain(JAPANESE, folder != NULL && *folder != '\0' ? folder : SEKISHO_LOCALEDIR);
    bind_textdomain_codeset(JAPANESE, "UTF-8");
}

/* A catalogue's head stands as the translation of the empty text. */
bool catalogue_has(enum policy_language language)
{
    return language != POLICY_JAPANESE || *dgettext(JAPANESE, "") != '\0';
}

static const char *in_english(const char *text)
{
    return text;
}

static const char *in_japanese(const char *text)
{
    return *text != '\0' ? dgettext(JAPANESE, text) : text;
}

translator catalogue_of(enum policy_language language)
{
    return language == POLICY_JAPANESE ? in_japanese : in_english;
}

const char *catalogue_tag(enum policy_language language)
{
    return language == POLICY_JAPANESE ? "ja" : "en";
}
