#!/usr/bin/env python3
"""The languages of `sekisho`: which one is chosen, and whether the catalogues in po/ fit the sources.

usage: language_test.py PATH-OF-SEKISHO
"""
import ast
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from tap import Tap  # noqa: E402

SEKISHO = os.path.abspath(sys.argv[1])
COMPLETE = []  # languages whose catalogue must say everything: ["ja"]
SENTENCE = "Exit: 0 done, 1 the answer is no, 2 usage, 3 temporary failure."
HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


def read_catalogue(path):
    with open(path, encoding="utf-8") as file:
        return read_catalogue_text(file.read())


def read_catalogue_text(text):
    """[(text, [translations], is_fuzzy)], without the head"""
    entries, fields, is_fuzzy = [], {}, False
    key = None
    for line in [*text.splitlines(), ""]:
        word = re.match(r'(msgid|msgid_plural|msgstr|msgstr\[\d+\]) (".*")$', line)
        if line.startswith("#,"):
            is_fuzzy = "fuzzy" in line
        elif word:
            key = word[1]
            fields[key] = ast.literal_eval(word[2])
        elif line.startswith('"'):
            fields[key] += ast.literal_eval(line)
        elif line == "" and fields:
            if fields["msgid"] != "":
                entries.append((fields["msgid"], [v for k, v in fields.items() if k.startswith("msgstr")], is_fuzzy))
            fields, is_fuzzy = {}, False
    return entries


def has_words(text):
    return re.search("[A-Za-z]{2}", re.sub(r"%[0-9$.*lzh]*[a-z]", "", text)) is not None


def template(tap):
    if shutil.which("xgettext") is None:
        print("# SKIP xgettext is not installed", flush=True)
        return
    done = subprocess.run([os.path.join(ROOT, "tools", "pot"), "-"], capture_output=True, text=True, timeout=60)
    with open(os.path.join(ROOT, "po", "sekisho.pot"), encoding="utf-8") as file:
        tap.ok(done.stdout == file.read(), "po/sekisho.pot is what the sources say; tools/pot brings it up to date",
               done.stderr)


def catalogues(tap):
    texts = {text for text, _, _ in read_catalogue(os.path.join(ROOT, "po", "sekisho.pot"))}
    for path in sorted(glob.glob(os.path.join(ROOT, "po", "*.po"))):
        name = os.path.basename(path)
        entries = read_catalogue(path)
        tap.equal({text for text, _, _ in entries}, texts, f"{name} has the texts of the template, no more and no less")
        tap.equal([text for text, _, is_fuzzy in entries if is_fuzzy], [], f"{name}: nothing is fuzzy")
        places = [text for text, shown, _ in entries for one in shown if one and
                  set(re.findall(r"\{\w+\}", one)) != set(re.findall(r"\{\w+\}", text))]
        tap.equal(places, [], f"{name}: every {{place}} of a text is in its translation")
        missing = [text for text, shown, _ in entries if "" in shown and has_words(text)]
        if name.removesuffix(".po") in COMPLETE:
            tap.equal(missing, [], f"{name}: nothing is untranslated")
        else:
            print(f"# {name}: {len(entries) - len(missing)} of {len(entries)} texts are translated", flush=True)


def marked(files, keyword):
    done = subprocess.run(["xgettext", "--output=-", "--language=C", "--from-code=UTF-8", "--omit-header", "--keyword",
                           f"--keyword={keyword}", *files], capture_output=True, text=True, cwd=ROOT, timeout=60)
    return {text for text, _, _ in read_catalogue_text(done.stdout)}


def patterns(tap):
    """An error with something in it is translated by the table of src/cli/reason.c: it must be there."""
    if shutil.which("xgettext") is None:
        print("# SKIP xgettext is not installed", flush=True)
        return
    known = marked(["src/cli/reason.c"], "N_")
    for room in ("base", "dns", "dns/driver", "message", "auth", "domain", "cli"):
        files = [f for f in glob.glob(f"src/{room}/*.c", root_dir=ROOT) if not f.endswith("_test.c")]
        missing = {t for t in marked(files, "seki_error_set:2") if "%" in t and t != "%s"} - known
        tap.equal(sorted(missing), [], f"src/{room}: errors with something in them are in src/cli/reason.c")


def overview(**variables):
    clean = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")}
    return subprocess.run([SEKISHO, "--help"], capture_output=True, text=True, encoding="utf-8", timeout=60,
                          env={**clean, **variables}).stdout


def choice(tap, folder):
    """With a catalogue of one sentence of our own."""
    catalogue = os.path.join(folder, "any", "LC_MESSAGES")
    os.makedirs(catalogue)
    text = HEAD + f'msgid "{SENTENCE}"\nmsgstr "終了コードの文"\n'
    subprocess.run(["msgfmt", "-o", os.path.join(catalogue, "sekisho-ja.mo"), "-"], input=text.encode(), check=True)
    table = [
        ("nothing set", {}, False),
        ("LANG", {"LANG": "ja_JP.UTF-8"}, True),
        ("LANG without encoding", {"LANG": "ja"}, True),
        ("LANG of another encoding; the output is UTF-8", {"LANG": "ja_JP.eucJP"}, True),
        ("LC_MESSAGES before LANG", {"LANG": "en_GB.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8"}, True),
        ("LC_ALL before LC_MESSAGES", {"LC_ALL": "C.UTF-8", "LC_MESSAGES": "ja_JP.UTF-8"}, False),
        ("an empty LC_ALL counts as not set", {"LC_ALL": "", "LANG": "ja_JP.UTF-8"}, True),
        ("LANGUAGE before a locale with a language", {"LANG": "en_US.UTF-8", "LANGUAGE": "ja:en"}, True),
        ("LANGUAGE away from Japanese", {"LANG": "ja_JP.UTF-8", "LANGUAGE": "en"}, False),
        ("LANGUAGE without a locale counts nothing", {"LANGUAGE": "ja"}, False),
        ("LANGUAGE beside C counts nothing", {"LC_ALL": "C.UTF-8", "LANGUAGE": "ja"}, False),
        ("another language that begins so", {"LANG": "jam_JM.UTF-8"}, False),
        ("a language that we do not have", {"LANG": "fr_FR.UTF-8"}, False),
    ]
    for name, variables, is_japanese in table:
        out = overview(SEKISHO_LOCALEDIR=folder, **variables)
        tap.equal(("終了コードの文" in out, SENTENCE in out), (is_japanese, not is_japanese),
                  f"{name}: {'Japanese' if is_japanese else 'English'}")
    tap.ok(SENTENCE in overview(LANG="ja_JP.UTF-8", SEKISHO_LOCALEDIR="/nonexistent"), "no catalogue: English")
    tap.ok("usage: sekisho" in overview(LANG="ja_JP.UTF-8", SEKISHO_LOCALEDIR=folder),
           "a text that is not in the catalogue: English")


def body(tap):
    template(tap)
    catalogues(tap)
    patterns(tap)
    with tempfile.TemporaryDirectory() as folder:
        choice(tap, folder)


Tap().run(body)
