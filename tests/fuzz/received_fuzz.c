/* Received fields that a relay wrote, with names that a sender chose. Properties: what is read lies in the field and
 * is an address; what follows the clause changes nothing; folding changes nothing. */
#include "message/received.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define APPENDED " by x (y [203.0.113.77])"

static void check(bool holds)
{
    if (!holds)
        abort();
}

static bool is_same(const struct seki_received_client *a, const struct seki_received_client *b)
{
    return a->address.octet_count == b->address.octet_count &&
           memcmp(a->address.octets, b->address.octets, a->address.octet_count) == 0 &&
           seki_str_equal(a->helo, b->helo) && seki_str_equal(a->name, b->name);
}

/* The field once more in memory of its own, every space a fold, and something behind it. */
static void check_same_when_folded(struct seki_str value, const struct seki_received_client *client)
{
    struct seki_received_client again;
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
    check(seki_received_client_read((struct seki_str){ folded, len + sizeof APPENDED - 1 }, &again));
    check(is_same(client, &again));
    free(folded);
}

static void check_inside(struct seki_str value, struct seki_str part)
{
    check(part.len == 0 || (part.ptr >= value.ptr && part.ptr + part.len <= value.ptr + value.len));
}

static void check_clauses(struct seki_str value)
{
    struct seki_received received;
    bool is_read = seki_received_read(value, &received);
    const struct seki_str parts[] = { received.client.helo, received.client.name, received.by,  received.with,
                                      received.id,          received.for_path,    received.date };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        check_inside(value, parts[i]);
    check(is_read == (received.client.helo.len > 0 || received.by.len > 0 || received.date.len > 0));
    check(received.tls_major <= 9 && received.tls_minor <= 9);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seki_str value = { (const char *)data, size };
    struct seki_received_client client;
    check_clauses(value);
    if (!seki_received_client_read(value, &client)) {
        check(client.address.octet_count == 0 && client.helo.len == 0);
        return 0;
    }
    check(client.address.octet_count == 4 || client.address.octet_count == 16);
    check_inside(value, client.helo);
    /* "EHLO" is only seen with a plain space behind it: such a field may read otherwise when folded. */
    if (memmem(data, size, "HELO ", 5) == NULL && memmem(data, size, "EHLO ", 5) == NULL)
        check_same_when_folded(value, &client);
    return 0;
}
