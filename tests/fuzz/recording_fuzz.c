/* Recordings: what is read can be written and read again, and the second text is the first. */
#include "dns/driver/recording.h"

static void must(bool holds)
{
    if (!holds)
        abort();
}

static struct seki_buf written(const struct recording *recording)
{
    struct seki_buf text;
    seki_buf_init(&text, 64u << 20);
    recording_write(recording_answers(recording), &text);
    must(seki_buf_failed(&text) == SEKI_OK);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct seki_error why = { "" };
    struct recording *first = recording_parse((struct seki_str){ (const char *)data, size }, "recording", &why);
    must((first == NULL) == (why.text[0] != '\0') || first != NULL);
    if (first == NULL)
        return 0;
    struct seki_buf text = written(first);
    struct recording *second = recording_parse(seki_buf_str(&text), "recording", &why);
    must(second != NULL);
    struct seki_buf again = written(second);
    must(seki_str_equal(seki_buf_str(&text), seki_buf_str(&again)));
    seki_buf_release(&again);
    seki_buf_release(&text);
    recording_free(second);
    recording_free(first);
    return 0;
}
