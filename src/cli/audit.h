/* Lines of the audit log, as text for people and as JSON. */
#ifndef CLI_AUDIT_H
#define CLI_AUDIT_H

#include "cli/hosting.h"
#include "store/audit.h"

/** {id change at actor via action tenant domain object before after}; before and after are objects or null. */
json_t *cli_json_audit(const struct store_audit_entry *entry);
/** One state of cli_json_audit()'s, in one line behind a mark; nothing for null. What is empty is left out. */
void cli_print_audit_state(unsigned column, const char *mark, json_t *state);
/** What was done, on lines that begin in a column: the action, then what was before and what is after it. */
void cli_print_audit_change(unsigned column, const struct store_audit_entry *entry);

#endif
