/* Reading the configuration file.
 *
 * inih splits the lines. It goes on after a bad line and tells only the first one's number, and it passes no line
 * numbers to its handler; so it reads through next_line() below, which counts, refuses lines longer than inih's
 * buffer (it would take the rest for a line of its own), and finds lines that are neither section nor value. */
#include "daemon/config_table.h"

#include <sekisho/domain.h>

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#define CONFIG_ARENA_MAX_OCTETS (16u * 1024u * 1024u)
#define MAX_PROBLEMS            20u
#define PROBLEMS_MAX_OCTETS     (64u * 1024u)

void config_problems_init(struct config_problems *problems)
{
    *problems = (struct config_problems){ 0 };
    seki_buf_init(&problems->text, PROBLEMS_MAX_OCTETS);
}

void config_problems_release(struct config_problems *problems)
{
    seki_buf_release(&problems->text);
}

void config_problems_add(struct config_problems *problems, const char *file, unsigned line, const char *format, ...)
{
    char sentence[1024];
    va_list args;
    if (++problems->count > MAX_PROBLEMS)
        return;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (line > 0)
        seki_buf_add_format(&problems->text, "%s:%u: %s\n", file, line, sentence);
    else
        seki_buf_add_format(&problems->text, "%s: %s\n", file, sentence);
    if (problems->count == MAX_PROBLEMS)
        seki_buf_add_format(&problems->text, "%s: and perhaps more; mend these first\n", file);
}

/* Where the reader stands; what the handler needs to know about the line comes from here. */
struct reading {
    const char *file;
    struct seki_str rest; /* of the text */
    unsigned line;
    bool is_indented; /* the current line continues the option before it */
    struct config *config;
    unsigned *lines; /* per row of the table: where it was set last, 0 for not yet */
    struct config_problems *problems;
};

static struct seki_str cut_line(struct seki_str *rest)
{
    size_t len = seki_str_find(*rest, '\n');
    struct seki_str line = seki_str_head(*rest, len);
    *rest = seki_str_from(*rest, len + 1);
    return line;
}

static bool is_comment(struct seki_str line)
{
    return line.ptr[0] == '#' || line.ptr[0] == ';';
}

static bool is_understood(struct seki_str line, bool is_indented)
{
    line = seki_str_trim(line);
    if (line.len == 0 || is_comment(line) || is_indented)
        return true;
    if (line.ptr[0] == '[')
        return seki_str_find(line, ']') < line.len;
    return seki_str_find(line, '=') < line.len;
}

/* inih's reader: one line into its buffer, like fgets(). A line that is refused reads as an empty one. */
static char *next_line(char *buffer, int size, void *stream)
{
    struct reading *reading = stream;
    if (reading->rest.len == 0)
        return NULL;
    struct seki_str line = cut_line(&reading->rest);
    reading->line++;
    reading->is_indented = line.len > 0 && seki_is_wsp(line.ptr[0]);
    buffer[0] = '\n';
    buffer[1] = '\0';
    if (line.len + 3 > (size_t)size) {
        config_problems_add(reading->problems, reading->file, reading->line,
                            "the line has %zu octets, more than %d; set the option on several lines", line.len,
                            size - 3);
    } else if (seki_str_find(line, '\0') < line.len) {
        config_problems_add(reading->problems, reading->file, reading->line,
                            "the line holds a NUL octet; write the file as plain text");
    } else if (!is_understood(line, reading->is_indented)) {
        config_problems_add(reading->problems, reading->file, reading->line,
                            "\"%.*s\" is neither \"[section]\" nor \"name = value\"; put # before a comment",
                            SEKI_STR_ARGS(seki_str_head(line, 60)));
    } else {
        memcpy(buffer, line.ptr, line.len);
        memcpy(buffer + line.len, "\n", 2);
    }
    return buffer;
}

static void tell_unknown_section(const struct reading *reading, const char *section)
{
    const char *nearest = config_nearest_section(seki_str_of(section));
    if (section[0] == '\0')
        config_problems_add(reading->problems, reading->file, reading->line,
                            "an option stands before the first \"[section]\"; move it below its section");
    else if (nearest != NULL)
        config_problems_add(reading->problems, reading->file, reading->line,
                            "there is no section [%s]; did you mean [%s]?", section, nearest);
    else
        config_problems_add(reading->problems, reading->file, reading->line,
                            "there is no section [%s]; \"sekishod --print-config-sample\" shows all", section);
}

static void tell_unknown_name(const struct reading *reading, const char *section, const char *name)
{
    const char *nearest = config_nearest_name(seki_str_of(section), seki_str_of(name));
    const char *elsewhere = config_section_of(seki_str_of(name));
    if (elsewhere != NULL)
        config_problems_add(reading->problems, reading->file, reading->line,
                            "\"%s\" belongs to section [%s], not to [%s]; move it there", name, elsewhere, section);
    else if (nearest != NULL)
        config_problems_add(reading->problems, reading->file, reading->line,
                            "[%s] has no option \"%s\"; did you mean \"%s\"?", section, name, nearest);
    else
        config_problems_add(reading->problems, reading->file, reading->line,
                            "[%s] has no option \"%s\"; \"sekishod --print-config-sample\" shows all", section,
                            name);
}

static void *member_of(const struct config_option *option, struct config *config)
{
    return (char *)config + option->offset;
}

static void set_option(const struct reading *reading, const struct config_option *option, const char *value)
{
    struct seki_error why = { "" };
    unsigned *line = &reading->lines[option - config_options];
    if (*line > 0 && !config_value_is_list(option)) {
        config_problems_add(reading->problems, reading->file, reading->line,
                            reading->is_indented
                                ? "this line is indented, so it continues \"%s\", which takes one value; "
                                  "remove the white space before it"
                                : "\"%s\" is set a second time; keep one of the lines",
                            option->name);
        return;
    }
    if (*line == 0) /* what stands in the file takes the place of the default */
        config_value_clear(option, member_of(option, reading->config));
    *line = reading->line;
    if (config_value_read(option, seki_str_of(value), reading->config->arena, member_of(option, reading->config),
                          &why) != SEKI_OK)
        config_problems_add(reading->problems, reading->file, reading->line, "%s: %s", option->name, why.text);
}

static int take_pair(void *user, const char *section, const char *name, const char *value)
{
    const struct reading *reading = user;
    const struct config_option *option = config_option_find(seki_str_of(section), seki_str_of(name));
    if (option != NULL)
        set_option(reading, option, value);
    else if (!config_section_exists(seki_str_of(section)))
        tell_unknown_section(reading, section);
    else
        tell_unknown_name(reading, section, name);
    return 1; /* problems are kept here, inih need not count them */
}

static void read_lines(struct reading *reading)
{
    size_t before = reading->problems->count;
    int result = ini_parse_stream(next_line, reading, take_pair, reading);
    if (result != 0 && reading->problems->count == before)
        config_problems_add(reading->problems, reading->file, result > 0 ? (unsigned)result : 0,
                            "this cannot be read as \"[section]\" or \"name = value\"");
}

/* The defaults are read as if they stood in a file, so that table and sample cannot say different things. */
static bool set_presets(struct config *config)
{
    for (size_t i = 0; i < config_option_count; i++) {
        const struct config_option *option = &config_options[i];
        if (config_value_read(option, seki_str_of(option->preset), config->arena, member_of(option, config),
                              NULL) != SEKI_OK)
            return false;
    }
    return true;
}

static struct config *config_new(void)
{
    struct seki_arena *arena = seki_arena_new(CONFIG_ARENA_MAX_OCTETS);
    struct config *config = arena != NULL ? seki_arena_alloc(arena, 1, sizeof *config) : NULL;
    if (config == NULL) {
        seki_arena_free(arena);
        return NULL;
    }
    config->arena = arena;
    config->refs = 1;
    if (!set_presets(config)) {
        config_unref(config);
        return NULL;
    }
    return config;
}

/* Names that follow from the system: the host's, and ours in Authentication-Results. */
static bool fill_names(struct config *config)
{
    char name[256] = "";
    if (config->daemon.host_name.len == 0) {
        if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0')
            memcpy(name, "localhost", sizeof "localhost");
        config->daemon.host_name = seki_arena_copy(config->arena, seki_str_of(name));
    }
    if (config->inbound.authserv_id.len == 0)
        config->inbound.authserv_id = config->daemon.host_name;
    if (config->hosting.node_name.len == 0)
        config->hosting.node_name = config->daemon.host_name;
    return config->daemon.host_name.ptr != NULL;
}

/* Domains as the engine compares them: A-labels in lower case, however they were written. */
static void convert_sealers(const struct reading *reading)
{
    struct config *config = reading->config;
    struct config_texts *sealers = &config->arc.trusted_sealers;
    const struct config_option *option = config_option_find(SEKI_STR("arc"), SEKI_STR("trusted_sealers"));
    struct seki_str *converted = seki_arena_alloc(config->arena, sealers->count + 1, sizeof *converted);
    for (size_t i = 0; i < sealers->count; i++) {
        if (converted == NULL || seki_domain_to_ascii(config->arena, sealers->items[i], &converted[i]) != SEKI_OK)
            config_problems_add(reading->problems, reading->file, reading->lines[option - config_options],
                                "trusted_sealers: \"%s\" is no domain name", sealers->items[i].ptr);
    }
    sealers->items = converted;
}

struct config *config_parse(const char *file, struct seki_str text, struct config_problems *problems)
{
    size_t before = problems->count;
    struct config *config = config_new();
    unsigned *lines = config != NULL ? seki_arena_alloc(config->arena, config_option_count, sizeof *lines) : NULL;
    if (lines == NULL) {
        config_problems_add(problems, file, 0, "there is no memory to read it");
        config_unref(config);
        return NULL;
    }
    config->lines = lines;
    if (seki_str_starts_with(text, SEKI_STR("\xef\xbb\xbf"))) /* some editors begin UTF-8 with this mark */
        text = seki_str_from(text, 3);
    struct reading reading = { .file = file, .rest = text, .config = config, .lines = lines, .problems = problems };
    if (text.len > CONFIG_FILE_MAX_OCTETS)
        config_problems_add(problems, file, 0, "the file has more than %u octets", CONFIG_FILE_MAX_OCTETS);
    else
        read_lines(&reading);
    if (problems->count == before && !fill_names(config))
        config_problems_add(problems, file, 0, "there is no memory to read it");
    if (problems->count == before)
        convert_sealers(&reading);
    if (problems->count == before)
        config_check(config, file, problems);
    if (problems->count == before)
        return config;
    config_unref(config);
    return NULL;
}

static bool is_head_of(struct seki_str line, struct seki_str section)
{
    return seki_str_equal(seki_str_head(seki_str_from(line, 1), seki_str_find(line, ']') - 1), section);
}

static bool sets_section(struct seki_str text, const char *section)
{
    struct config_problems problems;
    bool is_set = false;
    config_problems_init(&problems);
    struct config *config = config_parse("", text, &problems);
    for (size_t i = 0; config != NULL && i < config_option_count; i++)
        is_set |= config->lines[i] > 0 && strcmp(config_options[i].section, section) == 0;
    is_set |= config == NULL; /* not to be told: so it is not passed on */
    config_unref(config);
    config_problems_release(&problems);
    return is_set;
}

/* Lines are cut here more simply than inih does it; so what comes out is asked of the parser, whose word counts. */
bool config_withhold(char *text, size_t len, const char *section)
{
    struct seki_str rest = { text, len };
    bool is_within = false;
    if (seki_str_starts_with(rest, SEKI_STR("\xef\xbb\xbf")))
        rest = seki_str_from(rest, 3);
    while (rest.len > 0) {
        struct seki_str line = cut_line(&rest);
        if (line.len > 0 && line.ptr[0] == '[')
            is_within = is_head_of(line, seki_str_of(section));
        if (is_within)
            memset(text + (line.ptr - text), ' ', line.len);
    }
    return !sets_section((struct seki_str){ text, len }, section);
}

static bool read_all(FILE *stream, struct seki_buf *buf)
{
    char piece[8192];
    size_t len;
    while (seki_buf_failed(buf) == SEKI_OK && (len = fread(piece, 1, sizeof piece, stream)) > 0)
        seki_buf_add(buf, (struct seki_str){ piece, len });
    return ferror(stream) == 0;
}

bool config_read_file(const char *path, struct seki_buf *buf, struct config_problems *problems)
{
    FILE *stream = fopen(path, "re");
    if (stream == NULL) {
        int error = errno;
        config_problems_add(problems, path, 0, "cannot open it: %s; name another file with --config",
                            strerror(error));
        return false;
    }
    bool was_read = read_all(stream, buf);
    int error = errno;
    fclose(stream);
    if (!was_read)
        config_problems_add(problems, path, 0, "cannot read it: %s", strerror(error));
    else if (seki_buf_failed(buf) != SEKI_OK)
        config_problems_add(problems, path, 0, "the file has more than %zu octets", buf->max);
    return was_read && seki_buf_failed(buf) == SEKI_OK;
}

struct config *config_ref(struct config *config)
{
    __atomic_add_fetch(&config->refs, 1, __ATOMIC_RELAXED);
    return config;
}

void config_unref(struct config *config)
{
    if (config == NULL || __atomic_sub_fetch(&config->refs, 1, __ATOMIC_ACQ_REL) > 0)
        return;
    seki_arena_free(config->arena); /* config itself lies in it */
}

bool config_networks_contain(const struct config_networks *networks, const struct seki_ip *address)
{
    for (size_t i = 0; i < networks->count; i++) {
        if (seki_ip_in_network(address, &networks->items[i].address, networks->items[i].prefix_bits))
            return true;
    }
    return false;
}

unsigned config_min_rsa_bits(const struct config *config)
{
    uint64_t bits = config->testing.unsafe_min_rsa_bits;
    return (unsigned)(bits < 1024 ? bits : config->dkim.min_rsa_bits);
}

static bool is_same(const struct config_option *option, const struct config *a, const struct config *b)
{
    return config_value_equal(option, (const char *)a + option->offset, (const char *)b + option->offset);
}

bool config_section_equal(const struct config *a, const struct config *b, const char *section)
{
    for (size_t i = 0; i < config_option_count; i++) {
        const struct config_option *option = &config_options[i];
        if (seki_str_equal(seki_str_of(option->section), seki_str_of(section)) && !is_same(option, a, b))
            return false;
    }
    return true;
}

void config_list_restart_changes(const struct config *before, const struct config *after, struct seki_buf *buf)
{
    for (size_t i = 0; i < config_option_count; i++) {
        const struct config_option *option = &config_options[i];
        if (option->needs_restart && !is_same(option, before, after))
            seki_buf_add_format(buf, "%s%s.%s", buf->len > 0 ? " " : "", option->section, option->name);
    }
}

void config_write_sample(struct seki_buf *buf)
{
    seki_buf_add(
        buf,
        SEKI_STR("# sekishod: sample configuration. Every option with its default; take the # away to set one.\n"
                 "# Durations need a unit (ms, s, min, h, d), sizes too (B, KiB, MiB, GiB). Lists take white\n"
                 "# space or commas, and may be set on several lines. Check: sekishod --check-config FILE\n"));
    for (size_t i = 0; i < config_option_count; i++) {
        const struct config_option *option = &config_options[i];
        const char *section_help = config_section_help(option);
        if (section_help != NULL)
            seki_buf_add_format(buf, "\n# %s\n[%s]\n", section_help, option->section);
        seki_buf_add_format(buf, "\n# %s%s\n#%s =%s%s\n", option->help,
                            option->needs_restart ? " (Read at start only.)" : "", option->name,
                            option->preset[0] != '\0' ? " " : "", option->preset);
    }
}
