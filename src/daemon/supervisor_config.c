/* Configurations: from the file to the roles, at start and at SIGHUP.
 *
 * A configuration comes into force in two steps: its sockets are opened and it is sent to inbound; when that answers that
 * it runs by it, sockets that it does not name are closed, and the other roles are sent it. Anything that goes wrong
 * before leaves everything as it was. */
#include "daemon/supervisor_parts.h"

#include "daemon/channel.h"
#include "daemon/sd_notify.h"

#include <unistd.h>

/* ---- configurations ---- */

void supervisor_release_configuration(struct configuration *configuration)
{
    config_unref(configuration->config);
    if (configuration->whole >= 0)
        close(configuration->whole);
    if (configuration->withheld >= 0)
        close(configuration->withheld);
    *configuration = (struct configuration){ .whole = -1, .withheld = -1 };
}

static bool load_text(const char *path, struct seki_buf *text, struct configuration *configuration,
                      struct config_problems *problems)
{
    struct seki_error why;
    if (!config_read_file(path, text, problems))
        return false;
    configuration->config = config_parse(path, seki_buf_str(text), problems);
    if (configuration->config == NULL)
        return false;
    configuration->whole = channel_text_to_file(seki_buf_str(text), &why);
    if (!config_withhold(text->ptr, text->len, "store")) {
        config_problems_add(problems, path, 0,
                            "[store] cannot be told from the rest; write it without indentation");
        return false;
    }
    configuration->withheld = channel_text_to_file(seki_buf_str(text), &why);
    bool is_kept = configuration->whole >= 0 && configuration->withheld >= 0;
    if (!is_kept)
        config_problems_add(problems, path, 0, "%s", why.text);
    return is_kept;
}

bool supervisor_load(const char *path, struct configuration *configuration, struct config_problems *problems)
{
    struct seki_buf text;
    seki_buf_init(&text, CONFIG_FILE_MAX_OCTETS);
    *configuration = (struct configuration){ .whole = -1, .withheld = -1 };
    bool is_loaded = load_text(path, &text, configuration, problems);
    if (!is_loaded)
        supervisor_release_configuration(configuration);
    seki_buf_release(&text);
    return is_loaded;
}

/* ---- reload ---- */

bool supervisor_is_reloading(const struct supervisor *supervisor)
{
    return supervisor->next.config != NULL;
}

static void end_reload(struct supervisor *supervisor)
{
    supervisor_release_configuration(&supervisor->next);
    sd_notify_send("READY=1");
    supervisor_reload_remembered(supervisor);
}

void supervisor_reload_refuse(struct supervisor *supervisor, const char *reason)
{
    log_reason(supervisor->log, LOG_LEVEL_WARNING, "reload_refused", "%s; the old configuration stays", reason);
    listeners_revert(&supervisor->listeners);
    end_reload(supervisor);
}

/* Options that are only read at start keep their old value: say which. */
static void tell_restart_changes(struct supervisor *supervisor)
{
    struct seki_buf names;
    seki_buf_init(&names, 4096);
    config_list_restart_changes(supervisor->current.config, supervisor->next.config, &names);
    if (names.len > 0)
        log_reason(supervisor->log, LOG_LEVEL_WARNING, "restart_needed",
                   "changed, but only read at start: %.*s; restart to apply", SEKI_STR_ARGS(seki_buf_str(&names)));
    seki_buf_release(&names);
}

/* It is in force now; a role that cannot take it starts anew with it. */
static void tell_other_roles(struct supervisor *supervisor)
{
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        struct role *role = &supervisor->roles[i];
        if (i != ROLE_INBOUND && role->child.pid != 0 && !role_configure(role, &supervisor->current, NULL))
            role_kill(role);
    }
}

void supervisor_reload_commit(struct supervisor *supervisor)
{
    struct configuration before = supervisor->current;
    struct seki_error why;
    tell_restart_changes(supervisor);
    if (!listeners_commit(&supervisor->listeners, supervisor->next.config, &why))
        log_reason(supervisor->log, LOG_LEVEL_WARNING, "socket_access", "%s", why.text);
    supervisor->current = supervisor->next;
    supervisor->next = before;
    tell_other_roles(supervisor);
    log_reason(supervisor->log, LOG_LEVEL_INFORMATION, "reloaded",
               "new messages are judged by the new configuration");
    end_reload(supervisor);
}

static void tell_problems(struct supervisor *supervisor, const struct config_problems *problems)
{
    struct seki_str rest = seki_buf_str(&problems->text), sentence;
    while (seki_str_split(&rest, '\n', &sentence)) {
        if (sentence.len > 0)
            log_reason(supervisor->log, LOG_LEVEL_WARNING, "reload_refused", "%.*s; the old configuration stays",
                       SEKI_STR_ARGS(sentence));
    }
}

/* Everything that can be found wrong before the role is asked. */
static bool prepare_reload(struct supervisor *supervisor)
{
    struct config_problems problems;
    struct seki_error why;
    config_problems_init(&problems);
    bool is_loaded = supervisor_load(supervisor->config_path, &supervisor->next, &problems);
    tell_problems(supervisor, &problems);
    config_problems_release(&problems);
    if (!is_loaded) {
        end_reload(supervisor);
        return false;
    }
    if (listeners_prepare(&supervisor->listeners, supervisor->next.config, &why))
        return true;
    supervisor_reload_refuse(supervisor, why.text);
    return false;
}

static void begin_reload(struct supervisor *supervisor)
{
    struct role *inbound = &supervisor->roles[ROLE_INBOUND];
    struct seki_error why;
    sd_notify_reloading();
    if (!prepare_reload(supervisor))
        return;
    if (inbound->child.pid == 0) /* between death and restart: it will start with the new one */
        supervisor_reload_commit(supervisor);
    else if (!role_configure(inbound, &supervisor->next, &why))
        supervisor_reload_refuse(supervisor, why.text);
}

void supervisor_reload(struct supervisor *supervisor)
{
    if (supervisor->phase == PHASE_STOPPING)
        return;
    supervisor->reload_again = true;
    supervisor_reload_remembered(supervisor);
}

void supervisor_reload_remembered(struct supervisor *supervisor)
{
    if (!supervisor->reload_again || supervisor_is_reloading(supervisor) || supervisor->phase != PHASE_RUNNING)
        return;
    supervisor->reload_again = false;
    begin_reload(supervisor);
}
