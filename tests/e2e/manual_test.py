#!/usr/bin/env python3
"""The manual page of `sekisho`: everything that the tables have is in it, its examples can be run, and groff, mandoc and
man find nothing wrong with it, in every language.

usage: manual_test.py PATH-OF-SEKISHO_TABLES PATH-OF-SEKISHO FOLDER-OF-CATALOGUES
"""
import os
import re
import shlex
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from commands import commands  # noqa: E402
from manpage import bare, lint  # noqa: E402
from tap import Tap  # noqa: E402

TABLES, SEKISHO, CATALOGUES = (os.path.abspath(path) for path in sys.argv[1:4])
LANGUAGES = {"en": "C.UTF-8", "ja": "ja_JP.UTF-8"}


def run(command, **variables):
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60,
                          env={**os.environ, "SEKISHO_LOCALEDIR": CATALOGUES, **variables})


def content(tap, page):
    text = bare(page)
    names = commands(lambda *words: (0, run([SEKISHO, *words]).stdout))
    tap.ok(len(names) >= 10, "--help leads to the commands")
    for command in names:
        tap.contains(text, f"\nsekisho {command} [OPTION…]", f"{command}: is in the synopsis")
        for option in re.findall(r"^  (--\S+)", run([SEKISHO, *command.split(), "--help"]).stdout, re.M):
            heads = [h for h in re.split(r"^\.S[SH] ", text, flags=re.M) if re.search(rf"^{option}\b", h, re.M)]
            told = [h.splitlines()[0].strip('"').split(", ") for h in heads]
            mine = [takers for takers in told if command in takers or takers == ["All commands"]]
            tap.ok(len(mine) == 1, f"{command} {option}: told once, with the command", str(told))
    for title in ("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "ENVIRONMENT", "EXAMPLES", "SEE ALSO"):
        tap.contains(page, f'.SH "{title}"\n', f"there is a section {title}")
    examples = re.findall(r"^sekisho [a-z].*", text.split('.SH "EXAMPLES"')[1], re.M)
    tap.ok(len(examples) >= 5, "there are examples", text)
    for example in examples:
        words = shlex.split(example.split("|")[0])[1:]
        done = run([SEKISHO, *words, "--help"])
        tap.equal((done.returncode, done.stderr), (0, ""), f"{example}: is a command that there is")


def body(tap):
    for language, locale in LANGUAGES.items():
        done = run([TABLES, "sekisho.1"], LC_ALL=locale)
        tap.equal((done.returncode, done.stderr), (0, ""), f"{language}: the page is written")
        lint(tap, done.stdout, 1, language, language)
        if language == "en":
            content(tap, done.stdout)


Tap().run(body)
