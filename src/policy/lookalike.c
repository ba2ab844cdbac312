#include "policy/lookalike.h"

#include "policy/punycode.h"

#include <sekisho/domain.h>

/* A row of the code points from first on, and what each of them looks like; "." is itself. */
struct row {
    uint32_t first;
    const char *looks;
};

/* Latin letters with marks stand for their base letters (canonical decomposition, Unicode 15); the others for the Latin
 * small letter that they resemble in usual faces (confusables of Unicode Technical Standard 39, and what a browser shows
 * alike). */
static const struct row rows[] = {
    { 0xC0, "aaaaaa.ceeeeiiii.nooooo.ouuuuy..aaaaaa.ceeeeiiii.nooooo.ouuuuy.y" },
    { 0x100, "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkkklllllll"
             "lllnnnnnnnnnoooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzf" },
    { 0x251, "a" },
    { 0x261, "g" },
    { 0x269, "ii" },
    { 0x3AC, "aeniuaby.e.n.ik.uv.onp.otu.x.wiuouw" },              /* Greek */
    { 0x430, "a.br.e....k.mhonpcty.x..wwb.b...eehresiij..hk.y." }, /* Cyrillic */
    { 0x4BB, "h" },
    { 0x4CF, "l" },
    { 0x501, "d" },
    { 0x51B, "q.w" },
    { 0x561, "w.q..q.n...l...h.n..j..n...nu...g...o." }, /* Armenian */
    { 0x1E00, "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmm"
              "mmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv"
              "wwwwwwwwwwxxxxyyzzzzzzhtwy......aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee"
              "eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy" },
    { 0xFF10, "0123456789" },
    { 0xFF21, "abcdefghijklmnopqrstuvwxyz" },
    { 0xFF41, "abcdefghijklmnopqrstuvwxyz" },
};

/* A kanji and the katakana that it resembles; then hiragana. */
static const struct {
    uint32_t point, looks;
} kana[] = {
    { 0x4E00, 0x30FC }, { 0x4E8C, 0x30CB }, { 0x516B, 0x30CF }, { 0x529B, 0x30AB },
    { 0x535C, 0x30C8 }, { 0x53E3, 0x30ED }, { 0x5915, 0x30BF }, { 0x5DE5, 0x30A8 },
    { 0x3078, 0x30D8 }, { 0x3079, 0x30D9 }, { 0x307A, 0x30DA },
};

/* A key under construction. */
struct key {
    char *octets;
    size_t len, label_start;
    bool is_too_long;
};

static uint32_t look_of(uint32_t point)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t place = point - rows[i].first;
        if (point >= rows[i].first && place < strlen(rows[i].looks) && rows[i].looks[place] != '.')
            return (unsigned char)rows[i].looks[place];
    }
    for (size_t i = 0; i < sizeof kana / sizeof kana[0]; i++)
        if (kana[i].point == point)
            return kana[i].looks;
    return point;
}

/* One code point for all that look like it; 0: it is not seen. */
static uint32_t fold(uint32_t point)
{
    bool is_mark = point >= 0x300 && point <= 0x36F; /* combining */
    if (point >= 0x80)
        point = look_of(point);
    if (point >= 'A' && point <= 'Z')
        return fold(point - 'A' + 'a');
    switch (point) {
    case '0': return 'o';
    case '1':
    case 'i': return 'l';
    case '-':
    case 0xFF0D: return 0;
    default: return is_mark ? 0 : point;
    }
}

static void add(struct key *key, unsigned char octet)
{
    if (key->len == POLICY_LOOKALIKE_KEY_MAX)
        key->is_too_long = true;
    else
        key->octets[key->len++] = (char)octet;
}

/* RFC 3629 section 3 */
static void add_utf8(struct key *key, uint32_t point)
{
    if (point < 0x80) {
        add(key, (unsigned char)point);
        return;
    }
    unsigned continued = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned char leads[] = { 0, 0xC0, 0xE0, 0xF0 };
    add(key, (unsigned char)(leads[continued] | point >> (6 * continued)));
    while (continued-- > 0)
        add(key, (unsigned char)(0x80 | (point >> (6 * continued) & 0x3F)));
}

/* Two letters that look like one, when the second of them comes. */
static bool join(struct key *key, uint32_t second)
{
    static const struct {
        char first, second, both;
    } pairs[] = { { 'r', 'n', 'm' }, { 'v', 'v', 'w' } };
    for (size_t i = 0; key->len > key->label_start && i < sizeof pairs / sizeof pairs[0]; i++) {
        if (second != (unsigned char)pairs[i].second || key->octets[key->len - 1] != pairs[i].first)
            continue;
        key->octets[key->len - 1] = pairs[i].both;
        return true;
    }
    return false;
}

static void add_point(struct key *key, uint32_t point)
{
    point = fold(point);
    if (point != 0 && !join(key, point))
        add_utf8(key, point);
}

static void add_label(struct key *key, struct seki_str label)
{
    uint32_t points[POLICY_PUNYCODE_MAX];
    bool is_a_label = seki_str_starts_with_nocase(label, SEKI_STR("xn--"));
    size_t count = is_a_label ? policy_punycode_decode(seki_str_from(label, 4), points) : 0;
    key->label_start = key->len;
    for (size_t i = 0; i < count; i++)
        add_point(key, points[i]);
    for (size_t i = 0; count == 0 && i < label.len; i++)
        add_point(key, (unsigned char)label.ptr[i]);
}

struct seki_str policy_lookalike_key(struct seki_str domain, char *key_octets)
{
    struct key key = { .octets = key_octets };
    struct seki_str label;
    if (!seki_domain_fits_dns(domain))
        return SEKI_STR("");
    for (bool is_first = true; seki_str_split(&domain, '.', &label); is_first = false) {
        if (!is_first)
            add(&key, '.');
        add_label(&key, label);
    }
    return key.is_too_long ? SEKI_STR("") : (struct seki_str){ key.octets, key.len };
}

bool policy_lookalike_parent(struct seki_str *name)
{
    *name = seki_domain_parent(*name);
    return seki_domain_label_count(*name) > 1;
}

bool policy_lookalike_imitates(struct seki_str author_domain, struct seki_str hosted)
{
    char wanted_octets[POLICY_LOOKALIKE_KEY_MAX], octets[POLICY_LOOKALIKE_KEY_MAX];
    struct seki_str wanted = policy_lookalike_key(hosted, wanted_octets);
    if (wanted.len == 0 || seki_domain_is_within(author_domain, hosted))
        return false;
    do {
        if (seki_str_equal(policy_lookalike_key(author_domain, octets), wanted))
            return true;
    } while (policy_lookalike_parent(&author_domain));
    return false;
}
