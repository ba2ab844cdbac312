/* What `sekisho explain` has found out, for programs: the keys are in docs/cli.md. */
#include "cli/explanation.h"
#include "cli/json.h"

static void set_str(json_t *object, const char *key, struct seki_str value)
{
    json_object_set_new(object, key, cli_json_str(value));
}

static void set_text(json_t *object, const char *key, const char *value)
{
    json_object_set_new(object, key, json_string(value != NULL ? value : ""));
}

static void set_number(json_t *object, const char *key, json_int_t value)
{
    json_object_set_new(object, key, json_integer(value));
}

static void set_bool(json_t *object, const char *key, bool value)
{
    json_object_set_new(object, key, json_boolean(value));
}

static json_t *json_hop(const struct explain_hop *hop, size_t number)
{
    char text[SEKI_IP_TEXT_MAX];
    json_t *object = json_object();
    set_number(object, "number", (json_int_t)number);
    set_number(object, "field", (json_int_t)hop->field_index);
    set_str(object, "text", hop->text);
    set_str(object, "helo", hop->helo);
    set_str(object, "name", hop->name);
    set_text(object, "address", hop->address.octet_count > 0 ? seki_ip_format(&hop->address, text) : "");
    set_str(object, "by", hop->by);
    set_str(object, "with", hop->with);
    snprintf(text, sizeof text, "%u.%u", hop->tls_major, hop->tls_minor);
    set_text(object, "tls", hop->tls_major > 0 ? text : "");
    set_str(object, "id", hop->id);
    set_str(object, "for", hop->for_path);
    set_str(object, "date", hop->date);
    if (hop->has_time)
        set_number(object, "time", hop->time_s);
    if (hop->has_delay)
        set_number(object, "delay_s", hop->delay_s);
    return object;
}

static json_t *json_hops(const struct explain_hops *hops)
{
    json_t *array = json_array();
    for (size_t i = 0; i < hops->hop_count; i++)
        json_array_append_new(array, json_hop(&hops->hops[i], i + 1));
    return array;
}

static json_t *json_added(const struct explain_hops *hops)
{
    json_t *array = json_array();
    for (size_t i = 0; i < hops->mark_count; i++) {
        const struct explain_mark *mark = &hops->marks[i];
        json_t *object = json_object(), *authres = cli_json_authres(&mark->results);
        set_text(object, "name", explain_mark_name(mark->kind));
        set_number(object, "field", (json_int_t)mark->field_index);
        set_number(object, "hop", (json_int_t)mark->hop);
        set_bool(object, "readable", mark->is_read);
        set_str(object, "claims", mark->claims);
        set_number(object, "instance", mark->instance);
        set_str(object, "result", mark->result);
        json_object_set(object, "results", json_object_get(authres, "results"));
        set_str(object, "text", mark->text);
        json_decref(authres);
        json_array_append_new(array, object);
    }
    return array;
}

static json_t *json_client(const struct cli_client *client)
{
    json_t *object = json_object();
    set_number(object, "hop", (json_int_t)client->hop);
    set_text(object, "ip", client->ip);
    set_text(object, "helo", client->helo);
    set_text(object, "mail_from", client->mail_from);
    return object;
}

static json_t *json_signature(const struct cli_explanation *x, const struct explain_signature *s)
{
    static const char *const keys[] = { [EXPLAIN_KEY_NOT_ASKED] = "not-asked",
                                        [EXPLAIN_KEY_FOUND] = "found",
                                        [EXPLAIN_KEY_MISSING] = "missing",
                                        [EXPLAIN_KEY_UNAVAILABLE] = "unavailable" };
    static const char *const parts[] = {
        [EXPLAIN_UNKNOWN] = "unknown", [EXPLAIN_HOLDS] = "holds", [EXPLAIN_BROKEN] = "broken"
    };
    json_t *object = json_object();
    bool is_arc = s->kind == SEKI_SIGNATURE_AMS;
    set_text(object, "name", is_arc ? "ARC-Message-Signature" : "DKIM-Signature");
    set_number(object, "field", (json_int_t)s->field_index);
    set_number(object, "instance", s->instance);
    set_str(object, "domain", s->domain);
    set_str(object, "selector", s->selector);
    set_str(object, "algorithm", s->algorithm);
    set_text(object, "held", explain_story_texts[explain_signature_story(s)].id);
    set_text(object, "key", keys[s->key]);
    set_text(object, "header", parts[s->header]);
    set_text(object, "body", parts[s->body]);
    set_str(object, "reason", s->reason.len > 0 ? s->reason : cli_refusal_of(x, s));
    set_bool(object, "unexplained", explain_signature_is_unexplained(s));
    set_bool(object, "stopped", s->header_change.is_stopped || s->body_change.is_stopped);
    if (s->has_expiry)
        set_number(object, "expires_at", s->expires_at_s);
    if (s->has_length)
        set_number(object, "length", (json_int_t)s->length);
    set_number(object, "body_octets", (json_int_t)s->body_octets);
    return object;
}

static json_t *json_change(size_t signature, const char *part, const char *kind, const char *what, const char *who)
{
    json_t *object = json_object();
    set_number(object, "signature", (json_int_t)signature);
    set_text(object, "part", part);
    set_text(object, "kind", kind);
    set_text(object, "certainty", "certain");
    set_text(object, "what", what);
    set_text(object, "who", who);
    return object;
}

static void add_header_changes(json_t *array, const struct explain_signature *s, size_t index)
{
    for (size_t i = 0; i < s->header_change.step_count; i++) {
        const struct explain_header_step *step = &s->header_change.steps[i];
        const struct explain_header_kind_text *text = &explain_header_kind_texts[step->kind];
        json_t *object = json_change(index, "header", text->id, text->what, text->who);
        set_str(object, "field", step->name);
        set_str(object, "was", step->was);
        json_array_append_new(array, object);
    }
}

static void add_body_changes(json_t *array, const struct explain_signature *s, size_t index)
{
    for (size_t i = 0; i < s->body_change.step_count; i++) {
        const struct explain_body_step *step = &s->body_change.steps[i];
        const struct explain_body_kind_text *text = &explain_body_kind_texts[step->kind];
        json_t *object = json_change(index, "body", text->id, text->what, text->who);
        set_number(object, "first_line", (json_int_t)step->first_line);
        set_number(object, "line_count", (json_int_t)step->line_count);
        set_number(object, "octets", s->body_change.octets);
        json_array_append_new(array, object);
    }
}

void cli_json_add_explanation(json_t *root, const struct cli_explanation *x)
{
    json_t *signatures = json_array(), *changes = json_array();
    for (size_t i = 0; i < x->signatures.count; i++) {
        json_array_append_new(signatures, json_signature(x, &x->signatures.signatures[i]));
        add_header_changes(changes, &x->signatures.signatures[i], i);
        add_body_changes(changes, &x->signatures.signatures[i], i);
    }
    json_object_set_new(root, "hops", json_hops(&x->hops));
    json_object_set_new(root, "added", json_added(&x->hops));
    json_object_set_new(root, "client", json_client(&x->client));
    json_object_set_new(root, "signatures", signatures);
    json_object_set_new(root, "changes", changes);
}
