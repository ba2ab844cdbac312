/* sekisho key generate: a private key in a file, and the record that publishes it in every form that DNS is edited in. */
#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/key_file.h"
#include "cli/text.h"
#include "cli/txt_record.h"

#include <sekisho/domain.h>

#include <stdio.h>

#define MAX_MEMORY        (1u << 20)
#define MAX_RECORD_OCTETS 2048u

struct new_key {
    struct seki_private_key *key;
    struct seki_str domain;
    struct cli_txt_record record;
};

static void print_json(const struct new_key *new, const struct cli_options *options)
{
    json_t *root =
        json_pack("{s:s, s:i, s:s}", "algorithm", seki_sign_algorithm_name(seki_private_key_algorithm(new->key)),
                  "bits", (int)seki_private_key_bits(new->key), "file", options->out);
    json_object_update_new(root, cli_json_txt_record(&new->record, new->domain));
    cli_json_print(root);
}

static void print_text(const struct new_key *new, const struct cli_options *options)
{
    printf(_("%s key of %u bits in %s: keep it secret.\n\n"),
           seki_sign_algorithm_name(seki_private_key_algorithm(new->key)), seki_private_key_bits(new->key),
           options->out);
    cli_print_txt_records(&new->record, 1, new->domain);
}

static bool read_names(struct new_key *new, struct seki_arena *arena, const struct cli_options *options)
{
    struct seki_str selector;
    if (seki_domain_to_ascii(arena, seki_str_of(options->domain), &new->domain) != SEKI_OK ||
        seki_domain_label_count(new->domain) < 2)
        return cli_complain(_("--domain takes a domain name, not \"%s\""), options->domain);
    if (seki_domain_to_ascii(arena, seki_str_of(options->selector), &selector) != SEKI_OK)
        return cli_complain(_("--selector takes a name for the DNS, not \"%s\""), options->selector);
    new->record.name =
        seki_arena_format(arena, "%.*s._domainkey.%.*s", SEKI_STR_ARGS(selector), SEKI_STR_ARGS(new->domain));
    return seki_domain_fits_dns(new->record.name) ||
           cli_complain("%s", _("--selector and --domain together are too long for the DNS"));
}

static bool make_key(struct new_key *new, struct seki_arena *arena, enum seki_sign_algorithm algorithm,
                     const struct cli_options *options)
{
    struct seki_error why = { N_("no memory for the key's record") };
    struct seki_buf record;
    seki_buf_init_arena(&record, arena, MAX_RECORD_OCTETS);
    if (seki_private_key_generate(algorithm, (unsigned)options->bits, &new->key, &why) != SEKI_OK)
        return cli_say_trouble(options, why.text);
    if (seki_private_key_record(new->key, &record) != SEKI_OK)
        return cli_say_trouble(options, why.text);
    new->record.text = seki_buf_str(&record);
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
