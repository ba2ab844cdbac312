#!/usr/bin/python3
"""Make the demonstration's messages and zone anew, with fresh keys that are thrown away afterwards.

Needed only when a sample is added or changed; what it writes is in the tree. Debian packages: python3-dkim,
python3-authres, python3-nacl, openssl.
"""
import base64
import json
import os
import subprocess
import time

import dkim
import nacl.signing

HERE = os.path.dirname(os.path.abspath(__file__))
NOW = 1767225600  # 2026-01-01: in the past wherever the samples are judged
time.time = lambda: NOW  # the signer dates its signatures with it
MX = "mx.example.com"  # our own authserv-id in the demonstration

ZONE_HEAD = """\
; The whole DNS of the demonstration, served as the root zone. Made by make_messages.py.
$ORIGIN .
$TTL 300
@ IN SOA ns.example.com. hostmaster.example.com. 1 3600 600 86400 60
@ IN NS ns.example.com.
ns.example.com. IN A 127.0.0.1

; a shop that does everything right
shop.example.com. IN TXT "v=spf1 ip4:127.0.0.10 -all"
_dmarc.shop.example.com. IN TXT "v=DMARC1; p=reject; rua=mailto:dmarc@shop.example.com"
mail.shop.example.com. IN A 127.0.0.10
mail.shop.example.com. IN TXT "v=spf1 a -all"

; a newsletter sender: SPF through an include, policy at the organizational domain
news.example.net. IN TXT "v=spf1 include:_spf.esp.example.net ~all"
_spf.esp.example.net. IN TXT "v=spf1 ip4:127.0.0.11 ip4:127.0.0.12 -all"
_dmarc.example.net. IN TXT "v=DMARC1; p=quarantine; sp=quarantine; adkim=r; aspf=r"
mta.esp.example.net. IN TXT "v=spf1 ip4:127.0.0.11 -all"

; a bank that is often imitated
bank.example.org. IN TXT "v=spf1 ip4:127.0.0.30 -all"
_dmarc.bank.example.org. IN TXT "v=DMARC1; p=reject; adkim=s; aspf=s"

; the imitator's own, correctly set up domain
evil.example.org. IN TXT "v=spf1 ip4:127.0.0.66 -all"

; a mailing list that seals what it forwards
lists.example.org. IN TXT "v=spf1 ip4:127.0.0.20 -all"

; a domain whose records are broken
two-records.example.net. IN TXT "v=spf1 -all"
two-records.example.net. IN TXT "v=spf1 +all"

; a delegation that nobody answers for
lame.example.org. IN NS ns.lame.example.org.
ns.lame.example.org. IN A 127.0.0.99
"""


def rsa_key(bits=2048):
    pem = subprocess.run(["openssl", "genrsa", "-traditional", str(bits)], capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "rsa", "-pubout", "-outform", "DER"], input=pem, capture_output=True,
                         check=True).stdout
    return pem, "v=DKIM1; k=rsa; p=" + base64.b64encode(der).decode()


def ed25519_key():
    key = nacl.signing.SigningKey.generate()
    return base64.b64encode(bytes(key)), "v=DKIM1; k=ed25519; p=" + base64.b64encode(bytes(key.verify_key)).decode()


def txt(name, value):
    parts = [value[i:i + 255] for i in range(0, len(value), 255)]
    return f"{name}. IN TXT " + " ".join(f'"{p}"' for p in parts)


def message(sender, subject, body, to="reader@example.com", extra=""):
    date = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(NOW))
    text = (f"From: {sender}\nTo: {to}\nSubject: {subject}\nDate: {date}\n"
            f"Message-ID: <{subject.lower().replace(' ', '.').replace('[', '').replace(']', '')}@demo.example.com>\n{extra}"
            f"MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n{body}")
    return text.replace("\n", "\r\n").encode()


HEADERS = [b"from", b"to", b"subject", b"date", b"message-id", b"from", b"subject"]


def sign(text, domain, selector, key, algorithm=b"rsa-sha256", canon=(b"relaxed", b"relaxed")):
    return dkim.sign(text, selector.encode(), domain.encode(), key, canonicalize=canon, signature_algorithm=algorithm,
                     include_headers=HEADERS) + text


def main():
    shop, shop_record = rsa_key()
    news, news_record = rsa_key()
    news_ed, news_ed_record = ed25519_key()
    lists, lists_record = rsa_key()
    short, short_record = rsa_key(512)
    lame, _ = rsa_key()
    zone = ZONE_HEAD + "\n; DKIM keys\n" + "\n".join([
        txt("s2026._domainkey.shop.example.com", shop_record),
        txt("rsa._domainkey.news.example.net", news_record),
        txt("ed._domainkey.news.example.net", news_ed_record),
        txt("seal._domainkey.lists.example.org", lists_record),
        txt("old._domainkey.shop.example.com", short_record),
        txt("gone._domainkey.shop.example.com", "v=DKIM1; p="),
    ]) + "\n"

    cases = []

    def case(name, text, client, helo, mail_from, about, **expect):
        with open(os.path.join(HERE, "messages", name + ".eml"), "wb") as out:
            out.write(text)
        cases.append({"file": name + ".eml", "client": client, "helo": helo, "mail_from": mail_from, "about": about,
                      "expect": expect})

    order = message("Shop <orders@shop.example.com>", "Your order has left our house",
                    "Dear customer,\n\nyour order 4711 is on its way.\n")
    signed = sign(order, "shop.example.com", "s2026", shop)
    shop_env = ("127.0.0.10", "mail.shop.example.com", "orders@shop.example.com")
    case("signed", signed, *shop_env, "everything right", spf="pass", dkim="pass", dmarc="pass", arc="none")

    news_text = message("=?utf-8?B?6Zai5omA?= <news@news.example.net>", "News of the week",
                        "関所だより\n\nBoth kinds of signature are on this one.\n")
    both = sign(sign(news_text, "news.example.net", "ed", news_ed, b"ed25519-sha256"), "news.example.net", "rsa", news)
    case("two-algorithms", both, "127.0.0.11", "mta.esp.example.net", "bounce@news.example.net",
         "rsa-sha256 and ed25519-sha256, SPF through an include, policy of the parent", spf="pass", dkim="pass",
         dmarc="pass", arc="none")

    case("spoofed", message("Bank <service@bank.example.org>", "Your account is locked",
                            "Click http://evil.example.org/ within the hour.\n"),
         "127.0.0.66", "mx.evil.example.org", "bounce@evil.example.org",
         "SPF passes for the imitator's own domain, which does not align with From", spf="pass", dkim="none",
         dmarc="fail", arc="none")
    case("spoofed-envelope", message("Bank <service@bank.example.org>", "Confirm your password",
                                     "Reply with your password.\n"),
         "127.0.0.66", "mx.evil.example.org", "service@bank.example.org", "the bank's SPF forbids this client",
         spf="fail", dkim="none", dmarc="fail", arc="none")
    case("forged-results", message("Bank <service@bank.example.org>", "We have verified ourselves",
                                   "Trust the field above.\n",
                                   extra=f"Authentication-Results: {MX}; dkim=pass header.d=bank.example.org;\n"
                                         " dmarc=pass header.from=bank.example.org\n"
                                         f"authentication-results: (really) {MX.upper()} 1; spf=pass\n"),
         "127.0.0.66", "mx.evil.example.org", "bounce@evil.example.org",
         "brings its own verdict in our name: removed", spf="pass", dkim="none", dmarc="fail", arc="none")
    case("changed-body", signed.replace(b"4711", b"4712"), "127.0.0.66", "mx.evil.example.org",
         "orders@shop.example.com", "one digit of a signed body changed", spf="fail", dkim="fail", dmarc="fail",
         arc="none")
    case("short-key", sign(order, "shop.example.com", "old", short), *shop_env,
         "a 512-bit key: RFC 8301 forbids it, SPF saves the message", spf="pass", dkim="policy", dmarc="pass",
         arc="none")
    case("revoked-key", sign(order, "shop.example.com", "gone", shop), *shop_env, "the key was withdrawn (p= empty)",
         spf="pass", dkim="permerror", dmarc="pass", arc="none")

    received = (b"Authentication-Results: lists.example.org; spf=pass smtp.mailfrom=shop.example.com;\r\n"
                b" dkim=pass header.d=shop.example.com; dmarc=pass header.from=shop.example.com\r\n")
    changed = signed.replace(b"Subject: Your", b"Subject: [list] Your")
    sealed = received + changed
    arc = dkim.arc_sign(sealed, b"seal", b"lists.example.org", lists, b"lists.example.org",
                        include_headers=[b"from", b"to", b"subject", b"date", b"message-id"],
                        timestamp=NOW)
    case("forwarded", b"".join(arc) + changed, "127.0.0.20", "mail.lists.example.org",
         "list-bounces@lists.example.org", "a trusted mailing list changed the Subject and sealed what it had seen",
         spf="pass", dkim="fail", dmarc="fail", arc="pass", override=True)
    case("broken-seal", (b"".join(arc) + changed).replace(b"order 4711", b"order 4713"), "127.0.0.66",
         "mail.lists.example.org", "list-bounces@lists.example.org", "the same, changed after sealing",
         spf="fail", dkim="fail", dmarc="fail", arc="fail")

    case("bounce", message("MAILER-DAEMON@shop.example.com", "Undelivered mail", "It did not work.\n"), "127.0.0.10",
         "mail.shop.example.com", "", "null reverse-path: SPF judges the HELO name", spf="pass", dkim="none",
         dmarc="pass", arc="none")
    case("two-authors", message("a@shop.example.com, b@bank.example.org", "Whose is this", "Two domains in From.\n"),
         *shop_env, "two domains in From: no author to align with, an error and not \"none\"", spf="pass",
         dkim="none", dmarc="permerror", arc="none")
    case("broken-records", message("x@two-records.example.net", "Two SPF records", "Which one holds?\n"),
         "127.0.0.40", "host.two-records.example.net", "x@two-records.example.net", "two SPF records",
         spf="permerror", dkim="none", dmarc="fail", arc="none")
    case("dead-dns", sign(message("x@lame.example.org", "Nobody answers", "The name server is dead.\n"),
                          "lame.example.org", "k", lame), "127.0.0.41", "host.lame.example.org", "x@lame.example.org",
         "DNS does not answer: recorded, and the mail is not stopped", spf="temperror", dkim="temperror",
         dmarc="temperror", arc="none")

    with open(os.path.join(HERE, "demo.zone"), "w", encoding="utf-8") as out:
        out.write(zone)
    with open(os.path.join(HERE, "messages.json"), "w", encoding="utf-8") as out:
        json.dump({"authserv_id": MX, "time": NOW, "messages": cases}, out, indent=1, ensure_ascii=False)
        out.write("\n")


if __name__ == "__main__":
    main()
