/* Values of the replica behind their checksum: meta, records, names. What can be read is written again to the same octets. */
#include "replica/entry.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

static void check_meta(struct seki_str payload, struct seki_buf *again)
{
    struct replica_meta meta;
    if (!replica_meta_decode(payload, &meta))
        return;
    replica_meta_encode(&meta, again);
    must(seki_str_equal(seki_buf_str(again), payload));
}

static void check_record(struct seki_str payload, struct seki_buf *again)
{
    struct replica_record record;
    if (!replica_record_decode(payload, &record))
        return;
    replica_record_encode(&record.domain, record.includes_subdomains, again);
    must(seki_str_equal(seki_buf_str(again), payload));
}

static void check_names(struct seki_str payload, struct seki_buf *again)
{
    struct seki_str rest = payload, name;
    while (replica_name_decode(&rest, &name))
        replica_name_encode(name, again);
    must(seki_str_equal(seki_buf_str(again), seki_str_head(payload, payload.len - rest.len)));
}

/* A sealed value is taken for its own key, and after one wrong bit for none. */
static void check_seal(struct seki_str payload, struct seki_buf *again)
{
    const struct seki_siphash_key secret = { 1, 2 };
    const struct seki_str key = SEKI_STR("dexample.com");
    struct seki_str got;
    seki_buf_add(again, SEKI_STR("12345678"));
    seki_buf_add(again, payload);
    replica_value_seal(&secret, key, again->ptr, again->len);
    must(replica_value_check(&secret, key, seki_buf_str(again), &got) && seki_str_equal(got, payload));
    must(!replica_value_check(&secret, SEKI_STR("dexample.net"), seki_buf_str(again), &got));
    again->ptr[again->len / 2] ^= 4;
    must(!replica_value_check(&secret, key, seki_buf_str(again), &got));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const checks[])(struct seki_str payload, struct seki_buf * again) = { check_meta, check_record,
                                                                                        check_names, check_seal };
    if (size == 0 || size > 65536)
        return 0;
    struct seki_buf again;
    seki_buf_init(&again, 1u << 20);
    checks[data[0] % 4]((struct seki_str){ (const char *)data + 1, size - 1 }, &again);
    must(seki_buf_failed(&again) == SEKI_OK);
    seki_buf_release(&again);
    return 0;
}
