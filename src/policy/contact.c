#include "policy/contact.h"

#include <sekisho/address.h>

bool policy_is_contact(struct seki_str path)
{
    struct seki_str local_part, domain;
    return seki_address_split_path(path, &local_part, &domain) &&
           (seki_str_equal_nocase(local_part, SEKI_STR("postmaster")) ||
            seki_str_equal_nocase(local_part, SEKI_STR("abuse")));
}
