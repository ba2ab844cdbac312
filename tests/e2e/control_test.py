#!/usr/bin/env python3
"""The roles inbound and control beside each other: secrets, deaths, an unreachable store, stop and reload.

    control_test.py PATH-OF-sekishod PATH-OF-sekisho
"""
import contextlib
import json
import os
import pathlib
import random
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from milter_load import MilterLoad  # noqa: E402
from postgresql import PostgreSQL, programs  # noqa: E402
from sekishod import DnsResponder, MilterSession, Sekishod, fetch, free_port, wait_until  # noqa: E402
from tap import Tap  # noqa: E402

PROGRAM, COMMAND = (os.path.abspath(word) for word in sys.argv[1:3])
ZONE = """$TTL 300
example.net. IN TXT "v=spf1 ip4:192.0.2.0/28 -all"
"""


class Place:
    """A folder with a DNS server, and a configuration with a store in it."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="sekisho-e2e-")
        self.folder = pathlib.Path(self.temporary.name)
        self.folder.chmod(0o755)
        for name in ("state", "replica", "journal", "quarantine"):
            (self.folder / name).mkdir()
            (self.folder / name).chmod(0o777)
        self.dns = DnsResponder(self.folder, ZONE)
        self.listen = f"unix:{self.folder}/inbound.sock"
        self.metrics = free_port()

    def sections(self, **further):
        sections = {"inbound": {"listen": self.listen}, "dns": {"nameservers": self.dns.address},
                    "metrics": {"listen": f"inet:127.0.0.1:{self.metrics}"},
                    "store": {"url": f"sqlite:{self.folder}/state/store.db"},
                    "hosting": {"replica": self.folder / "replica", "replica_map_size": "64MiB"},
                    "journal": {"folder": self.folder / "journal", "min_free": "1MiB"}}
        return {name: sections.get(name, {}) | further.get(name, {}) for name in sections | further}

    def sekishod(self, **further):
        return Sekishod(PROGRAM, self.folder, self.sections(**further))

    def command(self, *words):
        """-> the JSON of a command that must succeed"""
        return self.look(*words, "--actor", "test")

    def look(self, *words):
        """The same of one that changes nothing."""
        done = subprocess.run([COMMAND, *words, "--json", "--config", self.folder / "sekisho.conf"],
                              capture_output=True, text=True, timeout=60, check=False)
        if done.returncode != 0:
            raise AssertionError(f"{words}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def wait_for_change(self, change, timeout_s=30):
        """-> seconds until the replica has it"""
        begun = time.monotonic()
        wait_until(lambda: self.figure("replica_change_id") >= change, f"change {change} in the replica", timeout_s)
        return time.monotonic() - begun

    def figure(self, name):
        return int(re.search(rf"^sekisho_{name} (\d+)$", fetch(self.metrics, "/metrics")[1], re.M)[1])

    def is_judging(self):
        session = MilterSession(self.listen)
        session.begin()
        code, _, inserted = session.end()
        session.close()
        return code == b"c" and "spf=pass" in inserted[-1]

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.dns.__exit__()
        self.temporary.cleanup()


def memory_holds(pid, needle):
    """Is this text anywhere in what the process could read?"""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb") as memory:
        for line in maps:
            region = re.match(r"([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ \S+\s*(\[v\S+)?", line)
            if region and not region[3]:
                begin, end = int(region[1], 16), int(region[2], 16)
                if end - begin > 1 << 30:  # a sanitizer's shadow
                    continue
                try:
                    memory.seek(begin)
                    if needle in memory.read(end - begin):
                        return True
                except (OSError, OverflowError):
                    continue
    return False


def keeps_the_stores_credentials_from_inbound(tap):
    secret = "pass-" + "word-" + os.urandom(8).hex()
    with Place() as place:
        url = f"postgresql://sekisho:{secret}@127.0.0.1:{free_port()}/sekisho"
        with place.sekishod(store={"url": url}) as sekishod:
            wait_until(lambda: sekishod.events("store_unreachable") or sekishod.events("store_refused"), "an outage")
            inbound, control = sekishod.role_pid("inbound"), sekishod.role_pid("control")
            tap.ok(place.is_judging(), "a store that was never reachable holds up no mail")
            if os.geteuid() == 0:
                tap.ok(memory_holds(control, secret.encode()), "control holds the store's password")
                tap.ok(not memory_holds(inbound, secret.encode()), "inbound does not")
            open_files = [os.readlink(f"/proc/{inbound}/fd/{fd}") for fd in os.listdir(f"/proc/{inbound}/fd")]
            tap.ok(not any("configuration" in name for name in open_files), "and keeps no copy of the configuration")
            sekishod.configure(place.sections(store={"url": url}, dns={"timeout": "2s"}))
            tap.equal(sekishod.reload()["event"], "reloaded", "a reload")
            wait_until(place.is_judging, "mail after the reload")
            if os.geteuid() == 0:
                tap.ok(not memory_holds(inbound, secret.encode()), "does not change that")
            tap.ok(secret not in sekishod.log(), "no line of the log holds it")
            tap.ok(secret not in fetch(place.metrics, "/metrics")[1], "nor do the figures")


def needs_no_store(tap):
    with Place() as place, place.sekishod(store={"url": ""}) as sekishod:
        tap.equal([event["name"] for event in sekishod.events("role_started")], ["inbound"],
                  "without a store there is no role control")
        tap.ok(place.is_judging(), "and mail is judged")
        tap.equal(place.figure("control_seen_time_seconds"), 0, "its figures are 0")


def makes_the_store_at_the_first_start(tap):
    with Place() as place:
        with place.sekishod() as sekishod:
            wait_until(lambda: place.figure("store_reachable") == 1, "the store")
            tap.ok((place.folder / "state" / "store.db").exists(), "the first start makes the store")
            tap.ok(sekishod.wait_for("store_migrated"), "with its schema, and says so")
            wait_until(lambda: abs(place.figure("control_seen_time_seconds") - time.time()) < 5, "control's round")
            tap.ok(True, "the figures tell when control was last seen")
        tap.equal(sekishod.process.returncode, 0, "the stop is clean")
        stopped = [event["name"] for event in sekishod.events("role_stopped")]
        tap.equal(stopped, ["inbound", "control"], "inbound is stopped first")


def one_role_that_dies_does_not_stop_the_other(tap):
    with Place() as place, place.sekishod() as sekishod:
        wait_until(lambda: place.figure("store_reachable") == 1, "the store")
        inbound, control = sekishod.role_pid("inbound"), sekishod.role_pid("control")
        os.kill(control, signal.SIGKILL)
        tap.ok(place.is_judging(), "control killed: mail is judged")
        wait_until(lambda: sekishod.role_pid("control") != control, "the next control")
        tap.equal(sekishod.role_pid("inbound"), inbound, "by the same inbound")
        control = sekishod.role_pid("control")
        os.kill(inbound, signal.SIGKILL)
        wait_until(lambda: sekishod.role_pid("inbound") != inbound, "the next inbound")
        tap.ok(place.is_judging(), "inbound killed: the next one judges")
        tap.equal(sekishod.role_pid("control"), control, "and control went on")
        tap.equal([event["name"] for event in sekishod.events("role_died")], ["control", "inbound"],
                  "the log names who died")


def a_control_that_cannot_work_stops_nothing(tap):
    with Place() as place:
        (place.folder / "state" / "store.db").write_bytes(b"this is no database " * 100)
        with place.sekishod() as sekishod:
            wait_until(lambda: sekishod.events("store_refused"), "the refusal")
            tap.ok(place.is_judging(), "a store that cannot be read stops no mail")
            tap.equal(len(sekishod.events("store_refused")), 1, "it is said")
            time.sleep(1.5)
            tap.equal(len(sekishod.events("store_refused")), 1, "once")
            (place.folder / "state" / "store.db").unlink()
            sekishod.wait_for("store_reached", timeout_s=30)
            tap.ok(True, "and when it is mended, without a restart, it is used")


def a_change_is_live_at_once(tap):
    with Place() as place, place.sekishod() as sekishod:
        wait_until(lambda: place.figure("store_reachable") == 1, "the store")
        place.command("tenant", "add", "acme", "--title", "Acme")
        place.wait_for_change(place.command("domain", "add", "acme.example", "--tenant", "acme")["change"])
        waits = [place.wait_for_change(place.command("policy", "set", "acme.example", f"quarantine-days={days}")["change"])
                 for days in range(10, 20)]
        tap.ok(max(waits) < 2, "a change by the command is in the replica within 2 s", f"{max(waits):.2f} s at most")
        os.kill(sekishod.role_pid("control"), signal.SIGKILL)
        change = place.command("policy", "set", "acme.example", "quarantine-days=30")["change"]
        place.wait_for_change(change)
        tap.ok(True, "one that was made while control was dead is followed by the next")
        tap.equal(len(sekishod.events("replica_rebuilt")), 1, "without building the replica anew")


def a_damaged_replica_is_built_anew(tap):
    with Place() as place, place.sekishod() as sekishod:
        wait_until(lambda: place.figure("store_reachable") == 1, "the store")
        place.command("tenant", "add", "acme")
        place.wait_for_change(place.command("domain", "add", "acme.example", "--tenant", "acme")["change"])
        [data] = [path for path in (place.folder / "replica").rglob("data.mdb") if "current" not in path.parts]
        octets = bytearray(data.read_bytes())
        octets[8192:] = os.urandom(len(octets) - 8192)  # behind the two meta pages
        with open(data, "r+b") as file:
            file.write(octets)
        os.kill(sekishod.role_pid("control"), signal.SIGKILL)
        wait_until(lambda: len(sekishod.events("replica_rebuilt")) == 2, "the replica built anew")
        tap.ok(place.is_judging(), "a damaged replica stops no mail")
        tap.ok(sekishod.events("replica_rebuilt")[-1]["domains"] == "1", "and is built anew from the store",
               sekishod.events("replica_rebuilt"))


def in_sqlite(place):
    """-> queue ids of all recorded messages"""
    with contextlib.closing(sqlite3.connect(f"file:{place.folder}/state/store.db?mode=ro", uri=True)) as store:
        return [row[0] for row in store.execute("select queue_id from traffic_message")]


def wait_for_records(place, load, read):
    wait_until(lambda: place.figure("journal_backlog_bytes") == 0 and len(set(read()) & set(load.answered)) >=
               len(load.answered), "all records in the store", 60)


def each_message_is_recorded_once_whoever_dies(tap):
    random.seed(4)
    with Place() as place, place.sekishod() as sekishod:
        wait_until(lambda: place.figure("store_reachable") == 1, "the store")
        with MilterLoad(place.listen) as load:
            for number in range(7):  # each death of a role doubles the wait for its next life
                time.sleep(random.uniform(0.1, 0.5))
                role = "inbound" if number % 3 == 2 else "control"
                os.kill(sekishod.role_pid(role), signal.SIGKILL)
                wait_until(lambda died=number + 1: len(sekishod.events("role_died")) >= died, "its end")
                wait_until(lambda started=number + 3: len(sekishod.events("role_started")) >= started, "the next one")
        wait_for_records(place, load, lambda: in_sqlite(place))
        problems = load.problems(in_sqlite(place))
        tap.ok(not problems and len(load.answered) > 100,
               f"7 kills: each of {len(load.answered)} answered messages is recorded once", problems)
        wait_until(lambda: list((place.folder / "journal").glob("*.zst")), "a compressed segment")
        tap.ok(True, "segments of processes that died are compressed")


def what_came_last_is_taken_over_at_the_stop(tap):
    with Place() as place:
        with place.sekishod():
            wait_until(lambda: place.figure("store_reachable") == 1, "the store")
            with MilterLoad(place.listen) as load:
                time.sleep(1)
        problems = load.problems(in_sqlite(place))
        tap.ok(not problems and load.answered, "a stop leaves nothing of the journal behind", problems)


def what_was_recorded_comes_out_the_same_when_it_is_judged_again(tap):
    messages = ((("From", " Boss <boss@example.net>"), ("Subject", " a\n\tb")), (("From", " a@example.net, b@example.org"),),
                (("From", " a@example.net"), ("DKIM-Signature", " v=1; a=rsa-sha256; d=example.net; s=s;\n\th=from; "
                                              "bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA")))
    with Place() as place, place.sekishod():
        wait_until(lambda: place.figure("store_reachable") == 1, "the store")
        place.command("tenant", "add", "acme")
        place.command("domain", "add", "acme.example", "--tenant", "acme")
        place.command("policy", "set", "acme.example", "filter=observe", "on-spf-fail=junk", "on-bad-author=refuse")
        place.wait_for_change(place.command("policy", "set", "acme.example", "on-dkim-fail=mark")["change"])
        for client in ("192.0.2.1", "198.51.100.1"):
            for number, fields in enumerate(messages):
                session = MilterSession(place.listen, client)
                session.begin(queue_id=f"4{client[-1]}n{number}", recipients=("bob@acme.example", "eve@example.com"),
                              fields=[(name.encode(), value.encode()) for name, value in fields])
                session.end()
                session.close()
        wait_until(lambda: len(in_sqlite(place)) == 6 and place.figure("journal_backlog_bytes") == 0, "the records", 30)
        found = place.look("trace", "--recipient", "bob@acme.example")["messages"]
        tap.equal(len(found), 6, "each message is found by its recipient")
        seen = {(row["spf"], row["dmarc"], row["would_be"]) for row in found}
        tap.ok(len(seen) > 2, "they have come out in several ways", seen)
        for row in found:
            replay = place.look("replay", str(row["message"]))
            tap.ok(replay["same"], f"{row['queue_id']} ({row['spf']}, {row['dmarc']}, {row['would_be']}) comes out the same",
                   replay["differences"])


def an_outage_of_postgresql_costs_nothing(tap):
    if programs() is None:
        tap.ok(True, "an outage of PostgreSQL # SKIP it is not installed")
        return
    seconds = float(os.environ.get("OUTAGE_SECONDS", "4"))
    with PostgreSQL() as server, Place() as place, place.sekishod(store={"url": server.url}) as sekishod:
        def recorded():
            return [row[0] for row in server.query("select queue_id from traffic_message")]
        wait_until(lambda: place.figure("store_reachable") == 1, "the store")
        place.command("tenant", "add", "acme")
        place.wait_for_change(place.command("domain", "add", "acme.example", "--tenant", "acme")["change"])
        with MilterLoad(place.listen) as load:
            time.sleep(1)
            server.halt()
            time.sleep(seconds)
            sekishod.wait_for("store_unreachable")
            backlog = place.figure("journal_backlog_bytes")
            server.serve()
            wait_until(lambda: place.figure("store_reachable") == 1, "the store again")
            time.sleep(1)
        wait_for_records(place, load, recorded)
        problems = load.problems(recorded())
        tap.ok(not problems, f"PostgreSQL away for {seconds:.0f} s under load: each of {len(load.answered)} messages is "
               "recorded once", problems)
        tap.ok(load.slowest_s < 1 and not load.unanswered, "none was delayed", f"{load.slowest_s * 1000:.0f} ms at most")
        tap.ok(backlog > 0, "the backlog was told")
        tap.equal(len(sekishod.events("store_unreachable")), 1, "the outage once")
        change = place.command("policy", "set", "acme.example", "quarantine-days=9")["change"]
        tap.ok(place.wait_for_change(change) < 2, "and a change is live within 2 s as before")


class Deaf:
    """A database server that takes connections and never says a word."""

    def __enter__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(64)
        self.port = self.socket.getsockname()[1]
        return self

    def __exit__(self, *unused):
        self.socket.close()


def a_deaf_store_does_not_hold_up_the_stop(tap):
    with Deaf() as deaf, Place() as place:
        url = f"postgresql://sekisho@127.0.0.1:{deaf.port}/sekisho"
        sekishod = place.sekishod(store={"url": url}, daemon={"stop_timeout": "1s"}).start()
        tap.ok(place.is_judging(), "a store that answers nothing holds up no mail")
        begun = time.monotonic()
        tap.equal(sekishod.stop(), 0, "nor the stop")
        tap.ok(time.monotonic() - begun < 10, "which is not late")


def reloads_both(tap):
    with Place() as place, place.sekishod() as sekishod:
        wait_until(lambda: place.figure("store_reachable") == 1, "the store")
        pids = sekishod.role_pid("inbound"), sekishod.role_pid("control")
        sekishod.configure(place.sections(inbound={"authserv_id": "new.example"}))
        tap.equal(sekishod.reload()["event"], "reloaded", "a reload is taken")
        wait_until(lambda: place.figure("store_reachable") == 1, "the store")
        tap.equal((sekishod.role_pid("inbound"), sekishod.role_pid("control")), pids, "by both roles as they are")
        sekishod.configure(place.sections(store={"url": ""}))
        sekishod.reload()
        tap.contains(sekishod.events("restart_needed")[-1]["reason"], "store.url", "another store needs a restart")


def main(tap):
    for body in (keeps_the_stores_credentials_from_inbound, needs_no_store, makes_the_store_at_the_first_start,
                 one_role_that_dies_does_not_stop_the_other, a_control_that_cannot_work_stops_nothing,
                 a_change_is_live_at_once, a_damaged_replica_is_built_anew,
                 each_message_is_recorded_once_whoever_dies, what_came_last_is_taken_over_at_the_stop,
                 what_was_recorded_comes_out_the_same_when_it_is_judged_again, an_outage_of_postgresql_costs_nothing,
                 a_deaf_store_does_not_hold_up_the_stop, reloads_both):
        body(tap)


Tap().run(main)
