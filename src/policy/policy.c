#include "policy/policy.h"

#include "base/i18n.h"
#include "base/spelling.h"

#include <assert.h>
#include <limits.h>

/* Where a member lies; does not compile when the member has another type than the row's reader writes. */
#define AT(type, member)                                                                                           \
    (offsetof(struct policy, member) + 0 * sizeof(char[_Generic(((struct policy *)0)->member, type : 1)]))
#define WORD(member)   .type = POLICY_OPTION_WORD, .offset = AT(unsigned, member)
#define YES_NO(member) .type = POLICY_OPTION_YES_NO, .offset = AT(bool, member)
#define TEXT(member)   .type = POLICY_OPTION_TEXT, .offset = AT(struct seki_str, member)
#define NUMBER(member) .type = POLICY_OPTION_NUMBER, .offset = AT(uint64_t, member)
#define ACTION(check, choice)                                                                                      \
    .type = POLICY_OPTION_WORD, .offset = AT(unsigned, actions[0]) + (check) * sizeof(unsigned),                   \
    .preset = (choice), .words = action_words

/* The values of which a risk is told. */
#define ONLY(value) (value), (value)
#define FROM(value) (value), UINT_MAX

/* In the order of the enums. */
static const char *const filter_words[] = { "off", "observe", "on", NULL };
/* Nobody is offered to throw mail away unread: of a wrong verdict neither sender nor recipient would ever know (RFC
 * 5321 section 6.2). The one exception has an option of its own. */
static const char *const action_words[] = {
    "deliver", "mark", "junk", "hold", "quarantine", "refuse", NULL,
};
static const char *const bad_author_words[] = {
    "as-dmarc-reject", "deliver", "mark", "junk", "hold", "quarantine", "refuse", NULL,
};
static const char *const junk_by_words[] = { "field", "recipient", NULL };
static const char *const on_scan_failure_words[] = { "deliver", "tempfail", NULL };
static const char *const digest_words[] = { "none", "daily", "weekly", NULL };
static const char *const language_words[] = { "en", "ja", NULL };

static_assert(sizeof action_words / sizeof action_words[0] == POLICY_DISCARD + 1,
              "a word for each action but discard");
static_assert(sizeof bad_author_words == sizeof action_words + sizeof(char *), "those, and one that follows");

const struct policy_option policy_option_table[] = {
    { "filter", WORD(filter), "off", .words = filter_words,
      .help = N_("off: authenticate and record; observe: also record what would have been done; on: do it."),
      .risks = { { FROM(POLICY_ON), N_("What is switched on acts at once on all mail of the domain. Observe for "
                                       "some weeks first, and look at what would have been done: forwarded mail "
                                       "and mailing lists fail without anybody's fault.") } } },
    { "on-dmarc-reject", ACTION(POLICY_DMARC_REJECT, "mark"),
      .help = N_("Mail that fails DMARC when the domain of its author asks for rejection."),
      .risks = { { POLICY_JUNK, POLICY_QUARANTINE,
                   N_("A domain that asks for rejection is no proof of forgery: mailing lists and forwarders break "
                      "what DMARC looks at (RFC 7960). Trust the forwarders that seal with ARC, and make entries "
                      "in the allow list.") },
                 { ONLY(POLICY_REFUSE),
                   N_("A domain that asks for rejection is no proof of forgery: mailing lists and forwarders break "
                      "what DMARC looks at (RFC 7960), and RFC 9989 section 7.4 says that this wish alone must not "
                      "be the reason to refuse. Refusing also makes lists unsubscribe the recipient, because to "
                      "them it looks like a mailbox that does not work. Trust the forwarders that seal with ARC, "
                      "and make entries in the allow list, before choosing refuse.") } } },
    { "on-dmarc-quarantine", ACTION(POLICY_DMARC_QUARANTINE, "mark"),
      .help = N_("Mail that fails DMARC when the domain of its author asks for quarantine."),
      .risks = { { FROM(POLICY_JUNK), N_("The author's domain asks for suspicion and not for refusal (RFC 9989 "
                                         "section 4.7); forwarded mail and mailing lists fail here as well.") } } },
    { "on-dmarc-none", ACTION(POLICY_DMARC_NONE, "deliver"),
      .help = N_("Mail that fails DMARC when the domain of its author asks for nothing."),
      .risks = { { FROM(POLICY_JUNK), N_("Such a domain is still finding out which of its own servers sign: much "
                                         "of what fails here is its genuine mail.") } } },
    { "on-bad-author", WORD(bad_author), "as-dmarc-reject", .words = bad_author_words,
      .help = N_(
          "Mail without one author domain that can be read, so that DMARC cannot judge it. as-dmarc-reject: what "
          "on-dmarc-reject says."),
      .risks = { { 1 + POLICY_DELIVER, 1 + POLICY_MARK,
                   N_("Whoever delivers these while refusing what fails DMARC leaves a way around: two authors, "
                      "one of them forged (RFC 9989 section 11.5).") },
                 { FROM(1 + POLICY_JUNK),
                   N_("A few old programs and some bounces write such a From field in good faith.") } } },
    { "on-spf-fail", ACTION(POLICY_SPF_FAIL, "deliver"),
      .help =
          N_("Mail whose envelope sender's domain says that this host must not send for it (SPF fail), unless an "
             "aligned signature vouches for it."),
      .risks = { { FROM(POLICY_JUNK), N_("Every forwarder that keeps the envelope sender looks like this (RFC 7208 "
                                         "section 8.4 and appendix D; RFC 7960 section 3.1). Refusing on SPF alone "
                                         "loses forwarded mail that is not signed.") } } },
    { "on-spf-softfail", ACTION(POLICY_SPF_SOFTFAIL, "deliver"),
      .help = N_("The same, where the domain says that the host probably must not (SPF softfail)."),
      .risks = { { FROM(POLICY_JUNK),
                   N_("RFC 7208 section 8.5: a receiver should not refuse on softfail alone. Many domains publish "
                      "it because they do not know all of their own hosts.") } } },
    { "on-dkim-fail", ACTION(POLICY_DKIM_FAIL, "deliver"),
      .help = N_("Signed mail of which no signature is valid, and nothing else vouches for its author."),
      .risks = { { FROM(POLICY_JUNK), N_("RFC 6376 section 6.3: a signature that fails should be treated as if it "
                                         "were not there. Footers of mailing lists, virus scanners and gateways "
                                         "break signatures; forgers leave them away.") } } },
    { "on-unauthenticated", ACTION(POLICY_UNAUTHENTICATED, "deliver"),
      .help = N_("Mail of which nothing is authenticated: no SPF pass and no valid signature."),
      .risks = { { FROM(POLICY_JUNK),
                   N_("Small senders, machines that send notices, and many true bounces publish and sign nothing. "
                      "Without SPF and DKIM a sender is unknown, which is not the same as forged.") } } },
    { "on-internal-spoof", ACTION(POLICY_INTERNAL_SPOOF, "mark"),
      .help = N_(
          "Mail from outside in the name of a domain that is hosted here, and not authenticated as that domain."),
      .risks = { { FROM(POLICY_JUNK), N_("A customer's newsletter, web shop or copier that sends from outside and "
                                         "does not sign is caught too: have it sign, or make an entry in the allow "
                                         "list. So is what a member wrote to a mailing list.") } } },
    { "on-lookalike", ACTION(POLICY_LOOKALIKE, "mark"),
      .help = N_("Mail of an author domain that can be taken for a domain that is hosted here, as exarnple.com for "
                 "example.com."),
      .risks = { { FROM(POLICY_JUNK), N_("Two honest companies can have names that look alike. Such mail is often "
                                         "authenticated, since whoever registers the look-alike owns it; an entry "
                                         "in the allow list ends the suspicion.") } } },
    { "on-attachment", ACTION(POLICY_ATTACHMENT, "mark"),
      .help =
          N_("Mail with an attachment of a dangerous type, by its name or by its first octets, also in the list of "
             "an archive. No entry of the allow list answers this."),
      .risks = { { FROM(POLICY_JUNK),
                   N_("Programs and office documents with macros are sent in good faith too. What is encrypted, or "
                      "nested deeper than is looked, cannot be seen and counts as dangerous.") } } },
    { "on-virus", ACTION(POLICY_VIRUS, "hold"),
      .help = N_("Mail in which the virus scanner found something. No entry of the allow list answers this."),
      .risks = { { POLICY_DELIVER, POLICY_JUNK,
                   N_("What was found reaches the mailbox, where somebody may open it.") },
                 { ONLY(POLICY_REFUSE),
                   N_("Scanners are wrong now and then, the more so with signatures that are not the scanner's "
                      "own; what is refused cannot be looked at afterwards.") } } },
    { "discard-forged-bounces", YES_NO(discards_forged_bounces), "no",
      .help =
          N_("Bounces (with the empty envelope sender) that one of the checks above counts as forged are taken and "
             "thrown away."),
      .risks = { { ONLY(true), N_("Nobody is told. Whatever check has an action other than deliver counts here, "
                                  "and true bounces are often neither signed nor covered by SPF: do not combine it "
                                  "with on-unauthenticated or on-spf-softfail.") } } },
    { "refuse-strictly", YES_NO(refuses_strictly), "no",
      .help = N_(
          "Refuse also what is for other domains at the same time: their recipients are put off with 452, and the "
          "message comes again for them. no: for this domain such a message is then junk."),
      .risks = { { ONLY(true), N_("All mail to this and another domain together is delayed for one of them, honest "
                                  "mail too; a few senders never come again.") } } },
    { "junk-by", WORD(junk_by), "field", .words = junk_by_words,
      .help = N_(
          "How junk reaches its folder. field: X-Sekisho-Junk, for a Sieve script; recipient: the message goes to "
          "user+Junk."),
      .risks = { { ONLY(POLICY_JUNK_BY_FIELD), N_("The field does nothing until a script looks at it.") },
                 { ONLY(POLICY_JUNK_BY_RECIPIENT),
                   N_("The server must know such addresses, or the mail comes back.") } } },
    { "junk-suffix", TEXT(junk_suffix), "", .max = POLICY_JUNK_SUFFIX_MAX,
      .help = N_("What is put behind the local part for the junk folder, as +Junk. Empty: the server knows no such "
                 "addresses."),
      .risks = { { ONLY(false),
                   N_("Junk that goes to other domains as well, which do not want the field, is delivered.") },
                 { ONLY(true),
                   N_("Set it only where the server delivers such addresses into a folder (recipient_delimiter in "
                      "Postfix); elsewhere the mail comes back as undeliverable.") } } },
    { "subject-tag", TEXT(subject_tag), "", .max = POLICY_SUBJECT_TAG_MAX,
      .help = N_("What is put before the subject of marked mail, as [suspicious]. Empty: nothing."),
      .risks = { { ONLY(true), N_("Changing the subject breaks the sender's signature for whoever the message is "
                                  "passed on to, and the tag stays in every answer.") } } },
    { "on-scan-failure", WORD(on_scan_failure), "deliver", .words = on_scan_failure_words,
      .help =
          N_("When a virus scanner is configured and gives no answer. tempfail: the message has to come again."),
      .risks = { { ONLY(POLICY_SCAN_DELIVER), N_("While the scanner is down, mail comes in unscanned.") },
                 { ONLY(POLICY_SCAN_TEMPFAIL), N_("While the scanner is down, no mail comes in.") } } },
    { "quarantine-days", NUMBER(quarantine_days), "30", .min = POLICY_QUARANTINE_DAYS_MIN,
      .max = POLICY_QUARANTINE_DAYS_MAX, .help = N_("How long held messages are kept."),
      .risks = { { FROM(0), N_("What nobody has released until then is deleted, and neither sender nor recipient "
                               "is told.") } } },
    { "digest", WORD(digest), "none", .words = digest_words,
      .help = N_("Tell recipients by mail what is held for them."),
      .risks = { { ONLY(POLICY_DIGEST_NONE),
                   N_("With none, nobody but the administrator learns what is held.") } } },
    { "language", WORD(language), "en", .words = language_words,
      .help = N_("Language of digests and notices: en, ja.") },
    { "reports", YES_NO(reports), "no",
      .help = N_("Report to the domains of authors what came in their name (DMARC aggregate reports)."),
      .risks = { { ONLY(true), N_("Reports say how much mail from whom came here. RFC 9989 section 10 speaks of "
                                  "privacy; the domain's administrator has to agree.") } } },
};
const size_t policy_option_count = sizeof policy_option_table / sizeof policy_option_table[0];

static const char *const check_names[] = {
    [POLICY_DMARC_REJECT] = "dmarc-reject",
    [POLICY_DMARC_QUARANTINE] = "dmarc-quarantine",
    [POLICY_DMARC_NONE] = "dmarc-none",
    [POLICY_BAD_AUTHOR] = "bad-author",
    [POLICY_SPF_FAIL] = "spf-fail",
    [POLICY_SPF_SOFTFAIL] = "spf-softfail",
    [POLICY_DKIM_FAIL] = "dkim-fail",
    [POLICY_UNAUTHENTICATED] = "unauthenticated",
    [POLICY_INTERNAL_SPOOF] = "internal-spoof",
    [POLICY_LOOKALIKE] = "lookalike",
    [POLICY_ATTACHMENT] = "attachment",
    [POLICY_VIRUS] = "virus",
};
static const char *const action_names[] = {
    [POLICY_DELIVER] = "deliver",
    [POLICY_MARK] = "mark",
    [POLICY_JUNK] = "junk",
    [POLICY_HOLD] = "hold",
    [POLICY_QUARANTINE] = "quarantine",
    [POLICY_REFUSE] = "refuse",
    [POLICY_DISCARD] = "discard",
};
static const char *const shape_names[] = {
    [POLICY_DEDICATED] = "dedicated",
    [POLICY_SHARED] = "shared",
    [POLICY_GATEWAY] = "gateway",
};
static_assert(sizeof check_names / sizeof check_names[0] == POLICY_CHECK_COUNT, "a name for every check");
static_assert(sizeof action_names / sizeof action_names[0] == POLICY_ACTION_COUNT, "a name for every action");

const char *policy_check_name(enum policy_check check)
{
    return check < POLICY_CHECK_COUNT ? check_names[check] : "none";
}

const char *policy_action_name(enum policy_action action)
{
    return action < POLICY_ACTION_COUNT ? action_names[action] : "unknown";
}

const char *policy_shape_name(enum policy_shape shape)
{
    return shape <= POLICY_GATEWAY ? shape_names[shape] : "unknown";
}

const struct policy_option *policy_option_find(struct seki_str name)
{
    for (size_t i = 0; i < policy_option_count; i++)
        if (seki_str_equal(name, seki_str_of(policy_option_table[i].name)))
            return &policy_option_table[i];
    return NULL;
}

const char *policy_option_nearest(struct seki_str name)
{
    struct seki_spelling spelling = seki_spelling_of(name);
    for (size_t i = 0; i < policy_option_count; i++)
        seki_spelling_offer(&spelling, policy_option_table[i].name);
    return spelling.nearest;
}

struct policy policy_default(void)
{
    struct policy policy = { .filter = POLICY_OFF };
    for (size_t i = 0; i < policy_option_count; i++) {
        const struct policy_option *option = &policy_option_table[i];
        enum seki_result result = policy_option_read(option, seki_str_of(option->preset), &policy, NULL);
        assert(result == SEKI_OK);
        (void)result;
    }
    return policy;
}

/* ---- what a policy means as a whole ---- */

enum policy_action policy_action_for(const struct policy *policy, enum policy_check check)
{
    unsigned action = policy->actions[check];
    if (check == POLICY_BAD_AUTHOR)
        action = policy->bad_author == POLICY_AS_DMARC_REJECT ? policy->actions[POLICY_DMARC_REJECT]
                                                              : policy->bad_author - 1;
    return action <= POLICY_REFUSE ? (enum policy_action)action : POLICY_DELIVER;
}

bool policy_can_refuse(const struct policy *policy)
{
    for (size_t i = 0; i < POLICY_CHECK_COUNT; i++)
        if (policy_action_for(policy, (enum policy_check)i) == POLICY_REFUSE)
            return policy->filter == POLICY_ON;
    return false;
}

static bool check_gateway(const struct policy *policy, struct seki_error *why)
{
    for (size_t i = 0; i < POLICY_CHECK_COUNT; i++) {
        if (policy_action_for(policy, (enum policy_check)i) != POLICY_JUNK)
            continue;
        seki_error_set(why, "on-%s = junk: a gateway has no junk folder; take mark, hold, quarantine or refuse",
                       check_names[i]);
        return false;
    }
    if (policy->junk_by == POLICY_JUNK_BY_FIELD)
        return true;
    seki_error_set(why, "junk-by = recipient: a gateway has no junk folder; leave it at field");
    return false;
}

bool policy_check_shape(const struct policy *policy, enum policy_shape shape, struct seki_error *why)
{
    if (shape == POLICY_GATEWAY)
        return check_gateway(policy, why);
    if (policy->junk_by != POLICY_JUNK_BY_RECIPIENT || policy->junk_suffix.len > 0)
        return true;
    seki_error_set(why, "junk-by = recipient needs a junk-suffix, as +Junk, that the mail server knows");
    return false;
}

enum policy_action policy_action_at(enum policy_action action, enum policy_shape shape)
{
    return action == POLICY_JUNK && shape == POLICY_GATEWAY ? POLICY_MARK : action;
}

bool policy_needs_confirmation(const struct policy *policy)
{
    return policy->filter == POLICY_ON || policy->reports;
}

bool policy_hold_back(struct policy *policy)
{
    if (!policy_needs_confirmation(policy))
        return false;
    policy->filter = POLICY_OFF;
    policy->reports = false;
    return true;
}
