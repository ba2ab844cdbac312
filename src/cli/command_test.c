/* The tables of commands and options: what parsing, help, manual and completion rely on. */
#include "cli/columns.h"
#include "cli/command.h"

#include <sekisho/dkim_sign.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <locale.h>

static const struct cli_option *find_option(const char *name)
{
    for (size_t i = 0; i < cli_option_count; i++)
        if (strcmp(cli_option_table[i].name, name) == 0)
            return &cli_option_table[i];
    fail_msg("there is no option --%s", name);
    return NULL;
}

static bool are_taken_together(const struct cli_option *a, const struct cli_option *b)
{
    for (size_t i = 0; i < cli_command_count; i++)
        if (cli_takes(&cli_command_table[i], a) && cli_takes(&cli_command_table[i], b))
            return true;
    return false;
}

/* The address of a client and those of senders are both --ip. */
static void a_name_is_one_option_to_a_command(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_option_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(cli_option_table[i].name, cli_option_table[j].name) == 0 &&
                are_taken_together(&cli_option_table[i], &cli_option_table[j]))
                fail_msg("a command takes two options --%s", cli_option_table[i].name);
}

static void every_option_is_taken_by_some_command(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_option_count; i++) {
        bool is_taken = false;
        for (size_t j = 0; j < cli_command_count; j++)
            is_taken = is_taken || cli_takes(&cli_command_table[j], &cli_option_table[i]);
        if (!is_taken)
            fail_msg("no command takes --%s", cli_option_table[i].name);
    }
}

static void a_noun_is_a_command_or_has_verbs(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_command_count; i++)
        for (size_t j = 0; j < i; j++) {
            const struct cli_command *a = &cli_command_table[i], *b = &cli_command_table[j];
            if (strcmp(a->noun, b->noun) != 0)
                continue;
            assert_non_null(a->verb);
            assert_non_null(b->verb);
            assert_string_not_equal(a->verb, b->verb);
        }
}

static void a_noun_with_verbs_says_what_it_is_about(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_command_count; i++) {
        size_t rows = 0;
        for (size_t j = 0; j < cli_noun_count; j++)
            rows += strcmp(cli_noun_table[j].name, cli_command_table[i].noun) == 0;
        assert_int_equal(rows, cli_command_table[i].verb != NULL);
    }
}

static void an_option_has_what_its_type_needs(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_option_count; i++) {
        const struct cli_option *o = &cli_option_table[i];
        bool is_right = (o->type == CLI_FLAG) == (o->argument == NULL) && (o->type == CLI_NUMBER) == (o->max > 0) &&
                        (o->words == NULL || o->type == CLI_TEXT);
        if (!is_right)
            fail_msg("--%s: the columns of its row do not fit together", o->name);
    }
}

static void words_are_those_that_the_engine_takes(void **state)
{
    (void)state;
    enum seki_sign_algorithm algorithm;
    enum seki_sign_canonicalization canonicalization;
    for (const char *const *w = find_option("algorithm")->words; *w != NULL; w++)
        assert_true(seki_sign_algorithm_from_name(seki_str_of(*w), &algorithm));
    for (const char *const *w = find_option("canonicalization")->words; *w != NULL; w++)
        assert_true(seki_sign_canonicalization_from_name(seki_str_of(*w), &canonicalization));
}

static void characters_have_their_width(void **state)
{
    (void)state;
    setlocale(LC_CTYPE, "C.UTF-8");
    assert_int_equal(cli_columns(""), 0);
    assert_int_equal(cli_columns("D,D…"), 4);
    assert_int_equal(cli_columns("送信元の IP"), 11);
    assert_int_equal(cli_columns("\xff"
                                 "a"),
                     2);
}

static const struct {
    const char *name, *text, *want;
} wrapped[] = {
    { "nothing is an empty line", "", "\n" },
    { "a text that fits", "short", "short\n" },
    { "a break at a space", "twenty columns are w ide", "twenty columns are w\n  ide\n" },
    { "a word longer than a line is cut", "aaaaaaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaa\n  aaaa\n" },
    { "a break between wide characters", "日本語の文字は二桁の幅で数える", "日本語の文字は二桁の\n  幅で数える\n" },
    { "no line begins with a full stop", "日本語の文字は二桁幅。続き", "日本語の文字は二桁\n  幅。続き\n" },
};

static void texts_are_wrapped(void **state)
{
    (void)state;
    setlocale(LC_CTYPE, "C.UTF-8");
    for (size_t i = 0; i < sizeof wrapped / sizeof wrapped[0]; i++) {
        char *got = NULL;
        size_t len = 0;
        FILE *to = open_memstream(&got, &len);
        assert_non_null(to);
        cli_print_within(to, 2, 22, wrapped[i].text);
        fclose(to);
        if (strcmp(got, wrapped[i].want) != 0)
            fail_msg("%s\ngot\n%swant\n%s", wrapped[i].name, got, wrapped[i].want);
        free(got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_one_option_to_a_command),
        cmocka_unit_test(every_option_is_taken_by_some_command),
        cmocka_unit_test(a_noun_is_a_command_or_has_verbs),
        cmocka_unit_test(a_noun_with_verbs_says_what_it_is_about),
        cmocka_unit_test(an_option_has_what_its_type_needs),
        cmocka_unit_test(words_are_those_that_the_engine_takes),
        cmocka_unit_test(characters_have_their_width),
        cmocka_unit_test(texts_are_wrapped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
