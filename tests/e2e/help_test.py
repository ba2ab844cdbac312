#!/usr/bin/env python3
"""--help of every command fits a screen of 24 lines and 80 columns, and every wrong option is told what is wrong with it.

usage: help_test.py PATH-OF-SEKISHO
"""
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from commands import commands  # noqa: E402
from tap import Tap  # noqa: E402

SEKISHO = os.path.abspath(sys.argv[1])
LINES, COLUMNS = 24, 80


def sekisho(*words):
    done = subprocess.run([SEKISHO, *words], capture_output=True, text=True, encoding="utf-8", timeout=60)
    return done.returncode, done.stdout, done.stderr


def fits(tap, text, name):
    lines = text.splitlines()
    widest = max(lines, key=len)
    tap.ok(len(lines) <= LINES, f"{name}: at most {LINES} lines", f"{len(lines)} lines\n{text}")
    tap.ok(len(widest) <= COLUMNS, f"{name}: at most {COLUMNS} columns", widest)
    # one line for each: what is wrapped begins in a column that no name begins in
    tap.ok(not any(re.match(r" {3,}\S", line) for line in lines), f"{name}: no line had to be wrapped; shorten its help",
           text)


def screens(tap):
    code, overview, _ = sekisho("--help")
    tap.equal(code, 0, "--help exits 0")
    fits(tap, overview, "--help")
    names = commands(sekisho)
    tap.ok(len(names) >= 10, "--help leads to the commands", overview)
    for noun in sorted({name.split()[0] for name in names if " " in name}):
        code, text, _ = sekisho(noun, "--help")
        tap.equal(code, 0, f"{noun} --help exits 0")
        fits(tap, text, f"{noun} --help")
    for name in names:
        code, text, _ = sekisho(*name.split(), "--help")
        tap.equal(code, 0, f"{name} --help exits 0")
        fits(tap, text, f"{name} --help")


def halves(tap):
    code, out, err = sekisho("spf", "--help")
    tap.ok(code == 0 and "  spf check" in out and "  sign" not in out and err == "", "a noun's --help lists its verbs", out)
    code, out, err = sekisho("spf")
    tap.ok(code == 2 and "  spf check" in err and "  sign" not in err and out == "", "a noun alone: its verbs, exit 2", err)


def refusals(tap):
    table = [
        ("a mistyped noun", ["vrify", "x"], 'there is no command "vrify x"; did you mean "verify"?'),
        ("a mistyped verb", ["spf", "chekc"], 'there is no command "spf chekc"; did you mean "check"?'),
        ("nothing near it", ["frobnicate"], 'there is no command "frobnicate"\n'),
        ("a mistyped option", ["verify", "--zoen", "x"], 'verify has no option "--zoen"; did you mean --zone?'),
        ("an option of another command", ["verify", "--bits=2048", "x"], 'verify has no option "--bits"'),
        ("a short option", ["verify", "-xy"], 'verify has no option "-x"'),
        ("a beginning of several options", ["verify", "--d", "x"], 'verify has no option "--d"'),
        ("an option without its value", ["verify", "x", "--ip"], "--ip needs a value: --ip ADDR"),
        ("a value that is too much", ["verify", "--json=x"], "--json takes no value"),
        ("a number past its bounds", ["key", "generate", "--bits", "1024"], "--bits takes a whole number from 2048 to 4096"),
        ("no number", ["verify", "--time", "1e3"], "--time takes a whole number"),
        ("a word that is not one of them", ["spf", "check", "--scope", "spf3"],
         '--scope takes one of spf1, helo, mfrom, pra; not "spf3"'),
        ("an empty word", ["dmarc", "policy", "--discovery", ""], "--discovery takes one of treewalk, psl"),
    ]
    for name, words, want in table:
        code, out, err = sekisho(*words)
        tap.ok(code == 2 and want in err and out == "", f"{name}: exit 2 and a sentence", f"exit {code}\n{out}{err}")


def body(tap):
    screens(tap)
    halves(tap)
    refusals(tap)


Tap().run(body)
