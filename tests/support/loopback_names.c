/* Loaded into a Sendmail under test (LD_PRELOAD): host names come from /etc/hosts and not from the machine's DNS, and
 * ours is a full one. Sendmail looks every client up, whatever its configuration says, and waits a minute where it
 * finds no full name of its own. */
#include <netdb.h>
#include <nss.h>
#include <stdio.h>
#include <unistd.h>

__attribute__((constructor)) static void look_up_in_files_only(void)
{
    __nss_configure_lookup("hosts", "files");
}

__attribute__((visibility("default"))) int gethostname(char *name, size_t size)
{
    snprintf(name, size, "mx.example.com");
    return 0;
}
