#include "domain/dmarc_pretender.h"

#include "auth/dmarc_record.h"

static const struct seki_str version = SEKI_STR_INIT("DMARC1");

/* "v" equals …: what stands behind it, or ptr NULL when this is no v. */
static struct seki_str version_value(struct seki_str piece)
{
    size_t equals = seki_str_find(piece, '=');
    if (equals == piece.len || !seki_str_equal_nocase(seki_str_trim(seki_str_head(piece, equals)), SEKI_STR("v")))
        return (struct seki_str){ NULL, 0 };
    return seki_str_trim(seki_str_from(piece, equals + 1));
}

static bool is_version(struct seki_str value)
{
    return value.ptr != NULL && seki_str_equal_nocase(value, version);
}

/* Records of other mechanisms that begin with a version. */
static bool is_other_record(struct seki_str value)
{
    static const struct seki_str others[] = {
        SEKI_STR_INIT("spf1"),  SEKI_STR_INIT("DKIM1"),    SEKI_STR_INIT("STSv1"),
        SEKI_STR_INIT("BIMI1"), SEKI_STR_INIT("TLSRPTv1"),
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (seki_str_starts_with_nocase(value, others[i]))
            return true;
    return false;
}

/* The first piece is a v, with another value than receivers want. */
static enum domain_finding_id judge_version(struct seki_str value)
{
    char next = value.len > version.len ? value.ptr[version.len] : '\0';
    if (is_other_record(value))
        return DOMAIN_DMARC_OTHER_RECORD;
    if (is_version(value)) /* when it is written right, something stands before the v */
        return seki_str_equal(value, version) ? DOMAIN_DMARC_VERSION_NOT_FIRST : DOMAIN_DMARC_VERSION_CASE;
    if (seki_str_starts_with_nocase(value, version) && !seki_is_alnum(next) && next != '.')
        return DOMAIN_DMARC_VERSION_UNSEPARATED;
    return DOMAIN_DMARC_VERSION;
}

static bool has_version_later(struct seki_str text)
{
    struct seki_str piece;
    while (seki_str_split(&text, ';', &piece))
        if (is_version(version_value(piece)))
            return true;
    return false;
}

static bool has_policy(struct seki_str text)
{
    return seki_str_contains_nocase(text, SEKI_STR("p=none")) || seki_str_contains_nocase(text, SEKI_STR("p=quarantine")) ||
           seki_str_contains_nocase(text, SEKI_STR("p=reject"));
}

/* The finding, or DOMAIN_FINDING_KINDS when the text is about something else. */
static enum domain_finding_id judge(struct seki_str text, struct seki_str first)
{
    struct seki_str value = version_value(first);
    bool is_quoted = seki_str_find(text, '"') < text.len || seki_str_find(text, '\\') < text.len;
    if (is_quoted && seki_str_contains_nocase(text, version))
        return DOMAIN_DMARC_QUOTED;
    if (value.ptr != NULL &&
        (is_other_record(value) || seki_str_contains_nocase(value, SEKI_STR("dmarc")) || has_policy(text)))
        return judge_version(value);
    if (has_version_later(text))
        return DOMAIN_DMARC_VERSION_NOT_FIRST;
    if (seki_str_equal_nocase(seki_str_trim(first), version) || has_policy(text))
        return DOMAIN_DMARC_VERSION_MISSING;
    return DOMAIN_FINDING_KINDS;
}

bool domain_dmarc_find_pretender(struct domain_run *run, struct seki_str name, struct seki_str text)
{
    struct seki_str first = seki_str_head(text, seki_str_find(text, ';'));
    enum domain_finding_id id = judge(text, first);
    if (id == DOMAIN_FINDING_KINDS)
        return false;
    bool is_about_version = id == DOMAIN_DMARC_VERSION || id == DOMAIN_DMARC_VERSION_CASE;
    domain_find(run, id, name, domain_excerpt(run, is_about_version ? first : text), SEKI_STR(""), SEKI_STR(""));
    return true;
}
