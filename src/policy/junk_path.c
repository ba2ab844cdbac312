#include "policy/junk_path.h"

#define LOCAL_PART_MAX 64u

/* Mailbox = Local-part "@" Domain, with what stands around it. */
struct parts {
    struct seki_str before, local_part, after; /* "<", "user", "@example.com>" */
};

/* A source route ("<@a:user@b>") is nothing that an MTA gives to a filter; it is left alone. */
static bool take_apart(struct seki_str path, struct parts *parts)
{
    size_t start = path.len > 0 && path.ptr[0] == '<' ? 1 : 0, at = seki_str_find_last(path, '@');
    if (at >= path.len || at <= start || path.ptr[start] == '@')
        return false;
    parts->before = seki_str_head(path, start);
    parts->local_part = seki_str_head(seki_str_from(path, start), at - start);
    parts->after = seki_str_from(path, at);
    return true;
}

/* Quoted-string: the suffix goes before the closing quote, and nothing in it is taken for an extension. */
static bool is_quoted(struct seki_str local_part)
{
    return local_part.len >= 2 && local_part.ptr[0] == '"' && local_part.ptr[local_part.len - 1] == '"';
}

static struct seki_str without_extension(struct seki_str local_part, char separator)
{
    size_t place = seki_str_find(seki_str_from(local_part, 1), separator);
    return seki_str_head(local_part, 1 + place);
}

enum seki_result policy_junk_path(struct seki_str path, struct seki_str suffix, struct seki_arena *arena,
                                  struct seki_str *new_path_out, bool *done_out)
{
    struct parts parts;
    *done_out = false;
    if (suffix.len == 0 || !take_apart(path, &parts))
        return SEKI_OK;
    bool quoted = is_quoted(parts.local_part);
    struct seki_str user = quoted ? seki_str_head(parts.local_part, parts.local_part.len - 1)
                                  : without_extension(parts.local_part, suffix.ptr[0]);
    if (user.len + suffix.len + quoted > LOCAL_PART_MAX)
        return SEKI_OK;
    struct seki_str new_path =
        seki_arena_format(arena, "%.*s%.*s%.*s%s%.*s", SEKI_STR_ARGS(parts.before), SEKI_STR_ARGS(user),
                          SEKI_STR_ARGS(suffix), quoted ? "\"" : "", SEKI_STR_ARGS(parts.after));
    if (new_path.ptr == NULL)
        return seki_arena_failure(arena);
    *done_out = true;
    if (!seki_str_equal(new_path, path))
        *new_path_out = new_path;
    return SEKI_OK;
}
