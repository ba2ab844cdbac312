/* Which language, and where its texts are.
 *
 * The trick: gettext finds a catalogue by the name of the system's locale, so that without a Japanese locale installed
 * there would be no Japanese. With LANGUAGE=any it looks into `any/LC_MESSAGES/` whatever the locale is, and each language
 * is a text domain of its own, sekisho-ja. So the reader's wish decides, not what the system has. */
#include "cli/i18n.h"

#include <libintl.h>
#include <locale.h>
#include <stdlib.h>

static const char *catalogue; /* NULL: English, as the texts stand in the sources */

/* What the environment wishes: LANGUAGE may only refine a locale that has a language at all. */
static const char *wished_language(void)
{
    static const char *const variables[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
    const char *locale = NULL, *refined = getenv("LANGUAGE");
    for (size_t i = 0; i < sizeof variables / sizeof variables[0] && (locale == NULL || *locale == '\0'); i++)
        locale = getenv(variables[i]);
    if (locale == NULL || *locale == '\0' || strcmp(locale, "POSIX") == 0 || strcspn(locale, ".") < 2)
        return "C";
    return refined != NULL && *refined != '\0' ? refined : locale;
}

/* "ja", "ja_JP.UTF-8", "ja:en" */
static bool is_japanese(const char *language)
{
    return strcspn(language, "_.@:") == 2 && strncmp(language, "ja", 2) == 0;
}

void cli_i18n_begin(void)
{
    const char *folder = getenv("SEKISHO_LOCALEDIR");
    const char *language = wished_language();
    setlocale(LC_CTYPE, "C.UTF-8");
    if (!is_japanese(language) || setenv("LANGUAGE", "any", 1) != 0)
        return;
    /* In "C" gettext does not look for a catalogue; from glibc 2.39 on not in C.UTF-8 either, so there the locale that was
     * wished for must be installed after all. */
    if (setlocale(LC_MESSAGES, "") == NULL)
        setlocale(LC_MESSAGES, "C.UTF-8");
    catalogue = "sekisho-ja";
    bindtextdomain(catalogue, folder != NULL && *folder != '\0' ? folder : SEKISHO_LOCALEDIR);
    bind_textdomain_codeset(catalogue, "UTF-8");
}

bool cli_is_english(void)
{
    return catalogue == NULL;
}

const char *cli_text(const char *text)
{
    /* The entry of "" is the catalogue's own head. */
    return catalogue != NULL && *text != '\0' ? dgettext(catalogue, text) : text;
}

const char *cli_text_plural(const char *one, const char *many, unsigned long count)
{
    if (catalogue != NULL)
        return dngettext(catalogue, one, many, count);
    return count == 1 ? one : many;
}
