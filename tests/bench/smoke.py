#!/usr/bin/python3
"""Do the benchmark's programs work together? A small corpus through two floors in a chain, each of which has to find
the body hashes that were signed.

    smoke.py MAKE_CORPUS MILTER_LOAD FLOOR
"""

import json
import subprocess
import sys
import tempfile

import machine

MESSAGES = 8


def main():
    make_corpus, milter_load, floor = sys.argv[1:]
    with tempfile.TemporaryDirectory(prefix="sekisho-bench-") as folder:
        subprocess.run([make_corpus, folder, str(MESSAGES), str(MESSAGES)], check=True)
        address, log = f"unix:{folder}/floor.sock", f"{folder}/floor.log"
        process = machine.start([floor, address, "--check"], log)
        try:
            machine.wait_for(address, process, "floor")
            done = subprocess.run([milter_load, "--milter", address, "--milter", address, "--corpus", folder, "--set",
                                   "cold", "--sessions", "3", "--messages", str(2 * MESSAGES), "--per-connection", "2"],
                                  stdout=subprocess.PIPE, check=True)
        finally:
            machine.stop(process)
        report = json.loads(done.stdout)
        assert (report["messages"], report["errors"], report["refused"]) == (2 * MESSAGES, 0, 0), report
        with open(log, encoding="utf-8") as file:
            text = file.read()
        assert f"{4 * MESSAGES} messages, body hash as signed: {4 * MESSAGES}, other: 0" in text, text
    assert process.returncode == 0, process.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
