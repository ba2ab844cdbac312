#include "corpus.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void die(const char *what, const char *name)
{
    fprintf(stderr, "corpus: %s %s\n", what, name);
    exit(1);
}

static struct seki_str map_file(const char *folder, const char *name, const char *suffix)
{
    char path[4096];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s%s", folder, name, suffix);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0 || status.st_size <= 0)
        die("cannot read (make_corpus writes it)", path);
    size_t len = (size_t)status.st_size;
    const char *octets = mmap(NULL, len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (octets == MAP_FAILED)
        die("cannot map", path);
    close(fd);
    return (struct seki_str){ octets, len };
}

static void *need(void *memory)
{
    if (memory == NULL)
        die("no memory", "");
    return memory;
}

static void cut_fields(struct corpus_message *message, struct seki_str header)
{
    struct corpus_field fields[CORPUS_MAX_FIELDS];
    size_t count = 0;
    while (header.len > 0 && count < CORPUS_MAX_FIELDS) {
        size_t end = 0;
        do {
            end += seki_str_find(seki_str_from(header, end), '\n') + 1;
        } while (end < header.len && seki_is_wsp(header.ptr[end]));
        struct seki_str field = seki_str_head(header, end - 1);
        size_t colon = seki_str_find(field, ':');
        fields[count++] = (struct corpus_field){ seki_str_head(field, colon), seki_str_from(field, colon + 1) };
        header = seki_str_from(header, end);
    }
    struct corpus_field *kept = need(calloc(count, sizeof *kept));
    memcpy(kept, fields, count * sizeof *kept);
    message->fields = kept;
    message->field_count = count;
}

static struct seki_str span(struct seki_str data, uint64_t offset, uint64_t len)
{
    if (offset > data.len || len > data.len - offset)
        die("index does not fit messages.dat; make the corpus anew", "");
    return (struct seki_str){ data.ptr + offset, (size_t)len };
}

static char *copy(struct seki_str s)
{
    return need(strndup(s.ptr, s.len));
}

static void read_line(struct corpus_message *message, struct seki_str line, struct seki_str data)
{
    struct seki_str words[8];
    uint64_t numbers[5];
    for (size_t i = 0; i < 8; i++)
        if (!seki_str_split(&line, ' ', &words[i]) ||
            (i < 5 && !seki_str_to_u64(words[i], UINT32_MAX, &numbers[i])))
            die("bad line in the index", "");
    cut_fields(message, span(data, numbers[0], numbers[1]));
    message->body = span(data, numbers[2], numbers[3]);
    message->chain = (unsigned)numbers[4];
    message->mail_from = copy(words[5]);
    message->helo = copy(words[6]);
    message->client = copy(words[7]);
}

struct corpus corpus_load(const char *folder, const char *set)
{
    struct seki_str data = map_file(folder, "messages", ".dat"), index = map_file(folder, set, ".idx"), line;
    struct corpus corpus = { NULL, 0 };
    size_t lines = 0;
    for (size_t i = 0; i < index.len; i++)
        lines += index.ptr[i] == '\n';
    corpus.messages = need(calloc(lines, sizeof *corpus.messages));
    while (corpus.count < lines && seki_str_split(&index, '\n', &line))
        read_line(&corpus.messages[corpus.count++], line, data);
    return corpus;
}

void corpus_release(struct corpus *corpus)
{
    for (size_t i = 0; i < corpus->count; i++) {
        free(corpus->messages[i].fields);
        free(corpus->messages[i].mail_from);
        free(corpus->messages[i].helo);
        free(corpus->messages[i].client);
    }
    free(corpus->messages);
}
