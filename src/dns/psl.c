/* The public suffix list, through libpsl. Of DMARC only RFC 7489 discovery asks it; RFC 9989 walks the
 * tree instead. Hosting asks it for names that nobody owns. */
#include <sekisho/domain.h>

#include "base/i18n.h"

#include <errno.h>
#include <libpsl.h>

#define MAX_NAME_OCTETS 253u

struct seki_psl {
    psl_ctx_t *list;
};

struct seki_psl *seki_psl_load(const char *path, struct seki_error *why)
{
    struct seki_psl *psl = calloc(1, sizeof *psl);
    if (psl == NULL) {
        seki_error_set(why, "cannot load the public suffix list: no memory");
        return NULL;
    }
    /* psl_latest(NULL) takes the distribution's file, unless the list built in is newer. */
    errno = 0;
    psl->list = path != NULL ? psl_load_file(path) : psl_latest(NULL);
    int error = errno; /* 0: it could be read, but is no list */
    if (psl->list != NULL)
        return psl;
    const char *name = path != NULL ? path : N_("the system's list");
    if (error != 0)
        seki_error_set(
            why,
            "%s: cannot be read as a public suffix list: %s; install the package publicsuffix, or name a "
            "list in text or DAFSA form",
            name, strerror(error));
    else
        seki_error_set(
            why,
            "%s: cannot be read as a public suffix list; install the package publicsuffix, or name a list "
            "in text or DAFSA form",
            name);
    free(psl);
    return NULL;
}

void seki_psl_free(struct seki_psl *psl)
{
    if (psl == NULL)
        return;
    psl_free(psl->list);
    free(psl);
}

static bool terminate(struct seki_str domain, char terminated[static MAX_NAME_OCTETS + 1])
{
    if (!seki_domain_fits_dns(domain) || memchr(domain.ptr, '\0', domain.len) != NULL)
        return false;
    memcpy(terminated, domain.ptr, domain.len);
    terminated[domain.len] = '\0';
    return true;
}

struct seki_str seki_psl_registrable(const struct seki_psl *psl, struct seki_str domain)
{
    char terminated[MAX_NAME_OCTETS + 1];
    if (!terminate(domain, terminated))
        return SEKI_STR("");
    const char *found = psl_registrable_domain(psl->list, terminated);
    return found != NULL ? seki_str_from(domain, (size_t)(found - terminated)) : SEKI_STR("");
}

bool seki_psl_is_registry(const struct seki_psl *psl, struct seki_str domain)
{
    char terminated[MAX_NAME_OCTETS + 1];
    return terminate(domain, terminated) && psl_is_public_suffix2(psl->list, terminated, PSL_TYPE_ICANN) != 0;
}
