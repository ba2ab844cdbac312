/* Authentication-Results: what was read can be written, and what was written is read the same, unless it held octets
 * that the writer replaces. A field that cannot be read, or whose id is ours, is to be removed. */
#include <sekisho/authres.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool condition)
{
    if (!condition)
        abort();
}

static bool is_clean(struct seki_str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (((unsigned char)text.ptr[i] < ' ' && text.ptr[i] != '\t') || text.ptr[i] == 127)
            return false;
    return seki_str_is_utf8(text);
}

static bool is_result_clean(const struct seki_authres_result *result)
{
    bool clean = is_clean(result->reason);
    for (size_t i = 0; i < result->property_count; i++)
        clean = clean && is_clean(result->properties[i].value);
    return clean;
}

static void check_same_result(const struct seki_authres_result *a, const struct seki_authres_result *b)
{
    demand(seki_str_equal(a->method, b->method) && a->version == b->version);
    demand(seki_str_equal(a->result, b->result) && a->property_count == b->property_count);
    if (!is_result_clean(a))
        return;
    demand(seki_str_equal(a->reason, b->reason));
    for (size_t i = 0; i < a->property_count; i++) {
        demand(seki_str_equal(a->properties[i].ptype, b->properties[i].ptype));
        demand(seki_str_equal(a->properties[i].property, b->properties[i].property));
        demand(seki_str_equal(a->properties[i].value, b->properties[i].value));
    }
}

static void check_written(struct seki_arena *arena, const struct seki_authres *authres)
{
    struct seki_buf buf;
    struct seki_authres again;
    struct seki_error why;
    seki_buf_init(&buf, 1u << 22);
    seki_authres_write(authres, &buf);
    demand(seki_buf_failed(&buf) == SEKI_OK);
    demand(seki_authres_parse(arena, seki_buf_str(&buf), &again, &why) == SEKI_OK);
    demand(again.version == authres->version && again.result_count == authres->result_count);
    demand(!is_clean(authres->authserv_id) || seki_str_equal(again.authserv_id, authres->authserv_id));
    for (size_t i = 0; i < authres->result_count; i++)
        check_same_result(&authres->results[i], &again.results[i]);
    seki_buf_release(&buf);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 1u << 16)
        return 0;
    struct seki_str text = { (const char *)data, size };
    struct seki_arena *arena = seki_arena_new(1u << 24);
    struct seki_authres authres;
    struct seki_error why = { "" };
    enum seki_result result = seki_authres_parse(arena, text, &authres, &why);
    if (result == SEKI_OK)
        check_written(arena, &authres);
    else
        demand(why.text[0] != '\0' && authres.result_count == 0);
    demand(seki_authres_must_remove(arena, text, &authres.authserv_id, 1));
    demand(seki_authres_must_remove(arena, text, NULL, 0) || (result == SEKI_OK && authres.version == 1));
    seki_arena_free(arena);
    return 0;
}
