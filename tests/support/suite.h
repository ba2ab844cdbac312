/* Third-party conformance suites: finding and loading them, and answering the engine's questions from their zones.
 *
 * The suites lie in ../shared/conformance beside the project (or in $SEKISHO_CONFORMANCE). Where they are missing,
 * suite_load() returns NULL after saying so, and the test counts as skipped. */
#ifndef SUITE_H
#define SUITE_H

#include <sekisho/answers.h>

#include <jansson.h>

/** Folder of the suites, or NULL. */
const char *suite_folder(void);

/** Load a .json file, or a .yml file as an array of its documents (every scalar a string).
 *  @param path below suite_folder(). @return NULL when the suites are not there; a broken file ends the program */
json_t *suite_load(const char *path);

/** A whole file. @param path below suite_folder(). @return malloc'ed, NUL behind; ends the program when missing */
char *suite_read(const char *path, size_t *len_out);

/** Every LF without CR becomes CRLF. @return malloc'ed */
char *suite_to_crlf(const char *text, size_t len, size_t *len_out);

/** Exit code of a test that was skipped because the suites are not there; prints the TAP line. */
int suite_skip_all(void);

/** A zone as the suites write it: name -> list of {TYPE: value}; see the suites' README. Names are folded. */
struct suite_zone;
struct suite_zone *suite_zone_new(json_t *names);
void suite_zone_free(struct suite_zone *zone);
/** Answer every open question of the table. */
void suite_zone_answer(const struct suite_zone *zone, struct seki_answers *answers);

#endif
