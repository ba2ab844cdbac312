#include "dns/driver/master_lexer.h"

#include "base/i18n.h"

void master_lexer_init(struct master_lexer *lexer, struct seki_str text, unsigned first_line)
{
    *lexer = (struct master_lexer){ .rest = text, .line = first_line > 0 ? first_line : 1 };
}

bool master_lexer_starts_blank(const struct master_lexer *lexer)
{
    return lexer->rest.len > 0 && seki_is_wsp(lexer->rest.ptr[0]);
}

static void skip(struct master_lexer *lexer, size_t count)
{
    lexer->rest.ptr += count;
    lexer->rest.len -= count;
}

static struct master_token bad(struct seki_str what)
{
    return (struct master_token){ MASTER_BAD, what };
}

/* Cut a token off; an escaped character is never its end. */
static struct master_token cut(struct master_lexer *lexer, enum master_token_kind kind, const char *ends)
{
    struct seki_str rest = lexer->rest;
    size_t len = 0;
    while (len < rest.len && (rest.ptr[len] == '\0' || strchr(ends, rest.ptr[len]) == NULL))
        len += rest.ptr[len] == '\\' && len + 1 < rest.len && rest.ptr[len + 1] != '\n' ? 2 : 1;
    skip(lexer, len);
    return (struct master_token){ kind, seki_str_head(rest, len) };
}

static struct master_token quoted(struct master_lexer *lexer)
{
    skip(lexer, 1);
    struct master_token token = cut(lexer, MASTER_QUOTED, "\"\n");
    if (lexer->rest.len == 0 || lexer->rest.ptr[0] != '"')
        return bad(SEKI_STR(N_("a quoted string is not closed on its line")));
    skip(lexer, 1);
    return token;
}

/* A line end counts with the next token, so that errors name the line where the last token stood. */
static void note_line_end(struct master_lexer *lexer)
{
    if (lexer->ended_line)
        lexer->line++;
    lexer->ended_line = false;
}

static bool parenthesis(struct master_lexer *lexer, char c, struct master_token *bad_out)
{
    bool is_open = c == '(';
    if (is_open == (lexer->open_line != 0)) {
        *bad_out = bad(is_open ? SEKI_STR(N_("a parenthesis inside parentheses"))
                               : SEKI_STR(N_("a closing parenthesis without an open one")));
        return false;
    }
    lexer->open_line = is_open ? lexer->line : 0;
    skip(lexer, 1);
    return true;
}

static struct master_token at_end(struct master_lexer *lexer)
{
    if (lexer->open_line == 0)
        return (struct master_token){ .kind = MASTER_END };
    lexer->line = lexer->open_line;
    return bad(SEKI_STR(N_("this parenthesis is never closed")));
}

struct master_token master_lexer_next(struct master_lexer *lexer)
{
    struct master_token token;
    note_line_end(lexer);
    while (lexer->rest.len > 0) {
        char c = lexer->rest.ptr[0];
        if (c == '\n') {
            skip(lexer, 1);
            lexer->ended_line = true;
            if (lexer->open_line == 0)
                return (struct master_token){ .kind = MASTER_NEWLINE };
            note_line_end(lexer);
        } else if (c == ';') {
            skip(lexer, seki_str_find(lexer->rest, '\n'));
        } else if (c == '(' || c == ')') {
            if (!parenthesis(lexer, c, &token))
                return token;
        } else if (c == '"') {
            return quoted(lexer);
        } else if (seki_is_space(c)) {
            skip(lexer, 1);
        } else {
            return cut(lexer, MASTER_WORD, " \t\r\n;()\"");
        }
    }
    return at_end(lexer);
}
