#!/usr/bin/env python3
"""sekishod beside a real Sendmail, with the milter lines that we ship: mail sent by SMTP, read from the mailbox.

    sendmail_sekishod_test.py PATH-OF-sekishod PATH-OF-sekisho
"""
import contextlib
import json
import os
import pathlib
import signal
import smtplib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
import sendmail  # noqa: E402
from arrived import fields_of, results_of  # noqa: E402
from sekishod import DnsResponder, Sekishod, fetch, free_port, wait_until  # noqa: E402
from tap import Tap  # noqa: E402

PROGRAM, SEKISHO = (os.path.abspath(path) for path in sys.argv[1:3])
READER, SENDER, CLIENT, HELO = "reader@example.com", "orders@shop.example.com", "127.0.0.10", "mail.shop.example.com"
SIGNED = (ROOT / "demo" / "messages" / "signed.eml").read_bytes()
FORGED = (b"Authentication-Results: mx.example.com; spf=pass\r\n" * 3 +
          b"AUTHENTICATION-RESULTS:\r\n (so it is) MX.Example.COM (yes)\r\n 1; dkim=pass\r\n"
          b"Authentication-Results : mx.example.com; dmarc=pass\r\n"
          b"Authentication-Results: elsewhere.example; spf=fail\r\n"
          b"Authentication-Results: mx.example.com\r\n")
# What an MTA might change before the filter sees it. Signed with simple/simple, where every octet counts.
ODD = {
    "spaces, tabs and no space behind the colon": b"From:  a@odd.example\r\nTo:b@example.com\r\nX:\tx \t y \r\n\r\nx\r\n",
    "empty fields": b"From: a@odd.example\r\nTo:\r\nSubject: \r\n\r\nx\r\n",
    "a value that begins on the next line": b"From: a@odd.example\r\nSubject:\r\n over\r\n\t \r\n\tlines  \r\n\r\nx\r\n",
    "names in capitals, fields twice": b"FROM: a@odd.example\r\nto: b@example.com\r\nTO: c@example.com\r\n\r\nx\r\n",
    "8-bit octets": b"From: a@odd.example\r\nSubject: \xff\xe3\x81\x82\r\n\r\n\xe3\x81\x82 \xff\r\n",
    "no body": b"From: a@odd.example\r\n\r\n",
    "only blank lines": b"From: a@odd.example\r\n\r\n\r\n\r\n",
    "white space at line ends, lines of dots": b"From: a@odd.example\r\n\r\n \r\n\t\r\nx \t y\t\r\n.\r\n..\r\n",
    "a NUL": b"From: a@odd.example\r\n\r\nx\0y\r\n",
    "a line of 5,000 octets": b"From: a@odd.example\r\n\r\n" + b"x" * 5000 + b"\r\n",
    "a field of 11,000 octets": b"From: a@odd.example\r\nTo: " + b"x@y.example,\r\n " * 800 + b"z@y.example\r\n\r\nx\r\n",
    "a body of 3.6 MB": b"From: a@odd.example\r\n\r\n" + b"0123456789abcdef\r\n" * 200000,
}


class Site:
    """DNS, sekishod and two Sendmails that ask it: one over TCP, one over a unix socket and with IPv6."""

    def __init__(self):
        self.delivered = 0
        self.programs = contextlib.ExitStack()  # stopped in reverse, also when a later one does not start
        self.milter_port, self.metrics_port = free_port(), free_port()

    def __enter__(self):
        with self.programs:
            # Sendmail takes no socket from a folder that others may write to, such as /tmp.
            folder = tempfile.TemporaryDirectory(prefix="sekisho-e2e-", dir="/run")
            self.folder = pathlib.Path(self.programs.enter_context(folder))
            self.folder.chmod(0o755)
            self.dns = self.programs.enter_context(DnsResponder(self.folder, self._zone()))
            self.sekishod = self.programs.enter_context(Sekishod(PROGRAM, self.folder, self.sections()))
            # No reply may take longer than R. That of the end of a message may, up to E, when the filter reports progress.
            self.sendmail = self.programs.enter_context(sendmail.Sendmail(
                self.folder / "tcp", free_port(), f"inet:{self.milter_port}@127.0.0.1", timeouts="C:5s;S:5s;R:5s;E:60s"))
            self.other = self.programs.enter_context(sendmail.Sendmail(
                self.folder / "unix", free_port(), f"local:{self.folder}/inbound.sock", address="::1"))
            self.programs = self.programs.pop_all()
        return self

    def __exit__(self, *unused):
        self.programs.close()

    def _zone(self):
        done = subprocess.run([SEKISHO, "key", "generate", "--json", "--algorithm", "ed25519-sha256", "--domain",
                               "odd.example", "--selector", "s", "--out", str(self.folder / "key.pem")],
                              capture_output=True, check=True)
        record = json.loads(done.stdout)["record"]
        return (ROOT / "demo" / "demo.zone").read_text() + (f's._domainkey.odd.example. IN TXT "{record}"\n'
                                                            'six.example. IN TXT "v=spf1 ip6:::1 -all"\n')

    def sign(self, octets):
        return subprocess.run([SEKISHO, "sign", "-", "--domain", "odd.example", "--selector", "s", "--key",
                               str(self.folder / "key.pem"), "--canonicalization", "simple/simple"],
                              input=octets, capture_output=True, check=True).stdout

    def sections(self, **further):
        listen = f"inet:127.0.0.1:{self.milter_port} unix:{self.folder}/inbound.sock"
        sections = {"inbound": {"listen": listen, "trusted_networks": "127.0.0.1"},
                    "dns": {"nameservers": self.dns.address, "timeout": "1s"},
                    "metrics": {"listen": f"inet:127.0.0.1:{self.metrics_port}"}}
        return {name: sections.get(name, {}) | further.get(name, {}) for name in sections | further}

    def reconfigure(self, **further):
        self.sekishod.configure(self.sections(**further))
        return self.sekishod.reload()["event"]

    def connect(self, client=CLIENT, helo=HELO):
        return self.sendmail.connect(client, helo)

    def send(self, octets, sender=SENDER, **connection):
        """-> the message as it arrived"""
        with self.connect(**connection) as smtp:
            smtp.sendmail(sender, [READER], octets, mail_options=["BODY=8BITMIME"])
        return self.next()

    def next(self):
        self.delivered += 1
        return self.sendmail.wait_for_mail(self.delivered)[-1]


def the_right_field_on_top(tap, site):
    arrived = site.send(SIGNED)
    name, value = fields_of(arrived)[0]
    tap.equal(name, "Authentication-Results", "our field stands above everything, Sendmail's own Received too")
    value = " ".join(value.split())
    for part in ("mx.example.com;", "spf=pass smtp.mailfrom=shop.example.com", "spf=pass smtp.helo=" + HELO, "dkim=pass",
                 "header.d=shop.example.com", "dmarc=pass header.from=shop.example.com policy.dmarc=reject"):
        tap.contains(value, part, f"with {part}")
    tap.ok(arrived.startswith(b"Authentication-Results: mx.example.com;\n\tspf="), "one space, and folded as we fold it",
           arrived)
    [event] = site.sekishod.events("verdict")
    tap.contains(arrived.decode(), f"with ESMTP id {event['qid']}\n", "the log line has Sendmail's queue id")
    tap.equal([event[key] for key in ("client", "helo", "spf", "dkim", "dmarc", "action")],
              [CLIENT, HELO, "pass", "pass", "pass", "deliver"], "and the verdict")


def forged_fields_are_removed(tap, site):
    results = results_of(site.send(FORGED + SIGNED))
    tap.equal(len(results), 2, "of seven fields the one that is not ours stays, beside our new one")
    tap.ok(results[0].startswith("mx.example.com; spf=pass smtp.mailfrom=shop.example.com"), "ours on top", results)
    tap.equal(results[1], "elsewhere.example; spf=fail", "the other as it was")
    tap.contains(results[0], "dkim=pass", "the signature was verified before")


def a_connection_used_again(tap, site):
    """Each turn of a conversation that ends or empties a message."""
    with site.connect() as smtp:
        smtp.sendmail(SENDER, [READER], SIGNED)
        first = results_of(site.next())
        smtp.mail(SENDER)
        smtp.rcpt("nobody@elsewhere.example")  # relaying denied
        smtp.rset()
        smtp.docmd("WOMBAT")
        smtp.mail(SENDER)
        smtp.rcpt(READER)
        smtp.ehlo("mail.evil.example.org")  # in the middle of a transaction
        smtp.sendmail("a@evil.example.org", [READER], SIGNED)
        second = results_of(site.next())
        smtp.sendmail("", [READER], SIGNED)
        third = results_of(site.next())
    tap.ok(len(first) == 1 and "smtp.mailfrom=shop.example.com" in first[0], "the first message of a connection", first)
    tap.ok(len(second) == 1 and "spf=fail" in second[0] and "smtp.mailfrom=evil.example.org" in second[0],
           "the second, with a sender of its own", second)
    tap.ok(len(third) == 1 and "smtp.mailfrom" not in third[0] and "smtp.helo=mail.evil.example.org" in third[0],
           "the third is a bounce: SPF judges the name given last", third)
    with site.connect() as smtp:
        smtp.mail(SENDER)
        smtp.rcpt(READER)
        smtp.docmd("DATA")
        smtp.send(b"From: a@shop.example.com\r\n\r\nhalf a mess")  # and is gone
        smtp.close()
    tap.ok("dmarc=pass" in results_of(site.send(SIGNED))[0], "a client that vanished disturbs nobody")


def trusted_clients_are_left_alone(tap, site):
    forged = b"Authentication-Results: mx.example.com; none\r\n" + SIGNED
    tap.equal(results_of(site.send(forged, client="127.0.0.1")), ["mx.example.com; none"],
              "mail from a trusted network passes untouched")
    with site.connect() as smtp:
        site.sendmail.sign_in(smtp)
        smtp.sendmail(SENDER, [READER], forged)
    tap.equal(results_of(site.next()), ["mx.example.com; none"], "so does mail of a client that has signed in")


def every_octet_counts(tap, site):
    for name, octets in ODD.items():
        [result] = results_of(site.send(site.sign(octets), sender="a@odd.example"))
        tap.contains(result, "dkim=pass", f"signed with simple/simple, through Sendmail: {name}")
    [result] = results_of(site.send(site.sign(b"From : a@odd.example\r\n\r\nx\r\n"), sender="a@odd.example"))
    tap.contains(result, "dkim=fail", "white space before the colon is gone before a filter sees it")


def over_a_unix_socket(tap, site):
    with site.other.connect("::1", "six.example") as smtp:
        smtp.sendmail("a@six.example", [READER], SIGNED)
    [result] = results_of(site.other.wait_for_mail(1)[0])
    tap.contains(result, "spf=pass smtp.mailfrom=six.example", "an IPv6 client over a unix socket: SPF has its address")
    tap.contains(result, "dkim=pass", "and DKIM passes")


def dead_dns(tap, site):
    fresh = SIGNED.replace(b"shop.example.com", b"never.seen.example.org")
    site.reconfigure(dns={"timeout": "7s"})
    site.dns.pause()
    [result] = results_of(site.send(fresh, sender="a@never.seen.example.org"))
    for method in ("spf", "dkim", "dmarc"):
        tap.contains(result, f"{method}=temperror", f"without DNS: {method}=temperror, and delivered, later than R")
    site.reconfigure(inbound={"on_temperror": "tempfail"})  # and DNS is given up after 1 s again
    fresh = SIGNED.replace(b"shop.example.com", b"never.seen.either.example.org")
    try:
        site.send(fresh, sender="a@never.seen.either.example.org")
        tap.ok(False, "with on_temperror = tempfail it is refused")
    except smtplib.SMTPDataError as error:
        tap.equal((error.smtp_code, error.smtp_error[:5]), (451, b"4.7.1"), "with on_temperror = tempfail it is 451")
    site.dns.resume()
    site.reconfigure()


def a_killed_role_defers_the_message(tap, site):
    verdicts = len(site.sekishod.events("verdict"))
    site.reconfigure(dns={"timeout": "25s"})  # a cold cache, and time to be killed
    site.dns.pause()
    role = site.sekishod.role_pid()
    with site.connect() as smtp:
        smtp.mail(SENDER)
        smtp.rcpt(READER)
        smtp.docmd("DATA")
        smtp.send(SIGNED + b".\r\n")
        wait_until(lambda: "\nsekisho_sessions_busy 1\n" in fetch(site.metrics_port, "/metrics")[1],
                   "the message to be under way")
        os.kill(role, signal.SIGKILL)
        tap.equal(smtp.getreply()[0], 451, "a role killed in mid-message: the sender keeps the message")
    tap.equal(len(site.sekishod.events("verdict")), verdicts, "without a verdict")
    site.dns.resume()
    wait_until(lambda: site.sekishod.role_pid() != role, "the next role")
    tap.contains(results_of(site.send(SIGNED))[0], "dmarc=pass", "and the next role judges it when it comes again")


def without_sekishod_mail_waits(tap, site):
    site.sekishod.stop()
    try:
        site.send(SIGNED)
        tap.ok(False, "without sekishod, mail is deferred", "it was accepted")
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as error:
        tap.contains(str(error), "451", "without sekishod, mail is deferred")
    site.sekishod.start()
    tap.contains(results_of(site.send(SIGNED))[0], "dmarc=pass", "started again, it is taken")


def nothing_was_amiss(tap, site):
    tap.equal(site.sekishod.events("milter"), [], "sekishod has nothing to say of Sendmail's protocol")


def main(tap):
    if os.geteuid() != 0 or not sendmail.is_here():
        print("1..0 # SKIP needs root and Debian's Sendmail: tools/unpack-sendmail")
        sys.exit(0)
    with Site() as site:
        for body in (the_right_field_on_top, forged_fields_are_removed, a_connection_used_again,
                     trusted_clients_are_left_alone, every_octet_counts, over_a_unix_socket, dead_dns,
                     a_killed_role_defers_the_message, without_sekishod_mail_waits, nothing_was_amiss):
            body(tap, site)


Tap().run(main)
