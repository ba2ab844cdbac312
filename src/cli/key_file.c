#include "cli/key_file.h"

#include "cli/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define MAX_KEY_FILE_OCTETS (64u * 1024u) /* the largest RSA key needs some 3,300 */

static bool read_octets(int file, char *text, size_t size, size_t *len_out)
{
    ssize_t got = 0;
    *len_out = 0;
    do {
        got = read(file, text + *len_out, size - *len_out);
        *len_out += got > 0 ? (size_t)got : 0;
    } while ((got > 0 && *len_out < size) || (got < 0 && errno == EINTR));
    return got >= 0;
}

struct seki_private_key *cli_key_file_read(const char *path, struct seki_error *why)
{
    char text[MAX_KEY_FILE_OCTETS];
    size_t len = 0;
    struct seki_private_key *key = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool is_read = file >= 0 && read_octets(file, text, sizeof text, &len);
    int error = errno;
    if (file >= 0)
        close(file);
    if (!is_read) {
        seki_error_set(why, "%s: cannot be read: %s", path, strerror(error));
    } else if (len == sizeof text) {
        seki_error_set(why, "%s: too large for a private key", path);
    } else if (seki_private_key_read((struct seki_str){ text, len }, &key, why) != SEKI_OK) {
        seki_error_prefix(why, "%s", path);
    }
    explicit_bzero(text, sizeof text);
    return key;
}

static enum seki_result write_octets(void *user, struct seki_str pem)
{
    int file = *(const int *)user;
    while (pem.len > 0) {
        ssize_t put = write(file, pem.ptr, pem.len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return SEKI_TEMPORARY;
        pem = seki_str_from(pem, (size_t)put);
    }
    return fsync(file) == 0 ? SEKI_OK : SEKI_TEMPORARY;
}

bool cli_key_file_write(const struct seki_private_key *key, const char *path, struct seki_error *why)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (file < 0) {
        seki_error_set(why, "%s: cannot be made: %s", path, strerror(errno));
        return false;
    }
    errno = 0;
    bool is_written = seki_private_key_export(key, write_octets, &file) == SEKI_OK;
    int error = errno;
    if (close(file) != 0 && is_written) {
        error = errno;
        is_written = false;
    }
    if (is_written)
        return true;
    unlink(path);
    seki_error_set(why, "%s: cannot be written: %s", path, error != 0 ? strerror(error) : N_("no memory"));
    return false;
}
