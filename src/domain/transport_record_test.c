/* Records of MTA-STS, TLS-RPT and BIMI: what is one, what is in it, and where it is wrong. */
#include "domain/transport_record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum what { IS, NEARLY, NEITHER };

static const struct {
    enum domain_transport kind;
    const char *text;
    enum what want;
} versions[] = {
    { DOMAIN_MTA_STS, "v=STSv1; id=1", IS },
    { DOMAIN_MTA_STS, "v=STSv1;id=1", IS },
    { DOMAIN_MTA_STS, "v=STSv1 ; id=1", IS }, /* sts-field-delim = *WSP ";" *WSP */
    { DOMAIN_MTA_STS, "v=STSv1", IS },
    { DOMAIN_MTA_STS, "v=STSv1 id=1", NEARLY },
    { DOMAIN_MTA_STS, "v=STSv10; id=1", NEARLY },
    { DOMAIN_MTA_STS, "v=stsv1; id=1", NEARLY }, /* %s: with case */
    { DOMAIN_MTA_STS, " v=STSv1; id=1", NEARLY },
    { DOMAIN_MTA_STS, "\"v=STSv1; id=1\"", NEARLY },
    { DOMAIN_MTA_STS, "id=1; v=STSv1", NEARLY },
    { DOMAIN_MTA_STS, "version: STSv1", NEARLY },
    { DOMAIN_MTA_STS, "v=spf1 -all", NEITHER },
    { DOMAIN_MTA_STS, "", NEITHER },
    { DOMAIN_TLS_RPT, "v=TLSRPTv1; rua=mailto:a@b", IS },
    { DOMAIN_TLS_RPT, "v=TLSRPT1; rua=mailto:a@b", NEARLY },
    { DOMAIN_TLS_RPT, "v=tlsrptv1; rua=mailto:a@b", NEARLY },
    { DOMAIN_TLS_RPT, "v=STSv1; id=1", NEITHER },
    { DOMAIN_BIMI, "v=BIMI1; l=", IS },
    { DOMAIN_BIMI, "v=BIMI1.0; l=", NEARLY },
    { DOMAIN_BIMI, "l=https://a/b.svg; v=BIMI1", NEARLY },
    { DOMAIN_BIMI, "verification=1", NEITHER },
};

static void a_record_begins_with_its_version(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
        struct seki_str text = seki_str_of(versions[i].text);
        if (domain_transport_is_of(versions[i].kind, text) != (versions[i].want == IS) ||
            domain_transport_is_nearly(versions[i].kind, text) != (versions[i].want == NEARLY))
            fail_msg("\"%s\"", versions[i].text);
    }
}

#define X32 "abcdefghijklmnopqrstuvwxyz012345"

static const struct {
    const char *name;
    enum domain_transport kind;
    const char *text;
    const char *want; /* as written again; or "!" and the field that is wrong */
} records[] = {
    { "the RFC's example", DOMAIN_MTA_STS, "v=STSv1; id=20160831085700Z;", "v=STSv1; id=20160831085700Z" },
    { "without spaces", DOMAIN_MTA_STS, "v=STSv1;id=1;a=b", "v=STSv1; id=1; a=b" },
    { "white space around the semicolon", DOMAIN_MTA_STS, "v=STSv1 \t; \tid=1 ; ", "v=STSv1; id=1" },
    { "an id of 32", DOMAIN_MTA_STS, "v=STSv1; id=" X32, "v=STSv1; id=" X32 },
    { "a name of 32", DOMAIN_MTA_STS, "v=STSv1; " X32 "=x", "v=STSv1; " X32 "=x" },
    { "a name with every octet", DOMAIN_MTA_STS, "v=STSv1; a_-.9=!~<", "v=STSv1; a_-.9=!~<" },
    { "the version alone", DOMAIN_MTA_STS, "v=STSv1", "v=STSv1" },
    { "the version and a semicolon", DOMAIN_MTA_STS, "v=STSv1;", "v=STSv1" },
    { "a name is with case: another field", DOMAIN_MTA_STS, "v=STSv1; ID=1-2", "v=STSv1; ID=1-2" },
    { "a doubled field stays", DOMAIN_MTA_STS, "v=STSv1; id=1; id=2", "v=STSv1; id=1; id=2" },
    { "an id of 33", DOMAIN_MTA_STS, "v=STSv1; id=" X32 "6", "!id=" X32 "6" },
    { "an empty id", DOMAIN_MTA_STS, "v=STSv1; id=", "!id=" },
    { "a hyphen in the id", DOMAIN_MTA_STS, "v=STSv1; id=2024-01-31", "!id=2024-01-31" },
    { "a space before the value", DOMAIN_MTA_STS, "v=STSv1; id= 1", "!id= 1" },
    { "no equals sign", DOMAIN_MTA_STS, "v=STSv1; id", "!id" },
    { "no name", DOMAIN_MTA_STS, "v=STSv1; =1", "!=1" },
    { "a name that begins with a hyphen", DOMAIN_MTA_STS, "v=STSv1; -a=1", "!-a=1" },
    { "a name of 33", DOMAIN_MTA_STS, "v=STSv1; " X32 "6=x", "!" X32 "6=x" },
    { "two semicolons", DOMAIN_MTA_STS, "v=STSv1;; id=1", "!;;" },
    { "another field without a value", DOMAIN_MTA_STS, "v=STSv1; id=1; a=", "!a=" },
    { "an equals sign in a value", DOMAIN_MTA_STS, "v=STSv1; id=1; a=b=c", "!a=b=c" },
    { "a space in a value", DOMAIN_MTA_STS, "v=STSv1; id=1; a=b c", "!a=b c" },
    { "UTF-8", DOMAIN_MTA_STS, "v=STSv1; id=1; a=\xc3\xa9", "!a=\xc3\xa9" },
    { "a list of URIs", DOMAIN_TLS_RPT, "v=TLSRPTv1; rua=mailto:a@b , https://c/?d=e",
      "v=TLSRPTv1; rua=mailto:a@b , https://c/?d=e" },
    { "an empty list", DOMAIN_TLS_RPT, "v=TLSRPTv1; rua=", "v=TLSRPTv1; rua=" },
    { "white space inside another field", DOMAIN_TLS_RPT, "v=TLSRPTv1; rua=mailto:a@b; x=a b", "!x=a b" },
    { "a line end", DOMAIN_TLS_RPT, "v=TLSRPTv1; rua=mailto:a@b\n", "!rua=mailto:a@b\n" },
    { "a logo and a certificate", DOMAIN_BIMI, "v=BIMI1;l=https://a/b.svg;a=https://a/c.pem",
      "v=BIMI1; l=https://a/b.svg; a=https://a/c.pem" },
    { "declined", DOMAIN_BIMI, "v=BIMI1; l=; a=;", "v=BIMI1; l=; a=" },
    { "white space around the equals sign", DOMAIN_BIMI, "v=BIMI1; l = x", "v=BIMI1; l=x" },
    { "a URI without its name", DOMAIN_BIMI, "v=BIMI1; https://a/b.svg", "!https://a/b.svg" },
};

static void a_record_is_read_to_its_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        struct domain_transport_record record;
        struct seki_str wrong;
        struct seki_buf got;
        seki_buf_init(&got, 1000);
        if (domain_transport_parse(records[i].kind, seki_str_of(records[i].text), &record, &wrong))
            domain_transport_write(&record, &got);
        else
            seki_buf_add_format(&got, "!%.*s", SEKI_STR_ARGS(wrong));
        if (!seki_str_equal(seki_buf_str(&got), seki_str_of(records[i].want)))
            fail_msg("%s: \"%.*s\"", records[i].name, SEKI_STR_ARGS(seki_buf_str(&got)));
        seki_buf_release(&got);
    }
}

static void of_a_doubled_field_the_first_counts(void **state)
{
    (void)state;
    struct domain_transport_record record;
    struct seki_str wrong;
    assert_true(domain_transport_parse(DOMAIN_MTA_STS, SEKI_STR("v=STSv1; id=1; id=2"), &record, &wrong));
    assert_true(seki_str_equal(*domain_transport_find(&record, SEKI_STR("id")), SEKI_STR("1")));
    assert_null(domain_transport_find(&record, SEKI_STR("ID")));
}

static void fields_are_bounded(void **state)
{
    (void)state;
    struct seki_buf text;
    struct domain_transport_record record;
    struct seki_str wrong;
    seki_buf_init(&text, 1000);
    seki_buf_add(&text, SEKI_STR("v=STSv1"));
    for (unsigned i = 0; i < DOMAIN_TRANSPORT_FIELDS_MAX; i++)
        seki_buf_add_format(&text, ";a%u=b", i);
    assert_true(domain_transport_parse(DOMAIN_MTA_STS, seki_buf_str(&text), &record, &wrong));
    assert_int_equal(record.field_count, DOMAIN_TRANSPORT_FIELDS_MAX);
    seki_buf_add(&text, SEKI_STR(";one=more"));
    assert_false(domain_transport_parse(DOMAIN_MTA_STS, seki_buf_str(&text), &record, &wrong));
    assert_true(seki_str_equal(wrong, SEKI_STR("one=more")));
    seki_buf_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_begins_with_its_version),
        cmocka_unit_test(a_record_is_read_to_its_end),
        cmocka_unit_test(of_a_doubled_field_the_first_counts),
        cmocka_unit_test(fields_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
