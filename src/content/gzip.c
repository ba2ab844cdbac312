#include "content/gzip.h"

#include "content/inflate.h"

#define WINDOW_BITS (16 + MAX_WBITS) /* a gzip header is wanted */

struct content_gzip {
    struct content_inspector *archive, *entry; /* entry NULL: nothing has come out yet */
    struct content_look *look;
    struct content_inflate inflate;
    gz_header header;
    char name[CONTENT_NAME_MAX + 1]; /* FNAME */
    bool is_between, is_broken;      /* one has ended and none begun; what came was no gzip */
};

struct content_gzip *content_gzip_new(struct seki_arena *arena)
{
    return seki_arena_alloc(arena, 1, sizeof(struct content_gzip));
}

static bool begin_member(struct content_gzip *gzip)
{
    memset(&gzip->header, 0, sizeof gzip->header);
    memset(gzip->name, 0, sizeof gzip->name);
    gzip->header.name = (Bytef *)gzip->name;
    gzip->header.name_max = CONTENT_NAME_MAX;
    return content_inflate_begin(&gzip->inflate, WINDOW_BITS) &&
           inflateGetHeader(&gzip->inflate.stream, &gzip->header) == Z_OK;
}

bool content_gzip_begin(struct content_gzip *gzip, struct content_inspector *archive, struct content_look *look)
{
    gzip->archive = archive;
    gzip->look = look;
    gzip->entry = NULL;
    gzip->is_between = gzip->is_broken = false;
    return begin_member(gzip);
}

/* "a.gz" holds "a", "a.tgz" holds "a.tar". A name cut in the path loses its end, but then that of the archive was looked at. */
static struct seki_str inner_name(struct seki_str path, char *room, size_t room_len)
{
    bool is_tar = seki_str_ends_with_nocase(path, SEKI_STR(".tgz"));
    size_t slash = seki_str_find_last(path, '/');
    struct seki_str name = seki_str_from(path, slash < path.len ? slash + 1 : 0);
    name = seki_str_head(name, seki_str_find_last(name, '.'));
    int len = snprintf(room, room_len, "%.*s%s", SEKI_STR_ARGS(name), is_tar ? ".tar" : "");
    return seki_str_head((struct seki_str){ room, room_len - 1 }, len > 0 ? (size_t)len : 0);
}

/* Programs differ in which of the two names they give to what comes out. */
static bool enter(struct content_gzip *gzip)
{
    char room[CONTENT_NAME_MAX + 8];
    struct seki_str path = content_inspector_path(gzip->archive);
    struct seki_str name = inner_name(path, room, sizeof room);
    if (!content_look_count_entry(gzip->look, path) || !content_look_name(gzip->look, path, name) ||
        !content_look_name(gzip->look, path, seki_str_of(gzip->name)))
        return false;
    content_inspector_name_too(gzip->archive, seki_str_of(gzip->name));
    gzip->entry = content_inspector_enter(gzip->archive, name, true);
    return gzip->entry != NULL;
}

static bool to_entry(void *user, struct seki_str octets)
{
    struct content_gzip *gzip = user;
    return (gzip->entry != NULL || enter(gzip)) && content_inspector_feed(gzip->entry, octets);
}

static bool stop(struct content_gzip *gzip)
{
    if (gzip->look->inflated_octets > CONTENT_INFLATED_MAX)
        content_look_found(gzip->look, CONTENT_OVER_BOUND, content_inspector_path(gzip->archive), SEKI_STR(""));
    return false;
}

bool content_gzip_feed(struct content_gzip *gzip, struct seki_str octets)
{
    while (octets.len > 0 && !gzip->is_broken) {
        if (gzip->is_between && !begin_member(gzip))
            return false;
        bool was_between = gzip->is_between;
        gzip->is_between = false;
        switch (content_inflate_feed(&gzip->inflate, &octets, gzip->look, to_entry, gzip)) {
        case CONTENT_INFLATE_MORE: return true;
        case CONTENT_INFLATE_END: gzip->is_between = true; break;
        case CONTENT_INFLATE_ENOUGH: return stop(gzip);
        case CONTENT_INFLATE_BROKEN:
            gzip->is_broken = true;
            gzip->is_between = was_between; /* what is behind the last one is padding */
            break;
        }
    }
    return true;
}

/* A name alone may be dangerous, with nothing under it. */
bool content_gzip_end(struct content_gzip *gzip)
{
    if (gzip->entry == NULL && !gzip->is_broken && !enter(gzip))
        return true;
    if (gzip->entry != NULL)
        content_inspector_end(gzip->entry);
    return gzip->is_between;
}

void content_gzip_release(struct content_gzip *gzip)
{
    if (gzip != NULL)
        content_inflate_release(&gzip->inflate);
}
