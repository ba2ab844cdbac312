/* What message.c offers to message_read.c. */
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

void seki_message_note_defect(struct seki_message *message, enum seki_message_defect defect);

#endif
