#!/usr/bin/env python3
"""Two nodes with one store: each sekishod has its own replica, journal and quarantine, and both share a PostgreSQL.

    nodes_test.py PATH-OF-sekishod PATH-OF-sekisho PATH-OF-traffic_maker
"""
import collections
import concurrent.futures
import contextlib
import email
import email.policy
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from milter_load import MilterLoad  # noqa: E402
from postfix import Postfix  # noqa: E402
from postgresql import PostgreSQL, programs  # noqa: E402
from sekishod import DnsResponder, MilterSession, Sekishod, fetch, free_port, wait_until  # noqa: E402
from tap import Tap  # noqa: E402

PROGRAM, COMMAND, TRAFFIC_MAKER = (os.path.abspath(word) for word in sys.argv[1:4])
ZONE = """$TTL 300
example.net. IN TXT "v=spf1 ip4:192.0.2.0/28 -all"
"""
WANTED, FORGED = "192.0.2.1", "198.51.100.1"  # where example.net sends from, and where not
READER = "reader@acme.example"
READERS = [f"r{number}@digest.example" for number in range(5)]


class Node:
    def __init__(self, site, name, folder=None):
        self.name, self.folder = name, site.folder / (folder or name)
        self.listen, self.metrics = f"unix:{self.folder}/inbound.sock", free_port()
        for part in ("", "replica", "journal", "quarantine"):
            (self.folder / part).mkdir(exist_ok=True)
            (self.folder / part).chmod(0o777)
        self.sections = {
            "inbound": {"listen": self.listen}, "dns": {"nameservers": site.dns.address},
            "metrics": {"listen": f"inet:127.0.0.1:{self.metrics}"}, "store": {"url": site.database.url},
            "hosting": {"node_name": name, "replica": self.folder / "replica", "replica_map_size": "64MiB"},
            "journal": {"folder": self.folder / "journal", "min_free": "1MiB"},
            "quarantine": {"folder": self.folder / "quarantine", "release_to": f"127.0.0.1:{site.inner.port}",
                           "sender": "postmaster@acme.example"}}
        self.sekishod = Sekishod(PROGRAM, self.folder, self.sections)

    def rename(self, name):
        self.name = self.sections["hosting"]["node_name"] = name
        self.sekishod.configure(self.sections)
        self.sekishod.reload()

    def run(self, *words):
        """A command with this node's configuration."""
        return subprocess.run([COMMAND, *map(str, words), "--config", self.folder / "sekisho.conf"], capture_output=True,
                              text=True, timeout=60, check=False)

    def must(self, *words):
        done = self.run(*words, "--json")
        if done.returncode != 0:
            raise AssertionError(f"{words}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def figure(self, name):
        return int(re.search(rf"^sekisho_{name} (\d+)$", fetch(self.metrics, "/metrics")[1], re.M)[1])

    def reply(self, client=FORGED, recipients=(READER,), queue_id="4Once"):
        """-> what the MTA is told to do with a message"""
        session = MilterSession(self.listen, client)
        session.begin(queue_id=queue_id, recipients=recipients, fields=(
            (b"From", b" a@example.net"), (b"Subject", b" " + queue_id.encode()),
            (b"Message-ID", f" <{queue_id}@{self.name}>".encode())))
        code = session.end()[0]
        session.close()
        return code

    def kill_control(self):
        lives = len(self.sekishod.events("role_started"))
        os.kill(self.sekishod.role_pid("control"), signal.SIGKILL)
        wait_until(lambda: len(self.sekishod.events("role_started")) > lives, f"the next control of {self.name}")

    def kill_all(self):
        """As when the machine fails: supervisor and roles at once."""
        for pid in (self.sekishod.process.pid, *map(self.sekishod.role_pid, ("inbound", "control"))):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.sekishod.process.wait()

    def files(self):
        return [path for place in ("new", "held") for path in (self.folder / "quarantine" / place).glob("*")]


class Site:
    """PostgreSQL with some old traffic, DNS, the Postfix that takes what is released, two nodes."""

    def __init__(self):
        self.programs = contextlib.ExitStack()

    def __enter__(self):
        with self.programs:
            self.folder = pathlib.Path(self.programs.enter_context(tempfile.TemporaryDirectory(prefix="sekisho-e2e-")))
            self.folder.chmod(0o755)
            self.database = self.programs.enter_context(PostgreSQL(is_safe=True))
            self.dns = self.programs.enter_context(DnsResponder(self.folder, ZONE))
            self.inner = self.programs.enter_context(
                Postfix(self.folder / "inner", free_port(), domains=("acme.example", "digest.example")))
            self.nodes = [Node(self, "mx1"), Node(self, "mx2")]
            self.copy = Node(self, "mx1", "copy")  # of the first, with its name
            for node in (*self.nodes, self.copy):
                self.programs.callback(lambda node=node: node.sekishod.process and node.sekishod.__exit__())
            self.programs = self.programs.pop_all()
        return self

    def __exit__(self, *unused):
        self.programs.close()

    def column(self, text):
        return [row[0] for row in self.database.query(text)]

    def take_turns(self, nodes=None):
        """A reload begins the jobs of `control` anew: none of them waits for its time."""
        with concurrent.futures.ThreadPoolExecutor() as pool:
            list(pool.map(lambda node: node.sekishod.reload(), nodes or self.nodes))

    def wait_for_change(self, change):
        """-> seconds until all nodes have it"""
        begun = time.monotonic()
        wait_until(lambda: all(node.figure("replica_change_id") >= change for node in self.nodes),
                   f"change {change} on all nodes")
        return time.monotonic() - begun

    def holder(self, job):
        """-> names of the nodes that have its lease: one or none"""
        return self.column(f"select holder from lease where name = '{job}'")


def started_at_once_on_an_empty_store(tap, site):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        list(pool.map(lambda node: node.sekishod.start(), site.nodes))
    for node in site.nodes:
        wait_until(lambda node=node: node.figure("store_reachable") == 1, f"the store, on {node.name}")
        tap.equal(node.sekishod.events("store_refused") + node.sekishod.events("task_failed"), [],
                  f"two nodes make one store: {node.name} has nothing to say against it")
    told = [event["reason"] for node in site.nodes for event in node.sekishod.events("store_migrated")]
    applied = sum(int(re.match(r"\d+", reason)[0]) for reason in told)
    tap.equal(applied, int(site.column("select count(*) from schema_migration")[0]), "each change of its schema is made once")
    first = site.nodes[0]
    for name in ("acme", "digest"):
        first.must("tenant", "add", name)
        first.must("domain", "add", f"{name}.example", "--tenant", name)
        first.must("policy", "confirm", f"{name}.example", "--by", "A. Administrator")
        change = first.must("policy", "set", f"{name}.example", "filter=on", "on-spf-fail=refuse")["change"]
    site.wait_for_change(change)


def a_choice_is_live_on_both(tap, site):
    waits, replies = [], []
    for number in range(4):
        choice = ("deliver", "refuse")[number % 2]
        change = site.nodes[number // 2].must("policy", "set", "acme.example", f"on-spf-fail={choice}")["change"]
        waits.append(site.wait_for_change(change))
        replies.append([node.reply() for node in site.nodes])
    tap.ok(max(waits) < 2, "a choice made once is live on both nodes within 2 s", f"{max(waits):.2f} s at most")
    tap.equal(replies, [[b"c", b"c"], [b"y", b"y"]] * 2, "whichever node's configuration it was made with")
    allowed = site.nodes[1].must("allow", "add", "acme.example", "example.net", "--evidence", "network:198.51.100.1/32")
    site.wait_for_change(allowed["change"])
    tap.equal([node.reply() for node in site.nodes], [b"c", b"c"], "so is an allow entry")
    wait_until(lambda: site.nodes[0].must("allow", "show", allowed["id"])["hits"] == 2, "its hits")
    tap.ok(True, "the hits of both nodes are counted together")
    site.wait_for_change(site.nodes[0].must("allow", "remove", allowed["id"])["change"])


def recorded_by(site, node):
    return site.column("select m.queue_id from traffic_message m join journal_segment s on s.id = m.segment_id "
                       f"where s.node = '{node.name}' and m.queue_id like '5%'")


def held_by(site, node):
    return site.column(f"select queue_id from held_message where node = '{node.name}' and queue_id like '5%'")


def a_node_that_dies_takes_nothing_along(tap, site):
    """mx2's control dies, then all of mx2; mx1 goes on meanwhile. All mail, also what is held, is in the store once."""
    first, second = site.nodes
    site.wait_for_change(first.must("policy", "set", "acme.example", "on-spf-fail=hold")["change"])
    loads = [MilterLoad(node.listen, f"5{kind}{node.name}", 1, pause_s, client, (READER,)) for node in site.nodes
             for kind, client, pause_s in (("p", WANTED, 0.005), ("h", FORGED, 0.1))]
    with contextlib.ExitStack() as stack:
        for load in loads:
            stack.enter_context(load)
        time.sleep(1.5)
        second.kill_control()
        time.sleep(1)
        second.kill_all()
        before = len(loads[0].answered)
        change = first.must("policy", "set", "acme.example", "quarantine-days=9")["change"]
        wait_until(lambda: first.figure("replica_change_id") >= change, "the change on the node that is left")
        wait_until(lambda: len(loads[0].answered) > before + 20, "mail on the node that is left", 10)
        tap.ok(True, "one node is dead: the other takes mail and choices as before")
        tap.ok(not loads[0].unanswered and not loads[1].unanswered, "each of its messages is answered")
        second.sekishod.start()
        wait_until(lambda: second.figure("store_reachable") == 1, "the store again")
        site.wait_for_change(change)
        tap.ok(True, "the other, started again, has what was chosen meanwhile")
        time.sleep(1)
    for node, passed, held in ((first, *loads[:2]), (second, *loads[2:])):
        everything = MilterLoad(node.listen)
        everything.answered, everything.unanswered = (getattr(passed, part) + getattr(held, part)
                                                      for part in ("answered", "unanswered"))
        wait_until(lambda node=node, of=everything: node.figure("journal_backlog_bytes") == 0 and
                   set(of.answered) <= set(recorded_by(site, node)), f"all records of {node.name}", 30)
        problems = everything.problems(recorded_by(site, node))
        tap.ok(not problems and len(everything.answered) > 50,
               f"{node.name}: each of {len(everything.answered)} answered messages is recorded once", problems)
        wait_until(lambda node=node, of=held: set(of.answered) <= set(held_by(site, node)), "all that is held", 30)
        problems = held.problems(held_by(site, node))
        tap.ok(not problems and len(held.answered) > 10, f"{node.name}: each of {len(held.answered)} messages is held once",
               problems)
        tap.equal(len(node.files()), len(held_by(site, node)), f"{node.name}: as many files as messages")
    by_node = collections.Counter(site.column("select node from journal_segment"))
    tap.equal(set(by_node), {"mx1", "mx2"}, "the store tells the nodes' journals apart")
    hours = int(site.column("select sum(messages) from traffic_hour")[0])
    tap.equal(hours, int(site.column("select count(*) from traffic_message")[0]), "the counts have each message once")
    for node in site.nodes:
        tap.equal(node.sekishod.events("task_failed") + node.sekishod.events("store_unreachable"), [],
                  f"{node.name}: nodes that write at once do not get in each other's way")


def evidence_is_on_the_node_that_took_the_message(tap, site):
    first, second = site.nodes
    number = site.column("select max(m.id) from traffic_message m join journal_segment s on s.id = m.segment_id "
                         "where s.node = 'mx1'")[0]
    here, there = first.must("trace", number), second.must("trace", number)
    tap.equal((here["place"]["node"], here["explanation"] is not None), ("mx1", True), "trace explains a message of its node")
    tap.equal((there["queue_id"], there["results"]["spf"], there["recipients"], there["explanation"]),
              (here["queue_id"], "pass", here["recipients"], None),
              "with mx2's configuration it tells what the store has")
    tap.contains(there["no_explanation"], "mx1", "and where the evidence is")
    tap.ok(first.must("replay", number)["same"], "replay judges it again there")
    done = second.run("replay", number)
    tap.ok(done.returncode != 0 and "mx1" in done.stderr, "and says so here", (done.returncode, done.stderr))


def hold(site, node, name, recipients=(READER,)):
    """-> numbers of what is held"""
    node.reply(recipients=recipients, queue_id=name)
    text = f"select r.id from held_recipient r join held_message m on m.id = r.message_id where m.queue_id = '{name}'"
    wait_until(lambda: len(site.column(text)) == len(recipients), f"{name} to be held")
    return site.column(text)


def what_one_holds_is_listed_by_all_and_released_there(tap, site):
    first, second = site.nodes
    [number], [other] = hold(site, first, "4Release"), hold(site, first, "4Delete")
    listed = {str(item["id"]): item["node"] for item in second.must("quarantine", "list", "--recipient", READER,
                                                                    "--limit", "1000")["held"]}
    tap.equal((listed.get(number), listed.get(other)), ("mx1", "mx1"), "mx2's configuration lists what mx1 holds")
    row = [line for line in second.run("quarantine", "list", "--limit", "1000").stdout.splitlines()
           if line.split()[:1] == [number]]
    tap.ok(len(row) == 1 and "mx1" in row[0].split(), "and says where, for people too", row)
    for verb in ("show", "release"):
        done = second.run("quarantine", verb, number)
        tap.equal((done.returncode, done.stdout), (1, ""), f"{verb} with mx2's configuration: no")
        tap.contains(done.stderr, f"message {number} is held on the node mx1; run this command there", "and where then")
    tap.equal(first.must("quarantine", "release", number)["released"], 1, "there it is released")
    site.inner.wait_for_mail(READER, 1)
    done = second.run("quarantine", "release", number)
    tap.ok(done.returncode == 1, "and not again from the other node", done.stderr)
    [file] = site.column(f"select message_id from held_recipient where id = {other}")
    tap.ok(file in [path.name for path in first.files()], "its file is on its node")
    tap.equal(second.must("quarantine", "delete", other)["deleted"], 1, "deleted it can be from either")
    site.take_turns()
    wait_until(lambda: file not in [path.name for path in first.files()], "its file to go", 40)
    tap.ok(True, "its node removes the file")
    tap.equal(len(site.inner.mail(READER)), 1, "what was released arrived once")


def what_a_dead_node_holds_waits_for_it(tap, site):
    first, second = site.nodes
    [number] = hold(site, second, "4Waits")
    second.kill_all()
    tap.contains(first.run("quarantine", "release", number).stderr, "is held on the node mx2", "its node is down: not here")
    state = {str(item["id"]): item["state"] for item in first.must("quarantine", "list", "--limit", "1000")["held"]}
    tap.equal(state[number], "held", "it stays held")
    arrived = len(site.inner.mail(READER))
    second.sekishod.start()
    tap.equal(second.must("quarantine", "release", number)["released"], 1, "when the node is back it is released")
    site.inner.wait_for_mail(READER, arrived + 1)


def digests(site):
    return {reader: len(site.inner.mail(reader)) for reader in READERS}


def digests_told_by(site):
    return {node.name: sum(int(event["mails"]) for event in node.sekishod.events("digests_sent")) for node in site.nodes}


def one_sends_the_digests_for_all(tap, site):
    """Held on both nodes for the same readers: one mail for each reader, from one node; and from the next when that dies."""
    site.wait_for_change(site.nodes[0].must("policy", "set", "digest.example", "on-spf-fail=hold")["change"])
    for node in site.nodes:
        hold(site, node, f"4Digest{node.name}", READERS)
    site.nodes[1].must("policy", "set", "digest.example", "digest=daily")
    site.take_turns()
    wait_until(lambda: min(digests(site).values()) >= 1, "the digests", 40)
    [sender] = [node for node in site.nodes if digests_told_by(site)[node.name] > 0]
    tap.equal(site.holder("digest"), [sender.name], "the node with the lease sends the digests")
    mail = email.message_from_bytes(site.inner.mail(READERS[0])[0], policy=email.policy.default)
    told = re.findall(r"^Subject: (\S+)\r?$", next(mail.iter_parts()).get_content(), re.M)
    tap.equal(told, ["4Digestmx1", "4Digestmx2"], "and tells what is held on both")
    sender.kill_all()
    [other] = [node for node in site.nodes if node is not sender]
    site.database.query("update lease set until_s = 0 where holder = '" + sender.name + "'; "  # ten minutes later
                        "update held_digest set last_at_s = 0")  # on the next day
    hold(site, other, "4Next", READERS)
    site.take_turns([other])
    wait_until(lambda: min(digests(site).values()) >= 2, "the next digests", 40)
    tap.equal(site.holder("digest"), [other.name], "its node dead, the other gets the lease and sends the next")
    sender.sekishod.start()
    wait_until(lambda: sender.figure("store_reachable") == 1, "the store again")
    time.sleep(3)  # its first turn is at once
    tap.equal(digests(site), dict.fromkeys(READERS, 2), "started again, it sends none of them once more")
    tap.equal(site.holder("digest"), [other.name], "the lease stays where it is")


def old_traffic_is_let_go_of_once(tap, site):
    """Sixty days, of which thirty are kept."""
    done = subprocess.run([TRAFFIC_MAKER, site.database.url, "acme.example", "600", "60"], capture_output=True, text=True,
                          check=False)
    tap.equal(done.returncode, 0, "traffic of sixty days is in the store")
    days = "select count(*) from pg_tables where tablename ~ '^traffic_message_[0-9]+$'"
    site.database.query("delete from lease where name = 'keep'")
    site.take_turns()
    wait_until(lambda: 30 <= int(site.column(days)[0]) <= 32, "the old days to go", 30)
    tap.ok(True, "both nodes begin at once: what is older than thirty days goes")
    tap.equal(len(site.holder("keep")), 1, "by the one that has the lease")
    tap.equal([event for node in site.nodes for event in node.sekishod.events("task_failed")], [], "and neither fails")


def a_copy_with_the_same_name_does_no_harm(tap, site):
    """A third node that is called mx1 too: what it has waits on its disk, and the first goes on."""
    first, copy = site.nodes[0], site.copy
    site.wait_for_change(first.must("policy", "set", "acme.example", "on-spf-fail=hold")["change"])
    hold(site, first, "4Before")
    files = [path.name for path in first.files()]
    copy.sekishod.start()
    wait_until(lambda: copy.figure("replica_change_id") == first.figure("replica_change_id"), "its replica")
    tap.equal(copy.reply(queue_id="4Copy"), b"d", "the copy takes mail by the policies that hold")
    wait_until(lambda: copy.figure("node_name_taken") == 1 and copy.sekishod.events("node_name_taken"), "it to find out", 40)
    [told] = copy.sekishod.events("node_name_taken")
    tap.contains(told["reason"], "another running node of this store is called mx1 too", "and says what is wrong")
    tap.contains(told["reason"], "give one of them another [hosting] node_name", "and what to do")
    taken = "select count(*) from held_message where queue_id = '4Copy'", (
        "select count(*) from traffic_message where queue_id = '4Copy'")
    tap.equal([site.column(text) for text in taken], [["0"], ["0"]], "it tells the store nothing under that name")
    tap.ok(copy.figure("journal_backlog_bytes") > 0 and len(copy.files()) == 1, "its record and what it holds wait on its disk")
    hold(site, first, "4Second")
    tap.equal((first.figure("node_name_taken"), first.sekishod.events("node_name_taken")), (0, []), "who was first goes on")
    tap.ok(set(files) < {path.name for path in first.files()}, "and keeps what it holds")
    first.kill_control()
    hold(site, first, "4Again")
    tap.ok(True, "its control, killed and started again, still has the name")
    copy.rename("mx3")
    wait_until(lambda: [site.column(text) for text in taken] == [["1"], ["1"]], "what waited")
    tap.equal(site.column("select node from held_message where queue_id = '4Copy'"), ["mx3"], "renamed, it tells all, once")
    tap.equal(copy.figure("node_name_taken"), 0, "and nothing is wrong any more")


def main(tap):
    missing = [name for name, is_here in (("PostgreSQL", programs()), ("root", os.geteuid() == 0), (
        "Postfix", shutil.which("postfix", path=os.environ["PATH"] + ":/usr/sbin"))) if not is_here]
    if missing:
        print(f"1..0 # SKIP needs {' and '.join(missing)}")
        sys.exit(0)
    with Site() as site:
        for body in (started_at_once_on_an_empty_store, a_choice_is_live_on_both, a_node_that_dies_takes_nothing_along,
                     evidence_is_on_the_node_that_took_the_message, what_one_holds_is_listed_by_all_and_released_there, what_a_dead_node_holds_waits_for_it,
                     one_sends_the_digests_for_all, old_traffic_is_let_go_of_once, a_copy_with_the_same_name_does_no_harm):
            begun = time.monotonic()
            body(tap, site)
            print(f"# {body.__name__}: {time.monotonic() - begun:.1f} s", flush=True)


if __name__ == "__main__":
    Tap().run(main)
