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
#include "message/received.h"

#include "message/date.h"

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

/* The name that the server found by the address stands at the front of the comment: "r [192.0.2.1]". */
static struct seki_str reverse_name(struct seki_str text)
{
    struct seki_ip address;
    struct seki_str rest = skip_space(text);
    struct seki_str word = cut_word(&rest);
    size_t at = seki_str_find_last(word, '@'); /* a user, by ident */
    word = at < word.len ? seki_str_from(word, at + 1) : word;
    bool is_name = word.len > 0 && word.ptr[0] != '[' && seki_str_find(word, '=') == word.len &&
                   !seki_str_equal_nocase(word, SEKI_STR("unknown")) && !seki_ip_parse(word, &address);
    return is_name ? word : SEKI_STR("");
}

/* The comments behind the first word, up to the one that holds the address. When none does, the first word may: as
 * Exim writes it, with HELO in the comment, or without a comment. A literal beside any other comment is what the
 * sender said in HELO. */
static bool read_comments(struct seki_str rest, struct seki_str first, struct seki_received_client *client)
{
    struct seki_str inside;
    bool is_address_first = true;
    while ((rest = skip_space(rest)).len > 0 && rest.ptr[0] == '(') {
        if (!cut_comment(&rest, &inside))
            return false;
        struct seki_str before = inside;
        is_address_first = find_helo(inside, &before, &client->helo);
        if (find_address(before, &client->address)) {
            client->name = reverse_name(client->helo.ptr != first.ptr ? first : before);
            return true;
        }
    }
    return is_address_first && read_literal(first, &client->address);
}

bool seki_received_client_read(struct seki_str value, struct seki_received_client *client_out)
{
    struct seki_str rest = skip_space(value);
    *client_out = (struct seki_received_client){ 0 };
    if (!seki_str_equal_nocase(cut_word(&rest), SEKI_STR("from")))
        return false;
    rest = skip_space(rest);
    struct seki_str first = cut_word(&rest);
    if (first.len == 0 || rest.len == 0 || !seki_is_space(rest.ptr[0]))
        return false;
    client_out->helo = first;
    client_out->name = SEKI_STR("");
    if (read_comments(rest, first, client_out))
        return true;
    *client_out = (struct seki_received_client){ 0 };
    return false;
}

/* "TLSv1.3", "TLS1_2", "TLSv1"; but not "TLS_AES_128_GCM_SHA256". */
static bool read_tls_version(struct seki_str text, struct seki_received *received)
{
    struct seki_str rest = seki_str_from(text, sizeof "TLS" - 1);
    if (!seki_str_starts_with_nocase(text, SEKI_STR("TLS")) || rest.len == 0)
        return false;
    if (seki_ascii_lower(rest.ptr[0]) == 'v')
        rest = seki_str_from(rest, 1);
    if (rest.len == 0 || !seki_is_digit(rest.ptr[0]))
        return false;
    received->tls_major = (unsigned)(rest.ptr[0] - '0');
    if (rest.len > 2 && (rest.ptr[1] == '.' || rest.ptr[1] == '_') && seki_is_digit(rest.ptr[2]))
        received->tls_minor = (unsigned)(rest.ptr[2] - '0');
    return true;
}

static void find_tls(struct seki_str text, struct seki_received *received)
{
    for (size_t i = 0; i < text.len && received->tls_major == 0; i++) {
        bool is_word_start = i == 0 || !seki_is_alnum(text.ptr[i - 1]);
        if (is_word_start && read_tls_version(seki_str_from(text, i), received))
            return;
    }
}

/* Opt-info = [Via] [With] [ID] [For] [Additional-Registered-Clauses] ; and what stands before them */
enum clause { CLAUSE_FROM, CLAUSE_BY, CLAUSE_VIA, CLAUSE_WITH, CLAUSE_ID, CLAUSE_FOR, CLAUSES };

static const struct seki_str clause_names[CLAUSES] = {
    [CLAUSE_FROM] = SEKI_STR_INIT("from"), [CLAUSE_BY] = SEKI_STR_INIT("by"), [CLAUSE_VIA] = SEKI_STR_INIT("via"),
    [CLAUSE_WITH] = SEKI_STR_INIT("with"), [CLAUSE_ID] = SEKI_STR_INIT("id"), [CLAUSE_FOR] = SEKI_STR_INIT("for"),
};

static enum clause clause_named(struct seki_str word)
{
    size_t i = 0;
    while (i < CLAUSES && !seki_str_equal_nocase(clause_names[i], word))
        i++;
    return (enum clause)i;
}

/* The word behind a clause's name is its value, whatever it looks like; "with" goes on up to the next name or comment
 * ("Microsoft SMTP Server"). The first clause of a name counts. */
struct clause_walk {
    struct seki_str values[CLAUSES];
    enum clause open;
    bool is_value_next;
};

static void walk_word(struct clause_walk *walk, struct seki_str word)
{
    enum clause named = clause_named(word);
    if (walk->is_value_next) {
        if (walk->values[walk->open].len == 0)
            walk->values[walk->open] = word;
        else
            walk->open = CLAUSES;
        walk->is_value_next = false;
    } else if (named < CLAUSES) {
        walk->open = named;
        walk->is_value_next = true;
    } else if (walk->open == CLAUSE_WITH) {
        struct seki_str *with = &walk->values[CLAUSE_WITH];
        with->len = (size_t)(word.ptr + word.len - with->ptr);
    } else {
        walk->open = CLAUSES;
    }
}

static void walk_clauses(struct seki_str rest, struct seki_received *received)
{
    struct clause_walk walk = { .open = CLAUSES };
    struct seki_str inside;
    while ((rest = skip_space(rest)).len > 0) {
        struct seki_str word = cut_word(&rest);
        if (word.len > 0) {
            walk_word(&walk, word);
        } else if (rest.ptr[0] == '(' && cut_comment(&rest, &inside)) {
            find_tls(inside, received);
            walk.open = walk.is_value_next ? walk.open : CLAUSES;
        } else {
            rest = seki_str_from(rest, 1); /* a parenthesis without its other half */
        }
    }
    received->client.helo = walk.values[CLAUSE_FROM];
    received->by = walk.values[CLAUSE_BY];
    received->with = walk.values[CLAUSE_WITH];
    received->id = walk.values[CLAUSE_ID];
    received->for_path = walk.values[CLAUSE_FOR];
}

/* Time-stamp-line = "Received:" FWS Stamp <CRLF>
 * Stamp = From-domain By-domain Opt-info [CFWS] ";" FWS date-time */
bool seki_received_read(struct seki_str value, struct seki_received *received_out)
{
    size_t semicolon = seki_str_find_last(value, ';');
    struct seki_received_client client;
    *received_out = (struct seki_received){ .date = seki_str_trim(seki_str_from(value, semicolon + 1)) };
    walk_clauses(seki_str_head(value, semicolon), received_out);
    if (seki_received_client_read(value, &client))
        received_out->client = client;
    received_out->has_time = seki_date_read(received_out->date, &received_out->time_s);
    return received_out->client.helo.len > 0 || received_out->by.len > 0 || received_out->date.len > 0;
}
