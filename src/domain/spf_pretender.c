#include "domain/spf_pretender.h"

#include "auth/spf_record.h"
#include "base/spelling.h"

static const struct seki_str version = SEKI_STR_INIT("v=spf1");

/* Is there a term that nothing but an SPF record has: one that names clients, or an "all" with its sign? */
static bool has_terms(struct seki_str text)
{
    struct seki_spf_term term;
    struct seki_spf_fault fault;
    while (seki_spf_next_term(&text, &term, &fault) || fault.what != NULL) {
        if (fault.what != NULL || term.text.len < 4)
            continue;
        bool is_all = term.kind == SEKI_SPF_TERM_ALL && !seki_is_alpha(term.text.ptr[0]);
        bool is_network = term.kind == SEKI_SPF_TERM_IP4 || term.kind == SEKI_SPF_TERM_IP6;
        if (is_all || is_network || term.kind == SEKI_SPF_TERM_INCLUDE || term.kind == SEKI_SPF_TERM_EXISTS)
            return true;
    }
    return false;
}

/* "v = spf1": the text up to the version with blanks in it; "" when there is none. */
static struct seki_str spaced_version(struct seki_str text)
{
    size_t matched = 0;
    for (size_t i = 0; i < text.len && matched < version.len; i++) {
        if (seki_ascii_lower(text.ptr[i]) == version.ptr[matched])
            matched++;
        else if (!seki_is_space(text.ptr[i]))
            break;
        if (matched == version.len)
            return seki_str_head(text, i + 1);
    }
    return SEKI_STR("");
}

static bool is_misspelt(struct seki_str word)
{
    struct seki_spelling spelling = seki_spelling_of(word);
    seki_spelling_offer(&spelling, version.ptr);
    return spelling.nearest != NULL;
}

/* It begins with "v=spf" and is no record: what stands behind it? */
static enum domain_finding_id judge_version(struct seki_str text)
{
    if (text.len <= version.len || !seki_str_starts_with_nocase(text, version))
        return DOMAIN_SPF_VERSION;
    char next = text.ptr[version.len];
    return seki_is_digit(next) || next == '.' ? DOMAIN_SPF_VERSION : DOMAIN_SPF_VERSION_UNSEPARATED;
}

/* Blanks or a byte order mark, or other terms. */
static bool has_version_later(struct seki_str text)
{
    struct seki_str word;
    while (seki_str_split(&text, ' ', &word))
        if (seki_str_equal_nocase(seki_str_trim(word), version) ||
            (seki_str_ends_with_nocase(word, version) && (word.ptr[0] & 0x80) != 0))
            return true;
    return false;
}

/* "spf1 include:…" */
static bool has_name_alone(struct seki_str text)
{
    const struct seki_str name = SEKI_STR("spf1");
    return seki_str_starts_with_nocase(text, name) && (text.len == name.len || !seki_is_alnum(text.ptr[name.len]));
}

enum domain_finding_id domain_spf_pretender(struct seki_str text, struct seki_str *begin_out)
{
    struct seki_str word = seki_str_head(text, seki_str_find(text, ' ')), spaced = spaced_version(text);
    bool is_quoted = seki_str_find(text, '"') < text.len || seki_str_find(text, '\\') < text.len;
    *begin_out = text;
    if (is_quoted && seki_str_contains_nocase(text, SEKI_STR("spf1")))
        return DOMAIN_SPF_QUOTED;
    if (seki_str_starts_with_nocase(text, SEKI_STR("v=spf"))) {
        *begin_out = word;
        return judge_version(text);
    }
    if (has_version_later(text))
        return DOMAIN_SPF_VERSION_NOT_FIRST;
    if (has_name_alone(text))
        return DOMAIN_SPF_VERSION_MISSING;
    if (spaced.len > 0 || (is_misspelt(word) && has_terms(text))) {
        *begin_out = spaced.len > 0 ? spaced : word;
        return DOMAIN_SPF_VERSION;
    }
    return has_terms(text) ? DOMAIN_SPF_VERSION_MISSING : DOMAIN_FINDING_KINDS;
}

bool domain_spf_is_sender_id(struct seki_str text)
{
    return seki_str_starts_with_nocase(text, SEKI_STR("spf2.")) && text.len > 5 && seki_is_digit(text.ptr[5]);
}
