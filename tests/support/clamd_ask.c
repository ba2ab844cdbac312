/* clamd_ask ADDRESS TIMEOUT_MS MAX_OCTETS [PIECE_OCTETS]: has clamd scan standard input, and writes what the client was told:
 * "clean", "found NAME" or "no answer: REASON". */
#include "content/clamd.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define PIECE_MAX (64u * 1024u)

static uint64_t number(const char *text)
{
    uint64_t value = 0;
    if (!seki_str_to_u64(seki_str_of(text), UINT32_MAX, &value)) {
        fprintf(stderr, "clamd_ask: \"%s\" is no number\n", text);
        exit(2);
    }
    return value;
}

static void on_done(void *user, const struct content_scan_answer *answer)
{
    static const char *const words[] = { "clean", "found ", "too long: ", "no answer: " };
    printf("%s%s\n", words[answer->result], answer->text);
    event_base_loopbreak(user);
}

int main(int argc, char **argv)
{
    static char piece[PIECE_MAX];
    if (argc < 4)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    const struct content_clamd_options options = { .address = seki_str_of(argv[1]),
                                                   .timeout_ms = number(argv[2]),
                                                   .max_octets = number(argv[3]) };
    size_t most = argc > 4 ? (size_t)number(argv[4]) % (PIECE_MAX + 1) : PIECE_MAX;
    struct event_base *base = event_base_new();
    struct content_scan *scan = content_scan_new(base, &options, on_done, base);
    if (scan == NULL)
        return 3;
    for (ssize_t len; (len = read(STDIN_FILENO, piece, most)) > 0;) {
        content_scan_add(scan, (struct seki_str){ piece, (size_t)len });
        event_base_loop(base, EVLOOP_NONBLOCK);
        if (event_base_got_break(base))
            break;
    }
    if (!event_base_got_break(base)) {
        content_scan_end(scan);
        event_base_dispatch(base);
    }
    content_scan_free(scan);
    event_base_free(base);
    return 0;
}
