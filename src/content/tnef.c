/* What is read is a row of small fields, of a number of octets that the state knows, and of values between them, whose octets
 * go where they belong as they come:
 *
 *   SIGNATURE ─► ATTRIBUTE ─value─► CHECKSUM ─► ATTRIBUTE …                          section 2.1.1
 *                    └─ attAttachment: PROPERTY_COUNT ─► PROPERTY ─► … ─► PROPERTY   section 2.1.3.4 */
#include "content/tnef.h"

#include "content/kept_name.h"

#define TNEF_SIGNATURE 0x223E9F78u

/* Attributes' identifiers, without the type that stands above them: not every program looks at that. */
#define ATT_ATTACH_REND_DATA 0x9002u /* begins the next attachment */
#define ATT_ATTACH_TITLE     0x8010u
#define ATT_ATTACH_DATA      0x800Fu
#define ATT_ATTACHMENT       0x9005u /* its properties */

#define TYPE_MANY    0x1000u /* a flag: several values */
#define TYPE_OBJECT  0x000Du
#define TYPE_STRING8 0x001Eu
#define TYPE_UNICODE 0x001Fu
#define TYPE_BINARY  0x0102u

#define PROPERTY_DATA         0x3701u /* PidTagAttachDataBinary, or PidTagAttachDataObject */
#define PROPERTY_DISPLAY_NAME 0x3001u
#define PROPERTY_NAMED        0x8000u /* and above: a GUID and a number or a name stand before the value */

#define INTERFACE_OCTETS 16u /* what kind of object it is */

enum state {
    SIGNATURE = 0,
    ATTRIBUTE, /* level, identifier, length */
    CHECKSUM,  /* which some programs heed and others do not */
    PROPERTY_COUNT,
    PROPERTY,     /* type, identifier */
    NAMED,        /* GUID, kind of its name */
    NAMED_NUMBER, /* its number */
    NAMED_LEN,    /* its name's length */
    VALUE,        /* what its type is decides what follows */
    VALUE_COUNT,
    VALUE_LEN,
    DAMAGED
};

static const size_t field_lens[] = {
    [SIGNATURE] = 6,    [ATTRIBUTE] = 9, [CHECKSUM] = 2, [PROPERTY_COUNT] = 4, [PROPERTY] = 4,  [NAMED] = 20,
    [NAMED_NUMBER] = 4, [NAMED_LEN] = 4, [VALUE] = 0,    [VALUE_COUNT] = 4,    [VALUE_LEN] = 4, [DAMAGED] = 0,
};

enum use { IGNORED = 0, NAME, WIDE_NAME, CONTENT }; /* of a value */

struct content_tnef {
    struct content_inspector *archive, *entry;
    struct content_look *look;
    enum state state;
    uint8_t field[20];
    size_t field_len;

    uint64_t attribute_left, value_left, padding_left; /* octets */
    uint32_t properties_left, values_left;
    unsigned type, identifier; /* of the property */

    enum use use; /* of the value */
    struct content_kept_name name, display_name;
    char half; /* of a UTF-16 unit */
    bool has_half, is_object;
    size_t interface_left;                     /* octets of an object's */
    bool is_file, is_unopened, is_archive_too; /* the attachment: see begin_attachment() */
};

struct content_tnef *content_tnef_new(struct seki_arena *arena)
{
    return seki_arena_alloc(arena, 1, sizeof(struct content_tnef));
}

void content_tnef_begin(struct content_tnef *tnef, struct content_inspector *archive, struct content_look *look)
{
    *tnef = (struct content_tnef){ .archive = archive, .look = look };
}

static void set_damaged(struct content_tnef *tnef)
{
    tnef->state = DAMAGED;
    content_look_found(tnef->look, CONTENT_OPAQUE, content_inspector_path(tnef->archive), SEKI_STR(""));
}

static unsigned u16(const uint8_t *octets)
{
    return octets[0] | (unsigned)octets[1] << 8;
}

static uint32_t u32(const uint8_t *octets)
{
    return u16(octets) | (uint32_t)u16(octets + 2) << 16;
}

/* ---- values ---- */

static struct seki_str name_of(const struct content_kept_name *name)
{
    struct seki_str text = content_kept_name_str(name);
    return seki_str_head(text, seki_str_find(text, '\0'));
}

/* Of its several names and contents, in any order, each program takes those that it likes. */
static void begin_attachment(struct content_tnef *tnef)
{
    tnef->name.len = 0;
    tnef->is_file = false;        /* there was a content that is no object */
    tnef->is_unopened = false;    /* there was one that is no archive, and was opened as none */
    tnef->is_archive_too = false; /* it has the name of one */
}

/* What a name promises is opened when the content comes behind it, and is not kept for the names that come later. */
static void judge_promise(struct content_tnef *tnef)
{
    if (tnef->is_unopened && tnef->is_archive_too)
        content_look_found(tnef->look, CONTENT_OPAQUE, content_inspector_path(tnef->archive), name_of(&tnef->name));
}

static void judge_name(struct content_tnef *tnef, const struct content_kept_name *name)
{
    struct seki_str text = name_of(name);
    content_look_name(tnef->look, content_inspector_path(tnef->archive), text);
    tnef->is_archive_too = tnef->is_archive_too || content_type_of_name(text).kind != CONTENT_PLAIN;
    judge_promise(tnef);
}

/* Half a character is none that a name could need to be judged. */
static void add_unit(struct content_kept_name *name, unsigned unit)
{
    if (unit < 0x80)
        content_kept_name_add(name, (char)unit);
    else if (unit >= 0xD800 && unit <= 0xDFFF)
        content_kept_name_add(name, '?');
    else {
        if (unit >= 0x800)
            content_kept_name_add(name, (char)(0xE0 | unit >> 12));
        content_kept_name_add(name, (char)(unit >= 0x800 ? 0x80 | (unit >> 6 & 0x3F) : 0xC0 | unit >> 6));
        content_kept_name_add(name, (char)(0x80 | (unit & 0x3F)));
    }
}

static void add_wide(struct content_tnef *tnef, char octet)
{
    if (tnef->has_half)
        add_unit(&tnef->name, (unsigned char)tnef->half | (unsigned)(unsigned char)octet << 8);
    tnef->has_half = !tnef->has_half;
    tnef->half = octet;
}

static void to_entry(struct content_tnef *tnef, struct seki_str octets)
{
    size_t skipped = octets.len < tnef->interface_left ? octets.len : tnef->interface_left;
    tnef->interface_left -= skipped;
    octets = seki_str_from(octets, skipped);
    if (tnef->entry != NULL && octets.len > 0)
        content_inspector_feed(tnef->entry, octets);
}

static void use_octets(struct content_tnef *tnef, struct seki_str octets)
{
    if (tnef->use == CONTENT)
        to_entry(tnef, octets);
    for (size_t i = 0; tnef->use == NAME && i < octets.len; i++)
        content_kept_name_add(&tnef->name, octets.ptr[i]);
    for (size_t i = 0; tnef->use == WIDE_NAME && i < octets.len; i++)
        add_wide(tnef, octets.ptr[i]);
}

static void end_content(struct content_tnef *tnef)
{
    if (tnef->entry != NULL)
        content_inspector_end(tnef->entry);
    if (tnef->entry == NULL || content_inspector_kind(tnef->entry) == CONTENT_PLAIN)
        tnef->is_unopened = true;
    tnef->entry = NULL;
    judge_promise(tnef);
}

/* Some programs show the display name where there is no other; of a message within it is the subject, and "see example.com" no
 * program. Which of both it is may come later. */
static void end_value(struct content_tnef *tnef)
{
    bool is_name = tnef->use == NAME || tnef->use == WIDE_NAME;
    if (is_name && tnef->identifier == PROPERTY_DISPLAY_NAME)
        tnef->display_name = tnef->name;
    else if (is_name)
        judge_name(tnef, &tnef->name);
    if (tnef->use == CONTENT)
        end_content(tnef);
}

static void begin_content(struct content_tnef *tnef)
{
    struct seki_str path = content_inspector_path(tnef->archive);
    tnef->is_object = tnef->type == TYPE_OBJECT;
    tnef->is_file = tnef->is_file || !tnef->is_object;
    tnef->interface_left = tnef->is_object ? INTERFACE_OCTETS : 0;
    if (content_look_count_entry(tnef->look, path))
        tnef->entry = content_inspector_enter(tnef->archive, name_of(&tnef->name), true);
    if (tnef->is_object && tnef->entry == NULL) /* a message deeper than is looked */
        content_look_found(tnef->look, CONTENT_OVER_BOUND, path, SEKI_STR(""));
}

/* The state is already what comes behind it. */
static void begin_value(struct content_tnef *tnef, uint64_t len, enum use use)
{
    if (len > tnef->attribute_left) {
        set_damaged(tnef);
        return;
    }
    uint64_t padding = -len & 3, behind = tnef->attribute_left - len;
    tnef->value_left = len;
    tnef->padding_left = padding < behind ? padding : behind;
    tnef->use = use;
    tnef->has_half = false;
    if (use == NAME || use == WIDE_NAME)
        tnef->name.len = 0;
    if (use == CONTENT)
        begin_content(tnef);
    if (len == 0)
        end_value(tnef);
}

/* ---- properties: [MS-OXTNEF] section 2.1.3.4 ---- */

/* @return false for a type that is not known, and whose values have no end then; width 0: each has its length before it */
static bool find_width(unsigned type, size_t *width_out)
{
    static const struct {
        unsigned type;
        size_t width; /* with what fills up to four octets */
    } table[] = {
        { TYPE_OBJECT, 0 }, { TYPE_STRING8, 0 }, { TYPE_UNICODE, 0 }, { TYPE_BINARY, 0 }, { 0x0002, 4 },
        { 0x0003, 4 },      { 0x0004, 4 },       { 0x0005, 8 },       { 0x0006, 8 },      { 0x0007, 8 },
        { 0x000A, 4 },      { 0x000B, 4 },       { 0x0014, 8 },       { 0x0040, 8 },      { 0x0048, 16 },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        *width_out = table[i].width;
        if (table[i].type == (type & ~TYPE_MANY))
            return true;
    }
    return false;
}

static enum use use_of(const struct content_tnef *tnef)
{
    /* PidTagAttachExtension, AttachFilename, AttachLongFilename, AttachPathname, AttachTransportName, AttachLongPathname */
    static const unsigned names[] = { PROPERTY_DISPLAY_NAME, 0x3703, 0x3704, 0x3707, 0x3708, 0x370C, 0x370D };
    unsigned type = tnef->type & ~TYPE_MANY;
    if (tnef->identifier == PROPERTY_DATA)
        return type == TYPE_BINARY || type == TYPE_OBJECT ? CONTENT : IGNORED;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i] == tnef->identifier && type == TYPE_UNICODE)
            return WIDE_NAME;
        else if (names[i] == tnef->identifier && type == TYPE_STRING8)
            return NAME;
    return IGNORED;
}

static void set_next(struct content_tnef *tnef)
{
    tnef->state = tnef->values_left > 0 ? VALUE_LEN : tnef->properties_left > 0 ? PROPERTY : CHECKSUM;
}

static void begin_property(struct content_tnef *tnef)
{
    tnef->type = u16(tnef->field);
    tnef->identifier = u16(tnef->field + 2);
    tnef->properties_left--;
    tnef->state = tnef->identifier >= PROPERTY_NAMED ? NAMED : VALUE;
}

static void read_named(struct content_tnef *tnef)
{
    uint32_t kind = u32(tnef->field + 16);
    tnef->state = kind == 0 ? NAMED_NUMBER : NAMED_LEN;
    if (kind > 1)
        set_damaged(tnef);
}

/* @param count  of values of a fixed width */
static void read_values(struct content_tnef *tnef, uint64_t count)
{
    size_t width;
    if (!find_width(tnef->type, &width)) {
        set_damaged(tnef);
    } else if (tnef->state == VALUE && (width == 0 || tnef->type & TYPE_MANY)) {
        tnef->state = VALUE_COUNT;
    } else {
        tnef->values_left = width == 0 ? (uint32_t)count : 0;
        set_next(tnef);
        if (width > 0)
            begin_value(tnef, count * width, IGNORED);
    }
}

static void read_value_len(struct content_tnef *tnef)
{
    tnef->values_left--;
    set_next(tnef);
    begin_value(tnef, u32(tnef->field), use_of(tnef));
}

/* ---- attributes: section 2.1.1 ---- */

/* Behind it stands a key, which nobody needs. */
static void read_signature(struct content_tnef *tnef)
{
    tnef->state = ATTRIBUTE;
    if (u32(tnef->field) != TNEF_SIGNATURE) /* it is called winmail.dat, and is none */
        set_damaged(tnef);
}

static enum use use_of_attribute(unsigned identifier)
{
    return identifier == ATT_ATTACH_TITLE ? NAME : identifier == ATT_ATTACH_DATA ? CONTENT : IGNORED;
}

static void begin_attribute(struct content_tnef *tnef)
{
    unsigned identifier = u16(tnef->field + 1);
    bool is_level = tnef->field[0] == 1 || tnef->field[0] == 2;
    tnef->attribute_left = u32(tnef->field + 5);
    tnef->type = tnef->identifier = 0;
    tnef->is_object = false;
    tnef->display_name.len = 0;
    tnef->state = identifier == ATT_ATTACHMENT ? PROPERTY_COUNT : CHECKSUM;
    if (!is_level)
        set_damaged(tnef);
    else if (identifier != ATT_ATTACHMENT)
        begin_value(tnef, tnef->attribute_left, use_of_attribute(identifier));
    if (identifier == ATT_ATTACH_REND_DATA)
        begin_attachment(tnef);
}

static void end_attribute(struct content_tnef *tnef)
{
    if (tnef->is_file || !tnef->is_object)
        judge_name(tnef, &tnef->display_name);
    tnef->state = ATTRIBUTE;
}

static void take_field(struct content_tnef *tnef)
{
    tnef->field_len = 0;
    switch (tnef->state) {
    case SIGNATURE: read_signature(tnef); break;
    case ATTRIBUTE: begin_attribute(tnef); break;
    case CHECKSUM: end_attribute(tnef); break;
    case PROPERTY_COUNT:
        tnef->properties_left = u32(tnef->field);
        tnef->values_left = 0;
        set_next(tnef);
        break;
    case PROPERTY: begin_property(tnef); break;
    case NAMED: read_named(tnef); break;
    case NAMED_NUMBER: tnef->state = VALUE; break;
    case NAMED_LEN:
        tnef->state = VALUE;
        begin_value(tnef, u32(tnef->field), IGNORED);
        break;
    case VALUE: read_values(tnef, 1); break;
    case VALUE_COUNT: read_values(tnef, u32(tnef->field)); break;
    case VALUE_LEN: read_value_len(tnef); break;
    case DAMAGED: break;
    }
}

/* ---- octets ---- */

static struct seki_str cut(struct seki_str octets, uint64_t *left)
{
    octets = seki_str_head(octets, *left < octets.len ? (size_t)*left : octets.len);
    *left -= octets.len;
    return octets;
}

static void take_value(struct content_tnef *tnef, struct seki_str octets)
{
    use_octets(tnef, octets);
    if (tnef->value_left == 0)
        end_value(tnef);
}

static void gather(struct content_tnef *tnef, struct seki_str octets)
{
    if (octets.len > 0)
        memcpy(tnef->field + tnef->field_len, octets.ptr, octets.len);
    tnef->field_len += octets.len;
    if (tnef->field_len == field_lens[tnef->state])
        take_field(tnef);
}

/* Properties go past the end of their attribute, or leave of it what another program may take for one more. */
static bool is_out_of_step(const struct content_tnef *tnef, uint64_t want)
{
    return tnef->state == CHECKSUM ? tnef->attribute_left >= field_lens[PROPERTY]
                                   : tnef->state > CHECKSUM && tnef->attribute_left < want;
}

/* @return how many octets it was */
static size_t take_some(struct content_tnef *tnef, struct seki_str octets)
{
    uint64_t want = field_lens[tnef->state] - tnef->field_len;
    bool is_value = tnef->value_left > 0, is_padding = !is_value && tnef->padding_left > 0;
    if (is_value || is_padding) {
        octets = cut(octets, is_value ? &tnef->value_left : &tnef->padding_left);
        tnef->attribute_left -= octets.len;
        if (is_value)
            take_value(tnef, octets);
    } else if (is_out_of_step(tnef, want)) {
        set_damaged(tnef);
    } else if (tnef->state == CHECKSUM && tnef->attribute_left > 0) {
        octets = cut(octets, &tnef->attribute_left);
    } else {
        octets = cut(octets, &want);
        tnef->attribute_left -= tnef->state > CHECKSUM ? octets.len : 0;
        gather(tnef, octets);
    }
    return octets.len;
}

bool content_tnef_feed(struct content_tnef *tnef, struct seki_str octets)
{
    while (octets.len > 0 && tnef->state != DAMAGED && !content_look_is_over(tnef->look))
        octets = seki_str_from(octets, take_some(tnef, octets));
    return tnef->state != DAMAGED;
}

/* Less than an attribute at the end is nothing that could be attached. */
bool content_tnef_end(struct content_tnef *tnef)
{
    return tnef->state == ATTRIBUTE;
}
