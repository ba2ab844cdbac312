/* The address of somebody's junk folder: <user@example.com> with the suffix "+Junk" is <user+Junk@example.com>. */
#ifndef POLICY_JUNK_PATH_H
#define POLICY_JUNK_PATH_H

#include <sekisho/arena.h>

/**
 * @param path      forward-path as the MTA wrote it, angle brackets or not
 * @param suffix    of the policy; its first octet is the separator, and what stands behind one in path is replaced
 * @param new_path_out  in the arena; untouched where path is the folder's own address already
 * @param done_out  false: there is no such address (no suffix; no mailbox that can be read; a local part over the 64
 *                  octets of RFC 5321 section 4.5.3.1.1)
 * @return SEKI_OK, or the arena's failure
 */
SEKI_MUST_USE enum seki_result policy_junk_path(struct seki_str path, struct seki_str suffix,
                                                struct seki_arena *arena, struct seki_str *new_path_out,
                                                bool *done_out);

#endif
