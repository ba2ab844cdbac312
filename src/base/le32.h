/* Numbers of 32 bits with their lowest octet first. */
#ifndef BASE_LE32_H
#define BASE_LE32_H

#include <stdint.h>

static inline void seki_le32_put(char *to, uint32_t number)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (char)(uint8_t)(number >> (8 * i));
}

static inline uint32_t seki_le32_get(const char *from)
{
    uint32_t number = 0;
    for (unsigned i = 0; i < 4; i++)
        number |= (uint32_t)(uint8_t)from[i] << (8 * i);
    return number;
}

#endif
