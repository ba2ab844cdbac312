/* Domains that can be taken for one another: a key that all of them share.
 *
 * The key is what is left of a domain when all is made the same that the eye takes for the same:
 *
 *     A-labels                       as the letters they stand for (RFC 3492)
 *     Cyrillic, Greek, Armenian      letters that look like Latin ones, as these; fullwidth forms, and Latin letters
 *                                    with marks, as the plain ones
 *     0 and o; 1, l and i            one letter (i, for a reader may be shown "I")
 *     rn and m; vv and w             one letter
 *     hyphens                        nothing
 *     some kanji that look like kana one letter
 *
 * What this does not see: another top-level domain (example.net for example.com), words added (example-login.com is
 * another word and not another spelling), typing mistakes (exmaple.com), letters outside the table, and names of which
 * the key is longer than POLICY_LOOKALIKE_KEY_MAX. Two honest domains may share a key; so it is a reason for suspicion
 * and never a proof. */
#ifndef POLICY_LOOKALIKE_H
#define POLICY_LOOKALIKE_H

#include <sekisho/str.h>

#define POLICY_LOOKALIKE_KEY_MAX 255u /* octets */

/**
 * @param domain  A-labels in lower case
 * @param key     at least POLICY_LOOKALIKE_KEY_MAX octets
 * @return the key, a view into it; len 0: this domain has none
 */
struct seki_str policy_lookalike_key(struct seki_str domain, char *key);

/**
 * The next name to look up by its key, beginning with the author domain itself: whoever imitates example.com may write
 * from mail.exarnple.com. Single labels are nobody's domain.
 * @param name  in: the author domain, then what came before
 * @return false: there is none
 */
bool policy_lookalike_parent(struct seki_str *name);

/** Can author_domain, or a domain above it, be taken for this hosted one, though it is neither that nor below it? */
bool policy_lookalike_imitates(struct seki_str author_domain, struct seki_str hosted);

#endif
