#!/usr/bin/env python3
"""Our clamd client and a real clamd with one signature of its own: clean, found, too long, frozen, and gone."""
import base64
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from clamd import Clamd  # noqa: E402
from tap import Tap  # noqa: E402

HEADER = b"From: a@example.net\r\nTo: b@example.com\r\nSubject: test\r\nMIME-Version: 1.0\r\n"
TEXT = HEADER + b"\r\nNothing to find here.\r\n"
ATTACHED = (HEADER + b"Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
            base64.encodebytes(b"x" * 1000 + Clamd.INFECTED).replace(b"\n", b"\r\n"))


def ask(program, address, message, timeout_ms=10000, max_octets=50_000_000, piece=65536):
    done = subprocess.run([program, address, str(timeout_ms), str(max_octets), str(piece)], input=message,
                          stdout=subprocess.PIPE, timeout=60, check=True)
    return done.stdout.decode().strip()


def check(tap):
    program = sys.argv[1]
    with Clamd() as clamd:
        found = f"found {Clamd.SIGNATURE}"
        tap.equal(ask(program, clamd.address, TEXT), "clean", "a message with nothing in it is clean")
        tap.equal(ask(program, clamd.address, HEADER + b"\r\n" + Clamd.INFECTED), found, "the signature is found in text")
        tap.equal(ask(program, clamd.address, ATTACHED), found, "and in an attachment")
        tap.equal(ask(program, clamd.address, ATTACHED, piece=1), found, "and in pieces of one octet")
        tap.equal(ask(program, clamd.address, b""), "clean", "an empty message is clean")
        answer = ask(program, clamd.address, HEADER + b"\r\n" + b"x" * 8_000_000)
        tap.contains(answer, "INSTREAM size limit exceeded", "past StreamMaxLength the reason is read after the reset")
        tap.equal(ask(program, clamd.address, TEXT, max_octets=20),
                  "too long: the message is longer than may be scanned", "a message over our own bound is not sent")
        clamd.freeze()
        tap.equal(ask(program, clamd.address, TEXT, timeout_ms=300), "no answer: clamd does not answer",
                  "a clamd that hangs ends in time")
        clamd.thaw()
        tap.equal(ask(program, clamd.address, ATTACHED), found, "and when it is back it answers again")
        address = clamd.address
    tap.equal(ask(program, address, TEXT), "no answer: clamd cannot be reached", "a clamd that is gone is told at once")


if __name__ == "__main__":
    if Clamd.program() is None:
        print("1..0 # SKIP clamd is not installed")
        sys.exit(0)
    Tap().run(check)
