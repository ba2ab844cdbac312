#include "content/inspector.h"

#include "content/gzip.h"
#include "content/macro_search.h"
#include "content/tar.h"
#include "content/tnef.h"
#include "content/zip.h"

struct content_inspector {
    struct seki_arena *arena;
    struct content_look *look;
    unsigned depth;
    struct content_inspector *inner; /* of the next level, once there was one */

    char path[CONTENT_NAME_MAX];
    size_t path_len;
    struct content_type by_name;
    enum content_kind kind, next_kind; /* next_kind: by another name of the entry that is entered next */
    bool is_judged, is_over;
    char head[CONTENT_HEAD_MAX];
    size_t head_len;

    struct content_zip *zip;
    struct content_tar *tar;
    struct content_gzip *gzip;
    struct content_tnef *tnef;
    struct content_macro_search macros;
};

struct content_inspector *content_inspector_new(struct seki_arena *arena, struct content_look *look, unsigned depth)
{
    struct content_inspector *inspector = seki_arena_alloc(arena, 1, sizeof *inspector);
    if (inspector == NULL)
        return NULL;
    inspector->arena = arena;
    inspector->look = look;
    inspector->depth = depth;
    inspector->is_over = true;
    return inspector;
}

static void add_to_path(struct content_inspector *inspector, struct seki_str text)
{
    text = seki_str_head(text, sizeof inspector->path - inspector->path_len);
    if (text.len > 0)
        memcpy(inspector->path + inspector->path_len, text.ptr, text.len);
    inspector->path_len += text.len;
}

void content_inspector_begin(struct content_inspector *inspector, struct seki_str outer, struct seki_str name)
{
    inspector->path_len = 0;
    add_to_path(inspector, outer);
    if (outer.len > 0)
        add_to_path(inspector, SEKI_STR("/"));
    add_to_path(inspector, name);
    inspector->by_name = content_type_of_name(name);
    inspector->kind = inspector->next_kind = CONTENT_PLAIN;
    inspector->is_judged = inspector->is_over = false;
    inspector->head_len = 0;
}

enum content_kind content_inspector_kind(const struct content_inspector *inspector)
{
    return inspector->kind;
}

struct seki_str content_inspector_path(const struct content_inspector *inspector)
{
    return (struct seki_str){ inspector->path, inspector->path_len };
}

static void found(struct content_inspector *inspector, enum content_danger danger)
{
    content_look_found(inspector->look, danger, content_inspector_path(inspector), SEKI_STR(""));
}

/* What comes to look into it is made once and used again for every one of this level. @return false without memory */
static bool open_kind(struct content_inspector *inspector)
{
    struct content_inspector *i = inspector;
    switch (i->kind) {
    case CONTENT_ZIP:
        i->zip = i->zip != NULL ? i->zip : content_zip_new(i->arena);
        if (i->zip != NULL)
            content_zip_begin(i->zip, i, i->look);
        return i->zip != NULL;
    case CONTENT_TAR:
        i->tar = i->tar != NULL ? i->tar : content_tar_new(i->arena);
        if (i->tar != NULL)
            content_tar_begin(i->tar, i, i->look);
        return i->tar != NULL;
    case CONTENT_GZIP:
        i->gzip = i->gzip != NULL ? i->gzip : content_gzip_new(i->arena);
        return i->gzip != NULL && content_gzip_begin(i->gzip, i, i->look);
    case CONTENT_TNEF:
        i->tnef = i->tnef != NULL ? i->tnef : content_tnef_new(i->arena);
        if (i->tnef != NULL)
            content_tnef_begin(i->tnef, i, i->look);
        return i->tnef != NULL;
    case CONTENT_OLE: i->macros = (struct content_macro_search){ 0 }; return true;
    case CONTENT_PLAIN:
    case CONTENT_CLOSED: break;
    }
    return true;
}

/* Octets decide before the name does: an archive may be called anything, and is opened as what it is called too. */
static void judge(struct content_inspector *inspector)
{
    struct content_type by_head = content_type_of_head((struct seki_str){ inspector->head, inspector->head_len });
    inspector->is_judged = true;
    inspector->kind = by_head.kind != CONTENT_PLAIN ? by_head.kind : inspector->by_name.kind;
    if (by_head.danger != CONTENT_HARMLESS)
        found(inspector, by_head.danger);
    else if (inspector->kind == CONTENT_CLOSED)
        found(inspector, CONTENT_OPAQUE);
    else if (!open_kind(inspector))
        found(inspector, CONTENT_OVER_BOUND);
    inspector->is_over = inspector->kind == CONTENT_PLAIN || content_look_is_over(inspector->look);
}

static void feed_kind(struct content_inspector *inspector, struct seki_str octets)
{
    bool goes_on = true;
    switch (inspector->kind) {
    case CONTENT_ZIP: content_zip_feed(inspector->zip, octets); break;
    case CONTENT_TAR: goes_on = content_tar_feed(inspector->tar, octets); break;
    case CONTENT_GZIP: goes_on = content_gzip_feed(inspector->gzip, octets); break;
    case CONTENT_TNEF: goes_on = content_tnef_feed(inspector->tnef, octets); break;
    case CONTENT_OLE:
        if (content_macro_search_feed(&inspector->macros, octets))
            found(inspector, CONTENT_MACROS);
        break;
    case CONTENT_PLAIN:
    case CONTENT_CLOSED: goes_on = false;
    }
    inspector->is_over = !goes_on || content_look_is_over(inspector->look);
}

bool content_inspector_feed(struct content_inspector *inspector, struct seki_str octets)
{
    if (!inspector->is_over && !inspector->is_judged) {
        struct seki_str first = seki_str_head(octets, sizeof inspector->head - inspector->head_len);
        if (first.len > 0)
            memcpy(inspector->head + inspector->head_len, first.ptr, first.len);
        inspector->head_len += first.len;
        octets = seki_str_from(octets, first.len);
        if (inspector->head_len < sizeof inspector->head)
            return true;
        judge(inspector);
        if (!inspector->is_over)
            feed_kind(inspector, (struct seki_str){ inspector->head, inspector->head_len });
    }
    if (!inspector->is_over && octets.len > 0)
        feed_kind(inspector, octets);
    return !inspector->is_over;
}

void content_inspector_end(struct content_inspector *inspector)
{
    if (!inspector->is_over && !inspector->is_judged) {
        judge(inspector);
        if (!inspector->is_over)
            feed_kind(inspector, (struct seki_str){ inspector->head, inspector->head_len });
    }
    bool was_whole = true;
    if (!inspector->is_over && inspector->kind == CONTENT_ZIP)
        was_whole = content_zip_end(inspector->zip);
    else if (!inspector->is_over && inspector->kind == CONTENT_TAR)
        was_whole = content_tar_end(inspector->tar);
    else if (!inspector->is_over && inspector->kind == CONTENT_GZIP)
        was_whole = content_gzip_end(inspector->gzip);
    else if (!inspector->is_over && inspector->kind == CONTENT_TNEF)
        was_whole = content_tnef_end(inspector->tnef);
    inspector->is_over = true;
    if (!was_whole)
        found(inspector, CONTENT_OPAQUE);
}

void content_inspector_cut(struct content_inspector *inspector)
{
    if (!inspector->is_over && !inspector->is_judged)
        judge(inspector);
    struct content_type by_head = content_type_of_head((struct seki_str){ inspector->head, inspector->head_len });
    if (!inspector->is_over && by_head.kind == CONTENT_PLAIN)
        found(inspector, CONTENT_OPAQUE);
    inspector->is_over = true;
}

void content_inspector_name_too(struct content_inspector *inspector, struct seki_str name)
{
    enum content_kind kind = content_type_of_name(name).kind;
    if (kind != CONTENT_PLAIN)
        inspector->next_kind = kind;
}

struct content_inspector *content_inspector_enter(struct content_inspector *inspector, struct seki_str name,
                                                  bool is_readable)
{
    struct content_type type = content_type_of_name(name);
    struct seki_str outer = content_inspector_path(inspector);
    if (type.kind == CONTENT_PLAIN)
        type.kind = inspector->next_kind;
    inspector->next_kind = CONTENT_PLAIN;
    if (!is_readable && type.kind != CONTENT_PLAIN)
        content_look_found(inspector->look, CONTENT_OPAQUE, outer, name);
    else if (inspector->depth == CONTENT_ARCHIVE_DEPTH_MAX && type.kind != CONTENT_PLAIN)
        content_look_found(inspector->look, CONTENT_OVER_BOUND, outer, name);
    if (!is_readable || inspector->depth == CONTENT_ARCHIVE_DEPTH_MAX || content_look_is_over(inspector->look))
        return NULL;
    if (inspector->inner == NULL)
        inspector->inner = content_inspector_new(inspector->arena, inspector->look, inspector->depth + 1);
    if (inspector->inner == NULL) {
        found(inspector, CONTENT_OVER_BOUND);
        return NULL;
    }
    content_inspector_begin(inspector->inner, outer, name);
    inspector->inner->by_name = type;
    return inspector->inner;
}

void content_inspector_release(struct content_inspector *inspector)
{
    for (; inspector != NULL; inspector = inspector->inner) {
        content_zip_release(inspector->zip);
        content_gzip_release(inspector->gzip);
    }
}
