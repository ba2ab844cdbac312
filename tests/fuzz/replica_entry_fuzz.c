/* Values of the replica behind their checksum: meta, records, tenants, names. What can be read can be written, and read and written
 * again to the same octets. */
#include "replica/entry.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

static bool rewrite_meta(struct seki_str payload, struct seki_buf *out)
{
    struct replica_meta meta;
    bool is_read = replica_meta_decode(payload, &meta);
    if (is_read)
        replica_meta_encode(&meta, out);
    return is_read;
}

static bool rewrite_record(struct seki_str payload, struct seki_buf *out)
{
    struct replica_record record;
    bool is_read = replica_record_decode(payload, &record);
    struct seki_str rest = is_read ? record.choices : SEKI_STR("");
    struct replica_choice choice;
    record.choices = SEKI_STR("");
    if (is_read)
        replica_record_encode(&record, out);
    while (replica_choice_decode(&rest, &choice))
        replica_choice_encode(&choice, out);
    return is_read && rest.len == 0;
}

static bool rewrite_tenant(struct seki_str payload, struct seki_buf *out)
{
    struct replica_tenant tenant;
    bool is_read = replica_tenant_decode(payload, &tenant);
    if (is_read)
        replica_tenant_encode(&tenant, out);
    return is_read;
}

static bool rewrite_names(struct seki_str payload, struct seki_buf *out)
{
    struct seki_str name;
    while (replica_name_decode(&payload, &name))
        replica_name_encode(name, out);
    return payload.len == 0;
}

/* A number can be written in needlessly many octets too, so the first octets need not come out again; the second must. */
static void check_payload(bool (*rewrite)(struct seki_str payload, struct seki_buf *out), struct seki_str payload)
{
    struct seki_buf once, twice;
    seki_buf_init(&once, 1u << 20);
    seki_buf_init(&twice, 1u << 20);
    if (rewrite(payload, &once)) {
        must(once.len <= payload.len && rewrite(seki_buf_str(&once), &twice));
        must(seki_str_equal(seki_buf_str(&once), seki_buf_str(&twice)));
    }
    seki_buf_release(&once);
    seki_buf_release(&twice);
}

/* A sealed value is taken for its own key, and after one wrong bit for none. */
static void check_seal(struct seki_str payload)
{
    struct seki_buf sealed;
    seki_buf_init(&sealed, 1u << 20);
    const struct seki_siphash_key secret = { 1, 2 };
    const struct seki_str key = SEKI_STR("dexample.com");
    struct seki_str got;
    seki_buf_add(&sealed, SEKI_STR("12345678"));
    seki_buf_add(&sealed, payload);
    replica_value_seal(&secret, key, sealed.ptr, sealed.len);
    must(replica_value_check(&secret, key, seki_buf_str(&sealed), &got) && seki_str_equal(got, payload));
    must(!replica_value_check(&secret, SEKI_STR("dexample.net"), seki_buf_str(&sealed), &got));
    sealed.ptr[sealed.len / 2] ^= 4;
    must(!replica_value_check(&secret, key, seki_buf_str(&sealed), &got));
    seki_buf_release(&sealed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 65536)
        return 0;
    struct seki_str payload = { (const char *)data + 1, size - 1 };
    switch (data[0] % 5) {
    case 0: check_payload(rewrite_meta, payload); break;
    case 1: check_payload(rewrite_record, payload); break;
    case 2: check_payload(rewrite_names, payload); break;
    case 3: check_seal(payload); break;
    default: check_payload(rewrite_tenant, payload); break;
    }
    return 0;
}
