/* Signature fields. The input: one octet for the kind (0, 1, 2 or their digits), then the field's value.
 * Held: what is taken is whole and consistent; the field in relaxed canonical form is the same signature; canonical is
 * canonical again. */
#include "auth/dkim_signature.h"
#include "auth/header_canon.h"

#include <sekisho/domain.h>

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_so)
{
    if (!is_so)
        abort();
}

static struct seki_signature read_value(struct seki_arena *arena, enum seki_signature_kind kind,
                                        struct seki_str name, struct seki_str value)
{
    struct seki_message *message = seki_message_new(arena, NULL);
    struct seki_signature signature;
    must(seki_message_add_field(message, name, value) == SEKI_OK && seki_message_field_count(message) == 1);
    must(seki_signature_read(arena, kind, message, 0, &signature) == SEKI_OK);
    return signature;
}

static void check_taken(const struct seki_signature *s)
{
    struct seki_str value = s->field->value;
    must(seki_domain_fits_dns(s->domain_ascii) && seki_str_is_ascii(s->domain_ascii));
    must(seki_domain_fits_dns(s->selector_ascii));
    must(s->signature.len > 0 && s->signature_text.len >= s->signature.len);
    must(s->cut_start > 0 && value.ptr[s->cut_start - 1] == '=' && s->cut_start <= s->cut_end);
    must(s->cut_end == value.len || value.ptr[s->cut_end] == ';');
    must(s->kind == SEKI_SIGNATURE_SEAL ||
         (s->body_digest.len == seki_digest_octets(s->digest) && s->name_count > 0));
    must(s->kind == SEKI_SIGNATURE_DKIM ? s->identity.len > 0 : s->instance >= 1 && s->instance <= 50);
    for (size_t i = 0; i < s->name_count; i++)
        must(s->names[i].len > 0);
}

static void check_same(const struct seki_signature *a, const struct seki_signature *b)
{
    must(a->refusal.result == b->refusal.result && a->refusal.reason == b->refusal.reason);
    must(seki_str_equal(a->domain, b->domain) && seki_str_equal(a->selector, b->selector));
    must(seki_str_equal(a->signature, b->signature) && seki_str_equal(a->body_digest, b->body_digest));
    must(a->name_count == b->name_count && a->instance == b->instance && a->cv == b->cv);
    must(a->length == b->length && a->time_s == b->time_s && a->expires_at_s == b->expires_at_s);
    must(a->kind != SEKI_SIGNATURE_DKIM || seki_str_equal(a->identity, b->identity));
}

static struct seki_str relax(struct seki_arena *arena, const struct seki_field *field)
{
    char *out = seki_arena_octets(arena, field->raw.len + SEKI_HEADER_CANON_SLACK);
    size_t none = field->value.len;
    size_t len = seki_header_canon(SEKI_CANON_RELAXED, field, none, none, out);
    must(len <= field->raw.len);
    return (struct seki_str){ out, len };
}

/* A message has line ends in a field only where white space follows; other ones would become folds when what lies
 * between goes. */
static bool is_well_folded(struct seki_str value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] != '\r' && value.ptr[i] != '\n')
            continue;
        if (value.len - i < 3 || value.ptr[i] != '\r' || value.ptr[i + 1] != '\n' || !seki_is_wsp(value.ptr[i + 2]))
            return false;
        i += 2;
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    enum seki_signature_kind kind = (enum seki_signature_kind)((data[0] & 15) % 3);
    struct seki_arena *arena = seki_arena_new(16 << 20);
    struct seki_str name = SEKI_STR("Signature"), value = { (const char *)data + 1, size - 1 };
    struct seki_signature as_it_came = read_value(arena, kind, name, value);
    if (as_it_came.refusal.result == SEKI_DKIM_NONE)
        check_taken(&as_it_came);
    struct seki_str canonical = relax(arena, as_it_came.field);
    if (is_well_folded(as_it_came.field->value)) {
        struct seki_signature again = read_value(arena, kind, name, seki_str_from(canonical, name.len + 1));
        must(
            seki_str_equal(seki_str_from(relax(arena, again.field), name.len), seki_str_from(canonical, name.len)));
        check_same(&as_it_came, &again);
    }
    seki_arena_free(arena);
    return 0;
}
