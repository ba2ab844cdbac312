/* The table of finding.h: what can be wrong with SPF (RFC 7208). */
#define DOMAIN_FINDINGS_SPF(X)                                                                                     \
    DOMAIN_FINDINGS_SPF_PLACE(X)                                                                                   \
    DOMAIN_FINDINGS_SPF_VERSION(X)                                                                                 \
    DOMAIN_FINDINGS_SPF_SYNTAX(X)                                                                                  \
    DOMAIN_FINDINGS_SPF_TARGETS(X)                                                                                 \
    DOMAIN_FINDINGS_SPF_POLICY(X)                                                                                  \
    DOMAIN_FINDINGS_SPF_MODIFIERS(X)

/* Whether there is a record at all. */
#define DOMAIN_FINDINGS_SPF_PLACE(X)                                                                               \
    X(SPF_MISSING, "spf.missing", SPF, ERROR, 25, N_("{name} has no SPF record."),                                 \
      N_("Publish a TXT record that names your senders, for example \"v=spf1 mx ~all\" (sekisho spf build "        \
         "makes one)."))                                                                                           \
    X(SPF_NO_MAIL_UNSAID, "spf.no-mail-unsaid", SPF, WARNING, 15,                                                  \
      N_("{name} has no mail exchange and no SPF record: if it sends no mail, nothing says so."),                  \
      N_("Publish the TXT record \"v=spf1 -all\" at {name}, if it sends none."))                                   \
    X(SPF_TWO_RECORDS, "spf.two-records", SPF, ERROR, 25,                                                          \
      N_("{name} has {1} SPF records; receivers then use none of them."),                                          \
      N_("Keep one, with the terms of all in it."))                                                                \
    X(SPF_LEFTOVER, "spf.leftover", SPF, WARNING, 3,                                                               \
      N_("Beside its SPF record {name} has a text that means to be one and is none: “{1}”."),                      \
      N_("Move what is still needed into the record, and remove this one."))                                       \
    X(SPF_SENDER_ID, "spf.sender-id", SPF, ADVICE, 1,                                                              \
      N_("{name} has a record of Sender ID (“{1}”), which no receiver reads any more."),                           \
      N_("Remove it; the v=spf1 record is enough."))                                                               \
    X(SPF_ONLY_TYPE_99, "spf.only-type-spf", SPF, ERROR, 25,                                                       \
      N_("The SPF record of {name} has the DNS type SPF, which no receiver asks for."),                            \
      N_("Publish the same text as a TXT record."))                                                                \
    X(SPF_TYPE_99, "spf.type-spf", SPF, ADVICE, 1,                                                                 \
      N_("Beside the TXT record {name} has one of the DNS type SPF, which nobody asks for any more."),             \
      N_("Remove it (RFC 7208 section 3.1)."))                                                                     \
    X(SPF_LONG_STRING, "spf.long-string", SPF, ERROR, 25,                                                          \
      N_("The SPF record at {name} is one string of more than 255 octets, which no name server takes."),           \
      N_("Cut it into several strings of at most 255 octets within one TXT record."))                              \
    X(SPF_NEEDS_SPLITTING, "spf.needs-splitting", SPF, ADVICE, 0,                                                  \
      N_("The record has {1} octets, and one string of a TXT record holds 255 only."),                             \
      N_("In a zone file cut it into several strings within one record; most web forms do so by themselves."))     \
    X(SPF_RECORD_LONG, "spf.record-long", SPF, ADVICE, 1,                                                          \
      N_("The SPF record at {name} has {1} octets; above 450, with the name, an answer may not fit into a DNS "    \
         "packet of 512 octets, which some receivers need."),                                                      \
      N_("Remove what is not needed, or move part of it to a name of its own and include that."))                  \
    X(SPF_ANSWER_LARGE, "spf.answer-large", SPF, ADVICE, 2,                                                        \
      N_("The TXT records of {name} have {1} octets together, too much for one DNS packet (1232): where DNS "      \
         "over TCP is blocked the SPF record is never seen."),                                                     \
      N_("Remove TXT records that are not needed any more, such as old proofs of ownership."))

/* A text that means to be an SPF record and is none. */
#define DOMAIN_FINDINGS_SPF_VERSION(X)                                                                             \
    X(SPF_VERSION_UNSEPARATED, "spf.version-unseparated", SPF, ERROR, 25,                                          \
      N_("The record at {name} begins with “{1}”: only a space may follow v=spf1, so receivers ignore it."),       \
      N_("Write \"v=spf1\", one space, then the terms."))                                                          \
    X(SPF_VERSION, "spf.version", SPF, ERROR, 25,                                                                  \
      N_("The record at {name} begins with “{1}”, which is no version of SPF; receivers ignore it."),              \
      N_("Begin it with \"v=spf1\" and a space."))                                                                 \
    X(SPF_VERSION_MISSING, "spf.version-missing", SPF, ERROR, 25,                                                  \
      N_("The text at {name} looks like an SPF record without v=spf1: “{1}”. Receivers ignore it."),               \
      N_("Put \"v=spf1\" and a space in front."))                                                                  \
    X(SPF_VERSION_NOT_FIRST, "spf.version-not-first", SPF, ERROR, 25,                                              \
      N_("Something stands before v=spf1 in the record at {name}: “{1}”. Receivers ignore it."),                   \
      N_("Move v=spf1 to the front, without a space before it."))                                                  \
    X(SPF_QUOTED, "spf.quoted", SPF, ERROR, 25,                                                                    \
      N_("The record at {name} holds quotes or backslashes, which the form for DNS records has taken as they "     \
         "are: “{1}”. Receivers ignore it."),                                                                      \
      N_("Enter the text in one piece, without quotes and backslashes."))                                          \
    X(SPF_OTHER_TEXT, "spf.other-text", SPF, ERROR, 25, N_("This is no SPF record: “{1}”."),                       \
      N_("An SPF record begins with \"v=spf1\" and a space."))

/* A term that cannot be read: the whole record is then an error (permerror). */
#define DOMAIN_FINDINGS_SPF_SYNTAX(X)                                                                              \
    X(SPF_DASH, "spf.dash", SPF, ERROR, 25,                                                                        \
      N_("“{1}” in the record at {name} begins with a dash that is no hyphen; the whole record is invalid."),      \
      N_("Write {2}, with the minus sign of the keyboard."))                                                       \
    X(SPF_NOT_ASCII, "spf.not-ascii", SPF, ERROR, 25,                                                              \
      N_("“{1}” in the record at {name} holds a character that is no visible ASCII; the whole record is "      \
         "invalid."),                                                                                              \
      N_("Type the term anew: a special space or a tab may have come in by copying. Names in other scripts "       \
         "are written as xn--…"))                                                                                  \
    X(SPF_QUOTE_INSIDE, "spf.quote-inside", SPF, ERROR, 25,                                                        \
      N_("“{1}” in the record at {name} holds a quote or a backslash; the whole record is invalid."),              \
      N_("Enter the record in one piece, without quotes and backslashes."))                                        \
    X(SPF_SPACE, "spf.space-in-term", SPF, ERROR, 25,                                                              \
      N_("A space stands within the term “{1}” in the record at {name}; the whole record is invalid."),            \
      N_("Write {2}."))                                                                                            \
    X(SPF_SEPARATOR, "spf.separator", SPF, ERROR, 25,                                                              \
      N_("“{1}” in the record at {name} holds a comma or semicolon; only spaces may separate terms, and the "  \
         "whole record is invalid."),                                                                              \
      N_("Put one space between two terms and nothing else."))                                                     \
    X(SPF_GLUED, "spf.space-missing", SPF, ERROR, 25, N_("A space is missing in “{1}” in the record at {name}."),  \
      N_("Write {2}."))                                                                                            \
    X(SPF_COLON_MISSING, "spf.colon-missing", SPF, ERROR, 25,                                                      \
      N_("The colon is missing in “{1}” in the record at {name}; the whole record is invalid."), N_("Write {2}.")) \
    X(SPF_COLON_FOR_EQUALS, "spf.colon-for-equals", SPF, ERROR, 25,                                                \
      N_("“{1}” in the record at {name} needs an equals sign; the whole record is invalid."), N_("Write {2}."))    \
    X(SPF_MECHANISM_MISSPELT, "spf.mechanism-misspelt", SPF, ERROR, 25,                                            \
      N_("“{1}” in the record at {name} is no term of SPF; the whole record is invalid."),                         \
      N_("Probably {2} was meant."))                                                                               \
    X(SPF_UNKNOWN_TERM, "spf.unknown-term", SPF, ERROR, 25,                                                        \
      N_("“{1}” in the record at {name} is no term of SPF; the whole record is invalid."),                         \
      N_("Remove it, or write one of ip4:, ip6:, a, mx, include:, exists:, all."))                                 \
    X(SPF_BARE_ADDRESS, "spf.bare-address", SPF, ERROR, 25,                                                        \
      N_("“{1}” in the record at {name} is only an address; the whole record is invalid."), N_("Write {2}."))      \
    X(SPF_BARE_NAME, "spf.bare-name", SPF, ERROR, 25,                                                              \
      N_("“{1}” in the record at {name} is only a name; the whole record is invalid."),                            \
      N_("Write include:{1} for what its SPF record allows, or a:{1} for its addresses."))                         \
    X(SPF_DOMAIN_MISSING, "spf.domain-missing", SPF, ERROR, 25,                                                    \
      N_("“{1}” in the record at {name} lacks its domain name; the whole record is invalid."),                     \
      N_("Write the name behind it, or remove the term."))                                                         \
    X(SPF_NOT_A_NAME, "spf.not-a-name", SPF, ERROR, 25,                                                            \
      N_("What “{1}” in the record at {name} names is no full domain name; the whole record is invalid."),         \
      N_("Write the whole name, such as _spf.example.net, without http:// and without a path."))                   \
    X(SPF_ADDRESS_FOR_NAME, "spf.address-for-name", SPF, ERROR, 25,                                                \
      N_("“{1}” in the record at {name} holds an address where a name belongs; the whole record is invalid."),     \
      N_("Write {2}."))                                                                                            \
    X(SPF_IP_FAMILY, "spf.ip-family", SPF, ERROR, 25,                                                              \
      N_("“{1}” in the record at {name} holds an address of the other kind; the whole record is invalid."),        \
      N_("Write {2}."))                                                                                            \
    X(SPF_IP_HOST_NAME, "spf.ip-host-name", SPF, ERROR, 25,                                                        \
      N_("“{1}” in the record at {name} holds a name where an address belongs; the whole record is invalid."),     \
      N_("Write {2}, or the address itself."))                                                                     \
    X(SPF_IP_UNREADABLE, "spf.ip-unreadable", SPF, ERROR, 25,                                                      \
      N_("“{1}” in the record at {name} holds no address that can be read; the whole record is invalid."),         \
      N_("Write one address or network, such as ip4:192.0.2.1 or ip4:192.0.2.0/24; cut a range into networks."))   \
    X(SPF_PREFIX_LENGTH, "spf.prefix-length", SPF, ERROR, 25,                                                      \
      N_("What follows the slash in “{1}” in the record at {name} is no prefix length; the whole record is "   \
         "invalid."),                                                                                              \
      N_("Write 0 to 32 for IPv4, 0 to 128 for IPv6, without a zero in front; a single address needs none."))      \
    X(SPF_NETMASK, "spf.netmask", SPF, ERROR, 25,                                                                  \
      N_("“{1}” in the record at {name} has a netmask where a prefix length belongs; the whole record is "     \
         "invalid."),                                                                                              \
      N_("Write {2}."))                                                                                            \
    X(SPF_PREFIX_MISPLACED, "spf.prefix-misplaced", SPF, ERROR, 25,                                                \
      N_("“{1}” in the record at {name} has a prefix length, which only ip4, ip6, a and mx take; the whole "   \
         "record is invalid."),                                                                                    \
      N_("Remove the slash and what follows."))                                                                    \
    X(SPF_ALL_ARGUMENT, "spf.all-argument", SPF, ERROR, 25,                                                        \
      N_("“{1}” in the record at {name}: nothing may follow all; the whole record is invalid."), N_("Write {2}.")) \
    X(SPF_MACRO, "spf.macro", SPF, ERROR, 25,                                                                      \
      N_("“{1}” in the record at {name} holds a % that begins no macro which SPF knows; the whole record is "  \
         "invalid."),                                                                                              \
      N_("Write a macro as %{i}, with one of the letters s, l, o, d, i, p, h, v; a per cent sign itself is %%."))  \
    X(SPF_MODIFIER_QUALIFIER, "spf.modifier-qualifier", SPF, ERROR, 25,                                            \
      N_("“{1}” in the record at {name} has a sign in front, which only mechanisms take; the whole record is " \
         "invalid."),                                                                                              \
      N_("Write {2}."))                                                                                            \
    X(SPF_MODIFIER_TWICE, "spf.modifier-twice", SPF, ERROR, 25,                                                    \
      N_("“{1}” in the record at {name} is the second of its kind; the whole record is invalid."),                 \
      N_("Keep one of the two."))

/* Where a term leads. */
#define DOMAIN_FINDINGS_SPF_TARGETS(X)                                                                             \
    X(SPF_INCLUDE_NO_RECORD, "spf.include-no-record", SPF, ERROR, 25,                                              \
      N_("“{1}” in the record at {name} leads to {2}, which has no SPF record: receivers then take the whole " \
         "record as invalid."),                                                                                    \
      N_("Correct or remove {1}."))                                                                                \
    X(SPF_INCLUDE_TWO_RECORDS, "spf.include-two-records", SPF, ERROR, 25,                                          \
      N_("“{1}” in the record at {name} leads to {2}, which has several SPF records: receivers then take the " \
         "whole record as invalid."),                                                                              \
      N_("Remove {1}, or have {2} mended."))                                                                       \
    X(SPF_INCLUDE_BROKEN, "spf.include-broken", SPF, ERROR, 25,                                                    \
      N_("The record at {name} is invalid at “{2}”, and with it all that leads there by {1}."),                    \
      N_("Remove {1}, or tell who runs {name}."))                                                                  \
    X(SPF_INCLUDE_SELF, "spf.include-self", SPF, ERROR, 25,                                                        \
      N_("“{1}” leads the record at {name} back to itself: receivers take it as invalid."), N_("Remove {1}."))     \
    X(SPF_LOOP, "spf.loop", SPF, ERROR, 25,                                                                        \
      N_("“{1}” in the record at {name} closes a circle ({2}): receivers take the record as invalid."),            \
      N_("Remove one of these terms."))                                                                            \
    X(SPF_MAIL_ADDRESS, "spf.mail-address-for-name", SPF, ERROR, 25,                                               \
      N_("“{1}” in the record at {name} names a mail address, not a domain."),                                     \
      N_("Write only what stands behind the @, or remove the term."))                                              \
    X(SPF_MX_TOO_MANY, "spf.mx-too-many", SPF, ERROR, 20,                                                          \
      N_("“{1}” in the record at {name}: {2} has {3} mail exchanges, and receivers take more than 10 as an "   \
         "error."),                                                                                                \
      N_("Name the senders by ip4 and ip6 instead."))                                                              \
    X(SPF_DEAD_TERM, "spf.dead-term", SPF, WARNING, 3,                                                             \
      N_("“{1}” in the record at {name} stands for nobody: {2} has no address."),                                  \
      N_("Correct or remove it; receivers accept only two such look-ups."))                                        \
    X(SPF_EXISTS_EVERYBODY, "spf.exists-everybody", SPF, ERROR, 25,                                                \
      N_("“{1}” in the record at {name} stands for every client: {2} exists, whoever asks."),                      \
      N_("Remove it, or write the macro that was meant, such as exists:%{i}.{2}."))                                \
    X(SPF_PTR, "spf.ptr", SPF, WARNING, 5,                                                                         \
      N_("“{1}” in the record at {name} asks for the name of the client’s address: slow, often without an "  \
         "answer, and RFC 7208 advises against it."),                                                              \
      N_("Name the senders by ip4, ip6, a or include instead."))                                                   \
    X(SPF_TOO_MANY_LOOKUPS, "spf.too-many-lookups", SPF, ERROR, 20,                                                \
      N_("The record at {name} makes receivers ask {1} times; above 10 they take it as invalid. Most is due "      \
         "to {2}."),                                                                                               \
      N_("Remove what does not send any more, or replace names by addresses (sekisho spf flatten)."))              \
    X(SPF_TOO_MANY_VOIDS, "spf.too-many-voids", SPF, ERROR, 15,                                                    \
      N_("{1} terms of the record at {name} ask for what is not there; above {3} receivers take it as "            \
         "invalid: {2}."),                                                                                         \
      N_("Correct or remove these terms."))                                                                        \
    X(SPF_VOIDS_OF_FAMILY, "spf.too-many-voids-family", SPF, WARNING, 10,                                          \
      N_("For a client with an {3} address {1} terms of the record at {name} find nothing, which receivers "       \
         "take as an error before they come to the senders with {3}: {2}."),                                       \
      N_("Move the terms that hold for {3} to the front, or write ip4: for hosts that have IPv4 only."))

/* What the record says of clients. */
#define DOMAIN_FINDINGS_SPF_POLICY(X)                                                                              \
    X(SPF_ALL_PASS, "spf.all-pass", SPF, ERROR, 25, N_("“{1}” in the record at {name} lets everybody send."),      \
      N_("Write ~all or -all."))                                                                                   \
    X(SPF_FOREIGN_ALL_PASS, "spf.include-all-pass", SPF, ERROR, 25,                                                \
      N_("“{1}” in the record at {name} lets everybody send, and it counts by {2}."), N_("Remove {2}."))           \
    X(SPF_ALL_NEUTRAL, "spf.all-neutral", SPF, WARNING, 10,                                                        \
      N_("“{1}” in the record at {name} says nothing about all other clients: forged mail is treated as if "   \
         "there were no record."),                                                                                 \
      N_("Write ~all or -all."))                                                                                   \
    X(SPF_NO_ALL, "spf.no-all", SPF, WARNING, 10,                                                                  \
      N_("The record at {name} does not end in all or redirect, so it says nothing about all other clients."),     \
      N_("Add ~all or -all at the end."))                                                                          \
    X(SPF_AFTER_ALL, "spf.after-all", SPF, WARNING, 5,                                                             \
      N_("“{1}” stands behind all in the record at {name} and is never looked at."),                               \
      N_("Move all to the end, or remove what stands behind it."))                                                 \
    X(SPF_REDIRECT_BESIDE_ALL, "spf.redirect-beside-all", SPF, WARNING, 5,                                         \
      N_("“{1}” in the record at {name} is never followed, because there is an all."),                             \
      N_("Remove one of the two."))                                                                                \
    X(SPF_NETWORK_EVERYTHING, "spf.network-everything", SPF, ERROR, 25,                                            \
      N_("“{1}” in the record at {name} lets every address send."), N_("Write the networks of your senders."))     \
    X(SPF_NETWORK_BROAD, "spf.network-broad", SPF, WARNING, 15,                                                    \
      N_("“{1}” in the record at {name} lets {2} addresses send, far more than one sender has."),                  \
      N_("Write the networks of your senders only; look at the number behind the slash."))                         \
    X(SPF_PRIVATE_ADDRESS, "spf.private-address", SPF, WARNING, 3,                                                 \
      N_("“{1}” in the record at {name} stands for {2}, an address that no client comes from on the Internet."),   \
      N_("Write the address by which your server is seen outside, or remove the term."))                           \
    X(SPF_TERM_REPEATED, "spf.term-repeated", SPF, ADVICE, 1,                                                      \
      N_("“{1}” in the record at {name} says what another term has said."), N_("Remove it."))

/* Modifiers, which receivers ignore where they do not know them. */
#define DOMAIN_FINDINGS_SPF_MODIFIERS(X)                                                                           \
    X(SPF_EQUALS_FOR_COLON, "spf.equals-for-colon", SPF, ERROR, 15,                                                \
      N_("Receivers ignore “{1}” in the record at {name}, because of the equals sign."), N_("Write {2}."))         \
    X(SPF_MODIFIER_MISSPELT, "spf.modifier-misspelt", SPF, ERROR, 15,                                              \
      N_("Receivers ignore “{1}” in the record at {name}: there is no such modifier."),                            \
      N_("Probably {2} was meant."))                                                                               \
    X(SPF_MODIFIER_UNKNOWN, "spf.modifier-unknown", SPF, ADVICE, 1,                                                \
      N_("Receivers ignore “{1}” in the record at {name}: SPF knows no such modifier."), N_("Remove it."))         \
    X(SPF_VERSION_REPEATED, "spf.version-repeated", SPF, WARNING, 2,                                               \
      N_("“{1}” stands in the middle of the record at {name}, as if two records had been put together."),          \
      N_("Remove it there."))                                                                                      \
    X(SPF_EXP_MISSING, "spf.exp-missing", SPF, WARNING, 2,                                                         \
      N_("“{1}” in the record at {name} names {2}, where there is no text."),                                      \
      N_("Publish the text as a TXT record at {2}, or remove the term."))                                          \
    X(SPF_EXP_SEVERAL, "spf.exp-several", SPF, WARNING, 2,                                                         \
      N_("“{1}” in the record at {name} names {2}, which has several TXT records; receivers then use none."),      \
      N_("Keep one of them."))                                                                                     \
    X(SPF_EXP_UNUSABLE, "spf.exp-unusable", SPF, WARNING, 2,                                                       \
      N_("The text at {2}, which “{1}” in the record at {name} names, cannot be used: “{3}”."),                    \
      N_("Write it in ASCII, and a per cent sign as %%."))
