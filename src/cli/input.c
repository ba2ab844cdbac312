#include "cli/input.h"

#include "cli/i18n.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_INPUT_OCTETS (256u << 20)

static bool read_all(FILE *file, const char *path, struct seki_str *text_out, struct seki_error *why)
{
    size_t len = 0, capacity = 1 << 16;
    char *text = malloc(capacity);
    while (text != NULL) {
        len += fread(text + len, 1, capacity - len, file);
        if (len < capacity || capacity >= MAX_INPUT_OCTETS)
            break;
        capacity *= 2;
        char *larger = realloc(text, capacity);
        if (larger == NULL)
            free(text);
        text = larger;
    }
    if (text == NULL)
        seki_error_set(why, "%s: no memory to read it", path);
    else if (ferror(file))
        seki_error_set(why, "%s: cannot be read: %s", path, strerror(errno));
    else if (len == MAX_INPUT_OCTETS)
        seki_error_set(why, "%s: larger than %u MiB, which is more than a message may have", path,
                       MAX_INPUT_OCTETS >> 20);
    else {
        *text_out = (struct seki_str){ text, len };
        return true;
    }
    free(text);
    return false;
}

bool cli_input_read(const char *path, struct seki_str *text_out, struct seki_error *why)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    if (file == NULL) {
        seki_error_set(why, "%s: cannot be opened: %s", path, strerror(errno));
        return false;
    }
    bool is_read = read_all(file, is_stdin ? N_("standard input") : path, text_out, why);
    if (!is_stdin)
        fclose(file);
    return is_read;
}
