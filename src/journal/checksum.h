/* CRC-32C (Castagnoli, RFC 3720 appendix B.4), by the processor's own instruction where it has one. */
#ifndef JOURNAL_CHECKSUM_H
#define JOURNAL_CHECKSUM_H

#include <sekisho/str.h>

uint32_t journal_checksum(struct seki_str octets);
/** The same without the instruction, for comparing. */
uint32_t journal_checksum_portable(struct seki_str octets);

#endif
