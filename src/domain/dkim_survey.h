/* What a survey reports of DKIM: the keys at the selectors that were given, or at the usual ones; see survey.h.
 *
 * The DNS does not list selectors, so without being told some only guesses can be made; a guess that is not there is
 * no finding. */
#ifndef DOMAIN_DKIM_SURVEY_H
#define DOMAIN_DKIM_SURVEY_H

#include <sekisho/answers.h>

enum domain_key_state {
    DOMAIN_KEY_MISSING = 0, /* no record of its own */
    DOMAIN_KEY_UNKNOWN,     /* the look-up failed */
    DOMAIN_KEY_REVOKED,     /* p= is empty */
    DOMAIN_KEY_BROKEN,      /* no signature can be verified with it */
    DOMAIN_KEY_TESTING,     /* t=y: its signatures count for nothing */
    DOMAIN_KEY_USABLE
};

struct domain_key {
    struct seki_str selector, name; /* "s1", "s1._domainkey.example.com" */
    const char *whose;              /* a guess: who uses this selector; NULL: it was given */
    enum domain_key_state state;
    struct seki_str type;   /* "rsa", "ed25519", or k= as written when it is unknown; "" when unreadable */
    unsigned bits;          /* 0: not known */
    bool is_exact_domain;   /* t=s: not for subdomains in i= */
    struct seki_str hashes; /* h= as written; "" for any */
    struct seki_str reason; /* why it is missing, unknown, revoked or broken; "" else */
    struct seki_str record; /* "" for none */
    enum seki_dnssec dnssec;
};

enum domain_existence { DOMAIN_EXISTENCE_UNKNOWN = 0, DOMAIN_EXISTS, DOMAIN_DOES_NOT_EXIST };

struct domain_dkim_report {
    const struct domain_key *keys; /* the given ones; or the guesses that are there */
    size_t key_count;
    size_t usable_count;
    size_t guess_count;              /* selectors tried without being told; 0: they were given */
    enum domain_existence domainkey; /* of _domainkey.DOMAIN: without it there is no key at all (RFC 8020) */
    struct seki_str wildcard;        /* what stands at selectors that nobody publishes; "" for nothing */
};

const char *domain_key_state_name(enum domain_key_state state); /* "usable" */

#endif
