/* The file of a tenant: any JSON text, and the way to each value in it. Properties: a line that is in the text, never before the
 * line of what it is in, and never before the value that stands in front of it. */
#include "cli/json_place.h"

#include <jansson.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_OCTETS 4096u /* each value is looked for from the beginning */

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* Names with escapes in the text are not found; what is around them then is. So only "not before" holds for all. */
static size_t walk(struct seki_str text, json_t *value, const struct cli_json_place *place, size_t last)
{
    const char *name;
    json_t *member;
    size_t line = cli_json_line(text, place), element, before = line;
    check(line >= 1 && line <= last);
    json_object_foreach (value, name, member) {
        const struct cli_json_place here = { place, name, 0 };
        check(walk(text, member, &here, last) >= line);
    }
    json_array_foreach (value, element, member) {
        const struct cli_json_place here = { place, NULL, element };
        size_t found = walk(text, member, &here, last);
        check(found >= before);
        before = found;
    }
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct cli_json_place list = { NULL, "list", 0 }, third = { &list, NULL, 2 };
    struct seki_str text = { (const char *)data, size < MAX_OCTETS ? size : MAX_OCTETS };
    size_t last = 1;
    for (size_t i = 0; i < text.len; i++)
        last += text.ptr[i] == '\n';
    check(cli_json_line(text, &third) <= last); /* also of what is no JSON */
    json_t *root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, NULL);
    if (root != NULL)
        (void)walk(text, root, NULL, last);
    json_decref(root);
    return 0;
}
