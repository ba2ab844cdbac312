/* The entries of a ZIP archive as it streams by (APPNOTE.TXT).
 *
 * Whoever extracts goes by the directory at the end, or by the headers before each entry; offsets and sizes in them may lie.
 * So none is believed: every header of either kind is found by its signature, wherever it stands, and every name is
 * judged. Where the two kinds do not tell of the same names and methods, programs see different archives; what a header's
 * own fields hold may not look like another header: in both cases the archive is damaged on purpose, and opaque. Entries
 * that are stored or deflated are looked into; others, and encrypted ones, only by their names. */
#ifndef CONTENT_ZIP_H
#define CONTENT_ZIP_H

#include "content/inspector.h"

struct content_zip;

/** @return NULL when the arena is full */
struct content_zip *content_zip_new(struct seki_arena *arena);
/** @param archive  whose octets these are; the entries' inspectors are its inner ones */
void content_zip_begin(struct content_zip *zip, struct content_inspector *archive, struct content_look *look);
void content_zip_feed(struct content_zip *zip, struct seki_str octets);
/** @return false: it was none, ended in the middle of a header, or its headers tell different things */
bool content_zip_end(struct content_zip *zip);
void content_zip_release(struct content_zip *zip); /* NULL does nothing */

#endif
