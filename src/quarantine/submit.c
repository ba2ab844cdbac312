#include "quarantine/submit.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#define MAX_TEXT          1024 /* of an address, or of the server's; longer is none */
#define CONNECT_TIMEOUT_S 30L
#define ANSWER_TIMEOUT_S  600L /* after the final dot: RFC 5321 section 4.5.3.2.6 */
#define WHOLE_TIMEOUT_S   1200L
#define MAX_WORDS_OCTETS  400u

struct sending {
    const struct quarantine_submission *submission;
    uint64_t at; /* octets of head and file given so far */
    bool is_at_end, is_broken_off;
    bool has_whole_reply;  /* what comes next is another */
    struct seki_buf words; /* of the last reply, without its code; printable */
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void begin_library(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* ---- the octets ---- */

static size_t end_of_message(struct sending *s)
{
    const struct quarantine_submission *submission = s->submission;
    if (!s->is_at_end && submission->before_end != NULL && !submission->before_end(submission->context)) {
        s->is_broken_off = true;
        return CURL_READFUNC_ABORT;
    }
    s->is_at_end = true;
    return 0;
}

static size_t give_head(struct sending *s, char *buffer, size_t room)
{
    struct seki_str rest = seki_str_head(seki_str_from(s->submission->head, (size_t)s->at), room);
    memcpy(buffer, rest.ptr, rest.len);
    s->at += rest.len;
    return rest.len;
}

static size_t give(char *buffer, size_t size, size_t count, void *user)
{
    struct sending *s = user;
    const struct quarantine_submission *submission = s->submission;
    size_t room = size * count;
    if (s->at < submission->head.len)
        return give_head(s, buffer, room);
    uint64_t of_file = s->at - submission->head.len;
    if (submission->file < 0 || of_file >= submission->size_octets)
        return end_of_message(s);
    uint64_t left = submission->size_octets - of_file;
    ssize_t len;
    do {
        len = pread(submission->file, buffer, left < room ? (size_t)left : room,
                    (off_t)(submission->offset + of_file));
    } while (len < 0 && errno == EINTR);
    if (len <= 0) { /* shorter than its head says: half of a message must not be sent */
        s->is_broken_off = true;
        return CURL_READFUNC_ABORT;
    }
    s->at += (uint64_t)len;
    return (size_t)len;
}

/* ---- the server's words ---- */

/* Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF (RFC 5321 section 4.2), a line at a
 * time. It goes to a terminal. */
static size_t take_reply(char *octets, size_t size, size_t count, void *user)
{
    struct sending *s = user;
    struct seki_str line = { octets, size * count };
    bool is_last = line.len < 4 || line.ptr[3] != '-';
    if (s->has_whole_reply)
        seki_buf_clear(&s->words);
    s->has_whole_reply = is_last;
    struct seki_str words = seki_str_trim(seki_str_from(line, 4));
    if (s->words.len > 0)
        seki_buf_add_char(&s->words, ' ');
    for (size_t i = 0; i < words.len && s->words.len < s->words.max; i++)
        seki_buf_add_char(&s->words, words.ptr[i] >= 0x20 && words.ptr[i] < 0x7f ? words.ptr[i] : '?');
    return line.len;
}

/* ---- the conversation ---- */

/* With angle brackets. @return false: too long, or with octets that would end a line or the path */
static bool write_path(struct seki_str address, char out[MAX_TEXT])
{
    if (address.len > MAX_TEXT - 3)
        return false;
    for (size_t i = 0; i < address.len; i++) {
        unsigned char c = (unsigned char)address.ptr[i];
        if (c < 0x20 || c == 0x7f || c == '<' || c == '>')
            return false;
    }
    snprintf(out, MAX_TEXT, "<%.*s>", SEKI_STR_ARGS(address));
    return true;
}

static enum quarantine_submitted not_now(struct seki_error *why, const char *text)
{
    seki_error_set(why, "%s", text);
    return QUARANTINE_NOT_NOW;
}

/* What an error of libcurl means is told by the last reply: 354 says that the message was asked for and nothing since. */
static enum quarantine_submitted outcome_of(const struct sending *s, CURLcode code, long reply, const char *text,
                                            struct seki_error *why)
{
    if (code == CURLE_OK)
        return QUARANTINE_TAKEN;
    if (s->is_broken_off)
        return not_now(why, "the message could not be sent as a whole, and was not submitted");
    if (s->is_at_end && (reply < 400 || reply > 599)) {
        seki_error_set(why, "the mail server did not answer to the end of the message (%s)", text);
        return QUARANTINE_UNCLEAR;
    }
    if (reply >= 400)
        seki_error_set(why, "the mail server says no with %ld: %.*s", reply,
                       SEKI_STR_ARGS(seki_buf_str(&s->words)));
    else
        seki_error_set(why, "the mail server cannot be reached: %s", text);
    return reply >= 500 ? QUARANTINE_REFUSED : QUARANTINE_NOT_NOW;
}

static bool set_up(CURL *curl, struct sending *s, const char *url, const char *mail_from, struct curl_slist *rcpt,
                   char *text)
{
    unsigned timeout_s = s->submission->timeout_s;
    return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK && /* whatever the environment says */
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_MAIL_FROM, mail_from) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, rcpt) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_READFUNCTION, give) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_READDATA, (void *)s) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_reply) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_HEADERDATA, (void *)s) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT,
                            timeout_s > 0 ? (long)timeout_s : ANSWER_TIMEOUT_S) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT, timeout_s > 0 ? (long)timeout_s : WHOLE_TIMEOUT_S) == CURLE_OK;
}

static enum quarantine_submitted converse(CURL *curl, struct sending *s, const char *url, const char *mail_from,
                                          struct curl_slist *rcpt, struct seki_error *why)
{
    char text[CURL_ERROR_SIZE] = "";
    long reply = 0;
    if (curl == NULL || rcpt == NULL || !set_up(curl, s, url, mail_from, rcpt, text))
        return not_now(why, "no memory to submit a message");
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply);
    return outcome_of(s, code, reply, text[0] != '\0' ? text : curl_easy_strerror(code), why);
}

enum quarantine_submitted quarantine_submit(const struct quarantine_submission *submission, struct seki_error *why)
{
    char url[MAX_TEXT], mail_from[MAX_TEXT], recipient[MAX_TEXT];
    struct sending s = { .submission = submission, .has_whole_reply = true };
    if (!write_path(submission->mail_from, mail_from) || !write_path(submission->recipient, recipient) ||
        submission->recipient.len == 0) {
        seki_error_set(why, "an address of the envelope cannot be written in SMTP");
        return QUARANTINE_REFUSED;
    }
    int len = snprintf(url, sizeof url, "smtp://%.*s", SEKI_STR_ARGS(submission->server));
    if (len <= 0 || len >= (int)sizeof url)
        return not_now(why, "the mail server's address is too long");
    seki_buf_init(&s.words, MAX_WORDS_OCTETS);
    pthread_once(&once, begin_library);
    CURL *curl = curl_easy_init();
    struct curl_slist *rcpt = curl_slist_append(NULL, recipient);
    enum quarantine_submitted outcome = converse(curl, &s, url, mail_from, rcpt, why);
    seki_buf_release(&s.words);
    curl_slist_free_all(rcpt);
    curl_easy_cleanup(curl);
    return outcome;
}
