/* sekisho key generate: a private key in a file, and the record that publishes it in every form that DNS is edited in. */
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/key_file.h"
#include "cli/text.h"

#include <sekisho/domain.h>

#include <stdio.h>

#define MAX_MEMORY        (1u << 20)
#define MAX_RECORD_OCTETS 2048u
#define MAX_STRING_OCTETS 255u /* of a character-string (RFC 1035 section 3.3) */

struct new_key {
    struct seki_private_key *key;
    struct seki_str host;   /* "sel._domainkey", as web forms of a zone want it */
    struct seki_str name;   /* the whole name */
    struct seki_str record; /* the text in one piece */
    struct seki_buf zone;   /* lines of a zone file */
};

/* Nothing in a key record is special in a quoted string. */
static void write_zone_lines(struct new_key *new)
{
    struct seki_str rest = new->record;
    bool is_split = rest.len > MAX_STRING_OCTETS;
    seki_buf_add(&new->zone, new->name);
    seki_buf_add_format(&new->zone, ". IN TXT %s", is_split ? "(\n" : "");
    while (rest.len > 0) {
        struct seki_str string = seki_str_head(rest, MAX_STRING_OCTETS);
        seki_buf_add_format(&new->zone, "%s\"%.*s\"%s", is_split ? "\t" : "", SEKI_STR_ARGS(string),
                            is_split ? "\n" : "");
        rest = seki_str_from(rest, string.len);
    }
    seki_buf_add(&new->zone, is_split ? SEKI_STR("\t)") : SEKI_STR(""));
}

static json_t *json_strings(struct seki_str record)
{
    json_t *array = json_array();
    for (; record.len > 0; record = seki_str_from(record, MAX_STRING_OCTETS))
        json_array_append_new(array, cli_json_str(seki_str_head(record, MAX_STRING_OCTETS)));
    return array;
}

static void print_json(const struct new_key *new, const struct cli_options *options)
{
    cli_json_print(json_pack("{s:s, s:i, s:s, s:o, s:o, s:s, s:o, s:o, s:o}", "algorithm",
                             seki_sign_algorithm_name(seki_private_key_algorithm(new->key)), "bits",
                             (int)seki_private_key_bits(new->key), "file", options->out, "name",
                             cli_json_str(new->name), "host", cli_json_str(new->host), "type", "TXT", "record",
                             cli_json_str(new->record), "strings", json_strings(new->record), "zone",
                             cli_json_str(seki_buf_str(&new->zone))));
}

static void print_text(const struct new_key *new, const struct cli_options *options)
{
    printf(_("%s key of %u bits in %s: keep it secret.\n"),
           seki_sign_algorithm_name(seki_private_key_algorithm(new->key)), seki_private_key_bits(new->key),
           options->out);
    printf("\n%s\n%.*s TXT %.*s\n", _("Publish this record:"), SEKI_STR_ARGS(new->name),
           SEKI_STR_ARGS(new->record));
    printf("\n%s\n%.*s\n\n", _("In a zone file:"), SEKI_STR_ARGS(seki_buf_str(&new->zone)));
    printf(_("In a web form for the zone %s:\n  name   %.*s\n  type   TXT\n  value  %.*s\n"), options->domain,
           SEKI_STR_ARGS(new->host), SEKI_STR_ARGS(new->record));
}

static bool read_names(struct new_key *new, struct seki_arena *arena, const struct cli_options *options)
{
    struct seki_str selector, domain;
    if (seki_domain_to_ascii(arena, seki_str_of(options->domain), &domain) != SEKI_OK ||
        seki_domain_label_count(domain) < 2)
        return cli_complain(_("--domain takes a domain name, not \"%s\""), options->domain);
    if (seki_domain_to_ascii(arena, seki_str_of(options->selector), &selector) != SEKI_OK)
        return cli_complain(_("--selector takes a name for the DNS, not \"%s\""), options->selector);
    new->host = seki_arena_format(arena, "%.*s._domainkey", SEKI_STR_ARGS(selector));
    new->name = seki_arena_format(arena, "%.*s.%.*s", SEKI_STR_ARGS(new->host), SEKI_STR_ARGS(domain));
    return seki_domain_fits_dns(new->name) ||
           cli_complain("%s", _("--selector and --domain together are too long for the DNS"));
}

static bool make_key(struct new_key *new, struct seki_arena *arena, enum seki_sign_algorithm algorithm,
                     const struct cli_options *options)
{
    struct seki_error why = { N_("no memory for the key's record") };
    struct seki_buf record;
    seki_buf_init_arena(&record, arena, MAX_RECORD_OCTETS);
    seki_buf_init_arena(&new->zone, arena, 2 * MAX_RECORD_OCTETS);
    if (seki_private_key_generate(algorithm, (unsigned)options->bits, &new->key, &why) != SEKI_OK)
        return cli_say_trouble(options, why.text);
    if (seki_private_key_record(new->key, &record) != SEKI_OK)
        return cli_say_trouble(options, why.text);
    new->record = seki_buf_str(&record);
    write_zone_lines(new);
    return cli_key_file_write(new->key, options->out, &why) || cli_say_trouble(options, why.text);
}

static enum cli_exit generate(struct seki_arena *arena, const struct cli_options *options)
{
    enum seki_sign_algorithm algorithm = SEKI_SIGN_RSA_SHA256;
    struct new_key new = { .key = NULL };
    if (options->algorithm != NULL) /* the table of options lets no other words through */
        seki_sign_algorithm_from_name(seki_str_of(options->algorithm), &algorithm);
    if (!read_names(&new, arena, options))
        return CLI_USAGE;
    bool is_made = make_key(&new, arena, algorithm, options);
    if (is_made && options->json)
        print_json(&new, options);
    else if (is_made)
        print_text(&new, options);
    seki_private_key_free(new.key);
    return is_made ? CLI_DONE : CLI_NO;
}

enum cli_exit cli_key_generate(const struct cli_options *options, const char *operand)
{
    (void)operand;
    if (options->domain == NULL || options->selector == NULL || options->out == NULL) {
        cli_complain("%s", _("key generate needs --domain, --selector and --out"));
        return CLI_USAGE;
    }
    struct seki_arena *arena = seki_arena_new(MAX_MEMORY);
    enum cli_exit code = CLI_NO;
    if (arena != NULL)
        code = generate(arena, options);
    else
        cli_say_trouble(options, N_("no memory to start with"));
    seki_arena_free(arena);
    return code;
}
