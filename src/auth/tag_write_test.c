/* Tag lists as they are written: separators, folds, and nothing over column 78 that could be folded. */
#include "auth/tag_write.h"

#include "auth/tag_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

struct page {
    struct seki_buf buf;
    struct seki_tag_writer writer;
};

static int start(void **state)
{
    static struct page page;
    seki_buf_init(&page.buf, 8192);
    *state = &page;
    return 0;
}

static int stop(void **state)
{
    struct page *page = *state;
    seki_buf_release(&page->buf);
    return 0;
}

static void check_text(const struct page *page, const char *want)
{
    struct seki_str got = seki_buf_str(&page->buf);
    assert_int_equal(seki_buf_failed(&page->buf), SEKI_OK);
    if (!seki_str_equal(got, seki_str_of(want)))
        fail_msg("got  %.*s\nwant %s", SEKI_STR_ARGS(got), want);
}

static void short_tags_stand_on_one_line(void **state)
{
    struct page *page = *state;
    seki_tag_writer_begin(&page->writer, &page->buf, "X");
    seki_tag_write(&page->writer, "v", SEKI_STR("1"));
    seki_tag_write_number(&page->writer, "t", 18446744073709551615u);
    seki_tag_write(&page->writer, "b", SEKI_STR(""));
    check_text(page, "X: v=1; t=18446744073709551615; b=");
}

/* "ARC-Seal:" is 9, " aa=" 4, and 64 more make 77; ";" is the 78th octet. */
static void a_tag_that_just_fits_is_not_folded(void **state)
{
    struct page *page = *state;
    static const char value[] = "1234567890123456789012345678901234567890123456789012345678901234";
    seki_tag_writer_begin(&page->writer, &page->buf, "ARC-Seal");
    seki_tag_write(&page->writer, "aa", seki_str_of(value));
    seki_tag_write(&page->writer, "bb", seki_str_of(value));
    check_text(page, "ARC-Seal: aa=1234567890123456789012345678901234567890123456789012345678901234;\r\n"
                     "\tbb=1234567890123456789012345678901234567890123456789012345678901234");
}

static void a_tag_that_is_one_too_long_is_folded(void **state)
{
    struct page *page = *state;
    seki_tag_writer_begin(&page->writer, &page->buf, "ARC-Seal");
    seki_tag_write(&page->writer, "aa",
                   SEKI_STR("12345678901234567890123456789012345678901234567890123456789012345"));
    check_text(page, "ARC-Seal:\r\n\taa=12345678901234567890123456789012345678901234567890123456789012345");
}

static size_t longest_line(struct seki_str text)
{
    size_t longest = 0;
    struct seki_str line;
    while (seki_str_split(&text, '\n', &line)) {
        line = line.len > 0 && line.ptr[line.len - 1] == '\r' ? seki_str_head(line, line.len - 1) : line;
        longest = line.len > longest ? line.len : longest;
    }
    return longest;
}

static void lists_and_base64_fill_lines_up_to_78(void **state)
{
    struct page *page = *state;
    static const struct seki_str names[] = { SEKI_STR_INIT("From"), SEKI_STR_INIT("Content-Transfer-Encoding"),
                                             SEKI_STR_INIT("To") };
    struct seki_str many[60];
    uint8_t octets[512] = { 0 };
    for (size_t lead = 0; lead < 90; lead++) {
        struct seki_tag_list list;
        struct seki_str value, item;
        size_t count = 0;
        for (size_t i = 0; i < 60; i++)
            many[i] = names[i % 3];
        seki_buf_clear(&page->buf);
        seki_tag_writer_begin(&page->writer, &page->buf, "X");
        char padding[90] = { 0 };
        memset(padding, 'p', lead);
        seki_tag_write(&page->writer, "z", seki_str_head(seki_str_of(padding), lead % 70));
        seki_tag_write_list(&page->writer, "h", many, 60);
        seki_tag_write(&page->writer, "b", SEKI_STR(""));
        seki_tag_write_base64(&page->writer, octets, 1 + lead * 5);
        assert_int_equal(seki_buf_failed(&page->buf), SEKI_OK);
        assert_in_range(longest_line(seki_buf_str(&page->buf)), 60, 78);
        assert_null(seki_tag_list_parse(seki_str_from(seki_buf_str(&page->buf), 2), &list));
        assert_int_equal(list.count, 3);
        for (value = list.tags[1].value; seki_colon_list_next(&value, &item); count++)
            assert_true(seki_str_equal(item, many[count]));
        assert_int_equal(count, 60);
    }
}

static void more_base64_than_any_signature_is_a_limit(void **state)
{
    struct page *page = *state;
    static const uint8_t octets[1025];
    seki_tag_writer_begin(&page->writer, &page->buf, "X");
    seki_tag_write_base64(&page->writer, octets, 1024);
    assert_int_equal(seki_buf_failed(&page->buf), SEKI_OK);
    seki_tag_write_base64(&page->writer, octets, 1025);
    assert_int_equal(seki_buf_failed(&page->buf), SEKI_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(short_tags_stand_on_one_line, start, stop),
        cmocka_unit_test_setup_teardown(a_tag_that_just_fits_is_not_folded, start, stop),
        cmocka_unit_test_setup_teardown(a_tag_that_is_one_too_long_is_folded, start, stop),
        cmocka_unit_test_setup_teardown(lists_and_base64_fill_lines_up_to_78, start, stop),
        cmocka_unit_test_setup_teardown(more_base64_than_any_signature_is_a_limit, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
