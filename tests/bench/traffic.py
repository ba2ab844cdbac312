#!/usr/bin/env python3
"""What recorded traffic costs, with both databases: traffic.py BUILD_DIR [MESSAGES].

Messages are taken over into a new store (traffic_bench.c: authors and networks of which most write once), and as many of
one domain (traffic_maker.c) are judged again by `sekisho policy what-if`; as many rows of failing mail are looked through as
`sekisho stats failing` does (failing_bench.c). Each database keeps what it commits safe
(fsync). Then what a record costs in the journal (journal_bench.c)."""
import os
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from postgresql import PostgreSQL, programs  # noqa: E402

DOMAIN = "customer.example"
DAYS = "20"


def what_if(build, url, messages):
    sekisho = build / "src" / "cli" / "sekisho"
    for words in (["tenant", "add", "customer"], ["domain", "add", DOMAIN, "--tenant", "customer"]):
        subprocess.run([sekisho, *words, "--store", url], check=True, stdout=subprocess.DEVNULL)
    begin = time.monotonic()
    subprocess.run([build / "tests" / "traffic_maker", url, DOMAIN, messages, DAYS], check=True)
    print(f"{messages} messages of one domain taken over: {int(messages) / (time.monotonic() - begin):.0f}/s", flush=True)
    for _ in range(3):
        begin, before = time.monotonic(), os.times()
        subprocess.run([sekisho, "policy", "what-if", DOMAIN, "on-dmarc-reject=refuse", "--store", url], check=True,
                       stdout=subprocess.DEVNULL)
        after = os.times()
        cpu = after.children_user + after.children_system - before.children_user - before.children_system
        print(f"what-if: {time.monotonic() - begin:.1f} s, of which {cpu:.1f} s CPU of the command", flush=True)


def measure(name, build, urls, messages):
    print(f"# {name}; load average {os.getloadavg()[0]:.2f}", flush=True)
    subprocess.run([build / "tests" / "bench" / "traffic_bench", next(urls), messages], check=True)
    what_if(build, next(urls), messages)
    subprocess.run([build / "tests" / "bench" / "failing_bench", next(urls), messages], check=True)


def main():
    build = pathlib.Path(sys.argv[1])
    messages = sys.argv[2] if len(sys.argv) > 2 else "1000000"
    with tempfile.TemporaryDirectory(prefix="sekisho-bench-") as folder:
        measure("SQLite", build, (f"sqlite:{folder}/{name}" for name in ("many", "one", "failing")), messages)
        print("# Journal", flush=True)
        subprocess.run([build / "tests" / "bench" / "journal_bench", folder], check=True)
    if programs() is None:
        print("# PostgreSQL is not installed")
        return

    def urls():
        while True:
            with PostgreSQL(is_safe=True) as server:
                yield server.url

    measure("PostgreSQL", build, urls(), messages)


if len(sys.argv) < 2:
    sys.exit(__doc__)
main()
