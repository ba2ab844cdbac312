/* The table of finding.h: what can be wrong with SPF (RFC 7208). */
#define DOMAIN_FINDINGS_SPF(X)                                                                                         \
    X(SPF_MISSING, "spf.missing", SPF, ERROR, 25, N_("{name} has no SPF record."),                                     \
      N_("Publish a TXT record that names your senders, for example \"v=spf1 mx ~all\" (sekisho spf build makes one)."))\
    X(SPF_NO_MAIL_UNSAID, "spf.no-mail-unsaid", SPF, WARNING, 15,                                                      \
      N_("{name} receives no mail and has no SPF record: if it sends none either, nothing says so."),                  \
      N_("Publish the TXT record \"v=spf1 -all\" at {name}."))                                                         \
    X(SPF_TWO_RECORDS, "spf.two-records", SPF, ERROR, 25,                                                              \
      N_("{name} has {1} SPF records; receivers then use none of them."),                                              \
      N_("Keep one, with the terms of all in it."))
