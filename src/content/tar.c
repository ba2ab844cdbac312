#include "content/tar.h"

#define BLOCK           512u
#define LONG_MAX_OCTETS 8192u /* of a long name, or of a pax header with one in it */

enum state {
    HEADER = 0, /* a block is being collected */
    NAMES,      /* the data of a header that only names the next */
    DATA,
    PADDING,
    ENDED,
    DAMAGED
};

struct content_tar {
    struct content_inspector *archive, *entry;
    struct content_look *look;
    enum state state;
    char block[BLOCK];
    size_t block_len;
    uint64_t data_left, padding_left;
    char names[LONG_MAX_OCTETS]; /* of type 'L', 'x', 'g' */
    size_t names_len;
    char type;
};

struct content_tar *content_tar_new(struct seki_arena *arena)
{
    return seki_arena_alloc(arena, 1, sizeof(struct content_tar));
}

void content_tar_begin(struct content_tar *tar, struct content_inspector *archive, struct content_look *look)
{
    tar->archive = archive;
    tar->look = look;
    tar->entry = NULL;
    tar->state = HEADER;
    tar->block_len = 0;
}

static void set_damaged(struct content_tar *tar)
{
    tar->state = DAMAGED;
    content_look_found(tar->look, CONTENT_OPAQUE, content_inspector_path(tar->archive), SEKI_STR(""));
}

/* ---- a header ---- */

static struct seki_str field(const struct content_tar *tar, size_t at, size_t len)
{
    struct seki_str text = { tar->block + at, len };
    return seki_str_head(text, seki_str_find(text, '\0'));
}

/* Octal, with spaces around; or, where the first bit is set, base 256 (GNU). */
static bool read_number(struct seki_str text, uint64_t *number_out)
{
    uint64_t number = 0;
    if (text.len > 0 && (unsigned char)text.ptr[0] >= 0x80) {
        for (size_t i = 1; i < text.len; i++) {
            if (number > UINT32_MAX)
                return false;
            number = number << 8 | (unsigned char)text.ptr[i];
        }
        *number_out = number;
        return (unsigned char)text.ptr[0] == 0x80;
    }
    text = seki_str_trim(seki_str_head(text, seki_str_find(text, '\0')));
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '7')
            return false;
        number = number << 3 | (unsigned)(text.ptr[i] - '0');
    }
    *number_out = number;
    return true;
}

/* The sum of all octets, those of the checksum itself counted as spaces. */
static bool has_good_checksum(const struct content_tar *tar)
{
    uint64_t want, sum = 8 * ' ';
    for (size_t i = 0; i < BLOCK; i++)
        if (i < 148 || i >= 156)
            sum += (unsigned char)tar->block[i];
    return read_number((struct seki_str){ tar->block + 148, 8 }, &want) && want == sum;
}

static bool is_empty_block(const struct content_tar *tar)
{
    for (size_t i = 0; i < BLOCK; i++)
        if (tar->block[i] != '\0')
            return false;
    return true;
}

static bool judge_name(struct content_tar *tar, struct seki_str name)
{
    return content_look_name(tar->look, content_inspector_path(tar->archive), name);
}

static void judge_long_name(struct content_tar *tar, struct seki_str name)
{
    name = seki_str_head(name, seki_str_find(name, '\0'));
    if (judge_name(tar, name))
        content_inspector_name_too(tar->archive, name);
}

static void begin_data(struct content_tar *tar)
{
    struct seki_str name = field(tar, 0, 100);
    if (!content_look_count_entry(tar->look, content_inspector_path(tar->archive)) || !judge_name(tar, name))
        return;
    tar->state = DATA;
    tar->entry = content_inspector_enter(tar->archive, name, true);
}

/* Links, folders and devices have no data, whatever their size says, for most readers, and have for others; what of a sparse
 * file (S) is data stands elsewhere. Who sees the next header at another place sees other entries. */
static bool has_doubtful_size(const struct content_tar *tar, uint64_t size)
{
    struct seki_str name = field(tar, 0, 100);
    bool is_folder = name.len > 0 && name.ptr[name.len - 1] == '/';
    bool is_empty = (tar->type >= '1' && tar->type <= '6') || tar->type == 'V' || is_folder;
    return tar->type == 'S' || (is_empty && size > 0);
}

static void read_header(struct content_tar *tar)
{
    uint64_t size = 0;
    tar->block_len = 0;
    if (is_empty_block(tar)) {
        tar->state = ENDED;
        return;
    }
    if (!has_good_checksum(tar) || !read_number((struct seki_str){ tar->block + 124, 12 }, &size)) {
        set_damaged(tar);
        return;
    }
    tar->type = tar->block[156];
    if (has_doubtful_size(tar, size)) {
        set_damaged(tar);
        return;
    }
    tar->data_left = size;
    tar->padding_left = (BLOCK - size % BLOCK) % BLOCK;
    tar->names_len = 0;
    if (tar->type == 'L' || tar->type == 'x' || tar->type == 'g')
        tar->state = NAMES;
    else
        begin_data(tar);
}

/* ---- long names ---- */

/* "%d path=%s\n": the length is not needed to find the name, and a second one would be found too. A size here would take the
 * place of the header's, and the reader who knows it would see other entries than we do. */
static void judge_record(struct content_tar *tar, struct seki_str record)
{
    static const struct seki_str names[] = { SEKI_STR_INIT("path="), SEKI_STR_INIT("GNU.sparse.name=") };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (seki_str_starts_with(record, names[i]))
            judge_long_name(tar, seki_str_from(record, names[i].len));
    if (seki_str_starts_with(record, SEKI_STR("size=")))
        set_damaged(tar);
}

static void judge_pax(struct content_tar *tar)
{
    struct seki_str rest = { tar->names, tar->names_len }, line;
    while (seki_str_split(&rest, '\n', &line)) {
        size_t space = seki_str_find(line, ' ');
        judge_record(tar, seki_str_from(line, space < line.len ? space + 1 : 0));
    }
}

static void end_names(struct content_tar *tar)
{
    if (tar->type == 'L')
        judge_long_name(tar, (struct seki_str){ tar->names, tar->names_len });
    else
        judge_pax(tar);
}

static void take_names(struct content_tar *tar, struct seki_str octets)
{
    if (octets.len > sizeof tar->names - tar->names_len) {
        set_damaged(tar); /* of a name this long no file is made */
        return;
    }
    memcpy(tar->names + tar->names_len, octets.ptr, octets.len);
    tar->names_len += octets.len;
}

/* ---- octets ---- */

static void end_data(struct content_tar *tar)
{
    if (tar->state == NAMES)
        end_names(tar);
    if (tar->entry != NULL)
        content_inspector_end(tar->entry);
    tar->entry = NULL;
    tar->state = tar->state == DAMAGED ? DAMAGED : PADDING;
}

/* @return how many octets of the text it was */
static size_t take_some(struct content_tar *tar, struct seki_str text)
{
    struct seki_str some;
    switch (tar->state) {
    case HEADER:
        some = seki_str_head(text, BLOCK - tar->block_len);
        memcpy(tar->block + tar->block_len, some.ptr, some.len);
        tar->block_len += some.len;
        if (tar->block_len == BLOCK)
            read_header(tar);
        return some.len;
    case NAMES:
    case DATA:
        some = seki_str_head(text, tar->data_left < text.len ? (size_t)tar->data_left : text.len);
        tar->data_left -= some.len;
        if (tar->state == NAMES && some.len > 0)
            take_names(tar, some);
        else if (tar->entry != NULL && some.len > 0 && !content_inspector_feed(tar->entry, some))
            tar->entry = NULL;
        if (tar->data_left == 0 && tar->state != DAMAGED)
            end_data(tar);
        return some.len;
    case PADDING:
        some = seki_str_head(text, (size_t)tar->padding_left);
        tar->padding_left -= some.len;
        if (tar->padding_left == 0)
            tar->state = HEADER;
        return some.len;
    case ENDED:
    case DAMAGED: break;
    }
    return text.len;
}

bool content_tar_feed(struct content_tar *tar, struct seki_str octets)
{
    while (octets.len > 0 && tar->state != ENDED && tar->state != DAMAGED && !content_look_is_over(tar->look))
        octets = seki_str_from(octets, take_some(tar, octets));
    return tar->state != ENDED && tar->state != DAMAGED;
}

bool content_tar_end(struct content_tar *tar)
{
    bool is_at_end = tar->state == HEADER && tar->block_len == 0; /* without the empty blocks; readers take that */
    return tar->state == ENDED || is_at_end || (tar->state == PADDING && tar->padding_left == 0);
}
