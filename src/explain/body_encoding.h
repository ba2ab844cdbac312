/* Inside of body_change.h: texts that were encoded anew, and converted to another character set. */
#ifndef EXPLAIN_BODY_ENCODING_H
#define EXPLAIN_BODY_ENCODING_H

#include "explain/body_search.h"

/** Another transfer encoding, of the whole body or of text parts. */
void explain_try_encodings(struct explain_search *search, const struct explain_body *body);
/** Another character set, in any transfer encoding. */
void explain_try_charsets(struct explain_search *search, const struct explain_body *body);

#endif
