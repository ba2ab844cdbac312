/* What systemd is told, over a socket with a path and one with an abstract name. */
#include "daemon/sd_notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

static int listen_as(const char *name)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    size_t len = strlen(name);
    memcpy(address.sun_path, name, len);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '/' ? 1 : 0))),
                     0);
    setenv("NOTIFY_SOCKET", name, 1);
    return fd;
}

static void expect_sent(const char *name)
{
    char got[128] = "";
    int fd = listen_as(name);
    assert_true(sd_notify_send("READY=1"));
    assert_int_equal(recv(fd, got, sizeof got - 1, MSG_DONTWAIT), 7);
    assert_string_equal(got, "READY=1");
    assert_true(sd_notify_reloading());
    assert_true(recv(fd, got, sizeof got - 1, MSG_DONTWAIT) > 0);
    assert_memory_equal(got, "RELOADING=1\nMONOTONIC_USEC=", 27);
    close(fd);
}

static void a_socket_with_a_path_is_told(void **state)
{
    char folder[] = "/tmp/sekisho-notify-XXXXXX", path[64];
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/s", folder);
    expect_sent(path);
    unlink(path);
    rmdir(folder);
}

static void a_socket_with_an_abstract_name_is_told(void **state)
{
    char name[64];
    (void)state;
    snprintf(name, sizeof name, "@sekisho-notify-test-%ld", (long)getpid());
    expect_sent(name);
}

static void without_a_socket_there_is_nothing_to_do(void **state)
{
    (void)state;
    unsetenv("NOTIFY_SOCKET");
    assert_true(sd_notify_send("READY=1"));
}

static void a_name_that_cannot_be_is_said_to_fail(void **state)
{
    char too_long[200];
    (void)state;
    memset(too_long, 'a', sizeof too_long);
    too_long[0] = '/';
    too_long[sizeof too_long - 1] = '\0';
    const char *names[] = { "", "@", "/", "relative", too_long, "/nonexistent/socket" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        assert_false(sd_notify_send("READY=1"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_socket_with_a_path_is_told),
        cmocka_unit_test(a_socket_with_an_abstract_name_is_told),
        cmocka_unit_test(without_a_socket_there_is_nothing_to_do),
        cmocka_unit_test(a_name_that_cannot_be_is_said_to_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
