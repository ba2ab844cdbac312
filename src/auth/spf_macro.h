/* SPF macros (RFC 7208 section 7): checking a macro-string, and expanding it.
 *
 * A record is checked whole before anything of it is used, so expanding never meets a syntax error in a record;
 * in explanation text it may, and then the caller drops the text. */
#ifndef SEKISHO_SPF_MACRO_H
#define SEKISHO_SPF_MACRO_H

#include <sekisho/ip.h>

/** A set of macro letters: SEKI_SPF_LETTER('p') | SEKI_SPF_LETTER('s') … */
typedef uint32_t seki_spf_letters;
#define SEKI_SPF_LETTER(lower) ((seki_spf_letters)1 << ((lower) - 'a'))

/** Each checks the whole text and collects the letters it uses (folded to lower case).
 *  @return NULL, or what is wrong with it, as a phrase that follows the text */
const char *seki_spf_check_domain_spec(struct seki_str text, seki_spf_letters *letters_out);
const char *seki_spf_check_macro_string(struct seki_str text, seki_spf_letters *letters_out);
const char *seki_spf_check_explain_string(struct seki_str text, seki_spf_letters *letters_out);

/** What the letters stand for (section 7.2); views. */
struct seki_spf_macro_values {
    struct seki_str sender;        /* s: local-part "@" domain */
    struct seki_str local;         /* l */
    struct seki_str sender_domain; /* o */
    struct seki_str domain;        /* d */
    struct seki_str validated;     /* p */
    struct seki_str helo;          /* h */
    struct seki_str receiver;      /* r */
    struct seki_ip client;         /* i, c, v */
    int64_t now_s;                 /* t */
};

#define SEKI_SPF_EXPANSION_OCTETS 1024u

/** Where an expansion is written. Its length is up to the sender's and the client's data, so what does not fit is
 *  dropped: at the front for names, of which only the last 253 octets can matter, at the end for text. */
struct seki_spf_expansion {
    bool is_text;
    size_t len;
    char octets[SEKI_SPF_EXPANSION_OCTETS];
};

/** Expand a checked domain-spec to the name to ask for: without a final dot, cut on the left to 253 octets (section
 *  7.3). It may still be no name that the DNS can hold. @return a view into *expansion, or spec itself when there
 *  is nothing to expand */
struct seki_str seki_spf_expand_name(const struct seki_spf_macro_values *values, struct seki_str spec,
                                     struct seki_spf_expansion *expansion);

/** Expand a checked explain-string. @return a view into *expansion */
struct seki_str seki_spf_expand_text(const struct seki_spf_macro_values *values, struct seki_str text,
                                     struct seki_spf_expansion *expansion);

#endif
