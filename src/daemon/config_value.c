/* Values of the configuration file: one reader per type. The sentences finish "FILE:LINE: name: …". */
#include "daemon/config_table.h"

#include <assert.h>

#define LIST_MAX_ITEMS 10000u

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit duration_units[] = { { "ms", 1 },      { "s", 1000 },     { "min", 60000 },
                                              { "h", 3600000 }, { "d", 86400000 }, { NULL, 0 } };
static const struct unit octet_units[] = {
    { "B", 1 }, { "KiB", 1024 }, { "MiB", 1024 * 1024 }, { "GiB", 1024ull * 1024 * 1024 }, { NULL, 0 }
};

/* The factor of the unit at the end of text and the digits before it; 0 when there is no such unit. */
static uint64_t split_unit(const struct unit *units, struct seki_str text, struct seki_str *digits_out)
{
    size_t digits = 0;
    while (digits < text.len && seki_is_digit(text.ptr[digits]))
        digits++;
    *digits_out = seki_str_head(text, digits);
    struct seki_str unit = seki_str_trim(seki_str_from(text, digits));
    for (; units->name != NULL; units++) {
        if (seki_str_equal(unit, seki_str_of(units->name)))
            return units->factor;
    }
    return 0;
}

/* A number in the largest unit that leaves it whole: 30000 ms is "30s". */
static void format_with_unit(const struct unit *units, uint64_t value, char text[32])
{
    const struct unit *best = units;
    for (; units->name != NULL; units++) {
        if (value != 0 && value % units->factor == 0)
            best = units;
    }
    snprintf(text, 32, "%llu%s", (unsigned long long)(value / best->factor), best->name);
}

static const struct unit *units_of(const struct config_option *option)
{
    static const struct unit none[] = { { "", 1 }, { NULL, 0 } };
    return option->type == CONFIG_DURATION ? duration_units : option->type == CONFIG_OCTETS ? octet_units : none;
}

void config_value_bounds(const struct config_option *option, char min[32], char max[32])
{
    format_with_unit(units_of(option), option->min, min);
    format_with_unit(units_of(option), option->max, max);
}

static enum seki_result read_with_unit(const struct config_option *option, const struct unit *units,
                                       const char *examples, struct seki_str text, uint64_t *value_out,
                                       struct seki_error *why)
{
    struct seki_str digits;
    uint64_t factor = split_unit(units, text, &digits), number;
    char min[32], max[32];
    if (seki_str_equal(text, SEKI_STR("0")))
        factor = 1;
    if (factor == 0 || digits.len == 0) {
        seki_error_set(why, "\"%.*s\" is no number with a unit; write for example %s", SEKI_STR_ARGS(text),
                       examples);
        return SEKI_BAD_INPUT;
    }
    bool fits = seki_str_to_u64(digits, UINT64_MAX / factor, &number);
    if (!fits || number * factor < option->min || number * factor > option->max) {
        config_value_bounds(option, min, max);
        seki_error_set(why, "%.*s is out of range; write %s to %s", SEKI_STR_ARGS(text), min, max);
        return SEKI_BAD_INPUT;
    }
    *value_out = number * factor;
    return SEKI_OK;
}

static enum seki_result read_duration(const struct config_option *option, struct seki_str text,
                                      struct seki_arena *arena, void *member, struct seki_error *why)
{
    (void)arena;
    return read_with_unit(option, duration_units, "30s (ms, s, min, h or d)", text, member, why);
}

static enum seki_result read_octets(const struct config_option *option, struct seki_str text,
                                    struct seki_arena *arena, void *member, struct seki_error *why)
{
    (void)arena;
    return read_with_unit(option, octet_units, "4MiB (B, KiB, MiB or GiB)", text, member, why);
}

static enum seki_result read_number(const struct config_option *option, struct seki_str text,
                                    struct seki_arena *arena, void *member, struct seki_error *why)
{
    (void)arena;
    uint64_t number;
    if (!seki_str_to_u64(text, option->max, &number) || number < option->min) {
        seki_error_set(why, "\"%.*s\" is not a whole number from %llu to %llu", SEKI_STR_ARGS(text),
                       (unsigned long long)option->min, (unsigned long long)option->max);
        return SEKI_BAD_INPUT;
    }
    *(uint64_t *)member = number;
    return SEKI_OK;
}

static enum seki_result read_mode(const struct config_option *option, struct seki_str text,
                                  struct seki_arena *arena, void *member, struct seki_error *why)
{
    (void)arena;
    uint64_t mode = 0;
    bool is_octal = text.len > 0 && text.len <= 4;
    for (size_t i = 0; i < text.len && is_octal; i++) {
        is_octal = text.ptr[i] >= '0' && text.ptr[i] <= '7';
        mode = mode * 8 + (uint64_t)(text.ptr[i] - '0');
    }
    if (!is_octal || mode > option->max) {
        seki_error_set(why, "\"%.*s\" is no octal mode up to %04llo; write for example 0660", SEKI_STR_ARGS(text),
                       (unsigned long long)option->max);
        return SEKI_BAD_INPUT;
    }
    *(uint64_t *)member = mode;
    return SEKI_OK;
}

/* "accept or tempfail" */
static void list_words(const char *const *words, char *text, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; words[i] != NULL && used < size; i++) {
        const char *glue = i == 0 ? "" : words[i + 1] == NULL ? " or " : ", ";
        used += (size_t)snprintf(text + used, size - used, "%s%s", glue, words[i]);
    }
}

static enum seki_result find_word(const char *const *words, struct seki_str text, unsigned *index_out,
                                  struct seki_error *why)
{
    char all[128];
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (seki_str_equal(text, seki_str_of(words[i]))) {
            *index_out = i;
            return SEKI_OK;
        }
    }
    list_words(words, all, sizeof all);
    seki_error_set(why, "\"%.*s\" is not known here; write %s", SEKI_STR_ARGS(text), all);
    return SEKI_BAD_INPUT;
}

static enum seki_result read_word(const struct config_option *option, struct seki_str text,
                                  struct seki_arena *arena, void *member, struct seki_error *why)
{
    (void)arena;
    return find_word(option->words, text, member, why);
}

static enum seki_result read_yes_no(const struct config_option *option, struct seki_str text,
                                    struct seki_arena *arena, void *member, struct seki_error *why)
{
    static const char *const words[] = { "no", "yes", NULL };
    unsigned index;
    (void)option, (void)arena;
    enum seki_result result = find_word(words, text, &index, why);
    if (result == SEKI_OK)
        *(bool *)member = index == 1;
    return result;
}

static enum seki_result copy_text(struct seki_arena *arena, struct seki_str text, struct seki_str *copy_out,
                                  struct seki_error *why)
{
    *copy_out = seki_arena_copy(arena, text);
    if (copy_out->ptr != NULL)
        return SEKI_OK;
    seki_error_set(why, "the configuration needs more memory than it may have; shorten it");
    return seki_arena_failure(arena);
}

static enum seki_result read_text(const struct config_option *option, struct seki_str text,
                                  struct seki_arena *arena, void *member, struct seki_error *why)
{
    (void)option;
    return copy_text(arena, text, member, why);
}

/* Room for one more item: lists double when their count is a power of two. */
static void *grow_list(struct seki_arena *arena, const void *items, size_t count, size_t item_size,
                       struct seki_error *why)
{
    bool is_full = (count & (count - 1)) == 0;
    void *grown = NULL;
    if (count >= LIST_MAX_ITEMS) {
        seki_error_set(why, "more than %u entries", LIST_MAX_ITEMS);
        return NULL;
    }
    grown = seki_arena_alloc(arena, is_full ? (count == 0 ? 1 : count * 2) : count + 1, item_size);
    if (grown == NULL)
        seki_error_set(why, "the configuration needs more memory than it may have; shorten it");
    else if (count > 0)
        memcpy(grown, items, count * item_size);
    return grown;
}

static enum seki_result add_text(struct seki_str piece, struct seki_arena *arena, void *member,
                                 struct seki_error *why)
{
    struct config_texts *texts = member;
    struct seki_str *items = grow_list(arena, texts->items, texts->count, sizeof *items, why);
    if (items == NULL)
        return SEKI_LIMIT;
    enum seki_result result = copy_text(arena, piece, &items[texts->count], why);
    if (result == SEKI_OK)
        *texts = (struct config_texts){ items, texts->count + 1 };
    return result;
}

static bool is_zero_behind(const struct seki_ip *ip, unsigned prefix_bits)
{
    for (unsigned bit = prefix_bits; bit < ip->octet_count * 8u; bit++) {
        if ((ip->octets[bit / 8] & (0x80u >> (bit % 8))) != 0)
            return false;
    }
    return true;
}

/* ADDR or ADDR/BITS. Bits set behind the prefix are refused: it is not clear which network was meant. */
static bool read_network(struct seki_str text, struct config_network *network_out, struct seki_error *why)
{
    size_t slash = seki_str_find(text, '/');
    uint64_t bits;
    if (!seki_ip_parse(seki_str_head(text, slash), &network_out->address)) {
        seki_error_set(why, "\"%.*s\" is no network; write for example 192.0.2.0/24 or 2001:db8::/32",
                       SEKI_STR_ARGS(text));
        return false;
    }
    unsigned max_bits = network_out->address.octet_count * 8u;
    network_out->prefix_bits = max_bits;
    if (slash == text.len)
        return true;
    if (!seki_str_to_u64(seki_str_from(text, slash + 1), max_bits, &bits)) {
        seki_error_set(why, "\"%.*s\": the prefix after \"/\" must be a number from 0 to %u", SEKI_STR_ARGS(text),
                       max_bits);
        return false;
    }
    network_out->prefix_bits = (unsigned)bits;
    if (!is_zero_behind(&network_out->address, network_out->prefix_bits)) {
        seki_error_set(why, "\"%.*s\" has bits set behind its prefix; write the network's first address",
                       SEKI_STR_ARGS(text));
        return false;
    }
    return true;
}

static enum seki_result add_network(struct seki_str piece, struct seki_arena *arena, void *member,
                                    struct seki_error *why)
{
    struct config_networks *networks = member;
    struct config_network network;
    if (!read_network(piece, &network, why))
        return SEKI_BAD_INPUT;
    struct config_network *items = grow_list(arena, networks->items, networks->count, sizeof *items, why);
    if (items == NULL)
        return SEKI_LIMIT;
    items[networks->count] = network;
    *networks = (struct config_networks){ items, networks->count + 1 };
    return SEKI_OK;
}

static bool is_separator(char c)
{
    return seki_is_space(c) || c == ',';
}

static enum seki_result read_list(enum seki_result (*add)(struct seki_str, struct seki_arena *, void *,
                                                          struct seki_error *),
                                  struct seki_str text, struct seki_arena *arena, void *member,
                                  struct seki_error *why)
{
    while (text.len > 0) {
        size_t len = 0;
        while (len < text.len && !is_separator(text.ptr[len]))
            len++;
        enum seki_result result = len > 0 ? add(seki_str_head(text, len), arena, member, why) : SEKI_OK;
        if (result != SEKI_OK)
            return result;
        text = seki_str_from(text, len + 1);
    }
    return SEKI_OK;
}

static enum seki_result read_texts(const struct config_option *option, struct seki_str text,
                                   struct seki_arena *arena, void *member, struct seki_error *why)
{
    (void)option;
    return read_list(add_text, text, arena, member, why);
}

static enum seki_result read_networks(const struct config_option *option, struct seki_str text,
                                      struct seki_arena *arena, void *member, struct seki_error *why)
{
    (void)option;
    return read_list(add_network, text, arena, member, why);
}

/* Lists count as different when they are not the same in the same order. */
static bool texts_equal(const void *a, const void *b)
{
    const struct config_texts *x = a, *y = b;
    if (x->count != y->count)
        return false;
    for (size_t i = 0; i < x->count; i++) {
        if (!seki_str_equal(x->items[i], y->items[i]))
            return false;
    }
    return true;
}

static bool networks_equal(const void *a, const void *b)
{
    const struct config_networks *x = a, *y = b;
    if (x->count != y->count)
        return false;
    for (size_t i = 0; i < x->count; i++) {
        if (x->items[i].prefix_bits != y->items[i].prefix_bits ||
            !seki_ip_in_network(&x->items[i].address, &y->items[i].address, y->items[i].prefix_bits))
            return false;
    }
    return true;
}

static bool text_equal(const void *a, const void *b)
{
    return seki_str_equal(*(const struct seki_str *)a, *(const struct seki_str *)b);
}

static bool number_equal(const void *a, const void *b)
{
    return *(const uint64_t *)a == *(const uint64_t *)b;
}

static bool word_equal(const void *a, const void *b)
{
    return *(const unsigned *)a == *(const unsigned *)b;
}

static bool yes_no_equal(const void *a, const void *b)
{
    return *(const bool *)a == *(const bool *)b;
}

static const struct value_type {
    enum seki_result (*read)(const struct config_option *, struct seki_str, struct seki_arena *, void *,
                             struct seki_error *);
    bool (*equal)(const void *a, const void *b);
} types[] = {
    [CONFIG_TEXT] = { read_text, text_equal },
    [CONFIG_TEXTS] = { read_texts, texts_equal },
    [CONFIG_NETWORKS] = { read_networks, networks_equal },
    [CONFIG_NUMBER] = { read_number, number_equal },
    [CONFIG_MODE] = { read_mode, number_equal },
    [CONFIG_DURATION] = { read_duration, number_equal },
    [CONFIG_OCTETS] = { read_octets, number_equal },
    [CONFIG_WORD] = { read_word, word_equal },
    [CONFIG_YES_NO] = { read_yes_no, yes_no_equal },
};
static_assert(sizeof types / sizeof types[0] == CONFIG_TYPE_COUNT, "one row per type");

enum seki_result config_value_read(const struct config_option *option, struct seki_str text,
                                   struct seki_arena *arena, void *member, struct seki_error *why)
{
    return types[option->type].read(option, text, arena, member, why);
}

bool config_value_equal(const struct config_option *option, const void *a, const void *b)
{
    return types[option->type].equal(a, b);
}

bool config_value_is_list(const struct config_option *option)
{
    return option->type == CONFIG_TEXTS || option->type == CONFIG_NETWORKS;
}

void config_value_clear(const struct config_option *option, void *member)
{
    if (option->type == CONFIG_TEXTS)
        *(struct config_texts *)member = (struct config_texts){ 0 };
    else if (option->type == CONFIG_NETWORKS)
        *(struct config_networks *)member = (struct config_networks){ 0 };
}
