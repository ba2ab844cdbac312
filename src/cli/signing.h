/* What `sign` and `arc seal` share: who signs with what, and a message with new fields on top. */
#ifndef CLI_SIGNING_H
#define CLI_SIGNING_H

#include "cli/command.h"

#include <sekisho/dkim_sign.h>
#include <jansson.h>
#include <sekisho/private_key.h>

struct cli_signing {
    struct seki_dkim_sign_options options;
    struct seki_private_key *key;
    struct seki_str *names;
};

/** Read the options and the key. Prints the sentence and returns the exit code for trouble, CLI_DONE else.
 *  @param command  for the sentence: "sign" */
enum cli_exit cli_signing_begin(struct cli_signing *signing, const struct cli_options *options,
                                const char *command);
void cli_signing_end(struct cli_signing *signing);

struct cli_new_field {
    const char *name;
    struct seki_str value; /* all after the colon, folded with CRLF */
};

/** Print the message with fields on top, behind an mbox envelope line; every octet of text is kept.
 *  @param is_unix  the fields get LF line ends */
void cli_print_with_fields(struct seki_str text, bool is_unix, const struct cli_new_field *fields, size_t count);

/** As the value of "fields" in JSON. */

json_t *cli_json_new_fields(const struct cli_new_field *fields, size_t count);

/** Say on standard error when line ends in text will be changed on the way (RFC 6376 section 5.3). */
void cli_note_bare_line_ends(struct seki_str text, bool is_unix);

#endif
