#!/usr/bin/python3
"""The benchmark: Sekisho, OpenDKIM+OpenDMARC and Rspamd do the same work on the same messages and DNS answers.

    run.py [--build BUILD_DIR] [--quick] [--subjects A,B] [--json FILE] [--update docs/performance.md]

Everything runs in a network and mount namespace of its own with nothing in it but loopback: no port can be taken,
no packet leaves, and /etc/resolv.conf names our DNS server (OpenDMARC can be told in no other way). As root, or as a
user who may create user namespaces. docs/performance.md says what the figures mean.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import machine
import subjects
import table

DNS_ADDRESS = "10.53.53.53"  # not 127/8: libunbound, inside OpenDKIM, refuses to ask there
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
INSIDE = "SEKISHO_BENCH_INSIDE"
CORPUS_VERSION = "2"
POINTS = ("p50", "p95", "p99")
MARK = "<!-- measured: run.py --update writes what follows -->"


class Dns:
    """dns_responder on the corpus' zone. With a delay it answers what was asked before at once, as the caching
    resolver beside a real mail server does; OpenDMARC and Rspamd rely on one."""

    address = DNS_ADDRESS

    def __init__(self, bench, delay_ms):
        command = [bench.program("dns_responder", "tests"), "--zone", os.path.join(bench.corpus, "bench.zone"),
                   "--address", self.address, "--port", "53"]
        if delay_ms > 0:
            command += ["--delay-ms", str(delay_ms), "--remember"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        if not self.process.stdout.readline():
            raise RuntimeError("dns_responder does not start")

    def stop(self):
        machine.stop(self.process)
        self.process.stdout.close()


class Bench:
    def __init__(self, options):
        self.options = options
        self.inet = options.inet
        self.check_floor = False
        self.folder = tempfile.mkdtemp(prefix="sekisho-bench-")
        self.corpus = os.path.join(options.build, "bench-corpus")
        self.daemon = options.daemon or os.path.join(options.build, "src/daemon/sekishod")
        self.before = options.before
        self.results = []
        self.folders = 0

    def program(self, name, folder="tests/bench"):
        return os.path.join(os.path.abspath(self.options.build), folder, name)

    def new_folder(self, name):
        self.folders += 1
        path = os.path.join(self.folder, f"{self.folders:03}-{name}")
        os.mkdir(path)
        return path

    def make_corpus(self):
        stamp = os.path.join(self.corpus, "version")
        wanted = f"{CORPUS_VERSION} {self.options.messages} {self.options.cold_messages}\n"
        if os.path.exists(stamp):
            with open(stamp, encoding="ascii") as file:
                if file.read() == wanted:
                    return
        say(f"making the corpus in {self.corpus}")
        shutil.rmtree(self.corpus, ignore_errors=True)
        os.makedirs(self.corpus)
        subprocess.run([self.program("make_corpus"), self.corpus, str(self.options.messages),
                        str(self.options.cold_messages)], check=True)
        with open(stamp, "w", encoding="ascii") as file:
            file.write(wanted)

    def load(self, subject, messages, sessions, corpus="warm", start=0, seconds=0, per_connection=100):
        command = [self.program("milter_load"), "--corpus", self.corpus, "--set", corpus, "--sessions", str(sessions),
                   "--messages", str(messages), "--start", str(start), "--seconds", str(seconds),
                   "--per-connection", str(per_connection)]
        for milter in subject.milters:
            command += ["--milter", milter]
        before = machine.cpu_us(subject.roots)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        after = machine.cpu_us(subject.roots)
        if not done.stdout:
            raise RuntimeError(f"milter_load: {done.stderr.strip()}")
        report = json.loads(done.stdout)
        report["cpu_us"] = (after - before) / max(report["messages"], 1)
        report["memory_kib"] = machine.memory_kib(subject.roots)
        return report

    def record(self, subject, reports, **what):
        """One row: the middle of several rounds, figure by figure."""
        def middle(*path):
            values = []
            for report in reports:
                for key in path:
                    report = report[key]
                values.append(report)
            return statistics.median(values)

        verdicts = {word: min(r["verdicts"][word] / max(r["messages"], 1) for r in reports) for word in subject.wants}
        result = {"subject": subject.name, **what, "messages": sum(r["messages"] for r in reports),
                  "rounds": [{"cpu_us": r["cpu_us"], "rate": r["rate"]} for r in reports],
                  "cpu_us": middle("cpu_us"), "rate": middle("rate"),
                  "whole_us": {point: middle("whole_us", point) for point in POINTS},
                  "eom_us": {point: middle("eom_us", point) for point in POINTS},
                  "errors": sum(r["errors"] for r in reports), "refused": sum(r["refused"] for r in reports),
                  "memory_kib": max(r["memory_kib"] for r in reports),
                  "short": {word: share for word, share in sorted(verdicts.items()) if share < 1}}
        self.results.append(result)
        say(table.one_line(result))

    def measure(self, running, messages, rounds=None, **how):
        """Every subject in turn, and that several times: what else the machine does falls on all alike.
        @param messages  of a subject, how many messages each round takes; start: where each begins, by round"""
        rounds = rounds or self.options.rounds
        start, step = how.pop("start", 0), how.pop("step", 0)
        reports = {subject: [] for subject in running.subjects}
        for number in range(rounds):
            for subject in running.subjects:
                reports[subject].append(self.load(subject, messages(subject), start=start + number * step, **how))
        for subject, of_subject in reports.items():
            self.record(subject, of_subject, dns_ms=running.delay_ms, set=how["corpus"], sessions=how["sessions"],
                        per_connection=how.get("per_connection", 100))

    def close(self):
        if self.options.keep:
            say(f"configurations and logs: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def say(text):
    print(text, file=sys.stderr, flush=True)


class Running:
    """Subjects, all alive at once, with one DNS server beside them."""

    def __init__(self, bench, chosen, delay_ms):
        self.bench, self.started, self.delay_ms = bench, chosen, delay_ms
        self.subjects = chosen  # those that are measured
        self.dns = Dns(bench, delay_ms)
        try:
            for subject in chosen:
                subject.start(self.dns)
        except BaseException:
            self.__exit__()
            raise

    def warm_up(self):
        """Each loop or worker has caches of its own and sees half of the messages of a pass: after n passes it has
        seen all domains but 1 in 2^n."""
        for subject in self.subjects:
            for _ in range(8 if is_light(subject) else self.bench.options.warm_up):
                self.bench.load(subject, self.bench.options.messages, 16)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for subject in self.started:
            subject.stop()
        self.dns.stop()


def check_floor(bench, subject):
    """Once: does the floor compute the hashes that were signed?"""
    bench.check_floor = True
    with Running(bench, [subject], 0):
        bench.load(subject, bench.options.messages, 16)
    bench.check_floor = False
    with open(subject.path("floor.log"), encoding="ascii") as file:
        text = file.read()
    if f"as signed: {bench.options.messages}," not in text:
        raise RuntimeError(f"the floor does not do its work: {text}")


def is_light(subject):
    return subject.name == "floor" or subject.name.startswith("sekishod")


def run_warm(running, sessions_list, per_connection=100, rounds=None):
    """The corpus' domains are known: what counts is CPU. With another number of sessions the messages fall to other
    loops than before, so every number has a pass of its own that does not count."""
    bench = running.bench

    def messages(subject):
        return bench.options.messages * (4 if is_light(subject) else 1)

    for sessions in sessions_list:
        for subject in running.subjects:
            bench.load(subject, messages(subject), sessions, per_connection=per_connection)
        bench.measure(running, messages, rounds, sessions=sessions, corpus="warm", seconds=60,
                      per_connection=per_connection)


# sessions: where in the cold set the rounds begin and how many messages each takes; no domain comes twice to one
# process.
COLD = {1: (0, 100), 16: (300, 800), 100: (2700, 1600), 1000: (7500, 4000)}
COLD_ROUNDS = 3


def run_cold(running, sessions_list):
    """Every message is from a new domain."""
    for sessions in sessions_list:
        start, count = COLD[sessions]
        running.bench.measure(running, lambda _, count=count: count, COLD_ROUNDS, sessions=sessions, corpus="cold",
                              start=start, step=count, seconds=20)


def run_memory(bench, subject, messages):
    """Resident memory while very many messages from very many domains pass."""
    samples, stop = [], threading.Event()

    def sample():
        while not stop.wait(0.5):
            samples.append((round(time.monotonic() - began, 1), machine.rss_kib(subject.roots)))

    with Running(bench, [subject], 0):
        began = time.monotonic()
        thread = threading.Thread(target=sample)
        thread.start()
        try:
            report = bench.load(subject, messages, 1000, "cold")
        finally:
            stop.set()
            thread.join()
        idle = machine.rss_kib(subject.roots)
    samples = samples or [(0, idle)]
    report.update(subject=subject.name, kind="memory", samples=samples, after_kib=idle,
                  max_kib=max(kib for _, kib in samples))
    say(f"{subject.name}: {report['messages']} messages over 1000 sessions, at most "
        f"{report['max_kib'] / 1024:.1f} MiB, after it {idle / 1024:.1f} MiB")
    return report


def run_all(bench, chosen):
    every = [16] if bench.options.quick else [1, 16, 100, 1000]
    with Running(bench, chosen, 0) as running:
        running.warm_up()
        run_warm(running, every)
        if bench.options.quick:
            return None
        run_warm(running, [16], per_connection=1)
        running.subjects = [subject for subject in chosen if subject.uses_dns]
        run_cold(running, every)
    with Running(bench, [subject for subject in chosen if subject.uses_dns], 20) as running:
        running.warm_up()
        run_warm(running, every)
        run_cold(running, every)
    ours = [subject for subject in chosen if subject.name == "sekishod"]
    return run_memory(bench, ours[0], 100_000) if ours else None


def enter_namespace():
    """Start ourselves again where loopback is all the network there is; or, inside, set that up."""
    if os.environ.get(INSIDE) is None:
        rights = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "--net", "--mount", *rights, sys.executable, *sys.argv])
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "addr", "add", f"{DNS_ADDRESS}/32", "dev", "lo"], check=True)
    with tempfile.NamedTemporaryFile("w", suffix=".resolv.conf") as file:
        file.write(f"nameserver {DNS_ADDRESS}\noptions timeout:5 attempts:2\n")
        file.flush()
        os.chmod(file.name, 0o644)
        subprocess.run(["mount", "--bind", file.name, os.path.realpath("/etc/resolv.conf")], check=True)


def read_options():
    parser = argparse.ArgumentParser(description="Compare Sekisho with OpenDKIM+OpenDMARC and Rspamd.")
    parser.add_argument("--build", default=os.path.join(ROOT, "build/plain"), help="build directory (build/plain)")
    parser.add_argument("--daemon", help="another sekishod than the one in the build directory")
    parser.add_argument("--before", help="an older sekishod, as one more subject: the gate that only labels")
    parser.add_argument("--quick", action="store_true", help="a minute: 16 sessions, warm, DNS at once")
    parser.add_argument("--subjects", default=",".join(subject.name for subject in subjects.ALL if subject.name != "sekishod-before"))
    parser.add_argument("--inet", action="store_true", help="TCP instead of unix sockets between MTA and milters")
    parser.add_argument("--messages", type=int, default=2000, help="in the warm set, each from its own domain")
    parser.add_argument("--cold-messages", type=int, default=20000)
    parser.add_argument("--warm-up", type=int, default=None,
                        help="passes over the warm set (6; quick: 2; floor and Sekisho: 8)")
    parser.add_argument("--rounds", type=int, default=None,
                        help="of each warm measurement, the subjects in turn; the middle counts (3; quick: 1)")
    parser.add_argument("--json", help="also write all that was measured there")
    parser.add_argument("--update", help="put the tables into this page, behind its mark, and not on standard output")
    parser.add_argument("--keep", action="store_true", help="keep the subjects' configurations and logs")
    options = parser.parse_args()
    if options.rounds is None:
        options.rounds = 1 if options.quick else 3
    if options.warm_up is None:
        options.warm_up = 2 if options.quick else 6
    return options


def choose(bench):
    wanted = bench.options.subjects.split(",") + (["sekishod-before"] if bench.before else [])
    chosen = []
    for subject in (kind(bench) for kind in subjects.ALL if kind.name in wanted):
        why = subject.missing()
        if why is None:
            chosen.append(subject)
        else:
            say(f"left out: {subject.title}: {why}")
    return chosen


def publish(text, page):
    if page is None:
        print(text)
        return
    with open(page, encoding="utf-8") as file:
        before, mark, _ = file.read().partition(MARK)
    if not mark:
        raise SystemExit(f"{page} has no line {MARK}: the tables go behind it")
    with open(page, "w", encoding="utf-8") as file:
        file.write(f"{before}{mark}\n{text}")


def main():
    options = read_options()
    enter_namespace()
    bench = Bench(options)
    try:
        bench.make_corpus()
        chosen = choose(bench)
        for subject in chosen:
            if subject.name == "floor":
                check_floor(bench, subject)
        facts = machine.facts()
        memory = run_all(bench, chosen)
    finally:
        bench.close()
    record = {"facts": facts, "versions": {subject.name: subject.version() for subject in chosen},
              "results": bench.results, "memory": memory, "transport": "TCP" if options.inet else "unix sockets"}
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1)
    publish(table.render(record), options.update)
    return 0


if __name__ == "__main__":
    sys.exit(main())
