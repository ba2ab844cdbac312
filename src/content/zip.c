#include "content/zip.h"

#include "content/inflate.h"
#include "content/kept_name.h"

#define LOCAL_SIGNATURE   0x504B0304u /* "PK\3\4", section 4.3.7 */
#define CENTRAL_SIGNATURE 0x504B0102u /* "PK\1\2", section 4.3.12 */
#define END_SIGNATURE     0x504B0506u /* "PK\5\6", section 4.3.16: an archive may be empty */

#define LOCAL_FIXED       26u /* octets behind the signature, before the name */
#define CENTRAL_FIXED     42u
#define ENTRY_NAME_MAX    4096u   /* of longer ones no system makes a file */
#define UNICODE_PATH      0x7075u /* Info-ZIP's second name (section 4.6.9): version, CRC, name */
#define UNICODE_PATH_HEAD 5u

#define FLAG_ENCRYPTED 0x0001u
#define FLAG_MASKED    0x2000u /* the directory is encrypted: names are not the real ones */

enum method { STORED = 0, DEFLATED = 8, METHOD_MAX = 99 };

enum state {
    SEARCH = 0, /* for a signature, through the data of an entry */
    FIXED,      /* a signature: its fixed fields; it may still be none */
    NAME,
    EXTRA, /* fields of identifier, length and data */
    STATE_COUNT
};

struct content_zip {
    struct content_inspector *archive;
    struct content_look *look;
    enum state state;
    uint32_t window; /* the last four octets */
    bool is_central, has_header;
    uint64_t balance; /* of entries before the data, less those in the directory */

    uint8_t fixed[CENTRAL_FIXED];
    size_t fixed_len, name_left, extra_left;
    unsigned flags, method;
    struct content_kept_name name, unicode_name;
    uint8_t field_head[4];
    size_t field_head_len, field_at, field_left;

    struct content_inspector *entry; /* NULL: its data do not matter (any more) */
    bool is_deflated;
    struct content_inflate inflate;
};

struct content_zip *content_zip_new(struct seki_arena *arena)
{
    return seki_arena_alloc(arena, 1, sizeof(struct content_zip));
}

void content_zip_begin(struct content_zip *zip, struct content_inspector *archive, struct content_look *look)
{
    zip->archive = archive;
    zip->look = look;
    zip->state = SEARCH;
    zip->window = 0;
    zip->has_header = false;
    zip->balance = 0;
    zip->entry = NULL;
}

/* ---- the data of an entry ---- */

static bool to_entry(void *user, struct seki_str octets)
{
    const struct content_zip *zip = user;
    return content_inspector_feed(zip->entry, octets);
}

static void feed_deflated(struct content_zip *zip, struct seki_str octets)
{
    switch (content_inflate_feed(&zip->inflate, &octets, zip->look, to_entry, zip)) {
    case CONTENT_INFLATE_MORE: return;
    case CONTENT_INFLATE_END: content_inspector_end(zip->entry); break;
    case CONTENT_INFLATE_BROKEN: content_inspector_cut(zip->entry); break;
    case CONTENT_INFLATE_ENOUGH:
        if (zip->look->inflated_octets > CONTENT_INFLATED_MAX)
            content_look_found(zip->look, CONTENT_OVER_BOUND, content_inspector_path(zip->entry), SEKI_STR(""));
        break;
    }
    zip->entry = NULL;
}

static void feed_entry(struct content_zip *zip, struct seki_str octets)
{
    if (zip->entry == NULL || octets.len == 0)
        return;
    if (zip->is_deflated)
        feed_deflated(zip, octets);
    else if (!content_inspector_feed(zip->entry, octets))
        zip->entry = NULL;
}

/* The next header, or the archive's end. Stored data have no end of their own that could be believed. */
static void end_entry(struct content_zip *zip)
{
    if (zip->entry != NULL)
        content_inspector_cut(zip->entry);
    zip->entry = NULL;
}

static void begin_entry(struct content_zip *zip)
{
    bool is_readable = !(zip->flags & FLAG_ENCRYPTED) && (zip->method == STORED || zip->method == DEFLATED);
    zip->is_deflated = zip->method == DEFLATED;
    if (is_readable && zip->is_deflated && !content_inflate_begin(&zip->inflate, -MAX_WBITS))
        is_readable = false;
    zip->entry = content_inspector_enter(zip->archive, content_kept_name_str(&zip->name), is_readable);
}

/* ---- headers ---- */

static unsigned u16(const uint8_t *octets)
{
    return octets[0] | (unsigned)octets[1] << 8;
}

/* Who can read it is not asked: there are programs that pay no regard to the version needed. */
static bool read_fixed(struct content_zip *zip)
{
    const uint8_t *fields = zip->fixed + (zip->is_central ? 2 : 0); /* behind "version made by" */
    zip->flags = u16(fields + 2);
    zip->method = u16(fields + 4);
    zip->name_left = u16(fields + 22);
    zip->extra_left = u16(fields + 24);
    return zip->method <= METHOD_MAX && zip->name_left > 0 && zip->name_left <= ENTRY_NAME_MAX;
}

/* Whoever goes by the directory is to see the entries that the others see. Sums of both are compared, as the order need not be
 * the same; two that were made to have the same sum have names that were judged all the same. */
static void weigh(struct content_zip *zip)
{
    uint64_t name = seki_str_hash_nocase(content_kept_name_str(&zip->name));
    uint64_t weight = (name + 1) * (2 * (uint64_t)zip->method + 1);
    zip->balance += zip->is_central ? -weight : weight;
}

static void end_header(struct content_zip *zip)
{
    struct seki_str path = content_inspector_path(zip->archive);
    zip->state = SEARCH;
    if (zip->flags & FLAG_MASKED)
        content_look_found(zip->look, CONTENT_OPAQUE, path, SEKI_STR(""));
    weigh(zip);
    if (!content_look_count_entry(zip->look, path) ||
        !content_look_name(zip->look, path, content_kept_name_str(&zip->name)))
        return;
    if (!zip->is_central)
        begin_entry(zip);
}

static void begin_extra(struct content_zip *zip)
{
    zip->state = EXTRA;
    zip->field_head_len = zip->field_left = 0;
    if (zip->extra_left == 0)
        end_header(zip);
}

static void take_fixed(struct content_zip *zip, char octet)
{
    zip->fixed[zip->fixed_len++] = (uint8_t)octet;
    if (zip->fixed_len < (zip->is_central ? CENTRAL_FIXED : LOCAL_FIXED))
        return;
    zip->state = read_fixed(zip) ? NAME : SEARCH;
    zip->name.len = zip->unicode_name.len = 0;
}

static void take_name(struct content_zip *zip, char octet)
{
    content_kept_name_add(&zip->name, octet);
    if (--zip->name_left == 0)
        begin_extra(zip);
}

/* Of several each: programs take the first whose checksum is right, or the last. */
static void end_field(struct content_zip *zip)
{
    struct seki_str path = content_inspector_path(zip->archive), name = content_kept_name_str(&zip->unicode_name);
    enum content_kind kind = content_type_of_name(name).kind;
    content_look_name(zip->look, path, name);
    if (kind != CONTENT_PLAIN && kind != content_type_of_name(content_kept_name_str(&zip->name)).kind)
        content_look_found(zip->look, CONTENT_OPAQUE, path, name); /* an archive only for who takes this name */
    zip->unicode_name.len = zip->field_head_len = 0;
}

static void take_extra(struct content_zip *zip, char octet)
{
    if (zip->field_head_len < sizeof zip->field_head) {
        zip->field_head[zip->field_head_len++] = (uint8_t)octet;
        zip->field_left = zip->field_head_len == sizeof zip->field_head ? u16(zip->field_head + 2) : 0;
        zip->field_at = 0;
    } else {
        if (u16(zip->field_head) == UNICODE_PATH && zip->field_at++ >= UNICODE_PATH_HEAD)
            content_kept_name_add(&zip->unicode_name, octet);
        zip->field_left--;
    }
    if (zip->field_head_len == sizeof zip->field_head && zip->field_left == 0)
        end_field(zip);
    if (--zip->extra_left > 0)
        return;
    end_field(zip);
    end_header(zip);
}

/* ---- octets ---- */

static bool may_begin_signature(uint32_t window)
{
    return (window & 0xFF) == 'P' || (window & 0xFFFF) == 0x504B || (window & 0xFFFFFF) == 0x504B03 ||
           (window & 0xFFFFFF) == 0x504B01 || (window & 0xFFFFFF) == 0x504B05;
}

/* @return has a header's signature just ended? */
static bool take_window(struct content_zip *zip, char octet)
{
    zip->window = zip->window << 8 | (unsigned char)octet;
    if (zip->window == END_SIGNATURE)
        zip->has_header = true;
    return zip->window == LOCAL_SIGNATURE || zip->window == CENTRAL_SIGNATURE;
}

static void begin_fixed(struct content_zip *zip)
{
    zip->state = FIXED;
    zip->is_central = zip->window == CENTRAL_SIGNATURE;
    zip->fixed_len = 0;
}

/* @return how many octets of text were passed without anything of interest in them */
static size_t pass_data(struct content_zip *zip, struct seki_str text)
{
    if (zip->state != SEARCH || may_begin_signature(zip->window))
        return 0;
    const char *found = memchr(text.ptr, 'P', text.len);
    size_t passed = found != NULL ? (size_t)(found - text.ptr) : text.len;
    if (passed > 0)
        zip->window = 0;
    return passed;
}

/* @return false: a signature where none can be */
static bool take_octet(struct content_zip *zip, char octet)
{
    bool is_signature = take_window(zip, octet);
    if (is_signature && zip->state != SEARCH)
        return false;
    switch (zip->state) {
    case SEARCH:
        if (is_signature)
            begin_fixed(zip);
        break;
    case FIXED: take_fixed(zip, octet); break;
    case NAME: take_name(zip, octet); break;
    case EXTRA: take_extra(zip, octet); break;
    case STATE_COUNT: break;
    }
    return true;
}

/* Until a header has shown to be one, its octets may be data of the entry before it. */
static bool is_in_data(const struct content_zip *zip)
{
    return zip->state == SEARCH || zip->state == FIXED;
}

void content_zip_feed(struct content_zip *zip, struct seki_str octets)
{
    size_t data = 0; /* where what is not given to the entry yet begins */
    for (size_t i = 0; i < octets.len && !content_look_is_over(zip->look);) {
        bool was_data = is_in_data(zip), is_sound = true;
        size_t passed = pass_data(zip, seki_str_from(octets, i));
        if (passed == 0)
            is_sound = take_octet(zip, octets.ptr[i++]);
        i += passed;
        if (was_data && (!is_in_data(zip) || !is_sound))
            feed_entry(zip, seki_str_head(seki_str_from(octets, data), i - data));
        if (was_data && !is_in_data(zip)) {
            end_entry(zip);
            zip->has_header = true;
        }
        if (!is_sound)
            content_look_found(zip->look, CONTENT_OPAQUE, content_inspector_path(zip->archive), SEKI_STR(""));
        if (!was_data || !is_in_data(zip))
            data = i;
    }
    if (is_in_data(zip) && !content_look_is_over(zip->look))
        feed_entry(zip, seki_str_from(octets, data));
}

bool content_zip_end(struct content_zip *zip)
{
    end_entry(zip);
    return zip->has_header && is_in_data(zip) && zip->balance == 0;
}

void content_zip_release(struct content_zip *zip)
{
    if (zip != NULL)
        content_inflate_release(&zip->inflate);
}
