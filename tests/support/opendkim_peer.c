/* OpenDKIM's library as a peer to compare with: verifies and signs messages, one job a line.
 *
 *     opendkim_peer RECORDS        a JSON object: name of a key record → its text
 *     {"file": …}                                                              → {"answer": "pass"} or a reason
 *     {"file": …, "sign": …, "algorithm": …, "domain": …, "selector": …, "key": …}
 *                                  sign: "relaxed/simple"; key: a PEM file      → {"answer": the field}
 *     {"features": true}                                                       → {"answer": ["ed25519-sha256", …]}
 *
 * Each field goes in alone, as OpenDKIM's milter gives it; octets are given as they stand in the file. */
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <opendkim/dkim.h>

#define MAX_FILE_OCTETS (64 << 20)

static json_t *records; /* the look-up's callback has no way to anything else */

struct text {
    unsigned char *ptr; /* a NUL stands behind it */
    size_t len;
};

static void must(bool is_so, const char *what)
{
    if (is_so)
        return;
    fprintf(stderr, "opendkim_peer: %s\n", what);
    exit(1);
}

static struct text read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    struct stat status;
    must(file != NULL && fstat(fileno(file), &status) == 0 && status.st_size < MAX_FILE_OCTETS,
         "cannot read the file");
    struct text text = { calloc((size_t)status.st_size + 1, 1), (size_t)status.st_size };
    must(text.ptr != NULL && fread(text.ptr, 1, text.len, file) == text.len, "cannot read the file");
    fclose(file);
    return text;
}

static DKIM_CBSTAT look_up(DKIM *dkim, DKIM_SIGINFO *signature, u_char *out, size_t size)
{
    (void)dkim;
    char name[512];
    snprintf(name, sizeof name, "%s._domainkey.%s", (const char *)dkim_sig_getselector(signature),
             (const char *)dkim_sig_getdomain(signature));
    const char *record = json_string_value(json_object_get(records, name));
    if (record == NULL)
        return DKIM_CBSTAT_NOTFOUND;
    snprintf((char *)out, size, "%s", record);
    return DKIM_CBSTAT_CONTINUE;
}

/* The octets of the field in front, with its folds, without its line end; 0: the header has ended. */
static size_t field_octets(struct text rest)
{
    if (rest.len >= 2 && memcmp(rest.ptr, "\r\n", 2) == 0)
        return 0;
    for (size_t i = 0; i + 1 < rest.len; i++) {
        bool is_line_end = rest.ptr[i] == '\r' && rest.ptr[i + 1] == '\n';
        if (is_line_end && (i + 2 == rest.len || (rest.ptr[i + 2] != ' ' && rest.ptr[i + 2] != '\t')))
            return i;
    }
    return rest.len;
}

static void skip(struct text *rest, size_t octets)
{
    size_t used = octets < rest->len ? octets : rest->len;
    rest->ptr += used;
    rest->len -= used;
}

/* NULL: all went in; else what the library said. */
static const char *feed(DKIM *dkim, struct text rest)
{
    DKIM_STAT status = DKIM_STAT_OK;
    while (rest.len > 0 && status == DKIM_STAT_OK) {
        size_t octets = field_octets(rest);
        if (octets == 0)
            break;
        status = dkim_header(dkim, rest.ptr, octets);
        skip(&rest, octets + 2);
    }
    skip(&rest, 2);
    if (status == DKIM_STAT_OK)
        status = dkim_eoh(dkim);
    if (status == DKIM_STAT_OK && rest.len > 0)
        status = dkim_body(dkim, rest.ptr, rest.len);
    if (status == DKIM_STAT_OK)
        status = dkim_eom(dkim, NULL);
    return status == DKIM_STAT_OK ? NULL : dkim_getresultstr(status);
}

static json_t *verify(DKIM_LIB *library, struct text message)
{
    DKIM_STAT status;
    DKIM *dkim = dkim_verify(library, (const unsigned char *)"peer", NULL, &status);
    must(dkim != NULL, "no verifier");
    const char *trouble = feed(dkim, message);
    DKIM_SIGINFO *signature = dkim_getsignature(dkim);
    json_t *answer;
    if (signature != NULL && DKIM_SIG_CHECK(signature))
        answer = json_string("pass");
    else
        answer =
            json_sprintf("%s, %s", trouble != NULL ? trouble : "no pass",
                         signature != NULL ? dkim_sig_geterrorstr(dkim_sig_geterror(signature)) : "no signature");
    dkim_free(dkim);
    return answer;
}

static const char *text_of(const json_t *job, const char *name)
{
    const char *text = json_string_value(json_object_get(job, name));
    must(text != NULL, name);
    return text;
}

static json_t *sign(DKIM_LIB *library, const json_t *job, struct text message)
{
    const char *method = text_of(job, "sign");
    const char *body_method = strchr(method, '/');
    must(body_method != NULL, "sign: header/body");
    struct text key = read_file(text_of(job, "key"));
    DKIM_STAT status;
    DKIM *dkim = dkim_sign(
        library, (const unsigned char *)"peer", NULL, key.ptr, (const unsigned char *)text_of(job, "selector"),
        (const unsigned char *)text_of(job, "domain"),
        strncmp(method, "relaxed", 7) == 0 ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE,
        strcmp(body_method, "/relaxed") == 0 ? DKIM_CANON_RELAXED : DKIM_CANON_SIMPLE,
        strcmp(text_of(job, "algorithm"), "rsa-sha256") == 0 ? DKIM_SIGN_RSASHA256 : DKIM_SIGN_ED25519SHA256, -1,
        &status);
    must(dkim != NULL, "no signer");
    const char *trouble = feed(dkim, message);
    unsigned char *field = NULL;
    size_t len;
    if (trouble == NULL && dkim_getsighdr_d(dkim, strlen("DKIM-Signature: "), &field, &len) != DKIM_STAT_OK)
        trouble = "no field";
    json_t *answer = trouble != NULL ? json_sprintf("cannot sign: %s (%s)", trouble, dkim_geterror(dkim))
                                     : json_sprintf("DKIM-Signature: %s", (const char *)field);
    dkim_free(dkim);
    free(key.ptr);
    return answer;
}

static json_t *features(DKIM_LIB *library)
{
    json_t *algorithms = json_pack("[s]", "rsa-sha256");
    if (dkim_libfeature(library, DKIM_FEATURE_ED25519))
        json_array_append_new(algorithms, json_string("ed25519-sha256"));
    return algorithms;
}

static json_t *answer(DKIM_LIB *library, const json_t *job)
{
    if (json_object_get(job, "features") != NULL)
        return features(library);
    struct text message = read_file(text_of(job, "file"));
    json_t *said = json_object_get(job, "sign") != NULL ? sign(library, job, message) : verify(library, message);
    free(message.ptr);
    return said;
}

/* As OpenDKIM's milter sets the library up: the fields that RFC 6376 section 5.4 recommends. */
static DKIM_LIB *open_library(void)
{
    DKIM_LIB *library = dkim_init(NULL, NULL);
    must(library != NULL && dkim_set_key_lookup(library, look_up) == DKIM_STAT_OK &&
             dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_SIGNHDRS, dkim_should_signhdrs, sizeof(u_char **)) ==
                 DKIM_STAT_OK,
         "cannot set up libopendkim");
    return library;
}

int main(int argc, char **argv)
{
    must(argc == 2 && (records = json_loads(argv[1], 0, NULL)) != NULL, "usage: opendkim_peer RECORDS");
    DKIM_LIB *library = open_library();
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        json_t *job = json_loads(line, 0, NULL);
        must(job != NULL, "a job is a JSON object");
        json_t *reply = json_pack("{so}", "answer", answer(library, job));
        must(reply != NULL && json_dumpf(reply, stdout, JSON_ENSURE_ASCII) == 0 && putchar('\n') != EOF &&
                 fflush(stdout) == 0,
             "cannot answer");
        json_decref(reply);
        json_decref(job);
    }
    free(line);
    json_decref(records);
    dkim_close(library);
    return 0;
}
