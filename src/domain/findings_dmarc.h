/* The table of finding.h: what can be wrong with DMARC (RFC 9989, and what RFC 7489 left over). */
#define DOMAIN_FINDINGS_DMARC(X)                                                                                       \
    X(DMARC_MISSING, "dmarc.missing", DMARC, ERROR, 25, N_("No DMARC record covers {name}."),                          \
      N_("Publish a TXT record at _dmarc.{name}; begin with \"v=DMARC1; p=none; rua=mailto:…\" and read the reports."))
