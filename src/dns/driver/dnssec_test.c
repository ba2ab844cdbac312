/* DNSSEC status, with zones signed here (ldns-signzone) and served by nsd. */
#include "dns/driver/resolver.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <event2/event.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <cmocka.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/sekisho-dnssec-XXXXXX";
static char address[32];
static pid_t server;

static void write_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void write_zone(const char *domain)
{
    char name[64], text[1024];
    snprintf(name, sizeof name, "%s.zone", domain);
    snprintf(text, sizeof text,
             "$ORIGIN %s.\n@ 300 IN SOA ns host 1 1h 1h 10h 300\n@ 300 IN NS ns\nns 300 IN A 127.0.0.1\n"
             "@ 300 IN TXT \"v=spf1 -all\"\n",
             domain);
    write_file(name, text);
}

/* Run a program in the folder, quietly. @return whether it ended well */
static bool run(const char *const *args)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (chdir(folder) == 0 && freopen("/dev/null", "w", stdout) != NULL &&
            freopen("/dev/null", "w", stderr) != NULL)
            execvp(args[0], (char **)(uintptr_t)args);
        _exit(127);
    }
    int status;
    return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The file of the key of a domain: "Kexample.com.+013+12345" and what is asked for. */
static void find_key(const char *domain, const char *suffix, char *path, size_t size)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    char prefix[64];
    int len = snprintf(prefix, sizeof prefix, "K%s.+", domain);
    assert_non_null(dir);
    path[0] = '\0';
    while ((entry = readdir(dir)) != NULL)
        if (strncmp(entry->d_name, prefix, (size_t)len) == 0 && strstr(entry->d_name, suffix) != NULL)
            snprintf(path, size, "%s", entry->d_name);
    closedir(dir);
    assert_string_not_equal(path, "");
}

static bool sign(const char *domain)
{
    char zone[64], signed_zone[64], key[300];
    snprintf(zone, sizeof zone, "%s.zone", domain);
    snprintf(signed_zone, sizeof signed_zone, "%s.signed", domain);
    write_zone(domain);
    if (!run((const char *const[]){ "ldns-keygen", "-a", "ECDSAP256SHA256", "-k", domain, NULL }))
        return false;
    find_key(domain, ".private", key, sizeof key);
    *strstr(key, ".private") = '\0';
    return run((const char *const[]){ "ldns-signzone", "-o", domain, "-f", signed_zone, zone, key, NULL });
}

/* Both domains' DS records: what the validator trusts. */
static void write_anchors(void)
{
    static const char *const domains[] = { "example.com", "example.net" };
    char text[2048] = "", key[300], path[400];
    for (size_t i = 0; i < 2; i++) {
        find_key(domains[i], ".ds", key, sizeof key);
        snprintf(path, sizeof path, "%s/%s", folder, key);
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        size_t used = strlen(text), len = fread(text + used, 1, sizeof text - used - 1, file);
        text[used + len] = '\0';
        fclose(file);
    }
    write_file("anchors", text);
}

/* Another record under the signature of the first. */
static void tamper(void)
{
    char path[128], text[8192];
    snprintf(path, sizeof path, "%s/example.net.signed", folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    fclose(file);
    char *record = strstr(text, "v=spf1 -all");
    assert_non_null(record);
    memcpy(record, "v=spf1 +all", 11);
    write_file("example.net.signed", text);
}

static unsigned free_port(void)
{
    struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof any;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&any, &len), 0);
    close(fd);
    return ntohs(any.sin_port);
}

static void start_server(void)
{
    char text[2048];
    unsigned port = free_port();
    snprintf(address, sizeof address, "127.0.0.1:%u", port);
    snprintf(text, sizeof text,
             "server:\n ip-address: 127.0.0.1@%u\n username: \"\"\n zonesdir: \"%s\"\n pidfile: \"%s/pid\"\n"
             " database: \"\"\n xfrdfile: \"%s/xfrd\"\n xfrdir: \"%s\"\n zonelistfile: \"%s/zones\"\n"
             " logfile: \"%s/log\"\n"
             "remote-control:\n control-enable: no\n"
             "zone:\n name: example.com\n zonefile: example.com.signed\n"
             "zone:\n name: example.net\n zonefile: example.net.signed\n"
             "zone:\n name: example.org\n zonefile: example.org.zone\n",
             port, folder, folder, folder, folder, folder, folder);
    write_file("nsd.conf", text);
    snprintf(text, sizeof text, "%s/nsd.conf", folder);
    server = fork();
    if (server == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        execlp("nsd", "nsd", "-d", "-c", text, (char *)NULL);
        _exit(127);
    }
    assert_true(server > 0);
}

struct session {
    struct event_base *base;
    struct resolver *resolver;
    struct seki_arena *arena;
    struct seki_answers *answers;
    struct resolver_lookup *lookup;
};

static void ignore_progress(void *user)
{
    (void)user;
}

static struct session session_new(bool validates)
{
    char anchors[64];
    snprintf(anchors, sizeof anchors, "%s/anchors", folder);
    struct session s = { .base = event_base_new(), .arena = seki_arena_new(1u << 20) };
    struct seki_error why = { "" };
    const struct resolver_options options = { .nameservers = address,
                                              .timeout_ms = 3000,
                                              .trust_anchor_file = validates ? anchors : NULL };
    s.resolver = resolver_new(s.base, &options, &why);
    assert_string_equal(why.text, "");
    s.answers = seki_answers_new(s.arena, 0);
    s.lookup = resolver_lookup_new(s.resolver, s.answers, ignore_progress, NULL);
    return s;
}

static void session_end(struct session *s)
{
    resolver_lookup_end(s->lookup);
    resolver_free(s->resolver);
    event_base_free(s->base);
    seki_arena_free(s->arena);
}

static const struct seki_answer *resolve(struct session *s, const char *name, enum seki_rr_type type)
{
    const struct seki_answer *answer = seki_answers_ask(s->answers, seki_str_of(name), type);
    assert_non_null(answer);
    resolver_pump(s->lookup);
    while (answer->status == SEKI_ANSWER_OPEN)
        event_base_loop(s->base, EVLOOP_ONCE);
    return answer;
}

static void wait_until_ready(void)
{
    enum seki_answer_status status = SEKI_ANSWER_OPEN;
    for (int i = 0; i < 20 && status != SEKI_ANSWER_FOUND; i++) {
        struct session s = session_new(false);
        status = resolve(&s, "example.org", SEKI_RR_TXT)->status;
        session_end(&s);
        if (status != SEKI_ANSWER_FOUND)
            usleep(100000);
    }
    assert_int_equal(status, SEKI_ANSWER_FOUND);
}

static void signed_answers_are_secure_also_when_they_say_no(void **state)
{
    (void)state;
    struct session s = session_new(true);
    const struct seki_answer *found = resolve(&s, "example.com", SEKI_RR_TXT),
                             *nodata = resolve(&s, "ns.example.com", SEKI_RR_TXT),
                             *nxdomain = resolve(&s, "nobody.example.com", SEKI_RR_TXT);
    assert_int_equal(found->status, SEKI_ANSWER_FOUND);
    assert_int_equal(found->record_count, 1);
    assert_true(seki_str_equal(found->records[0].text, SEKI_STR("v=spf1 -all")));
    assert_int_equal(found->dnssec, SEKI_DNSSEC_SECURE);
    assert_int_equal(nodata->status, SEKI_ANSWER_NODATA);
    assert_int_equal(nodata->dnssec, SEKI_DNSSEC_SECURE);
    assert_int_equal(nxdomain->status, SEKI_ANSWER_NXDOMAIN);
    assert_int_equal(nxdomain->dnssec, SEKI_DNSSEC_SECURE);
    session_end(&s);
    s = session_new(true);
    resolve(&s, "example.com", SEKI_RR_TXT);
    struct seki_answers *again = seki_answers_new(s.arena, 0);
    struct resolver_lookup *lookup = resolver_lookup_new(s.resolver, again, ignore_progress, NULL);
    found = seki_answers_ask(again, SEKI_STR("example.com"), SEKI_RR_TXT);
    assert_int_equal(resolver_pump(lookup), 0);
    assert_int_equal(found->dnssec, SEKI_DNSSEC_SECURE); /* from the cache too */
    resolver_lookup_end(lookup);
    session_end(&s);
}

static void a_tampered_answer_is_bogus_and_fails(void **state)
{
    (void)state;
    struct session s = session_new(true);
    const struct seki_answer *bogus = resolve(&s, "example.net", SEKI_RR_TXT),
                             *good = resolve(&s, "ns.example.net", SEKI_RR_A);
    assert_int_equal(bogus->status, SEKI_ANSWER_FAILED);
    assert_int_equal(bogus->dnssec, SEKI_DNSSEC_BOGUS);
    assert_int_equal(bogus->record_count, 0);
    assert_true(seki_str_starts_with(bogus->failure, SEKI_STR("DNSSEC: ")));
    assert_true(bogus->failure.len > 20);
    assert_int_equal(good->dnssec, SEKI_DNSSEC_SECURE);
    session_end(&s);
}

static void an_unsigned_answer_is_insecure(void **state)
{
    (void)state;
    struct session s = session_new(true);
    const struct seki_answer *found = resolve(&s, "example.org", SEKI_RR_TXT);
    assert_int_equal(found->status, SEKI_ANSWER_FOUND);
    assert_int_equal(found->dnssec, SEKI_DNSSEC_INSECURE);
    session_end(&s);
}

static void without_anchors_nothing_is_known(void **state)
{
    (void)state;
    struct session s = session_new(false);
    const struct seki_answer *found = resolve(&s, "example.net", SEKI_RR_TXT);
    assert_int_equal(found->status, SEKI_ANSWER_FOUND);
    assert_int_equal(found->dnssec, SEKI_DNSSEC_UNKNOWN);
    session_end(&s);
}

static int start(void **state)
{
    (void)state;
    assert_true(sign("example.com"));
    assert_true(sign("example.net"));
    write_zone("example.org");
    write_anchors();
    tamper();
    start_server();
    wait_until_ready();
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *place)
{
    (void)info, (void)flag, (void)place;
    return remove(path);
}

static int stop(void **state)
{
    (void)state;
    if (server > 0) {
        kill(server, SIGTERM);
        waitpid(server, NULL, 0);
    }
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static bool is_installed(const char *program)
{
    return run((const char *const[]){ program, "-v", NULL });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signed_answers_are_secure_also_when_they_say_no),
        cmocka_unit_test(a_tampered_answer_is_bogus_and_fails),
        cmocka_unit_test(an_unsigned_answer_is_insecure),
        cmocka_unit_test(without_anchors_nothing_is_known),
    };
    if (mkdtemp(folder) == NULL)
        return 1;
    if (is_installed("ldns-keygen") && is_installed("ldns-signzone") && is_installed("nsd"))
        return cmocka_run_group_tests(tests, start, stop);
    rmdir(folder);
    printf("1..0 # SKIP ldnsutils or nsd is not installed\n");
    return 0;
}
