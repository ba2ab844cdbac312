#include "store/owned_name.h"

#include "store/change_parts.h"

#include <sekisho/domain.h>

enum seki_result store_check_owned(struct store_change *change, struct seki_str name, bool includes_subdomains,
                                   const char *what, struct seki_error *why)
{
    const struct seki_psl *suffixes = store_change_suffixes(change, why);
    if (suffixes == NULL)
        return SEKI_SYSTEM;
    if (seki_psl_is_registry(suffixes, name)) {
        seki_error_set(why,
                       "%s \"%.*s\" is a public suffix, below which anybody can register names; give a name below"
                       " it that has one owner",
                       what, SEKI_STR_ARGS(name));
        return SEKI_BAD_INPUT;
    }
    if (includes_subdomains && seki_psl_registrable(suffixes, name).len == 0) {
        seki_error_set(why,
                       "%s \"%.*s\" is a public suffix, and the names below it belong to others; leave its"
                       " subdomains out",
                       what, SEKI_STR_ARGS(name));
        return SEKI_BAD_INPUT;
    }
    return SEKI_OK;
}
