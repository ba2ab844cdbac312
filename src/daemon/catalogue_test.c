/* Which language a text is in, where the catalogue is not installed. */
#include "daemon/catalogue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void without_its_catalogue_a_language_is_not_had(void **state)
{
    (void)state;
    setenv("SEKISHO_LOCALEDIR", "/nonexistent", 1);
    catalogue_begin();
    assert_false(catalogue_has(POLICY_JAPANESE));
    assert_true(catalogue_has(POLICY_ENGLISH));
    assert_string_equal(catalogue_of(POLICY_JAPANESE)("Number:"), "Number:");
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = { cmocka_unit_test(without_its_catalogue_a_language_is_not_had) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
