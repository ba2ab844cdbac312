/* The table of finding.h: what can be wrong with DKIM keys (RFC 6376, 8301, 8463). */
#define DOMAIN_FINDINGS_DKIM(X)                                                                                        \
    X(DKIM_KEY_MISSING, "dkim.key-missing", DKIM, ERROR, 25, N_("There is no key at {name}."),                         \
      N_("Publish the record of the key that signs with this selector, or stop signing with it."))
