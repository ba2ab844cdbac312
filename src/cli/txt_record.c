#include "cli/txt_record.h"

#include "cli/i18n.h"
#include "cli/json.h"

#include <sekisho/domain.h>

#include <stdio.h>

#define MAX_LINES_OCTETS  65536u
#define MAX_STRING_OCTETS 255u /* of a character-string (RFC 1035 section 3.3) */

/* The name within the zone; "@" is what the zone itself is called there. */
static struct seki_str host_of(const struct cli_txt_record *record, struct seki_str zone)
{
    if (seki_str_equal_nocase(record->name, zone))
        return SEKI_STR("@");
    if (!seki_domain_is_within(record->name, zone))
        return record->name;
    return seki_str_head(record->name, record->name.len - zone.len - 1);
}

/* RFC 1035 section 5.1: "\X" and "\DDD". */
static void add_quoted(struct seki_buf *buf, struct seki_str string)
{
    seki_buf_add_char(buf, '"');
    for (size_t i = 0; i < string.len; i++) {
        char c = string.ptr[i];
        if (c < 0x20 || c > 0x7e)
            seki_buf_add_format(buf, "\\%03u", (unsigned)(unsigned char)c);
        else
            seki_buf_add_format(buf, "%s%c", c == '"' || c == '\\' ? "\\" : "", c);
    }
    seki_buf_add_char(buf, '"');
}

static void add_zone_lines(struct seki_buf *buf, const struct cli_txt_record *record)
{
    struct seki_str rest = record->text;
    bool is_split = rest.len > MAX_STRING_OCTETS;
    seki_buf_add(buf, record->name);
    seki_buf_add(buf, is_split ? SEKI_STR(". IN TXT (\n") : SEKI_STR(". IN TXT "));
    do {
        struct seki_str string = seki_str_head(rest, MAX_STRING_OCTETS);
        seki_buf_add(buf, is_split ? SEKI_STR("\t") : SEKI_STR(""));
        add_quoted(buf, string);
        seki_buf_add(buf, is_split ? SEKI_STR("\n") : SEKI_STR(""));
        rest = seki_str_from(rest, string.len);
    } while (rest.len > 0);
    seki_buf_add(buf, is_split ? SEKI_STR("\t)") : SEKI_STR(""));
}

static void print_zone_lines(const struct cli_txt_record *record)
{
    struct seki_buf lines;
    seki_buf_init(&lines, MAX_LINES_OCTETS);
    add_zone_lines(&lines, record);
    printf("%.*s\n", (int)lines.len, lines.ptr);
    seki_buf_release(&lines);
}

void cli_print_txt_records(const struct cli_txt_record *records, size_t count, struct seki_str zone)
{
    printf("%s\n", cli_text_plural("Publish this record:", "Publish these records:", count));
    for (size_t i = 0; i < count; i++)
        printf("%.*s TXT %.*s\n", SEKI_STR_ARGS(records[i].name), SEKI_STR_ARGS(records[i].text));
    printf("\n%s\n", _("In a zone file:"));
    for (size_t i = 0; i < count; i++)
        print_zone_lines(&records[i]);
    printf(_("\nIn a web form for the zone %.*s:\n"), SEKI_STR_ARGS(zone));
    for (size_t i = 0; i < count; i++) {
        struct seki_str host = host_of(&records[i], zone);
        printf(_("  name   %.*s\n  type   TXT\n  value  %.*s\n"), SEKI_STR_ARGS(host),
               SEKI_STR_ARGS(records[i].text));
    }
}

static json_t *json_strings(struct seki_str text)
{
    json_t *array = json_array();
    do {
        struct seki_str string = seki_str_head(text, MAX_STRING_OCTETS);
        json_array_append_new(array, cli_json_str(string));
        text = seki_str_from(text, string.len);
    } while (text.len > 0);
    return array;
}

json_t *cli_json_txt_record(const struct cli_txt_record *record, struct seki_str zone)
{
    struct seki_buf lines;
    seki_buf_init(&lines, MAX_LINES_OCTETS);
    add_zone_lines(&lines, record);
    json_t *object =
        json_pack("{s:o, s:o, s:s, s:o, s:o, s:o}", "name", cli_json_str(record->name), "host",
                  cli_json_str(host_of(record, zone)), "type", "TXT", "record", cli_json_str(record->text),
                  "strings", json_strings(record->text), "zone", cli_json_str(seki_buf_str(&lines)));
    seki_buf_release(&lines);
    return object;
}
