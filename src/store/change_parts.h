/* A change from inside: how the modules that make it up write, so that none can forget its line of the audit log. */
#ifndef STORE_CHANGE_PARTS_H
#define STORE_CHANGE_PARTS_H

#include "store/audit_line.h"
#include "store/settings.h"

struct seki_psl;

/** The id that this change has when it changes something. */
int64_t store_change_id(const struct store_change *change);
int64_t store_change_at_s(const struct store_change *change);
struct seki_str store_change_actor(const struct store_change *change);
/** The public suffix list, read when it is first asked for. NULL with a sentence: there is none. */
const struct seki_psl *store_change_suffixes(struct store_change *change, struct seki_error *why);

/**
 * Run one statement and write the line that tells of it.
 * @param id_out  the statement has RETURNING id; may be NULL, and then it has not
 */
SEKI_MUST_USE enum seki_result store_change_write(struct store_change *change, const char *text,
                                                  const struct sql_value *values, size_t count,
                                                  const struct store_audit_line *line, int64_t *id_out,
                                                  struct seki_error *why);
/** A statement that only follows from one that has its line: change ids, names left behind. */
SEKI_MUST_USE enum seki_result store_change_follow(struct store_change *change, const char *text,
                                                   const struct sql_value *values, size_t count,
                                                   struct seki_error *why);

/** What the replica has of this domain is old now. */
SEKI_MUST_USE enum seki_result store_change_touch_domain(struct store_change *change, int64_t domain_id,
                                                         struct seki_error *why);

/** Choices of this owner, or what they must fit, were touched: looked at when the change is committed. */
SEKI_MUST_USE enum seki_result store_change_will_check(struct store_change *change, struct store_owner owner,
                                                       struct seki_error *why);
/** Whom to look at. */
const struct store_owner *store_change_to_check(const struct store_change *change, size_t *count_out);

#endif
