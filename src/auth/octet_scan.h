/* Looking for rare octets in long runs of ordinary ones, sixteen at a time. Everything that canonicalization and the
 * tag parser do on runs stands on the questions below. Nothing outside the stated octets is read. */
#ifndef AUTH_OCTET_SCAN_H
#define AUTH_OCTET_SCAN_H

#include <stddef.h>
#include <stdint.h>

#define SEKI_SCAN_STEP 16u

#if defined(__SSE2__)
#include <emmintrin.h>

static inline __m128i seki_load(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* Where relaxed canonicalization may change something: HTAB, or SP followed by an octet up to SP (WSP, CR; others are
 * false alarms). Bit i is for p[i]. Reads p[0] to p[16]. */
static inline uint32_t seki_scan_changes(const char *p)
{
    const __m128i sp = _mm_set1_epi8(' ');
    __m128i here = seki_load(p), next = seki_load(p + 1);
    __m128i next_is_low = _mm_cmpeq_epi8(_mm_min_epu8(next, sp), next);
    __m128i loose_sp = _mm_and_si128(_mm_cmpeq_epi8(here, sp), next_is_low);
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(loose_sp, _mm_cmpeq_epi8(here, _mm_set1_epi8('\t'))));
}

/* SP and HTAB. Reads p[0] to p[15]. */
static inline uint32_t seki_scan_wsp(const char *p)
{
    __m128i here = seki_load(p);
    __m128i is_sp = _mm_cmpeq_epi8(here, _mm_set1_epi8(' '));
    return (uint32_t)_mm_movemask_epi8(_mm_or_si128(is_sp, _mm_cmpeq_epi8(here, _mm_set1_epi8('\t'))));
}

/* Reads p[0] to p[15]. */
static inline uint32_t seki_scan_cr(const char *p)
{
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(seki_load(p), _mm_set1_epi8('\r')));
}

/* All but the octets %x21-3A / %x3C-7E of a tag value. Reads p[0] to p[15]. */
static inline uint32_t seki_scan_not_valchar(const char *p)
{
    __m128i here = seki_load(p);
    __m128i shifted = _mm_sub_epi8(here, _mm_set1_epi8(0x21));
    __m128i is_graphic = _mm_cmpeq_epi8(_mm_min_epu8(shifted, _mm_set1_epi8(0x7E - 0x21)), shifted);
    __m128i is_end = _mm_cmpeq_epi8(here, _mm_set1_epi8(';'));
    return ~(uint32_t)_mm_movemask_epi8(_mm_andnot_si128(is_end, is_graphic)) & 0xFFFFu;
}

#else

static inline uint32_t seki_scan_changes(const char *p)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < SEKI_SCAN_STEP; i++)
        if (p[i] == '\t' || (p[i] == ' ' && (unsigned char)p[i + 1] <= ' '))
            mask |= 1u << i;
    return mask;
}

static inline uint32_t seki_scan_wsp(const char *p)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < SEKI_SCAN_STEP; i++)
        if (p[i] == ' ' || p[i] == '\t')
            mask |= 1u << i;
    return mask;
}

static inline uint32_t seki_scan_cr(const char *p)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < SEKI_SCAN_STEP; i++)
        if (p[i] == '\r')
            mask |= 1u << i;
    return mask;
}

static inline uint32_t seki_scan_not_valchar(const char *p)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < SEKI_SCAN_STEP; i++)
        if (p[i] < 0x21 || p[i] > 0x7E || p[i] == ';')
            mask |= 1u << i;
    return mask;
}

#endif
#endif
