/* The flattened record: what it is, and that the engine comes to the same with it as with the original, for the addresses
 * at the edges of every network that either names. */
#include "domain/spf_flatten.h"

#include "domain/survey_test.h"

#include <sekisho/spf.h>

#include <stdio.h>

#define MAX_PROBES 4096u

#define NAMES                                                                                                      \
    "example.com. 600 MX 10 mx.example.com.\nexample.com. 900 A 192.0.2.80\nmx.example.com. A 192.0.2.1\n"         \
    "mx.example.com. AAAA 2001:db8::1\n"                                                                           \
    "_spf.example.net. 300 TXT \"v=spf1 ip4:198.51.100.0/24 ip6:2001:db8:1::/48 ~all\"\n"                          \
    "hole.example. TXT \"v=spf1 -ip4:198.51.100.64/26 ~ip4:198.51.100.7 ip4:198.51.100.0/24 -all\"\n"              \
    "asks.example. TXT \"v=spf1 ip4:203.0.113.0/25 exists:%{i}._x.example -all\"\n"                                \
    "guards.example. TXT \"v=spf1 -ip4:203.0.113.5 exists:%{i}._x.example ip4:203.0.113.0/24 -all\"\n"             \
    "own.example. TXT \"v=spf1 exists:%{i}._%{d} -all\"\n"                                                         \
    "open.example. TXT \"v=spf1 -ip4:203.0.113.5 +all\"\n"                                                         \
    "*._x.example. A 127.0.0.2\n"                                                                                  \
    "5.113.0.203._x.example. A 127.0.0.2\n"

/* 1. What is written. */

static const struct {
    const char *name, *record, *want;
} texts[] = {
    { "addresses stay", "ip4:192.0.2.1 ip6:2001:db8::5 -all", "v=spf1 ip4:192.0.2.1 ip6:2001:db8::5 -all" },
    { "names become addresses", "a mx -all", "v=spf1 ip4:192.0.2.1 ip4:192.0.2.80 ip6:2001:db8::1 -all" },
    { "with the length of the term", "a/24 mx/28//64 ~all", "v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/64 ~all" },
    { "an include becomes what it names", "include:_spf.example.net ~all",
      "v=spf1 ip4:198.51.100.0/24 ip6:2001:db8:1::/48 ~all" },
    { "neighbours are put together", "ip4:192.0.2.0/26 ip4:192.0.2.128/25 ip4:192.0.2.64/26 -all",
      "v=spf1 ip4:192.0.2.0/24 -all" },
    { "what is there twice is there once", "ip4:192.0.2.0/24 ip4:192.0.2.7 a ip4:192.0.2.0/24 -all",
      "v=spf1 ip4:192.0.2.0/24 -all" },
    { "what comes first is right", "-ip4:192.0.2.1 ip4:192.0.2.0/30 -all",
      "v=spf1 ip4:192.0.2.0 ip4:192.0.2.2/31 -ip4:192.0.2.1 -all" },
    { "and what comes later is not", "ip4:192.0.2.0/24 -ip4:192.0.2.1 ~all", "v=spf1 ip4:192.0.2.0/24 ~all" },
    { "who fails in an include does not match", "include:hole.example ?all",
      "v=spf1 ip4:198.51.100.0/30 ip4:198.51.100.4/31 ip4:198.51.100.6 ip4:198.51.100.8/29 ip4:198.51.100.16/28 "
      "ip4:198.51.100.32/27 ip4:198.51.100.128/25 ?all" },
    { "an include with a sign", "-include:_spf.example.net ~all",
      "v=spf1 -ip4:198.51.100.0/24 -ip6:2001:db8:1::/48 ~all" },
    { "a redirect is what it leads to", "ip4:192.0.2.1 redirect=_spf.example.net",
      "v=spf1 ip4:192.0.2.1 ip4:198.51.100.0/24 ip6:2001:db8:1::/48 ~all" },
    { "names that are not there are left out",
      "a:gone.example mx:gone.example exists:gone.example ip4:192.0.2.1 -all", "v=spf1 ip4:192.0.2.1 -all" },
    { "what stands behind all is left out", "ip4:192.0.2.1 -all ip4:192.0.2.2", "v=spf1 ip4:192.0.2.1 -all" },
    { "no end is ?all", "ip4:192.0.2.1", "v=spf1 ip4:192.0.2.1 ?all" },
    { "macros stay, behind the addresses", "exists:%{i}._x.example ip4:192.0.2.1 mx -all",
      "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 exists:%{i}._x.example -all" },
    { "but not where another sign makes their order matter", "-exists:%{i}._x.example ip4:192.0.2.1 ~all",
      "v=spf1 -exists:%{i}._x.example ip4:192.0.2.1 ~all" },
    { "ptr stays", "ptr ptr:example.net ip4:192.0.2.1 -all", "v=spf1 ip4:192.0.2.1 ptr ptr:example.net -all" },
    { "a macro within an include", "?include:asks.example mx -all",
      "v=spf1 ?ip4:203.0.113.0/25 ?exists:%{i}._x.example ip4:192.0.2.1 ip6:2001:db8::1 -all" },
    { "an include that cannot be put otherwise stays", "include:guards.example a -all",
      "v=spf1 ip4:192.0.2.80 include:guards.example -all" },
    { "so does one whose macro means its own name", "include:own.example a -all",
      "v=spf1 ip4:192.0.2.80 include:own.example -all" },
    { "and a redirect", "a redirect=own.example", "v=spf1 ip4:192.0.2.80 redirect=own.example" },
    { "and a redirect to a name that is not known", "a redirect=_%{i}.example",
      "v=spf1 ip4:192.0.2.80 redirect=_%{i}.example" },
    { "a redirect to a macro of another name", "a redirect=guards.example",
      "v=spf1 ip4:192.0.2.80 ip4:203.0.113.0/30 ip4:203.0.113.4 ip4:203.0.113.6/31 ip4:203.0.113.8/29 "
      "ip4:203.0.113.16/28 ip4:203.0.113.32/27 ip4:203.0.113.64/26 ip4:203.0.113.128/25 -ip4:203.0.113.5 "
      "exists:%{i}._x.example -all" },
    { "everybody", "a +all", "v=spf1 ip4:192.0.2.80 +all" },
    { "the explanation stays", "a -all exp=exp.%{d}", "v=spf1 ip4:192.0.2.80 -all exp=exp.%{d}" },
};

static struct seki_str zone_with(struct seki_arena *arena, const char *record)
{
    return seki_arena_format(arena, "%sexample.com. TXT \"v=spf1 %s\"\n", NAMES, record);
}

struct flattened {
    struct seki_arena *arena;
    struct seki_answers *answers;
    struct master_file *zone;
    struct domain_spf_lint_report lint;
    struct domain_spf_flat flat;
};

static struct flattened flatten(const char *record)
{
    struct seki_error why = { "" };
    struct flattened done = { .arena = seki_arena_new(SURVEY_TEST_MEMORY) };
    const struct domain_spf_subject subject = { .domain = SEKI_STR_INIT("example.com") };
    enum seki_result result;
    done.answers = seki_answers_new(done.arena, DOMAIN_SURVEY_QUESTIONS);
    done.zone = master_file_parse(zone_with(done.arena, record), "zone", &why);
    if (done.zone == NULL)
        fail_msg("%s: %s", record, why.text);
    while ((result = domain_spf_lint_step(done.arena, &subject, done.answers, &done.lint, &why)) ==
           SEKI_NEED_ANSWERS)
        survey_answer(done.zone, "slow.example", done.answers);
    assert_int_equal(result, SEKI_OK);
    assert_int_equal(domain_spf_flatten(done.arena, &done.lint.spf, done.answers, &done.flat), SEKI_OK);
    return done;
}

static void release(struct flattened *done)
{
    master_file_free(done->zone);
    seki_arena_free(done->arena);
}

static void each_record_is_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct flattened done = flatten(texts[i].record);
        if (done.flat.state != DOMAIN_SPF_FLAT_DONE || done.flat.record_count != 1 ||
            !seki_str_equal(done.flat.records[0].text, seki_str_of(texts[i].want)))
            fail_msg("%s: %s\n%.*s\nnot\n%s", texts[i].name, domain_spf_flat_state_name(done.flat.state),
                     SEKI_STR_ARGS(done.flat.record_count > 0 ? done.flat.records[0].text : SEKI_STR("")),
                     texts[i].want);
        release(&done);
    }
}

/* 2. What cannot be flattened. */

static const struct {
    const char *record;
    enum domain_spf_flat_state want;
} refusals[] = {
    { "ipv4:192.0.2.1 -all", DOMAIN_SPF_FLAT_INVALID },
    { "include:gone.example -all", DOMAIN_SPF_FLAT_INVALID },
    { "include:example.com -all", DOMAIN_SPF_FLAT_INVALID },
    { "redirect=gone.example", DOMAIN_SPF_FLAT_INVALID },
    { "a:slow.example -all", DOMAIN_SPF_FLAT_UNKNOWN },
    { "include:slow.example -all", DOMAIN_SPF_FLAT_UNKNOWN },
    { "include:open.example ip4:203.0.113.5 -all", DOMAIN_SPF_FLAT_EVERYBODY },
    { "-all\"\nexample.com. TXT \"v=spf1 ~all", DOMAIN_SPF_FLAT_INVALID },
};

static void what_cannot_be_flattened_is_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        struct flattened done = flatten(refusals[i].record);
        if (done.flat.state != refusals[i].want || done.flat.record_count != 0)
            fail_msg("%s: %s", refusals[i].record, domain_spf_flat_state_name(done.flat.state));
        release(&done);
    }
}

/* 3. The same verdict. */

static enum seki_spf_result check(struct seki_arena *arena, const struct master_file *zone,
                                  const struct seki_ip *client)
{
    const struct seki_spf_input input = { .client = *client,
                                          .helo = SEKI_STR_INIT("h.example"),
                                          .mail_from = SEKI_STR_INIT("u@example.com"),
                                          .no_void_limit = true }; /* names that are not there are left out */
    struct seki_answers *answers = seki_answers_new(arena, 0);
    struct seki_spf *spf = seki_spf_new(arena, &input);
    struct seki_spf_verdict verdict;
    while (seki_spf_step(spf, answers, &verdict, NULL) == SEKI_NEED_ANSWERS)
        survey_answer(zone, NULL, answers);
    return verdict.result;
}

/* The original zone with the new records in the place of the old one. */
static struct master_file *new_zone(struct flattened *done)
{
    struct seki_buf text;
    struct seki_error why;
    seki_buf_init_arena(&text, done->arena, 1 << 20);
    seki_buf_add(&text, SEKI_STR(NAMES));
    for (size_t i = 0; i < done->flat.record_count; i++) {
        struct seki_str rest = done->flat.records[i].text;
        seki_buf_add_format(&text, "%.*s. TXT", SEKI_STR_ARGS(done->flat.records[i].name));
        for (; rest.len > 0; rest = seki_str_from(rest, 200))
            seki_buf_add_format(&text, " \"%.*s\"", SEKI_STR_ARGS(seki_str_head(rest, 200)));
        seki_buf_add_char(&text, '\n');
    }
    struct master_file *zone = master_file_parse(seki_buf_str(&text), "new", &why);
    if (zone == NULL)
        fail_msg("%s", why.text);
    return zone;
}

/* The address that is step away, over the edge of octets too. */
static struct seki_ip moved(struct seki_ip ip, int step)
{
    for (int i = ip.octet_count - 1; i >= 0; i--) {
        int octet = ip.octets[i] + step;
        ip.octets[i] = (uint8_t)octet;
        if (octet >= 0 && octet <= 255)
            break;
        step = octet < 0 ? -1 : 1;
    }
    return ip;
}

struct probes {
    struct seki_ip list[MAX_PROBES];
    size_t count;
};

static void add_probe(struct probes *probes, struct seki_ip ip)
{
    if (probes->count < MAX_PROBES)
        probes->list[probes->count++] = seki_ip_unmapped(&ip);
}

/* First, last, and those beside them. */
static void add_edges(struct probes *probes, const struct seki_ip *network, unsigned bits)
{
    struct seki_ip first = *network, last = *network;
    for (unsigned i = bits; i < network->octet_count * 8u; i++) {
        first.octets[i / 8] &= (uint8_t) ~(0x80u >> (i % 8));
        last.octets[i / 8] |= (uint8_t)(0x80u >> (i % 8));
    }
    add_probe(probes, first);
    add_probe(probes, last);
    add_probe(probes, moved(first, -1));
    add_probe(probes, moved(last, 1));
}

static void add_text(struct probes *probes, struct seki_str text)
{
    struct seki_spf_term term;
    struct seki_spf_fault fault;
    while (seki_spf_next_term(&text, &term, &fault))
        if (term.kind == SEKI_SPF_TERM_IP4 || term.kind == SEKI_SPF_TERM_IP6)
            add_edges(probes, &term.network,
                      term.kind == SEKI_SPF_TERM_IP4 ? term.ip4_prefix_bits : term.ip6_prefix_bits);
}

static void add_places(struct probes *probes, const struct domain_spf_place *place)
{
    add_text(probes, place->record);
    for (size_t i = 0; i < place->term_count; i++)
        if (place->terms[i].target != NULL)
            add_places(probes, place->terms[i].target);
}

static void require_same(const char *name, struct flattened *done)
{
    static struct probes probes;
    probes.count = 0;
    struct master_file *zone = new_zone(done);
    add_places(&probes, done->lint.spf.top);
    for (size_t i = 0; i < done->flat.record_count; i++)
        add_text(&probes, done->flat.records[i].text);
    for (size_t i = 0; i < probes.count; i++) {
        struct seki_arena *arena = seki_arena_new(SURVEY_TEST_MEMORY);
        char text[SEKI_IP_TEXT_MAX];
        enum seki_spf_result old = check(arena, done->zone, &probes.list[i]);
        enum seki_spf_result new = check(arena, zone, &probes.list[i]);
        if (old != new)
            fail_msg("%s: %s is %s, now %s", name, seki_ip_format(&probes.list[i], text), seki_spf_result_name(old),
                     seki_spf_result_name(new));
        seki_arena_free(arena);
    }
    master_file_free(zone);
}

static void the_engine_comes_to_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct flattened done = flatten(texts[i].record);
        require_same(texts[i].name, &done);
        release(&done);
    }
}

/* Networks and signs at random, close to each other, so that they overlap. */
static void the_same_for_records_at_random(void **state)
{
    static const char *const signs[] = { "", "-", "~", "?" };
    static const char *const others[] = {
        "include:hole.example",   "include:_spf.example.net", "a/28", "mx//120", "include:asks.example",
        "include:guards.example", "exists:%{i}._x.example"
    };
    unsigned seed = 1;
    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        char record[512] = "";
        size_t used = 0;
        for (unsigned term = 0; term < 8; term++) {
            seed = seed * 1103515245u + 12345u;
            unsigned r = seed >> 8;
            const char *sign = signs[r % 4];
            if (r / 4 % 3 == 0)
                used += (size_t)snprintf(record + used, sizeof record - used, "%s%s ", sign, others[r / 12 % 7]);
            else
                used += (size_t)snprintf(record + used, sizeof record - used, "%sip4:198.51.100.%u/%u ", sign,
                                         r / 12 % 256, 24 + r / 3072 % 9);
        }
        snprintf(record + used, sizeof record - used, "%sall", signs[1 + round % 3]);
        struct flattened done = flatten(record);
        assert_int_equal(done.flat.state, DOMAIN_SPF_FLAT_DONE);
        require_same(record, &done);
        release(&done);
    }
}

/* 4. Several records. */

static void many_networks_are_split(void **state)
{
    (void)state;
    char record[8192] = "a -ip4:198.51.100.7 ";
    size_t used = strlen(record);
    for (unsigned i = 0; i < 60; i++)
        used += (size_t)snprintf(record + used, 64, "ip4:198.51.%u.0/25 ", i * 2);
    snprintf(record + used, 64, "exists:%%{i}._x.example ~all");
    /* strings of a zone file hold 255 octets */
    char strings[9000];
    size_t out = 0;
    for (size_t i = 0; record[i] != '\0'; i++)
        out +=
            (size_t)snprintf(strings + out, sizeof strings - out, "%s%c", i % 200 == 199 ? "\" \"" : "", record[i]);
    struct flattened done = flatten(strings);
    assert_int_equal(done.flat.state, DOMAIN_SPF_FLAT_DONE);
    assert_true(done.flat.record_count > 2 && !done.flat.is_record_long);
    assert_int_equal(done.flat.lookups, done.flat.record_count); /* one for each include, and exists */
    for (size_t i = 0; i < done.flat.record_count; i++)
        assert_true(done.flat.records[i].name.len + done.flat.records[i].text.len <= 450);
    assert_true(seki_str_equal(done.flat.records[1].name, SEKI_STR("_spf1.example.com")));
    assert_true(seki_str_starts_with(done.flat.records[0].text, SEKI_STR("v=spf1 include:_spf1.example.com ")));
    require_same("split", &done);
    release(&done);
}

/* In records of 200, each of which fits into an answer. */
static struct flattened flatten_networks(unsigned count)
{
    static char record[65536];
    size_t used = (size_t)snprintf(record, sizeof record,
                                   "include:0.b.example include:1.b.example include:2.b.example "
                                   "include:3.b.example include:4.b.example -all");
    for (unsigned i = 0; i < 5 * 200; i++) {
        if (i % 200 == 0)
            used +=
                (size_t)snprintf(record + used, sizeof record - used, "\"\n%u.b.example. TXT \"v=spf1 ", i / 200);
        if (i < count)
            used += (size_t)snprintf(record + used, sizeof record - used, "%sip4:%u.%u.%u.0/25 ",
                                     i % 8 == 7 ? "\" \"" : "", 11 + i / 4096, 2 * (i / 64 % 64), 2 * (i % 64));
    }
    return flatten(record);
}

static void what_is_too_much_is_said(void **state)
{
    (void)state;
    struct flattened done = flatten_networks(400);
    assert_int_equal(done.flat.state, DOMAIN_SPF_FLAT_DONE);
    assert_true(done.flat.is_record_long && done.flat.lookups <= 10);
    release(&done);
    done = flatten_networks(1000);
    assert_int_equal(done.flat.state, DOMAIN_SPF_FLAT_TOO_LARGE);
    assert_int_equal(done.flat.record_count, 0);
    release(&done);
}

static void what_is_told_beside_it(void **state)
{
    (void)state;
    struct flattened done =
        flatten("a mx include:_spf.example.net exists:%{i}._x.example include:own.example ~all");
    assert_int_equal(done.flat.ttl_s, 300);
    assert_int_equal(done.flat.kept_count, 2);
    assert_true(seki_str_equal(done.flat.kept[0], SEKI_STR("exists:%{i}._x.example")));
    assert_true(seki_str_equal(done.flat.kept[1], SEKI_STR("include:own.example")));
    assert_int_equal(done.flat.lookups, 3); /* the include has one of its own */
    assert_int_equal(done.flat.network_count, 5);
    release(&done);
    done = flatten("ip4:192.0.2.1 -all");
    assert_int_equal(done.flat.ttl_s, 0);
    release(&done);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_is_written),       cmocka_unit_test(what_cannot_be_flattened_is_said),
        cmocka_unit_test(the_engine_comes_to_the_same), cmocka_unit_test(the_same_for_records_at_random),
        cmocka_unit_test(many_networks_are_split),      cmocka_unit_test(what_is_too_much_is_said),
        cmocka_unit_test(what_is_told_beside_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
