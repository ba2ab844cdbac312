#include "manual/sekisho_conf_page.h"

#include "cli/i18n.h"
#include "daemon/config_table.h"
#include "manual/roff.h"

#include <assert.h>

/* What stands for a value of each type. Words are named one by one. */
static const char *const arguments[] = {
    [CONFIG_TEXT] = "TEXT",     [CONFIG_TEXTS] = "TEXT…", [CONFIG_NETWORKS] = "NETWORK…",
    [CONFIG_NUMBER] = "NUMBER", [CONFIG_MODE] = "MODE",   [CONFIG_DURATION] = "DURATION",
    [CONFIG_OCTETS] = "SIZE",   [CONFIG_WORD] = "WORD",   [CONFIG_YES_NO] = "yes|no",
};
static_assert(sizeof arguments / sizeof arguments[0] == CONFIG_TYPE_COUNT, "one for each type");

static const struct {
    const char *tag, *text;
} types[] = {
    { "TEXT", N_("As it stands, without white space at its ends.") },
    { "TEXT…, NETWORK…",
      N_("Several, with white space or commas between. The option may be set on several lines, which "
         "add up. A network is `ADDR` or `ADDR/BITS`.") },
    { "NUMBER", N_("A whole number.") },
    { "MODE", N_("Permissions, octal.") },
    { "DURATION", N_("A whole number and its unit: `ms`, `s`, `min`, `h` or `d`.") },
    { "SIZE", N_("A whole number and its unit: `B`, `KiB`, `MiB` or `GiB`.") },
};

static void write_description(FILE *to)
{
    roff_section(to, _("DESCRIPTION"));
    roff_more(
        to,
        _("The configuration of `sekishod`(8): sections in brackets, and under each lines of `name = value`. Every "
          "option has a default, so an empty file is a configuration too. A line that begins with `#` or `;` is "
          "a comment. An option or a section that is not known is an error; "
          "`sekishod --check-config` names file, line and remedy."));
    roff_paragraph(
        to, _("A running daemon reads the file again when it gets SIGHUP (`systemctl reload sekishod`). A file "
              "with a mistake changes nothing. Options that are marked so are only read at the start."));
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        roff_item(to, types[i].tag, NULL, _(types[i].text));
}

static bool has_range(const struct config_option *option)
{
    return option->type == CONFIG_NUMBER || option->type == CONFIG_DURATION || option->type == CONFIG_OCTETS;
}

static void write_words(FILE *to, const struct config_option *option)
{
    roff_text(to, _("One of:"));
    for (size_t i = 0; option->words[i] != NULL; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s`%s`", i > 0 ? ", " : " ", option->words[i]);
        roff_text(to, text);
    }
    fputs(".\n", to);
}

static void write_option(FILE *to, const struct config_option *option)
{
    char text[256], min[32], max[32];
    roff_item(to, option->name, arguments[option->type], _(option->help));
    if (option->words != NULL)
        write_words(to, option);
    if (has_range(option)) {
        config_value_bounds(option, min, max);
        snprintf(text, sizeof text, _("From %s to %s."), min, max);
        roff_more(to, text);
    }
    if (option->preset[0] != '\0') {
        snprintf(text, sizeof text, _("Default: `%s`."), option->preset);
        roff_more(to, text);
    }
    if (option->needs_restart)
        roff_more(to, _("Read at start only."));
}

static void write_options(FILE *to)
{
    roff_section(to, _("OPTIONS"));
    for (size_t i = 0; i < config_option_count; i++) {
        const char *section_help = config_section_help(&config_options[i]);
        if (section_help != NULL) {
            char title[64];
            snprintf(title, sizeof title, "[%s]", config_options[i].section);
            roff_subsection(to, title);
            roff_more(to, _(section_help));
        }
        write_option(to, &config_options[i]);
    }
}

static void write_examples(FILE *to)
{
    roff_section(to, _("EXAMPLES"));
    roff_more(
        to,
        _("Behind a relay of our own, with a name of our own, DNSSEC, and two mailing lists whose seals may vouch "
          "for what they changed:"));
    roff_example(to, "[inbound]\n"
                     "authserv_id = mx.example.com\n"
                     "relays = 192.0.2.25 2001:db8::25\n"
                     "\n"
                     "[dns]\n"
                     "trust_anchor_file = /usr/share/dns/root.key\n"
                     "\n"
                     "[arc]\n"
                     "trusted_sealers = lists.example.org\n"
                     "trusted_sealers = lists.example.net\n"
                     "\n"
                     "[metrics]\n"
                     "listen = inet:127.0.0.1:9641");
}

void sekisho_conf_page(FILE *to, const char *version)
{
    roff_begin(to, "SEKISHO.CONF", "5", version, _("Mail authentication"));
    roff_section(to, _("NAME"));
    /* TRANSLATORS: at most 56 columns (28 wide characters), as no line can end within. */
    roff_name(to, "sekisho.conf", _("the configuration of sekishod"));
    roff_section(to, _("SYNOPSIS"));
    roff_more(to, SEKISHO_CONFIG_FILE);
    write_description(to);
    write_options(to);
    write_examples(to);
    roff_section(to, _("SEE ALSO"));
    fputs(".BR sekishod (8),\n.BR sekisho (1)\n", to);
}
