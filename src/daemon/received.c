#include "daemon/received.h"

#define MAX_HOPS 50u

static bool is_inside(const struct seki_ip *address, const struct config_networks *relays)
{
    static const struct seki_ip loopback4 = { 4, { 127 } }, loopback6 = { 16, { [15] = 1 } };
    return config_networks_contain(relays, address) || seki_ip_in_network(address, &loopback4, 8) ||
           seki_ip_in_network(address, &loopback6, 128);
}

bool received_find_client(const struct seki_message *message, const struct config_networks *relays,
                          struct seki_received_client *client_out, struct seki_error *why)
{
    unsigned hops = 0;
    for (size_t i = 0; i < seki_message_field_count(message) && hops < MAX_HOPS; i++) {
        const struct seki_field *field = seki_message_field(message, i);
        if (!seki_str_equal_nocase(field->name, SEKI_STR("Received")))
            continue;
        hops++;
        if (!seki_received_client_read(field->value, client_out)) {
            seki_error_set(why, "Received field %u from the top, written by a relay, names no client", hops);
            return false;
        }
        if (!is_inside(&client_out->address, relays))
            return true;
    }
    *client_out = (struct seki_received_client){ 0 };
    seki_error_set(why, "%s",
                   hops == 0 ? "a relay brought it without a Received field"
                             : "its Received fields name nobody but our relays");
    return false;
}
