/* The table of finding.h: what can be wrong with the domain in the DNS itself, and with DNSSEC (RFC 1034, 2181, 4035). */
#define DOMAIN_FINDINGS_DNS(X)                                                                                         \
    X(DNS_NO_DOMAIN, "dns.no-domain", DNS, ERROR, 100, N_("{name} does not exist in the DNS."),                        \
      N_("Check the spelling; if it is right, the domain is not registered or its name servers do not know it."))      \
    X(DNS_FAILED, "dns.failed", DNS, ERROR, 10, N_("{1} of {name} could not be looked up: {2}."),                      \
      N_("Ask again; if it stays so, the name servers of {name} need mending."))                                       \
    X(DNS_NS_MISSING, "dns.ns-missing", DNS, WARNING, 3,                                                               \
      N_("The name server {1} of {name} has no address: who asks it gets no answer."),                                 \
      N_("Publish an address for {1}, or take it off the list of name servers, at the registrar too."))                \
    X(DNS_NS_ALIAS, "dns.ns-alias", DNS, WARNING, 3,                                                                   \
      N_("The name server {1} of {name} is an alias (CNAME) of {2}, which RFC 2181 forbids: some resolvers do not "    \
         "ask it."),                                                                                                   \
      N_("Name the server by its own name, {2}."))

#define DOMAIN_FINDINGS_DNSSEC(X)                                                                                      \
    X(DNSSEC_BOGUS, "dnssec.bogus", DNSSEC, ERROR, 30,                                                                 \
      N_("The DNSSEC signatures of {name} ({1}) do not hold: {2}. Receivers that validate see no record at all."),     \
      N_("Sign the zone again, or have the registrar replace or remove the DS record."))                               \
    X(DNSSEC_SHA1, "dnssec.sha1", DNSSEC, ADVICE, 2,                                                                   \
      N_("The DS records of {name} have SHA-1 digests only, which RFC 8624 forbids: some resolvers take the zone for " \
         "unsigned."),                                                                                                 \
      N_("Have the registrar publish a DS record with a SHA-256 digest (type 2)."))                                    \
    X(DNSSEC_OLD_ALGORITHM, "dnssec.old-algorithm", DNSSEC, ADVICE, 2,                                                 \
      N_("{name} is signed with algorithm {1}, which RFC 8624 advises against: some resolvers take the zone for "      \
         "unsigned."),                                                                                                 \
      N_("Sign the zone with algorithm 13 (ECDSAP256SHA256)."))
