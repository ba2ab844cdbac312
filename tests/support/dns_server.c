#include "dns_server.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_OPTIONS 32

struct dns_server {
    pid_t pid;
    char folder[64], zone[96], log[96], address[32];
};

static void die(const char *what)
{
    fprintf(stderr, "dns_server: %s: %s\n", what, strerror(errno));
    exit(1);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(text, file) == EOF || fclose(file) != 0)
        die(path);
}

static void run(const struct dns_server *server, int output, const char *const *options)
{
    const char *program = getenv("SEKISHO_DNS_RESPONDER");
    const char *args[MAX_OPTIONS + 6] = { program, "--zone", server->zone, "--log", server->log };
    for (size_t i = 0; options != NULL && options[i] != NULL; i++) {
        if (i == MAX_OPTIONS)
            _exit(2);
        args[5 + i] = options[i];
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that crashes leaves no server behind */
    dup2(output, STDOUT_FILENO);
    if (program != NULL)
        execv(program, (char **)(uintptr_t)args);
    fprintf(stderr, "dns_server: $SEKISHO_DNS_RESPONDER cannot be run\n");
    _exit(127);
}

struct dns_server *dns_server_start(const char *zone, const char *const *options)
{
    struct dns_server *server = calloc(1, sizeof *server);
    int output[2];
    if (server == NULL || pipe(output) != 0)
        die("start");
    snprintf(server->folder, sizeof server->folder, "/tmp/sekisho-dns-XXXXXX");
    if (mkdtemp(server->folder) == NULL)
        die(server->folder);
    snprintf(server->zone, sizeof server->zone, "%s/zone", server->folder);
    snprintf(server->log, sizeof server->log, "%s/log", server->folder);
    write_file(server->zone, zone);
    server->pid = fork();
    if (server->pid < 0)
        die("fork");
    if (server->pid == 0)
        run(server, output[1], options);
    close(output[1]);
    FILE *said = fdopen(output[0], "r");
    if (said == NULL || fgets(server->address, sizeof server->address, said) == NULL)
        die("dns_responder does not start");
    server->address[strcspn(server->address, "\n")] = '\0';
    fclose(said);
    return server;
}

const char *dns_server_address(const struct dns_server *server)
{
    return server->address;
}

unsigned dns_server_count(const struct dns_server *server, const char *text)
{
    char line[4096];
    unsigned count = 0;
    FILE *file = fopen(server->log, "r");
    if (file == NULL)
        die(server->log);
    while (fgets(line, sizeof line, file) != NULL)
        count += strstr(line, text) != NULL;
    fclose(file);
    return count;
}

void dns_server_pause(struct dns_server *server)
{
    kill(server->pid, SIGSTOP);
}

void dns_server_resume(struct dns_server *server)
{
    kill(server->pid, SIGCONT);
}

void dns_server_stop(struct dns_server *server)
{
    int status;
    /* In this order: a SIGCONT that comes while the leak check stops its own process leaves it spinning for ever. */
    kill(server->pid, SIGCONT);
    kill(server->pid, SIGTERM);
    if (waitpid(server->pid, &status, 0) == server->pid && !(WIFEXITED(status) && WEXITSTATUS(status) == 0))
        fprintf(stderr, "dns_server: dns_responder ended badly (status %d)\n", status);
    unlink(server->zone);
    unlink(server->log);
    rmdir(server->folder);
    free(server);
}
