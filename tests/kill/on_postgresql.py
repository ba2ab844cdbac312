#!/usr/bin/env python3
"""The kill test with PostgreSQL in the place of SQLite.

usage: on_postgresql.py PATH-OF-JOURNAL-KILL [SECONDS [SEED]]
"""
import os
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from postgresql import PostgreSQL, programs  # noqa: E402

if programs() is None:
    print("1..0 # SKIP PostgreSQL is not installed")
    sys.exit(0)
seconds = sys.argv[2] if len(sys.argv) > 2 else "8"
seed = sys.argv[3] if len(sys.argv) > 3 else str(int(time.time()))
with PostgreSQL() as server:
    sys.exit(subprocess.run([os.path.abspath(sys.argv[1]), seconds, seed, server.url]).returncode)
