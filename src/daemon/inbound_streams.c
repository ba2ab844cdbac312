/* Who else sees a message while it comes in, besides authentication: the quarantine's file, the look for
 * dangerous attachments, the virus scanner. Each only where a recipient's policy could make use of it, so that for most messages
 * there is none, and nothing of a message is ever collected in memory. */
#include "daemon/inbound_parts.h"

struct wants {
    bool hold, scan, attachments;
};

static bool may_hold(const struct policy *policy, bool has_scanner)
{
    if (policy->filter != POLICY_ON)
        return false;
    for (unsigned check = 0; check < POLICY_CHECK_COUNT; check++) {
        bool is_seen = check != POLICY_VIRUS || has_scanner;
        if (is_seen && policy_action_for(policy, (enum policy_check)check) == POLICY_HOLD)
            return true;
    }
    return has_scanner && policy->on_scan_failure == POLICY_SCAN_TEMPFAIL;
}

static struct wants wants_of(const struct inbound_message *message)
{
    const struct config *config = message->generation->config;
    bool has_scanner = config->scanner.clamd.len > 0;
    struct wants wants = { 0 };
    for (const struct inbound_domain *domain = message->recipients.domains; domain != NULL; domain = domain->next) {
        const struct policy *policy = &domain->hosted.policy;
        if (domain->found != REPLICA_YES || policy->filter == POLICY_OFF)
            continue;
        wants.attachments = wants.attachments || policy_action_for(policy, POLICY_ATTACHMENT) != POLICY_DELIVER;
        wants.scan = wants.scan || (has_scanner && policy->actions[POLICY_VIRUS] != POLICY_DELIVER);
        wants.hold = wants.hold || may_hold(policy, has_scanner && policy->actions[POLICY_VIRUS] != POLICY_DELIVER);
    }
    wants.hold = wants.hold && config->quarantine.folder.len > 0;
    return wants;
}

static void on_scanned(void *user, const struct content_scan_answer *answer)
{
    struct inbound_message *message = user;
    message->streams.scan_answer = *answer;
    message->streams.has_scan_answer = true;
    content_scan_free(message->streams.scan);
    message->streams.scan = NULL;
    inbound_advance(message);
}

static void no_scan(struct inbound_streams *streams, const char *reason)
{
    content_scan_free(streams->scan);
    streams->scan = NULL;
    streams->has_scan_answer = true;
    streams->scan_answer.result = CONTENT_SCAN_NO_ANSWER;
    snprintf(streams->scan_answer.text, sizeof streams->scan_answer.text, "%s", reason);
}

static void begin_scan(struct inbound_message *message)
{
    const struct config *config = message->generation->config;
    const struct content_clamd_options options = { .address = config->scanner.clamd,
                                                   .timeout_ms = config->scanner.timeout_ms,
                                                   .max_octets = config->scanner.max_octets };
    message->streams.scan = content_scan_new(message->session->inbound->base, &options, on_scanned, message);
    if (message->streams.scan == NULL)
        no_scan(&message->streams, "no memory");
}

static void begin_draft(struct inbound_message *message)
{
    const struct config *config = message->generation->config;
    struct inbound_streams *streams = &message->streams;
    streams->draft = quarantine_draft_new(config->quarantine.folder.ptr, &streams->why);
    if (streams->draft != NULL)
        quarantine_draft_leave_free(streams->draft, config->quarantine.min_free_octets);
}

/* The recipients are known now. A file that cannot be begun matters only when the message is to be held. */
static void begin(struct inbound_message *message)
{
    struct inbound_streams *streams = &message->streams;
    if (streams->has_begun)
        return;
    streams->has_begun = true;
    if (!message->recipients.has_hosted)
        return;
    struct wants wants = wants_of(message);
    if (wants.hold)
        begin_draft(message);
    if (wants.attachments) /* without memory for it there is no verdict at all: the arena remembers */
        streams->attachments = content_attachments_new(message->arena);
    if (wants.scan)
        begin_scan(message);
}

/* Line ends of the milter protocol are LF inside a field; clamd gets the message as it was. */
static void scan_field(struct content_scan *scan, struct seki_str name, struct seki_str value)
{
    struct seki_str line;
    content_scan_add(scan, name);
    content_scan_add(scan, SEKI_STR(":"));
    for (bool is_first = true; seki_str_split(&value, '\n', &line); is_first = false) {
        if (!is_first)
            content_scan_add(scan, SEKI_STR("\r\n"));
        if (line.len > 0 && line.ptr[line.len - 1] == '\r')
            line.len--;
        content_scan_add(scan, line);
    }
    content_scan_add(scan, SEKI_STR("\r\n"));
}

/* Released mail passes no filter of ours, so what delivered mail would lose is not kept either (RFC 8601 section 5). */
static bool is_kept(const struct inbound_message *message, struct seki_str name, struct seki_str value)
{
    const struct inbound_generation *generation = message->generation;
    for (size_t i = 0; i < INBOUND_MARK_COUNT; i++) {
        if (seki_str_equal_nocase(name, inbound_mark_names[i]))
            return false;
    }
    return !seki_str_equal_nocase(name, SEKI_STR("Authentication-Results")) ||
           !seki_authres_must_remove(message->arena, value, generation->our_ids, generation->our_id_count);
}

void inbound_streams_field(struct inbound_message *message, struct seki_str name, struct seki_str value)
{
    struct inbound_streams *streams = &message->streams;
    begin(message);
    if (streams->draft != NULL && is_kept(message, name, value))
        quarantine_draft_add_field(streams->draft, name, value);
    if (streams->attachments != NULL)
        content_attachments_field(streams->attachments, name, value);
    if (streams->scan != NULL)
        scan_field(streams->scan, name, value);
}

void inbound_streams_end_of_header(struct inbound_message *message)
{
    struct inbound_streams *streams = &message->streams;
    begin(message);
    if (streams->draft != NULL)
        quarantine_draft_add(streams->draft, SEKI_STR("\r\n"));
    if (streams->attachments != NULL)
        content_attachments_end_of_header(streams->attachments);
    if (streams->scan != NULL)
        content_scan_add(streams->scan, SEKI_STR("\r\n"));
}

void inbound_streams_body(struct inbound_message *message, struct seki_str octets)
{
    struct inbound_streams *streams = &message->streams;
    if (streams->draft != NULL)
        quarantine_draft_add(streams->draft, octets);
    if (streams->attachments != NULL)
        content_attachments_body(streams->attachments, octets);
    if (streams->scan != NULL)
        content_scan_add(streams->scan, octets);
}

void inbound_streams_end_of_message(struct inbound_message *message)
{
    if (message->streams.scan != NULL)
        content_scan_end(message->streams.scan);
}

bool inbound_streams_wait(const struct inbound_message *message)
{
    return message->streams.scan != NULL;
}

void inbound_streams_give_up(struct inbound_message *message)
{
    if (message->streams.scan != NULL)
        no_scan(&message->streams, "the message's deadline");
}

void inbound_streams_tell(struct inbound_message *message)
{
    struct inbound_streams *streams = &message->streams;
    if (streams->attachments != NULL)
        message->facts.attachment = content_attachments_finding(streams->attachments).name;
    if (!streams->has_scan_answer)
        return;
    message->facts.has_scan_failed = streams->scan_answer.result == CONTENT_SCAN_NO_ANSWER;
    if (streams->scan_answer.result == CONTENT_SCAN_FOUND)
        message->facts.virus = seki_str_of(streams->scan_answer.text);
}

void inbound_streams_release(struct inbound_message *message)
{
    quarantine_draft_abandon(message->streams.draft);
    content_attachments_end(message->streams.attachments);
    content_scan_free(message->streams.scan);
}
