/* The options of the configuration file: one row each. Reader, checks, sample and documentation all read it. */
#ifndef CONFIG_TABLE_H
#define CONFIG_TABLE_H

#include "daemon/config.h"

enum config_type {
    CONFIG_TEXT = 0, /* struct seki_str */
    CONFIG_TEXTS,    /* struct config_texts: white space or commas between, several lines add up */
    CONFIG_NETWORKS, /* struct config_networks, likewise: ADDR or ADDR/BITS */
    CONFIG_NUMBER,   /* uint64_t */
    CONFIG_MODE,     /* uint64_t, octal */
    CONFIG_DURATION, /* uint64_t in milliseconds; in the file with a unit */
    CONFIG_OCTETS,   /* uint64_t; in the file with a unit */
    CONFIG_WORD,     /* unsigned: index into words */
    CONFIG_YES_NO,   /* bool */
    CONFIG_TYPE_COUNT
};

struct config_option {
    const char *section, *name;
    enum config_type type;
    size_t offset;            /* in struct config */
    const char *preset;       /* the default, as it would stand in the file */
    uint64_t min, max;        /* of numbers, in the unit of the member */
    const char *const *words; /* of CONFIG_WORD, NULL at the end */
    bool needs_restart;       /* a reload does not change it */
    const char *help;         /* one line */
};

extern const struct config_option config_options[];
extern const size_t config_option_count;

const struct config_option *config_option_find(struct seki_str section, struct seki_str name);
bool config_section_exists(struct seki_str section);
/** Where a section begins in the table, its one line for the sample; NULL when option is not its first. */
const char *config_section_help(const struct config_option *option);

/** The known name nearest to what was written, or NULL when none is near enough to be meant. */
const char *config_nearest_section(struct seki_str section);
const char *config_nearest_name(struct seki_str section, struct seki_str name);

/** The sections that know an option of this name, NULL for none: for "did you mean [dns] timeout?". */
const char *config_section_of(struct seki_str name);

/**
 * Read one value into its member.
 * @param text   without white space at the ends
 * @param member in a struct config: arrays and texts are put into its arena; lists grow
 * @return SEKI_OK; SEKI_BAD_INPUT with a sentence; SEKI_LIMIT, SEKI_SYSTEM
 */
enum seki_result config_value_read(const struct config_option *option, struct seki_str text,
                                   struct seki_arena *arena, void *member, struct seki_error *why);
/** Empty a list member before the first line that sets it. */
void config_value_clear(const struct config_option *option, void *member);
/** The least and the largest value of a number, a duration or a size, as they would stand in the file. */
void config_value_bounds(const struct config_option *option, char min[32], char max[32]);
bool config_value_is_list(const struct config_option *option);
bool config_value_equal(const struct config_option *option, const void *a, const void *b);

/** Checks over several options; adds a sentence for each that fails. */
void config_check(const struct config *config, const char *file, struct config_problems *problems);

#endif
