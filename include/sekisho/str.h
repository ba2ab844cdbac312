/* Text from outside: a pointer and a length into octets that somebody else owns.
 *
 * Passed by value. NUL may be inside, and nothing after the last octet may be read. Case-folding is ASCII
 * only; the locale decides nothing. */
#ifndef SEKISHO_STR_H
#define SEKISHO_STR_H

#include <sekisho/result.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct seki_str {
    const char *ptr;
    size_t len;
};

/** A view of a string literal, usable in initialisers. */
#define SEKI_STR_INIT(literal) { "" literal, sizeof(literal) - 1 }
/** A view of a string literal, as an expression. */
#define SEKI_STR(literal) ((struct seki_str) SEKI_STR_INIT(literal))
/** For printf's "%.*s", to be shown to people: what is longer than 4,096 octets is cut. */
#define SEKI_STR_ARGS(s) (int)((s).len > 4096 ? 4096 : (s).len), ((s).ptr ? (s).ptr : "")

static inline struct seki_str seki_str_of(const char *terminated)
{
    return (struct seki_str){ terminated, terminated ? strlen(terminated) : 0 };
}

static inline struct seki_str seki_str_from(struct seki_str s, size_t offset)
{
    return offset < s.len ? (struct seki_str){ s.ptr + offset, s.len - offset } : (struct seki_str){ NULL, 0 };
}

static inline struct seki_str seki_str_head(struct seki_str s, size_t len)
{
    return (struct seki_str){ s.ptr, len < s.len ? len : s.len };
}

static inline char seki_ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static inline bool seki_is_wsp(char c) { return c == ' ' || c == '\t'; }
static inline bool seki_is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
static inline bool seki_is_digit(char c) { return c >= '0' && c <= '9'; }
static inline bool seki_is_alpha(char c)
{
    char l = seki_ascii_lower(c);
    return l >= 'a' && l <= 'z';
}
static inline bool seki_is_alnum(char c) { return seki_is_alpha(c) || seki_is_digit(c); }

SEKI_API bool seki_str_equal(struct seki_str a, struct seki_str b);
SEKI_API bool seki_str_equal_nocase(struct seki_str a, struct seki_str b);
SEKI_API bool seki_str_starts_with(struct seki_str s, struct seki_str prefix);
SEKI_API bool seki_str_starts_with_nocase(struct seki_str s, struct seki_str prefix);
SEKI_API bool seki_str_ends_with_nocase(struct seki_str s, struct seki_str suffix);
SEKI_API bool seki_str_contains_nocase(struct seki_str s, struct seki_str part);

/** @return offset of the first (last) c, or s.len if there is none */
SEKI_API size_t seki_str_find(struct seki_str s, char c);
SEKI_API size_t seki_str_find_last(struct seki_str s, char c);

/** Without SP, HTAB, CR and LF at both ends. */
SEKI_API struct seki_str seki_str_trim(struct seki_str s);

/**
 * Read a decimal number that fills the whole text: digits only, no sign, no space.
 * @param max        the largest value accepted
 * @param value_out  untouched on failure
 * @return false when the text is empty, holds anything else, or exceeds max
 */
SEKI_API bool seki_str_to_u64(struct seki_str s, uint64_t max, uint64_t *value_out);

/**
 * Is this well-formed UTF-8 (RFC 3629: shortest form, no surrogates, at most U+10FFFF)? Plain ASCII is.
 */
SEKI_API bool seki_str_is_utf8(struct seki_str s);
SEKI_API bool seki_str_is_ascii(struct seki_str s);

/**
 * Cut the next piece up to separator off *rest.
 * @param piece_out  what stood before the separator (or all, at the end)
 * @return false when *rest was used up before (its ptr is NULL)
 * "a,,b" gives "a", "", "b"; "" (ptr not NULL) gives one empty piece.
 */
SEKI_API bool seki_str_split(struct seki_str *rest, char separator, struct seki_str *piece_out);

/** Hash for tables in memory (not for secrets); ASCII letters are folded to lower case first. */
SEKI_API uint32_t seki_str_hash_nocase(struct seki_str s);

#endif
