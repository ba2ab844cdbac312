/* A whole file in memory, bounded. */
#ifndef DNS_FILE_H
#define DNS_FILE_H

#include <sekisho/buf.h>

/** @param text_out initialised here; seki_buf_release() it in any case. @return false with *why */
SEKI_MUST_USE bool dns_file_read(const char *path, size_t max_octets, struct seki_buf *text_out,
                                 struct seki_error *why);

#endif
