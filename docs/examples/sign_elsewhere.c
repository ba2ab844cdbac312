/* Sign with a key that lives elsewhere: one process holds it and is handed digests, the other reads messages and has no
 * key that could be stolen from it. A signer on another machine or a hardware module is asked in the same way.
 *
 *     cc sign_elsewhere.c $(pkg-config --cflags --libs sekisho) -o sign_elsewhere
 *     ./sign_elsewhere key.pem rsa-sha256 example.com s2026 < message.eml > signed.eml */
#define _DEFAULT_SOURCE /* explicit_bzero() */
#include <sekisho/dkim_sign.h>
#include <sekisho/private_key.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char text[16 << 20];

/* The holder. Over SOCK_SEQPACKET a request comes whole or not at all. */
static int hold_key(int channel, const char *path)
{
    char pem[65536];
    struct seki_error why;
    struct seki_private_key *key;
    FILE *file = fopen(path, "r");
    struct seki_str key_text = { pem, file != NULL ? fread(pem, 1, sizeof pem, file) : 0 };
    if (seki_private_key_read(key_text, &key, &why) != SEKI_OK)
        return fprintf(stderr, "sign_elsewhere: %s: %s\n", path, why.text), 1;
    fclose(file);
    explicit_bzero(pem, sizeof pem);
    struct seki_sign_request request;
    while (recv(channel, &request, sizeof request, 0) == sizeof request) {
        struct seki_sign_answer answer; /* empty when this is nothing that the key can sign */
        if (seki_private_key_sign(key, &request, &answer, &why) != SEKI_OK)
            fprintf(stderr, "sign_elsewhere: %s\n", why.text);
        send(channel, &answer, sizeof answer, MSG_NOSIGNAL);
    }
    seki_private_key_free(key);
    return 0;
}

/* The reader of messages: header and body become a digest, the holder's answer becomes the field. */
static enum seki_result sign(int channel, const struct seki_dkim_sign_options *options,
                             struct seki_str message_text, struct seki_error *why)
{
    struct seki_context *context = seki_context_new(0, why);
    struct seki_arena *arena = seki_arena_new(16 << 20);
    struct seki_message *message = seki_message_new(arena, NULL);
    struct seki_body_hash *body = seki_body_hash_new(arena, context);
    struct seki_sign_request request;
    struct seki_sign_answer answer = { .octet_count = 0 };
    struct seki_dkim_sign *sign;
    struct seki_str body_text, value;
    struct seki_buf field;
    bool is_unix;
    enum seki_result result = SEKI_LIMIT;
    seki_buf_init(&field, 65536);
    if (body != NULL && message != NULL && message_text.len < sizeof text)
        result = seki_message_read(message, message_text, &body_text, &is_unix);
    if (result == SEKI_OK)
        result = seki_dkim_sign_new(arena, context, message, body, options, &sign, why);
    if (result == SEKI_OK) { /* the hashes of the body have been asked for now */
        seki_body_hash_whole(body, body_text, is_unix);
        result = seki_dkim_sign_digest(sign, &request, why);
    }
    if (result == SEKI_OK) { /* the last call refuses an answer that is none */
        send(channel, &request, sizeof request, MSG_NOSIGNAL);
        recv(channel, &answer, sizeof answer, 0);
        result = seki_dkim_sign_complete(sign, &answer, &value, why);
    }
    if (result == SEKI_OK) {
        size_t envelope = seki_message_envelope_octets(message_text); /* of an mbox file */
        seki_field_write(SEKI_STR("DKIM-Signature"), value, is_unix, &field);
        fwrite(text, 1, envelope, stdout);
        fwrite(field.ptr, 1, field.len, stdout);
        fwrite(text + envelope, 1, message_text.len - envelope, stdout);
    }
    seki_buf_release(&field);
    seki_body_hash_end(body);
    seki_arena_free(arena);
    seki_context_free(context);
    return result;
}

int main(int argc, char **argv)
{
    int ends[2];
    struct seki_error why = { "no memory, or the message is too long" };
    struct seki_dkim_sign_options options = { .time_s = time(NULL) };
    if (argc != 5 || !seki_sign_algorithm_from_name(seki_str_of(argv[2]), &options.algorithm) ||
        socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) != 0)
        return fputs("usage: sign_elsewhere KEY-FILE ALGORITHM DOMAIN SELECTOR < MESSAGE\n", stderr), 2;
    if (fork() == 0) /* before anything of the message is read */
        return close(ends[1]), hold_key(ends[0], argv[1]);
    close(ends[0]); /* when the other end goes too, the holder ends */
    options.domain = seki_str_of(argv[3]);
    options.selector = seki_str_of(argv[4]);
    struct seki_str message = { text, fread(text, 1, sizeof text, stdin) };
    if (sign(ends[1], &options, message, &why) == SEKI_OK)
        return 0;
    fprintf(stderr, "sign_elsewhere: %s\n", why.text);
    return 1;
}
