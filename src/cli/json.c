#include "cli/json.h"

#include <sekisho/buf.h>

#include <stdio.h>

/* Length of the longest well-formed prefix, at least 1. */
static size_t readable_prefix(struct seki_str s)
{
    size_t len = s.len;
    while (len > 0 && !seki_str_is_utf8(seki_str_head(s, len)))
        len = len > 4 ? len / 2 : len - 1;
    return len;
}

json_t *cli_json_str(struct seki_str s)
{
    if (s.len == 0)
        return json_string("");
    if (seki_str_is_utf8(s))
        return json_stringn_nocheck(s.ptr, s.len);
    struct seki_buf buf;
    seki_buf_init(&buf, s.len * 3 + 3);
    while (s.len > 0) {
        size_t good = readable_prefix(s);
        seki_buf_add(&buf, good > 0 ? seki_str_head(s, good) : SEKI_STR("\xef\xbf\xbd"));
        s = seki_str_from(s, good > 0 ? good : 1);
    }
    json_t *text = json_stringn_nocheck(buf.ptr, buf.len);
    seki_buf_release(&buf);
    return text;
}

static void set_str(json_t *object, const char *key, struct seki_str value)
{
    json_object_set_new(object, key, cli_json_str(value));
}

static void set_text(json_t *object, const char *key, const char *value)
{
    json_object_set_new(object, key, json_string(value));
}

static void set_bool(json_t *object, const char *key, bool value)
{
    json_object_set_new(object, key, json_boolean(value));
}

static void set_number(json_t *object, const char *key, json_int_t value)
{
    json_object_set_new(object, key, json_integer(value));
}

json_t *cli_json_check_host(const struct seki_spf_verdict *spf, const char *scope)
{
    json_t *object = json_object();
    set_text(object, "result", seki_spf_result_name(spf->result));
    set_str(object, "domain", spf->domain);
    set_text(object, "scope", scope);
    set_str(object, "reason", spf->reason);
    set_str(object, "explanation", spf->explanation);
    set_str(object, "mechanism", spf->mechanism);
    set_number(object, "lookups", spf->lookups);
    set_number(object, "void_lookups", spf->void_lookups);
    return object;
}

json_t *cli_json_spf(const struct seki_spf_verdict *spf)
{
    bool is_helo = spf->identity == SEKI_SPF_HELO || spf->is_null_reverse_path;
    return cli_json_check_host(spf, is_helo ? "helo" : "mfrom");
}

static json_t *json_pra(const struct seki_pra *pra)
{
    struct seki_buf address;
    if (pra->domain.len == 0)
        return json_string("");
    seki_buf_init(&address, pra->local_part.len + 1 + pra->domain.len);
    seki_buf_add(&address, pra->local_part);
    seki_buf_add_char(&address, '@');
    seki_buf_add(&address, pra->domain);
    json_t *text = cli_json_str(seki_buf_str(&address));
    seki_buf_release(&address);
    return text;
}

json_t *cli_json_sender_id(const struct seki_sender_id_verdict *sender_id)
{
    json_t *object = cli_json_check_host(&sender_id->check, seki_sender_id_scope_name(sender_id->scope));
    json_object_set_new(object, "pra", json_pra(&sender_id->pra));
    set_str(object, "header", sender_id->pra.field);
    return object;
}

static json_t *json_signature(const struct seki_dkim_signature_verdict *s)
{
    json_t *object = json_object();
    set_text(object, "result", seki_dkim_result_name(s->result));
    set_str(object, "domain", s->domain);
    set_str(object, "selector", s->selector);
    set_str(object, "algorithm", s->algorithm);
    set_str(object, "identity", s->identity);
    set_str(object, "reason", s->reason);
    set_number(object, "key_bits", s->key_bits);
    set_bool(object, "testing", s->is_testing);
    set_bool(object, "partial", s->is_partial);
    return object;
}

static json_t *json_dkim(const struct seki_dkim_verdict *dkim)
{
    json_t *array = json_array();
    for (size_t i = 0; i < dkim->signature_count; i++)
        json_array_append_new(array, json_signature(&dkim->signatures[i]));
    return array;
}

json_t *cli_json_arc(const struct seki_arc_verdict *arc)
{
    json_t *object = json_object();
    set_text(object, "result", seki_arc_result_name(arc->result));
    set_number(object, "instance", arc->instance);
    set_number(object, "oldest_pass", arc->oldest_pass);
    set_str(object, "reason", arc->reason);
    return object;
}

static json_t *json_dmarc(const struct seki_verdict *verdict)
{
    const struct seki_dmarc_verdict *dmarc = &verdict->dmarc;
    json_t *object = json_object(), *aligned = json_object();
    set_text(object, "result", seki_dmarc_result_name(dmarc->result));
    set_str(object, "from_domain", dmarc->from_domain);
    set_str(object, "policy_domain", dmarc->policy_domain);
    set_str(object, "org_domain", dmarc->org_domain);
    set_text(object, "policy", seki_dmarc_policy_name(dmarc->policy));
    set_text(object, "disposition", seki_dmarc_policy_name(verdict->disposition));
    set_str(object, "reason", verdict->is_arc_override ? verdict->arc_override_comment : dmarc->reason);
    set_bool(aligned, "spf", dmarc->spf_aligned);
    set_bool(aligned, "dkim", dmarc->dkim_aligned);
    json_object_set_new(object, "aligned", aligned);
    set_bool(object, "arc_override", verdict->is_arc_override);
    return object;
}

json_t *cli_json_verdict(const struct seki_verdict *verdict)
{
    json_t *object = json_object();
    if (verdict->has_spf_mail_from)
        json_object_set_new(object, "spf", cli_json_spf(&verdict->spf_mail_from));
    else
        json_object_set_new(object, "spf", json_null());
    if (verdict->has_spf_helo)
        json_object_set_new(object, "spf_helo", cli_json_spf(&verdict->spf_helo));
    if (verdict->has_sender_id)
        json_object_set_new(object, "sender_id", cli_json_sender_id(&verdict->sender_id));
    json_object_set_new(object, "dkim", json_dkim(&verdict->dkim));
    json_object_set_new(object, "arc", cli_json_arc(&verdict->arc));
    json_object_set_new(object, "dmarc", json_dmarc(verdict));
    set_str(object, "authentication_results", verdict->authentication_results);
    return object;
}

static void set_uris(json_t *object, const char *key, const struct seki_str *uris, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, cli_json_str(uris[i]));
    json_object_set_new(object, key, array);
}

static const char *discovery_result(const struct seki_dmarc_verdict *dmarc)
{
    if (dmarc->result == SEKI_DMARC_TEMPERROR || dmarc->result == SEKI_DMARC_PERMERROR)
        return seki_dmarc_result_name(dmarc->result);
    return dmarc->record != NULL && dmarc->result != SEKI_DMARC_NONE ? "found" : "none";
}

json_t *cli_json_dmarc_record(const struct seki_dmarc_verdict *dmarc)
{
    static const struct seki_dmarc_record nothing = { 0 };
    static const char *const psd_names[] = { "u", "y", "n" };
    const struct seki_dmarc_record *record = dmarc->record != NULL ? dmarc->record : &nothing;
    json_t *object = json_object();
    set_text(object, "result", discovery_result(dmarc));
    set_str(object, "policy_domain", dmarc->policy_domain);
    set_str(object, "org_domain", dmarc->org_domain);
    set_text(object, "policy", seki_dmarc_policy_name(dmarc->policy));
    set_str(object, "record", record->text);
    set_text(object, "p", seki_dmarc_policy_name(record->p));
    set_text(object, "sp", seki_dmarc_policy_name(record->sp));
    set_text(object, "np", seki_dmarc_policy_name(record->np));
    set_text(object, "adkim", record->adkim_strict ? "s" : "r");
    set_text(object, "aspf", record->aspf_strict ? "s" : "r");
    set_text(object, "t", record->is_testing ? "y" : "n");
    set_text(object, "psd", psd_names[record->psd]);
    set_uris(object, "rua", record->rua, record->rua_count);
    set_uris(object, "ruf", record->ruf, record->ruf_count);
    set_str(object, "reason", dmarc->reason);
    return object;
}

static json_t *json_method(const struct seki_authres_result *result)
{
    json_t *object = json_object(), *props = json_object();
    set_str(object, "method", result->method);
    set_str(object, "result", result->result);
    set_str(object, "reason", result->reason);
    if (result->version != 1)
        set_number(object, "version", result->version);
    for (size_t i = 0; i < result->property_count; i++) {
        const struct seki_authres_property *p = &result->properties[i];
        struct seki_buf key;
        seki_buf_init(&key, p->ptype.len + 1 + p->property.len);
        seki_buf_add(&key, p->ptype);
        if (p->ptype.len > 0)
            seki_buf_add_char(&key, '.');
        seki_buf_add(&key, p->property);
        json_object_setn_new_nocheck(props, key.ptr, key.len, cli_json_str(p->value));
        seki_buf_release(&key);
    }
    json_object_set_new(object, "props", props);
    return object;
}

json_t *cli_json_authres(const struct seki_authres *authres)
{
    json_t *object = json_object(), *results = json_array();
    set_str(object, "authserv_id", authres->authserv_id);
    set_number(object, "version", authres->version);
    for (size_t i = 0; i < authres->result_count; i++)
        json_array_append_new(results, json_method(&authres->results[i]));
    json_object_set_new(object, "results", results);
    return object;
}

/* 15 digits are those that a double keeps of a number in decimal; with more, 64.3 is 64.299999999999997. */
void cli_json_print(json_t *root)
{
    json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    putchar('\n');
    json_decref(root);
}
