#!/usr/bin/env python3
"""PostgreSQL away while mail comes in steadily through a real Postfix: stopped, and frozen, and the role control killed
meanwhile. No message is delayed or refused, the policy from before stays in force, and each event is in the store once.

    outage_test.py PATH-OF-sekishod PATH-OF-sekisho PATH-OF-node_data

Each outage takes OUTAGE_SECONDS from the environment (8).
"""
import collections
import contextlib
import json
import os
import pathlib
import re
import signal
import smtplib
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from postfix import Postfix  # noqa: E402
from postgresql import PostgreSQL, programs  # noqa: E402
from sekishod import DnsResponder, Sekishod, fetch, free_port, wait_until  # noqa: E402
from tap import Tap  # noqa: E402

PROGRAM, COMMAND, NODE_DATA = (os.path.abspath(word) for word in sys.argv[1:4])
SECONDS = float(os.environ.get("OUTAGE_SECONDS", "8"))
BEFORE_S = 5  # what the outage is compared with
ZONE = """$TTL 300
example.net. IN TXT "v=spf1 ip4:192.0.2.0/28 -all"
"""
MESSAGE = b"From: a@example.net\r\nTo: b@acme.example\r\nSubject: hello\r\nDate: Sat, 28 Nov 2026 10:00:00 +0000\r\n\r\nhello\r\n"
SENDER, RECIPIENT = "a@example.net", "b@acme.example"
WANTED, FORGED = {"ADDR": "192.0.2.1"}, {"ADDR": "198.51.100.1"}


class Site:
    """PostgreSQL, sekishod with both roles, Postfix; one hosted domain."""

    def __init__(self):
        self.programs = contextlib.ExitStack()
        self.port, self.metrics, milter_port = (free_port() for _ in range(3))
        self.milter = f"inet:127.0.0.1:{milter_port}"

    def __enter__(self):
        with self.programs:
            self.folder = pathlib.Path(self.programs.enter_context(tempfile.TemporaryDirectory(prefix="sekisho-e2e-")))
            self.folder.chmod(0o755)
            for name in ("replica", "journal"):
                (self.folder / name).mkdir()
                (self.folder / name).chmod(0o777)
            self.database = self.programs.enter_context(PostgreSQL(is_safe=True))
            self.dns = self.programs.enter_context(DnsResponder(self.folder, ZONE))
            self.sekishod = self.programs.enter_context(Sekishod(PROGRAM, self.folder, self.sections()))
            self.postfix = self.programs.enter_context(
                Postfix(self.folder / "mx", self.port, milter=self.milter, domains=("acme.example",),
                        parameters={"enable_long_queue_ids": "yes"}))  # the short ones come again
            self.programs = self.programs.pop_all()
        return self

    def __exit__(self, *unused):
        self.programs.close()

    def sections(self):
        return {"inbound": {"listen": self.milter}, "dns": {"nameservers": self.dns.address},
                "metrics": {"listen": f"inet:127.0.0.1:{self.metrics}"}, "store": {"url": self.database.url},
                "hosting": {"replica": self.folder / "replica", "replica_map_size": "64MiB"},
                "journal": {"folder": self.folder / "journal", "min_free": "1MiB"}}

    def must(self, *words):
        done = subprocess.run([COMMAND, *words, "--json", "--config", self.folder / "sekisho.conf"],
                              capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{words}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def choose(self, *choices):
        """Set a policy, and wait until it is in force."""
        change = self.must("policy", "set", "acme.example", *choices)["change"]
        wait_until(lambda: self.figure("replica_change_id") >= change, f"change {change} in the replica")

    def figure(self, name):
        return int(re.search(rf"^sekisho_{name} (\d+)$", fetch(self.metrics, "/metrics")[1], re.M)[1])

    def reply_to_forged(self):
        """-> the code for a message from where SPF says that it must not come from"""
        try:
            self.postfix.send(SENDER, [RECIPIENT], MESSAGE, FORGED)
        except smtplib.SMTPDataError as refusal:
            return refusal.smtp_code
        return 250

    def kill_control(self):
        lives = len(self.sekishod.events("role_started"))
        os.kill(self.sekishod.role_pid("control"), signal.SIGKILL)
        wait_until(lambda: len(self.sekishod.events("role_started")) > lives, "the next control")

    def in_journal(self):
        """-> queue ids of all records"""
        done = subprocess.run([NODE_DATA, "journal", self.folder / "journal"], capture_output=True, text=True, check=True)
        return re.findall(r"^at=\d+ qid=(\S+) ", done.stdout, re.M)

    def in_store(self):
        return [row[0] for row in self.database.query("select queue_id from traffic_message")]


Sent = collections.namedtuple("Sent", "begun_at took_s code queue_id")


class Load:
    """Ten messages a second on two connections, whether or not the last one was slow. Notes what Postfix answered, and
    how long each took from its time on."""

    INTERVAL_S, CONNECTIONS = 0.1, 2

    def __init__(self, site):
        self.site, self.sent, self.is_over = site, [], threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(self.CONNECTIONS)]
        self.begun_at = time.monotonic()

    def run(self, first):
        smtp, number = None, first
        while not self.is_over.wait(max(0, self.begun_at + number * self.INTERVAL_S - time.monotonic())):
            due_at = self.begun_at + number * self.INTERVAL_S
            try:
                smtp = smtp or self.site.postfix.connect(WANTED)
                code, text = self.send(smtp)
            except (OSError, smtplib.SMTPException) as error:
                smtp, code, text = None, 0, str(error).encode()
            queued = re.search(rb"queued as (\S+)", text)
            self.sent.append(Sent(due_at, time.monotonic() - due_at, code, queued[1].decode() if queued else ""))
            number += self.CONNECTIONS

    @staticmethod
    def send(smtp):
        for code, text in (smtp.mail(SENDER), smtp.rcpt(RECIPIENT)):
            if code != 250:
                smtp.rset()
                return code, text
        return smtp.data(MESSAGE)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *unused):
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    def between(self, from_at, until_at):
        return [sent for sent in self.sent if from_at <= sent.begun_at < until_at]


def stop(site):
    site.database.halt()


def freeze(site):
    """The postmaster first, so that no process comes that is missed; each has a session of its own."""
    parent = site.database.process.pid
    os.kill(parent, signal.SIGSTOP)
    site.frozen = [parent, *map(int, pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split())]
    for pid in site.frozen:
        os.kill(pid, signal.SIGSTOP)


def thaw(site):
    for pid in reversed(site.frozen):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


OUTAGES = (("stopped", stop, lambda site: site.database.serve()), ("frozen", freeze, thaw))


def times(sent):
    """-> (worst, 99th of a hundred) in milliseconds"""
    ordered = sorted(message.took_s * 1000 for message in sent)
    return ordered[-1], ordered[len(ordered) * 99 // 100]


def check_times(tap, name, before, during):
    (worst_before, high_before), (worst, high) = times(before), times(during)
    print(f"# {name}: {len(before)} messages before: worst {worst_before:.0f} ms, p99 {high_before:.0f} ms; "
          f"{len(during)} during: worst {worst:.0f} ms, p99 {high:.0f} ms", flush=True)
    # The machine has other work: what waits for a database that does not answer waits for seconds.
    tap.ok(len(during) > 5 * SECONDS and worst < worst_before + 1000 and high < high_before + 500,
           f"{name}: no message is delayed")


def check_meanwhile(tap, site, name):
    """Within the outage, in its two halves."""
    time.sleep(SECONDS / 2)
    tap.equal(site.reply_to_forged(), 550, f"{name}: the policy from before is in force")
    backlog = site.figure("journal_backlog_bytes")
    site.kill_control()
    time.sleep(SECONDS / 2)
    tap.equal(site.reply_to_forged(), 550, f"{name}, control killed: it still is")
    later = site.figure("journal_backlog_bytes")
    tap.ok(0 < backlog < later, f"{name}: the backlog is told as it grows", f"{backlog}, then {later} octets")


def check_records(tap, site, name, load):
    wait_until(lambda: site.figure("journal_backlog_bytes") == 0 and len(site.in_store()) == len(site.in_journal()),
               "all records in the store", 60)
    journal, store = collections.Counter(site.in_journal()), collections.Counter(site.in_store())
    answered = [sent.queue_id for sent in load.sent if sent.code == 250]
    tap.equal(site.figure("journal_backlog_bytes"), 0, f"{name}: the backlog goes back to 0")
    twice = [queue_id for queue_id, count in (journal + store).items() if count > 2]
    tap.equal(twice, [], f"{name}: no record comes twice")
    tap.ok(store == journal, f"{name}: the store has the {journal.total()} records of the journal, and no others",
           f"journal alone: {journal - store}\nstore alone: {store - journal}")
    missing = [queue_id for queue_id in answered if queue_id not in store]
    tap.equal(missing, [], f"{name}: each of the {len(answered)} messages answered 250 is among them")


def check_outage(tap, site, name, begin, end):
    with Load(site) as load:
        time.sleep(BEFORE_S)
        begun_at = time.monotonic()
        begin(site)
        check_meanwhile(tap, site, name)
        ended_at = time.monotonic()
        end(site)
        wait_until(lambda: site.figure("store_reachable") == 1 and site.figure("journal_backlog_bytes") < 8192,
                   "the store again", 60)
        back_s = time.monotonic() - ended_at
    print(f"# {name} for {ended_at - begun_at:.1f} s; taken over {back_s:.1f} s after it", flush=True)
    tap.equal([sent for sent in load.sent if sent.code != 250], [], f"{name}: each message is answered 250")
    check_times(tap, name, load.between(load.begun_at + 1, begun_at), load.between(begun_at, ended_at))
    check_records(tap, site, name, load)


def main(tap):
    if programs() is None:
        tap.ok(True, "outages of PostgreSQL # SKIP it is not installed")
        return
    with Site() as site:
        wait_until(lambda: site.figure("store_reachable") == 1, "the store")
        site.must("tenant", "add", "acme")
        site.must("domain", "add", "acme.example", "--tenant", "acme")
        site.must("policy", "confirm", "acme.example", "--by", "A. Administrator")
        for name, begin, end in OUTAGES:
            site.choose("filter=on", "on-spf-fail=deliver")
            tap.equal(site.reply_to_forged(), 250, "a policy that lets SPF's failures in")
            site.choose("on-spf-fail=refuse")
            check_outage(tap, site, name, begin, end)


if __name__ == "__main__":
    Tap().run(main)
