#include "sign_subject.h"

struct sign_subject *sign_subject_new(struct seki_str pem, enum seki_sign_algorithm algorithm,
                                      enum seki_sign_canonicalization canonicalization)
{
    (void)pem;
    (void)algorithm;
    (void)canonicalization;
    return NULL;
}

void sign_subject_free(struct sign_subject *subject)
{
    (void)subject;
}

void sign_subject_sign(struct sign_subject *subject, const struct seki_str *fields, size_t count,
                       struct seki_str body)
{
    (void)subject;
    (void)fields;
    (void)count;
    (void)body;
}

const char *sign_subject_name(void)
{
    return "";
}
