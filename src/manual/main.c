/* Writes what is installed beside the `sekisho` command, from its tables: sekisho_tables man|bash|zsh|fish. The manual is in
 * the language of the environment. */
#include "cli/i18n.h"
#include "manual/completion.h"
#include "manual/sekisho_page.h"

#include <stdio.h>

static void write_page(FILE *to)
{
    sekisho_page(to, "Sekisho " SEKISHO_VERSION);
}

static const struct {
    const char *name;
    void (*write)(FILE *to);
} products[] = {
    { "man", write_page },
    { "bash", completion_bash },
    { "zsh", completion_zsh },
    { "fish", completion_fish },
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
    fprintf(stderr, "usage: %s man|bash|zsh|fish\n", argv[0]);
    return 2;
}
