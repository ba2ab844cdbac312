/* DMARC records: what is read, written and read again is the same value. */
#include <sekisho/dmarc.h>

#include "auth/dmarc_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void same_uris(const struct seki_str *a, size_t a_count, const struct seki_str *b, size_t b_count)
{
    require(a_count == b_count);
    for (size_t i = 0; i < a_count; i++)
        require(a[i].len > 0 && seki_str_equal(a[i], b[i]));
}

static void same_value(const struct seki_dmarc_record *a, const struct seki_dmarc_record *b)
{
    require(a->p == b->p && a->sp == b->sp && a->np == b->np && a->has_invalid_policy == b->has_invalid_policy);
    require(a->adkim_strict == b->adkim_strict && a->aspf_strict == b->aspf_strict);
    require(a->is_testing == b->is_testing && a->psd == b->psd && a->fo == b->fo && a->pct == b->pct);
    same_uris(a->rua, a->rua_count, b->rua, b->rua_count);
    same_uris(a->ruf, a->ruf_count, b->ruf, b->ruf_count);
    require(seki_dmarc_record_usability(a) == seki_dmarc_record_usability(b));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seki_arena *arena = seki_arena_new(1 << 20);
    struct seki_str text = { (const char *)data, size };
    struct seki_dmarc_record first, second;
    enum seki_result result = seki_dmarc_record_parse(arena, text, &first, NULL);
    require((result == SEKI_OK) == seki_dmarc_record_is_one(text));
    if (result == SEKI_OK) {
        struct seki_buf buf;
        seki_buf_init(&buf, size + 256);
        seki_dmarc_record_write(&first, &buf);
        require(seki_buf_failed(&buf) == SEKI_OK);
        require(seki_dmarc_record_parse(arena, seki_buf_str(&buf), &second, NULL) == SEKI_OK);
        same_value(&first, &second);
        seki_buf_release(&buf);
    }
    seki_arena_free(arena);
    return 0;
}
