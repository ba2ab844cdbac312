/* The table of finding.h: DNS itself, MX, and how mail is transported (MTA-STS, TLS-RPT, BIMI, DNSSEC). */
#define DOMAIN_FINDINGS_DNS(X)                                                                                         \
    X(DNS_NO_DOMAIN, "dns.no-domain", DNS, ERROR, 100, N_("{name} does not exist in the DNS."),                        \
      N_("Check the spelling; if it is right, the domain is not registered or its name servers do not know it."))      \
    X(DNS_FAILED, "dns.failed", DNS, ERROR, 10, N_("{1} of {name} could not be looked up: {2}."),                      \
      N_("Ask again; if it stays so, the name servers of {name} need mending."))

#define DOMAIN_FINDINGS_MX(X)                                                                                          \
    X(MX_TARGET_MISSING, "mx.target-missing", MX, ERROR, 20,                                                           \
      N_("The MX {1} of {name} has no address: no mail can be delivered there."),                                      \
      N_("Publish an A or AAAA record for {1}, or remove this MX."))

#define DOMAIN_FINDINGS_TRANSPORT(X)                                                                                   \
    X(MTA_STS_TWO_RECORDS, "mta-sts.two-records", MTA_STS, WARNING, 5,                                                 \
      N_("{name} has {1} MTA-STS records; senders then act as if there were none."), N_("Keep one of them."))
