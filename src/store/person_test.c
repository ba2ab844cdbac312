/* A person's data goes on request: recorded traffic node by node, and what is held at once. */
#include "store/person.h"

#include "store/audit.h"
#include "store/traffic_sample_test.h"

static struct seki_arena *memory;

static struct store_person find(struct sql *sql, const char *address)
{
    struct store_person person;
    STORE_OK(store_person_find(sql, seki_str_of(address), memory, &person, WHY));
    return person;
}

static enum seki_result erase(struct sql *sql, const char *address, const struct store_person_place *places,
                              size_t count, struct store_person_erased *erased)
{
    struct store_change *change = NULL;
    const struct store_actor actor = { SEKI_STR("kim"), SEKI_STR("test") };
    STORE_OK(store_change_begin(sql, &actor, AT_S, &change, WHY));
    enum seki_result result =
        store_person_erase(change, seki_str_of(address), SEKI_STR("mx1"), places, count, erased, WHY);
    if (result == SEKI_OK)
        return store_change_commit(change, NULL, WHY);
    store_change_rollback(change);
    return result;
}

static size_t audit_lines(struct sql *sql, const struct store_audit_entry **entries_out)
{
    size_t count;
    STORE_OK(store_audit_list(sql, &(struct store_audit_filter){ 0 }, memory, entries_out, &count, WHY));
    return count;
}

static void begin_memory(void)
{
    seki_arena_free(memory);
    memory = seki_arena_new(8u << 20);
}

static void recorded_messages_are_found_and_erased(struct sql *sql, const char *url)
{
    (void)url;
    struct store_person_erased erased;
    struct store_traffic *traffic = five_days(sql);
    begin_memory();
    assert_int_equal(find(sql, "nobody@example.com").place_count, 0);
    assert_int_equal(find(sql, "bounce@LIST.example").place_count, 5);
    struct store_person ann = find(sql, "ANN@example.com");
    assert_int_equal(ann.place_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_true(seki_str_equal(ann.places[i].node, NODE));
        assert_string_equal(ann.places[i].position.segment, "5a-1-0.seg");
        assert_int_equal(ann.places[i].position.offset, i);
    }
    STORE_OK(erase(sql, "Ann@example.com", ann.places, 0, &erased));
    assert_int_equal(find(sql, "ann@example.com").place_count, 5);
    STORE_OK(erase(sql, "Ann@example.com", ann.places, 4, &erased));
    ann = find(sql, "ann@example.com");
    assert_int_equal(ann.place_count, 1); /* of a node that was not erased yet */
    assert_int_equal(ann.places[0].position.offset, 4);
    assert_int_equal(find(sql, "bounce@list.example").place_count, 1);
    struct store_person bob =
        find(sql, "bob@example.net"); /* of the same five messages; the evidence of four is gone */
    assert_int_equal(bob.place_count, 5);
    assert_int_equal(bob.places[0].node.len, 0);
    assert_true(seki_str_equal(bob.places[4].node, NODE));
    STORE_OK(erase(sql, "bob@example.net", bob.places, 4, &erased));
    assert_int_equal(find(sql, "bob@example.net").place_count, 1);
    assert_int_equal(store_test_integer(sql, "SELECT count(*) FROM traffic_message WHERE mail_from = '' AND "
                                             "message_id = '' AND queue_id = '' AND dmarc = 2"),
                     4);
    assert_int_equal(store_test_integer(sql, "SELECT count(*) FROM traffic_recipient WHERE address <> ''"), 2);
    store_traffic_free(traffic);
}

/* The file "shared" is for ann and bob, "own" for ann alone, "from" is from ann to bob. */
static void hold_three(struct sql *sql)
{
    const struct store_held base = { .reason = SEKI_STR("virus"),
                                     .domain_id = 7,
                                     .tenant_id = 3,
                                     .expires_at_s = AT_S + 1000,
                                     .changed_by = SEKI_STR(""),
                                     .node = SEKI_STR("mx1"),
                                     .held_at_s = AT_S,
                                     .client = SEKI_STR(""),
                                     .queue_id = SEKI_STR(""),
                                     .mail_message_id = SEKI_STR("") };
    static const struct {
        const char *message, *recipients[2], *mail_from, *author;
    } messages[] = {
        { "shared", { "Ann@example.com", "bob@example.com" }, "x@example.org", "X <x@example.org>" },
        { "own", { "ann@example.com", NULL }, "x@example.org", "X <x@example.org>" },
        { "from", { "bob@example.com", NULL }, "bounces@example.org", "Ann <ANN@example.com>" },
    };
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        struct store_held items[2] = { base, base };
        size_t count = 0;
        for (; count < 2 && messages[i].recipients[count] != NULL; count++) {
            items[count].message_id = seki_str_of(messages[i].message);
            items[count].place = (int64_t)count;
            items[count].address = seki_str_of(messages[i].recipients[count]);
            items[count].mail_from = seki_str_of(messages[i].mail_from);
            items[count].author = seki_str_of(messages[i].author);
            items[count].subject = SEKI_STR("hello");
        }
        STORE_OK(store_held_add(sql, items, count, WHY));
    }
}

static void what_is_held_is_found_by_recipient_sender_and_author(struct sql *sql, const char *url)
{
    (void)url;
    static const struct {
        const char *name, *address;
        size_t found, received;
    } cases[] = {
        { "in another case, and from it", "ANN@example.com", 3, 2 },
        { "a recipient beside others", "bob@example.com", 2, 2 },
        { "a reverse-path", "bounces@example.org", 1, 0 },
        { "the end of another's", "nn@example.com", 1,
          0 }, /* in a From field: shown once too often, and never erased */
        { "no pattern", "%@example.com", 0, 0 },
        { "no pattern of one", "_nn@example.com", 0, 0 },
        { "no escape", "\\@example.com", 0, 0 },
        { "somebody else", "eve@example.com", 0, 0 },
    };
    unsigned applied;
    STORE_OK(store_migrate(sql, &applied, WHY));
    begin_memory();
    hold_three(sql);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct store_person person = find(sql, cases[i].address);
        size_t received = 0;
        for (size_t k = 0; k < person.held_count; k++)
            received += store_person_is_recipient(seki_str_of(cases[i].address), &person.held[k]);
        if (person.held_count != cases[i].found || received != cases[i].received)
            fail_msg("%s: %zu found, %zu for it", cases[i].name, person.held_count, received);
    }
}

static void what_is_held_for_it_is_deleted(struct sql *sql, const char *url)
{
    (void)url;
    unsigned applied;
    const struct seki_str *spent;
    size_t count;
    struct store_person_erased erased;
    const struct store_audit_entry *lines;
    STORE_OK(store_migrate(sql, &applied, WHY));
    begin_memory();
    hold_three(sql);
    STORE_OK(erase(sql, "ann@EXAMPLE.com", NULL, 0, &erased));
    assert_int_equal(erased.held, 2);
    assert_int_equal(erased.held_beside, 1);
    assert_int_equal(find(sql, "ann@example.com").held_count, 1); /* bob's, from it */
    STORE_OK(store_held_spent(sql, SEKI_STR("mx1"), AT_S, 0, memory, &spent, &count, WHY));
    assert_int_equal(count, 1); /* the file that was hers alone */
    assert_true(seki_str_equal(spent[0], SEKI_STR("own")));
    STORE_OK(store_held_file_gone(sql, spent[0], AT_S, WHY));
    assert_int_equal(store_test_integer(sql, "SELECT count(*) FROM held_message"), 2);
    assert_int_equal(store_test_integer(sql, "SELECT count(*) FROM held_recipient WHERE state = 'held'"), 2);
    assert_int_equal(audit_lines(sql, &lines), 1);
    assert_true(seki_str_equal(lines[0].action, SEKI_STR("person.erase")));
    assert_true(seki_str_equal(lines[0].actor, SEKI_STR("kim")));
    assert_true(seki_str_equal(lines[0].after, SEKI_STR("{\"node\":\"mx1\",\"messages\":0,\"held\":2}")));
}

/* PostgreSQL's lower() knows more letters than SQLite's, by the locale of the database. */
static void letters_beyond_ascii_are_found_by_any_store(struct sql *sql, const char *url)
{
    (void)url;
    static const char address[] = "\xc3\x89lodie@example.com", author[] = "\xc3\x89. <\xc3\x89lodie@example.com>";
    struct store_held item = { .message_id = SEKI_STR("own"),
                               .reason = SEKI_STR("virus"),
                               .address = seki_str_of(address),
                               .expires_at_s = AT_S + 1000,
                               .changed_by = SEKI_STR(""),
                               .node = SEKI_STR("mx1"),
                               .mail_from = seki_str_of(address),
                               .author = seki_str_of(author),
                               .subject = SEKI_STR(""),
                               .client = SEKI_STR(""),
                               .queue_id = SEKI_STR(""),
                               .mail_message_id = SEKI_STR("") };
    const struct store_held *found;
    struct store_person_erased erased;
    unsigned applied;
    size_t count;
    STORE_OK(store_migrate(sql, &applied, WHY));
    begin_memory();
    STORE_OK(store_held_add(sql, &item, 1, WHY));
    STORE_OK(
        store_held_list(sql, &(struct store_held_filter){ .address = item.address }, memory, &found, &count, WHY));
    assert_int_equal(count, 1);
    item.message_id = SEKI_STR("from");
    item.address = SEKI_STR("bob@example.com");
    STORE_OK(store_held_add(sql, &item, 1, WHY));
    item.message_id = SEKI_STR("by");
    item.mail_from = SEKI_STR("");
    STORE_OK(store_held_add(sql, &item, 1, WHY));
    assert_int_equal(find(sql, address).held_count, 3);
    STORE_OK(erase(sql, address, NULL, 0, &erased));
    assert_int_equal(erased.held, 1);
    assert_int_equal(find(sql, address).held_count, 2); /* bob's, from it */
}

static void what_is_being_released_is_let_end(struct sql *sql, const char *url)
{
    (void)url;
    unsigned applied;
    struct store_person_erased erased;
    STORE_OK(store_migrate(sql, &applied, WHY));
    begin_memory();
    hold_three(sql);
    STORE_OK(
        sql_run(sql, "UPDATE held_recipient SET state = 'releasing' WHERE message_id = 'own'", NULL, 0, NULL, WHY));
    STORE_OK(erase(sql, "ann@example.com", NULL, 0, &erased));
    assert_int_equal(erased.held, 2);
    assert_int_equal(store_test_integer(sql, "SELECT count(*) FROM held_recipient WHERE state = 'releasing' AND "
                                             "address = ''"),
                     1);
}

static void nothing_found_leaves_no_line(struct sql *sql, const char *url)
{
    (void)url;
    unsigned applied;
    struct store_person person;
    struct store_person_erased erased;
    const struct store_audit_entry *lines;
    STORE_OK(store_migrate(sql, &applied, WHY));
    begin_memory();
    hold_three(sql);
    STORE_OK(erase(sql, "eve@example.com", NULL, 0, &erased));
    assert_int_equal(erased.held, 0);
    assert_int_equal(erase(sql, "", NULL, 0, &erased), SEKI_BAD_INPUT);
    assert_int_equal(store_person_find(sql, SEKI_STR(""), memory, &person, WHY), SEKI_BAD_INPUT);
    assert_int_equal(audit_lines(sql, &lines), 0);
    assert_int_equal(store_test_integer(sql, "SELECT count(*) FROM held_recipient WHERE state = 'held'"), 4);
}

static void what_is_no_address_is_refused(struct sql *sql, const char *url)
{
    (void)url;
    static const struct {
        const char *name, *text;
        bool is_address;
    } cases[] = {
        { "local part and domain", "ann@example.com", true },
        { "upper case", "Ann@EXAMPLE.com", true },
        { "a quoted local part, with all that may be in it", "\"a b@c\"@example.com", true },
        { "what MTAs let through", "a..b@example.com", true },
        { "a domain in UTF-8", "ann@\xe6\x97\xa5\xe6\x9c\xac.example", true },
        { "an address literal", "ann@[192.0.2.1]", true },
        { "nothing", "", false },
        { "a domain alone", "typo.at.example", false },
        { "no local part", "@example.com", false },
        { "no domain", "ann@", false },
        { "two signs", "ann@@example.com", false },
        { "two addresses", "ann@example.com,bob@example.com", false },
        { "a blank in the domain", "ann@example.com bob", false },
        { "in angle brackets", "<ann@example.com>", false },
        { "the null reverse-path", "<>", false },
        { "with a source route", "@relay.example:ann@example.com", false },
        { "part of one", "%", false },
    };
    unsigned applied;
    struct store_person person;
    struct store_person_erased erased;
    STORE_OK(store_migrate(sql, &applied, WHY));
    begin_memory();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const enum seki_result want = cases[i].is_address ? SEKI_OK : SEKI_BAD_INPUT;
        struct seki_str text = seki_str_of(cases[i].text);
        if (store_person_is_address(text) != cases[i].is_address ||
            store_person_find(sql, text, memory, &person, WHY) != want ||
            erase(sql, cases[i].text, NULL, 0, &erased) != want)
            fail_msg("%s: %s", cases[i].name, cases[i].text);
    }
}

static const struct store_test tests[] = {
    STORE_TEST(recorded_messages_are_found_and_erased),
    STORE_TEST(what_is_held_is_found_by_recipient_sender_and_author),
    STORE_TEST(what_is_held_for_it_is_deleted),
    STORE_TEST(letters_beyond_ascii_are_found_by_any_store),
    STORE_TEST(what_is_being_released_is_let_end),
    STORE_TEST(nothing_found_leaves_no_line),
    STORE_TEST(what_is_no_address_is_refused),
};

int main(void)
{
    return STORE_TESTS_RUN(tests);
}
