/* Writes what is installed beside the programs, from their tables: sekisho_tables sekisho.1|sekishod.8|sekisho.conf.5|
 * bash|zsh|fish. Manual pages are in the language of the environment. */
#include "cli/i18n.h"
#include "manual/completion.h"
#include "manual/sekisho_conf_page.h"
#include "manual/sekisho_page.h"
#include "manual/sekishod_page.h"

#include <stdio.h>

#define VERSION "Sekisho " SEKISHO_VERSION

static void write_sekisho(FILE *to)
{
    sekisho_page(to, VERSION);
}

static void write_sekishod(FILE *to)
{
    sekishod_page(to, VERSION);
}

static void write_conf(FILE *to)
{
    sekisho_conf_page(to, VERSION);
}

static const struct {
    const char *name;
    void (*write)(FILE *to);
} products[] = {
    { "sekisho.1", write_sekisho }, { "sekishod.8", write_sekishod }, { "sekisho.conf.5", write_conf },
    { "bash", completion_bash },    { "zsh", completion_zsh },        { "fish", completion_fish },
};

int main(int argc, char **argv)
{
    cli_i18n_begin();
    for (size_t i = 0; argc == 2 && i < sizeof products / sizeof products[0]; i++) {
        if (strcmp(argv[1], products[i].name) != 0)
            continue;
        products[i].write(stdout);
        return fflush(stdout) != 0 || ferror(stdout) ? 1 : 0;
    }
    fprintf(stderr, "usage: %s sekisho.1|sekishod.8|sekisho.conf.5|bash|zsh|fish\n", argv[0]);
    return 2;
}
