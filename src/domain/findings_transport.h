/* The table of finding.h: what can be wrong with MTA-STS (RFC 8461), SMTP TLS reports (RFC 8460) and BIMI. */
#define DOMAIN_FINDINGS_TRANSPORT(X)                                                                                   \
    X(MTA_STS_TWO_RECORDS, "mta-sts.two-records", MTA_STS, WARNING, 5,                                                 \
      N_("{name} has {1} MTA-STS records; senders then act as if there were none."), N_("Keep one of them."))
