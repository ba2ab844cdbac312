#!/usr/bin/env python3
"""The roles inbound and control beside each other: secrets, deaths, an unreachable store, stop and reload.

    control_test.py PATH-OF-sekishod PATH-OF-sekisho
"""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
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
        done = subprocess.run([COMMAND, *words, "--json", "--actor", "test", "--config", self.folder / "sekisho.conf"],
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
            tap.ok(sekishod.events("store_migrated"), "with its schema, and says so")
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
                 a_deaf_store_does_not_hold_up_the_stop, reloads_both):
        body(tap)


Tap().run(main)
