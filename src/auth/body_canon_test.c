/* Body canonicalization: RFC 6376 sections 3.4.3 to 3.4.5, and what they leave open. Every case is fed whole, octet by
 * octet, and in two pieces at every place. */
#include "auth/body_canon.h"
#include "auth/wsp_reduce.h"

#include <sekisho/buf.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static void collect(void *user, const char *octets, size_t len)
{
    seki_buf_add(user, (struct seki_str){ octets, len });
}

struct feeder {
    struct seki_body_canon canon;
    struct seki_canon_out out;
    struct seki_buf result;
    char staging[1024]; /* the least, so that it is often full */
};

static void begin(struct feeder *f, enum seki_canonicalization kind)
{
    f->canon = (struct seki_body_canon){ .kind = kind };
    f->out = (struct seki_canon_out){
        .write = collect, .user = &f->result, .staging = f->staging, .staging_size = sizeof f->staging
    };
    seki_buf_init(&f->result, 1 << 20);
}

/* Pieces are exact copies, so that the sanitizer sees an octet read too far. */
static void feed(struct feeder *f, struct seki_str octets)
{
    char *copy = malloc(octets.len > 0 ? octets.len : 1);
    assert_non_null(copy);
    if (octets.len > 0)
        memcpy(copy, octets.ptr, octets.len);
    seki_body_canon_update(&f->canon, &f->out, (struct seki_str){ copy, octets.len });
    free(copy);
}

static void finish_and_compare(struct feeder *f, struct seki_str want, const char *how)
{
    seki_body_canon_finish(&f->canon, &f->out);
    if (!seki_str_equal(seki_buf_str(&f->result), want))
        fail_msg("%s: got %zu octets '%.*s'", how, f->result.len, SEKI_STR_ARGS(seki_buf_str(&f->result)));
    assert_true(f->canon.length == want.len);
    seki_buf_release(&f->result);
}

static void check(enum seki_canonicalization kind, struct seki_str text, struct seki_str want)
{
    struct feeder f;
    for (size_t at = 0; at <= text.len; at++) {
        begin(&f, kind);
        feed(&f, seki_str_head(text, at));
        feed(&f, seki_str_from(text, at));
        finish_and_compare(&f, want, "in two pieces");
    }
    begin(&f, kind);
    for (size_t i = 0; i < text.len; i++)
        feed(&f, (struct seki_str){ text.ptr + i, 1 });
    finish_and_compare(&f, want, "octet by octet");
}

static const struct {
    const char *text, *simple, *relaxed;
} cases[] = {
    /* section 3.4.5 */
    { " C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n" },
    /* an empty body, and bodies of empty lines */
    { "", "\r\n", "" },
    { "\r\n", "\r\n", "" },
    { "\r\n\r\n\r\n", "\r\n", "" },
    { " \r\n\t\r\n \t \r\n", " \r\n\t\r\n \t \r\n", "" },
    { "  ", "  \r\n", "" },
    { " \r\n ", " \r\n \r\n", "" },
    /* no CRLF at the end */
    { "a", "a\r\n", "a\r\n" },
    { "a ", "a \r\n", "a\r\n" },
    { "a\r\n ", "a\r\n \r\n", "a\r\n" },
    { "a\r\nb", "a\r\nb\r\n", "a\r\nb\r\n" },
    /* empty lines stay before content */
    { "\r\n\r\na\r\n", "\r\n\r\na\r\n", "\r\n\r\na\r\n" },
    { "a\r\n\r\n\r\nb\r\n\r\n", "a\r\n\r\n\r\nb\r\n", "a\r\n\r\n\r\nb\r\n" },
    { "a\r\n \r\n\t\r\nb", "a\r\n \r\n\t\r\nb\r\n", "a\r\n\r\n\r\nb\r\n" },
    /* white space inside lines and at their start */
    { "\ta\t\tb  c \t d\r\n", "\ta\t\tb  c \t d\r\n", " a b c d\r\n" },
    { "a b c\r\n", "a b c\r\n", "a b c\r\n" },
    { "a\t\r\n", "a\t\r\n", "a\r\n" },
    /* only CRLF ends a line */
    { "a \n b\r\n", "a \n b\r\n", "a \n b\r\n" },
    { "a \r b \r\n", "a \r b \r\n", "a \r b\r\n" },
    { "a \r", "a \r\r\n", "a \r\r\n" },
    { "a\r\r\n", "a\r\r\n", "a\r\r\n" },
    { "\r", "\r\r\n", "\r\r\n" },
    { "\n", "\n\r\n", "\n\r\n" },
    { "a\r\n\n", "a\r\n\n\r\n", "a\r\n\n\r\n" },
    { "a\r\n\r", "a\r\n\r\r\n", "a\r\n\r\r\n" },
    { " \r \r\n", " \r \r\n", " \r\r\n" },
    { "a  \r  \r\n\r\n", "a  \r  \r\n", "a \r\r\n" },
    /* other white space is none */
    { "a \v \f\r\n", "a \v \f\r\n", "a \v \f\r\n" },
    { "a\xc2\xa0 \r\n", "a\xc2\xa0 \r\n", "a\xc2\xa0\r\n" },
};

static void short_bodies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        check(SEKI_CANON_SIMPLE, seki_str_of(cases[i].text), seki_str_of(cases[i].simple));
        check(SEKI_CANON_RELAXED, seki_str_of(cases[i].text), seki_str_of(cases[i].relaxed));
    }
}

/* The rules once more, as plainly as they can be said: lines without their white space, then without empty ones at the
 * end. */
static void say_plainly(struct seki_str text, struct seki_buf *out)
{
    size_t content_end = 0;
    bool is_wsp = false;
    for (size_t i = 0; i < text.len; i++) {
        if (seki_is_wsp(text.ptr[i])) {
            is_wsp = true;
            continue;
        }
        bool is_line_end = text.ptr[i] == '\r' && i + 1 < text.len && text.ptr[i + 1] == '\n';
        if (is_wsp && !is_line_end)
            seki_buf_add_char(out, ' ');
        is_wsp = false;
        if (is_line_end) {
            seki_buf_add(out, SEKI_STR("\r\n"));
            i++;
        } else {
            seki_buf_add_char(out, text.ptr[i]);
            content_end = out->len;
        }
    }
    out->len = content_end;
    if (content_end > 0)
        seki_buf_add(out, SEKI_STR("\r\n"));
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Long bodies, so that whole blocks, long runs and full staging are met, of octets that matter. */
static void long_bodies_in_random_pieces(void **state)
{
    (void)state;
    static const char octets[] = " \t\r\n\r\n  abcdefghijklmnop";
    for (uint32_t round = 0; round < 300; round++) {
        uint32_t seed = round;
        char text[6000];
        size_t kinds = round % 3 == 0 ? 8 : sizeof octets - 1;
        for (size_t i = 0; i < sizeof text;) {
            size_t run = round % 5 == 0 ? 1 + next_random(&seed) % 1500 : 1;
            char c = octets[next_random(&seed) % kinds];
            for (; run > 0 && i < sizeof text; run--)
                text[i++] = c;
        }
        struct seki_buf want;
        seki_buf_init(&want, 1 << 20);
        say_plainly((struct seki_str){ text, sizeof text }, &want);
        struct feeder f;
        begin(&f, SEKI_CANON_RELAXED);
        for (struct seki_str rest = { text, sizeof text }; rest.len > 0;) {
            size_t piece = next_random(&seed) % (round % 2 == 0 ? 100 : 3000);
            feed(&f, seki_str_head(rest, piece));
            rest = seki_str_from(rest, piece);
        }
        finish_and_compare(&f, seki_buf_str(&want), "in random pieces");
        seki_buf_release(&want);
    }
}

static void compare_reducers(const struct seki_wsp_reducer *a, const struct seki_wsp_reducer *b, const char *text,
                             size_t len)
{
    const char *end = text + len;
    assert_ptr_equal(a->skip_unchanged(text, end), b->skip_unchanged(text, end));
    if (len < SEKI_BLOCK_VIEW)
        return;
    char got_a[1024], got_b[1024];
    const char *at_a = text, *at_b = text;
    size_t len_a = a->reduce(&at_a, end, got_a, 512), len_b = b->reduce(&at_b, end, got_b, 512);
    assert_int_equal(len_a, len_b);
    assert_ptr_equal(at_a, at_b);
    assert_memory_equal(got_a, got_b, len_a);
}

static void this_machines_reducer_does_as_the_plain_one(void **state)
{
    (void)state;
    uint32_t seed = 7;
    for (int round = 0; round < 3000; round++) {
        size_t len = next_random(&seed) % 700;
        char *text = malloc(len + 1);
        assert_non_null(text);
        for (size_t i = 0; i < len; i++)
            text[i] = next_random(&seed) % 8 == 0 ? " \t\r\n"[next_random(&seed) % 4] : (char)next_random(&seed);
        compare_reducers(&seki_wsp_reducer_plain, seki_wsp_reducer_best(), text, len);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_bodies),
        cmocka_unit_test(long_bodies_in_random_pieces),
        cmocka_unit_test(this_machines_reducer_does_as_the_plain_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
