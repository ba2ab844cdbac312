/* From verdicts to one Authentication-Results field: which method, result and properties (RFC 8601 section 2.7,
 * RFC 6008, RFC 8617 section 10, RFC 9989 section 9), with the reason wherever the result is not plain. */
#include "auth/verify_parts.h"

#include <stdio.h>

#define MAX_PROPERTIES_PER_RESULT 5u
#define MAX_FIELD_OCTETS          (128u * 1024u)
/* Senders choose how much there is to say of their signatures, and must not fill the field: without it there would be no
 * verdict at all. Ten signatures always fit, with every octet escaped too. */
#define MAX_VALUE_OCTETS      512u /* nothing valid is longer; what is, is left out */
#define MAX_SIGNATURES_OCTETS (32u * 1024u)

struct report {
    struct seki_arena *arena;
    struct seki_authres authres;
};

static struct seki_authres_result *add_result(struct report *r, const char *method, const char *result)
{
    struct seki_authres_result *added = &r->authres.results[r->authres.result_count++];
    added->method = seki_str_of(method);
    added->version = 1;
    added->result = seki_str_of(result);
    return added;
}

static void add_property(struct seki_authres_result *to, const char *ptype, const char *property,
                         struct seki_str value)
{
    if (value.len == 0 || value.len > MAX_VALUE_OCTETS)
        return;
    to->properties[to->property_count++] =
        (struct seki_authres_property){ seki_str_of(ptype), seki_str_of(property), value };
}

/* RFC 8601 section 2.7.2: the domain alone, since SPF does not authenticate the local-part. */
static void report_spf(struct report *r, const struct seki_spf_verdict *spf)
{
    bool is_helo = spf->identity == SEKI_SPF_HELO || spf->is_null_reverse_path;
    struct seki_authres_result *result = add_result(r, "spf", seki_spf_result_name(spf->result));
    if (spf->result != SEKI_SPF_PASS && spf->result != SEKI_SPF_NONE)
        result->reason = spf->reason;
    if (spf->dnssec == SEKI_DNSSEC_SECURE)
        result->comment = SEKI_STR("DNSSEC");
    add_property(result, "smtp", is_helo ? "helo" : "mailfrom", spf->domain);
}

/* RFC 8601 section 6.7 has the method as deprecated; RFC 5451 section 2.4.2 says how it is reported: "header", and "the
 * name of the header field used by PRA". The local-part is not authenticated and left away. */
static void report_sender_id(struct report *r, const struct seki_sender_id_verdict *sender_id)
{
    const struct seki_spf_verdict *check = &sender_id->check;
    struct seki_authres_result *result = add_result(r, "sender-id", seki_spf_result_name(check->result));
    if (check->result != SEKI_SPF_PASS && check->result != SEKI_SPF_NONE)
        result->reason = check->reason;
    struct seki_str field = seki_arena_copy_lower(r->arena, sender_id->pra.field);
    add_property(result, "header", field.ptr, check->domain);
}

static struct seki_str dkim_comment(struct report *r, const struct seki_dkim_signature_verdict *s)
{
    if (s->key_bits == 0)
        return (struct seki_str){ "", 0 };
    return seki_arena_format(r->arena, "%u-bit key%s%s%s", s->key_bits,
                             s->dnssec == SEKI_DNSSEC_SECURE ? ", DNSSEC" : "",
                             s->is_testing ? ", t=y: the signer is testing" : "",
                             s->is_partial ? ", l= leaves part of the body unsigned" : "");
}

/* @return octets of what it says that the sender chose */
static size_t report_signature(struct report *r, const struct seki_dkim_signature_verdict *s)
{
    struct seki_authres_result *result = add_result(r, "dkim", seki_dkim_result_name(s->result));
    result->reason = s->reason;
    result->comment = dkim_comment(r, s);
    add_property(result, "header", "d", s->domain);
    add_property(result, "header", "i", s->identity);
    add_property(result, "header", "s", s->selector);
    add_property(result, "header", "a", s->algorithm);
    add_property(result, "header", "b", s->b_prefix);
    size_t octets = 0;
    for (size_t i = 0; i < result->property_count; i++)
        octets += result->properties[i].value.len;
    return octets;
}

static void report_dkim(struct report *r, const struct seki_dkim_verdict *dkim)
{
    if (dkim->signature_count == 0)
        add_result(r, "dkim", "none");
    for (size_t i = 0, octets = 0; i < dkim->signature_count && octets < MAX_SIGNATURES_OCTETS; i++)
        octets += report_signature(r, &dkim->signatures[i]);
}

static void report_dmarc(struct report *r, const struct seki_verdict *verdict)
{
    const struct seki_dmarc_verdict *dmarc = &verdict->dmarc;
    struct seki_authres_result *result = add_result(r, "dmarc", seki_dmarc_result_name(dmarc->result));
    if (dmarc->result != SEKI_DMARC_PASS && dmarc->result != SEKI_DMARC_NONE)
        result->reason = dmarc->reason;
    if (verdict->is_arc_override)
        result->comment = SEKI_STR("overridden for a trusted ARC chain");
    else if (dmarc->dnssec == SEKI_DNSSEC_SECURE)
        result->comment = SEKI_STR("DNSSEC");
    add_property(result, "header", "from", dmarc->from_domain);
    add_property(result, "policy", "dmarc", seki_str_of(seki_dmarc_policy_name(dmarc->policy)));
}

static void report_arc(struct report *r, const struct seki_arc_verdict *arc, const struct seki_ip *client)
{
    struct seki_authres_result *result = add_result(r, "arc", seki_arc_result_name(arc->result));
    result->reason = arc->reason;
    if (arc->instance > 0)
        result->comment = seki_arena_format(r->arena, "i=%u", arc->instance);
    if (client->octet_count != 0) {
        char text[SEKI_IP_TEXT_MAX];
        add_property(result, "smtp", "remote-ip",
                     seki_arena_copy(r->arena, seki_str_of(seki_ip_format(client, text))));
    }
    if (arc->result == SEKI_ARC_PASS)
        add_property(result, "header", "oldest-pass", seki_arena_format(r->arena, "%u", arc->oldest_pass));
}

static bool prepare(struct report *r, size_t max_results)
{
    r->authres.results = seki_arena_alloc(r->arena, max_results, sizeof *r->authres.results);
    struct seki_authres_property *properties =
        seki_arena_alloc(r->arena, max_results * MAX_PROPERTIES_PER_RESULT, sizeof *properties);
    if (r->authres.results == NULL || properties == NULL)
        return false;
    for (size_t i = 0; i < max_results; i++)
        r->authres.results[i].properties = properties + i * MAX_PROPERTIES_PER_RESULT;
    return true;
}

enum seki_result seki_verdict_write_authres(struct seki_arena *arena, const struct seki_verify_options *options,
                                            const struct seki_ip *client, struct seki_verdict *verdict)
{
    struct report r = { .arena = arena, .authres = { .authserv_id = options->authserv_id, .version = 1 } };
    if (!prepare(&r, verdict->dkim.signature_count + 6))
        return seki_arena_failure(arena);
    if (verdict->has_spf_mail_from)
        report_spf(&r, &verdict->spf_mail_from);
    if (verdict->has_spf_helo && verdict->spf_helo.result != SEKI_SPF_NONE)
        report_spf(&r, &verdict->spf_helo);
    if (verdict->has_sender_id)
        report_sender_id(&r, &verdict->sender_id);
    if (!options->without_dkim)
        report_dkim(&r, &verdict->dkim);
    if (!options->without_dmarc)
        report_dmarc(&r, verdict);
    if (!options->without_arc)
        report_arc(&r, &verdict->arc, client);
    struct seki_buf buf;
    seki_buf_init_arena(&buf, arena, MAX_FIELD_OCTETS);
    seki_authres_write(&r.authres, &buf);
    verdict->authentication_results = seki_buf_str(&buf);
    return seki_buf_failed(&buf);
}
