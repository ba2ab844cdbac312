#include "quarantine/shown.h"

#include "quarantine/charset.h"

#include <sekisho/address.h>
#include <sekisho/buf.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Octets of the character at the beginning; 0: it is none. */
static size_t character_octets(struct seki_str text)
{
    unsigned char lead = (unsigned char)text.ptr[0];
    size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    return len <= text.len && seki_str_is_utf8(seki_str_head(text, len)) ? len : 0;
}

static uint32_t code_point(struct seki_str character)
{
    static const unsigned char lead_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
    uint32_t code = (unsigned char)character.ptr[0] & lead_bits[character.len];
    for (size_t i = 1; i < character.len; i++)
        code = code << 6 | ((unsigned char)character.ptr[i] & 0x3fu);
    return code;
}

/* C0, DEL, C1, separators of lines, and what turns or hides writing. */
static bool is_disturbing(uint32_t code)
{
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 ||
           (code >= 0x200e && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0x61c || code == 0xfeff || (code & 0xfffe) == 0xfffe;
}

static struct seki_str clean(struct seki_arena *arena, struct seki_str text, size_t max_octets, bool keeps_lines)
{
    struct seki_buf out;
    seki_buf_init_arena(&out, arena, max_octets);
    while (text.len > 0) {
        size_t len = character_octets(text);
        struct seki_str character = seki_str_head(text, len);
        bool stays = len > 0 && ((keeps_lines && (text.ptr[0] == '\n' || text.ptr[0] == '\t')) ||
                                 !is_disturbing(code_point(character)));
        struct seki_str piece = stays ? character : SEKI_STR(REPLACEMENT);
        if (keeps_lines && text.ptr[0] == '\r')
            piece.len = 0;
        if (piece.len > max_octets - out.len)
            break;
        seki_buf_add(&out, piece);
        text = seki_str_from(text, len > 0 ? len : 1);
    }
    return seki_buf_failed(&out) == SEKI_OK ? seki_buf_str(&out) : (struct seki_str){ NULL, 0 };
}

struct seki_str quarantine_shown(struct seki_arena *arena, struct seki_str value, size_t max_octets)
{
    struct seki_buf line;
    seki_buf_init_arena(&line, arena, value.len + 1);
    bool is_space = false;
    for (size_t i = 0; i < value.len; i++) {
        bool was_space = is_space;
        is_space = seki_is_space(value.ptr[i]);
        if (!is_space)
            seki_buf_add_char(&line, value.ptr[i]);
        else if (!was_space && line.len > 0)
            seki_buf_add_char(&line, ' ');
    }
    struct seki_str foreign = quarantine_decode_words(arena, seki_str_trim(seki_buf_str(&line)));
    if (seki_buf_failed(&line) != SEKI_OK || foreign.ptr == NULL)
        return (struct seki_str){ NULL, 0 };
    struct seki_str decoded = seki_encoded_words_decode(arena, foreign);
    if (decoded.ptr == NULL)
        return decoded;
    return clean(arena, decoded, max_octets, false);
}

struct seki_str quarantine_shown_text(struct seki_arena *arena, struct seki_str text, size_t max_octets)
{
    return clean(arena, text, max_octets, true);
}
