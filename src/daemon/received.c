/* The field as it is found (h = name given in HELO, r = name found by address):
 *
 *   Postfix            from h (r [192.0.2.1]) by …
 *   Sendmail           from h (r [192.0.2.1] (may be forged)) by …
 *   Exim               from r ([192.0.2.1] helo=h) by …      from [192.0.2.1] (helo=h) by …
 *   qmail              from r (HELO h) (192.0.2.1) by …
 *   Exchange           from h (192.0.2.1) by …
 *
 * h and r are the sender's to choose. So nothing glued to the first word counts, of several bracketed addresses in
 * a comment the last does (r stands before it), and what stands after "helo=" is no address. */
#include "daemon/received.h"

#define MAX_HOPS          50u
#define MAX_COMMENT_DEPTH 10u

static struct seki_str skip_space(struct seki_str s)
{
    size_t i = 0;
    while (i < s.len && seki_is_space(s.ptr[i]))
        i++;
    return seki_str_from(s, i);
}

/* What stands before the next white space or parenthesis. */
static struct seki_str cut_word(struct seki_str *rest)
{
    size_t i = 0;
    while (i < rest->len && !seki_is_space(rest->ptr[i]) && rest->ptr[i] != '(' && rest->ptr[i] != ')')
        i++;
    struct seki_str word = seki_str_head(*rest, i);
    *rest = seki_str_from(*rest, i);
    return word;
}

/* *rest begins with "(": its inside; false when it is not closed or too deep. */
static bool cut_comment(struct seki_str *rest, struct seki_str *inside_out)
{
    unsigned depth = 0;
    for (size_t i = 0; i < rest->len; i++) {
        if (rest->ptr[i] == '\\') {
            i++;
        } else if (rest->ptr[i] == '(' && ++depth > MAX_COMMENT_DEPTH) {
            return false;
        } else if (rest->ptr[i] == ')' && --depth == 0) {
            *inside_out = seki_str_head(seki_str_from(*rest, 1), i - 1);
            *rest = seki_str_from(*rest, i + 1);
            return true;
        }
    }
    return false;
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]" */
static bool read_literal(struct seki_str text, struct seki_ip *address_out)
{
    return text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']' &&
           seki_ip_parse(seki_str_head(seki_str_from(text, 1), text.len - 2), address_out);
}

/* "HELO h" (qmail) or "helo=h" (Exim): h, and what stands before. */
static bool find_helo(struct seki_str text, struct seki_str *before_out, struct seki_str *helo_out)
{
    static const struct seki_str marks[] = { SEKI_STR_INIT("helo="), SEKI_STR_INIT("HELO "),
                                             SEKI_STR_INIT("EHLO ") };
    for (size_t i = 0; i < text.len; i++) {
        bool is_word_start = i == 0 || seki_is_space(text.ptr[i - 1]);
        for (size_t j = 0; j < sizeof marks / sizeof marks[0] && is_word_start; j++) {
            struct seki_str rest = seki_str_from(text, i);
            if (!seki_str_starts_with(rest, marks[j]))
                continue;
            rest = skip_space(seki_str_from(rest, marks[j].len));
            *before_out = seki_str_head(text, i);
            *helo_out = cut_word(&rest);
            return true;
        }
    }
    return false;
}

/* The last bracketed address that stands as a word; a port may follow it ("[192.0.2.1]:25"). Else an address that is
 * all there is, with or without a user before "@". */
static bool find_address(struct seki_str text, struct seki_ip *address_out)
{
    struct seki_ip address;
    struct seki_str rest = text, trimmed = seki_str_trim(text);
    bool is_found = false;
    while ((rest = skip_space(rest)).len > 0) {
        struct seki_str word = cut_word(&rest);
        if (word.len == 0) /* a parenthesis */
            rest = seki_str_from(rest, 1);
        size_t close = seki_str_find(word, ']');
        bool has_port = close + 1 < word.len && word.ptr[close + 1] == ':';
        if (read_literal(has_port ? seki_str_head(word, close + 1) : word, &address)) {
            *address_out = address;
            is_found = true;
        }
    }
    if (is_found)
        return true;
    size_t at = seki_str_find_last(trimmed, '@');
    return seki_ip_parse(at < trimmed.len ? seki_str_from(trimmed, at + 1) : trimmed, address_out);
}

/* The comments behind the first word, up to the one that holds the address. When none does, the first word may: as
 * Exim writes it, with HELO in the comment, or without a comment. A literal beside any other comment is what the
 * sender said in HELO. */
static bool read_comments(struct seki_str rest, struct seki_str first, struct received_client *client)
{
    struct seki_str inside;
    bool is_address_first = true;
    while ((rest = skip_space(rest)).len > 0 && rest.ptr[0] == '(') {
        if (!cut_comment(&rest, &inside))
            return false;
        struct seki_str before = inside;
        is_address_first = find_helo(inside, &before, &client->helo);
        if (find_address(before, &client->address))
            return true;
    }
    return is_address_first && read_literal(first, &client->address);
}

bool received_read(struct seki_str value, struct received_client *client_out)
{
    struct seki_str rest = skip_space(value);
    *client_out = (struct received_client){ 0 };
    if (!seki_str_equal_nocase(cut_word(&rest), SEKI_STR("from")))
        return false;
    rest = skip_space(rest);
    struct seki_str first = cut_word(&rest);
    if (first.len == 0 || rest.len == 0 || !seki_is_space(rest.ptr[0]))
        return false;
    client_out->helo = first;
    if (read_comments(rest, first, client_out))
        return true;
    *client_out = (struct received_client){ 0 };
    return false;
}

static bool is_inside(const struct seki_ip *address, const struct config_networks *relays)
{
    static const struct seki_ip loopback4 = { 4, { 127 } }, loopback6 = { 16, { [15] = 1 } };
    return config_networks_contain(relays, address) || seki_ip_in_network(address, &loopback4, 8) ||
           seki_ip_in_network(address, &loopback6, 128);
}

bool received_find_client(const struct seki_message *message, const struct config_networks *relays,
                          struct received_client *client_out, struct seki_error *why)
{
    unsigned hops = 0;
    for (size_t i = 0; i < seki_message_field_count(message) && hops < MAX_HOPS; i++) {
        const struct seki_field *field = seki_message_field(message, i);
        if (!seki_str_equal_nocase(field->name, SEKI_STR("Received")))
            continue;
        hops++;
        if (!received_read(field->value, client_out)) {
            seki_error_set(why, "Received field %u from the top, written by a relay, names no client", hops);
            return false;
        }
        if (!is_inside(&client_out->address, relays))
            return true;
    }
    *client_out = (struct received_client){ 0 };
    seki_error_set(why, "%s",
                   hops == 0 ? "a relay brought it without a Received field"
                             : "its Received fields name nobody but our relays");
    return false;
}
