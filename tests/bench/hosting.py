#!/usr/bin/env python3
"""What hosting costs in the store, with both databases: hosting.py BUILD_DIR [IMPORTED [SIZE]].

Each database is new and keeps what it commits safe (fsync). See hosting_bench.c for what is timed."""
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from postgresql import PostgreSQL, programs  # noqa: E402


def measure(name, program, url, arguments):
    print(f"# {name}", flush=True)
    subprocess.run([program, url, *arguments], check=True)


def main():
    program = pathlib.Path(sys.argv[1]) / "tests" / "bench" / "hosting_bench"
    with tempfile.TemporaryDirectory(prefix="sekisho-bench-") as folder:
        measure("SQLite", program, f"sqlite:{folder}/store", sys.argv[2:])
    if programs() is None:
        print("# PostgreSQL is not installed")
        return
    with PostgreSQL(is_safe=True) as server:
        measure("PostgreSQL", program, server.url, sys.argv[2:])


if len(sys.argv) < 2:
    sys.exit(__doc__)
main()
