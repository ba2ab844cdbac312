#include "auth/wsp_reduce.h"

#include "auth/octet_scan.h"

#include <sekisho/str.h>

static bool has_changes(const char *p)
{
    return (seki_scan_changes(p) | seki_scan_changes(p + SEKI_SCAN_STEP) |
            seki_scan_changes(p + 2 * SEKI_SCAN_STEP) | seki_scan_changes(p + 3 * SEKI_SCAN_STEP)) != 0;
}

static const char *skip_plain(const char *p, const char *end)
{
    while (end - p >= SEKI_BLOCK_VIEW && !has_changes(p))
        p += SEKI_BLOCK_OCTETS;
    return p;
}

/* Without a branch, because no branch predictor knows where lines end. */
static size_t reduce_block(const char *p, char *out)
{
    size_t used = 0;
    for (int i = 0; i < SEKI_BLOCK_OCTETS; i++) {
        bool is_wsp = seki_is_wsp(p[i]);
        bool is_dropped = is_wsp & (seki_is_wsp(p[i + 1]) | ((p[i + 1] == '\r') & (p[i + 2] == '\n')));
        out[used] = is_wsp ? ' ' : p[i];
        used += !is_dropped;
    }
    return used;
}

static size_t reduce_plain(const char **from_inout, const char *end, char *out, size_t room)
{
    const char *p = *from_inout;
    size_t used = 0;
    do {
        used += reduce_block(p, out + used);
        p += SEKI_BLOCK_OCTETS;
    } while (room - used >= SEKI_BLOCK_OCTETS && end - p >= SEKI_BLOCK_VIEW && has_changes(p));
    *from_inout = p;
    return used;
}

const struct seki_wsp_reducer seki_wsp_reducer_plain = { .skip_unchanged = skip_plain, .reduce = reduce_plain };

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vbmi2,popcnt")))

AVX512 static inline __m512i load(const char *p)
{
    return _mm512_loadu_si512(p);
}

AVX512 static inline __mmask64 equal(__m512i octets, char c)
{
    return _mm512_cmpeq_epi8_mask(octets, _mm512_set1_epi8(c));
}

AVX512 static inline __mmask64 wsp_in(__m512i octets)
{
    return equal(octets, ' ') | equal(octets, '\t');
}

AVX512 static inline bool has_changes_avx512(const char *p)
{
    __m512i here = load(p);
    __mmask64 next_is_low = _mm512_cmple_epu8_mask(load(p + 1), _mm512_set1_epi8(' '));
    return ((equal(here, ' ') & next_is_low) | equal(here, '\t')) != 0;
}

AVX512 static const char *skip_avx512(const char *p, const char *end)
{
    while (end - p >= SEKI_BLOCK_VIEW && !has_changes_avx512(p))
        p += SEKI_BLOCK_OCTETS;
    return p;
}

AVX512 static inline size_t reduce_block_avx512(const char *p, char *out)
{
    __m512i here = load(p), next = load(p + 1);
    __mmask64 is_wsp = wsp_in(here);
    __mmask64 is_dropped = is_wsp & (wsp_in(next) | (equal(next, '\r') & equal(load(p + 2), '\n')));
    here = _mm512_mask_blend_epi8(is_wsp, here, _mm512_set1_epi8(' '));
    _mm512_storeu_si512(out, _mm512_maskz_compress_epi8(~is_dropped, here));
    return (size_t)_mm_popcnt_u64(~is_dropped);
}

AVX512 static size_t reduce_avx512(const char **from_inout, const char *end, char *out, size_t room)
{
    const char *p = *from_inout;
    size_t used = 0;
    do {
        used += reduce_block_avx512(p, out + used);
        p += SEKI_BLOCK_OCTETS;
    } while (room - used >= SEKI_BLOCK_OCTETS && end - p >= SEKI_BLOCK_VIEW && has_changes_avx512(p));
    *from_inout = p;
    return used;
}

static const struct seki_wsp_reducer reducer_avx512 = { .skip_unchanged = skip_avx512, .reduce = reduce_avx512 };

const struct seki_wsp_reducer *seki_wsp_reducer_best(void)
{
    bool has_it = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi2");
    return has_it ? &reducer_avx512 : &seki_wsp_reducer_plain;
}

#else

const struct seki_wsp_reducer *seki_wsp_reducer_best(void)
{
    return &seki_wsp_reducer_plain;
}

#endif
