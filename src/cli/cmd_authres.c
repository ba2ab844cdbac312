/* sekisho authres parse: the Authentication-Results fields of a message, read. */
#include "cli/command.h"
#include "cli/i18n.h"
#include "cli/input.h"
#include "cli/json.h"
#include "cli/text.h"

#include <sekisho/message.h>

#include <stdio.h>
#include <stdlib.h>

#define MAX_MEMORY (64u << 20)

struct reading {
    bool json, all_readable;
    json_t *fields;
};

static void print_result(const struct seki_authres_result *result)
{
    printf("  ");
    cli_print_str(result->method);
    putchar('=');
    cli_print_str(result->result);
    for (size_t i = 0; i < result->property_count; i++) {
        const struct seki_authres_property *p = &result->properties[i];
        putchar(' ');
        cli_print_str(p->ptype);
        if (p->ptype.len > 0)
            putchar('.');
        cli_print_str(p->property);
        putchar('=');
        cli_print_str(p->value);
    }
    if (result->reason.len > 0) {
        printf("  %s ", _("reason:"));
        cli_print_str(result->reason);
    }
    putchar('\n');
}

static void print_field(const struct seki_authres *authres)
{
    cli_print_str(authres->authserv_id);
    printf("%s%s\n", authres->result_count == 0 ? "  " : "", authres->result_count == 0 ? _("none") : "");
    for (size_t i = 0; i < authres->result_count; i++)
        print_result(&authres->results[i]);
}

static void report(struct reading *reading, const struct seki_authres *authres)
{
    if (reading->json)
        json_array_append_new(reading->fields, cli_json_authres(authres));
    else
        print_field(authres);
}

static void report_unreadable(struct reading *reading, const char *english)
{
    reading->all_readable = false;
    if (reading->json) {
        json_array_append_new(reading->fields, json_pack("{s:o}", "error", cli_json_str(seki_str_of(english))));
        return;
    }
    printf("%s ", _("cannot be read:"));
    cli_print_reason(seki_str_of(english));
    putchar('\n');
}

/* @return how many fields there were */
static size_t read_fields(struct seki_arena *arena, const struct seki_message *message, struct reading *reading)
{
    size_t seen = 0;
    for (size_t i = 0; i < seki_message_field_count(message); i++) {
        const struct seki_field *field = seki_message_field(message, i);
        struct seki_authres authres;
        struct seki_error why = { "" };
        if (!seki_str_equal_nocase(field->name, SEKI_STR("Authentication-Results")))
            continue;
        seen++;
        if (seki_authres_parse(arena, field->value, &authres, &why) == SEKI_OK)
            report(reading, &authres);
        else
            report_unreadable(reading, why.text);
    }
    if (seki_message_defects(message) & (SEKI_DEFECT_TOO_MANY_FIELDS | SEKI_DEFECT_HEADER_TOO_LONG)) {
        report_unreadable(reading, N_("the rest of the header, which is larger than we read"));
        seen++;
    }
    return seen;
}

enum cli_exit cli_authres_parse(const struct cli_options *options, const char *file)
{
    struct seki_error why;
    struct seki_str text, body;
    bool is_unix;
    if (!cli_input_read(file, &text, &why)) {
        cli_say_trouble(options, why.text);
        return CLI_NO;
    }
    struct reading reading = { .json = options->json, .all_readable = true, .fields = json_array() };
    struct seki_arena *arena = seki_arena_new(MAX_MEMORY);
    struct seki_message *message = arena != NULL ? seki_message_new(arena, NULL) : NULL;
    size_t seen = 0;
    if (message != NULL && seki_message_read(message, text, &body, &is_unix) == SEKI_OK)
        seen = read_fields(arena, message, &reading);
    else
        report_unreadable(&reading, N_("the header: no memory"));
    if (options->json)
        cli_json_print(json_pack("{s:O}", "fields", reading.fields));
    else if (seen == 0)
        printf("%s\n", _("no Authentication-Results field"));
    json_decref(reading.fields);
    seki_arena_free(arena);
    free((void *)(uintptr_t)text.ptr);
    return reading.all_readable ? CLI_DONE : CLI_NO;
}
