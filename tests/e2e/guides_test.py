#!/usr/bin/env python3
"""What the documents tell to type exists: every command with its options, and every choice of a policy with its value.

usage: guides_test.py PATH-OF-SEKISHO
"""
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from commands import commands  # noqa: E402
from tap import Tap  # noqa: E402

SEKISHO = os.path.abspath(sys.argv[1])
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# Given beside a command, and told once for all of them in docs/cli.md.
OF_ALL = {"--help", "--json"}


def sekisho(*words):
    done = subprocess.run([SEKISHO, *words], capture_output=True, text=True, encoding="utf-8", timeout=60)
    return done.returncode, done.stdout, done.stderr


def spans(text):
    """Code in the text, and each line of a block of it."""
    blocks = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
    for block in blocks.findall(text):
        yield from block.splitlines()[1:-1]
    rest = blocks.sub("", text)
    yield from (line for line in rest.splitlines() if line.startswith("    "))
    yield from re.findall(r"`([^`\n]+)`", rest)


def typed(text):
    """The words behind each "sekisho" that stands where a command does."""
    for span in spans(text):
        for command in re.findall(r"(?:^|[|;&] |sudo )\s*sekisho ((?:[^|;&#]|\|(?! ))+)", span):
            words = command.split()
            if re.fullmatch(r"[a-z-]+", words[0]):
                yield words


def command_of(words, names):
    """-> the longest command that they begin with, "" for none"""
    return next((" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in names), "")


def takes(helps, command, option):
    if command not in helps:
        helps[command] = sekisho(*command.split(), "--help")[1]
    return option in OF_ALL or re.search(rf"^  {option}\b", helps[command], re.MULTILINE) is not None


def commands_exist(tap, text, name, names, helps):
    count = 0
    for words in typed(text):
        command = command_of(words, names)
        wrong = [word for word in words if re.fullmatch(r"--[a-z0-9-]+", word) and command and not takes(helps, command, word)]
        count += 1
        if not command or wrong:
            tap.ok(False, f"{name}: `sekisho {' '.join(words)}`", f"no such {'option: ' + ' '.join(wrong) if command else 'command'}")
    tap.ok(True, f"{name}: {count} commands exist")


def choices_exist(tap, text, name, options):
    count = 0
    for span in spans(text):
        for option, sign, value in re.findall(r"(?:^|\s)([a-z]+(?:-[a-z]+)*)(=| )(\w[\w-]*)(?=$|\s)", span):
            words = options.get(option)
            if words is None or (sign == " " and value not in words):
                continue
            count += 1
            if sign == " " or (len(words) > 1 and value not in words):
                tap.ok(False, f"{name}: `{option}{sign}{value}`", f"it is {option}=…, with one of: {', '.join(words)}")
    tap.ok(True, f"{name}: {count} choices exist")


def body(tap):
    names, helps = set(commands(sekisho)), {}
    options = {option["name"]: option["values"].split(", ")
               for option in json.loads(sekisho("policy", "options", "--json")[1])["options"]}
    tap.ok(len(names) > 40 and options["filter"] == ["off", "observe", "on"], "there is something to compare with", str(names))
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        commands_exist(tap, text, path.name, names, helps)
        choices_exist(tap, text, path.name, options)


Tap().run(body)
