#include "quarantine/digest.h"

#include "quarantine/released.h"

#include "base/base64.h"

#include <stdlib.h>

#define DATE_MAX    64
#define SUBJECT_MAX 512u
#define WORD_OCTETS 45u                /* of UTF-8 in an encoded word: 60 digits, within RFC 2047's 75 */
#define LINE_OCTETS 57u                /* 76 digits a line: RFC 2045 section 6.8 */
#define BOUNDARY    "=_sekisho_digest" /* "_" is no base64 digit, so no part can have it (RFC 2045 section 6.7) */
#define T(text)     digest->translate(text)

/* ---- dates: the field's in English words, whatever the locale; for people in the host's time zone ---- */

static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

static struct tm utc_of(int64_t time_s)
{
    time_t time = (time_t)time_s;
    struct tm utc = { 0 };
    gmtime_r(&time, &utc);
    return utc;
}

/* date-time of RFC 5322 section 3.3 */
static void add_date_field(int64_t time_s, struct seki_buf *out)
{
    struct tm utc = utc_of(time_s);
    seki_buf_add_format(out, "Date: %s, %d %s %04d %02d:%02d:%02d +0000\r\n", days[utc.tm_wday % 7], utc.tm_mday,
                        months[utc.tm_mon % 12], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

/* "2026-11-28 18:59 JST": who reads it is no expert, and most are where the server is. */
static const char *shown_time(int64_t time_s, char text[DATE_MAX])
{
    time_t time = (time_t)time_s;
    struct tm local = { 0 };
    localtime_r(&time, &local);
    strftime(text, DATE_MAX, "%Y-%m-%d %H:%M %Z", &local);
    return text;
}

/* ---- the header ---- */

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* RFC 2047 section 5 (3): each encoded word holds whole characters. */
static void add_encoded_words(struct seki_str text, struct seki_buf *out)
{
    for (bool is_first = true; text.len > 0; is_first = false) {
        char digits[SEKI_BASE64_OCTETS(WORD_OCTETS)];
        size_t len = text.len < WORD_OCTETS ? text.len : WORD_OCTETS;
        while (len < text.len && len > 1 && is_continuation(text.ptr[len]))
            len--;
        seki_base64_encode((const uint8_t *)text.ptr, len, digits);
        seki_buf_add(out, is_first ? SEKI_STR("=?UTF-8?B?") : SEKI_STR("\r\n =?UTF-8?B?"));
        seki_buf_add(out, (struct seki_str){ digits, SEKI_BASE64_OCTETS(len) });
        seki_buf_add(out, SEKI_STR("?="));
        text = seki_str_from(text, len);
    }
}

static void add_text_field(const char *name, struct seki_str value, struct seki_buf *out)
{
    seki_buf_add_format(out, "%s: ", name);
    if (seki_str_is_ascii(value) && value.len < 70)
        seki_buf_add(out, value);
    else
        add_encoded_words(value, out);
    seki_buf_add(out, SEKI_STR("\r\n"));
}

/* A text with "{count}" in it: a translation is no format. */
static void add_counted(const char *text, size_t count, struct seki_buf *out)
{
    const char *mark = strstr(text, "{count}");
    struct seki_str whole = seki_str_of(text);
    size_t at = mark != NULL ? (size_t)(mark - text) : whole.len;
    seki_buf_add(out, seki_str_head(whole, at));
    if (mark != NULL)
        seki_buf_add_format(out, "%zu", count);
    seki_buf_add(out, seki_str_from(whole, at + sizeof "{count}" - 1));
}

/* Auto-Submitted keeps vacation programs quiet (RFC 3834 section 5). */
static void add_header(const struct quarantine_digest *digest, struct seki_buf *out)
{
    struct seki_buf subject;
    seki_buf_init(&subject, SUBJECT_MAX);
    if (digest->item_count == 1)
        seki_buf_add(&subject, seki_str_of(T(N_("One message is held for you"))));
    else
        add_counted(T(N_("{count} messages are held for you")), digest->item_count, &subject);
    seki_buf_add_format(out, "From: <%.*s>\r\nTo: <%.*s>\r\n", SEKI_STR_ARGS(digest->sender),
                        SEKI_STR_ARGS(digest->recipient));
    add_text_field("Subject", seki_buf_str(&subject), out);
    seki_buf_release(&subject);
    add_date_field(digest->at_s, out);
    seki_buf_add_format(out, "Message-ID: <%.*s@%.*s>\r\n", SEKI_STR_ARGS(digest->unique),
                        SEKI_STR_ARGS(digest->host));
    if (digest->mark.len > 0)
        seki_buf_add_format(out, QUARANTINE_DIGEST_NAME ":%.*s\r\n", SEKI_STR_ARGS(digest->mark));
    seki_buf_add_format(out,
                        "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Language: %s\r\n"
                        "Content-Type: multipart/alternative; boundary=\"" BOUNDARY "\"\r\n\r\n",
                        digest->language);
}

/* ---- the bodies ---- */

static void add_html(struct seki_str text, struct seki_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '&')
            seki_buf_add(out, SEKI_STR("&amp;"));
        else if (c == '<')
            seki_buf_add(out, SEKI_STR("&lt;"));
        else if (c == '>')
            seki_buf_add(out, SEKI_STR("&gt;"));
        else if (c == '"')
            seki_buf_add(out, SEKI_STR("&quot;"));
        else
            seki_buf_add_char(out, c);
    }
}

static const char *intro_of(const struct quarantine_digest *digest)
{
    return T(
        N_("These messages to you were not delivered, because they may be forged or harmful. They are kept for a "
           "while, and then deleted."));
}

static const char *advice_of(const struct quarantine_digest *digest)
{
    return T(
        N_("If you expect one of them, tell the administrator of your mail its number; the administrator can look "
           "at it and have it delivered. If you expect none, you need not do anything."));
}

static size_t shown_count(const struct quarantine_digest *digest)
{
    return digest->item_count < QUARANTINE_DIGEST_MAX_ITEMS ? digest->item_count : QUARANTINE_DIGEST_MAX_ITEMS;
}

static void write_plain(const struct quarantine_digest *digest, struct seki_buf *out)
{
    char held[DATE_MAX], expires[DATE_MAX];
    seki_buf_add_format(out, "%s\r\n", intro_of(digest));
    for (size_t i = 0; i < shown_count(digest); i++) {
        const struct quarantine_digest_item *item = &digest->items[i];
        seki_buf_add_format(out, "\r\n%s %lld\r\n", T(N_("Number:")), (long long)item->number);
        seki_buf_add_format(out, "%s %.*s\r\n", T(N_("From:")), SEKI_STR_ARGS(item->author));
        seki_buf_add_format(out, "%s %.*s\r\n", T(N_("Subject:")), SEKI_STR_ARGS(item->subject));
        seki_buf_add_format(out, "%s %s\r\n", T(N_("Came:")), shown_time(item->held_at_s, held));
        seki_buf_add_format(out, "%s %s\r\n", T(N_("Kept until:")), shown_time(item->expires_at_s, expires));
    }
    if (shown_count(digest) < digest->item_count) {
        seki_buf_add(out, SEKI_STR("\r\n"));
        add_counted(T(N_("And {count} more.")), digest->item_count - shown_count(digest), out);
        seki_buf_add(out, SEKI_STR("\r\n"));
    }
    seki_buf_add_format(out, "\r\n%s\r\n", advice_of(digest));
}

static void add_cell(const char *tag, struct seki_str text, struct seki_buf *out)
{
    seki_buf_add_format(out, "<%s>", tag);
    add_html(text, out);
    seki_buf_add_format(out, "</%s>", tag);
}

static void add_row(const char *tag, const struct seki_str cells[5], struct seki_buf *out)
{
    seki_buf_add(out, SEKI_STR("<tr>"));
    for (size_t i = 0; i < 5; i++)
        add_cell(tag, cells[i], out);
    seki_buf_add(out, SEKI_STR("</tr>\r\n"));
}

static void write_html(const struct quarantine_digest *digest, struct seki_buf *out)
{
    char number[32], held[DATE_MAX], expires[DATE_MAX];
    const struct seki_str headings[] = { seki_str_of(T(N_("Number"))), seki_str_of(T(N_("From"))),
                                         seki_str_of(T(N_("Subject"))), seki_str_of(T(N_("Came"))),
                                         seki_str_of(T(N_("Kept until"))) };
    seki_buf_add_format(out, "<!DOCTYPE html>\r\n<html lang=\"%s\"><head><meta charset=\"utf-8\"></head><body>\r\n",
                        digest->language);
    add_cell("p", seki_str_of(intro_of(digest)), out);
    seki_buf_add(out, SEKI_STR("\r\n<table border=\"1\" cellpadding=\"4\">\r\n"));
    add_row("th", headings, out);
    for (size_t i = 0; i < shown_count(digest); i++) {
        const struct quarantine_digest_item *item = &digest->items[i];
        snprintf(number, sizeof number, "%lld", (long long)item->number);
        const struct seki_str cells[] = { seki_str_of(number), item->author, item->subject,
                                          seki_str_of(shown_time(item->held_at_s, held)),
                                          seki_str_of(shown_time(item->expires_at_s, expires)) };
        add_row("td", cells, out);
    }
    seki_buf_add(out, SEKI_STR("</table>\r\n"));
    add_cell("p", seki_str_of(advice_of(digest)), out);
    seki_buf_add(out, SEKI_STR("\r\n</body></html>\r\n"));
}

/* ---- the parts ---- */

static void add_base64(struct seki_str text, struct seki_buf *out)
{
    while (text.len > 0) {
        char digits[SEKI_BASE64_OCTETS(LINE_OCTETS)];
        size_t len = text.len < LINE_OCTETS ? text.len : LINE_OCTETS;
        seki_base64_encode((const uint8_t *)text.ptr, len, digits);
        seki_buf_add(out, (struct seki_str){ digits, SEKI_BASE64_OCTETS(len) });
        seki_buf_add(out, SEKI_STR("\r\n"));
        text = seki_str_from(text, len);
    }
}

static void add_part(const struct quarantine_digest *digest, const char *type,
                     void (*write)(const struct quarantine_digest *digest, struct seki_buf *out),
                     struct seki_buf *out)
{
    struct seki_buf body;
    seki_buf_init(&body, QUARANTINE_DIGEST_MAX_OCTETS / 3);
    write(digest, &body);
    seki_buf_add_format(
        out, "--" BOUNDARY "\r\nContent-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
        type);
    add_base64(seki_buf_str(&body), out);
    if (seki_buf_failed(&body) != SEKI_OK)
        out->failure = seki_buf_failed(&body);
    seki_buf_release(&body);
}

void quarantine_digest_write(const struct quarantine_digest *digest, struct seki_buf *out)
{
    add_header(digest, out);
    add_part(digest, "text/plain", write_plain, out);
    add_part(digest, "text/html", write_html, out);
    seki_buf_add(out, SEKI_STR("--" BOUNDARY "--\r\n"));
}
