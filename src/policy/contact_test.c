/* RFC 5321 section 4.5.1, RFC 2142 sections 2 and 4. */
#include "policy/contact.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void two_mailboxes_are_contacts_and_no_others(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        bool want;
    } cases[] = {
        { "<postmaster@example.com>", true },
        { "<PostMaster@example.com>", true },
        { "<abuse@sub.example.com>", true },
        { "<ABUSE@example.com>", true },
        { "<Postmaster>", true },
        { "<@relay.example:abuse@example.com>", true },
        { "<user@example.com>", false },
        { "<postmaster+x@example.com>", false },
        { "<postmasters@example.com>", false },
        { "<user@postmaster>", false },
        { "<hostmaster@example.com>", false },
        { "<>", false },
        { "", false },
        { "<@>", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (policy_is_contact(seki_str_of(cases[i].path)) != cases[i].want)
            fail_msg("%s", cases[i].path);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(two_mailboxes_are_contacts_and_no_others) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
