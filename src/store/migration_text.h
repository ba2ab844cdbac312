/* One migration's text in the words of one database. */
#ifndef STORE_MIGRATION_TEXT_H
#define STORE_MIGRATION_TEXT_H

#include "store/sql.h"

/** @return SEKI_OK, the text with a NUL behind; SEKI_BAD_INPUT: a word between @ and @ that is not known */
SEKI_MUST_USE enum seki_result store_migration_text(struct seki_str text, enum sql_dialect dialect,
                                                    struct seki_buf *out, struct seki_error *why);

#endif
