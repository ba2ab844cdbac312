#!/usr/bin/env python3
"""sekishod(8) and sekisho.conf(5): everything that the tables have is in them, and what they show can be used.

usage: daemon_manual_test.py PATH-OF-SEKISHO_TABLES PATH-OF-SEKISHOD FOLDER-OF-CATALOGUES
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from manpage import bare, lint  # noqa: E402
from tap import Tap  # noqa: E402

TABLES, SEKISHOD, CATALOGUES = (os.path.abspath(path) for path in sys.argv[1:4])
LANGUAGES = {"en": "C.UTF-8", "ja": "ja_JP.UTF-8"}


def run(*command, **variables):
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False,
                          env={**os.environ, "SEKISHO_LOCALEDIR": CATALOGUES, **variables})


def page(tap, name, section):
    """In every language; -> the English one"""
    pages = {}
    for language, locale in LANGUAGES.items():
        done = run(TABLES, f"{name}.{section}", LC_ALL=locale)
        tap.equal((done.returncode, done.stderr), (0, ""), f"{name}({section}) is written: {language}")
        pages[language] = done.stdout
        lint(tap, done.stdout, section, f"{name}({section}), {language}", language)
    return bare(pages["en"])


def block(text, title):
    return text.split(f'.SH "{title}"')[1].split("\n.SH")[0] + "\n"


def daemon(tap):
    text = page(tap, "sekishod", 8)
    options = block(text, "OPTIONS")
    told = re.findall(r"^  (-\w, --\S+(?: [A-Z]+)?)  +(.*)", run(SEKISHOD, "--help").stdout, re.M)
    tap.ok(len(told) >= 6, "--help tells options", told)
    for option, help_text in told:
        tap.contains(options, f".TP\n{option}\n{help_text}.\n", f"sekishod(8) has {option} with the words of --help")
    tap.equal(options.count(".TP"), len(told), "and no other")
    for signal in ("SIGHUP", "SIGTERM, SIGINT"):
        tap.contains(block(text, "SIGNALS"), f".TP\n{signal}\n", f"and {signal}")
    for status in "012":
        tap.contains(block(text, "EXIT STATUS"), f".TP\n{status}\n", f"and exit status {status}")
    shown = re.findall(r"\.nf\n(.*?)\n\.fi", block(text, "MAIL SERVERS"), re.S)
    lines = [line for path in ("postfix/main.cf", "sendmail/sekisho.mc")
             for line in (ROOT / "packaging" / path).read_text().splitlines()]
    tap.equal([line for part in shown for line in part.split("\n") if line not in lines], [],
              "what it shows for mail servers is what is packaged for them")
    tap.ok(len(shown) == 2, "for both of them", shown)


def configuration(tap):
    text = page(tap, "sekisho.conf", 5)
    options = block(text, "OPTIONS")
    sample = run(SEKISHOD, "--print-config-sample").stdout
    for section in re.split(r"\n(?=\[\w+\]\n)", sample)[1:]:
        name = section.split("\n")[0]
        told = options.split(f'.SS "{name}"\n')[1].split("\n.SS")[0] + "\n"
        for help_text, option, preset in re.findall(r"\n# (.*)\n#(\w+) =(.*)", section):
            entry = next((e for e in told.split(".TP\n")[1:] if e.startswith(f"{option} ")), "")
            help_text = help_text.removesuffix(" (Read at start only.)")
            tap.contains(entry, f"\n{help_text}\n", f"{name} {option}: the words of the sample")
            tap.equal(f"\nDefault: {preset.strip()}.\n" in entry, preset != "", f"{name} {option}: and its default")
    tap.equal(options.count(".TP"), len(re.findall(r"^#\w+ =", sample, re.M)), "there is no other option")
    tap.contains(options, "\nFrom 64KiB to 16MiB.\n", "sizes have their range with units")
    tap.contains(options, "\nFrom 100ms to 280s.\n", "so have durations")
    tap.contains(options, "\nOne of: stderr, syslog.\n", "words are named")
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        example = re.search(r"\.nf\n(.*?)\n\.fi", block(text, "EXAMPLES"), re.S).group(1)
        # what this machine may not have
        file.write("[daemon]\nuser = nobody\n[inbound]\nsocket_group =\n" +
                   example.replace("/usr/share/dns/root.key", file.name))
        file.flush()
        done = run(SEKISHOD, "--check-config", file.name)
        tap.equal((done.returncode, done.stderr), (0, ""), "the example is a sound configuration")


def body(tap):
    daemon(tap)
    configuration(tap)


Tap().run(body)
