/* publicsuffix.org's own test file against the list of the same day. */
#include <sekisho/domain.h>

#include "support/suite.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MAX_CASES 256

struct psl_case {
    char name[256];
    struct seki_str input, want; /* ptr NULL: null in the file */
};

static struct seki_psl *list;
static struct psl_case cases[MAX_CASES];
static struct CMUnitTest tests[MAX_CASES];
static size_t case_count;

/* 'text' or null */
static struct seki_str argument(struct seki_str text)
{
    text = seki_str_trim(text);
    if (text.len < 2 || text.ptr[0] != '\'')
        return (struct seki_str){ NULL, 0 };
    return (struct seki_str){ text.ptr + 1, text.len - 2 };
}

static struct seki_str to_ascii(struct seki_arena *arena, struct seki_str name)
{
    struct seki_str ascii;
    return seki_domain_to_ascii(arena, name, &ascii) == SEKI_OK ? ascii : SEKI_STR("");
}

static void check(void **state)
{
    const struct psl_case *c = *state;
    struct seki_arena *arena = seki_arena_new(1 << 16);
    struct seki_str got = seki_psl_registrable(list, to_ascii(arena, c->input));
    struct seki_str want = to_ascii(arena, c->want);
    if (!seki_str_equal(got, want))
        fail_msg("got '%.*s', want '%.*s'", SEKI_STR_ARGS(got), SEKI_STR_ARGS(want));
    seki_arena_free(arena);
}

static void add_case(struct seki_str line)
{
    struct seki_str call = SEKI_STR("checkPublicSuffix(");
    if (!seki_str_starts_with(line, call) || case_count >= MAX_CASES)
        return;
    struct seki_str rest = seki_str_from(line, call.len), first, second;
    if (!seki_str_split(&rest, ',', &first) || !seki_str_split(&rest, ')', &second))
        return;
    struct psl_case *c = &cases[case_count];
    c->input = argument(first);
    c->want = argument(second);
    snprintf(c->name, sizeof c->name, "%.*s", SEKI_STR_ARGS(line));
    tests[case_count++] = (struct CMUnitTest){ .name = c->name, .test_func = check, .initial_state = c };
}

int main(void)
{
    if (suite_folder() == NULL)
        return suite_skip_all();
    char path[8192];
    snprintf(path, sizeof path, "%s/psl/public_suffix_list.dat", suite_folder());
    struct seki_error why;
    list = seki_psl_load(path, &why);
    if (list == NULL) {
        fprintf(stderr, "%s\n", why.text);
        return 1;
    }
    size_t len;
    char *text = suite_read("psl/test_psl.txt", &len);
    struct seki_str rest = { text, len }, line;
    while (seki_str_split(&rest, '\n', &line))
        add_case(line);
    /* cmocka wants an array with a fixed size in its macro; this is what the macro calls. */
    int failed = case_count < 70 ? 1 : _cmocka_run_group_tests("psl", tests, case_count, NULL, NULL);
    seki_psl_free(list);
    free(text);
    return failed;
}
