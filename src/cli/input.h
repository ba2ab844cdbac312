/* Reading a file or standard input whole, and handing a body on with CRLF line ends. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <sekisho/str.h>

/** @param path "-" is standard input. At most 256 MiB. @return octets to free() in *text_out, or false with *why */
bool cli_input_read(const char *path, struct seki_str *text_out, struct seki_error *why);

/** Hand text on in pieces; in a Unix text a LF without CR becomes CRLF. */
void cli_input_each_piece(struct seki_str text, bool is_unix, void (*take)(void *user, struct seki_str piece),
                          void *user);

#endif
