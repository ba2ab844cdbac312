/* Marking texts for the catalogues (po/).
 *
 * N_() marks a text that stands in a table and is translated where it is shown. What goes on the wire, into a log or
 * into JSON keys is never translated. */
#ifndef BASE_I18N_H
#define BASE_I18N_H

#define N_(text) text

/** A text in the reader's language, or as it is: gettext, or nothing. */
typedef const char *(*translator)(const char *text);

#endif
