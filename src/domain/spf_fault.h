/* A term of an SPF record that cannot be read: which of the usual mistakes is it, and what was meant? */
#ifndef DOMAIN_SPF_FAULT_H
#define DOMAIN_SPF_FAULT_H

#include "domain/survey_run.h"

/** Can a term be in two parts here, with a space before or behind? */
static inline bool domain_spf_is_joint(char c)
{
    return c == ':' || c == '=' || c == '/';
}

/** Find what is wrong with the term at index, whose state is SYNTAX.
 *  @return how many terms that explains: more than one where a space stands within a term */
size_t domain_spf_find_fault(struct domain_run *run, const struct domain_spf_place *place, size_t index);

/** "include:_spf.example.net-all": where a space is missing, put in. @return false when nothing looks so */
bool domain_spf_find_glued(struct domain_run *run, const struct domain_spf_place *place, struct seki_str text);

#endif
