/* What message.c and message_read.c offer to each other, and to those that keep a header to read it again. */
#ifndef SEKI_MESSAGE_INTERNAL_H
#define SEKI_MESSAGE_INTERNAL_H

#include <sekisho/message.h>

enum seki_line_end {
    SEKI_LINE_END_CRLF, /* a LF alone is an octet like any other, and a defect */
    SEKI_LINE_END_LF    /* a LF alone ends a line and is written as CRLF */
};

/** seki_message_add_field() with the choice of what a bare LF is. */
enum seki_result seki_message_keep(struct seki_message *message, struct seki_str name, struct seki_str value,
                                   enum seki_line_end line_end);

/** Fields as seki_message_write() has put them down: no envelope of an mbox file, and never a Unix file. */
enum seki_result seki_message_read_written(struct seki_message *message, struct seki_str text);
/** All fields, each with CRLF behind it. */
void seki_message_write(const struct seki_message *message, struct seki_buf *out);

void seki_message_note_defect(struct seki_message *message, enum seki_message_defect defect);

#endif
