#include "dns/driver/file.h"

#include <errno.h>

bool dns_file_read(const char *path, size_t max_octets, struct seki_buf *text_out, struct seki_error *why)
{
    seki_buf_init(text_out, max_octets);
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        seki_error_set(why, "%s: %s", path, strerror(errno));
        return false;
    }
    char part[16384];
    size_t len;
    errno = 0;
    while (seki_buf_failed(text_out) == SEKI_OK && (len = fread(part, 1, sizeof part, file)) > 0)
        seki_buf_add(text_out, (struct seki_str){ part, len });
    int error = ferror(file) ? errno : 0;
    fclose(file);
    if (error != 0)
        seki_error_set(why, "%s: %s", path, strerror(error));
    else if (seki_buf_failed(text_out) == SEKI_LIMIT)
        seki_error_set(why, "%s: larger than %zu MiB", path, max_octets >> 20);
    else if (seki_buf_failed(text_out) != SEKI_OK)
        seki_error_set(why, "%s: no memory to read it", path);
    else
        return true;
    return false;
}
