/* Reading an address list. What a run of words is (a display name, a group's name, a local part) is known only from
 * the sign behind it, so a run is first passed over, noting what it could be, and its text made afterwards. In the
 * usual case that text is a view of the field.
 *
 * Nothing is guessed. Whoever forges From hopes that two readers see two domains; a field that is not an address
 * list by the letter of RFC 5322 (obsolete forms included) is refused as a whole. Let through beside the grammar is
 * what leaves no doubt about the domain: an address without "@", as local programs write it, and the empty one of
 * bounces ("MAILER-DAEMON <>"), neither of which has one; and a display name that begins with a dot. */
#include <sekisho/address.h>

#include "message/address_token.h"

#include "base/i18n.h"

#define MAX_MAILBOXES 1000u

struct parser {
    struct seki_arena *arena;
    struct seki_cursor cursor;
    struct seki_address_token token; /* the next one, not used yet */
    struct seki_mailbox *mailboxes;
    size_t mailbox_count, mailbox_capacity, group_count;
    struct seki_str group; /* ptr NULL outside */
    enum seki_result result;
};

/* Words and dots in a row. */
struct run {
    struct seki_address_token first;
    size_t start, end; /* offsets of the whole, comments inside included */
    size_t count;
    bool is_phrase;   /* begins with a word (obs-phrase lets dots follow anywhere) */
    bool is_dotted;   /* words with a dot between each two: local-part and domain */
    bool has_quoted;  /* a quoted string among them */
    bool has_gap;     /* [CFWS] somewhere inside */
    bool has_odd_gap; /* other than one space */
};

static bool fail(struct parser *p, const char *problem)
{
    if (p->cursor.problem == NULL)
        p->cursor.problem = problem;
    if (p->result == SEKI_OK)
        p->result = SEKI_BAD_INPUT;
    return false;
}

static bool fail_memory(struct parser *p)
{
    p->result = seki_arena_failure(p->arena);
    return false;
}

static void advance(struct parser *p)
{
    p->token = seki_address_next(&p->cursor);
}

static bool is_word(const struct seki_address_token *token)
{
    return token->kind == SEKI_ADDRESS_ATOM || token->kind == SEKI_ADDRESS_QUOTED;
}

static void note_gap(struct run *run, const struct parser *p)
{
    size_t gap = p->token.start - run->end;
    run->has_gap |= gap > 0;
    run->has_odd_gap |= gap > 1 || (gap == 1 && p->cursor.text.ptr[run->end] != ' ');
}

/* word = atom / quoted-string ; obs-phrase = word *(word / "." / CFWS) ; obs-local-part = word *("." word) */
static struct run take_run(struct parser *p)
{
    struct run run = { .first = p->token, .start = p->token.start, .is_phrase = is_word(&p->token) };
    bool is_word_due = true;
    run.is_dotted = true;
    while (is_word(&p->token) || p->token.kind == SEKI_ADDRESS_DOT) {
        if (run.count > 0)
            note_gap(&run, p);
        run.is_dotted &= is_word(&p->token) == is_word_due;
        is_word_due = !is_word(&p->token);
        run.has_quoted |= p->token.kind == SEKI_ADDRESS_QUOTED;
        run.end = p->token.end;
        run.count++;
        advance(p);
    }
    run.is_dotted &= run.count > 0 && !is_word_due;
    return run;
}

/* The run's text token by token; a gap becomes one space, or nothing. */
static struct seki_str joined(struct parser *p, const struct run *run, bool keep_gaps)
{
    char *text = seki_arena_octets(p->arena, run->end - run->start);
    if (text == NULL)
        return (struct seki_str){ NULL, 0 };
    struct seki_cursor c = { .text = p->cursor.text, .at = run->start };
    size_t len = 0, last_end = run->start;
    while (c.at < run->end) {
        struct seki_address_token token = seki_address_next(&c);
        if (keep_gaps && token.start > last_end)
            text[len++] = ' ';
        len += token.kind == SEKI_ADDRESS_QUOTED ? seki_unquote(text + len, token.text) : token.text.len;
        if (token.kind != SEKI_ADDRESS_QUOTED)
            memcpy(text + len - token.text.len, token.text.ptr, token.text.len);
        last_end = token.end;
    }
    return (struct seki_str){ text, len };
}

/* What the run means. @return ptr NULL when the arena is full */
static struct seki_str run_text(struct parser *p, const struct run *run, bool keep_gaps)
{
    if (run->count == 0)
        return SEKI_STR("");
    if (run->count == 1 && run->first.is_plain)
        return run->first.text;
    if (!run->has_quoted && (keep_gaps ? !run->has_odd_gap : !run->has_gap))
        return (struct seki_str){ p->cursor.text.ptr + run->start, run->end - run->start };
    return joined(p, run, keep_gaps);
}

static bool grow(struct parser *p)
{
    size_t capacity = p->mailbox_capacity > 0 ? p->mailbox_capacity * 4 : 1;
    struct seki_mailbox *mailboxes = seki_arena_alloc(p->arena, capacity, sizeof *mailboxes);
    if (mailboxes == NULL)
        return fail_memory(p);
    if (p->mailbox_count > 0)
        memcpy(mailboxes, p->mailboxes, p->mailbox_count * sizeof *mailboxes);
    p->mailboxes = mailboxes;
    p->mailbox_capacity = capacity;
    return true;
}

static bool add_mailbox(struct parser *p, struct seki_str display_name, const struct run *local_part,
                        struct seki_str domain)
{
    if (p->mailbox_count == MAX_MAILBOXES)
        return fail(p, N_("more than 1,000 mailboxes"));
    struct seki_str local = run_text(p, local_part, false);
    if (local.ptr == NULL || display_name.ptr == NULL)
        return fail_memory(p);
    if (p->mailbox_count == p->mailbox_capacity && !grow(p))
        return false;
    p->mailboxes[p->mailbox_count++] = (struct seki_mailbox){
        .display_name = display_name, .local_part = local, .domain = domain, .group = p->group
    };
    return true;
}

/* A literal's text without the white space that is allowed in it. */
static bool take_literal(struct parser *p, struct seki_str *domain_out)
{
    struct seki_str text = p->token.text;
    *domain_out = text;
    if (!p->token.is_plain) {
        char *plain = seki_arena_octets(p->arena, text.len);
        if (plain == NULL)
            return fail_memory(p);
        *domain_out = (struct seki_str){ plain, 0 };
        for (size_t i = 0; i < text.len; i++)
            if (!seki_is_space(text.ptr[i]))
                plain[domain_out->len++] = text.ptr[i];
    }
    advance(p);
    return true;
}

/* domain = dot-atom / domain-literal / obs-domain ; obs-domain = atom *("." atom) */
static bool take_domain(struct parser *p, struct seki_str *domain_out)
{
    if (p->token.kind == SEKI_ADDRESS_LITERAL) {
        if (!take_literal(p, domain_out))
            return false;
    } else {
        struct run run = take_run(p);
        if (!run.is_dotted || run.has_quoted)
            return fail(p, N_("no domain"));
        *domain_out = run_text(p, &run, false);
        if (domain_out->ptr == NULL)
            return fail_memory(p);
    }
    return seki_str_is_utf8(*domain_out) || fail(p, N_("a domain that is not UTF-8"));
}

/* addr-spec = local-part "@" domain, the local part passed already; or no "@" at all */
static bool take_addr_spec(struct parser *p, struct seki_str display_name, const struct run *local_part)
{
    struct seki_str domain = SEKI_STR("");
    if (!local_part->is_dotted)
        return fail(p, N_("no address"));
    if (p->token.kind == SEKI_ADDRESS_AT) {
        advance(p);
        if (!take_domain(p, &domain))
            return false;
    }
    return add_mailbox(p, display_name, local_part, domain);
}

/* obs-route = obs-domain-list ":" ; obs-domain-list = *(CFWS / ",") "@" domain *("," [CFWS] ["@" domain])
 * To be ignored (RFC 5322 section 4.4). */
static bool skip_route(struct parser *p)
{
    struct seki_str ignored;
    while (p->token.kind == SEKI_ADDRESS_COMMA)
        advance(p);
    do {
        bool is_at = p->token.kind == SEKI_ADDRESS_AT;
        if (!is_at && p->token.kind != SEKI_ADDRESS_COMMA)
            return fail(p, N_("a bad source route"));
        advance(p);
        if (is_at && !take_domain(p, &ignored))
            return false;
        if (is_at && p->token.kind != SEKI_ADDRESS_COMMA && p->token.kind != SEKI_ADDRESS_COLON)
            return fail(p, N_("a bad source route"));
    } while (p->token.kind != SEKI_ADDRESS_COLON);
    advance(p);
    return true;
}

/* angle-addr = [CFWS] "<" addr-spec ">" [CFWS] / obs-angle-addr */
static bool take_angle_addr(struct parser *p, struct seki_str display_name)
{
    advance(p);
    bool is_route = p->token.kind == SEKI_ADDRESS_AT || p->token.kind == SEKI_ADDRESS_COMMA;
    if (is_route && !skip_route(p))
        return false;
    struct run run = take_run(p);
    bool is_empty = run.count == 0 && p->token.kind == SEKI_ADDRESS_GREATER && !is_route;
    if (!(is_empty ? add_mailbox(p, display_name, &run, SEKI_STR("")) : take_addr_spec(p, display_name, &run)))
        return false;
    if (p->token.kind != SEKI_ADDRESS_GREATER)
        return fail(p, N_("no \">\""));
    advance(p);
    return true;
}

static bool take_list(struct parser *p, enum seki_address_kind closing);

/* group = display-name ":" [group-list] ";" [CFWS], the name passed already */
static bool take_group(struct parser *p, const struct run *name)
{
    p->group = run_text(p, name, true);
    if (p->group.ptr == NULL)
        return fail_memory(p);
    advance(p);
    if (!take_list(p, SEKI_ADDRESS_SEMICOLON))
        return false;
    advance(p);
    p->group = (struct seki_str){ NULL, 0 };
    p->group_count++;
    return true;
}

/* address = mailbox / group ; mailbox = name-addr / addr-spec ; name-addr = [display-name] angle-addr */
static bool take_address(struct parser *p)
{
    struct run run = take_run(p);
    switch (p->token.kind) {
    case SEKI_ADDRESS_LESS: return take_angle_addr(p, run_text(p, &run, true));
    case SEKI_ADDRESS_COLON:
        if (!run.is_phrase || p->group.ptr != NULL)
            return fail(p, N_("a colon that begins no group"));
        return take_group(p, &run);
    default: return take_addr_spec(p, SEKI_STR(""), &run);
    }
}

/* address-list = (address *("," address)) / obs-addr-list ; the obsolete forms let elements be empty. Groups do
 * not nest, so this is called from within itself once at most. */
static bool take_list(struct parser *p, enum seki_address_kind closing)
{
    for (;;) {
        while (p->token.kind == SEKI_ADDRESS_COMMA)
            advance(p);
        if (p->token.kind == closing)
            return true;
        if (!take_address(p))
            return false;
        if (p->token.kind != SEKI_ADDRESS_COMMA && p->token.kind != closing)
            return fail(p, N_("something behind an address that is no comma"));
    }
}

enum seki_result seki_address_parse_list(struct seki_arena *arena, struct seki_str value,
                                         struct seki_address_list *list_out, struct seki_error *why)
{
    struct parser p = { .arena = arena, .cursor.text = value };
    *list_out = (struct seki_address_list){ 0 };
    advance(&p);
    if (take_list(&p, SEKI_ADDRESS_END) && p.mailbox_count + p.group_count == 0)
        fail(&p, N_("no address"));
    if (p.result == SEKI_BAD_INPUT)
        seki_error_set(why, "not an address list: %s at octet %zu", p.cursor.problem, p.token.start + 1);
    else if (p.result != SEKI_OK)
        seki_error_set(why, "no memory left in the message for its addresses");
    else
        *list_out = (struct seki_address_list){ p.mailboxes, p.mailbox_count, p.group_count };
    return p.result;
}
