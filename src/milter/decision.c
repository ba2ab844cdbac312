#include "milter/decision.h"

static bool is_printable(struct seki_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < ' ' || s.ptr[i] > '~')
            return false;
    }
    return true;
}

/* RFC 5321 section 2.3.9, RFC 3463 section 2:
 *     status-code = ("2" / "4" / "5") "." subject "." detail ; subject, detail: 1*3digit */
static bool is_enhanced_code(struct seki_str s, char class)
{
    struct seki_str rest = s, piece;
    uint64_t number;
    for (int part = 0; part < 3; part++) {
        if (!seki_str_split(&rest, '.', &piece) || piece.len > 3 || !seki_str_to_u64(piece, 999, &number))
            return false;
    }
    return rest.ptr == NULL && s.ptr[0] == class && s.ptr[1] == '.';
}

/* sendmail takes the text for a format string; Postfix undoes the doubling. */
static void add_percent_doubled(struct seki_buf *out, struct seki_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        seki_buf_add_char(out, s.ptr[i]);
        if (s.ptr[i] == '%')
            seki_buf_add_char(out, '%');
    }
}

bool milter_reply_words(struct seki_buf *words_out, const struct milter_reply *reply)
{
    seki_buf_clear(words_out);
    if (reply->code == 0)
        return true;
    if (reply->code < 400 || reply->code > 599)
        return false;
    char class = reply->code < 500 ? '4' : '5';
    struct seki_str enhanced = reply->enhanced;
    if (enhanced.len == 0) /* Postfix refuses a reply without one */
        enhanced = class == '4' ? SEKI_STR("4.7.1") : SEKI_STR("5.7.1");
    if (!is_enhanced_code(enhanced, class) || reply->text.len == 0 || reply->text.len > MILTER_REPLY_TEXT_MAX ||
        !is_printable(reply->text))
        return false;
    seki_buf_add_format(words_out, "%u ", reply->code);
    seki_buf_add(words_out, enhanced);
    seki_buf_add_char(words_out, ' ');
    add_percent_doubled(words_out, reply->text);
    if (seki_buf_failed(words_out) == SEKI_OK)
        return true;
    seki_buf_clear(words_out);
    return false;
}

void milter_answer_write(struct seki_buf *out, enum milter_action action, struct seki_str words)
{
    static const struct {
        char code, reply_class;
    } answers[] = {
        [MILTER_CONTINUE] = { MILTER_RSP_CONTINUE, 0 }, [MILTER_ACCEPT] = { MILTER_RSP_ACCEPT, 0 },
        [MILTER_REJECT] = { MILTER_RSP_REJECT, '5' },   [MILTER_TEMPFAIL] = { MILTER_RSP_TEMPFAIL, '4' },
        [MILTER_DISCARD] = { MILTER_RSP_DISCARD, 0 },
    };
    if (words.len == 0 || words.ptr[0] != answers[action].reply_class) {
        milter_packet_plain(out, answers[action].code);
        return;
    }
    size_t begin = milter_packet_begin(out, MILTER_RSP_REPLY_CODE);
    milter_packet_string(out, words);
    milter_packet_end(out, begin);
}

/* RFC 5322 section 3.6.8:  field-name = 1*ftext ; ftext = %d33-57 / %d59-126 */
static bool is_field_name(struct seki_str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] <= ' ' || name.ptr[i] > '~' || name.ptr[i] == ':')
            return false;
    }
    return name.len > 0;
}

/* Line ends only where white space follows, and become LF, as the protocol wants them. False: refused. */
static bool add_value(struct seki_buf *out, struct seki_str value)
{
    size_t start = 0;
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        if (c == '\0')
            return false;
        if (c != '\r' && c != '\n')
            continue;
        seki_buf_add(out, (struct seki_str){ value.ptr + start, i - start });
        if (c == '\r' && ++i == value.len)
            return false;
        if (value.ptr[i] != '\n' || i + 1 == value.len || !seki_is_wsp(value.ptr[i + 1]))
            return false;
        seki_buf_add_char(out, '\n');
        start = i + 1;
    }
    seki_buf_add(out, (struct seki_str){ value.ptr + start, value.len - start });
    return true;
}

static enum seki_result refuse(struct seki_error *why, const char *what, struct seki_str name)
{
    seki_error_set(why, "%s \"%.*s\"", what, is_printable(name) ? (int)seki_str_head(name, 80).len : 0, name.ptr);
    return SEKI_BAD_INPUT;
}

static enum seki_result write_removal(struct seki_buf *out, const struct milter_field_removal *removal,
                                      struct seki_error *why)
{
    if (!is_field_name(removal->name))
        return refuse(why, "cannot remove a field of this name:", removal->name);
    if (removal->ordinal == 0 || removal->ordinal > INT32_MAX)
        return refuse(why, "the ordinal of the field to remove is out of range:", removal->name);
    size_t begin = milter_packet_begin(out, MILTER_RSP_CHANGE_FIELD);
    milter_packet_u32(out, removal->ordinal);
    milter_packet_string(out, removal->name);
    milter_packet_string(out, SEKI_STR(""));
    if (milter_packet_end(out, begin) >= MILTER_REPLY_PACKET_MAX)
        return refuse(why, "the name of the field to remove is too long:", removal->name);
    return SEKI_OK;
}

/* The value with one space in front, by whoever puts it, and the NUL behind. False: refused. */
static bool add_field_value(struct seki_buf *out, struct seki_str value, bool keep_leading_space)
{
    bool has_space = value.len > 0 && seki_is_wsp(value.ptr[0]);
    if (keep_leading_space && !has_space)
        seki_buf_add_char(out, ' ');
    if (!keep_leading_space && has_space) /* the MTA puts one */
        value = seki_str_from(value, 1);
    if (!add_value(out, value))
        return false;
    seki_buf_add_char(out, '\0');
    return true;
}

static enum seki_result write_insertion(struct seki_buf *out, const struct milter_field_insertion *insertion,
                                        bool keep_leading_space, struct seki_error *why)
{
    if (!is_field_name(insertion->name))
        return refuse(why, "cannot add a field of this name:", insertion->name);
    if (insertion->index > INT32_MAX - 1)
        return refuse(why, "the index of the field to add is out of range:", insertion->name);
    size_t begin = milter_packet_begin(out, MILTER_RSP_INSERT_FIELD);
    milter_packet_u32(out, insertion->index);
    milter_packet_string(out, insertion->name);
    if (!add_field_value(out, insertion->value, keep_leading_space))
        return refuse(why,
                      "NUL, or a line end without white space after it, in the field to add:", insertion->name);
    if (milter_packet_end(out, begin) >= MILTER_REPLY_PACKET_MAX)
        return refuse(why, "too long, the field to add:", insertion->name);
    return SEKI_OK;
}

static enum seki_result write_replacement(struct seki_buf *out, const struct milter_field_replacement *replacement,
                                          bool keep_leading_space, struct seki_error *why)
{
    if (!is_field_name(replacement->name))
        return refuse(why, "cannot change a field of this name:", replacement->name);
    if (replacement->ordinal == 0 || replacement->ordinal > INT32_MAX)
        return refuse(why, "the ordinal of the field to change is out of range:", replacement->name);
    if (seki_str_trim(replacement->value).len == 0)
        return refuse(why, "nothing to change it to, the field:", replacement->name);
    size_t begin = milter_packet_begin(out, MILTER_RSP_CHANGE_FIELD);
    milter_packet_u32(out, replacement->ordinal);
    milter_packet_string(out, replacement->name);
    if (!add_field_value(out, replacement->value, keep_leading_space))
        return refuse(
            why, "NUL, or a line end without white space after it, in the field to change:", replacement->name);
    if (milter_packet_end(out, begin) >= MILTER_REPLY_PACKET_MAX)
        return refuse(why, "too long, the field to change:", replacement->name);
    return SEKI_OK;
}

/* One word as the MTA takes it: addresses may be UTF-8 (RFC 6531), but nothing in them ends a line or a string. */
static enum seki_result write_word(struct seki_buf *out, enum milter_response code, struct seki_str word,
                                   struct seki_error *why)
{
    for (size_t i = 0; i < word.len; i++) {
        if ((unsigned char)word.ptr[i] < ' ' || word.ptr[i] == '\x7f')
            return refuse(why, "a control character in a recipient, or in the reason for a quarantine,",
                          SEKI_STR(""));
    }
    size_t begin = milter_packet_begin(out, (char)code);
    milter_packet_string(out, word);
    if (word.len == 0 || milter_packet_end(out, begin) >= MILTER_REPLY_PACKET_MAX)
        return refuse(why, "an empty recipient, or one that is too long,", SEKI_STR(""));
    return SEKI_OK;
}

static enum seki_result write_envelope(struct seki_buf *out, const struct milter_decision *decision,
                                       struct seki_error *why)
{
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; i < decision->added_recipient_count && result == SEKI_OK; i++)
        result = write_word(out, MILTER_RSP_ADD_RCPT, decision->added_recipients[i], why);
    for (size_t i = 0; i < decision->removed_recipient_count && result == SEKI_OK; i++)
        result = write_word(out, MILTER_RSP_DELETE_RCPT, decision->removed_recipients[i], why);
    if (decision->quarantine.len > 0 && result == SEKI_OK)
        result = write_word(out, MILTER_RSP_QUARANTINE, decision->quarantine, why);
    return result;
}

static enum seki_result write_changes(struct seki_buf *out, const struct milter_decision *decision,
                                      bool keep_leading_space, struct seki_error *why)
{
    enum seki_result result = SEKI_OK;
    for (size_t i = 0; i < decision->removal_count && result == SEKI_OK; i++)
        result = write_removal(out, &decision->removals[i], why);
    for (size_t i = 0; i < decision->insertion_count && result == SEKI_OK; i++)
        result = write_insertion(out, &decision->insertions[i], keep_leading_space, why);
    for (size_t i = 0; i < decision->replacement_count && result == SEKI_OK; i++)
        result = write_replacement(out, &decision->replacements[i], keep_leading_space, why);
    if (result == SEKI_OK)
        result = write_envelope(out, decision, why);
    return result;
}

static enum seki_result write_all(struct seki_buf *out, const struct milter_decision *decision,
                                  struct seki_str words, bool keep_leading_space, struct seki_error *why)
{
    enum seki_result result = SEKI_OK;
    if ((unsigned)decision->action >= MILTER_LATER) {
        seki_error_set(why, "action %d is no decision", (int)decision->action);
        return SEKI_BAD_INPUT;
    }
    if (decision->action == MILTER_CONTINUE || decision->action == MILTER_ACCEPT)
        result = write_changes(out, decision, keep_leading_space, why);
    if (result != SEKI_OK)
        return result;
    milter_answer_write(out, decision->action, words);
    if (seki_buf_failed(out) != SEKI_OK)
        seki_error_set(why, "the changes of one message exceed %zu octets, or there is no memory", out->max);
    return seki_buf_failed(out);
}

uint32_t milter_decision_changes(const struct milter_decision *decision)
{
    if (decision->action != MILTER_CONTINUE && decision->action != MILTER_ACCEPT)
        return 0;
    return (decision->added_recipient_count > 0 ? MILTER_MAY_ADD_RCPT : 0) |
           (decision->removed_recipient_count > 0 ? MILTER_MAY_DELETE_RCPT : 0) |
           (decision->quarantine.len > 0 ? MILTER_MAY_QUARANTINE : 0);
}

enum seki_result milter_decision_write(struct seki_buf *out, const struct milter_decision *decision,
                                       struct seki_str words, bool keep_leading_space, struct seki_error *why)
{
    size_t before = out->len;
    enum seki_result result = write_all(out, decision, words, keep_leading_space, why);
    if (result != SEKI_OK) {
        out->len = before;
        out->failure = SEKI_OK;
    }
    return result;
}
