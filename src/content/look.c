#include "content/look.h"

#include "content/types.h"

static const char *const danger_names[] = {
    [CONTENT_HARMLESS] = "none", [CONTENT_BY_NAME] = "name",  [CONTENT_BY_OCTETS] = "octets",
    [CONTENT_MACROS] = "macros", [CONTENT_OPAQUE] = "opaque", [CONTENT_OVER_BOUND] = "bound",
};

const char *content_danger_name(enum content_danger danger)
{
    return danger < CONTENT_DANGER_COUNT ? danger_names[danger] : "none";
}

/* Control characters, and half a character at a cut, are nothing to show. */
static void add_shown(char *to, size_t *len, struct seki_str name)
{
    bool is_utf8 = seki_str_is_utf8(name);
    for (size_t i = 0; i < name.len && *len < CONTENT_NAME_MAX; i++) {
        unsigned char octet = (unsigned char)name.ptr[i];
        bool is_shown = octet >= 0x20 && octet != 0x7F && (octet < 0x80 || is_utf8);
        to[(*len)++] = is_shown ? name.ptr[i] : '?';
    }
}

void content_look_found(struct content_look *look, enum content_danger danger, struct seki_str outer,
                        struct seki_str name)
{
    size_t len = 0;
    if (content_look_is_over(look))
        return;
    look->finding.danger = danger;
    add_shown(look->name, &len, outer);
    if (outer.len > 0 && name.len > 0)
        add_shown(look->name, &len, SEKI_STR("/"));
    add_shown(look->name, &len, outer.len + name.len > 0 ? name : SEKI_STR("(unnamed)"));
    while (!seki_str_is_utf8((struct seki_str){ look->name, len }))
        len--;
    look->finding.name = (struct seki_str){ look->name, len };
}

bool content_look_count_entry(struct content_look *look, struct seki_str outer)
{
    if (++look->entries > CONTENT_ARCHIVE_ENTRIES_MAX)
        content_look_found(look, CONTENT_OVER_BOUND, outer, SEKI_STR(""));
    return !content_look_is_over(look);
}

bool content_look_name(struct content_look *look, struct seki_str outer, struct seki_str name)
{
    enum content_danger danger = content_type_of_name(name).danger;
    if (danger != CONTENT_HARMLESS)
        content_look_found(look, danger, outer, name);
    return !content_look_is_over(look);
}
