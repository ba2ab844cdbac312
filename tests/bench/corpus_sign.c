#include "corpus_sign.h"

#include "corpus_text.h"

#include <openssl/rsa.h>
#include <openssl/x509.h>

static void die(const char *what)
{
    fprintf(stderr, "make_corpus: %s\n", what);
    exit(1);
}

static void set_base64(char *out, size_t size, const unsigned char *octets, size_t len)
{
    struct seki_buf text;
    seki_buf_init(&text, size - 1);
    corpus_add_base64(&text, octets, len);
    if (seki_buf_failed(&text))
        die("base64 does not fit");
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    seki_buf_release(&text);
}

struct corpus_key *corpus_keys_new(size_t count)
{
    struct corpus_key *keys = calloc(count, sizeof *keys);
    for (size_t i = 0; keys != NULL && i < count; i++) {
        keys[i].key = EVP_RSA_gen(2048);
        unsigned char *der = NULL;
        int len = keys[i].key != NULL ? i2d_PUBKEY(keys[i].key, &der) : -1;
        if (len <= 0)
            die("cannot make an RSA key");
        set_base64(keys[i].record, sizeof keys[i].record, der, (size_t)len);
        OPENSSL_free(der);
    }
    return keys;
}

void corpus_keys_free(struct corpus_key *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        EVP_PKEY_free(keys[i].key);
    free(keys);
}

/* RFC 6376 section 3.4.4: WSP runs become one SP, WSP at line ends goes, empty lines at the end go. */
void corpus_body_hash(struct seki_str body, char bh_out[64])
{
    struct seki_buf plain;
    seki_buf_init(&plain, body.len + 2);
    bool blank = false;
    size_t ends = 0;
    for (size_t i = 0; i < body.len; i++) {
        char c = body.ptr[i];
        if (c == '\r') {
            blank = false;
            ends++;
        } else if (seki_is_wsp(c)) {
            blank = true;
        } else if (c != '\n') {
            for (; ends > 0; ends--)
                seki_buf_add(&plain, SEKI_STR("\r\n"));
            if (blank)
                seki_buf_add_char(&plain, ' ');
            blank = false;
            seki_buf_add_char(&plain, c);
        }
    }
    seki_buf_add(&plain, SEKI_STR("\r\n"));
    unsigned char digest[32];
    if (seki_buf_failed(&plain) || EVP_Digest(plain.ptr, plain.len, digest, NULL, EVP_sha256(), NULL) != 1)
        die("cannot hash a body");
    set_base64(bh_out, 64, digest, sizeof digest);
    seki_buf_release(&plain);
}

/* RFC 6376 section 3.4.2: name in lower case, unfolded, WSP runs become one SP, none at the ends. No CRLF behind. */
static void add_canonical(struct seki_buf *out, struct seki_str field)
{
    size_t colon = seki_str_find(field, ':');
    for (size_t i = 0; i < colon; i++)
        seki_buf_add_char(out, seki_ascii_lower(field.ptr[i]));
    seki_buf_add_char(out, ':');
    struct seki_str value = seki_str_trim(seki_str_from(field, colon + 1));
    for (size_t i = 0; i < value.len; i++) {
        if (!seki_is_space(value.ptr[i]))
            seki_buf_add_char(out, value.ptr[i]);
        else if (!seki_is_space(value.ptr[i - 1]))
            seki_buf_add_char(out, ' ');
    }
}

/* The field of that name, folded lines included, without its last LF; empty when there is none. */
static struct seki_str find_field(struct seki_str fields, struct seki_str name)
{
    size_t start = 0;
    while (start < fields.len) {
        size_t end = start;
        do {
            end += seki_str_find(seki_str_from(fields, end), '\n') + 1;
        } while (end < fields.len && seki_is_wsp(fields.ptr[end]));
        struct seki_str field = { fields.ptr + start, end - 1 - start };
        if (seki_str_starts_with_nocase(field, name) && field.len > name.len && field.ptr[name.len] == ':')
            return field;
        start = end;
    }
    return (struct seki_str){ NULL, 0 };
}

static size_t sign(const struct corpus_key *key, struct seki_str text, unsigned char *signature, size_t size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL || EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->key) != 1 ||
        EVP_DigestSign(context, signature, &size, (const unsigned char *)text.ptr, text.len) != 1)
        die("cannot sign");
    EVP_MD_CTX_free(context);
    return size;
}

void corpus_add_signature(struct seki_buf *out, const struct corpus_key *key, struct seki_str fields,
                          const char *names, const char *domain, const char *bh)
{
    struct seki_buf text, tags;
    seki_buf_init(&text, 65536);
    seki_buf_init(&tags, 4096);
    seki_buf_add_format(&tags,
                        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=%s;\n\ts=bench; t=1760000000;\n"
                        "\th=%s;\n\tbh=%s;\n\tb=",
                        domain, names, bh);
    struct seki_str rest = seki_str_of(names), name;
    while (seki_str_split(&rest, ':', &name)) {
        struct seki_str field = find_field(fields, name);
        if (field.ptr == NULL)
            continue;
        add_canonical(&text, field);
        seki_buf_add(&text, SEKI_STR("\r\n"));
    }
    add_canonical(&text, seki_buf_str(&tags));
    unsigned char signature[512];
    char encoded[1024];
    size_t len = sign(key, seki_buf_str(&text), signature, sizeof signature);
    set_base64(encoded, sizeof encoded, signature, len);
    seki_buf_add(out, seki_buf_str(&tags));
    for (struct seki_str left = seki_str_of(encoded); left.len > 0; left = seki_str_from(left, 72)) {
        if (left.ptr != encoded)
            seki_buf_add(out, SEKI_STR("\n\t "));
        seki_buf_add(out, seki_str_head(left, 72));
    }
    seki_buf_add_char(out, '\n');
    if (seki_buf_failed(&text) || seki_buf_failed(&tags))
        die("a header is too long");
    seki_buf_release(&text);
    seki_buf_release(&tags);
}
