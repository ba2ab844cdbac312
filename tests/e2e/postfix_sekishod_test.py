#!/usr/bin/env python3
"""sekishod beside a real Postfix: mail sent by SMTP, read from the mailbox.

    postfix_sekishod_test.py PATH-OF-sekishod
"""
import contextlib
import os
import pathlib
import shutil
import signal
import smtplib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from arrived import fields_of, results_of  # noqa: E402
from postfix import Postfix  # noqa: E402
from sekishod import DnsResponder, Sekishod, fetch, free_port, wait_until  # noqa: E402
from tap import Tap  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
READER = "reader@example.com"
SIGNED = (ROOT / "demo" / "messages" / "signed.eml").read_bytes()
SENDER, CLIENT, HELO = "orders@shop.example.com", {"ADDR": "127.0.0.10"}, "mail.shop.example.com"
ZONE = (ROOT / "demo" / "demo.zone").read_text() + 'relayed.example. IN TXT "v=spf1 ip4:198.51.100.7 -all"\n'


class Site:
    """DNS, sekishod and the Postfix that asks it; and a second Postfix whose queue sends to the first."""

    def __init__(self):
        self.delivered = 0
        self.programs = contextlib.ExitStack()  # stopped in reverse, also when a later one does not start
        self.milter_port, self.metrics_port, self.port, self.sender_port = (free_port() for _ in range(4))

    def __enter__(self):
        with self.programs:
            self.folder = pathlib.Path(self.programs.enter_context(tempfile.TemporaryDirectory(prefix="sekisho-e2e-")))
            self.folder.chmod(0o755)
            self.dns = self.programs.enter_context(DnsResponder(self.folder, ZONE))
            self.sekishod = self.programs.enter_context(Sekishod(PROGRAM, self.folder, self.sections()))
            self.postfix = self.programs.enter_context(
                Postfix(self.folder / "mx", self.port, milter=f"inet:127.0.0.1:{self.milter_port}"))
            self.sender = self.programs.enter_context(
                Postfix(self.folder / "sender", self.sender_port, transport=f"smtp:[127.0.0.1]:{self.port}",
                        parameters={"myhostname": HELO, "smtp_bind_address": CLIENT["ADDR"],
                                    "minimal_backoff_time": "1s"}))
            self.programs = self.programs.pop_all()
        return self

    def __exit__(self, *unused):
        self.programs.close()

    def sections(self, **further):
        sections = {"inbound": {"listen": f"inet:127.0.0.1:{self.milter_port}", "trusted_networks": "127.0.0.1"},
                    "dns": {"nameservers": self.dns.address, "timeout": "1s"},
                    "metrics": {"listen": f"inet:127.0.0.1:{self.metrics_port}"}}
        return {name: sections.get(name, {}) | further.get(name, {}) for name in sections | further}

    def reconfigure(self, **further):
        self.sekishod.configure(self.sections(**further))
        return self.sekishod.reload()["event"]

    def send(self, octets, sender=SENDER, xclient=CLIENT, helo=HELO):
        """-> the message as it arrived"""
        self.postfix.send(sender, [READER], octets, xclient, helo)
        return self.next()

    def next(self):
        self.delivered += 1
        return self.postfix.wait_for_mail(READER, self.delivered)[-1]


def the_right_field_on_top(tap, site):
    arrived = site.send(SIGNED)
    name, value = fields_of(arrived)[0]
    tap.equal(name, "Authentication-Results", "our field stands above everything")
    value = " ".join(value.split())
    for part in ("mx.example.com;", "spf=pass smtp.mailfrom=shop.example.com", "dkim=pass",
                 "header.d=shop.example.com", "dmarc=pass header.from=shop.example.com policy.dmarc=reject"):
        tap.contains(value, part, f"with {part}")
    tap.ok(arrived.endswith(SIGNED.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1]), "the body is as it was sent")
    [event] = site.sekishod.events("verdict")
    tap.contains(site.postfix.log(), f"{event['qid']}: from=<{SENDER}>", "the log line has Postfix' queue id")
    tap.equal([event[key] for key in ("client", "helo", "spf", "dkim", "dmarc", "action")],
              ["127.0.0.10", HELO, "pass", "pass", "pass", "deliver"], "and the verdict")


def forged_fields_are_removed(tap, site):
    forged = (b"Authentication-Results: mx.example.com; spf=pass\r\n" * 4 +
              b"AUTHENTICATION-RESULTS:\r\n (so it is) MX.Example.COM (yes)\r\n 1; dkim=pass\r\n"
              b"Authentication-Results: \"mx.example.com\"; dmarc=pass\r\n"
              b"Authentication-Results: elsewhere.example; spf=fail\r\n"
              b"Authentication-Results: mx.example.com\r\n"
              b"Authentication-Results: mx.example.com 99; arc=pass\r\n")
    results = results_of(site.send(forged + SIGNED))
    tap.equal(len(results), 2, "of nine fields the one that is not ours stays, beside our new one")
    tap.ok(results[0].startswith("mx.example.com; spf=pass smtp.mailfrom=shop.example.com"), "ours on top", results)
    tap.equal(results[1], "elsewhere.example; spf=fail", "the other as it was")
    tap.contains(results[0], "dkim=pass", "the signature was verified before")


def a_trusted_client_is_left_alone(tap, site):
    tap.equal(results_of(site.send(b"Authentication-Results: mx.example.com; none\r\n" + SIGNED, xclient=None)),
              ["mx.example.com; none"], "mail from a trusted network passes untouched")


def a_relays_mail_is_judged_by_its_client(tap, site):
    relay = {"sender": "a@relayed.example", "xclient": {"ADDR": "203.0.113.5"}, "helo": "relay.example.com"}
    received = b"Received: from client.example (unknown [198.51.100.7])\r\n\tby relay.example.com (Postfix)\r\n"
    site.reconfigure(inbound={"relays": "203.0.113.0/24"})
    [result] = results_of(site.send(received + SIGNED, **relay))
    tap.contains(result, "spf=pass smtp.mailfrom=relayed.example", "SPF is evaluated for the relay's client")
    [result] = results_of(site.send(SIGNED, **relay))
    tap.ok("spf=" not in result and "dmarc=pass" in result, "and not at all when it cannot be told", result)
    site.reconfigure()


def a_reload_spares_an_open_session(tap, site):
    with site.postfix.connect(CLIENT, HELO) as smtp:
        smtp.sendmail(SENDER, [READER], SIGNED)
        first = results_of(site.next())[0]
        tap.equal(site.reconfigure(inbound={"authserv_id": "other.example.com"}), "reloaded", "a reload in mid-session")
        smtp.sendmail(SENDER, [READER], SIGNED)
        second = results_of(site.next())[0]
    tap.ok(first.startswith("mx.example.com;") and second.startswith("other.example.com;"),
           "the session goes on, with the new configuration", f"{first}\n{second}")
    site.reconfigure()


def dead_dns_stops_no_mail(tap, site):
    fresh = SIGNED.replace(b"shop.example.com", b"never.seen.example.org")
    site.dns.pause()
    [result] = results_of(site.send(fresh, sender="a@never.seen.example.org"))
    site.dns.resume()
    for method in ("spf", "dkim", "dmarc"):
        tap.contains(result, f"{method}=temperror", f"without DNS: {method}=temperror, and delivered")


def dead_dns_is_451_when_asked_for(tap, site):
    site.reconfigure(inbound={"on_temperror": "tempfail"})
    site.dns.pause()
    fresh = SIGNED.replace(b"shop.example.com", b"never.seen.either.example.org")
    try:
        site.postfix.send("a@never.seen.either.example.org", [READER], fresh, CLIENT, HELO)
        tap.ok(False, "with on_temperror = tempfail it is refused")
    except smtplib.SMTPDataError as error:
        tap.equal((error.smtp_code, error.smtp_error[:5]), (451, b"4.7.1"), "with on_temperror = tempfail it is 451")
    site.dns.resume()
    site.reconfigure()


def queued(postfix):
    done = subprocess.run(["postqueue", "-c", str(postfix.config), "-j"], capture_output=True, text=True, check=True)
    return done.stdout


def a_killed_role_defers_the_message(tap, site):
    verdicts = len(site.sekishod.events("verdict"))
    site.reconfigure(dns={"timeout": "25s"})  # a cold cache, and time to be killed
    site.dns.pause()
    role = site.sekishod.role_pid()
    site.sender.send(SENDER, [READER], SIGNED)
    wait_until(lambda: "\nsekisho_sessions_busy 1\n" in fetch(site.metrics_port, "/metrics")[1],
               "the message to be under way")
    os.kill(role, signal.SIGKILL)
    wait_until(lambda: "deferred" in queued(site.sender), "the message to be deferred")
    tap.contains(queued(site.sender), "451 4.7.1", "a role killed in mid-message: the sender keeps the message")
    tap.equal(len(site.sekishod.events("verdict")), verdicts, "without a verdict")
    site.dns.resume()
    wait_until(lambda: site.sekishod.role_pid() != role, "the next role")
    subprocess.run(["postqueue", "-c", str(site.sender.config), "-f"], check=True)
    [result, *_] = results_of(site.next())
    tap.contains(result, "dmarc=pass", "and the next role judges it when it comes again")
    wait_until(lambda: queued(site.sender) == "", "the queue to be empty")


def main(tap):
    if os.geteuid() != 0 or shutil.which("postfix", path=os.environ["PATH"] + ":/usr/sbin") is None:
        print("1..0 # SKIP needs root and Postfix")
        sys.exit(0)
    with Site() as site:
        for body in (the_right_field_on_top, forged_fields_are_removed, a_trusted_client_is_left_alone,
                     a_relays_mail_is_judged_by_its_client, a_reload_spares_an_open_session, dead_dns_stops_no_mail,
                     dead_dns_is_451_when_asked_for, a_killed_role_defers_the_message):
            body(tap, site)


Tap().run(main)
