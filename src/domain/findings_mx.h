/* The table of finding.h: what can be wrong with where mail is delivered to (RFC 5321 section 5, 2181, 7505). */
#define DOMAIN_FINDINGS_MX(X)                                                                                          \
    X(MX_TARGET_MISSING, "mx.target-missing", MX, ERROR, 20,                                                           \
      N_("The MX {1} of {name} has no address: no mail can be delivered there."),                                      \
      N_("Publish an A or AAAA record for {1}, or remove this MX."))                                                   \
    X(MX_ONE_TARGET_MISSING, "mx.one-target-missing", MX, WARNING, 5,                                                  \
      N_("The MX {1} of {name} has no address; mail can go to the other ones only."),                                  \
      N_("Publish an A or AAAA record for {1}, or remove this MX."))                                                   \
    X(MX_DOT_FORGOTTEN, "mx.dot-forgotten", MX, ERROR, 20,                                                             \
      N_("The MX {1} of {name} has no address, but {2} has: the dot that ends a whole name is missing in the zone."),  \
      N_("Write the MX as {2} with a dot behind it; in a web form, without the domain that the form adds."))           \
    X(MX_ADDRESS_AS_NAME, "mx.address-as-name", MX, ERROR, 20,                                                         \
      N_("The MX of {name} is the address {1}. An MX must be a name; no mail can be delivered to this one."),          \
      N_("Give the address a name (\"mail.{name} A {1}\") and publish \"{name} MX 10 mail.{name}\"."))                 \
    X(MX_BAD_NAME, "mx.bad-name", MX, WARNING, 5,                                                                      \
      N_("The MX {1} of {name} cannot be the name of a host: letters, digits and hyphens are allowed. Some senders "   \
         "refuse it."),                                                                                                \
      N_("Give the mail server another name."))                                                                        \
    X(MX_ALIAS, "mx.alias", MX, WARNING, 5,                                                                            \
      N_("The MX {1} of {name} is an alias (CNAME) of {2}, which RFC 2181 forbids: some senders refuse to deliver."),  \
      N_("Name the server by its own name, {2}, or give {1} addresses instead of the CNAME."))                         \
    X(MX_PRIVATE, "mx.private-address", MX, ERROR, 15,                                                                 \
      N_("The MX {1} of {name} has the private address {2}: nobody outside can deliver there."),                       \
      N_("Publish the address under which the server is reached from the Internet."))                                  \
    X(MX_LOOPBACK, "mx.loopback-address", MX, ERROR, 15,                                                               \
      N_("The MX {1} of {name} has the address {2}: every sender would deliver to itself."),                           \
      N_("Publish the address of the mail server; if {name} receives no mail, publish the null MX \"0 .\" alone."))    \
    X(MX_RESERVED, "mx.reserved-address", MX, ERROR, 15,                                                               \
      N_("The MX {1} of {name} has the address {2}, which cannot belong to any server on the Internet."),              \
      N_("Publish the address under which the server is reached from the Internet."))                                  \
    X(MX_IPV6_ONLY, "mx.ipv6-only", MX, WARNING, 10,                                                                   \
      N_("No MX of {name} has an IPv4 address: senders without IPv6 cannot deliver."),                                 \
      N_("Give the mail server an A record too."))                                                                     \
    X(MX_TWICE, "mx.twice", MX, ADVICE, 1, N_("The MX {1} of {name} is there twice, with preferences {2} and {3}."),   \
      N_("Keep one of the two records."))                                                                              \
    X(MX_NULL_BESIDE, "mx.null-beside-others", MX, ERROR, 15,                                                          \
      N_("{name} has a null MX (\".\") beside other MX records: some senders deliver, others take it for a domain "    \
         "without mail."),                                                                                             \
      N_("Remove the null MX if {name} receives mail; otherwise remove the others (RFC 7505 section 3)."))             \
    X(MX_NULL_PREFERENCE, "mx.null-preference", MX, ADVICE, 1,                                                         \
      N_("The null MX of {name} has the preference {1}; RFC 7505 wants 0."), N_("Publish it as \"{name} MX 0 .\"."))   \
    X(MX_NULL_SENDS, "mx.null-but-sends", MX, WARNING, 10,                                                             \
      N_("{name} receives no mail (null MX), but its SPF record allows senders: many receivers refuse mail that "      \
         "cannot be answered (RFC 7505 section 4.2)."),                                                                \
      N_("If {name} sends mail, give it a real MX for bounces; if not, publish \"v=spf1 -all\"."))                     \
    X(MX_NO_WAY_BACK, "mx.no-way-back", MX, WARNING, 10,                                                               \
      N_("{name} sends mail by its SPF record, but has neither an MX nor an address: bounces and answers cannot be "   \
         "delivered, and many receivers refuse such mail."),                                                           \
      N_("Publish an MX record for {name}; if it sends no mail, publish \"v=spf1 -all\"."))                            \
    X(MX_IMPLICIT_USED, "mx.implicit", MX, ADVICE, 3,                                                                       \
      N_("{name} has no MX record; mail is delivered to its own address {1} instead."),                                \
      N_("Publish an MX record that names the mail server; if {name} receives no mail, publish \"{name} MX 0 .\"."))
