/* Words of a master file: quotes, comments and the parentheses that continue a line are resolved here. */
#ifndef DNS_MASTER_LEXER_H
#define DNS_MASTER_LEXER_H

#include <sekisho/str.h>

enum master_token_kind {
    MASTER_WORD,
    MASTER_QUOTED,  /* text is what stood between the quotes */
    MASTER_NEWLINE, /* not inside parentheses */
    MASTER_END,
    MASTER_BAD /* text says what is wrong */
};

struct master_token {
    enum master_token_kind kind;
    struct seki_str text; /* escapes still in it */
};

struct master_lexer {
    struct seki_str rest;
    unsigned line;      /* of the last token, from 1 */
    unsigned open_line; /* of the open parenthesis, 0 outside */
    bool ended_line;
};

/** @param first_line its number; 0 = 1 */
void master_lexer_init(struct master_lexer *lexer, struct seki_str text, unsigned first_line);

/** Does the line that begins here start with a blank? Then it repeats the owner before it. */
bool master_lexer_starts_blank(const struct master_lexer *lexer);

struct master_token master_lexer_next(struct master_lexer *lexer);

#endif
