#include "cli/store.h"

#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/text.h"
#include "store/migrate.h"

#include <errno.h>
#include <ini.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define MAX_MEMORY       (256u << 20)
#define MAX_ACTOR_OCTETS 256u
#define MAX_SENTENCE     4096u

struct wanted_value {
    struct seki_arena *arena;
    const char *section, *name;
    struct seki_str value;
};

static int take_value(void *user, const char *section, const char *name, const char *value)
{
    struct wanted_value *wanted = user;
    if (strcmp(section, wanted->section) == 0 && strcmp(name, wanted->name) == 0)
        wanted->value = seki_arena_copy(wanted->arena, seki_str_of(value));
    return 1;
}

static const char *config_path(const struct cli_store *store)
{
    return store->options->config != NULL ? store->options->config : SEKISHO_CONFIG_FILE;
}

/* What else stands in the file is sekishod's concern. @return false: it cannot be read */
static bool read_config(const struct cli_store *store, struct wanted_value *wanted)
{
    wanted->arena = store->arena;
    wanted->value = SEKI_STR("");
    return ini_parse(config_path(store), take_value, wanted) >= 0;
}

struct seki_str cli_store_config(const struct cli_store *store, const char *section, const char *name)
{
    struct wanted_value wanted = { .section = section, .name = name };
    return read_config(store, &wanted) && wanted.value.ptr != NULL ? wanted.value : SEKI_STR("");
}

static const char *find_url(struct cli_store *store)
{
    const char *path = config_path(store);
    struct wanted_value url = { .section = "store", .name = "url" };
    if (store->options->store != NULL)
        return store->options->store;
    if (!read_config(store, &url))
        seki_error_set(&store->why, "cannot read %s; name the store with --store URL, or its file with --config",
                       path);
    else if (url.value.len == 0)
        seki_error_set(&store->why, "%s names no store; set url in its section [store], or give --store URL", path);
    else
        return url.value.ptr;
    store->result = SEKI_BAD_INPUT;
    return NULL;
}

/* Also behind sudo the person who signed in. */
static struct seki_str login_name(struct seki_arena *arena)
{
    char name[MAX_ACTOR_OCTETS];
    const struct passwd *account;
    if (getlogin_r(name, sizeof name) == 0)
        return seki_arena_copy(arena, seki_str_of(name));
    account = getpwuid(getuid());
    if (account != NULL)
        return seki_arena_copy(arena, seki_str_of(account->pw_name));
    return seki_arena_format(arena, "uid %lu", (unsigned long)getuid());
}

/* Opening a SQLite store makes it. A mistyped path would be an empty store then, in which nothing is ever found. */
static const char *missing_file(const char *url)
{
    static const char prefix[] = "sqlite:";
    const char *path = strncmp(url, prefix, sizeof prefix - 1) == 0 ? url + sizeof prefix - 1 : NULL;
    return path != NULL && access(path, F_OK) != 0 && errno == ENOENT ? path : NULL;
}

static bool open_url(struct cli_store *store, const char *url, bool may_make)
{
    enum seki_result result = SEKI_SYSTEM;
    const char *missing = missing_file(url);
    if (missing != NULL && !may_make) {
        seki_error_set(&store->why, "there is no store %s; check its name, or make it with `sekisho db migrate`",
                       missing);
        return cli_store_did(store, SEKI_BAD_INPUT);
    }
    store->sql = sql_open(url, &result, &store->why);
    if (store->sql == NULL)
        return cli_store_did(store, result != SEKI_OK ? result : SEKI_SYSTEM);
    if (missing != NULL)
        fprintf(stderr, _("sekisho: there was no store %s; it was made\n"), missing);
    return true;
}

static bool connect_to(struct cli_store *store, const struct cli_options *options, bool may_make)
{
    *store = (struct cli_store){ .options = options, .now_s = (int64_t)time(NULL), .result = SEKI_SYSTEM };
    seki_error_set(&store->why, "no memory to start with");
    store->arena = seki_arena_new(MAX_MEMORY);
    if (store->arena == NULL)
        return false;
    store->result = SEKI_OK;
    store->actor = options->actor != NULL ? seki_str_of(options->actor) : login_name(store->arena);
    const char *url = find_url(store);
    return url != NULL && open_url(store, url, may_make);
}

bool cli_store_connect(struct cli_store *store, const struct cli_options *options)
{
    return connect_to(store, options, false);
}

bool cli_store_open(struct cli_store *store, const struct cli_options *options)
{
    return cli_store_connect(store, options) &&
           cli_store_did(store, store_migrate(store->sql, &store->applied, &store->why));
}

bool cli_store_make(struct cli_store *store, const struct cli_options *options)
{
    return connect_to(store, options, true) &&
           cli_store_did(store, store_migrate(store->sql, &store->applied, &store->why));
}

bool cli_store_begin(struct cli_store *store, const char *via)
{
    struct store_actor actor = { .name = store->actor, .via = seki_str_of(via) };
    return cli_store_did(store, store_change_begin(store->sql, &actor, store->now_s, &store->change, &store->why));
}

bool cli_store_commit(struct cli_store *store)
{
    struct store_change *change = store->change;
    store->change = NULL;
    return cli_store_did(store, store_change_commit(change, &store->change_id, &store->why));
}

/* Without memory for a second arena the first one has to do. */
void cli_store_enter(struct cli_store *store)
{
    store->whole = store->arena;
    if (store->part == NULL)
        store->part = seki_arena_new(MAX_MEMORY);
    if (store->part != NULL)
        store->arena = store->part;
}

void cli_store_leave(struct cli_store *store)
{
    store->arena = store->whole;
    if (store->part != NULL)
        seki_arena_clear(store->part);
}

bool cli_store_did(struct cli_store *store, enum seki_result result)
{
    if (store->result == SEKI_OK)
        store->result = result;
    return result == SEKI_OK;
}

bool cli_store_misused(struct cli_store *store)
{
    store->why.text[0] = '\0';
    return cli_store_did(store, SEKI_USAGE);
}

enum cli_exit cli_store_close(struct cli_store *store)
{
    bool is_told = store->result == SEKI_OK || store->why.text[0] == '\0';
    store_change_rollback(store->change);
    sql_close(store->sql);
    if (!is_told)
        cli_say_trouble(store->options, store->why.text);
    seki_arena_free(store->part);
    seki_arena_free(store->arena);
    if (store->result == SEKI_USAGE && is_told)
        return CLI_USAGE;
    return store->result == SEKI_OK ? CLI_DONE : store->result == SEKI_TEMPORARY ? CLI_TEMPORARY : CLI_NO;
}

void cli_store_tell(const struct cli_store *store, json_t *json, const char *format, ...)
{
    char line[MAX_SENTENCE];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    if (store->options->json) {
        json_object_set_new(json, "change", json_integer(store->change_id));
        cli_json_print(json);
        return;
    }
    json_decref(json);
    cli_print_sentence(0, "%s", store->change_id != 0 ? line : _("Nothing to do: it is so already."));
}
