#!/usr/bin/env python3
"""Allow entries at the gate, behind a real Postfix: each kind of evidence, with it and without, and the hits in the store.

    allow_test.py PATH-OF-sekishod PATH-OF-sekisho
"""
import collections
import contextlib
import json
import os
import pathlib
import re
import shutil
import smtplib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from arrived import fields_of, results_of  # noqa: E402
from postfix import Postfix  # noqa: E402
from sekishod import DnsResponder, Sekishod, fetch, free_port, wait_until  # noqa: E402
from tap import Tap  # noqa: E402

PROGRAM, COMMAND = (os.path.abspath(word) for word in sys.argv[1:3])
READER = "reader@acme.example"
SIGNERS = ("esp.example", "other.example", "acrne.example")
# bank.example asks for reject; esp.example sends for it without being named in its records; acrne.example looks like
# acme.example, which is hosted.
ZONE = """$TTL 300
bank.example. IN TXT "v=spf1 ip4:192.0.2.1 -all"
_dmarc.bank.example. IN TXT "v=DMARC1; p=reject"
esp.example. IN TXT "v=spf1 ip4:192.0.2.66 -all"
other.example. IN TXT "v=spf1 ip4:192.0.2.77 -all"
acrne.example. IN TXT "v=spf1 ip4:192.0.2.88 -all"
_dmarc.acrne.example. IN TXT "v=DMARC1; p=reject"
"""

Mail = collections.namedtuple("Mail", "author sender client signer", defaults=(None,))
BANK = "service@bank.example"
BY_ESP, BY_OTHER = Mail(BANK, "x@esp.example", "192.0.2.66"), Mail(BANK, "x@other.example", "192.0.2.77")
NEIGHBOUR = Mail("boss@acrne.example", "boss@acrne.example", "192.0.2.88")

Case = collections.namedtuple("Case", "evidence author with_it without_it")
CASES = (
    Case("aligned", "acrne.example", {
        "SPF of the author domain": NEIGHBOUR,
        "a signature of the author domain": Mail(NEIGHBOUR.author, "x@esp.example", "192.0.2.66", "acrne.example"),
    }, {
        "another's SPF": Mail(NEIGHBOUR.author, "x@esp.example", "192.0.2.66"),
        "another's signature": Mail(NEIGHBOUR.author, "x@esp.example", "192.0.2.66", "esp.example"),
        "SPF that fails": NEIGHBOUR._replace(client="192.0.2.99"),
    }),
    Case("dkim:esp.example", "bank.example", {
        "its signature, from anywhere": BY_OTHER._replace(signer="esp.example", client="192.0.2.99"),
        "its signature on a bounce": Mail(BANK, "", "192.0.2.66", "esp.example"),
    }, {
        "another's signature": BY_ESP._replace(signer="other.example"),
        "its SPF alone": BY_ESP,
        "its signature, broken": BY_ESP._replace(signer="broken esp.example"),
        "its signature for another author": Mail("a@acrne.example", "x@esp.example", "192.0.2.66", "esp.example"),
    }),
    Case("spf:esp.example", "bank.example", {"its SPF": BY_ESP}, {
        "another's SPF": BY_OTHER,
        "its signature alone": BY_OTHER._replace(signer="esp.example"),
        "SPF that fails for it": BY_ESP._replace(client="192.0.2.67"),
    }),
    Case("network:192.0.2.64/28", "bank.example", {
        "its first address": BY_ESP._replace(client="192.0.2.64"),
        "its last address": BY_ESP._replace(client="192.0.2.79"),
    }, {
        "the address before": BY_ESP._replace(client="192.0.2.63"),
        "the address behind": BY_ESP._replace(client="192.0.2.80"),
        "another author": Mail("a@acrne.example", "x@esp.example", "192.0.2.66"),
    }),
)


class Site:
    """DNS with keys, a store, sekishod with both roles, Postfix; one hosted domain that refuses impostors."""

    def __init__(self):
        self.programs = contextlib.ExitStack()
        self.milter_port, self.metrics, self.port = (free_port() for _ in range(3))
        self.number = self.arrived = 0

    def __enter__(self):
        with self.programs:
            self.folder = pathlib.Path(self.programs.enter_context(tempfile.TemporaryDirectory(prefix="sekisho-e2e-")))
            self.folder.chmod(0o755)
            for name in ("state", "replica", "journal"):
                (self.folder / name).mkdir()
                (self.folder / name).chmod(0o777)
            self.dns = self.programs.enter_context(DnsResponder(self.folder, ZONE + "".join(map(self.make_key, SIGNERS))))
            self.sekishod = self.programs.enter_context(Sekishod(PROGRAM, self.folder, {
                "inbound": {"listen": f"inet:127.0.0.1:{self.milter_port}", "trusted_networks": "127.0.0.1"},
                "dns": {"nameservers": self.dns.address, "timeout": "1s"},
                "store": {"url": f"sqlite:{self.folder}/state/store.db"},
                "hosting": {"replica": self.folder / "replica", "replica_map_size": "64MiB"},
                "journal": {"folder": self.folder / "journal", "min_free": "1MiB"},
                "metrics": {"listen": f"inet:127.0.0.1:{self.metrics}"}}))
            self.postfix = self.programs.enter_context(
                Postfix(self.folder / "mx", self.port, milter=f"inet:127.0.0.1:{self.milter_port}",
                        domains=("acme.example",)))
            self.programs = self.programs.pop_all()
        return self

    def __exit__(self, *unused):
        self.programs.close()

    def make_key(self, domain):
        """-> its record, as a line of the zone"""
        done = subprocess.run([COMMAND, "key", "generate", "--json", "--algorithm", "ed25519-sha256", "--domain", domain,
                               "--selector", "s", "--out", self.folder / f"{domain}.pem"], capture_output=True, check=True)
        return f's._domainkey.{domain}. IN TXT "{json.loads(done.stdout)["record"]}"\n'

    def must(self, *words):
        done = subprocess.run([COMMAND, *map(str, words), "--json", "--config", self.folder / "sekisho.conf"],
                              capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{words}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def change(self, *words):
        """The same, and wait until it is in force. -> its JSON"""
        done = self.must(*words)
        wait_until(lambda: int(re.search(r"^sekisho_replica_change_id (\d+)$", fetch(self.metrics, "/metrics")[1],
                                         re.M)[1]) >= done["change"], f"{words} in the replica")
        return done

    def message(self, mail):
        self.number += 1
        octets = (f"From: <{mail.author}>\r\nTo: <{READER}>\r\nSubject: Message {self.number}\r\n"
                  f"Date: Sat, 28 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{self.number}@x.example>\r\n\r\nbody\r\n").encode()
        if mail.signer is None:
            return octets
        domain = mail.signer.split()[-1]
        signed = subprocess.run([COMMAND, "sign", "-", "--domain", domain, "--selector", "s", "--key",
                                 self.folder / f"{domain}.pem"], input=octets, capture_output=True, check=True).stdout
        return signed + (b"more\r\n" if mail.signer.startswith("broken") else b"")

    def send(self, mail):
        """-> (250, the message as it arrived), or (code, words of the refusal)"""
        try:
            self.postfix.send(mail.sender, [READER], self.message(mail), {"ADDR": mail.client}, "mail.elsewhere.example")
        except smtplib.SMTPDataError as refusal:
            return refusal.smtp_code, refusal.smtp_error
        self.arrived += 1
        return 250, self.postfix.wait_for_mail(READER, self.arrived)[-1]

    def hits(self, entry, want):
        """-> as soon as so many are counted, else what there is after a while"""
        with contextlib.suppress(Exception):
            wait_until(lambda: self.must("allow", "show", entry)["hits"] >= want, "hits", 10)
        return self.must("allow", "show", entry)["hits"]


def is_untouched(octets):
    """Nothing but our results were added."""
    return not [name for name, _ in fields_of(octets) if name.lower().startswith("x-sekisho")]


def check_refused(tap, site, mail, name):
    code, text = site.send(mail)
    tap.ok(code == 550 and text.startswith(b"5.7."), name, (code, text))


def check_evidence(tap, site, case):
    for name, mail in case.with_it.items():
        check_refused(tap, site, mail, f"{case.evidence}: without an entry, {name}: an impostor")
    entry = site.change("allow", "add", "acme.example", case.author, "--evidence", case.evidence, "--note", "for a test")["id"]
    for name, mail in case.with_it.items():
        code, octets = site.send(mail)
        let_in = site.number
        tap.ok(code == 250 and is_untouched(octets), f"{case.evidence}: {name}: it arrives, and unmarked", octets)
        if case.evidence != "aligned":
            tap.contains(results_of(octets)[0], "dmarc=fail", "though DMARC fails, and our field says so")
    for name, mail in case.without_it.items():
        check_refused(tap, site, mail, f"{case.evidence}: {name}: an impostor all the same")
    tap.equal(site.hits(entry, len(case.with_it)), len(case.with_it), f"{case.evidence}: each that it let in is a hit, no other")
    [found] = site.must("trace", "--message-id", f"<{let_in}@x.example>")["messages"]
    shown = site.must("trace", found["message"])
    tap.equal(shown["recipients"][0]["allow"], entry, "and trace names the entry")
    site.change("allow", "remove", entry)
    for name, mail in case.with_it.items():
        check_refused(tap, site, mail, f"{case.evidence}: the entry removed, {name}: an impostor again")


def check_expiry(tap, site):
    """Without any evidence, until it expires: nobody changes anything then."""
    forged = Mail(BANK, "x@evil.example", "192.0.2.99")
    until = int(time.time()) + 10
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until))
    entry = site.change("allow", "add", "acme.example", "bank.example", "--evidence", "none", "--expires", when, "--owner",
                        "A. Administrator", "--accept-risk")["id"]
    code, octets = site.send(forged)
    tap.ok(time.time() < until and code == 250 and is_untouched(octets), "none: whoever writes its name arrives", octets)
    check_refused(tap, site, forged._replace(author="a@acrne.example"), "none: another author: an impostor all the same")
    time.sleep(max(0, until + 1 - time.time()))  # the kernel's cheap clock may be some milliseconds behind
    check_refused(tap, site, forged, "none: after its expiry: an impostor again")
    tap.equal(site.hits(entry, 1), 1, "none: one hit")
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(until + 3600))
    site.change("allow", "set", entry, "--expires", later)
    tap.equal(site.send(forged)[0], 250, "none: prolonged, it lets in again")
    tap.equal(site.hits(entry, 2), 2, "none: and counts on")
    site.change("allow", "remove", entry)


def main(tap):
    if os.geteuid() != 0 or shutil.which("postfix", path=os.environ["PATH"] + ":/usr/sbin") is None:
        print("1..0 # SKIP needs root and Postfix")
        sys.exit(0)
    with Site() as site:
        site.must("tenant", "add", "acme")
        site.must("domain", "add", "acme.example", "--tenant", "acme")
        site.must("policy", "confirm", "acme.example", "--by", "A. Administrator")
        site.change("policy", "set", "acme.example", "filter=on", "on-dmarc-reject=refuse", "on-lookalike=refuse")
        for case in CASES:
            check_evidence(tap, site, case)
        check_expiry(tap, site)


if __name__ == "__main__":
    Tap().run(main)
