/* The words and signs that addresses are made of (RFC 5322 section 3.2.3 and 3.4.1). */
#ifndef SEKI_ADDRESS_TOKEN_H
#define SEKI_ADDRESS_TOKEN_H

#include "message/lexical.h"

/* Signs are their own kind. */
enum seki_address_kind {
    SEKI_ADDRESS_END = 0,
    SEKI_ADDRESS_BAD = 1, /* the cursor's problem says why; stays for ever */
    SEKI_ADDRESS_AT = '@',
    SEKI_ADDRESS_DOT = '.',
    SEKI_ADDRESS_COMMA = ',',
    SEKI_ADDRESS_COLON = ':',
    SEKI_ADDRESS_SEMICOLON = ';',
    SEKI_ADDRESS_LESS = '<',
    SEKI_ADDRESS_GREATER = '>',
    SEKI_ADDRESS_ATOM = 'a',
    SEKI_ADDRESS_QUOTED = '"',
    SEKI_ADDRESS_LITERAL = '['
};

struct seki_address_token {
    enum seki_address_kind kind;
    struct seki_str text; /* as it arrived; of a quoted string its content, of a literal all with the brackets */
    bool is_plain;        /* text means what it says: nothing to unquote or unfold */
    size_t start, end;    /* offsets into the field; quotes are inside */
};

/** Pass [CFWS] and take the next token. */
struct seki_address_token seki_address_next(struct seki_cursor *c);

#endif
