/* Typing mistakes: what is near enough to be meant, and what is not. */
#include "base/spelling.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static const char *const words[] = { "p", "sp", "np", "psd", "rua", "ruf", "adkim", "aspf", "quarantine" };

static const struct {
    const char *written, *want; /* NULL: none */
} cases[] = {
    { "rua", "rua" },
    { "RUA", "rua" },
    { "ruaa", "rua" },
    { "rau", "rua" }, /* two neighbours swapped are one edit */
    { "ra", "rua" },
    { "adkm", "adkim" },
    { "a-dkim", "adkim" },
    { "quarentin", "quarantine" },
    { "quarnatine", "quarantine" },
    { "pp", "p" },
    { "x", NULL }, /* one edit is more than half of it */
    { "xyz", NULL },
    { "quorumtime", NULL }, /* four edits */
    { "", NULL },
    { "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", NULL },
};

static void the_word_that_was_meant_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_spelling spelling = seki_spelling_of(seki_str_of(cases[i].written));
        for (size_t w = 0; w < sizeof words / sizeof words[0]; w++)
            seki_spelling_offer(&spelling, words[w]);
        const char *got = spelling.nearest != NULL ? spelling.nearest : "none";
        const char *want = cases[i].want != NULL ? cases[i].want : "none";
        if (strcmp(got, want) != 0)
            fail_msg("\"%s\": %s, not %s", cases[i].written, got, want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_word_that_was_meant_is_found) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
