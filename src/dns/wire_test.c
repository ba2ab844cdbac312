/* Answers in wire form. Each message is written out by hand after RFC 1035 section 4. */
#include "dns/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* QR RD RA, one question, and the given numbers of answers; the question's name is "a.test" at offset 12. */
#define HEADER(flags_low, answers) "\0\0\x81" flags_low "\0\1\0" answers "\0\0\0\0"
#define QUESTION(type)             "\1a\4test\0\0" type "\0\1"
#define RR(owner, type, ttl, len)  owner "\0" type "\0\1\0\0\0" ttl "\0" len
#define SAME                       "\xC0\x0C"
#define A_TYPE                     "\x01"
#define NS_TYPE                    "\x02"
#define CNAME_TYPE                 "\x05"
#define PTR_TYPE                   "\x0C"
#define MX_TYPE                    "\x0F"
#define TXT_TYPE                   "\x10"
#define AAAA_TYPE                  "\x1C"
#define DS_TYPE                    "\x2B"
#define MESSAGE(text)              "" text, sizeof(text) - 1

struct wire_case {
    const char *what;
    enum seki_rr_type type;
    const char *packet;
    size_t len;
    enum seki_answer_status status;
    size_t count;
    const char *text; /* of the first record, or why it failed */
    uint32_t ttl_s;
};

static const struct wire_case cases[] = {
    { "one string", SEKI_RR_TXT,
      MESSAGE(HEADER("\x80", "\1") QUESTION(TXT_TYPE) RR(SAME, TXT_TYPE, "\x3c", "\4") "\3abc"), SEKI_ANSWER_FOUND,
      1, "abc", 60 },
    { "strings are joined without a space", SEKI_RR_TXT,
      MESSAGE(HEADER("\x80", "\1") QUESTION(TXT_TYPE) RR(SAME, TXT_TYPE, "\x3c", "\7") "\2ab\0\2cd"),
      SEKI_ANSWER_FOUND, 1, "abcd", 60 },
    { "least TTL of two records", SEKI_RR_TXT,
      MESSAGE(HEADER("\x80", "\2") QUESTION(TXT_TYPE)
                  RR(SAME, TXT_TYPE, "\x3c", "\2") "\1x" RR(SAME, TXT_TYPE, "\x3b", "\2") "\1y"),
      SEKI_ANSWER_FOUND, 2, "x", 59 },
    { "a TTL with the first bit set is zero", SEKI_RR_TXT,
      MESSAGE(HEADER("\x80", "\1") QUESTION(TXT_TYPE) SAME "\0" TXT_TYPE "\0\1\x80\0\0\1\0\2\1x"),
      SEKI_ANSWER_FOUND, 1, "x", 0 },
    { "other types and classes are passed over", SEKI_RR_TXT,
      MESSAGE(HEADER("\x80", "\3") QUESTION(TXT_TYPE)
                  RR(SAME, A_TYPE, "\1", "\4") "\1\2\3\4" SAME "\0" TXT_TYPE
                                               "\0\3\0\0\0\1\0\2\1c" RR(SAME, TXT_TYPE, "\x3c", "\2") "\1x"),
      SEKI_ANSWER_FOUND, 1, "x", 60 },
    { "records of another name are not the answer", SEKI_RR_TXT,
      MESSAGE(HEADER("\x80", "\1") QUESTION(TXT_TYPE) RR("\1b\xC0\x0E", TXT_TYPE, "\x3c", "\2") "\1x"),
      SEKI_ANSWER_NODATA, 0, NULL, 0 },
    { "the owner in another case", SEKI_RR_TXT,
      MESSAGE(HEADER("\x80", "\1") QUESTION(TXT_TYPE) RR("\1A\4tEst\0", TXT_TYPE, "\x3c", "\2") "\1x"),
      SEKI_ANSWER_FOUND, 1, "x", 60 },
    { "CNAME to b.test, with the lesser TTL", SEKI_RR_TXT,
      MESSAGE(HEADER("\x80", "\2") QUESTION(TXT_TYPE)
                  RR(SAME, CNAME_TYPE, "\x09", "\4") "\1b\xC0\x0E" RR("\1b\xC0\x0E", TXT_TYPE, "\x3c", "\2") "\1x"),
      SEKI_ANSWER_FOUND, 1, "x", 9 },
    { "CNAME behind what it leads to", SEKI_RR_TXT,
      MESSAGE(HEADER("\x80", "\2") QUESTION(TXT_TYPE)
                  RR("\1b\xC0\x0E", TXT_TYPE, "\x3c", "\2") "\1x" RR(SAME, CNAME_TYPE, "\x09", "\4") "\1b\xC0\x0E"),
      SEKI_ANSWER_FOUND, 1, "x", 9 },
    { "CNAME that leads nowhere", SEKI_RR_TXT,
      MESSAGE(HEADER("\x80", "\1") QUESTION(TXT_TYPE) RR(SAME, CNAME_TYPE, "\x09", "\4") "\1b\xC0\x0E"),
      SEKI_ANSWER_NODATA, 0, NULL, 0 },
    { "CNAME to itself", SEKI_RR_TXT,
      MESSAGE(HEADER("\x80", "\1") QUESTION(TXT_TYPE) RR(SAME, CNAME_TYPE, "\x09", "\2") SAME), SEKI_ANSWER_FAILED,
      0, "unreadable answer", 0 },
    { "MX", SEKI_RR_MX,
      MESSAGE(HEADER("\x80", "\1") QUESTION(MX_TYPE) RR(SAME, MX_TYPE, "\x3c", "\6") "\0\5\1M\xC0\x0E"),
      SEKI_ANSWER_FOUND, 1, "m.test", 60 },
    { "null MX (RFC 7505)", SEKI_RR_MX,
      MESSAGE(HEADER("\x80", "\1") QUESTION(MX_TYPE) RR(SAME, MX_TYPE, "\x3c", "\3") "\0\0\0"), SEKI_ANSWER_FOUND,
      1, "", 60 },
    { "PTR", SEKI_RR_PTR,
      MESSAGE(HEADER("\x80", "\1") QUESTION(PTR_TYPE) RR(SAME, PTR_TYPE, "\x3c", "\4") "\1h\xC0\x0E"),
      SEKI_ANSWER_FOUND, 1, "h.test", 60 },
    { "NS", SEKI_RR_NS,
      MESSAGE(HEADER("\x80", "\1") QUESTION(NS_TYPE) RR(SAME, NS_TYPE, "\x3c", "\4") "\1N\xC0\x0E"),
      SEKI_ANSWER_FOUND, 1, "n.test", 60 },
    { "NS behind a CNAME", SEKI_RR_NS,
      MESSAGE(HEADER("\x80", "\2") QUESTION(NS_TYPE) RR(SAME, CNAME_TYPE, "\x09", "\4") "\1b\xC0\x0E" RR(
          "\1b\xC0\x0E", NS_TYPE, "\x3c", "\4") "\1n"
                                                "\xC0\x0E"),
      SEKI_ANSWER_FOUND, 1, "n.test", 9 },
    { "a CNAME that is asked for is the answer, what it leads to is not", SEKI_RR_CNAME,
      MESSAGE(HEADER("\x80", "\2") QUESTION(CNAME_TYPE) RR(SAME, CNAME_TYPE, "\x3c", "\4") "\1b\xC0\x0E" RR(
          "\1b\xC0\x0E", CNAME_TYPE, "\x09", "\4") "\1c"
                                                   "\xC0"
                                                   "\x0E"),
      SEKI_ANSWER_FOUND, 1, "b.test", 60 },
    { "DS (RFC 4034 section 5.4, the digest cut)", SEKI_RR_DS,
      MESSAGE(HEADER("\x80", "\1") QUESTION(DS_TYPE) RR(SAME, DS_TYPE, "\x3c", "\7") "\xEC\x45\5\1\x2B\xB1\x83"),
      SEKI_ANSWER_FOUND, 1, "60485 5 1 2BB183", 60 },
    { "DS without a digest", SEKI_RR_DS,
      MESSAGE(HEADER("\x80", "\1") QUESTION(DS_TYPE) RR(SAME, DS_TYPE, "\x3c", "\4") "\xEC\x45\5\1"),
      SEKI_ANSWER_FAILED, 0, "unreadable answer", 0 },
    { "DS that ends in its head", SEKI_RR_DS,
      MESSAGE(HEADER("\x80", "\1") QUESTION(DS_TYPE) RR(SAME, DS_TYPE, "\x3c", "\3") "\xEC\x45\5"),
      SEKI_ANSWER_FAILED, 0, "unreadable answer", 0 },
    { "NS with octets behind the name", SEKI_RR_NS,
      MESSAGE(HEADER("\x80", "\1") QUESTION(NS_TYPE) RR(SAME, NS_TYPE, "\x3c", "\5") "\1N\xC0\x0E!"),
      SEKI_ANSWER_FAILED, 0, "unreadable answer", 0 },
    { "PTR to a name with a dot inside a label is left out", SEKI_RR_PTR,
      MESSAGE(HEADER("\x80", "\2") QUESTION(PTR_TYPE)
                  RR(SAME, PTR_TYPE, "\x3c", "\6") "\3x.y\xC0\x0E" RR(SAME, PTR_TYPE, "\x3c", "\4") "\1h\xC0\x0E"),
      SEKI_ANSWER_FOUND, 1, "h.test", 60 },
    { "NXDOMAIN", SEKI_RR_TXT, MESSAGE(HEADER("\x83", "\0") QUESTION(TXT_TYPE)), SEKI_ANSWER_NXDOMAIN, 0, NULL, 0 },
    { "no record", SEKI_RR_TXT, MESSAGE(HEADER("\x80", "\0") QUESTION(TXT_TYPE)), SEKI_ANSWER_NODATA, 0, NULL, 0 },
    { "SERVFAIL", SEKI_RR_TXT, MESSAGE(HEADER("\x82", "\0") QUESTION(TXT_TYPE)), SEKI_ANSWER_FAILED, 0, "SERVFAIL",
      0 },
    { "RCODE 15", SEKI_RR_TXT, MESSAGE(HEADER("\x8f", "\0") QUESTION(TXT_TYPE)), SEKI_ANSWER_FAILED, 0,
      "an unknown RCODE", 0 },
    { "truncated (TC)", SEKI_RR_TXT, MESSAGE("\0\0\x83\x80\0\1\0\0\0\0\0\0" QUESTION(TXT_TYPE)), SEKI_ANSWER_FAILED,
      0, "truncated answer", 0 },
    { "a question, not an answer", SEKI_RR_TXT, MESSAGE("\0\0\1\0\0\1\0\0\0\0\0\0" QUESTION(TXT_TYPE)),
      SEKI_ANSWER_FAILED, 0, "unreadable answer", 0 },
    { "the question is of another type", SEKI_RR_TXT, MESSAGE(HEADER("\x80", "\0") QUESTION(A_TYPE)),
      SEKI_ANSWER_FAILED, 0, "unreadable answer", 0 },
    { "no question", SEKI_RR_TXT, MESSAGE("\0\0\x81\x80\0\0\0\0\0\0\0\0"), SEKI_ANSWER_FAILED, 0,
      "unreadable answer", 0 },
    { "half a header", SEKI_RR_TXT, MESSAGE("\0\0\x81\x80\0\1"), SEKI_ANSWER_FAILED, 0, "unreadable answer", 0 },
    { "nothing", SEKI_RR_TXT, MESSAGE(""), SEKI_ANSWER_FAILED, 0, "unreadable answer", 0 },
    { "an answer too few", SEKI_RR_TXT,
      MESSAGE(HEADER("\x80", "\2") QUESTION(TXT_TYPE) RR(SAME, TXT_TYPE, "\x3c", "\2") "\1x"), SEKI_ANSWER_FAILED,
      0, "unreadable answer", 0 },
    { "RDATA beyond the message", SEKI_RR_TXT,
      MESSAGE(HEADER("\x80", "\1") QUESTION(TXT_TYPE) RR(SAME, TXT_TYPE, "\x3c", "\x20") "\1x"), SEKI_ANSWER_FAILED,
      0, "unreadable answer", 0 },
    { "a string beyond its RDATA", SEKI_RR_TXT,
      MESSAGE(HEADER("\x80", "\1") QUESTION(TXT_TYPE) RR(SAME, TXT_TYPE, "\x3c", "\2") "\3xyz"), SEKI_ANSWER_FAILED,
      0, "unreadable answer", 0 },
    { "TXT without a string", SEKI_RR_TXT,
      MESSAGE(HEADER("\x80", "\1") QUESTION(TXT_TYPE) RR(SAME, TXT_TYPE, "\x3c", "\0")), SEKI_ANSWER_FAILED, 0,
      "unreadable answer", 0 },
    { "A of five octets", SEKI_RR_A,
      MESSAGE(HEADER("\x80", "\1") QUESTION(A_TYPE) RR(SAME, A_TYPE, "\x3c", "\5") "\1\2\3\4\5"),
      SEKI_ANSWER_FAILED, 0, "unreadable answer", 0 },
    { "AAAA of four octets", SEKI_RR_AAAA,
      MESSAGE(HEADER("\x80", "\1") QUESTION(AAAA_TYPE) RR(SAME, AAAA_TYPE, "\x3c", "\4") "\1\2\3\4"),
      SEKI_ANSWER_FAILED, 0, "unreadable answer", 0 },
    { "MX with octets behind the name", SEKI_RR_MX,
      MESSAGE(HEADER("\x80", "\1") QUESTION(MX_TYPE) RR(SAME, MX_TYPE, "\x3c", "\7") "\0\5\1M\xC0\x0E!"),
      SEKI_ANSWER_FAILED, 0, "unreadable answer", 0 },
    { "CNAME with octets behind the name", SEKI_RR_TXT,
      MESSAGE(HEADER("\x80", "\1") QUESTION(TXT_TYPE) RR(SAME, CNAME_TYPE, "\x09", "\5") "\1b\xC0\x0E!"),
      SEKI_ANSWER_FAILED, 0, "unreadable answer", 0 },
};

static void run_case(void **state)
{
    const struct wire_case *c = *state;
    struct seki_dns_records *records = malloc(sizeof *records);
    char *exact = malloc(c->len + 1); /* so that the sanitizer sees one octet too far */
    assert_non_null(records);
    assert_non_null(exact);
    memcpy(exact + 1, c->packet, c->len);
    struct seki_answer outcome;
    seki_dns_wire_read(records, exact + 1, c->len, c->type, &outcome);
    assert_int_equal(outcome.status, c->status);
    assert_int_equal(outcome.record_count, c->count);
    assert_int_equal(outcome.ttl_s, c->ttl_s);
    struct seki_str text = c->count > 0 ? outcome.records[0].text : outcome.failure;
    if (c->text != NULL)
        assert_true(seki_str_equal(text, seki_str_of(c->text)));
    free(exact);
    free(records);
}

static void addresses_keep_their_order(void **state)
{
    (void)state;
    static const char packet[] = HEADER("\x80", "\2") QUESTION(A_TYPE)
        RR(SAME, A_TYPE, "\x3c", "\4") "\xc0\0\2\1" RR(SAME, A_TYPE, "\x3c", "\4") "\xc0\0\2\2";
    struct seki_dns_records *records = malloc(sizeof *records);
    struct seki_answer outcome;
    char text[SEKI_IP_TEXT_MAX];
    assert_non_null(records);
    seki_dns_wire_read(records, packet, sizeof packet - 1, SEKI_RR_A, &outcome);
    assert_int_equal(outcome.record_count, 2);
    assert_string_equal(seki_ip_format(&outcome.records[0].address, text), "192.0.2.1");
    assert_string_equal(seki_ip_format(&outcome.records[1].address, text), "192.0.2.2");
    free(records);
}

/* 1,025 empty strings: one more than fit. */
static void too_many_records_are_a_failure_not_a_part(void **state)
{
    (void)state;
    static const char head[] = "\0\0\x81\x80\0\1\4\1\0\0\0\0" QUESTION(TXT_TYPE);
    static const char record[] = RR(SAME, TXT_TYPE, "\x3c", "\1") "\0";
    static char packet[sizeof head + 1025 * sizeof record];
    size_t len = sizeof head - 1;
    memcpy(packet, head, len);
    for (size_t i = 0; i < 1025; i++, len += sizeof record - 1)
        memcpy(packet + len, record, sizeof record - 1);
    struct seki_dns_records *records = malloc(sizeof *records);
    struct seki_answer outcome;
    assert_non_null(records);
    seki_dns_wire_read(records, packet, len, SEKI_RR_TXT, &outcome);
    assert_int_equal(outcome.status, SEKI_ANSWER_FAILED);
    packet[7] = 0; /* 1,024 */
    seki_dns_wire_read(records, packet, len, SEKI_RR_TXT, &outcome);
    assert_int_equal(outcome.record_count, 1024);
    free(records);
}

#define CASE_COUNT (sizeof cases / sizeof cases[0])

int main(void)
{
    static struct CMUnitTest tests[CASE_COUNT + 2];
    for (size_t i = 0; i < CASE_COUNT; i++)
        tests[i] = (struct CMUnitTest){ cases[i].what, run_case, NULL, NULL, (void *)(uintptr_t)&cases[i] };
    tests[CASE_COUNT] = (struct CMUnitTest)cmocka_unit_test(addresses_keep_their_order);
    tests[CASE_COUNT + 1] = (struct CMUnitTest)cmocka_unit_test(too_many_records_are_a_failure_not_a_part);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
