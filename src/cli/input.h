/* Reading a file or standard input whole. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include <sekisho/str.h>

/** @param path "-" is standard input. At most 256 MiB. @return octets to free() in *text_out, or false with *why */
bool cli_input_read(const char *path, struct seki_str *text_out, struct seki_error *why);

#endif
