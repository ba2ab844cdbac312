#include "milter_recorder.h"

#include <stdlib.h>

#define MAX_TEXT (64u << 20)

void milter_recorder_init(struct milter_recorder *recorder)
{
    *recorder = (struct milter_recorder){ .decide = milter_session_finish };
    seki_buf_init(&recorder->text, MAX_TEXT);
}

void milter_recorder_release(struct milter_recorder *recorder)
{
    seki_buf_release(&recorder->text);
}

const char *milter_recorder_text(struct milter_recorder *recorder)
{
    seki_buf_add_char(&recorder->text, '\0');
    recorder->text.len--;
    return seki_buf_str(&recorder->text).ptr;
}

static void note(struct milter_recorder *recorder, const char *event, struct seki_str value)
{
    if (recorder->is_in_body)
        seki_buf_add_char(&recorder->text, '\n');
    recorder->is_in_body = false;
    seki_buf_add(&recorder->text, seki_str_of(event));
    seki_buf_add(&recorder->text, value);
    seki_buf_add_char(&recorder->text, '\n');
}

/* From must be reached or passed, and `to` not passed yet. */
static void step(struct milter_recorder *recorder, enum milter_recorder_order from, enum milter_recorder_order last,
                 enum milter_recorder_order to)
{
    if (recorder->order < from || recorder->order > last)
        abort();
    recorder->order = to;
}

static enum milter_action answer(struct milter_recorder *recorder, enum milter_event event)
{
    if (recorder->reply.code != 0 && recorder->session != NULL)
        milter_session_set_reply(recorder->session, &recorder->reply);
    return recorder->answers[event];
}

static void *on_open(void *role, struct milter_session *session)
{
    struct milter_recorder *recorder = role;
    if (recorder->refuses_to_open)
        return NULL;
    step(recorder, RECORDER_CLOSED, RECORDER_CLOSED, RECORDER_OPEN);
    recorder->session = session;
    recorder->open_count++;
    note(recorder, "open", SEKI_STR(""));
    return recorder;
}

static void on_close(void *state)
{
    struct milter_recorder *recorder = state;
    step(recorder, RECORDER_OPEN, RECORDER_BODY, RECORDER_CLOSED);
    recorder->session = NULL;
    note(recorder, "close", SEKI_STR(""));
}

static enum milter_action on_connect(void *state, struct seki_str host_name, const struct seki_ip *client)
{
    struct milter_recorder *recorder = state;
    char ip[SEKI_IP_TEXT_MAX], text[512];
    step(recorder, RECORDER_OPEN, RECORDER_OPEN, RECORDER_CONNECT);
    snprintf(text, sizeof text, "%.*s[%s]", SEKI_STR_ARGS(host_name), seki_ip_format(client, ip));
    note(recorder, "connect:", seki_str_of(text));
    return answer(recorder, MILTER_EVENT_CONNECT);
}

static enum milter_action on_helo(void *state, struct seki_str name)
{
    struct milter_recorder *recorder = state;
    step(recorder, RECORDER_CONNECT, RECORDER_HELO, RECORDER_HELO);
    note(recorder, "helo:", name);
    return answer(recorder, MILTER_EVENT_HELO);
}

static enum milter_action final_unless(struct milter_recorder *recorder, enum milter_event event, bool goes_on)
{
    enum milter_action action = answer(recorder, event);
    if (action != MILTER_CONTINUE && !goes_on)
        recorder->order = RECORDER_HELO;
    return action;
}

static enum milter_action on_mail(void *state, struct seki_str path)
{
    struct milter_recorder *recorder = state;
    step(recorder, RECORDER_CONNECT, RECORDER_HELO, RECORDER_MAIL);
    note(recorder, "mail:", path);
    return final_unless(recorder, MILTER_EVENT_MAIL, false);
}

static enum milter_action on_rcpt(void *state, struct seki_str path)
{
    struct milter_recorder *recorder = state;
    step(recorder, RECORDER_MAIL, RECORDER_RCPT, RECORDER_RCPT);
    note(recorder, "rcpt:", path);
    enum milter_action action = recorder->answers[MILTER_EVENT_RCPT];
    return final_unless(recorder, MILTER_EVENT_RCPT, action != MILTER_ACCEPT && action != MILTER_DISCARD);
}

static void on_data(void *state)
{
    struct milter_recorder *recorder = state;
    step(recorder, RECORDER_MAIL, RECORDER_RCPT, RECORDER_DATA);
    note(recorder, "data", SEKI_STR(""));
}

static void on_field(void *state, struct seki_str name, struct seki_str value)
{
    struct milter_recorder *recorder = state;
    step(recorder, RECORDER_MAIL, RECORDER_FIELD, RECORDER_FIELD);
    note(recorder, "field:", name);
    recorder->text.len--; /* its line goes on */
    note(recorder, "=", value);
}

static void on_end_of_header(void *state)
{
    struct milter_recorder *recorder = state;
    step(recorder, RECORDER_MAIL, RECORDER_FIELD, RECORDER_EOH);
    note(recorder, "eoh", SEKI_STR(""));
}

static void on_body(void *state, struct seki_str octets)
{
    struct milter_recorder *recorder = state;
    step(recorder, RECORDER_MAIL, RECORDER_BODY, RECORDER_BODY);
    if (octets.len == 0)
        abort();
    if (!recorder->is_in_body)
        seki_buf_add(&recorder->text, SEKI_STR("body:"));
    recorder->is_in_body = true;
    seki_buf_add(&recorder->text, octets);
}

static enum milter_action on_end_of_message(void *state)
{
    struct milter_recorder *recorder = state;
    step(recorder, RECORDER_MAIL, RECORDER_BODY, RECORDER_HELO);
    note(recorder, "eom", SEKI_STR(""));
    if (recorder->macro != NULL) {
        note(recorder, "macro:", milter_session_macro(recorder->session, seki_str_of(recorder->macro)));
    }
    if (recorder->answers[MILTER_EVENT_EOM] == MILTER_LATER && recorder->decision != NULL)
        recorder->decide(recorder->session, recorder->decision);
    return answer(recorder, MILTER_EVENT_EOM);
}

static void on_abort(void *state)
{
    struct milter_recorder *recorder = state;
    step(recorder, RECORDER_MAIL, RECORDER_BODY, RECORDER_HELO);
    note(recorder, "abort", SEKI_STR(""));
}

static void on_log(void *role, const struct milter_session *session, const char *sentence)
{
    (void)session;
    note(role, "log:", seki_str_of(sentence));
}

const struct milter_handler milter_recorder_handler = {
    .open = on_open,
    .close = on_close,
    .connect = on_connect,
    .helo = on_helo,
    .mail = on_mail,
    .rcpt = on_rcpt,
    .data = on_data,
    .field = on_field,
    .end_of_header = on_end_of_header,
    .body = on_body,
    .end_of_message = on_end_of_message,
    .abort = on_abort,
    .log = on_log,
};

/* As readv() would. @return octets taken */
static size_t fill(struct milter_session *session, struct seki_str octets)
{
    struct iovec vectors[2];
    size_t count = milter_session_prepare(session, vectors), filled = 0;
    if (count < 1 || count > 2)
        abort();
    for (size_t i = 0; i < count && filled < octets.len; i++) {
        size_t room = vectors[i].iov_len, left = octets.len - filled, len = left < room ? left : room;
        if (room == 0)
            abort();
        memcpy(vectors[i].iov_base, octets.ptr + filled, len);
        filled += len;
    }
    return filled;
}

static void take_replies(struct milter_session *session, struct seki_buf *replies)
{
    struct seki_buf *out = &session->engine->replies.out;
    if (replies != NULL)
        seki_buf_add(replies, seki_buf_str(out));
    seki_buf_clear(out);
}

enum milter_flow milter_recorder_feed(struct milter_session *session, struct seki_str octets,
                                      struct seki_buf *replies)
{
    enum milter_flow flow = MILTER_FLOW_MORE;
    while (octets.len > 0 && flow == MILTER_FLOW_MORE) {
        size_t len = fill(session, octets);
        flow = milter_session_received(session, len);
        take_replies(session, replies);
        octets = seki_str_from(octets, len);
    }
    return flow;
}

enum milter_flow milter_recorder_resume(struct milter_session *session, struct seki_buf *replies)
{
    enum milter_flow flow = milter_session_resume(session);
    take_replies(session, replies);
    return flow;
}
