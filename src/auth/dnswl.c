#include <sekisho/dnswl.h>

#define MAX_LISTED_OCTETS 512u /* of policy.ip: some thirty values */

const char *seki_dnswl_result_name(enum seki_dnswl_result result)
{
    static const char *const names[] = { [SEKI_DNSWL_NONE] = "none",
                                         [SEKI_DNSWL_PASS] = "pass",
                                         [SEKI_DNSWL_TEMPERROR] = "temperror",
                                         [SEKI_DNSWL_PERMERROR] = "permerror" };
    return names[result];
}

static bool is_over_quota(const struct seki_dnswl_input *input, const struct seki_ip *value)
{
    static const struct seki_ip usual = { .octet_count = 4, .octets = { 127, 0, 0, 255 } };
    const struct seki_ip *wanted = input->over_quota.octet_count > 0 ? &input->over_quota : &usual;
    return seki_ip_in_network(value, wanted, wanted->octet_count * 8u);
}

/* The values as one text. A value outside 127/8 is none of a list: "all A values SHOULD be in the 127.0.0.0/8 range" (RFC
 * 5782 section 2.3), and a name that was given up and now answers everything would welcome everybody. */
static void read_values(const struct seki_dnswl_input *input, const struct seki_answer *listed,
                        struct seki_dnswl_verdict *verdict, struct seki_buf *values)
{
    static const struct seki_ip loopback = { .octet_count = 4, .octets = { 127 } };
    for (size_t i = 0; i < listed->record_count; i++) {
        char text[SEKI_IP_TEXT_MAX];
        const struct seki_ip *value = &listed->records[i].address;
        seki_buf_add(values, i > 0 ? SEKI_STR(",") : SEKI_STR(""));
        seki_buf_add(values, seki_str_of(seki_ip_format(value, text)));
        if (is_over_quota(input, value))
            verdict->reason = SEKI_STR("asked the list too often");
        else if (!seki_ip_in_network(value, &loopback, 8))
            verdict->reason = SEKI_STR("the list answers with a value outside 127.0.0.0/8");
    }
    verdict->result = verdict->reason.len > 0 ? SEKI_DNSWL_PERMERROR : SEKI_DNSWL_PASS;
}

/* "reported by a DNS RCODE of 5, commonly known as REFUSED" (RFC 8904 section 2). */
static void read_failure(const struct seki_answer *listed, struct seki_dnswl_verdict *verdict)
{
    bool is_refused = seki_str_equal(listed->failure, SEKI_STR("REFUSED"));
    verdict->result = is_refused ? SEKI_DNSWL_PERMERROR : SEKI_DNSWL_TEMPERROR;
    verdict->reason = listed->failure;
}

enum seki_result seki_dnswl_step(struct seki_arena *arena, const struct seki_dnswl_input *input,
                                 struct seki_answers *answers, struct seki_dnswl_verdict *verdict_out)
{
    char reversed[SEKI_IP_REVERSED_MAX];
    struct seki_ip client = seki_ip_unmapped(&input->client);
    *verdict_out = (struct seki_dnswl_verdict){ .zone = input->told_zone.len > 0 ? input->told_zone : input->zone };
    if (client.octet_count == 0)
        return SEKI_OK;
    struct seki_str name =
        seki_arena_format(arena, "%s.%.*s", seki_ip_reversed(&client, reversed), SEKI_STR_ARGS(input->zone));
    const struct seki_answer *listed = seki_answers_ask(answers, name, SEKI_RR_A);
    const struct seki_answer *text = seki_answers_ask(answers, name, SEKI_RR_TXT);
    if (listed == NULL || text == NULL)
        return seki_arena_failure(arena);
    if (listed->status == SEKI_ANSWER_OPEN)
        return SEKI_NEED_ANSWERS;
    verdict_out->dnssec = listed->dnssec;
    if (listed->status == SEKI_ANSWER_FAILED)
        read_failure(listed, verdict_out);
    if (listed->status != SEKI_ANSWER_FOUND)
        return SEKI_OK; /* what no address is listed for has no text either */
    if (text->status == SEKI_ANSWER_OPEN)
        return SEKI_NEED_ANSWERS;
    struct seki_buf values;
    seki_buf_init_arena(&values, arena, MAX_LISTED_OCTETS);
    read_values(input, listed, verdict_out, &values);
    verdict_out->ip = seki_buf_str(&values);
    if (text->status == SEKI_ANSWER_FOUND) {
        verdict_out->txt = text->records[0].text;
        if (text->dnssec < listed->dnssec || text->dnssec == SEKI_DNSSEC_BOGUS)
            verdict_out->dnssec = text->dnssec;
    }
    return seki_arena_failure(arena);
}

static void add_property(struct seki_authres_result *to, const char *ptype, const char *property,
                         struct seki_str value)
{
    if (value.len > 0)
        to->properties[to->property_count++] =
            (struct seki_authres_property){ seki_str_of(ptype), seki_str_of(property), value };
}

enum seki_result seki_dnswl_report(struct seki_arena *arena, const struct seki_dnswl_verdict *verdict,
                                   struct seki_authres_result *result_out)
{
    *result_out = (struct seki_authres_result){
        .method = SEKI_STR("dnswl"),
        .version = 1,
        .result = seki_str_of(seki_dnswl_result_name(verdict->result)),
        .reason = verdict->reason,
        .properties = seki_arena_alloc(arena, 4, sizeof *result_out->properties),
    };
    if (result_out->properties == NULL)
        return seki_arena_failure(arena);
    add_property(result_out, "dns", "zone", verdict->zone);
    add_property(result_out, "policy", "ip", verdict->ip);
    add_property(result_out, "policy", "txt", verdict->txt);
    if (verdict->dnssec == SEKI_DNSSEC_SECURE)
        add_property(result_out, "dns", "sec", SEKI_STR("yes"));
    else if (verdict->dnssec == SEKI_DNSSEC_INSECURE)
        add_property(result_out, "dns", "sec", SEKI_STR("no"));
    return SEKI_OK; /* else "na", which is "assumed by default" (RFC 8904 section 2) */
}
