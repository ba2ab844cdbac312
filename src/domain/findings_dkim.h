/* The table of finding.h: what can be wrong with DKIM keys (RFC 6376, 8301, 8463). */
#define DOMAIN_FINDINGS_DKIM(X)                                                                                    \
    X(DKIM_KEY_MISSING, "dkim.key-missing", DKIM, ERROR, 25, N_("There is no key at {name}."),                     \
      N_("Publish the record of the key that signs with this selector, or stop signing with it."))                 \
    X(DKIM_ALIAS, "dkim.alias-without-key", DKIM, ERROR, 25,                                                       \
      N_("{name} is an alias (CNAME) for {1}, and there is no key there."),                                        \
      N_("Ask the service that {1} belongs to for its key, or remove the alias and stop signing with this "        \
         "selector."))                                                                                             \
    X(DKIM_NAME_DOUBLED, "dkim.name-doubled", DKIM, ERROR, 25,                                                     \
      N_("There is no key at {name}: it stands at {1}, with the domain twice in the name."),                       \
      N_("In the form for DNS records enter the name without the domain; the form adds it."))                      \
    X(DKIM_WITHOUT_SELECTOR, "dkim.without-selector", DKIM, WARNING, 5,                                            \
      N_("A key stands at {name}, where no signature can point to: the selector is missing in front of it."),      \
      N_("Publish it at SELECTOR.{name}, with the selector that the signer uses."))                                \
    X(DKIM_REVOKED, "dkim.revoked", DKIM, ERROR, 25,                                                               \
      N_("The key at {name} is revoked (p= is empty): signatures with it fail."),                                  \
      N_("Sign with another key, or publish this one again."))                                                     \
    X(DKIM_SEVERAL, "dkim.several-records", DKIM, WARNING, 10,                                                     \
      N_("{name} has {1} TXT records; which of them a receiver takes for the key is not defined."),                \
      N_("Keep one."))                                                                                             \
    X(DKIM_TOO_LONG, "dkim.record-too-long", DKIM, ERROR, 10,                                                      \
      N_("The record at {name} has {1} octets, more than any key needs."),                                         \
      N_("Publish the record of the key alone."))                                                                  \
    X(DKIM_LONG_STRING, "dkim.long-string", DKIM, ERROR, 25,                                                       \
      N_("The record at {name} has a string of more than 255 octets, which no name server takes."),                \
      N_("Cut it into several strings of at most 255 octets within one TXT record."))                              \
    X(DKIM_QUOTED, "dkim.quoted", DKIM, ERROR, 10,                                                                 \
      N_("The record at {name} holds quotes or backslashes, which the form for DNS records has taken as "          \
         "they are: “{1}”. The key cannot be read."),                                                              \
      N_("Enter the text in one piece, without quotes and backslashes."))                                          \
    X(DKIM_PEM, "dkim.pem", DKIM, ERROR, 10,                                                                       \
      N_("The record at {name} holds the BEGIN and END lines of a key file. The key cannot be read."),             \
      N_("Put only the lines between them behind p=, without line ends."))                                         \
    X(DKIM_NOT_TAGS, "dkim.not-a-tag-list", DKIM, ERROR, 10,                                                       \
      N_("The record at {name} is no list of tag=value pairs: “{1}”."),                                            \
      N_("Write it as \"v=DKIM1; k=rsa; p=…\": a semicolon between two pairs, each tag once."))                    \
    X(DKIM_VERSION_NOT_FIRST, "dkim.version-not-first", DKIM, ERROR, 10,                                           \
      N_("v=DKIM1 is not first in the record at {name}; receivers discard the whole record."),                     \
      N_("Move v=DKIM1 to the front."))                                                                            \
    X(DKIM_VERSION, "dkim.version", DKIM, ERROR, 10,                                                               \
      N_("The record at {name} says v={1}; receivers discard any version but DKIM1, written exactly so."),         \
      N_("Begin it with \"v=DKIM1;\"."))                                                                           \
    X(DKIM_VERSION_UNSEPARATED, "dkim.version-unseparated", DKIM, ERROR, 10,                                       \
      N_("No semicolon stands behind v=DKIM1 in the record at {name}: “{1}” is read as the version."),             \
      N_("Put semicolons between the tags: \"v=DKIM1; k=rsa; p=…\"."))                                             \
    X(DKIM_NOT_MAIL, "dkim.not-for-mail", DKIM, ERROR, 10,                                                         \
      N_("The key at {name} is for {1} only, not for mail: signatures with it fail."),                             \
      N_("Remove s= from the record, or add email to it."))                                                        \
    X(DKIM_TYPE, "dkim.unknown-type", DKIM, ERROR, 10,                                                             \
      N_("The key at {name} is of the type “{1}”, which receivers do not know."),                                  \
      N_("Write k=rsa or k=ed25519, whichever the key is."))                                                       \
    X(DKIM_NO_KEY, "dkim.no-key-in-record", DKIM, ERROR, 10,                                                       \
      N_("The record at {name} has no p=, so there is no key in it: “{1}”."), N_("Add p= with the public key."))   \
    X(DKIM_NOT_BASE64, "dkim.not-base64", DKIM, ERROR, 10,                                                         \
      N_("What stands behind p= in the record at {name} is not base64. The key cannot be read."),                  \
      N_("Copy the key again, whole and without other characters in it."))                                         \
    X(DKIM_CUT, "dkim.cut", DKIM, ERROR, 10, N_("The key at {name} has lost its end: p= stops in the middle."),    \
      N_("Publish it whole. A string in the DNS holds 255 octets: split the text into several strings of "         \
         "one record, never into several records."))                                                               \
    X(DKIM_NOT_A_KEY, "dkim.not-a-key", DKIM, ERROR, 10,                                                           \
      N_("What stands behind p= in the record at {name} is no public key of the type {1}."),                       \
      N_("Copy the public key again; for RSA it begins with MII in most cases."))                                  \
    X(DKIM_OTHER_TYPE, "dkim.other-type", DKIM, ERROR, 10,                                                         \
      N_("The record at {name} counts as a key of the type {1}, but the key in it is of the type {2}."),           \
      N_("Write k={2}."))                                                                                          \
    X(DKIM_ED25519_DER, "dkim.ed25519-der", DKIM, ERROR, 10,                                                       \
      N_("The Ed25519 key at {name} is in the form of a key file. RFC 8463 wants its 32 octets alone."),           \
      N_("Keep the last 44 characters of p=, which are the key itself."))                                          \
    X(DKIM_RSA_TOO_SHORT, "dkim.rsa-too-short", DKIM, ERROR, 15,                                                   \
      N_("The RSA key at {name} has {1} bits. Receivers must refuse less than 1024 (RFC 8301)."),                  \
      N_("Make a key of 2048 bits, publish it at a new selector and sign with it."))                               \
    X(DKIM_RSA_SHORT, "dkim.rsa-short", DKIM, ADVICE, 3,                                                           \
      N_("The RSA key at {name} has {1} bits. It works, but RFC 8301 advises 2048."),                              \
      N_("Make a key of 2048 bits, publish it at a new selector and sign with it."))                               \
    X(DKIM_RSA_LONG, "dkim.rsa-long", DKIM, WARNING, 3,                                                            \
      N_("The RSA key at {name} has more than 4096 bits. Receivers need not be able to verify with it (RFC "       \
         "8301)."),                                                                                                \
      N_("Sign with a key of 2048 to 4096 bits."))                                                                 \
    X(DKIM_NO_SHA256, "dkim.no-sha256", DKIM, ERROR, 10,                                                           \
      N_("The key at {name} is for the hash {1} only. Signatures use SHA-256, and receivers must refuse "          \
         "SHA-1 (RFC 8301)."),                                                                                     \
      N_("Remove h= from the record, or write h=sha256."))                                                         \
    X(DKIM_TESTING, "dkim.testing", DKIM, WARNING, 8,                                                              \
      N_("The key at {name} is in test mode (t=y): receivers treat mail signed with it as if it were not "         \
         "signed."),                                                                                               \
      N_("Remove t=y when signing works."))                                                                        \
    X(DKIM_GRANULARITY, "dkim.granularity", DKIM, ADVICE, 1,                                                       \
      N_("The key at {name} has the tag g= of old DomainKeys records; receivers ignore it today, very old "        \
         "ones may refuse the key."),                                                                              \
      N_("Remove g= from the record."))                                                                            \
    X(DKIM_DOMAINKEYS, "dkim.domainkeys-policy", DKIM, ADVICE, 1,                                                  \
      N_("{name} has a policy record of DomainKeys, the forerunner of DKIM: “{1}”. Nobody reads it."),             \
      N_("Remove it."))                                                                                            \
    X(DKIM_WILDCARD_KEY, "dkim.wildcard-key", DKIM, WARNING, 5,                                                    \
      N_("A wildcard gives a key for every selector below {name}: none of them can be withdrawn alone."),          \
      N_("Publish the key at the selector that signs, and remove the wildcard."))                                  \
    X(DKIM_WILDCARD_TEXT, "dkim.wildcard-text", DKIM, ADVICE, 1,                                                   \
      N_("A wildcard gives a TXT record that is no key for every selector below {name}: “{1}”."),                  \
      N_("Remove the wildcard, or let it end above {name}."))
