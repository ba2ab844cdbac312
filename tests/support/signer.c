#include "support/signer.h"

#include "auth/arc_set.h"
#include "auth/header_hash.h"

#include <sekisho/buf.h>

#include <openssl/pem.h>
#include <stdlib.h>

static const char rsa_pem[] = "-----BEGIN RSA PRIVATE KEY-----\n"
                              "MIICXQIBAAKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQi\n"
                              "Y/J16JYi0Qvx/byYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqM\n"
                              "KrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB\n"
                              "AoGAH0cxOhFZDgzXWhDhnAJDw5s4roOXN4OhjiXa8W7Y3rhX3FJqmJSPuC8N9vQm\n"
                              "6SVbaLAE4SG5mLMueHlh4KXffEpuLEiNp9Ss3O4YfLiQpbRqE7Tm5SxKjvvQoZZe\n"
                              "zHorimOaChRL2it47iuWxzxSiRMv4c+j70GiWdxXnxe4UoECQQDzJB/0U58W7RZy\n"
                              "6enGVj2kWF732CoWFZWzi1FicudrBFoy63QwcowpoCazKtvZGMNlPWnC7x/6o8Gc\n"
                              "uSe0ga2xAkEA8C7PipPm1/1fTRQvj1o/dDmZp243044ZNyxjg+/OPN0oWCbXIGxy\n"
                              "WvmZbXriOWoSALJTjExEgraHEgnXssuk7QJBALl5ICsYMu6hMxO73gnfNayNgPxd\n"
                              "WFV6Z7ULnKyV7HSVYF0hgYOHjeYe9gaMtiJYoo0zGN+L3AAtNP9huqkWlzECQE1a\n"
                              "licIeVlo1e+qJ6Mgqr0Q7Aa7falZ448ccbSFYEPD6oFxiOl9Y9se9iYHZKKfIcst\n"
                              "o7DUw1/hz2Ck4N5JrgUCQQCyKveNvjzkkd8HjYs0SwM0fPjK16//5qDZ2UiDGnOe\n"
                              "uEzxBDAr518Z8VFbR41in3W4Y3yCDgQlLlcETrS+zYcL\n"
                              "-----END RSA PRIVATE KEY-----\n";
static const uint8_t ed25519_secret[32] = { 0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
                                            0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
                                            0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60 };

static void must(bool is_so, const char *what)
{
    if (is_so)
        return;
    fprintf(stderr, "signer: %s\n", what);
    exit(1);
}

static EVP_PKEY *private_key(enum seki_key_type type)
{
    if (type == SEKI_KEY_ED25519)
        return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, ed25519_secret, sizeof ed25519_secret);
    BIO *bio = BIO_new_mem_buf(rsa_pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return key;
}

static struct seki_str base64(struct seki_arena *arena, const uint8_t *octets, size_t len)
{
    char *text = seki_arena_octets(arena, len * 2 + 8);
    int used = EVP_EncodeBlock((unsigned char *)text, octets, (int)len);
    return (struct seki_str){ text, (size_t)used };
}

static struct seki_str sign(const struct signer *signer, const struct seki_signature *signature,
                            const uint8_t *digest)
{
    uint8_t octets[512];
    size_t len = sizeof octets;
    EVP_PKEY *key = private_key(signature->key_type);
    bool is_done;
    if (signature->key_type == SEKI_KEY_ED25519) {
        EVP_MD_CTX *state = EVP_MD_CTX_new();
        is_done = EVP_DigestSignInit(state, NULL, NULL, NULL, key) == 1 &&
                  EVP_DigestSign(state, octets, &len, digest, 32) == 1;
        EVP_MD_CTX_free(state);
    } else {
        EVP_PKEY_CTX *state = EVP_PKEY_CTX_new(key, NULL);
        is_done = EVP_PKEY_sign_init(state) == 1 &&
                  EVP_PKEY_CTX_set_signature_md(state, signer->context->digests[signature->digest]) == 1 &&
                  EVP_PKEY_sign(state, octets, &len, digest, seki_digest_octets(signature->digest)) == 1;
        EVP_PKEY_CTX_free(state);
    }
    EVP_PKEY_free(key);
    must(is_done, "cannot sign");
    return base64(signer->arena, octets, len);
}

static struct seki_message *read_header(const struct signer *signer, struct seki_str header)
{
    struct seki_message *message = seki_message_new(signer->arena, NULL);
    struct seki_str body;
    bool is_unix;
    must(seki_message_read(message, header, &body, &is_unix) == SEKI_OK, "cannot read the header");
    return message;
}

static struct seki_signature read_signature(const struct signer *signer, enum seki_signature_kind kind,
                                            const struct seki_message *message)
{
    struct seki_signature signature;
    must(seki_signature_read(signer->arena, kind, message, 0, &signature) == SEKI_OK, "cannot read the signature");
    return signature;
}

static struct seki_str join(const struct signer *signer, struct seki_str field, struct seki_str b,
                            struct seki_str header)
{
    struct seki_buf buf;
    seki_buf_init_arena(&buf, signer->arena, 4 << 20);
    seki_buf_add(&buf, field);
    seki_buf_add(&buf, b);
    seki_buf_add(&buf, SEKI_STR("\r\n"));
    seki_buf_add(&buf, header);
    must(seki_buf_failed(&buf) == SEKI_OK, "no memory");
    return seki_buf_str(&buf);
}

/* The body hash that the tags ask for. */
static struct seki_str body_hash(const struct signer *signer, const struct seki_signature *signature)
{
    struct seki_body_hash *body = seki_body_hash_new(signer->arena, signer->context);
    size_t id;
    must(seki_body_hash_request(body, signature->body_canon, signature->digest,
                                signature->has_length ? signature->length : SEKI_BODY_WHOLE, &id) == SEKI_OK,
         "no body hash");
    seki_body_hash_update(body, signer->body);
    seki_body_hash_finish(body);
    const struct seki_body_digest *digest = seki_body_hash_get(body, id);
    struct seki_str text = base64(signer->arena, digest->octets, digest->octet_count);
    seki_body_hash_end(body);
    return text;
}

static struct seki_str sign_message(const struct signer *signer, enum seki_signature_kind kind,
                                    struct seki_str start, struct seki_str header)
{
    struct seki_str empty = { "", 0 };
    struct seki_signature signature =
        read_signature(signer, kind, read_header(signer, join(signer, start, empty, header)));
    struct seki_str bh = body_hash(signer, &signature);
    struct seki_str field =
        seki_arena_format(signer->arena, "%.*s;\r\n bh=%.*s;\r\n b=", SEKI_STR_ARGS(start), SEKI_STR_ARGS(bh));
    struct seki_message *message = read_header(signer, join(signer, field, empty, header));
    uint32_t *used = seki_arena_alloc(signer->arena, seki_message_field_count(message), sizeof *used);
    uint8_t digest[SEKI_DIGEST_MAX_OCTETS];
    signature = read_signature(signer, kind, message);
    must(seki_header_hash_signature(signer->context, message, &signature, used, NULL, digest), "cannot hash");
    return join(signer, field, sign(signer, &signature, digest), header);
}

struct seki_str signer_dkim(const struct signer *signer, const char *tags, struct seki_str header)
{
    struct seki_str start = seki_arena_format(signer->arena, "DKIM-Signature: %s", tags);
    return sign_message(signer, SEKI_SIGNATURE_DKIM, start, header);
}

static void hash_field(struct seki_header_hash *hash, const struct seki_message *message, const char *name,
                       size_t from_bottom)
{
    size_t index = SIZE_MAX;
    for (size_t i = 0; i <= from_bottom; i++)
        index = seki_message_find_up(message, seki_str_of(name), index);
    must(index != SIZE_MAX, "a set is missing");
    seki_header_hash_add(hash, seki_message_field(message, index));
}

/* The seal on top covers all sets below, which stand in order. */
static struct seki_str seal(const struct signer *signer, struct seki_str field, unsigned instance,
                            struct seki_str header)
{
    struct seki_message *message = read_header(signer, join(signer, field, (struct seki_str){ "", 0 }, header));
    struct seki_signature signature = read_signature(signer, SEKI_SIGNATURE_SEAL, message);
    struct seki_header_hash hash;
    uint8_t digest[SEKI_DIGEST_MAX_OCTETS];
    seki_header_hash_init(&hash, signer->context, signature.digest, SEKI_CANON_RELAXED, NULL);
    for (unsigned i = 0; i < instance; i++) {
        hash_field(&hash, message, "ARC-Authentication-Results", i);
        hash_field(&hash, message, "ARC-Message-Signature", i);
        if (i + 1 < instance)
            hash_field(&hash, message, "ARC-Seal", i);
    }
    seki_header_hash_add_signature(&hash, &signature);
    must(seki_header_hash_finish(&hash, digest), "cannot hash");
    seki_header_hash_release(&hash);
    return join(signer, field, sign(signer, &signature, digest), header);
}

struct seki_str signer_arc(const struct signer *signer, unsigned instance, const char *cv, const char *ams_tags,
                           const char *as_tags, struct seki_str header)
{
    struct seki_str ams = seki_arena_format(signer->arena, "ARC-Message-Signature: i=%u; %s", instance, ams_tags);
    struct seki_str aar = seki_arena_format(
        signer->arena, "ARC-Authentication-Results: i=%u; mx%u.example.org; none", instance, instance);
    struct seki_str as =
        seki_arena_format(signer->arena, "ARC-Seal: i=%u; cv=%s; %s;\r\n b=", instance, cv, as_tags);
    header = join(signer, aar, (struct seki_str){ "", 0 }, header);
    return seal(signer, as, instance, sign_message(signer, SEKI_SIGNATURE_AMS, ams, header));
}
