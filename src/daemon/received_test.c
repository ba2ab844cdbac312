/* The client that the outermost of our relays saw. */
#include "daemon/received.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct config_network relay_networks[] = { { { 4, { 192, 0, 2 } }, 24 } };
static const struct config_networks relays = { relay_networks, 1 };

static const struct {
    const char *name;
    const char *received[4]; /* from the top */
    const char *address;     /* NULL: not to be told */
    const char *why;
} walks[] = {
    { "one relay", { "from h (r [203.0.113.5]) by relay", "from x (y [198.51.100.1]) by z" }, "203.0.113.5", "" },
    { "two relays", { "from b (b [192.0.2.7]) by a", "from h (r [203.0.113.5]) by b" }, "203.0.113.5", "" },
    { "a filter on the relay",
      { "from localhost (localhost [127.0.0.1]) by a", "from h (r [203.0.113.5]) by a" },
      "203.0.113.5",
      "" },
    { "an unreadable field of a relay ends the walk",
      { "from b (b [192.0.2.7]) by a", "by b (local)", "from h (r [203.0.113.5]) by c" },
      NULL,
      "Received field 2 from the top, written by a relay, names no client" },
    { "only relays", { "from b (b [192.0.2.7]) by a" }, NULL, "its Received fields name nobody but our relays" },
    { "no field", { NULL }, NULL, "a relay brought it without a Received field" },
};

static void the_walk_ends_at_the_first_client_outside(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof walks / sizeof walks[0]; i++) {
        struct seki_arena *arena = seki_arena_new(100000);
        struct seki_message *message = seki_message_new(arena, &(struct seki_message_limits){ 0 });
        struct seki_received_client client;
        struct seki_error why = { "" };
        char text[SEKI_IP_TEXT_MAX];
        assert_int_equal(seki_message_add_field(message, SEKI_STR("Subject"), SEKI_STR(" from a (b [192.0.2.1])")),
                         0);
        for (size_t j = 0; j < 4 && walks[i].received[j] != NULL; j++)
            assert_int_equal(
                seki_message_add_field(message, SEKI_STR("received"), seki_str_of(walks[i].received[j])), 0);
        bool is_found = received_find_client(message, &relays, &client, &why);
        if (is_found != (walks[i].address != NULL) || strcmp(why.text, walks[i].why) != 0 ||
            (is_found && strcmp(seki_ip_format(&client.address, text), walks[i].address) != 0))
            fail_msg("%s: %d %s", walks[i].name, is_found, why.text);
        seki_arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_walk_ends_at_the_first_client_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
