/* One run over an SPF evaluation, from the beginning, with the DNS answers known so far.
 *
 * Nothing is kept between runs: what was answered is in the table, and going through it again costs microseconds. A
 * run that meets an open question is blocked: no verdict can come of it. It goes on all the same, as if that term
 * did not match, and asks ahead (seki_answers_prefetch) what the terms behind it will need in that case, so that
 * independent look-ups overlap. Every limit holds then too, and nothing is asked that an evaluation in which the
 * open terms do not match would not ask, with these exceptions: no reverse look-ups and no explanations, which are
 * rarely needed, and no names with the sender's local-part, which no cache holds. */
#ifndef SEKISHO_SPF_RUN_H
#define SEKISHO_SPF_RUN_H

#include "auth/spf_record.h"
#include "auth/spf_scope.h"

struct seki_spf {
    struct seki_arena *arena;
    struct seki_spf_input input;
    enum seki_spf_scope scope;
    struct seki_ip client;         /* never IPv4-mapped */
    struct seki_str sender;        /* local-part "@" domain as A-labels (RFC 8616 section 4) */
    struct seki_str local, domain; /* its parts */
    bool is_null_reverse_path;
    const char *none_because; /* no check is possible; NULL when one is */
};

/** A check in one of Sender ID's scopes (RFC 4406 section 4.1). */
struct seki_spf_scoped_input {
    const struct seki_spf_input *spf; /* identity MAIL_FROM */
    enum seki_spf_scope scope;
    struct seki_str local, domain; /* SEKI_SPF_SCOPE_PRA: the address, in the place of MAIL FROM */
};

/** @return NULL when the arena is full */
struct seki_spf *seki_spf_new_scoped(struct seki_arena *arena, const struct seki_spf_scoped_input *input);

struct seki_spf_run {
    const struct seki_spf *spf;
    struct seki_answers *answers;
    struct seki_trace *trace; /* only when the verdict is known to come: a blocked run leaves none */
    unsigned lookups, void_lookups;
    enum seki_dnssec dnssec; /* the weakest answer used */
    bool is_blocked;
    bool is_out_of_memory;
    char reason[256]; /* why it came to an error or to none; printable ASCII */
};

/** One check_host(): the domain it is at, its record, and the directive that matched. */
struct seki_spf_frame {
    unsigned depth; /* of include */
    struct seki_str domain;
    struct seki_spf_record record;
    struct seki_str matched; /* "" when none did */
};

/** RFC 7208 section 4. While the run is blocked the result means nothing.
 *  @param domain  looked at only during the call */
enum seki_spf_result seki_spf_check_host(struct seki_spf_run *run, struct seki_spf_frame *frame,
                                         struct seki_str domain);

/** The explanation for a fail that frame came to (section 6.2); "" when there is none. */
struct seki_str seki_spf_explain(struct seki_spf_run *run, const struct seki_spf_frame *frame);

/** Ask, or ask ahead in a blocked run. @return never NULL; SEKI_ANSWER_OPEN also when memory ran out */
const struct seki_answer *seki_spf_ask(struct seki_spf_run *run, struct seki_str name, enum seki_rr_type type);

/**
 * The name that a domain-spec stands for now (section 4.8).
 * @param name_out  a view into *expansion, the record or the frame
 * @return false when there is none: the run is blocked or the term can match nothing (RFC 8616 section 4)
 */
bool seki_spf_target(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                     const struct seki_spf_domain_spec *spec, struct seki_spf_expansion *expansion,
                     struct seki_str *name_out);

/** Of the names that the client's address has and that lead back to it: the one nearest to domain (section 7.3,
 *  "p"). @return "" when there is none, or the run is blocked */
struct seki_str seki_spf_validated_name(struct seki_spf_run *run, const struct seki_spf_frame *frame,
                                        struct seki_str domain);

/** A or AAAA, as the client's address (section 5). */
enum seki_rr_type seki_spf_address_type(const struct seki_spf_run *run);

#endif
