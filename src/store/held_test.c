/* Held messages in the store: listed, released once, deleted, expired. */
#include "store/held.h"

#include "store/hosting_test.h"

static struct store_held item(const char *message_id, int64_t place, const char *address, int64_t domain_id)
{
    return (struct store_held){ .message_id = seki_str_of(message_id),
                                .place = place,
                                .address = seki_str_of(address),
                                .reason = SEKI_STR("dmarc-reject"),
                                .domain_id = domain_id,
                                .tenant_id = domain_id * 10,
                                .expires_at_s = NOW_S + 1000,
                                .changed_by = SEKI_STR(""),
                                .node = SEKI_STR("mx1"),
                                .held_at_s = NOW_S,
                                .size_octets = 1234,
                                .mail_from = SEKI_STR("x@example.org"),
                                .author = SEKI_STR("X <x@example.org>"),
                                .subject = SEKI_STR("hello"),
                                .client = SEKI_STR("192.0.2.1"),
                                .queue_id = SEKI_STR("4X"),
                                .mail_message_id = SEKI_STR("<1@example.org>") };
}

static void add_two(struct sql *sql)
{
    const struct store_held items[] = { item("a1", 0, "a@one.example", 1), item("a1", 1, "b@two.example", 2) };
    STORE_OK(store_held_add(sql, items, 2, WHY));
}

static const struct store_held *only(struct sql *sql, const struct store_held_filter *filter)
{
    const struct store_held *items;
    size_t count;
    STORE_OK(store_held_list(sql, filter, memory, &items, &count, WHY));
    assert_int_equal(count, 1);
    return items;
}

static size_t count_of(struct sql *sql, const struct store_held_filter *filter)
{
    const struct store_held *items;
    size_t count;
    STORE_OK(store_held_list(sql, filter, memory, &items, &count, WHY));
    return count;
}

static void a_message_is_added_once_and_found_by_its_recipients(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    add_two(sql);
    add_two(sql); /* killed before the file was settled */
    assert_int_equal(count_of(sql, &(struct store_held_filter){ 0 }), 2);
    const struct store_held *one = only(sql, &(struct store_held_filter){ .domain_id = 1 });
    assert_text(one->address, "a@one.example");
    assert_text(one->message_id, "a1");
    assert_text(one->subject, "hello");
    assert_int_equal(one->size_octets, 1234);
    assert_int_equal(one->state, STORE_HELD);
    assert_true(one->has_file);
    only(sql, &(struct store_held_filter){ .tenant_id = 20 });
    only(sql, &(struct store_held_filter){ .address = SEKI_STR("B@TWO.example") });
    only(sql, &(struct store_held_filter){ .address = SEKI_STR("b@Ｔｗｏ.example") });
    assert_int_equal(count_of(sql, &(struct store_held_filter){ .tenant_id = 1 }), 0);
    assert_int_equal(count_of(sql, &(struct store_held_filter){ .before_id = one->id }), 0);
    assert_int_equal(count_of(sql, &(struct store_held_filter){ .limit = 1 }), 1);
    struct store_held got;
    assert_int_equal(store_held_get(sql, 9999, memory, &got, WHY), SEKI_BAD_INPUT);
    assert_why("no held message with the number 9999");
}

/* Who takes a domain back finds what was held for it before, and nobody else's. */
static void what_a_removed_domain_left_is_found_by_its_name(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    int64_t tenant = add_tenant(sql, "a", POLICY_SHARED), there = add_domain(sql, tenant, "two.example");
    const struct store_held left[] = { item("a1", 0, "a@one.example", 91), item("a1", 1, "b@Sub.One.Example", 91),
                                       item("a1", 2, "c@notone.example", 92), item("a1", 3, "d@two.example", there),
                                       item("a1", 4, "e@two.example", 93) };
    STORE_OK(store_held_add(sql, left, sizeof left / sizeof left[0], WHY));
    assert_int_equal(count_of(sql, &(struct store_held_filter){ .left_by = SEKI_STR("one.example") }), 2);
    assert_int_equal(count_of(sql, &(struct store_held_filter){ .left_by = SEKI_STR("none.example") }), 0);
    assert_text(only(sql, &(struct store_held_filter){ .left_by = SEKI_STR("two.example") })->address,
                "e@two.example");
    assert_int_equal(
        count_of(sql, &(struct store_held_filter){ .domain_id = there, .left_by = SEKI_STR("two.example") }), 2);
}

static enum seki_result claim(struct sql *sql, const struct store_held *held, bool again)
{
    struct store_change *change = begin(sql);
    return end(change, store_held_claim(change, held, again, WHY));
}

static enum seki_result settle(struct sql *sql, const struct store_held *held, bool is_released)
{
    struct store_change *change = begin(sql);
    return end(change, store_held_settle(change, held, is_released, WHY));
}

static enum seki_result remove_it(struct sql *sql, const struct store_held *held)
{
    struct store_change *change = begin(sql);
    return end(change, store_held_delete(change, held, WHY));
}

static void a_message_is_released_once(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    add_two(sql);
    const struct store_held *held = only(sql, &(struct store_held_filter){ .domain_id = 1 });
    assert_int_equal(settle(sql, held, true), SEKI_BAD_INPUT); /* nobody began */
    STORE_OK(claim(sql, held, false));
    assert_int_equal(claim(sql, held, false), SEKI_BAD_INPUT);
    assert_why("is being released by somebody");
    assert_int_equal(remove_it(sql, held), SEKI_BAD_INPUT);
    STORE_OK(store_held_unclear(sql, held->id, WHY));
    STORE_OK(settle(sql, held, true));
    assert_int_equal(claim(sql, held, true), SEKI_BAD_INPUT);
    assert_why("was released already");
    assert_int_equal(remove_it(sql, held), SEKI_BAD_INPUT);
    assert_int_equal(count_of(sql, &(struct store_held_filter){ .only_held = true }),
                     1); /* the other's is not touched */
    held = only(sql, &(struct store_held_filter){ .domain_id = 1 });
    assert_int_equal(held->state, STORE_HELD_RELEASED);
    assert_text(held->changed_by, "kim");
}

static void what_was_refused_can_be_released_again(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    add_two(sql);
    const struct store_held *held = only(sql, &(struct store_held_filter){ .domain_id = 1 });
    STORE_OK(claim(sql, held, false));
    STORE_OK(settle(sql, held, false));
    STORE_OK(claim(sql, held, false));
}

/* Killed before the end of the message was sent: another may begin after ten minutes. Killed behind it: nobody, but who
 * says that it did not arrive. */
static void a_release_that_was_killed_is_not_done_twice(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    add_two(sql);
    const struct store_held *held = only(sql, &(struct store_held_filter){ .domain_id = 1 });
    STORE_OK(claim(sql, held, false));
    STORE_OK(sql_run(sql, "UPDATE held_recipient SET changed_at_s = changed_at_s - 599", NULL, 0, NULL, WHY));
    assert_int_equal(claim(sql, held, false), SEKI_BAD_INPUT);
    STORE_OK(sql_run(sql, "UPDATE held_recipient SET changed_at_s = changed_at_s - 1", NULL, 0, NULL, WHY));
    STORE_OK(claim(sql, held, false));
    STORE_OK(store_held_unclear(sql, held->id, WHY));
    STORE_OK(sql_run(sql, "UPDATE held_recipient SET changed_at_s = changed_at_s - 6000", NULL, 0, NULL, WHY));
    assert_int_equal(claim(sql, held, false), SEKI_BAD_INPUT);
    assert_why("what it said was not noted");
    STORE_OK(claim(sql, held, true));
}

static void every_decision_leaves_a_line_of_audit(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    add_two(sql);
    const struct store_held *held = only(sql, &(struct store_held_filter){ .domain_id = 1 });
    const struct store_audit_entry *entries;
    size_t count;
    STORE_OK(remove_it(sql, held));
    STORE_OK(store_audit_list(sql, &(struct store_audit_filter){ .action = SEKI_STR("quarantine.") }, memory,
                              &entries, &count, WHY));
    assert_int_equal(count, 1);
    assert_text(entries[0].action, "quarantine.delete");
    assert_text(entries[0].actor, "kim");
    assert_text(entries[0].domain, "one.example");
    assert_text(entries[0].before, "{\"state\":\"held\"}");
    assert_text(entries[0].after, "{\"state\":\"deleted\",\"message\":\"a1\"}");
}

static void the_line_is_found_by_tenant_and_hosted_domain(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    struct store_held held = item("a1", 0, "a@sub.one.example", 0);
    held.tenant_id = add_tenant(sql, "first", POLICY_GATEWAY);
    held.domain_id =
        add_domain(sql, held.tenant_id, "one.example"); /* whose policy is that of names below it, too */
    STORE_OK(store_held_add(sql, &held, 1, WHY));
    STORE_OK(remove_it(sql, only(sql, &(struct store_held_filter){ .tenant_id = held.tenant_id })));
    const struct store_audit_entry *entries;
    size_t count;
    STORE_OK(store_audit_list(sql,
                              &(struct store_audit_filter){ .tenant = SEKI_STR("first"),
                                                            .domain = SEKI_STR("one.example"),
                                                            .action = SEKI_STR("quarantine.") },
                              memory, &entries, &count, WHY));
    assert_int_equal(count, 1);
    assert_text(entries[0].object, "1");
}

static size_t spent(struct sql *sql, const char *node, int64_t now_s)
{
    const struct seki_str *ids;
    size_t count;
    STORE_OK(store_held_spent(sql, seki_str_of(node), now_s, 0, memory, &ids, &count, WHY));
    return count;
}

static void a_file_is_spent_when_all_have_decided_or_it_expired(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    add_two(sql);
    assert_int_equal(spent(sql, "mx1", NOW_S), 0);
    assert_int_equal(spent(sql, "mx1", NOW_S + 1000), 1);
    assert_int_equal(spent(sql, "mx2", NOW_S + 1000), 0);
    STORE_OK(remove_it(sql, only(sql, &(struct store_held_filter){ .domain_id = 1 })));
    assert_int_equal(spent(sql, "mx1", NOW_S), 0);
    STORE_OK(remove_it(sql, only(sql, &(struct store_held_filter){ .domain_id = 2 })));
    assert_int_equal(spent(sql, "mx1", NOW_S), 1);
    STORE_OK(store_held_file_gone(sql, SEKI_STR("a1"), NOW_S, WHY));
    assert_int_equal(spent(sql, "mx1", NOW_S + 1000), 0);
    assert_int_equal(count_of(sql, &(struct store_held_filter){ 0 }), 2); /* still told of */
    STORE_OK(store_held_forget(sql, NOW_S + 1000, WHY));
    assert_int_equal(count_of(sql, &(struct store_held_filter){ 0 }), 0);
}

static void digests_tell_each_message_once(struct sql *sql, const char *url)
{
    (void)url;
    begin_test(sql);
    add_two(sql);
    const struct store_held third = item("a2", 0, "a@one.example", 1);
    STORE_OK(store_held_add(sql, &third, 1, WHY));
    const int64_t *domains;
    const struct store_held *items;
    size_t count;
    int64_t last_at_s;
    STORE_OK(store_held_untold_domains(sql, 0, memory, &domains, &count, WHY));
    assert_int_equal(count, 2);
    assert_int_equal(domains[0], 1);
    STORE_OK(store_held_untold(sql, 1, 0, memory, &items, &count, WHY));
    assert_int_equal(count, 2);
    assert_true(items[0].id < items[1].id);
    STORE_OK(store_held_told(sql, 1, SEKI_STR("a@one.example"), items[0].id, NOW_S, WHY));
    STORE_OK(store_held_untold(sql, 1, 0, memory, &items, &count, WHY));
    assert_int_equal(count, 1);
    STORE_OK(store_held_last_digest(sql, 1, &last_at_s, WHY));
    assert_int_equal(last_at_s, 0);
    STORE_OK(store_held_digest_done(sql, 1, NOW_S, WHY));
    STORE_OK(store_held_digest_done(sql, 1, NOW_S + 5, WHY));
    STORE_OK(store_held_last_digest(sql, 1, &last_at_s, WHY));
    assert_int_equal(last_at_s, NOW_S + 5);
}

int main(void)
{
    static const struct store_test tests[] = {
        STORE_TEST(a_message_is_added_once_and_found_by_its_recipients),
        STORE_TEST(what_a_removed_domain_left_is_found_by_its_name),
        STORE_TEST(a_message_is_released_once),
        STORE_TEST(what_was_refused_can_be_released_again),
        STORE_TEST(a_release_that_was_killed_is_not_done_twice),
        STORE_TEST(every_decision_leaves_a_line_of_audit),
        STORE_TEST(the_line_is_found_by_tenant_and_hosted_domain),
        STORE_TEST(a_file_is_spent_when_all_have_decided_or_it_expired),
        STORE_TEST(digests_tell_each_message_once),
    };
    return STORE_TESTS_RUN(tests);
}
