#include "auth/public_key.h"

#include "base/i18n.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>

#define MAX_RSA_OCTETS          (SEKI_MAX_RSA_BITS / 8u)
#define MAX_RSA_EXPONENT_OCTETS 4u /* RFC 6376 section 8.13: large exponents cost the verifier */

enum der_tag { DER_INTEGER = 0x02, DER_BIT_STRING = 0x03, DER_NULL = 0x05, DER_OID = 0x06, DER_SEQUENCE = 0x30 };

/* 1.2.840.113549.1.1.1 */
static const struct seki_str rsa_encryption = SEKI_STR_INIT("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01");

/* A cursor with one sticky error: after it, every read gives nothing. */
struct der {
    struct seki_str left;
    bool is_bad;
};

static struct seki_str fail(struct der *der)
{
    *der = (struct der){ .left = { NULL, 0 }, .is_bad = true };
    return der->left;
}

static uint8_t next_octet(struct der *der)
{
    if (der->left.len == 0) {
        fail(der);
        return 0;
    }
    uint8_t octet = (uint8_t)der->left.ptr[0];
    der->left.ptr++;
    der->left.len--;
    return octet;
}

/* X.690 section 10.1: the definite form, in the fewest octets. Two octets of length are enough for our keys. */
static size_t next_length(struct der *der)
{
    size_t length = next_octet(der);
    if (length < 0x80)
        return length;
    if (length == 0x81 && (length = next_octet(der)) >= 0x80)
        return length;
    if (length != 0x82)
        return fail(der).len;
    size_t high = next_octet(der);
    length = high << 8 | next_octet(der);
    return length >= 0x100 ? length : fail(der).len;
}

static bool next_is(const struct der *der, enum der_tag tag)
{
    return der->left.len > 0 && (uint8_t)der->left.ptr[0] == (uint8_t)tag;
}

/* The content of the next element, which must have this tag. */
static struct der next_element(struct der *der, enum der_tag tag)
{
    struct der content = { .is_bad = true };
    if (next_octet(der) != (uint8_t)tag)
        fail(der);
    size_t length = next_length(der);
    if (length > der->left.len)
        fail(der);
    if (der->is_bad)
        return content;
    content = (struct der){ .left = seki_str_head(der->left, length) };
    der->left.ptr += length;
    der->left.len -= length;
    return content;
}

/* X.690 section 8.3.2: the fewest octets; ours are positive too. Without the zero that keeps them so. */
static struct seki_str next_positive_integer(struct der *der)
{
    struct der content = next_element(der, DER_INTEGER);
    if (content.left.len == 0 || (uint8_t)content.left.ptr[0] >= 0x80)
        return fail(der);
    struct seki_str digits = content.left;
    if (digits.ptr[0] != 0)
        return digits;
    digits = seki_str_from(digits, 1);
    return digits.len > 0 && (uint8_t)digits.ptr[0] >= 0x80 ? digits : fail(der);
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } (RFC 8017 appendix A.1.1); its content */
static bool read_rsa_public_key(struct der *content, struct seki_rsa_numbers *numbers)
{
    numbers->modulus = next_positive_integer(content);
    numbers->exponent = next_positive_integer(content);
    return !content->is_bad && content->left.len == 0;
}

/* AlgorithmIdentifier ::= SEQUENCE { algorithm OBJECT IDENTIFIER, parameters ANY OPTIONAL }; parameters are NULL, and
 * absent in the keys of some careless tools. */
static bool is_rsa_algorithm(struct der *content)
{
    struct der oid = next_element(content, DER_OID);
    if (oid.is_bad || !seki_str_equal(oid.left, rsa_encryption))
        return false;
    if (content->left.len == 0)
        return true;
    return next_element(content, DER_NULL).left.len == 0 && !content->is_bad && content->left.len == 0;
}

/* SubjectPublicKeyInfo ::= SEQUENCE { algorithm AlgorithmIdentifier, subjectPublicKey BIT STRING } (RFC 5280); its
 * content */
static const char *read_subject_public_key_info(struct der *content, struct seki_rsa_numbers *numbers)
{
    struct der algorithm = next_element(content, DER_SEQUENCE);
    if (algorithm.is_bad || !is_rsa_algorithm(&algorithm))
        return N_("the key is not marked as an RSA key");
    struct der bits = next_element(content, DER_BIT_STRING);
    if (content->left.len > 0 || next_octet(&bits) != 0) /* unused bits in the last octet */
        bits.is_bad = true;
    struct der key = next_element(&bits, DER_SEQUENCE);
    bool is_whole = !bits.is_bad && bits.left.len == 0 && !key.is_bad;
    return is_whole && read_rsa_public_key(&key, numbers) ? NULL : N_("the key is not proper DER");
}

static unsigned bit_length(struct seki_str number)
{
    unsigned bits = (unsigned)number.len * 8;
    for (unsigned top = 0x80; top > 0 && !((uint8_t)number.ptr[0] & top); top >>= 1)
        bits--;
    return bits;
}

static bool is_odd(struct seki_str number)
{
    return (uint8_t)number.ptr[number.len - 1] & 1;
}

static const char *judge_numbers(struct seki_rsa_numbers *numbers)
{
    struct seki_str n = numbers->modulus, e = numbers->exponent;
    if (n.len > MAX_RSA_OCTETS)
        return N_("the RSA key has more than 8192 bits");
    if (e.len > MAX_RSA_EXPONENT_OCTETS)
        return N_("the RSA key has an unreasonable exponent");
    if (!is_odd(n) || !is_odd(e) || (e.len == 1 && e.ptr[0] == 1))
        return N_("the numbers of the RSA key cannot be a key");
    numbers->bits = bit_length(n);
    return NULL;
}

const char *seki_rsa_numbers_read(struct seki_str text, struct seki_rsa_numbers *numbers_out)
{
    *numbers_out = (struct seki_rsa_numbers){ 0 };
    struct der der = { .left = text };
    struct der content = next_element(&der, DER_SEQUENCE);
    const char *wrong = N_("the key is not proper DER");
    if (der.is_bad || der.left.len > 0)
        return wrong;
    if (next_is(&content, DER_SEQUENCE))
        wrong = read_subject_public_key_info(&content, numbers_out);
    else if (read_rsa_public_key(&content, numbers_out))
        wrong = NULL;
    return wrong != NULL ? wrong : judge_numbers(numbers_out);
}

bool seki_der_is_cut(struct seki_str text)
{
    struct der der = { .left = text };
    if (next_octet(&der) != DER_SEQUENCE)
        return false;
    size_t length = next_length(&der);
    return !der.is_bad && length > der.left.len;
}

/* OpenSSL's parameters want numbers in the machine's own order. */
static bool to_native(struct seki_str number, uint8_t *out)
{
    BIGNUM *value = BN_bin2bn((const uint8_t *)number.ptr, (int)number.len, NULL);
    bool is_written = value != NULL && BN_bn2nativepad(value, out, (int)number.len) >= 0;
    BN_free(value);
    return is_written;
}

EVP_PKEY *seki_rsa_key_new(EVP_PKEY_CTX *builder, const struct seki_rsa_numbers *numbers)
{
    uint8_t n[MAX_RSA_OCTETS], e[MAX_RSA_EXPONENT_OCTETS];
    EVP_PKEY *key = NULL;
    if (to_native(numbers->modulus, n) && to_native(numbers->exponent, e)) {
        OSSL_PARAM params[] = {
            OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, n, numbers->modulus.len),
            OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, e, numbers->exponent.len),
            OSSL_PARAM_construct_end(),
        };
        if (EVP_PKEY_fromdata(builder, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
            key = NULL;
    }
    if (key == NULL)
        ERR_clear_error();
    return key;
}

EVP_PKEY *seki_ed25519_key_new(struct seki_str octets)
{
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, (const uint8_t *)octets.ptr, octets.len);
    if (key == NULL)
        ERR_clear_error();
    return key;
}
