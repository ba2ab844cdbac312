/* On which line of a JSON text does a value stand? The parser tells that of its own errors only; this is for what is wrong
 * with a value that could be read. */
#ifndef CLI_JSON_PLACE_H
#define CLI_JSON_PLACE_H

#include <sekisho/str.h>

/** The way from the whole text to a value: members by name, elements by number. */
struct cli_json_place {
    const struct cli_json_place *within; /* NULL: the whole text */
    const char *member;                  /* NULL: an element */
    size_t element;
};

/**
 * @param text   a JSON text that could be read
 * @param place  where it leads no further (no such member, one written with escapes), the last value that was found counts
 * @return from 1
 */
size_t cli_json_line(struct seki_str text, const struct cli_json_place *place);

#endif
