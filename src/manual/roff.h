/* Manual pages in the man(7) macros, which every man(1) reads. Texts are escaped here: callers write plain UTF-8.
 *
 * In running text `…` is set in bold: names of options, files, commands. */
#ifndef MANUAL_ROFF_H
#define MANUAL_ROFF_H

#include <stdio.h>

/** The head: "SEKISHO", "1". @param manual what stands in the middle of the first line */
void roff_begin(FILE *to, const char *name, const char *section, const char *version, const char *manual);
/** The line of the section NAME, which apropos(1) reads. */
void roff_name(FILE *to, const char *name, const char *text);
void roff_section(FILE *to, const char *title);
void roff_subsection(FILE *to, const char *title);
void roff_paragraph(FILE *to, const char *text);
/** An entry of a list: what it is about in bold, an argument in italics (or NULL), and the first words about it;
 *  roff_more() may follow. */
void roff_item(FILE *to, const char *tag, const char *argument, const char *text);
/** More words behind the last ones. */
void roff_more(FILE *to, const char *text);
/** Lines as they are. */
void roff_example(FILE *to, const char *text);
/** Running text, escaped, without a line end. */
void roff_text(FILE *to, const char *text);

#endif
