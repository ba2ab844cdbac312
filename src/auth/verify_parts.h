/* What verify.c leaves to its neighbours: the field that reports, and what a trusted ARC chain changes. */
#ifndef VERIFY_PARTS_H
#define VERIFY_PARTS_H

#include <sekisho/verify.h>

/** Fill verdict->authentication_results from the rest of *verdict. @param client for smtp.remote-ip; may be unknown */
enum seki_result seki_verdict_write_authres(struct seki_arena *arena, const struct seki_verify_options *options,
                                            const struct seki_ip *client, struct seki_verdict *verdict);

/** Set disposition, is_arc_override and arc_override_comment. */
enum seki_result seki_verdict_apply_arc(struct seki_arena *arena, const struct seki_verify_options *options,
                                        struct seki_verdict *verdict);

#endif
