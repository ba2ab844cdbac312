/* The table of finding.h: what can be wrong with MTA-STS (RFC 8461), SMTP TLS reports (RFC 8460) and BIMI. */
#define DOMAIN_FINDINGS_TRANSPORT(X)                                                                                   \
    X(MTA_STS_TWO_RECORDS, "mta-sts.two-records", MTA_STS, WARNING, 5,                                                 \
      N_("{name} has {1} MTA-STS records; senders then act as if there were none."), N_("Keep one of them."))          \
    X(MTA_STS_NAME_DOUBLED, "mta-sts.name-doubled", MTA_STS, WARNING, 5,                                               \
      N_("There is no MTA-STS record at {name}: it stands at {1}, with the domain twice in the name."),                \
      N_("In the form for DNS records enter the name without the domain; the form adds it."))                          \
    X(MTA_STS_WRONG_NAME, "mta-sts.wrong-name", MTA_STS, WARNING, 5,                                                   \
      N_("The MTA-STS record stands at {1}, where nobody looks; it belongs at {name}, with an underscore in front."),  \
      N_("Publish the TXT record at {name}; {1} is the name of the web server with the policy."))                      \
    X(MTA_STS_VERSION, "mta-sts.version", MTA_STS, WARNING, 5,                                                         \
      N_("The record at {name} does not begin with “v=STSv1;”, so it is no MTA-STS record: “{1}”."),                   \
      N_("Begin it with \"v=STSv1;\", written exactly so."))                                                           \
    X(MTA_STS_SYNTAX, "mta-sts.syntax", MTA_STS, WARNING, 5,                                                           \
      N_("“{1}” cannot stand in the MTA-STS record at {name}; senders discard the whole record."),                     \
      N_("Write it as \"v=STSv1; id=…;\" with nothing else."))                                                         \
    X(MTA_STS_ID_MISSING, "mta-sts.id-missing", MTA_STS, WARNING, 5,                                                   \
      N_("The MTA-STS record at {name} has no id=; senders discard it."),                                              \
      N_("Add id= with letters and digits that change whenever the policy does, as in \"v=STSv1; "                     \
         "id=20260131T0900;\"."))                                                                                      \
    X(MTA_STS_ID, "mta-sts.id", MTA_STS, WARNING, 5,                                                                   \
      N_("“{1}” in the MTA-STS record at {name} is not 1 to 32 letters and digits; senders discard the record."),      \
      N_("Take a date without hyphens and colons, as in \"v=STSv1; id=20260131T0900;\"."))                             \
    X(MTA_STS_HOST_MISSING, "mta-sts.host-missing", MTA_STS, WARNING, 5,                                               \
      N_("There is an MTA-STS record at {name}, but {1} has no address: senders cannot fetch the policy."),            \
      N_("Give {1} an address and serve https://{1}/.well-known/mta-sts.txt there, or remove the record."))            \
    X(TLS_RPT_TWO_RECORDS, "tls-rpt.two-records", TLS_RPT, WARNING, 3,                                                 \
      N_("{name} has {1} TLS-RPT records; senders then act as if there were none."),                                   \
      N_("Keep one, with the addresses of all in its rua=."))                                                          \
    X(TLS_RPT_NAME_DOUBLED, "tls-rpt.name-doubled", TLS_RPT, WARNING, 3,                                               \
      N_("There is no TLS-RPT record at {name}: it stands at {1}, with the domain twice in the name."),                \
      N_("In the form for DNS records enter the name without the domain; the form adds it."))                          \
    X(TLS_RPT_VERSION, "tls-rpt.version", TLS_RPT, WARNING, 3,                                                         \
      N_("The record at {name} does not begin with “v=TLSRPTv1;”, so it is no TLS-RPT record: “{1}”."),                \
      N_("Begin it with \"v=TLSRPTv1;\", written exactly so."))                                                        \
    X(TLS_RPT_SYNTAX, "tls-rpt.syntax", TLS_RPT, WARNING, 3,                                                           \
      N_("“{1}” cannot stand in the TLS-RPT record at {name}; senders discard the whole record."),                     \
      N_("Write it as \"v=TLSRPTv1; rua=mailto:…\" with nothing else."))                                               \
    X(TLS_RPT_RUA_MISSING, "tls-rpt.rua-missing", TLS_RPT, WARNING, 3,                                                 \
      N_("The TLS-RPT record at {name} has no rua=, so it does not say where reports go."),                            \
      N_("Add where they go, as in \"v=TLSRPTv1; rua=mailto:tls-reports@example.com\"."))                              \
    X(TLS_RPT_RUA, "tls-rpt.rua", TLS_RPT, WARNING, 3,                                                                 \
      N_("“{1}” in the TLS-RPT record at {name} is neither a mailto: address nor an https: URI: no report goes "       \
         "there."),                                                                                                    \
      N_("Write mailto: in front of a mail address; separate several with commas."))                                   \
    X(BIMI_TWO_RECORDS, "bimi.two-records", BIMI, WARNING, 2,                                                          \
      N_("{name} has {1} BIMI records; receivers then show no logo."), N_("Keep one of them."))                        \
    X(BIMI_NAME_DOUBLED, "bimi.name-doubled", BIMI, WARNING, 2,                                                        \
      N_("There is no BIMI record at {name}: it stands at {1}, with the domain twice in the name."),                   \
      N_("In the form for DNS records enter the name without the domain; the form adds it."))                          \
    X(BIMI_VERSION, "bimi.version", BIMI, WARNING, 2,                                                                  \
      N_("The record at {name} does not begin with “v=BIMI1;”, so it is no BIMI record: “{1}”."),                      \
      N_("Begin it with \"v=BIMI1;\", written exactly so."))                                                           \
    X(BIMI_SYNTAX, "bimi.syntax", BIMI, WARNING, 2,                                                                    \
      N_("“{1}” cannot stand in the BIMI record at {name}; receivers discard the whole record."),                      \
      N_("Write it as \"v=BIMI1; l=https://…; a=https://…\"."))                                                        \
    X(BIMI_LOCATION_MISSING, "bimi.location-missing", BIMI, WARNING, 2,                                                \
      N_("The BIMI record at {name} has no l=, so it does not say where the logo is."),                                \
      N_("Add l= with the https: address of the logo; an empty l= says that there is none."))                          \
    X(BIMI_LOCATION, "bimi.location", BIMI, WARNING, 2,                                                                \
      N_("The logo “{1}” of the BIMI record at {name} is no https: address; receivers do not fetch it."),              \
      N_("Serve the logo by https, and name it so in l=."))                                                            \
    X(BIMI_NOT_SVG, "bimi.not-svg", BIMI, WARNING, 2,                                                                  \
      N_("The logo “{1}” of the BIMI record at {name} is no .svg file, the one format that receivers show."),          \
      N_("Make an SVG of the profile “Tiny PS” and name it in l=."))                                                   \
    X(BIMI_EVIDENCE, "bimi.evidence", BIMI, WARNING, 2,                                                                \
      N_("The certificate “{1}” of the BIMI record at {name} is no https: address; receivers do not fetch it."),       \
      N_("Serve the certificate (a .pem file) by https, and name it so in a=."))                                       \
    X(BIMI_UNENFORCED, "bimi.without-enforcement", BIMI, WARNING, 2,                                                   \
      N_("{name} publishes a logo (BIMI), but no DMARC policy that is enforced: receivers do not show it."),           \
      N_("Bring DMARC to p=quarantine or p=reject, for subdomains too."))
