/* Runs a fuzz target over its seeds in an ordinary test: one TAP line per seed. A target that finds its property
 * broken aborts, and the run ends without its plan fulfilled. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int compare(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_seed(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int replay(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return -1;
    static char data[1 << 20];
    size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    /* An exact copy, so that the sanitizer sees one octet too far. */
    uint8_t *exact = malloc(size > 0 ? size : 1);
    if (exact == NULL)
        return -1;
    memcpy(exact, data, size);
    int result = LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return result;
}

int main(int argc, char **argv)
{
    struct dirent **seeds = NULL;
    int count = argc == 2 ? scandir(argv[1], &seeds, is_seed, compare) : -1;
    if (count <= 0) {
        fprintf(stderr, "usage: %s FOLDER-WITH-SEEDS (none found)\n", argv[0]);
        return 1;
    }
    int failed = 0;
    printf("1..%d\n", count);
    for (int i = 0; i < count; i++) {
        int result = replay(argv[1], seeds[i]->d_name);
        failed += result != 0;
        printf("%s %d - %s\n", result == 0 ? "ok" : "not ok", i + 1, seeds[i]->d_name);
        fflush(stdout);
        free(seeds[i]);
    }
    free(seeds);
    return failed > 0;
}
