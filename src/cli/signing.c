#include "cli/signing.h"

#include "cli/i18n.h"
#include "cli/json.h"
#include "cli/key_file.h"
#include "cli/text.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_FIELD_OCTETS (1u << 20) /* more than a signer ever makes */

static bool has_what_is_needed(const struct cli_options *options, const char *command)
{
    if (options->domain != NULL && options->selector != NULL && options->key != NULL)
        return true;
    return cli_complain(_("%s needs --domain, --selector and --key"), command);
}

/* The table of options lets no other words through. */
static void read_words(const struct cli_options *options, struct seki_dkim_sign_options *sign)
{
    if (options->algorithm != NULL)
        seki_sign_algorithm_from_name(seki_str_of(options->algorithm), &sign->algorithm);
    if (options->canonicalization != NULL)
        seki_sign_canonicalization_from_name(seki_str_of(options->canonicalization), &sign->canonicalization);
}

static bool read_names(struct cli_signing *signing, const struct cli_options *options)
{
    struct seki_str rest = seki_str_of(options->headers), name;
    if (options->headers == NULL)
        return true;
    signing->names = calloc(rest.len + 1, sizeof *signing->names);
    if (signing->names == NULL)
        return cli_say_trouble(options, N_("no memory for the names of --headers"));
    while (seki_str_split(&rest, ':', &name))
        signing->names[signing->options.name_count++] = seki_str_trim(name);
    signing->options.names = signing->names;
    return true;
}

static bool read_key(struct cli_signing *signing, const struct cli_options *options)
{
    struct seki_error why;
    signing->key = cli_key_file_read(options->key, &why);
    if (signing->key == NULL)
        return cli_say_trouble(options, why.text);
    enum seki_sign_algorithm algorithm = seki_private_key_algorithm(signing->key);
    if (options->algorithm != NULL && algorithm != signing->options.algorithm) {
        seki_error_set(&why, "%s: the key is for %s, not %s", options->key, seki_sign_algorithm_name(algorithm),
                       seki_sign_algorithm_name(signing->options.algorithm));
        return cli_say_trouble(options, why.text);
    }
    signing->options.algorithm = algorithm;
    return true;
}

enum cli_exit cli_signing_begin(struct cli_signing *signing, const struct cli_options *options, const char *command)
{
    *signing = (struct cli_signing){ 0 };
    if (!has_what_is_needed(options, command))
        return CLI_USAGE;
    read_words(options, &signing->options);
    signing->options.domain = seki_str_of(options->domain);
    signing->options.selector = seki_str_of(options->selector);
    signing->options.identity = seki_str_of(options->identity != NULL ? options->identity : "");
    signing->options.time_s = options->time_s != 0 ? (int64_t)options->time_s : (int64_t)time(NULL);
    signing->options.expires_after_s = (int64_t)options->expires_s;
    return read_names(signing, options) && read_key(signing, options) ? CLI_DONE : CLI_NO;
}

void cli_signing_end(struct cli_signing *signing)
{
    seki_private_key_free(signing->key);
    free(signing->names);
}

static void write_octets(struct seki_str text)
{
    if (text.len > 0)
        fwrite(text.ptr, 1, text.len, stdout);
}

static void write_field(const struct cli_new_field *field, bool is_unix)
{
    struct seki_buf text;
    seki_buf_init(&text, MAX_FIELD_OCTETS);
    seki_field_write(seki_str_of(field->name), field->value, is_unix, &text);
    write_octets(seki_buf_str(&text));
    seki_buf_release(&text);
}

void cli_print_with_fields(struct seki_str text, bool is_unix, const struct cli_new_field *fields, size_t count)
{
    size_t envelope = seki_message_envelope_octets(text);
    write_octets(seki_str_head(text, envelope));
    for (size_t i = 0; i < count; i++)
        write_field(&fields[i], is_unix);
    write_octets(seki_str_from(text, envelope));
}

json_t *cli_json_new_fields(const struct cli_new_field *fields, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            array, json_pack("{s:s, s:o}", "name", fields[i].name, "value", cli_json_str(fields[i].value)));
    return array;
}

void cli_note_bare_line_ends(struct seki_str text, bool is_unix)
{
    bool is_bare = false;
    for (size_t i = 0; i < text.len && !is_bare; i++) {
        bool after_cr = i > 0 && text.ptr[i - 1] == '\r';
        bool before_lf = i + 1 < text.len && text.ptr[i + 1] == '\n';
        is_bare = (text.ptr[i] == '\n' && !after_cr && !is_unix) || (text.ptr[i] == '\r' && !before_lf);
    }
    if (is_bare)
        cli_complain("%s",
                     _("note: the message has CR or LF alone, which mail servers change: the signature may not "
                       "survive"));
}
