/* Listening sockets: addresses, stale files, modes. */
#include "milter/server.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char folder[64], path[96], address[128];

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/sekisho-listen-test.XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/s", folder);
    snprintf(address, sizeof address, "unix:%s", path);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static int mode_of(const char *file)
{
    struct stat info;
    assert_int_equal(lstat(file, &info), 0);
    return (int)(info.st_mode & 07777);
}

static void a_socket_file_has_the_mode_asked_for_whatever_the_umask(void **state)
{
    (void)state;
    const unsigned modes[] = { 0600, 0660, 0666 };
    mode_t before = umask(0077);
    for (size_t i = 0; i < COUNT(modes); i++) {
        struct seki_error why = { "" };
        int fd = milter_listen(address, modes[i], &why);
        assert_string_equal(why.text, "");
        assert_int_equal(mode_of(path), modes[i]);
        close(fd); /* the file stays, stale, for the next round */
    }
    umask(before);
}

static void a_socket_that_is_answered_is_left_alone(void **state)
{
    (void)state;
    struct seki_error why = { "" };
    int first = milter_listen(address, 0600, &why);
    assert_true(first >= 0);
    assert_int_equal(milter_listen(address, 0600, &why), -1);
    assert_non_null(strstr(why.text, "another process listens there"));
    close(first);
}

static void a_file_that_is_no_socket_is_left_alone(void **state)
{
    (void)state;
    struct seki_error why = { "" };
    unlink(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(milter_listen(address, 0600, &why), -1);
    assert_non_null(strstr(why.text, "no socket; remove it, or name another path"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/nonexistent", path), 0);
    assert_int_equal(milter_listen(address, 0600, &why), -1);
    unlink(path);
}

static void what_is_no_address_is_refused_with_a_sentence(void **state)
{
    (void)state;
    const char *const refused[] = {
        "",
        "inet",
        "inet:",
        "inet:8890",
        "inet:127.0.0.1",
        "inet:127.0.0.1:",
        "inet:127.0.0.1:x",
        "inet:127.0.0.1:65536",
        "inet:127.0.0.1:-1",
        "inet:127.0.0.1:25 ",
        "inet:127.0.0.1.1:25",
        "inet:localhost:25",
        "inet:[::1]:25",
        "inet6:127.0.0.1:25",
        "inet6:[::1]",
        "inet6:[::1:25",
        "inet6:[::1]25",
        "unix:",
        "unix:/nonexistent/folder/s",
        "local:/tmp/x",
        "/tmp/x",
        "inet:256.0.0.1:25",
        "unix:/tmp/"
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
        "01234567",
    };
    for (size_t i = 0; i < COUNT(refused); i++) {
        struct seki_error why = { "" };
        print_message("# %s\n", refused[i]);
        assert_int_equal(milter_listen(refused[i], 0600, &why), -1);
        assert_int_equal(strncmp(why.text, "cannot ", 7), 0);
    }
}

static void what_the_system_refuses_comes_with_a_remedy(void **state)
{
    (void)state;
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof name;
    char taken[64];
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
    snprintf(taken, sizeof taken, "inet:127.0.0.1:%u", ntohs(name.sin_port));
    const struct {
        const char *address, *remedy;
    } cases[] = {
        { taken, "; stop what listens there, or name another address" },
        { "inet:192.0.2.1:8890", "; name an address that this machine has" },
        { "unix:/nonexistent/folder/s", "; make the folder first" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct seki_error why = { "" };
        assert_int_equal(milter_listen(cases[i].address, 0600, &why), -1);
        const char *end = strrchr(why.text, ';');
        assert_non_null(end);
        assert_string_equal(end, cases[i].remedy);
    }
    close(fd);
}

static void internet_addresses_listen(void **state)
{
    (void)state;
    struct seki_error why = { "" };
    int fd = milter_listen("inet:127.0.0.1:0", 0, &why), is_listening = 0;
    socklen_t len = sizeof is_listening;
    assert_string_equal(why.text, "");
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &is_listening, &len), 0);
    assert_int_equal(is_listening, 1);
    assert_int_equal(accept(fd, NULL, NULL), -1); /* does not block */
    close(fd);
    fd = milter_listen("inet6:[::1]:0", 0, &why);
    if (fd < 0)
        print_message("# no IPv6 here: %s\n", why.text);
    else
        close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_socket_file_has_the_mode_asked_for_whatever_the_umask),
        cmocka_unit_test(a_socket_that_is_answered_is_left_alone),
        cmocka_unit_test(a_file_that_is_no_socket_is_left_alone),
        cmocka_unit_test(what_is_no_address_is_refused_with_a_sentence),
        cmocka_unit_test(what_the_system_refuses_comes_with_a_remedy),
        cmocka_unit_test(internet_addresses_listen),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
