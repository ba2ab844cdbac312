/* A hosted domain's choices for incoming mail, with everything inherited filled in.
 *
 * Choices are rows of policy_option_table: the store keeps those that somebody made (for the provider, a tenant or a
 * domain), the command line, export and documentation read names, words and help from the rows, and a policy is what
 * results for one domain. RFC 9989 section 7.4: p=reject alone is no ground for refusing, so no default refuses. */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <sekisho/buf.h>

enum policy_filter {
    POLICY_OFF = 0,
    POLICY_OBSERVE, /* OFF authenticates and records; this also what would have been done */
    POLICY_ON
};

/** What can speak against a message; each has an action of its own, and of several that match the strictest acts. */
enum policy_check {
    POLICY_DMARC_REJECT = 0, /* DMARC fails, and the author domain asks for reject */
    POLICY_DMARC_QUARANTINE,
    POLICY_DMARC_NONE, /* fails, and it asks for nothing */
    POLICY_BAD_AUTHOR, /* DMARC permerror: no single author domain, or none that can be read */
    POLICY_SPF_FAIL,
    POLICY_SPF_SOFTFAIL,
    POLICY_DKIM_FAIL,       /* signatures are there and none passes */
    POLICY_UNAUTHENTICATED, /* nothing passes at all, whatever is published: a broken signature is no better than none */
    POLICY_INTERNAL_SPOOF, /* author domain is hosted here, mail from outside, not authenticated as it */
    POLICY_LOOKALIKE,
    POLICY_ATTACHMENT,
    POLICY_VIRUS,
    POLICY_CHECK_COUNT
};

/** From the mildest to the strictest. */
enum policy_action {
    POLICY_DELIVER = 0,
    POLICY_MARK, /* field, and the Subject tag where one is set */
    POLICY_JUNK,
    POLICY_HOLD,       /* our quarantine */
    POLICY_QUARANTINE, /* the MTA's */
    POLICY_REFUSE,
    POLICY_DISCARD,
    POLICY_ACTION_COUNT
};

/** on-bad-author; any other value is one more than its enum policy_action. */
#define POLICY_AS_DMARC_REJECT 0u

enum policy_shape { POLICY_DEDICATED = 0, POLICY_SHARED, POLICY_GATEWAY };
enum policy_junk_by { POLICY_JUNK_BY_FIELD = 0, POLICY_JUNK_BY_RECIPIENT };
enum policy_on_scan_failure { POLICY_SCAN_DELIVER = 0, POLICY_SCAN_TEMPFAIL };
enum policy_digest { POLICY_DIGEST_NONE = 0, POLICY_DIGEST_DAILY, POLICY_DIGEST_WEEKLY };
enum policy_language { POLICY_ENGLISH = 0, POLICY_JAPANESE };

struct policy {
    unsigned filter;                      /* enum policy_filter */
    unsigned actions[POLICY_CHECK_COUNT]; /* enum policy_action, to be read with policy_action_for() */
    unsigned bad_author;                  /* where BAD_AUTHOR's action stands */
    bool discards_forged_bounces;         /* null reverse-path and an impostor: accept and discard */
    bool refuses_strictly;                /* 452 4.5.3 at RCPT rather than a milder action beside other domains */
    unsigned junk_by;
    struct seki_str junk_suffix; /* user+Junk: "+Junk"; "": the server knows no such addresses */
    struct seki_str subject_tag; /* UTF-8; "" for none */
    unsigned on_scan_failure;
    uint64_t quarantine_days;
    unsigned digest, language;
    bool reports; /* consent to reports about this domain's incoming mail */
};

#define POLICY_JUNK_SUFFIX_MAX     32u /* octets */
#define POLICY_SUBJECT_TAG_MAX     64u
#define POLICY_QUARANTINE_DAYS_MIN 1u
#define POLICY_QUARANTINE_DAYS_MAX 365u

/** The defaults of the table. */
struct policy policy_default(void);

/* ---- choices as text ---- */

enum policy_option_type { POLICY_OPTION_WORD = 0, POLICY_OPTION_YES_NO, POLICY_OPTION_TEXT, POLICY_OPTION_NUMBER };

/* What goes wrong with some of an option's values, as policy_option_rank() counts them. */
struct policy_risk {
    unsigned first, last;
    const char *text; /* marked for translation; NULL: no more */
};
#define POLICY_RISKS_MAX 2u

struct policy_option {
    const char *name; /* "on-dmarc-reject" */
    enum policy_option_type type;
    size_t offset; /* in struct policy */
    const char *preset;
    const char *const *words; /* in the order of the enum; NULL at the end */
    uint64_t min, max;        /* of a number; of a text the octets */
    const char *help;         /* one line, marked for translation */
    struct policy_risk risks[POLICY_RISKS_MAX];
};
extern const struct policy_option policy_option_table[];
extern const size_t policy_option_count;

const struct policy_option *policy_option_find(struct seki_str name);
/** The known name nearest to what was written, or NULL. */
const char *policy_option_nearest(struct seki_str name);

/**
 * Put one choice into a policy.
 * @param text  a view is kept of POLICY_OPTION_TEXT
 * @return SEKI_OK; SEKI_BAD_INPUT with a sentence that names what is allowed; the policy is then as it was
 */
SEKI_MUST_USE enum seki_result policy_option_read(const struct policy_option *option, struct seki_str text,
                                                  struct policy *policy, struct seki_error *why);
/** Lay one choice over a policy; one that this version does not know, or cannot read, changes nothing. Views as above. */
void policy_lay(struct seki_str name, struct seki_str value, struct policy *policy);
/** The value as policy_option_read() takes it; in the arena. */
struct seki_str policy_option_write(const struct policy_option *option, const struct policy *policy,
                                    struct seki_arena *arena);

/** Which value it is: the number of the word; of yes and of any text but the empty one 1; of a number always 0. */
unsigned policy_option_rank(const struct policy_option *option, const struct policy *policy);
/** What goes wrong with this value, marked for translation; NULL: nothing that must be told, or no value of this option. */
const char *policy_option_risk(const struct policy_option *option, struct seki_str value);

/** What the domain wants done when this check speaks against a message. */
enum policy_action policy_action_for(const struct policy *policy, enum policy_check check);

/** Is there a message that it would refuse? Only with the filter on. */
bool policy_can_refuse(const struct policy *policy);

/** Does it fit the server's shape? A gateway has no junk folder. @return false with a sentence */
bool policy_check_shape(const struct policy *policy, enum policy_shape shape, struct seki_error *why);
/** What a server of this shape does where that is chosen all the same: at a gateway, which has no junk folder, junk is marked. */
enum policy_action policy_action_at(enum policy_action action, enum policy_shape shape);

/** Does it do anything to mail, or report about it, so that the recorded confirmation of an administrator is needed? */
bool policy_needs_confirmation(const struct policy *policy);
/** What stays of a policy that nobody has confirmed: nothing is done to mail. @return was there anything to be confirmed? */
bool policy_hold_back(struct policy *policy);

/* What is wrong with a suffix or tag, to be read behind its name; NULL: nothing. */
const char *policy_suffix_fault(struct seki_str suffix);
const char *policy_tag_fault(struct seki_str tag);

/* ---- as octets, for the replica ---- */

void policy_encode(const struct policy *policy, struct seki_buf *out);
/** Texts are views into octets. @return false: not one that this version wrote; *policy_out is the default */
bool policy_decode(struct seki_str octets, struct policy *policy_out);

const char *policy_check_name(enum policy_check check);    /* "dmarc-reject" */
const char *policy_action_name(enum policy_action action); /* "refuse" */
const char *policy_shape_name(enum policy_shape shape);

#endif
