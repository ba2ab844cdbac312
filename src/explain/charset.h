/* Text from one character set to another, as mail software converts it. */
#ifndef EXPLAIN_CHARSET_H
#define EXPLAIN_CHARSET_H

#include <sekisho/buf.h>

/**
 * Append the text converted.
 * @param from, to  names as MIME has them
 * @return false when the system does not know one of them, or a character has no equal in the other; what was appended
 *         then means nothing
 */
bool explain_charset_convert(struct seki_str from, const char *to, struct seki_str text, struct seki_buf *out);

#endif
