/* What the replica gives back as a policy, or as a row of allow entries. Held: what is read can be written, and what is
 * written can be read and written again, to the same octets. */
#include "policy/allow.h"
#include "policy/policy.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

static bool rewrite_policy(struct seki_str octets, struct seki_buf *out)
{
    struct policy policy;
    bool is_read = policy_decode(octets, &policy);
    if (is_read)
        policy_encode(&policy, out);
    return is_read;
}

static bool rewrite_entries(struct seki_str octets, struct seki_buf *out)
{
    struct policy_allow entry;
    while (policy_allow_decode(&octets, &entry))
        policy_allow_encode(&entry, out);
    return octets.len == 0;
}

/* A number can be written in needlessly many octets too, so the first octets need not come out again; the second must. */
static void check(bool (*rewrite)(struct seki_str octets, struct seki_buf *out), struct seki_str octets)
{
    struct seki_buf once, twice;
    seki_buf_init(&once, 1 << 20);
    seki_buf_init(&twice, 1 << 20);
    if (rewrite(octets, &once)) {
        must(once.len <= octets.len && rewrite(seki_buf_str(&once), &twice));
        must(seki_str_equal(seki_buf_str(&once), seki_buf_str(&twice)));
    }
    seki_buf_release(&once);
    seki_buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seki_str octets = { (const char *)data, size };
    check(rewrite_policy, octets);
    check(rewrite_entries, octets);
    return 0;
}
