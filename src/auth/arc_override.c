/* Where a trusted forwarder saw the message authenticate, its word can replace the DMARC disposition, never the
 * DMARC result (RFC 8617 section 7.2.1; RFC 9990 "local_policy").
 *
 * The chain must pass, every sealer from the newest down to the one whose word is taken must be trusted
 * (section 9.4), and that one's ARC-Authentication-Results must say dmarc=pass for this Author Domain, or, where it
 * says nothing of DMARC, that SPF or DKIM passed for a domain inside the same Organizational Domain. */
#include "auth/verify_parts.h"

static struct seki_str property_of(const struct seki_authres_result *result, const char *ptype, const char *property)
{
    for (size_t i = 0; i < result->property_count; i++)
        if (seki_str_equal_nocase(result->properties[i].ptype, seki_str_of(ptype)) &&
            seki_str_equal_nocase(result->properties[i].property, seki_str_of(property)))
            return result->properties[i].value;
    return (struct seki_str){ NULL, 0 };
}

static struct seki_str domain_part(struct seki_str value)
{
    size_t at = seki_str_find_last(value, '@');
    return at < value.len ? (struct seki_str){ value.ptr + at + 1, value.len - at - 1 } : value;
}

/* The domain that a passing result vouches for, by method. */
static struct seki_str vouched_domain(const struct seki_authres_result *result)
{
    static const struct { struct seki_str method; const char *ptype, *property; } table[] = {
        { SEKI_STR_INIT("dmarc"), "header", "from" },
        { SEKI_STR_INIT("dkim"), "header", "d" },
        { SEKI_STR_INIT("dkim"), "header", "i" },
        { SEKI_STR_INIT("spf"), "smtp", "mailfrom" },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (!seki_str_equal_nocase(result->method, table[i].method))
            continue;
        struct seki_str value = domain_part(property_of(result, table[i].ptype, table[i].property));
        if (value.len > 0)
            return value;
    }
    return (struct seki_str){ NULL, 0 };
}

static const struct seki_authres_result *find_method(const struct seki_authres *authres, const char *method)
{
    for (size_t i = 0; i < authres->result_count; i++)
        if (seki_str_equal_nocase(authres->results[i].method, seki_str_of(method)))
            return &authres->results[i];
    return NULL;
}

static bool is_pass(const struct seki_authres_result *result)
{
    return seki_str_equal_nocase(result->result, SEKI_STR("pass"));
}

static bool saw_it_authenticate(struct seki_arena *arena, const struct seki_arc_set *set,
                                const struct seki_dmarc_verdict *dmarc)
{
    struct seki_authres authres;
    if (seki_authres_parse(arena, set->auth_results, &authres, NULL) != SEKI_OK)
        return false;
    const struct seki_authres_result *said = find_method(&authres, "dmarc");
    if (said != NULL)
        return is_pass(said) && seki_str_equal_nocase(vouched_domain(said), dmarc->from_domain);
    for (size_t i = 0; i < authres.result_count; i++)
        if (is_pass(&authres.results[i]) && seki_domain_is_within(vouched_domain(&authres.results[i]), dmarc->org_domain))
            return true;
    return false;
}

static struct seki_str remote_ip(struct seki_arena *arena, const struct seki_arc_set *set)
{
    struct seki_authres authres;
    if (seki_authres_parse(arena, set->auth_results, &authres, NULL) != SEKI_OK)
        return SEKI_STR("unknown");
    for (size_t i = 0; i < authres.result_count; i++) {
        struct seki_str ip = property_of(&authres.results[i], "smtp", "remote-ip");
        if (ip.len > 0)
            return ip;
    }
    return SEKI_STR("unknown");
}

/* RFC 8617 section 7.2.2: "arc=pass as[2].d=d2.example as[2].s=s2 … remote-ip[1]=2001:DB8::1A". */
static struct seki_str override_comment(struct seki_arena *arena, const struct seki_arc_verdict *arc)
{
    struct seki_buf buf;
    seki_buf_init_arena(&buf, arena, 16384);
    seki_buf_add(&buf, SEKI_STR("arc=pass"));
    for (size_t i = arc->set_count; i > 0; i--) {
        const struct seki_arc_set *set = &arc->sets[i - 1];
        seki_buf_add_format(&buf, " as[%zu].d=%.*s as[%zu].s=%.*s", i, SEKI_STR_ARGS(set->sealer), i,
                            SEKI_STR_ARGS(set->selector));
    }
    seki_buf_add(&buf, SEKI_STR(" remote-ip[1]="));
    seki_buf_add(&buf, remote_ip(arena, &arc->sets[0]));
    return seki_buf_str(&buf);
}

static bool chain_vouches(struct seki_arena *arena, const struct seki_verify_options *options,
                          const struct seki_verdict *verdict)
{
    const struct seki_arc_set *oldest_trusted;
    if (!seki_arc_is_trusted(&verdict->arc, options->trusted_sealers, options->trusted_sealer_count, &oldest_trusted))
        return false;
    const struct seki_arc_set *end = verdict->arc.sets + verdict->arc.set_count;
    for (const struct seki_arc_set *set = oldest_trusted; set < end; set++)
        if (saw_it_authenticate(arena, set, &verdict->dmarc))
            return true;
    return false;
}

enum seki_result seki_verdict_apply_arc(struct seki_arena *arena, const struct seki_verify_options *options,
                                        struct seki_verdict *verdict)
{
    verdict->disposition = verdict->dmarc.disposition;
    bool has_something_to_change = verdict->dmarc.result == SEKI_DMARC_FAIL &&
                                   verdict->disposition > SEKI_DMARC_POLICY_NONE &&
                                   verdict->arc.result == SEKI_ARC_PASS && options->trusted_sealer_count > 0;
    if (!has_something_to_change || !chain_vouches(arena, options, verdict))
        return seki_arena_failure(arena);
    verdict->is_arc_override = true;
    verdict->disposition = SEKI_DMARC_POLICY_NONE;
    verdict->arc_override_comment = override_comment(arena, &verdict->arc);
    return seki_arena_failure(arena);
}
