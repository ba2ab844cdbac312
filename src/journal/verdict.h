/* What a record keeps of a verdict beside the facts that policies look at. */
#ifndef JOURNAL_VERDICT_H
#define JOURNAL_VERDICT_H

#include "journal/record.h"

/** Fill reasons, domains, arc and signatures. Views into *verdict; the list is the arena's.
 *  @return false without room for the list: the record then has no signatures */
bool journal_record_take_verdict(struct journal_record *record, const struct seki_verdict *verdict,
                                 struct seki_arena *arena);

#endif
