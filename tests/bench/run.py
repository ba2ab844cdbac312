#!/usr/bin/python3
"""The benchmark: Sekisho, OpenDKIM+OpenDMARC and Rspamd do the same work on the same messages and DNS answers.

    run.py --build BUILD_DIR [--quick] [--subjects A,B] [--json FILE] [--markdown FILE]

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
        return report

    def measure(self, subject, dns_ms, corpus, sessions, messages, rounds=1, **how):
        """Several rounds; the one in the middle by CPU stands for all, with the whole range beside it."""
        reports = [self.load(subject, messages, sessions, corpus, **how) for _ in range(rounds)]
        reports.sort(key=lambda report: report["cpu_us"])
        result = reports[len(reports) // 2]
        count = max(result["messages"], 1)
        result.update(subject=subject.name, dns_ms=dns_ms, set=corpus, sessions=sessions,
                      per_connection=how.get("per_connection", 100), cpu_range=[r["cpu_us"] for r in
                                                                                (reports[0], reports[-1])],
                      rate=statistics.median(r["rate"] for r in reports),
                      memory_kib=machine.memory_kib(subject.roots), rss_kib=machine.rss_kib(subject.roots),
                      short={word: result["verdicts"][word] / count for word in sorted(subject.wants)
                             if result["verdicts"][word] != result["messages"]})
        self.results.append(result)
        say(table.one_line(result))
        return result

    def close(self):
        if self.options.keep:
            say(f"configurations and logs: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


def say(text):
    print(text, file=sys.stderr, flush=True)


class Running:
    """A subject with DNS beside it, its caches warmed."""

    def __init__(self, bench, subject, delay_ms, warm_up):
        self.bench, self.subject = bench, subject
        self.dns = Dns(bench, delay_ms)
        try:
            subject.start(self.dns)
            for _ in range(warm_up):
                bench.load(subject, bench.options.messages, 16)
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self):
        return self.subject

    def __exit__(self, *_):
        self.subject.stop()
        self.dns.stop()


def check_floor(bench, subject):
    """Once: does the floor compute the hashes that were signed?"""
    bench.check_floor = True
    with Running(bench, subject, 0, 1):
        pass
    bench.check_floor = False
    with open(subject.path("floor.log"), encoding="ascii") as file:
        text = file.read()
    if f"as signed: {bench.options.messages}," not in text:
        raise RuntimeError(f"the floor does not do its work: {text}")


def is_light(subject):
    return subject.name in ("floor", "sekishod")


def warm_up(bench, subject):
    """Each loop or worker has caches of its own and sees half of the messages of a pass: after n passes it has seen
    all domains but 1 in 2^n."""
    return 8 if is_light(subject) else bench.options.warm_up


def warm_messages(bench, subject):
    return bench.options.messages * (4 if is_light(subject) else 1)


def run_warm(bench, subject, delay_ms, sessions_list, rounds):
    """The corpus' domains are known: what counts is CPU. With another number of sessions the messages fall to other
    loops than before, so every number has a pass of its own that does not count."""
    with Running(bench, subject, delay_ms, warm_up(bench, subject)):
        for sessions in sessions_list:
            bench.load(subject, warm_messages(bench, subject), sessions)
            bench.measure(subject, delay_ms, "warm", sessions, warm_messages(bench, subject), rounds, seconds=60)


# sessions: messages and where in the cold set they begin, so that no domain comes twice to one process.
COLD = {1: (0, 300), 16: (300, 2500), 100: (2800, 5000), 1000: (7800, 12000)}


def run_cold(bench, subject, delay_ms, sessions_list):
    """Every message is from a new domain. The process itself is warmed up with other domains."""
    with Running(bench, subject, delay_ms, 1):
        for sessions in sessions_list:
            start, messages = COLD[sessions]
            bench.measure(subject, delay_ms, "cold", sessions, messages, 1, start=start, seconds=20)


def run_single(bench, subject):
    """One message per connection, as most SMTP clients do it."""
    with Running(bench, subject, 0, warm_up(bench, subject)):
        bench.load(subject, warm_messages(bench, subject), 16, per_connection=1)
        bench.measure(subject, 0, "warm", 16, warm_messages(bench, subject), bench.options.rounds, per_connection=1,
                      seconds=60)


def run_memory(bench, subject, messages):
    """Resident memory while very many messages from very many domains pass."""
    samples, stop = [], threading.Event()

    def sample():
        while not stop.wait(0.5):
            samples.append((round(time.monotonic() - began, 1), machine.rss_kib(subject.roots)))

    with Running(bench, subject, 0, 0):
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
    if bench.options.quick:
        for subject in chosen:
            run_warm(bench, subject, 0, [16], 1)
        return None
    every = [1, 16, 100, 1000]
    for delay_ms in (0, 20):
        for subject in chosen:
            if subject.uses_dns or delay_ms == 0:
                run_warm(bench, subject, delay_ms, every, bench.options.rounds)
            if subject.uses_dns:
                run_cold(bench, subject, delay_ms, every)
    for subject in chosen:
        run_single(bench, subject)
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
    parser.add_argument("--quick", action="store_true", help="a minute: 16 sessions, warm, DNS at once")
    parser.add_argument("--subjects", default=",".join(subject.name for subject in subjects.ALL))
    parser.add_argument("--inet", action="store_true", help="TCP instead of unix sockets between MTA and milters")
    parser.add_argument("--messages", type=int, default=2000, help="in the warm set, each from its own domain")
    parser.add_argument("--cold-messages", type=int, default=20000)
    parser.add_argument("--warm-up", type=int, default=None,
                        help="passes over the warm set (6; quick: 2; floor and Sekisho: 8)")
    parser.add_argument("--rounds", type=int, default=3, help="of each warm measurement; the middle one counts")
    parser.add_argument("--json", help="also write all that was measured there")
    parser.add_argument("--markdown", help="write the tables there instead of to standard output")
    parser.add_argument("--keep", action="store_true", help="keep the subjects' configurations and logs")
    options = parser.parse_args()
    if options.warm_up is None:
        options.warm_up = 2 if options.quick else 6
    return options


def choose(bench):
    wanted = bench.options.subjects.split(",")
    chosen = []
    for subject in (kind(bench) for kind in subjects.ALL if kind.name in wanted):
        why = subject.missing()
        if why is None:
            chosen.append(subject)
        else:
            say(f"left out: {subject.title}: {why}")
    return chosen


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
    text = table.render(record)
    if options.markdown:
        with open(options.markdown, "w", encoding="utf-8") as file:
            file.write(text)
    else:
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
