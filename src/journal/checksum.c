#include "journal/checksum.h"

/* One octet at a time by a table of sixteen: small, and only for processors without the instruction. The polynomial
 * 0x1EDC6F41, bits reversed. */
static const uint32_t nibble_table[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

uint32_t journal_checksum_portable(struct seki_str octets)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < octets.len; i++) {
        crc ^= (uint8_t)octets.ptr[i];
        crc = crc >> 4 ^ nibble_table[crc & 15];
        crc = crc >> 4 ^ nibble_table[crc & 15];
    }
    return ~crc;
}

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) static uint32_t checksum_by_instruction(struct seki_str octets)
{
    uint64_t crc = UINT32_MAX, word;
    size_t at = 0;
    for (; octets.len - at >= sizeof word; at += sizeof word) {
        memcpy(&word, octets.ptr + at, sizeof word);
        crc = __builtin_ia32_crc32di(crc, word);
    }
    for (; at < octets.len; at++)
        crc = __builtin_ia32_crc32qi((uint32_t)crc, (uint8_t)octets.ptr[at]);
    return ~(uint32_t)crc;
}

uint32_t journal_checksum(struct seki_str octets)
{
    return __builtin_cpu_supports("sse4.2") ? checksum_by_instruction(octets) : journal_checksum_portable(octets);
}

#else

uint32_t journal_checksum(struct seki_str octets)
{
    return journal_checksum_portable(octets);
}

#endif
