/* Texts for people that a role writes into mail, in the language of whom it writes to: one process, several languages at
 * once. Logs are English and do not come by here. */
#ifndef CATALOGUE_H
#define CATALOGUE_H

#include "base/i18n.h"
#include "policy/policy.h"

/** Once, before the first thread: it sets the environment and the locale of messages. */
void catalogue_begin(void);
/** Can it be written in? A text must not be called Japanese that is not. */
bool catalogue_has(enum policy_language language);
/** The texts of a language; English where its catalogue is not installed. */
translator catalogue_of(enum policy_language language);
/** "en", "ja" */
const char *catalogue_tag(enum policy_language language);

#endif
