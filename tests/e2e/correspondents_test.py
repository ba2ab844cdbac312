#!/usr/bin/env python3
"""Who fails and was answered comes first among those who should be received: users who signed in and clients of ours write
through a real Postfix, and `stats failing` knows to whom.

    correspondents_test.py PATH-OF-sekishod PATH-OF-sekisho
"""
import contextlib
import csv
import io
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from postfix import Postfix  # noqa: E402
from sekishod import DnsResponder, Sekishod, fetch, free_port, wait_until  # noqa: E402
from tap import Tap  # noqa: E402

PROGRAM, COMMAND = (os.path.abspath(word) for word in sys.argv[1:3])
ZONE = (ROOT / "demo" / "demo.zone").read_text()
OUTSIDE = {"ADDR": "127.0.0.66"}
SIGNED_IN = {"ADDR": "127.0.0.67", "LOGIN": "ann"}
ANN = "ann@north.example"


class Site:
    """DNS, a store, sekishod with both roles, and a Postfix that delivers for our customer and for its partners."""

    def __init__(self):
        self.programs = contextlib.ExitStack()
        self.milter_port, self.port, self.metrics = (free_port() for _ in range(3))

    def __enter__(self):
        with self.programs:
            self.folder = pathlib.Path(self.programs.enter_context(tempfile.TemporaryDirectory(prefix="sekisho-e2e-")))
            self.folder.chmod(0o755)
            for name in ("state", "replica", "journal"):
                (self.folder / name).mkdir()
                os.chown(self.folder / name, 65534, 65534)
            self.dns = self.programs.enter_context(DnsResponder(self.folder, ZONE))
            self.sekishod = self.programs.enter_context(Sekishod(PROGRAM, self.folder, self.sections()))
            self.postfix = self.programs.enter_context(
                Postfix(self.folder / "mx", self.port, milter=f"inet:127.0.0.1:{self.milter_port}",
                        domains=("north.example", "shop.example.com", "mail.shop.example.com", "bank.example.org")))
            self.programs = self.programs.pop_all()
        return self

    def __exit__(self, *unused):
        self.programs.close()

    def sections(self):
        return {"inbound": {"listen": f"inet:127.0.0.1:{self.milter_port}", "trusted_networks": "127.0.0.1"},
                "dns": {"nameservers": self.dns.address, "timeout": "1s"},
                "metrics": {"listen": f"inet:127.0.0.1:{self.metrics}"},
                "store": {"url": f"sqlite:{self.folder}/state/store.db"},
                "hosting": {"replica": self.folder / "replica", "replica_map_size": "64MiB"},
                "journal": {"folder": self.folder / "journal", "min_free": "1MiB"}}

    def run(self, *words):
        done = subprocess.run([COMMAND, *words, "--config", self.folder / "sekisho.conf"], capture_output=True, text=True,
                              timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    def must(self, *words):
        code, out, err = self.run(*words, "--json")
        if code != 0:
            raise AssertionError(f"{words}: exit {code}: {out}{err}")
        return json.loads(out)

    def failing(self):
        """-> (author, replies, sent, messages) of each"""
        return [(row["author"], row["replies"], row["sent"], row["messages"])
                for row in self.must("stats", "failing", "--domain", "north.example")["failing"]]

    def reasons(self, *words):
        """The table for people, with its long cells on one line again."""
        return " ".join(self.run("stats", "failing", *words)[1].split())

    def wait_for_failing(self, want):
        wait_until(lambda: self.failing() == want, f"{want}; there is {self.failing()}")

    def send(self, sender, author, recipient, fields="", xclient=None):
        octets = (f"From: <{author}>\r\nTo: <{recipient}>\r\nSubject: x\r\n{fields}Date: Sat, 28 Nov 2026 10:00:00 +0000\r\n"
                  f"Message-ID: <1@{author}>\r\n\r\nbody\r\n").encode()
        self.postfix.send(sender, [recipient], octets, xclient)


REPLY = "In-Reply-To: <1@shop.example.com>\r\nReferences: <1@shop.example.com>\r\n"


def whoever_writes_most_comes_first_at_first(tap, site):
    site.must("tenant", "add", "north", "--actor", "test")
    change = site.must("domain", "add", "north.example", "--tenant", "north", "--actor", "test")["change"]
    wait_until(lambda: f"sekisho_replica_change_id {change}\n" in fetch(site.metrics, "/metrics")[1],
               "the domain in the replica")
    for _ in range(3):
        site.send("a@evil.example.org", "service@bank.example.org", ANN, xclient=OUTSIDE)
    site.send("a@evil.example.org", "info@mail.shop.example.com", ANN, xclient=OUTSIDE)
    site.wait_for_failing([("bank.example.org", 0, 0, 3), ("mail.shop.example.com", 0, 0, 1)])
    tap.ok(True, "two authors fail, the one with more mail is first")
    tap.contains(site.reasons(), "it wrote on 1 of the last 30 days", "and that is why")


def a_reply_of_a_user_who_signed_in(tap, site):
    site.send(ANN, ANN, "info@shop.example.com", REPLY, SIGNED_IN)
    [arrived] = site.postfix.wait_for_mail("info@shop.example.com", 1)
    tap.ok(b"Authentication-Results" not in arrived, "the user's mail is left alone", arrived)
    site.wait_for_failing([("mail.shop.example.com", 1, 1, 1), ("bank.example.org", 0, 0, 3)])
    tap.ok(True, "a reply to the organisation of an author that fails brings it to the front")
    tap.contains(site.reasons("--days", "7"), "you answered this sender 1 time in the last 7 days",
                 "and the reason is told")


def mail_from_our_own_network(tap, site):
    for _ in range(2):
        site.send(ANN, ANN, "service@bank.example.org")
    [*_, arrived] = site.postfix.wait_for_mail("service@bank.example.org", 2)
    tap.ok(b"Authentication-Results" not in arrived, "a trusted client's mail is left alone", arrived)
    site.wait_for_failing([("mail.shop.example.com", 1, 1, 1), ("bank.example.org", 0, 2, 3)])
    tap.ok(True, "a trusted client's mail counts; one answer is more than two letters")
    rows = list(csv.DictReader(io.StringIO(site.run("stats", "failing", "--csv")[1])))
    tap.equal([(row["author"], row["replies"], row["sent"]) for row in rows],
              [("mail.shop.example.com", "1", "1"), ("bank.example.org", "0", "2")], "in CSV too")
    tap.ok("why" not in rows[0], "where no sentence is", rows[0])


def what_does_not_count(tap, site):
    site.send(ANN, ANN, "service@bank.example.org", REPLY + "Auto-Submitted: auto-replied\r\n", SIGNED_IN)
    site.send("", ANN, "service@bank.example.org", REPLY)
    site.send("a@evil.example.org", ANN, "service@bank.example.org", REPLY, SIGNED_IN)
    site.send(ANN, ANN, "service@bank.example.org", REPLY, OUTSIDE)
    site.send(ANN, ANN, "info@shop.example.com", REPLY, SIGNED_IN)  # behind them all
    site.wait_for_failing([("mail.shop.example.com", 2, 2, 1), ("bank.example.org", 0, 2, 3)])
    tap.ok(True, "not an absence message, a bounce, another's domain, nor who only says to be one of ours")


def nothing_else_knows_of_it(tap, site):
    domains = site.must("stats", "domains")["domains"]
    tap.equal([(row["domain"], row["messages"]) for row in domains if row["domain"]], [("north.example", 4)],
              "only mail that came in is in the statistics")
    code, out, _ = site.run("trace", "--sender", ANN, "--json")
    tap.ok(out.count('"queue_id"') <= 1, "trace knows only the stranger's message", out)
    journal = b"".join(path.read_bytes() for path in (site.folder / "journal").glob("*.seg"))
    tap.equal((journal.count(b"info@shop.example.com"), b"shop.example.com" in journal), (0, True), "no correspondent's address is in the journal")
    store = (site.folder / "state" / "store.db").read_bytes() + (site.folder / "state" / "store.db-wal").read_bytes()
    tap.equal(store.count(b"info@shop.example.com"), 0, "nor in the store")


def body(tap):
    with Site() as site:
        for part in (whoever_writes_most_comes_first_at_first, a_reply_of_a_user_who_signed_in, mail_from_our_own_network,
                     what_does_not_count, nothing_else_knows_of_it):
            part(tap, site)


Tap().run(body)
