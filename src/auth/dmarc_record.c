/* The DMARC policy record: RFC 9989 sections 4.7 and 4.8, reading and writing.
 *
 *   dmarc-record  = dmarc-version *(dmarc-sep dmarc-tag) [dmarc-sep]
 *   dmarc-sep     = *WSP ";" *WSP
 *   dmarc-tag     = 1*ALPHA equals 1*dmarc-value
 *   equals        = *WSP "=" *WSP
 *
 * Only a wrong version makes the record none: "Syntax errors in the remainder of the record MUST be discarded in
 * favor of default values (if any) or ignored outright" (section 4.8). A tag that comes twice is such an error,
 * so the second one is ignored; the RFC is silent there, and dropping the whole record, as RFC 6376 section 3.2
 * does, would take the domain's protection away. Literals and tag names are compared without case, as RFC 5234
 * section 2.3 has it. Tags of RFC 7489 that are gone (rf, ri) are unknown tags; pct is kept to be seen and has no
 * effect. */
#include "auth/dmarc_record.h"

#include "auth/dmarc_uri.h"

#include <assert.h>

/* Room for reports to more places than anybody lists; a record of 64 KiB could hold 20,000 of them, and the
 * message's memory is bounded. */
#define MAX_URIS 100u

struct parse {
    struct seki_arena *arena;
    struct seki_dmarc_record *record;
    struct seki_dmarc_pieces *pieces; /* NULL: nobody wants to know */
    uint8_t fo;                       /* kept apart: it counts only beside ruf= */
    bool has_seen[16];                /* by row of the table below */
};

/* 1. Words and their values, used for reading and for writing. */

struct word {
    const char *name;
    unsigned value;
};

/* dmarc-request = "none" / "quarantine" / "reject" */
static const struct word requests[] = { { "none", SEKI_DMARC_POLICY_NONE },
                                        { "quarantine", SEKI_DMARC_POLICY_QUARANTINE },
                                        { "reject", SEKI_DMARC_POLICY_REJECT },
                                        { NULL, 0 } };
/* dmarc-psd = "y" / "n" / "u" */
static const struct word psds[] = {
    { "u", SEKI_DMARC_PSD_UNKNOWN }, { "y", SEKI_DMARC_PSD_YES }, { "n", SEKI_DMARC_PSD_NO }, { NULL, 0 }
};
/* dmarc-yorn = "y" / "n" */
static const struct word yes_or_no[] = { { "n", false }, { "y", true }, { NULL, 0 } };
/* dmarc-rors = "r" / "s" */
static const struct word relaxed_or_strict[] = { { "r", false }, { "s", true }, { NULL, 0 } };
/* the elements of dmarc-fo */
static const struct word failure_options[] = { { "0", SEKI_DMARC_FO_0 },
                                               { "1", SEKI_DMARC_FO_1 },
                                               { "d", SEKI_DMARC_FO_D },
                                               { "s", SEKI_DMARC_FO_S },
                                               { NULL, 0 } };

static bool find_word(const struct word *words, struct seki_str text, unsigned *value_out)
{
    for (; words->name != NULL; words++) {
        if (!seki_str_equal_nocase(text, seki_str_of(words->name)))
            continue;
        *value_out = words->value;
        return true;
    }
    return false;
}

static const char *word_for(const struct word *words, unsigned value)
{
    for (; words->name != NULL; words++)
        if (words->value == value)
            return words->name;
    return "";
}

const char *seki_dmarc_policy_name(enum seki_dmarc_policy policy)
{
    return word_for(requests, policy);
}

/* 2. The version. */

static struct seki_str skip_wsp(struct seki_str text)
{
    while (text.len > 0 && seki_is_wsp(text.ptr[0]))
        text = (struct seki_str){ text.ptr + 1, text.len - 1 };
    return text;
}

static struct seki_str trim_wsp(struct seki_str text)
{
    text = skip_wsp(text);
    while (text.len > 0 && seki_is_wsp(text.ptr[text.len - 1]))
        text.len--;
    return text;
}

/* dmarc-version = "v" equals %s"DMARC1"
 * RFC 9989 section 4.7: "This tag MUST be the first tag in the list. The tag value is case sensitive". */
bool seki_dmarc_record_is_one(struct seki_str text)
{
    struct seki_str first;
    if (!seki_str_split(&text, ';', &first) || first.len == 0 || seki_ascii_lower(first.ptr[0]) != 'v')
        return false;
    struct seki_str equals = skip_wsp(seki_str_from(first, 1));
    if (equals.len == 0 || equals.ptr[0] != '=')
        return false;
    return seki_str_equal(trim_wsp(seki_str_from(equals, 1)), SEKI_STR("DMARC1"));
}

/* 3. Readers of values, one for each value rule of table 2. They return whether they accept the value; what they do not
 *    accept leaves the default. */

static bool read_policy(struct parse *parse, struct seki_str value, enum seki_dmarc_policy *policy)
{
    unsigned found;
    bool is_valid = find_word(requests, value, &found);
    if (is_valid)
        *policy = (enum seki_dmarc_policy)found;
    else
        parse->record->has_invalid_policy = true;
    return is_valid;
}

static bool read_p(struct parse *parse, struct seki_str value)
{
    return read_policy(parse, value, &parse->record->p);
}

static bool read_sp(struct parse *parse, struct seki_str value)
{
    return read_policy(parse, value, &parse->record->sp);
}

static bool read_np(struct parse *parse, struct seki_str value)
{
    return read_policy(parse, value, &parse->record->np);
}

static bool read_psd(struct parse *parse, struct seki_str value)
{
    unsigned found;
    bool is_valid = find_word(psds, value, &found);
    if (is_valid)
        parse->record->psd = (enum seki_dmarc_psd)found;
    return is_valid;
}

static bool read_flag(const struct word *words, struct seki_str value, bool *flag)
{
    unsigned found;
    bool is_valid = find_word(words, value, &found);
    if (is_valid)
        *flag = found != 0;
    return is_valid;
}

static bool read_t(struct parse *parse, struct seki_str value)
{
    return read_flag(yes_or_no, value, &parse->record->is_testing);
}

static bool read_adkim(struct parse *parse, struct seki_str value)
{
    return read_flag(relaxed_or_strict, value, &parse->record->adkim_strict);
}

static bool read_aspf(struct parse *parse, struct seki_str value)
{
    return read_flag(relaxed_or_strict, value, &parse->record->aspf_strict);
}

/* dmarc-fo: "0" or "1" or neither, "d" and "s" each at most once, in any order, at least one; a single mistake
 * makes the whole value one. RFC 7489 allowed white space around ":". */
static bool read_fo(struct parse *parse, struct seki_str value)
{
    struct seki_str element;
    unsigned bits = 0, bit;
    while (seki_str_split(&value, ':', &element)) {
        if (!find_word(failure_options, trim_wsp(element), &bit) || (bits & bit) != 0)
            return false;
        bits |= bit;
    }
    bool has_both = (bits & SEKI_DMARC_FO_0) != 0 && (bits & SEKI_DMARC_FO_1) != 0;
    if (bits == 0 || has_both)
        return false;
    parse->fo = (uint8_t)bits;
    return true;
}

static void note(struct parse *parse, enum seki_dmarc_piece_state state, struct seki_str tag, struct seki_str value)
{
    struct seki_dmarc_pieces *pieces = parse->pieces;
    if (pieces != NULL && pieces->count < SEKI_DMARC_MAX_PIECES)
        pieces->list[pieces->count++] = (struct seki_dmarc_piece){ state, tag, value };
}

static size_t count_commas(struct seki_str text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++)
        count += text.ptr[i] == ',';
    return count;
}

/* dmarc-urilist = (dmarc-uri / obs-dmarc-uri) *(*WSP "," *WSP (dmarc-uri / obs-dmarc-uri)) */
static bool read_urilist(struct parse *parse, struct seki_str tag, struct seki_str value,
                         const struct seki_str **uris_out, size_t *count_out)
{
    size_t max = count_commas(value) + 1, count = 0;
    if (max > MAX_URIS)
        max = MAX_URIS;
    struct seki_str *uris = seki_arena_alloc(parse->arena, max, sizeof *uris), element;
    if (uris == NULL)
        return true; /* told by seki_arena_failure() */
    while (count < max && seki_str_split(&value, ',', &element)) {
        element = trim_wsp(element);
        if (!seki_dmarc_uri_read(element, &uris[count]))
            note(parse, SEKI_DMARC_PIECE_URI, tag, element);
        else if (uris[count++].len < element.len)
            note(parse, SEKI_DMARC_PIECE_SIZE, tag, element);
    }
    *uris_out = uris;
    *count_out = count;
    return true;
}

static bool read_rua(struct parse *parse, struct seki_str value)
{
    return read_urilist(parse, SEKI_STR("rua"), value, &parse->record->rua, &parse->record->rua_count);
}

static bool read_ruf(struct parse *parse, struct seki_str value)
{
    return read_urilist(parse, SEKI_STR("ruf"), value, &parse->record->ruf, &parse->record->ruf_count);
}

static bool read_pct(struct parse *parse, struct seki_str value)
{
    uint64_t pct;
    bool is_valid = seki_str_to_u64(value, 100, &pct);
    if (is_valid)
        parse->record->pct = (int)pct;
    return is_valid;
}

static const struct tag {
    struct seki_str name;
    bool (*read)(struct parse *parse, struct seki_str value);
} tags[] = {
    { SEKI_STR_INIT("p"), read_p },         { SEKI_STR_INIT("sp"), read_sp },
    { SEKI_STR_INIT("np"), read_np },       { SEKI_STR_INIT("psd"), read_psd },
    { SEKI_STR_INIT("t"), read_t },         { SEKI_STR_INIT("fo"), read_fo },
    { SEKI_STR_INIT("adkim"), read_adkim }, { SEKI_STR_INIT("aspf"), read_aspf },
    { SEKI_STR_INIT("rua"), read_rua },     { SEKI_STR_INIT("ruf"), read_ruf },
    { SEKI_STR_INIT("pct"), read_pct },
};
#define TAG_COUNT (sizeof tags / sizeof tags[0])
static_assert(TAG_COUNT <= sizeof((struct parse *)0)->has_seen, "one flag for each tag");

/* Row of the table, or TAG_COUNT. */
static size_t find_tag(struct seki_str name)
{
    size_t row = 0;
    while (row < TAG_COUNT && !seki_str_equal_nocase(name, tags[row].name))
        row++;
    return row;
}

/* The piece stands before what its value adds to the list. */
static void read_known(struct parse *parse, size_t row, struct seki_str name, struct seki_str value)
{
    size_t place = parse->pieces != NULL ? parse->pieces->count : SEKI_DMARC_MAX_PIECES;
    note(parse, SEKI_DMARC_PIECE_READ, name, value);
    if (!tags[row].read(parse, value) && place < SEKI_DMARC_MAX_PIECES)
        parse->pieces->list[place].state = SEKI_DMARC_PIECE_VALUE;
    parse->has_seen[row] = true;
}

/* dmarc-tag = 1*ALPHA equals 1*dmarc-value */
static void read_tag(struct parse *parse, struct seki_str text)
{
    size_t equals = seki_str_find(text, '=');
    struct seki_str name = trim_wsp(seki_str_head(text, equals)), value = trim_wsp(seki_str_from(text, equals + 1));
    size_t row = find_tag(name);
    if (equals == text.len && name.len > 0)
        note(parse, SEKI_DMARC_PIECE_NOT_A_TAG, SEKI_STR(""), name);
    else if (equals < text.len && row == TAG_COUNT)
        note(parse, SEKI_DMARC_PIECE_UNKNOWN, name, value);
    else if (equals < text.len && parse->has_seen[row])
        note(parse, SEKI_DMARC_PIECE_REPEATED, name, value);
    else if (equals < text.len)
        read_known(parse, row, name, value);
}

enum seki_result seki_dmarc_record_read(struct seki_arena *arena, struct seki_str text,
                                        struct seki_dmarc_record *record_out, struct seki_dmarc_pieces *pieces_out,
                                        struct seki_error *why)
{
    if (pieces_out != NULL)
        pieces_out->count = 0;
    *record_out = (struct seki_dmarc_record){ .fo = SEKI_DMARC_FO_0, .pct = -1, .text = text };
    if (!seki_dmarc_record_is_one(text)) {
        seki_error_set(why, "not a DMARC record: it does not start with \"v=DMARC1\" and a semicolon");
        return SEKI_BAD_INPUT;
    }
    struct parse parse = { .arena = arena, .record = record_out, .pieces = pieces_out, .fo = SEKI_DMARC_FO_0 };
    struct seki_str rest = text, piece;
    if (!seki_str_split(&rest, ';', &piece)) /* the version, read above */
        return SEKI_BAD_INPUT;
    while (seki_str_split(&rest, ';', &piece))
        read_tag(&parse, piece);
    /* "This tag's content MUST be ignored if a 'ruf' tag is not also specified" (section 4.7). */
    if (record_out->ruf_count > 0)
        record_out->fo = parse.fo;
    return seki_arena_failure(arena);
}

enum seki_result seki_dmarc_record_parse(struct seki_arena *arena, struct seki_str text,
                                         struct seki_dmarc_record *record_out, struct seki_error *why)
{
    return seki_dmarc_record_read(arena, text, record_out, NULL, why);
}

/* "If a retrieved DMARC Policy Record does not contain a valid 'p' tag, or contains an 'sp' or 'np' tag that is not
 * valid …" (section 4.10.1). It wins over "missing p means none" in section 4.7, which refers to it. */
enum seki_dmarc_usability seki_dmarc_record_usability(const struct seki_dmarc_record *record)
{
    if (record->p != SEKI_DMARC_POLICY_UNSET && !record->has_invalid_policy)
        return SEKI_DMARC_USABLE;
    return record->rua_count > 0 ? SEKI_DMARC_AS_NONE : SEKI_DMARC_UNUSABLE;
}

static enum seki_dmarc_policy or_else(enum seki_dmarc_policy first, enum seki_dmarc_policy second)
{
    return first != SEKI_DMARC_POLICY_UNSET ? first : second;
}

/* "If the DMARC Policy Record to be applied is that of the Author Domain, then the Domain Owner Assessment Policy is
 * taken from the 'p' tag", otherwise from "sp" or "np". */
enum seki_dmarc_policy seki_dmarc_record_policy(const struct seki_dmarc_record *record, enum seki_dmarc_reach reach)
{
    enum seki_dmarc_usability usability = seki_dmarc_record_usability(record);
    if (usability != SEKI_DMARC_USABLE)
        return usability == SEKI_DMARC_AS_NONE ? SEKI_DMARC_POLICY_NONE : SEKI_DMARC_POLICY_UNSET;
    enum seki_dmarc_policy subdomain = or_else(record->sp, record->p);
    switch (reach) {
    case SEKI_DMARC_REACH_OWN: return record->p;
    case SEKI_DMARC_REACH_SUBDOMAIN: return subdomain;
    case SEKI_DMARC_REACH_NONEXISTENT: return or_else(record->np, subdomain);
    }
    return SEKI_DMARC_POLICY_UNSET;
}

enum seki_dmarc_policy seki_dmarc_policy_lowered(enum seki_dmarc_policy policy)
{
    if (policy == SEKI_DMARC_POLICY_REJECT)
        return SEKI_DMARC_POLICY_QUARANTINE;
    return policy == SEKI_DMARC_POLICY_QUARANTINE ? SEKI_DMARC_POLICY_NONE : policy;
}

/* 4. Writing. */

/* That a policy is there but not valid is part of the value, so it is written as one that is not valid. */
static void write_policies(const struct seki_dmarc_record *record, struct seki_buf *buf)
{
    const struct {
        const char *tag;
        enum seki_dmarc_policy policy;
    } policies[] = { { "p", record->p }, { "sp", record->sp }, { "np", record->np } };
    bool owes_invalid = record->has_invalid_policy;
    for (size_t i = 0; i < sizeof policies / sizeof policies[0]; i++) {
        if (policies[i].policy != SEKI_DMARC_POLICY_UNSET) {
            seki_buf_add_format(buf, "; %s=%s", policies[i].tag, seki_dmarc_policy_name(policies[i].policy));
        } else if (owes_invalid) {
            seki_buf_add_format(buf, "; %s=invalid", policies[i].tag);
            owes_invalid = false;
        }
    }
}

static void write_uris(const char *before, const struct seki_str *uris, size_t count, struct seki_buf *buf)
{
    for (size_t i = 0; i < count; i++) {
        seki_buf_add(buf, seki_str_of(i == 0 ? before : ","));
        seki_buf_add(buf, uris[i]);
    }
}

static void write_fo(uint8_t fo, struct seki_buf *buf)
{
    const char *before = "; fo=";
    for (const struct word *option = failure_options; option->name != NULL; option++) {
        if ((fo & option->value) == 0)
            continue;
        seki_buf_add_format(buf, "%s%s", before, option->name);
        before = ":";
    }
}

void seki_dmarc_record_write(const struct seki_dmarc_record *record, struct seki_buf *buf)
{
    seki_buf_add(buf, SEKI_STR("v=DMARC1"));
    write_policies(record, buf);
    if (record->psd != SEKI_DMARC_PSD_UNKNOWN)
        seki_buf_add_format(buf, "; psd=%s", word_for(psds, record->psd));
    if (record->is_testing)
        seki_buf_add(buf, SEKI_STR("; t=y"));
    if (record->adkim_strict)
        seki_buf_add(buf, SEKI_STR("; adkim=s"));
    if (record->aspf_strict)
        seki_buf_add(buf, SEKI_STR("; aspf=s"));
    write_uris("; rua=", record->rua, record->rua_count, buf);
    write_uris("; ruf=", record->ruf, record->ruf_count, buf);
    if (record->ruf_count > 0 && record->fo != SEKI_DMARC_FO_0)
        write_fo(record->fo, buf);
    if (record->pct >= 0)
        seki_buf_add_format(buf, "; pct=%d", record->pct);
}
