/* The program: its options, and which of its lives to begin. */
#include "daemon/role_inbound.h"
#include "daemon/child.h"
#include "daemon/config.h"
#include "daemon/supervisor.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

#define EXIT_USAGE 2

static const char help[] =
    "Usage: sekishod [--config FILE] [--foreground]\n"
    "       sekishod --check-config [FILE]\n"
    "\n"
    "Checks incoming mail as a milter beside Postfix (SPF, DKIM, DMARC, ARC) and puts the result in an\n"
    "Authentication-Results field.\n"
    "\n"
    "  -c, --config FILE        read this configuration (" SEKISHO_CONFIG_FILE ")\n"
    "  -f, --foreground         stay in the terminal; for systemd and for trying things out\n"
    "  -C, --check-config       only check the configuration; exit 0 when it is sound, else 1\n"
    "  -s, --print-config-sample  every option with its default and what it is for\n"
    "  -h, --help               this text\n"
    "  -V, --version            version of the program\n"
    "\n"
    "SIGHUP reads the configuration anew without dropping a session; what cannot be changed while running, or\n"
    "is wrong, is said in the log and the old value stays. SIGTERM finishes messages under way, then stops.\n"
    "Postfix: smtpd_milters = unix:sekisho/inbound.sock, milter_default_action = tempfail\n";

enum task { TASK_RUN = 0, TASK_CHECK_CONFIG, TASK_PRINT_SAMPLE, TASK_HELP, TASK_VERSION, TASK_ROLE };

struct command {
    enum task task;
    const char *config_path, *role;
    bool in_foreground;
};

static const struct option long_options[] = {
    { "config", required_argument, NULL, 'c' },
    { "foreground", no_argument, NULL, 'f' },
    { "check-config", no_argument, NULL, 'C' },
    { "print-config-sample", no_argument, NULL, 's' },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
    { "role", required_argument, NULL, 'r' }, /* the supervisor's, for its children */
    { NULL, 0, NULL, 0 },
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

static bool read_command(int argc, char **argv, struct command *command)
{
    int option;
    *command = (struct command){ .config_path = SEKISHO_CONFIG_FILE };
    while ((option = getopt_long(argc, argv, "c:fCshV", long_options, NULL)) != -1) {
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
    if (strcmp(role, "inbound") == 0)
        return role_inbound_run(CHILD_CHANNEL);
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
    case TASK_HELP: fputs(help, stdout); return finish_output();
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
