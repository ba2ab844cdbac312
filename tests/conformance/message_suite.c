/* Headers and From fields of other projects' test messages, compared with what plain programs said of them, and
 * corpora of real mail that must be read without complaint. */
#include <sekisho/address.h>
#include <sekisho/buf.h>
#include <sekisho/message.h>

#include "support/suite.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define MAX_CASES        512
#define MAX_NAME         256
#define MESSAGE_BYTES    (8u << 20)
#define MAX_LISTED_NAMES 60u /* the facts stop there */

struct test_case {
    char name[MAX_NAME];
    json_t *facts;
    struct seki_str value; /* of a From field */
    const char *folder;    /* of a corpus */
    size_t refused;        /* From fields in it that are no address lists */
};

static struct test_case cases[MAX_CASES];
static struct CMUnitTest tests[MAX_CASES];
static size_t case_count;

/* Where we say something else than the facts; why is told in docs/conformance.md. */
struct exception {
    const char *name;
    const char *from;  /* the addresses (or the author domain) that we see */
    const char *names; /* the field names that we see; NULL: as the facts */
};

static const struct exception exceptions[] = {
    { "mime-tools/utf8-bom-at-start.msg", "", "\xef\xbb\xbfReceived, Subject, MIME-Version, Content-Type" },
    /* Addresses hidden from harvesters are no addresses. */
    { "hyperkitty/non-ascii-headers.txt", "(refused)", NULL },
    { "hyperkitty/strange-in-reply-to-header.txt", "(refused)", NULL },
    { "hyperkitty/wrong-in-reply-to-header.txt", "(refused)", NULL },
    /* Bare CR ends no line: the file is one field. */
    { "sisimai-bounces/mac/lhost-activehunter-01.eml", "", NULL },
    { "sisimai-bounces/mac/lhost-amavis-01.eml", "", NULL },
    { "sisimai-bounces/mac/lhost-amazonses-01.eml", "", NULL },
    { "sisimai-bounces/mac/lhost-amazonworkmail-01.eml", "", NULL },
    { "sisimai-bounces/mac/lhost-aol-01.eml", "", NULL },
    /* No address list by RFC 5322, or authors of two domains. */
    { "\"Johnson, Joe <joe@joe.com>\" joe@joe.com", "", NULL },
    { "<<<><joe@joe.com>>>", "", NULL },
    { "Joe Johnson <joe@joe.com>, ace@ace.com", "", NULL },
    { "joe@joe.com, ace@ace.com", "", NULL },
    { "Mail From:<joe@joe.com>", "", NULL },
    { "\"( bob@bob.com)\" joe@joe.com", "", NULL },
};

static const struct exception *exception_for(const char *name)
{
    static const struct exception none = { NULL, NULL, NULL };
    for (size_t i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++)
        if (strcmp(exceptions[i].name, name) == 0)
            return &exceptions[i];
    return &none;
}

/* What was read of one file. */
struct reading {
    char *text;
    size_t len;
    struct seki_arena *arena;
    struct seki_message *message;
    struct seki_str body;
    bool is_unix;
};

static struct reading read_file(const char *path)
{
    struct reading r = { .arena = seki_arena_new(MESSAGE_BYTES) };
    r.text = suite_read(path, &r.len);
    r.message = seki_message_new(r.arena, NULL);
    assert_int_equal(seki_message_read(r.message, (struct seki_str){ r.text, r.len }, &r.body, &r.is_unix),
                     SEKI_OK);
    assert_ptr_equal(r.body.ptr + r.body.len, r.text + r.len);
    return r;
}

static void release(struct reading *r)
{
    seki_arena_free(r->arena);
    free(r->text);
}

static void add_address(struct seki_buf *buf, struct seki_str local_part, struct seki_str domain)
{
    if (buf->len > 0)
        seki_buf_add(buf, SEKI_STR(", "));
    seki_buf_add(buf, local_part);
    if (domain.len > 0)
        seki_buf_add_char(buf, '@');
    seki_buf_add(buf, domain);
}

static void add_from_addresses(struct seki_buf *buf, struct seki_arena *arena, struct seki_str value)
{
    struct seki_address_list list;
    if (seki_address_parse_list(arena, value, &list, NULL) != SEKI_OK)
        add_address(buf, SEKI_STR("(refused)"), SEKI_STR(""));
    for (size_t i = 0; i < list.mailbox_count; i++)
        add_address(buf, list.mailboxes[i].local_part, list.mailboxes[i].domain);
}

static void assert_same_text(const char *what, struct seki_str got, struct seki_str want)
{
    if (!seki_str_equal(got, want))
        fail_msg("%s: got <%.*s>, want <%.*s>", what, SEKI_STR_ARGS(got), SEKI_STR_ARGS(want));
}

static void join(struct seki_buf *buf, json_t *strings)
{
    size_t i;
    json_t *string;
    json_array_foreach (strings, i, string)
        add_address(buf, (struct seki_str){ json_string_value(string), json_string_length(string) }, SEKI_STR(""));
}

static void check_names(struct reading *r, json_t *facts, const char *instead)
{
    struct seki_buf got, want;
    seki_buf_init_arena(&got, r->arena, 1 << 20);
    seki_buf_init_arena(&want, r->arena, 1 << 20);
    size_t count = seki_message_field_count(r->message);
    for (size_t i = 0; i < count && i < MAX_LISTED_NAMES; i++)
        add_address(&got, seki_message_field(r->message, i)->name, SEKI_STR(""));
    join(&want, json_object_get(facts, "header_names"));
    assert_same_text("names", seki_buf_str(&got), instead != NULL ? seki_str_of(instead) : seki_buf_str(&want));
    if (instead == NULL)
        assert_int_equal(count, json_integer_value(json_object_get(facts, "header_fields")));
}

static void check_from(struct reading *r, json_t *facts, const char *instead)
{
    struct seki_buf got, want;
    seki_buf_init_arena(&got, r->arena, 1 << 20);
    seki_buf_init_arena(&want, r->arena, 1 << 20);
    for (size_t i = 0; i < seki_message_field_count(r->message); i++) {
        const struct seki_field *field = seki_message_field(r->message, i);
        if (seki_str_equal_nocase(field->name, SEKI_STR("From")))
            add_from_addresses(&got, r->arena, field->value);
    }
    join(&want, json_object_get(facts, "from_addresses"));
    assert_same_text("From", seki_buf_str(&got), instead != NULL ? seki_str_of(instead) : seki_buf_str(&want));
}

static void check_message(void **state)
{
    const struct test_case *c = *state;
    const struct exception *e = exception_for(c->name);
    char path[MAX_NAME + 8];
    snprintf(path, sizeof path, "mime/%s", c->name);
    struct reading r = read_file(path);
    check_names(&r, c->facts, e->names);
    check_from(&r, c->facts, e->from);
    release(&r);
}

/* The domain that all authors share; "" when there is none or they do not. */
static struct seki_str author_domain(struct seki_arena *arena, struct seki_str value)
{
    struct seki_address_list list;
    if (seki_address_parse_list(arena, value, &list, NULL) != SEKI_OK || list.mailbox_count == 0)
        return SEKI_STR("");
    for (size_t i = 1; i < list.mailbox_count; i++)
        if (!seki_str_equal_nocase(list.mailboxes[i].domain, list.mailboxes[0].domain))
            return SEKI_STR("");
    return list.mailboxes[0].domain;
}

static void check_author_domain(void **state)
{
    const struct test_case *c = *state;
    const struct exception *e = exception_for(c->name);
    struct seki_arena *arena = seki_arena_new(1 << 16);
    const char *want = json_string_value(json_object_get(c->facts, "domain"));
    assert_same_text("domain", author_domain(arena, c->value),
                     seki_str_of(e->from != NULL ? e->from
                                 : want != NULL  ? want
                                                 : ""));
    seki_arena_free(arena);
}

/* Every octet of the header is in a field or between two: joined again they give the file. */
static void check_joined(const struct reading *r)
{
    struct seki_buf buf;
    seki_buf_init(&buf, MESSAGE_BYTES);
    for (size_t i = 0; i < seki_message_field_count(r->message); i++) {
        struct seki_str raw = seki_message_field(r->message, i)->raw, line;
        while (seki_str_split(&raw, '\n', &line)) {
            if (r->is_unix && raw.ptr != NULL)
                line.len--; /* the CR that reading put in */
            seki_buf_add(&buf, line);
            seki_buf_add(&buf, raw.ptr == NULL && !r->is_unix ? SEKI_STR("\r\n") : SEKI_STR("\n"));
        }
    }
    struct seki_str header = { r->text, r->len - r->body.len }, joined = seki_buf_str(&buf);
    if (seki_str_starts_with(header, SEKI_STR("From ")))
        header = seki_str_from(header, seki_str_find(header, '\n') + 1);
    assert_true(seki_str_starts_with(header, joined));
    assert_int_equal(seki_str_trim(seki_str_from(header, joined.len)).len, 0);
    seki_buf_release(&buf);
}

/* @return whether the From field is an address list, or is not there */
static bool check_real_message(const char *path)
{
    struct reading r = read_file(path);
    struct seki_address_list list;
    struct seki_error why;
    bool is_good = true;
    assert_true(seki_message_field_count(r.message) >= 1);
    check_joined(&r);
    size_t from = seki_message_find_up(r.message, SEKI_STR("From"), SIZE_MAX);
    if (from != SIZE_MAX) {
        struct seki_str value = seki_message_field(r.message, from)->value;
        is_good = seki_address_parse_list(r.arena, value, &list, &why) == SEKI_OK;
        if (!is_good)
            print_message("# %s: %s in <%.*s>\n", path, why.text, SEKI_STR_ARGS(value));
    }
    release(&r);
    return is_good;
}

static void check_corpus(void **state)
{
    const struct test_case *c = *state;
    char path[2 * MAX_NAME];
    snprintf(path, sizeof path, "%s/%s", suite_folder(), c->folder);
    DIR *folder = opendir(path);
    assert_non_null(folder);
    size_t refused = 0;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        if (entry->d_type != DT_REG)
            continue;
        snprintf(path, sizeof path, "%s/%s", c->folder, entry->d_name);
        refused += !check_real_message(path);
    }
    closedir(folder);
    assert_int_equal(refused, c->refused);
}

static struct test_case *add_case(const char *name, CMUnitTestFunction check)
{
    if (case_count == MAX_CASES)
        abort();
    struct test_case *c = &cases[case_count];
    snprintf(c->name, sizeof c->name, "%s", name);
    tests[case_count++] = (struct CMUnitTest){ .name = c->name, .test_func = check, .initial_state = c };
    return c;
}

static void add_messages(json_t *suite)
{
    size_t i;
    json_t *facts;
    json_array_foreach (json_object_get(suite, "files"), i, facts)
        add_case(json_string_value(json_object_get(facts, "file")), check_message)->facts = facts;
}

static void add_from_fields(json_t *suite, const char *key)
{
    size_t i;
    json_t *facts;
    json_array_foreach (json_object_get(suite, "from_header"), i, facts) {
        struct seki_str value = seki_str_of(json_string_value(json_object_get(facts, key)));
        if (seki_str_starts_with(value, SEKI_STR("From: ")))
            value = seki_str_from(value, 6);
        struct test_case *c = add_case(value.ptr, check_author_domain);
        c->facts = facts;
        c->value = value;
    }
}

int main(void)
{
    static const struct {
        const char *folder;
        size_t refused;
    } corpora[] = {
        { "corpus/spamassassin/easy-ham-1", 0 },
        { "corpus/spamassassin/easy-ham-2", 0 },
        { "corpus/spamassassin/hard-ham-1", 0 },
        { "corpus/spamassassin/spam-1", 0 },
        { "corpus/spamassassin/spam-2", 1 }, /* a literal in brackets for a local part */
        { "corpus/lkml", 0 },
        { "corpus/mbox", 0 },
        { "dkim/rspamd/messages", 0 },
    };
    if (suite_folder() == NULL)
        return suite_skip_all();
    json_t *messages = suite_load("mime/index.json");
    json_t *mail_dmarc = suite_load("dmarc/mail-dmarc.json"), *opendmarc = suite_load("dmarc/opendmarc.json");
    add_messages(messages);
    add_from_fields(mail_dmarc, "header");
    add_from_fields(opendmarc, "header_value");
    for (size_t i = 0; i < sizeof corpora / sizeof corpora[0]; i++) {
        struct test_case *c = add_case(corpora[i].folder, check_corpus);
        c->folder = corpora[i].folder;
        c->refused = corpora[i].refused;
    }
    int failed = _cmocka_run_group_tests("conformance-message", tests, case_count, NULL, NULL);
    json_decref(messages);
    json_decref(mail_dmarc);
    json_decref(opendmarc);
    return failed;
}
