#include "cli/policy_owner.h"

#include "cli/i18n.h"
#include "cli/text.h"

bool cli_policy_owner_find(struct cli_store *store, struct cli_policy_owner *owner_out)
{
    const struct cli_options *options = store->options;
    bool has_domain = options->tenant == NULL && !options->provider;
    struct store_tenant tenant;
    struct store_domain domain;
    *owner_out = (struct cli_policy_owner){ .owner = { .level = STORE_PROVIDER },
                                            .name = SEKI_STR("provider"),
                                            .operands = options->operands + has_domain,
                                            .operand_count = options->operand_count };
    if (options->tenant != NULL && options->provider)
        cli_complain("%s", _("--tenant and --provider do not go together: whose choices are meant?"));
    else if (has_domain && options->operand_count == 0)
        cli_complain("%s", _("whose choices are meant? Name a domain, or give --tenant NAME or --provider"));
    else if (has_domain && strchr(options->operands[0], '=') != NULL)
        cli_complain(_("\"%s\" is no domain; name one before it, or give --tenant NAME or --provider"),
                     options->operands[0]);
    else if (options->tenant != NULL) {
        if (!cli_find_tenant(store, options->tenant, &tenant))
            return false;
        owner_out->owner = (struct store_owner){ STORE_TENANT, tenant.id };
        owner_out->name = tenant.name;
        return true;
    } else if (has_domain) {
        if (!cli_find_domain(store, options->operands[0], &domain))
            return false;
        owner_out->owner = (struct store_owner){ STORE_DOMAIN, domain.id };
        owner_out->name = domain.name;
        owner_out->operand_count--;
        return true;
    } else {
        return true;
    }
    return cli_store_misused(store);
}

bool cli_policy_choice(const char *operand, struct seki_str *name_out, struct seki_str *value_out)
{
    struct seki_str text = seki_str_of(operand);
    size_t sign = seki_str_find(text, '=');
    if (sign == text.len)
        return cli_complain(_("\"%s\" is no choice; write it as NAME=VALUE, such as filter=observe"), operand);
    *name_out = seki_str_head(text, sign);
    *value_out = sign + 1 < text.len ? seki_str_from(text, sign + 1) : SEKI_STR("");
    return true;
}

bool cli_policy_propose(struct cli_store *store, const char *operand, struct policy *policy,
                        const struct policy_option **option_out)
{
    struct seki_str name, value;
    if (!cli_policy_choice(operand, &name, &value))
        return cli_store_misused(store);
    const char *meant = policy_option_nearest(name);
    *option_out = policy_option_find(name);
    if (*option_out != NULL)
        return cli_store_did(store, policy_option_read(*option_out, value, policy, &store->why));
    seki_error_set(&store->why,
                   meant != NULL ? "there is no option \"%.*s\"; did you mean \"%s\"?"
                                 : "there is no option \"%.*s\"",
                   SEKI_STR_ARGS(name), meant);
    return cli_store_did(store, SEKI_BAD_INPUT);
}
