/* Choices as text, read into a policy and written out of it. */
#include "policy/policy.h"

#include "base/spelling.h"

static void *member(const struct policy_option *option, struct policy *policy)
{
    return (char *)policy + option->offset;
}

static const void *member_of(const struct policy_option *option, const struct policy *policy)
{
    return (const char *)policy + option->offset;
}

/* "deliver, mark, junk" */
static struct seki_error list_of(const char *const *words)
{
    struct seki_error list = { { 0 } };
    size_t len = 0;
    for (size_t i = 0; words[i] != NULL && len < sizeof list.text; i++)
        len += (size_t)snprintf(list.text + len, sizeof list.text - len, "%s%s", i > 0 ? ", " : "", words[i]);
    return list;
}

static enum seki_result refuse_word(const struct policy_option *option, struct seki_str text,
                                    const char *const *words, struct seki_error *why)
{
    struct seki_spelling spelling = seki_spelling_of(text);
    for (size_t i = 0; words[i] != NULL; i++)
        seki_spelling_offer(&spelling, words[i]);
    struct seki_error list = list_of(words);
    if (spelling.nearest != NULL)
        seki_error_set(why, "%s takes one of %s; did you mean \"%s\"?", option->name, list.text, spelling.nearest);
    else
        seki_error_set(why, "%s takes one of %s", option->name, list.text);
    return SEKI_BAD_INPUT;
}

static enum seki_result read_word(const struct policy_option *option, struct seki_str text,
                                  const char *const *words, unsigned *value, struct seki_error *why)
{
    for (unsigned i = 0; words[i] != NULL; i++) {
        if (!seki_str_equal_nocase(text, seki_str_of(words[i])))
            continue;
        *value = i;
        return SEKI_OK;
    }
    return refuse_word(option, text, words, why);
}

static enum seki_result read_yes_no(const struct policy_option *option, struct seki_str text, bool *value,
                                    struct seki_error *why)
{
    static const char *const words[] = { "no", "yes", NULL };
    unsigned is_yes;
    enum seki_result result = read_word(option, text, words, &is_yes, why);
    if (result == SEKI_OK)
        *value = is_yes == 1;
    return result;
}

static enum seki_result read_number(const struct policy_option *option, struct seki_str text, uint64_t *value,
                                    struct seki_error *why)
{
    uint64_t number;
    if (seki_str_to_u64(text, option->max, &number) && number >= option->min) {
        *value = number;
        return SEKI_OK;
    }
    seki_error_set(why, "%s takes a number from %llu to %llu", option->name, (unsigned long long)option->min,
                   (unsigned long long)option->max);
    return SEKI_BAD_INPUT;
}

/* What can stand in a local part without quotes (RFC 5322 section 3.2.3, atext and "."), a separator first: "+Junk". */
const char *policy_suffix_fault(struct seki_str suffix)
{
    if (suffix.len == 0)
        return NULL;
    if (seki_is_alnum(suffix.ptr[0]) || suffix.ptr[0] == '.')
        return "begins with the separator that the mail server knows, as in +Junk";
    for (size_t i = 0; i < suffix.len; i++)
        if (!seki_is_alnum(suffix.ptr[i]) && (suffix.ptr[i] == '\0' || strchr("+-=_.#/", suffix.ptr[i]) == NULL))
            return "takes letters, digits and + - = _ . # / only";
    return suffix.ptr[suffix.len - 1] == '.' ? "must not end in a dot" : NULL;
}

/* It becomes part of a field: no control characters, and no space that folding would lose. */
const char *policy_tag_fault(struct seki_str tag)
{
    if (!seki_str_is_utf8(tag))
        return "takes text in UTF-8";
    for (size_t i = 0; i < tag.len; i++)
        if ((unsigned char)tag.ptr[i] < 0x20 || tag.ptr[i] == 0x7F)
            return "takes no control characters";
    return seki_str_trim(tag).len < tag.len ? "neither begins nor ends with a space" : NULL;
}

static enum seki_result read_text(const struct policy_option *option, struct seki_str text, struct seki_str *value,
                                  struct seki_error *why)
{
    bool is_suffix = option->offset == offsetof(struct policy, junk_suffix);
    const char *fault = is_suffix ? policy_suffix_fault(text) : policy_tag_fault(text);
    if (text.len > option->max)
        seki_error_set(why, "%s takes at most %llu octets", option->name, (unsigned long long)option->max);
    else if (fault != NULL)
        seki_error_set(why, "%s %s", option->name, fault);
    else {
        *value = text.len > 0 ? text : SEKI_STR("");
        return SEKI_OK;
    }
    return SEKI_BAD_INPUT;
}

enum seki_result policy_option_read(const struct policy_option *option, struct seki_str text, struct policy *policy,
                                    struct seki_error *why)
{
    void *value = member(option, policy);
    switch (option->type) {
    case POLICY_OPTION_WORD: return read_word(option, text, option->words, value, why);
    case POLICY_OPTION_YES_NO: return read_yes_no(option, text, value, why);
    case POLICY_OPTION_NUMBER: return read_number(option, text, value, why);
    case POLICY_OPTION_TEXT: return read_text(option, text, value, why);
    }
    return SEKI_USAGE;
}

void policy_lay(struct seki_str name, struct seki_str value, struct policy *policy)
{
    const struct policy_option *option = policy_option_find(name);
    if (option == NULL)
        return;
    /* what it does not take was written by another version: as if it were not there */
    enum seki_result ignored = policy_option_read(option, value, policy, NULL);
    (void)ignored;
}

struct seki_str policy_option_write(const struct policy_option *option, const struct policy *policy,
                                    struct seki_arena *arena)
{
    const void *value = member_of(option, policy);
    switch (option->type) {
    case POLICY_OPTION_WORD: return seki_arena_copy(arena, seki_str_of(option->words[*(const unsigned *)value]));
    case POLICY_OPTION_YES_NO:
        return seki_arena_copy(arena, *(const bool *)value ? SEKI_STR("yes") : SEKI_STR("no"));
    case POLICY_OPTION_NUMBER:
        return seki_arena_format(arena, "%llu", (unsigned long long)*(const uint64_t *)value);
    case POLICY_OPTION_TEXT: return seki_arena_copy(arena, *(const struct seki_str *)value);
    }
    return (struct seki_str){ NULL, 0 };
}

unsigned policy_option_rank(const struct policy_option *option, const struct policy *policy)
{
    const void *value = member_of(option, policy);
    switch (option->type) {
    case POLICY_OPTION_WORD: return *(const unsigned *)value;
    case POLICY_OPTION_YES_NO: return *(const bool *)value;
    case POLICY_OPTION_TEXT: return ((const struct seki_str *)value)->len > 0;
    case POLICY_OPTION_NUMBER: break;
    }
    return 0;
}

const char *policy_option_risk(const struct policy_option *option, struct seki_str value)
{
    struct policy policy = policy_default();
    if (policy_option_read(option, value, &policy, NULL) != SEKI_OK)
        return NULL;
    unsigned rank = policy_option_rank(option, &policy);
    for (size_t i = 0; i < POLICY_RISKS_MAX && option->risks[i].text != NULL; i++)
        if (option->risks[i].first <= rank && rank <= option->risks[i].last)
            return option->risks[i].text;
    return NULL;
}
