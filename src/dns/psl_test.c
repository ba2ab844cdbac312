/* The public suffix list. The list's own test file is run by tests/conformance; here a small list of our own. */
#include <sekisho/domain.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <unistd.h>

static const char list_text[] = "com\nco.uk\nuk\n*.ck\n!www.ck\n";

static struct seki_psl *load(const char *text)
{
    char path[] = "/tmp/sekisho-psl-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    struct seki_error why;
    struct seki_psl *psl = seki_psl_load(path, &why);
    unlink(path);
    return psl;
}

static void the_registrable_domain_is_one_label_below_the_suffix(void **state)
{
    (void)state;
    static const struct {
        const char *domain, *want;
    } cases[] = {
        { "example.com", "example.com" },
        { "a.b.example.com", "example.com" },
        { "com", "" },
        { "co.uk", "" },
        { "a.example.co.uk", "example.co.uk" },
        { "example.uk", "example.uk" },
        { "x.ck", "" },
        { "a.b.x.ck", "b.x.ck" },
        { "a.www.ck", "www.ck" },
        { "a.b.unlisted", "b.unlisted" },
        { "unlisted", "" },
        { "", "" },
        { "a..com", "" },
        { ".com", "" },
    };
    struct seki_psl *psl = load(list_text);
    assert_non_null(psl);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct seki_str domain = seki_str_of(cases[i].domain), got = seki_psl_registrable(psl, domain);
        if (!seki_str_equal(got, seki_str_of(cases[i].want)))
            fail_msg("%s: got %.*s", cases[i].domain, SEKI_STR_ARGS(got));
        if (got.len > 0)
            assert_ptr_equal(got.ptr + got.len, domain.ptr + domain.len);
    }
    assert_int_equal(seki_psl_registrable(psl, SEKI_STR("a\0b.com")).len, 0);
    seki_psl_free(psl);
}

static void a_companys_suffix_is_no_registry(void **state)
{
    (void)state;
    static const struct {
        const char *domain;
        bool want;
    } cases[] = {
        { "com", true },      { "co.uk", true },        { "x.ck", true },
        { "unlisted", true }, { "example.com", false }, { "pages.com", false },
        { "www.ck", false },  { "a.co.uk", false },     { "", false },
        { "a..com", false },  { "b.unlisted", false },
    };
    struct seki_psl *psl = load("// ===BEGIN ICANN DOMAINS===\ncom\nco.uk\nuk\n*.ck\n!www.ck\n"
                                "// ===END ICANN DOMAINS===\n// ===BEGIN PRIVATE DOMAINS===\npages.com\n"
                                "// ===END PRIVATE DOMAINS===\n");
    assert_non_null(psl);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (seki_psl_is_registry(psl, seki_str_of(cases[i].domain)) != cases[i].want)
            fail_msg("%s: not %s", cases[i].domain, cases[i].want ? "a registry's" : "owned");
    assert_int_equal(seki_psl_registrable(psl, SEKI_STR("pages.com")).len, 0);
    assert_false(seki_psl_is_registry(psl, SEKI_STR("a\0b.com")));
    seki_psl_free(psl);
}

static void a_missing_list_is_named(void **state)
{
    (void)state;
    struct seki_error why = { "" };
    assert_null(seki_psl_load("/nonexistent/list.dat", &why));
    assert_string_equal(why.text, "/nonexistent/list.dat: cannot be read as a public suffix list: No such file or "
                                  "directory; install the package publicsuffix, or name a list in text or DAFSA "
                                  "form");
    seki_psl_free(NULL);
}

static void without_a_path_there_is_a_list(void **state)
{
    (void)state;
    struct seki_psl *psl = seki_psl_load(NULL, NULL);
    assert_non_null(psl);
    assert_true(seki_str_equal(seki_psl_registrable(psl, SEKI_STR("a.example.co.jp")), SEKI_STR("example.co.jp")));
    seki_psl_free(psl);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_registrable_domain_is_one_label_below_the_suffix),
        cmocka_unit_test(a_companys_suffix_is_no_registry),
        cmocka_unit_test(a_missing_list_is_named),
        cmocka_unit_test(without_a_path_there_is_a_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
