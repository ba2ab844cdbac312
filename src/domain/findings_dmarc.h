/* The table of finding.h: what can be wrong with DMARC (RFC 9989, and what RFC 7489 left over). */
#define DOMAIN_FINDINGS_DMARC(X)                                                                                   \
    DOMAIN_FINDINGS_DMARC_PLACE(X)                                                                                 \
    DOMAIN_FINDINGS_DMARC_VERSION(X)                                                                               \
    DOMAIN_FINDINGS_DMARC_TAGS(X)                                                                                  \
    DOMAIN_FINDINGS_DMARC_REPORTS(X)

/* Where the record is, and where it is not. */
#define DOMAIN_FINDINGS_DMARC_PLACE(X)                                                                             \
    X(DMARC_MISSING, "dmarc.missing", DMARC, ERROR, 25, N_("No DMARC record covers {name}."),                      \
      N_("Publish a TXT record at _dmarc.{name}; begin with \"v=DMARC1; p=none; rua=mailto:…\" and read "        \
         "the reports (sekisho dmarc build makes one)."))                                                          \
    X(DMARC_NO_MAIL_UNSAID, "dmarc.no-mail-unsaid", DMARC, WARNING, 15,                                                \
      N_("No DMARC record covers {name}, which neither sends nor receives mail: forged mail is still delivered."),     \
      N_("Publish the TXT record \"v=DMARC1; p=reject\" at _dmarc.{name}."))                                           \
    X(DMARC_ALIAS, "dmarc.alias-without-record", DMARC, ERROR, 25,                                                 \
      N_("{name} is an alias (CNAME) for {1}, and there is no DMARC record there."),                               \
      N_("Ask the service that {1} belongs to for its record, or publish your own in the place of the alias."))    \
    X(DMARC_TWO_RECORDS, "dmarc.two-records", DMARC, ERROR, 25,                                                    \
      N_("{name} has {1} DMARC records; receivers then use none of them."), N_("Keep one."))                       \
    X(DMARC_LONG_STRING, "dmarc.long-string", DMARC, ERROR, 25,                                                    \
      N_("The record at {name} has a string of more than 255 octets, which no name server takes."),                \
      N_("Cut it into several strings of at most 255 octets within one TXT record."))                              \
    X(DMARC_AT_DOMAIN, "dmarc.at-domain", DMARC, ERROR, 25,                                                        \
      N_("The DMARC record stands at {name} itself, where nobody looks for it."), N_("Move it to _dmarc.{name}.")) \
    X(DMARC_NAME_DOUBLED, "dmarc.name-doubled", DMARC, ERROR, 25,                                                  \
      N_("The DMARC record stands at {1}, with the domain twice in the name; at {name} there is none."),           \
      N_("In the form for DNS records enter the name without the domain; the form adds it."))                      \
    X(DMARC_ONLY_PSD, "dmarc.only-public-suffix", DMARC, WARNING, 10,                                              \
      N_("Of all DMARC records only that of the public suffix {1} covers {name}: its operator says what "          \
         "happens to your mail and gets your reports."),                                                           \
      N_("Publish a record of your own at _dmarc.{name}."))                                                        \
    X(DMARC_PASSED_OVER, "dmarc.passed-over", DMARC, ADVICE, 1,                                                    \
      N_("The record at {name} says nothing about {1}: receivers take only that of the domain itself or of "       \
         "its Organizational Domain, {2}."),                                                                       \
      N_("If it is meant for {1} too, publish it there, or add psd=n to it."))                                     \
    X(DMARC_ORG_IS_SUFFIX, "dmarc.public-suffix-without-psd", DMARC, WARNING, 10,                                  \
      N_("The public suffix {1} has a DMARC record without psd=y, so receivers take it for the "                   \
         "Organizational Domain: any other domain below it counts as aligned with {name}."),                       \
      N_("Add psd=n to the record at _dmarc.{2}."))                                                                \
    X(DMARC_PSD, "dmarc.psd", DMARC, WARNING, 15,                                                                  \
      N_("psd=y at {name} says that this is a public suffix like \"com\", and it is not one: its subdomains "      \
         "count as strangers to it and to each other."),                                                           \
      N_("Remove psd=y."))

/* A text that means to be a DMARC record and is none. */
#define DOMAIN_FINDINGS_DMARC_VERSION(X)                                                                           \
    X(DMARC_VERSION_CASE, "dmarc.version-case", DMARC, ERROR, 25,                                                  \
      N_("The record at {name} begins with “{1}”; receivers take nothing but v=DMARC1 in capital letters."),       \
      N_("Write v=DMARC1."))                                                                                       \
    X(DMARC_VERSION, "dmarc.version", DMARC, ERROR, 25,                                                            \
      N_("The record at {name} begins with “{1}”, which is no version of DMARC; receivers ignore it."),            \
      N_("Begin it with \"v=DMARC1;\"."))                                                                          \
    X(DMARC_VERSION_UNSEPARATED, "dmarc.version-unseparated", DMARC, ERROR, 25,                                    \
      N_("No semicolon stands behind v=DMARC1 in the record at {name}; receivers ignore it."),                     \
      N_("Put semicolons between the tags: \"v=DMARC1; p=none; rua=…\"."))                                         \
    X(DMARC_VERSION_NOT_FIRST, "dmarc.version-not-first", DMARC, ERROR, 25,                                        \
      N_("The record at {name} does not begin with v=DMARC1; receivers ignore it."),                               \
      N_("Move v=DMARC1 to the front, without a space before it."))                                                \
    X(DMARC_VERSION_MISSING, "dmarc.version-missing", DMARC, ERROR, 25,                                            \
      N_("The text at {name} looks like a DMARC record without v=DMARC1: “{1}”. Receivers ignore it."),            \
      N_("Put \"v=DMARC1;\" in front."))                                                                           \
    X(DMARC_QUOTED, "dmarc.quoted", DMARC, ERROR, 25,                                                              \
      N_("The record at {name} holds quotes or backslashes, which the form for DNS records has taken as "          \
         "they are: “{1}”. Receivers ignore it."),                                                                 \
      N_("Enter the text in one piece, without quotes and backslashes."))                                          \
    X(DMARC_OTHER_RECORD, "dmarc.other-record", DMARC, ERROR, 25,                                                  \
      N_("A record that has its place elsewhere stands at {name}: “{1}”. There is no DMARC record."),              \
      N_("Move it to its own name, and publish a DMARC record here."))

/* What is wrong within a record. */
#define DOMAIN_FINDINGS_DMARC_TAGS(X)                                                                              \
    X(DMARC_POLICY_UNUSABLE, "dmarc.policy-invalid", DMARC, ERROR, 25,                                             \
      N_("{1}={2} in the record at {name} is no policy, and there is no rua that can be read: receivers "          \
         "ignore the whole record."),                                                                              \
      N_("Write none, quarantine or reject."))                                                                     \
    X(DMARC_POLICY_AS_NONE, "dmarc.policy-invalid-as-none", DMARC, ERROR, 20,                                      \
      N_("{1}={2} in the record at {name} is no policy: receivers act as if p=none were all that it says."),       \
      N_("Write none, quarantine or reject."))                                                                     \
    X(DMARC_P_UNUSABLE, "dmarc.policy-missing", DMARC, ERROR, 25,                                                  \
      N_("The record at {name} has no p, and no rua that can be read: receivers ignore it."),                      \
      N_("Add p=none and a rua, to begin with."))                                                                  \
    X(DMARC_P_AS_NONE, "dmarc.policy-missing-as-none", DMARC, WARNING, 5,                                          \
      N_("The record at {name} has no p: receivers by RFC 9989 act as if it were p=none, older ones may "          \
         "ignore the record."),                                                                                    \
      N_("Write the policy that you mean, p=none, p=quarantine or p=reject."))                                     \
    X(DMARC_P_NOT_SECOND, "dmarc.policy-not-second", DMARC, ADVICE, 1,                                             \
      N_("p does not follow v=DMARC1 in the record at {name}. RFC 9989 allows that, receivers by the older "       \
         "RFC 7489 may ignore the record."),                                                                       \
      N_("Put p directly behind v=DMARC1."))                                                                       \
    X(DMARC_SUBDOMAINS_WEAKER, "dmarc.subdomains-weaker", DMARC, WARNING, 5,                                       \
      N_("The record at {name} asks for less with {1} than with {2}: who forges mail uses a subdomain."),          \
      N_("Remove {1}, unless subdomains really send mail that fails."))                                            \
    X(DMARC_SUBDOMAINS_IGNORED, "dmarc.subdomains-ignored", DMARC, ADVICE, 1,                                      \
      N_("{1} in the record at {name} has no effect: only that of the Organizational Domain, {2}, counts."),       \
      N_("Remove it, or say it at _dmarc.{2}."))                                                                   \
    X(DMARC_TESTING, "dmarc.testing", DMARC, WARNING, 5,                                                           \
      N_("The record at {name} is in test mode (t=y): p={1} is applied as {2}."),                                  \
      N_("Remove t=y when the reports show that your mail passes."))                                               \
    X(DMARC_SEPARATOR, "dmarc.separator", DMARC, ERROR, 20,                                                        \
      N_("Where {2} begins in the record at {name} there is no semicolon before it: “{3}” counts as "          \
         "part of {1}."),                                                                                          \
      N_("Put semicolons between the tags."))                                                                      \
    X(DMARC_NOT_A_TAG, "dmarc.not-a-tag", DMARC, WARNING, 5,                                                       \
      N_("“{1}” in the record at {name} is no tag with a value; receivers ignore it."),                            \
      N_("Write tag=value. Several addresses of one tag have commas between them, not semicolons."))               \
    X(DMARC_TAG_MISSPELT, "dmarc.tag-misspelt", DMARC, WARNING, 5,                                                 \
      N_("There is no DMARC tag “{1}”, as in the record at {name}; receivers ignore it. Is it {2}?"),              \
      N_("Write {2} if that is what you mean, or remove it."))                                                     \
    X(DMARC_TAG_UNKNOWN, "dmarc.tag-unknown", DMARC, ADVICE, 1,                                                    \
      N_("There is no DMARC tag “{1}”, as in the record at {name}; receivers ignore it."), N_("Remove it."))       \
    X(DMARC_TAG_REPEATED, "dmarc.tag-repeated", DMARC, WARNING, 3,                                                 \
      N_("The tag {1} is in the record at {name} more than once; which one counts is not defined."),               \
      N_("Keep one."))                                                                                             \
    X(DMARC_VALUE, "dmarc.value-invalid", DMARC, WARNING, 3,                                                       \
      N_("{1}={2} in the record at {name} cannot be read; receivers act as if it were {1}={3}."),                  \
      N_("Write a value that {1} can have: r or s for adkim and aspf; y or n for t; y, n or u for psd; for "       \
         "fo 0 or 1, with d and s behind colons."))                                                                \
    X(DMARC_PCT_ZERO, "dmarc.pct-zero", DMARC, WARNING, 5,                                                         \
      N_("pct=0 in the record at {name} asked receivers not to apply p={1} yet. By RFC 9989 they ignore pct "      \
         "and apply it to all mail."),                                                                             \
      N_("Write t=y instead, which means what pct=0 meant; or remove pct."))                                       \
    X(DMARC_PCT_PART, "dmarc.pct-part", DMARC, WARNING, 3,                                                         \
      N_("pct={2} in the record at {name} asked receivers to apply p={1} to a part of the mail. By RFC 9989 "      \
         "they ignore pct and apply it to all."),                                                                  \
      N_("Remove pct; to try a policy out write t=y, which applies the one below it."))                            \
    X(DMARC_PCT, "dmarc.pct", DMARC, ADVICE, 1,                                                                    \
      N_("pct in the record at {name} chose how much mail the policy is for. RFC 9989 has no such tag, and "       \
         "here it changes nothing."),                                                                              \
      N_("Remove it."))                                                                                            \
    X(DMARC_RF, "dmarc.rf", DMARC, ADVICE, 1,                                                                      \
      N_("rf in the record at {name} chose the form of failure reports. RFC 9989 has no such tag: there is "       \
         "one form."),                                                                                             \
      N_("Remove it."))                                                                                            \
    X(DMARC_RI, "dmarc.ri", DMARC, ADVICE, 1,                                                                      \
      N_("ri in the record at {name} asked for reports at another interval. RFC 9989 has no such tag: they "       \
         "come daily."),                                                                                           \
      N_("Remove it."))

/* Reports, and where they go. {1} is the tag, rua or ruf. */
#define DOMAIN_FINDINGS_DMARC_REPORTS(X)                                                                           \
    X(DMARC_NOTHING_ASKED, "dmarc.none-without-reports", DMARC, WARNING, 10,                                       \
      N_("The record at {name} asks for nothing: with p=none nothing happens to forged mail, and without "         \
         "rua you do not hear of it."),                                                                            \
      N_("Add rua=mailto:… with an address that reads the reports."))                                              \
    X(DMARC_NO_REPORTS, "dmarc.no-reports", DMARC, ADVICE, 3,                                                      \
      N_("The record at {name} asks for no aggregate reports: that your own mail is lost shows nowhere."),         \
      N_("Add rua=mailto:… with an address that reads the reports."))                                              \
    X(DMARC_FO_ALONE, "dmarc.fo-without-ruf", DMARC, ADVICE, 1,                                                    \
      N_("fo in the record at {name} has no effect without ruf."), N_("Remove fo, or add ruf."))                   \
    X(DMARC_RUF_OF_PSD, "dmarc.ruf-with-psd", DMARC, WARNING, 3,                                                   \
      N_("Receivers send no failure reports for the record at {name}: RFC 9991 forbids them where psd=y."),        \
      N_("Remove ruf."))                                                                                           \
    X(DMARC_URI_BARE, "dmarc.uri-without-mailto", DMARC, WARNING, 10,                                              \
      N_("{1} in the record at {name} has an address without mailto: “{2}”. Receivers ignore it."),                \
      N_("Write mailto:{2}."))                                                                                     \
    X(DMARC_URI, "dmarc.uri-unreadable", DMARC, WARNING, 10,                                                       \
      N_("{1} in the record at {name} has “{2}”, which is no URI. Receivers ignore it."),                          \
      N_("Write mailto:ADDRESS, without spaces, with commas between several."))                                    \
    X(DMARC_URI_SCHEME, "dmarc.uri-scheme", DMARC, WARNING, 5,                                                     \
      N_("{1} in the record at {name} has “{2}”. Receivers need to know nothing but mailto: and ignore "       \
         "the rest."),                                                                                             \
      N_("Write mailto:ADDRESS."))                                                                                 \
    X(DMARC_URI_ADDRESS, "dmarc.uri-address", DMARC, WARNING, 10,                                                  \
      N_("{1} in the record at {name} has “{2}”, in which there is no mail address."),                             \
      N_("Write mailto:ADDRESS, with the domain in it and no slashes."))                                           \
    X(DMARC_URI_SIZE, "dmarc.uri-size", DMARC, ADVICE, 1,                                                          \
      N_("{1} in the record at {name} limits the size of reports (“{2}”). RFC 9989 has no such limits; "       \
         "receivers ignore it."),                                                                                  \
      N_("Remove the exclamation mark and what stands behind it."))                                                \
    X(DMARC_EXTERNAL, "dmarc.external-not-authorised", DMARC, WARNING, 8,                                          \
      N_("{1} in the record at {name} sends reports to another organization, {2}, which has not said that "        \
         "it wants them. Receivers send none."),                                                                   \
      N_("Have {2} publish the TXT record \"v=DMARC1;\" at {3}, or use an address in your own domain."))           \
    X(DMARC_EXTERNAL_LONG, "dmarc.external-name-too-long", DMARC, WARNING, 8,                                      \
      N_("{1} in the record at {name} sends reports to another organization, {2}, and the name at which it "       \
         "would have to allow that is too long for the DNS. Receivers send none."),                                \
      N_("Use an address in your own domain."))                                                                    \
    X(DMARC_OVERRIDE, "dmarc.external-override", DMARC, WARNING, 8,                                                \
      N_("{2} allows reports about this domain, but sends them on to another host in its record at {3}: "          \
         "receivers then send none to the {1} of the record at {name}."),                                          \
      N_("Have the owner of {3} keep to addresses at {2}."))                                                       \
    X(DMARC_NO_MAIL, "dmarc.report-domain-without-mail", DMARC, WARNING, 10,                                       \
      N_("{1} in the record at {name} sends reports to {2}, which receives no mail."),                             \
      N_("Check the spelling, or use an address that receives mail."))
