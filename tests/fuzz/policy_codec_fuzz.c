/* What the replica gives back as a policy, or as a row of allow entries. Held: what is read can be written, and reads as the
 * same octets again. */
#include "policy/allow.h"
#include "policy/policy.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

static void check_policy(struct seki_str octets, struct seki_buf *buf)
{
    struct policy policy;
    if (!policy_decode(octets, &policy))
        return;
    policy_encode(&policy, buf);
    must(seki_str_equal(seki_buf_str(buf), octets));
}

static void check_entries(struct seki_str octets, struct seki_buf *buf)
{
    struct policy_allow entry;
    struct seki_str rest = octets;
    while (policy_allow_decode(&rest, &entry))
        policy_allow_encode(&entry, buf);
    must(seki_str_equal(seki_buf_str(buf), seki_str_head(octets, octets.len - rest.len)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seki_buf buf;
    struct seki_str octets = { (const char *)data, size };
    seki_buf_init(&buf, 1 << 20);
    check_policy(octets, &buf);
    seki_buf_clear(&buf);
    if (size < 1 << 19)
        check_entries(octets, &buf);
    seki_buf_release(&buf);
    return 0;
}
