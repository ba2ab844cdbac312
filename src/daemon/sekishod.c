/* The program: its options, and which of its lives to begin. */
#include "daemon/child.h"
#include "daemon/config.h"
#include "daemon/options.h"
#include "daemon/role_control.h"
#include "daemon/role_inbound.h"
#include "daemon/supervisor.h"

#include <assert.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#define EXIT_USAGE 2

#define MAX_OPTIONS 16u

static const char help_head[] =
    "Usage: sekishod [--config FILE] [--foreground]\n"
    "       sekishod --check-config [FILE]\n"
    "\n"
    "Checks incoming mail as a milter beside Postfix or Sendmail (SPF, DKIM, DMARC, ARC) and "
    "puts the result\n"
    "in an Authentication-Results field.\n"
    "\n";
static const char help_tail[] =
    "\n"
    "The configuration is " SEKISHO_CONFIG_FILE " where --config names no other.\n"
    "SIGHUP reads it anew without dropping a session; what cannot be changed while running, or is wrong, is said "
    "in\n"
    "the log and the old value stays. SIGTERM finishes messages under way, then stops.\n"
    "Postfix: smtpd_milters = unix:sekisho/inbound.sock, milter_default_action = tempfail\n";

enum task { TASK_RUN = 0, TASK_CHECK_CONFIG, TASK_PRINT_SAMPLE, TASK_HELP, TASK_VERSION, TASK_ROLE };

struct command {
    enum task task;
    const char *config_path, *role;
    bool in_foreground;
};

static bool read_option(int option, struct command *command)
{
    switch (option) {
    case 'c': command->config_path = optarg; return true;
    case 'f': command->in_foreground = true; return true;
    case 'C': command->task = TASK_CHECK_CONFIG; return true;
    case 's': command->task = TASK_PRINT_SAMPLE; return true;
    case 'h': command->task = TASK_HELP; return true;
    case 'V': command->task = TASK_VERSION; return true;
    case 'r':
        command->task = TASK_ROLE;
        command->role = optarg;
        return true;
    default: return false; /* getopt_long() has said why */
    }
}

/* The table as getopt_long() wants it. */
static void list_options(struct option long_options[MAX_OPTIONS + 1], char letters[2 * MAX_OPTIONS + 1])
{
    assert(sekishod_option_count <= MAX_OPTIONS);
    for (size_t i = 0; i < sekishod_option_count; i++) {
        const struct sekishod_option *o = &sekishod_options[i];
        long_options[i] =
            (struct option){ o->name, o->argument != NULL ? required_argument : no_argument, NULL, o->letter };
        if (o->help == NULL)
            continue;
        *letters++ = o->letter;
        if (o->argument != NULL)
            *letters++ = ':';
    }
}

static bool read_command(int argc, char **argv, struct command *command)
{
    struct option long_options[MAX_OPTIONS + 1] = { { 0 } };
    char letters[2 * MAX_OPTIONS + 1] = "";
    int option;
    list_options(long_options, letters);
    *command = (struct command){ .config_path = SEKISHO_CONFIG_FILE };
    while ((option = getopt_long(argc, argv, letters, long_options, NULL)) != -1) {
        if (!read_option(option, command))
            return false;
    }
    if (command->task == TASK_CHECK_CONFIG && optind + 1 == argc)
        command->config_path = argv[optind++];
    if (optind == argc)
        return true;
    fprintf(stderr, "sekishod: \"%s\" is not expected here\n", argv[optind]);
    return false;
}

static int finish_output(void)
{
    if (fflush(stdout) == 0)
        return EXIT_SUCCESS;
    fprintf(stderr, "sekishod: cannot write to standard output\n");
    return EXIT_FAILURE;
}

static int print_help(void)
{
    fputs(help_head, stdout);
    for (size_t i = 0; i < sekishod_option_count; i++) {
        const struct sekishod_option *o = &sekishod_options[i];
        char name[32];
        snprintf(name, sizeof name, "--%s%s%s", o->name, o->argument != NULL ? " " : "",
                 o->argument != NULL ? o->argument : "");
        if (o->help != NULL)
            printf("  -%c, %-22s %s\n", o->letter, name, o->help);
    }
    fputs(help_tail, stdout);
    return finish_output();
}

static int print_sample(void)
{
    struct seki_buf sample;
    seki_buf_init(&sample, CONFIG_FILE_MAX_OCTETS);
    config_write_sample(&sample);
    fwrite(sample.ptr, 1, sample.len, stdout);
    seki_buf_release(&sample);
    return finish_output();
}

static int check_config(const char *path)
{
    struct config_problems problems;
    struct seki_buf text;
    struct config *config = NULL;
    config_problems_init(&problems);
    seki_buf_init(&text, CONFIG_FILE_MAX_OCTETS);
    if (config_read_file(path, &text, &problems))
        config = config_parse(path, seki_buf_str(&text), &problems);
    if (config != NULL)
        config_check_machine(config, path, &problems);
    bool is_sound = problems.count == 0;
    if (is_sound)
        printf("%s: no mistakes found\n", path);
    fprintf(stderr, "%.*s", (int)problems.text.len, seki_buf_str(&problems.text).ptr);
    config_unref(config);
    seki_buf_release(&text);
    config_problems_release(&problems);
    return finish_output() == EXIT_SUCCESS && is_sound ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int run_role(const char *role)
{
    static const struct {
        const char *name;
        int (*run)(int channel);
    } roles[] = { { "inbound", role_inbound_run }, { "control", role_control_run } };
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (strcmp(role, roles[i].name) == 0)
            return roles[i].run(CHILD_CHANNEL);
    }
    fprintf(stderr, "sekishod: there is no role \"%s\"\n", role);
    return EXIT_USAGE;
}

static int run_command(const struct command *command)
{
    switch (command->task) {
    case TASK_RUN:
        return supervisor_run(&(struct supervisor_options){ command->config_path, command->in_foreground });
    case TASK_CHECK_CONFIG: return check_config(command->config_path);
    case TASK_PRINT_SAMPLE: return print_sample();
    case TASK_HELP: return print_help();
    case TASK_VERSION: printf("sekishod %s\n", SEKISHO_VERSION); return finish_output();
    case TASK_ROLE: return run_role(command->role);
    }
    return EXIT_USAGE;
}

/* Standard error is written to by its number: a closed one must not become a socket's. */
static bool open_standard_descriptors(void)
{
    int fd;
    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

int main(int argc, char **argv)
{
    struct command command;
    if (!open_standard_descriptors())
        return EXIT_FAILURE; /* and there may be nowhere to say so */
    if (read_command(argc, argv, &command))
        return run_command(&command);
    fputs("sekishod --help shows what can be written\n", stderr);
    return EXIT_USAGE;
}
