/* Received fields that a relay wrote, with names that a sender chose. Properties: what is read lies in the field and
 * is an address; what follows the clause changes nothing; folding changes nothing. */
#include "daemon/received.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define APPENDED " by x (y [203.0.113.77])"

static void check(bool holds)
{
    if (!holds)
        abort();
}

static bool is_same(const struct received_client *a, const struct received_client *b)
{
    return a->address.octet_count == b->address.octet_count &&
           memcmp(a->address.octets, b->address.octets, a->address.octet_count) == 0 &&
           seki_str_equal(a->helo, b->helo);
}

/* The field once more in memory of its own, every space a fold, and something behind it. */
static void check_same_when_folded(struct seki_str value, const struct received_client *client)
{
    struct received_client again;
    char *folded = malloc(value.len * 3 + sizeof APPENDED);
    size_t len = 0;
    if (folded == NULL)
        return;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == ' ') {
            folded[len++] = '\r';
            folded[len++] = '\n';
        }
        folded[len++] = value.ptr[i] == ' ' ? '\t' : value.ptr[i];
    }
    memcpy(folded + len, APPENDED, sizeof APPENDED - 1);
    check(received_read((struct seki_str){ folded, len + sizeof APPENDED - 1 }, &again));
    check(is_same(client, &again));
    free(folded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seki_str value = { (const char *)data, size };
    struct received_client client;
    if (!received_read(value, &client)) {
        check(client.address.octet_count == 0 && client.helo.len == 0);
        return 0;
    }
    check(client.address.octet_count == 4 || client.address.octet_count == 16);
    bool is_inside = client.helo.ptr >= value.ptr && client.helo.ptr + client.helo.len <= value.ptr + value.len;
    check(client.helo.len == 0 || is_inside);
    /* "EHLO" is only seen with a plain space behind it: such a field may read otherwise when folded. */
    if (memmem(data, size, "HELO ", 5) == NULL && memmem(data, size, "EHLO ", 5) == NULL)
        check_same_when_folded(value, &client);
    return 0;
}
