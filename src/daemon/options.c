#include "daemon/options.h"

#include "base/i18n.h"

const struct sekishod_option sekishod_options[] = {
    { 'c', "config", "FILE", N_("read this configuration") },
    { 'f', "foreground", NULL, N_("stay in the terminal; for systemd and for trying things out") },
    { 'C', "check-config", NULL, N_("only check the configuration; exit 0 when it is sound, else 1") },
    { 's', "print-config-sample", NULL, N_("write every option with its default and what it is for") },
    { 'h', "help", NULL, N_("say how the program is called") },
    { 'V', "version", NULL, N_("say which version this is") },
    { 'r', "role", "NAME", NULL }, /* the supervisor's, for its children */
};
const size_t sekishod_option_count = sizeof sekishod_options / sizeof sekishod_options[0];
