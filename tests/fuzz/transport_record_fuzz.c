/* Records of MTA-STS, TLS-RPT and BIMI. The first octet chooses which; the rest is the record.
 *
 * A text is one of the three, nearly one, or neither; what is read can be written and read again, and is the same; what
 * is wrong is a part of the text. */
#include "domain/transport_record.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check_inside(struct seki_str part, struct seki_str whole)
{
    must(part.len == 0 || (part.ptr >= whole.ptr && part.len <= whole.len &&
                           (size_t)(part.ptr - whole.ptr) <= whole.len - part.len));
}

static void check_same(const struct domain_transport_record *a, const struct domain_transport_record *b)
{
    must(a->kind == b->kind && a->field_count == b->field_count);
    for (size_t i = 0; i < a->field_count; i++)
        must(seki_str_equal(a->fields[i].name, b->fields[i].name) &&
             seki_str_equal(a->fields[i].value, b->fields[i].value));
}

static void check_found(const struct domain_transport_record *record)
{
    for (size_t i = 0; i < record->field_count; i++) {
        const struct seki_str *value = domain_transport_find(record, record->fields[i].name);
        must(value != NULL && value <= &record->fields[i].value);
    }
}

static void check_written_again(const struct domain_transport_record *record)
{
    struct domain_transport_record again;
    struct seki_str wrong;
    struct seki_buf text;
    seki_buf_init(&text, 1u << 20);
    domain_transport_write(record, &text);
    must(seki_buf_failed(&text) == SEKI_OK);
    must(domain_transport_is_of(record->kind, seki_buf_str(&text)));
    must(domain_transport_parse(record->kind, seki_buf_str(&text), &again, &wrong));
    check_same(record, &again);
    seki_buf_release(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct domain_transport_record record;
    struct seki_str wrong;
    if (size == 0)
        return 0;
    enum domain_transport kind = (enum domain_transport)(data[0] % DOMAIN_TRANSPORTS);
    struct seki_str text = { (const char *)data + 1, size - 1 };
    bool is_of = domain_transport_is_of(kind, text), is_nearly = domain_transport_is_nearly(kind, text);
    must(!is_of || !is_nearly);
    bool is_read = is_of && domain_transport_parse(kind, text, &record, &wrong);
    if (is_read) {
        check_found(&record);
        check_written_again(&record);
    } else if (is_of && !seki_str_equal(wrong, SEKI_STR(";;"))) {
        check_inside(wrong, text);
    }
    return 0;
}
