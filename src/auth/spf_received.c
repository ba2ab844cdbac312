/* The Received-SPF field (RFC 7208 section 9.1): for machines the pairs, for people the comment. */
#include <sekisho/spf.h>

#include "auth/field_writer.h"
#include "message/lexical.h"

#define FIELD_NAME SEKI_STR("Received-SPF:")
/* A path has at most 256 octets and a name 255 (RFC 5321 section 4.5.3.1); what is longer is left out. Every octet
 * escaped, the longest line still keeps to the 998 of RFC 5322 section 2.1.1. */
#define MAX_VALUE_OCTETS 320u

/* dot-atom = [CFWS] dot-atom-text [CFWS] */
static bool is_dot_atom(struct seki_str text)
{
    struct seki_str atom;
    if (text.len == 0)
        return false;
    while (seki_str_split(&text, '.', &atom)) {
        if (atom.len == 0)
            return false;
        for (size_t i = 0; i < atom.len; i++)
            if ((unsigned char)atom.ptr[i] >= 0x80 || !seki_is_atext(atom.ptr[i]))
                return false;
    }
    return true;
}

/* key-value-pair = key [CFWS] "=" ( dot-atom / quoted-string )
 * key-value-list = key-value-pair *( ";" [CFWS] key-value-pair ) [";"] */
static void put_pair(struct seki_field_writer *w, const char *key, struct seki_str value)
{
    if (value.len == 0 || value.len > MAX_VALUE_OCTETS)
        return;
    struct seki_str name = seki_str_of(key);
    bool is_bare = is_dot_atom(value);
    seki_field_put_gap(w, name.len + 1 + (is_bare ? value.len : seki_field_written_length(value, 0, "\"\"") + 2));
    seki_field_put(w, name);
    seki_field_put(w, SEKI_STR("="));
    if (is_bare)
        seki_field_put(w, value);
    else
        seki_field_put_delimited(w, "\"\"", value);
    seki_field_put(w, SEKI_STR(";"));
}

/* What the comment says of the domain and the client. */
static const struct {
    const char *before_client, *behind_client; /* NULL: the client does not matter */
} sentences[] = {
    [SEKI_SPF_NONE] = { "does not say who may send for it", NULL },
    [SEKI_SPF_NEUTRAL] = { "neither permits nor denies", "as a sender" },
    [SEKI_SPF_PASS] = { "designates", "as permitted sender" },
    [SEKI_SPF_FAIL] = { "does not designate", "as permitted sender" },
    [SEKI_SPF_SOFTFAIL] = { "does not designate", "as permitted sender, but says so weakly" },
    [SEKI_SPF_TEMPERROR] = { "could not be looked up now", NULL },
    [SEKI_SPF_PERMERROR] = { "has records that cannot be followed", NULL },
};

/* "The header field SHOULD include a "(...)" style comment after the result, conveying supporting information". The
 * domain was checked to be one, so the sender chooses no word here. */
static void put_comment(struct seki_field_writer *w, struct seki_str receiver, const char *client,
                        const struct seki_spf_verdict *verdict)
{
    char text[3 * MAX_VALUE_OCTETS];
    bool has_client = sentences[verdict->result].behind_client != NULL;
    if (verdict->domain.len > MAX_VALUE_OCTETS || receiver.len > MAX_VALUE_OCTETS)
        return;
    int len = snprintf(text, sizeof text, "%.*s: %s%.*s %s%s%s%s%s", SEKI_STR_ARGS(receiver),
                       verdict->domain.len > 0 ? "domain " : "the sender", SEKI_STR_ARGS(verdict->domain),
                       sentences[verdict->result].before_client, has_client ? " " : "", has_client ? client : "",
                       has_client ? " " : "", has_client ? sentences[verdict->result].behind_client : "");
    struct seki_str comment = { text, (size_t)len };
    seki_field_put_gap(w, seki_field_written_length(comment, 0, "()") + 2);
    seki_field_put_delimited(w, "()", comment);
}

/* problem: "if an error was returned, details about the error"; mechanism: "the mechanism that matched (if no mechanisms
 * matched, substitute the word "default")", where a record was gone through. */
static void put_cause(struct seki_field_writer *w, const struct seki_spf_verdict *verdict)
{
    switch (verdict->result) {
    case SEKI_SPF_NONE: return;
    case SEKI_SPF_TEMPERROR:
    case SEKI_SPF_PERMERROR: put_pair(w, "problem", verdict->reason); return;
    default: put_pair(w, "mechanism", verdict->mechanism.len > 0 ? verdict->mechanism : SEKI_STR("default"));
    }
}

void seki_spf_received_field(const struct seki_spf_input *input, const struct seki_spf_verdict *verdict,
                             struct seki_buf *buf)
{
    struct seki_field_writer w = seki_field_writer(buf, FIELD_NAME);
    struct seki_str receiver = input->receiver.len > 0 ? input->receiver : SEKI_STR("unknown");
    bool is_helo = verdict->identity == SEKI_SPF_HELO || verdict->is_null_reverse_path;
    struct seki_ip ip = seki_ip_unmapped(&input->client);
    char client[SEKI_IP_TEXT_MAX];
    seki_ip_format(&ip, client);
    seki_field_put_gap(&w, 0);
    seki_field_put(&w, seki_str_of(seki_spf_result_name(verdict->result)));
    put_comment(&w, receiver, client, verdict);
    put_pair(&w, "receiver", receiver);
    put_pair(&w, "client-ip", ip.octet_count > 0 ? seki_str_of(client) : SEKI_STR(""));
    put_pair(&w, "envelope-from", is_helo ? SEKI_STR("") : input->mail_from);
    put_pair(&w, "helo", input->helo);
    put_pair(&w, "identity", is_helo ? SEKI_STR("helo") : SEKI_STR("mailfrom"));
    put_cause(&w, verdict);
}
