/* Domains and their keys. Held: a key is never longer than its bound and has no upper-case letter; a domain does not imitate
 * itself, nor does what is below it; and what has the same key and is not below imitates. */
#include "policy/lookalike.h"
#include "policy/punycode.h"

#include <sekisho/domain.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char a_octets[POLICY_LOOKALIKE_KEY_MAX], b_octets[POLICY_LOOKALIKE_KEY_MAX];
    uint32_t points[POLICY_PUNYCODE_MAX];
    struct seki_str text = { (const char *)data, size };
    size_t space = seki_str_find(text, ' ');
    struct seki_str a = seki_str_head(text, space), b = seki_str_from(text, space + 1);
    must(policy_punycode_decode(a, points) <= POLICY_PUNYCODE_MAX);
    struct seki_str a_key = policy_lookalike_key(a, a_octets), b_key = policy_lookalike_key(b, b_octets);
    must(a_key.len <= POLICY_LOOKALIKE_KEY_MAX);
    for (size_t i = 0; i < a_key.len; i++)
        must(a_key.ptr[i] < 'A' || a_key.ptr[i] > 'Z');
    must(!policy_lookalike_imitates(a, a));
    if (a_key.len > 0 && seki_str_equal(a_key, b_key) && !seki_domain_is_within(a, b))
        must(policy_lookalike_imitates(a, b));
    return 0;
}
