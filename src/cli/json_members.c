#include "cli/json_members.h"

#include "base/i18n.h"
#include "base/spelling.h"
#include "cli/when.h"

static const struct {
    const char *text;
    bool takes_string, takes_boolean, takes_integer, takes_object, takes_array;
} types[] = {
    [CLI_MEMBER_TEXT] = { N_("a text"), .takes_string = true },
    [CLI_MEMBER_FLAG] = { N_("true or false"), .takes_boolean = true },
    [CLI_MEMBER_NUMBER] = { N_("a whole number"), .takes_integer = true },
    [CLI_MEMBER_WHEN] = { N_("a time such as \"2026-05-02T10:00:00Z\""), .takes_string = true },
    [CLI_MEMBER_OBJECT] = { N_("an object: { … }"), .takes_object = true },
    [CLI_MEMBER_ARRAY] = { N_("an array: [ … ]"), .takes_array = true },
};

bool cli_json_blame(const struct cli_json_file *file, const struct cli_json_place *place, struct seki_error *why)
{
    seki_error_prefix(why, "%s:%zu", file->path, cli_json_line(file->text, place));
    return false;
}

static bool fits(json_t *value, enum cli_member_type type)
{
    return json_is_string(value)    ? types[type].takes_string
           : json_is_boolean(value) ? types[type].takes_boolean
           : json_is_integer(value) ? types[type].takes_integer
           : json_is_object(value)  ? types[type].takes_object
                                    : json_is_array(value) && types[type].takes_array;
}

/* @return false: its type fits, and yet it is no such value */
static bool keep(json_t *value, enum cli_member_type type, void *member)
{
    struct seki_str text = { json_string_value(value), json_string_length(value) };
    switch (type) {
    case CLI_MEMBER_TEXT: *(struct seki_str *)member = text; return true;
    case CLI_MEMBER_FLAG: *(bool *)member = json_is_true(value); return true;
    case CLI_MEMBER_NUMBER: *(int64_t *)member = json_integer_value(value); return true;
    case CLI_MEMBER_WHEN: *(int64_t *)member = 0; return text.len == 0 || cli_when_read(text, 0, 1, member);
    case CLI_MEMBER_OBJECT:
    case CLI_MEMBER_ARRAY: *(json_t **)member = value; return true;
    }
    return false;
}

static const struct cli_member *find_member(const struct cli_member *members, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(members[i].name, name) == 0)
            return &members[i];
    return NULL;
}

static void tell_unknown(const struct cli_member *members, size_t count, const char *name, struct seki_error *why)
{
    struct seki_spelling spelling = seki_spelling_of(seki_str_of(name));
    for (size_t i = 0; i < count; i++)
        seki_spelling_offer(&spelling, members[i].name);
    if (spelling.nearest != NULL)
        seki_error_set(why, "there is no member \"%s\" here; did you mean \"%s\"?", name, spelling.nearest);
    else
        seki_error_set(why, "there is no member \"%s\" here; remove it", name);
}

bool cli_members_read(const struct cli_json_file *file, const struct cli_json_place *place, json_t *value,
                      const struct cli_member *members, size_t count, void *out, struct seki_error *why)
{
    const char *name;
    json_t *member_value;
    if (!json_is_object(value)) {
        seki_error_set(why, "here must stand %s", types[CLI_MEMBER_OBJECT].text);
        return cli_json_blame(file, place, why);
    }
    json_object_foreach (value, name, member_value) {
        const struct cli_json_place here = { place, name, 0 };
        const struct cli_member *m = find_member(members, count, name);
        if (m == NULL)
            tell_unknown(members, count, name, why);
        else if (!fits(member_value, m->type) || !keep(member_value, m->type, (char *)out + m->offset))
            seki_error_set(why, "\"%s\" must be %s", name, types[m->type].text);
        else
            continue;
        return cli_json_blame(file, &here, why);
    }
    for (size_t i = 0; i < count; i++) {
        if (!members[i].is_required || json_object_get(value, members[i].name) != NULL)
            continue;
        seki_error_set(why, "\"%s\" is missing here; it must be %s", members[i].name, types[members[i].type].text);
        return cli_json_blame(file, place, why);
    }
    return true;
}

json_t *cli_json_file_read(const struct cli_json_file *file, struct seki_error *why)
{
    json_error_t fault;
    json_t *value = json_loadb(file->text.ptr, file->text.len, JSON_REJECT_DUPLICATES, &fault);
    if (value == NULL && fault.line > 0)
        seki_error_set(why, "%s:%d: this is no JSON: %s", file->path, fault.line, fault.text);
    else if (value == NULL)
        seki_error_set(why, "%s: this is no JSON: %s", file->path, fault.text);
    return value;
}
