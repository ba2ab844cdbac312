# Files what Sekisho calls junk into the folder Junk, before a user's own rules are asked.
#
# In Dovecot (Pigeonhole 0.5):
#     protocol lmtp { mail_plugins = $mail_plugins sieve }
#     plugin { sieve_before = /usr/share/doc/sekisho/dovecot/sekisho.sieve }
#     recipient_delimiter = +
# and `sievec sekisho.sieve` once, so that Dovecot need not write beside it. In Postfix: recipient_delimiter = + too.
#
# Both ways in which a domain may have junk marked are here: by the field (all recipients want it; Sekisho removes fields
# of this name that a sender brings), and by the recipient (user+Junk, where other domains' recipients must get the
# message unchanged).
require ["envelope", "fileinto", "mailbox", "subaddress"];

if anyof (header :is "X-Sekisho-Junk" "yes",
          envelope :detail :is "to" "Junk") {
    fileinto :create "Junk";
    stop;
}
