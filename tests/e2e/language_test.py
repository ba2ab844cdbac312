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
TEMPLATE = os.path.join(ROOT, "po", "sekisho.pot")
COMPLETE = ["ja"]  # languages whose catalogue must say everything
SENTENCE = "Exit: 0 done, 1 no, 2 usage, 3 temporary failure. FILE - is standard input."
HEAD = ('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n'
        '"Plural-Forms: nplurals=1; plural=0;\\n"\n\n')


class Entry:
    def __init__(self, fields, is_fuzzy):
        self.text, self.plural, self.is_fuzzy = fields["msgid"], fields.get("msgid_plural"), is_fuzzy
        self.shown = [value for key, value in fields.items() if key.startswith("msgstr")]


def read_catalogue(path):
    with open(path, encoding="utf-8") as file:
        return read_entries(file.read())


def read_entries(text):
    """Without the head."""
    entries, fields, is_fuzzy, key = [], {}, False, None
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
                entries.append(Entry(fields, is_fuzzy))
            fields, is_fuzzy = {}, False
    return entries


def has_words(text):
    return re.search("[A-Za-z]{2}", re.sub(r"%[0-9$.*lzh]*[a-z]", "", text)) is not None


def template(tap):
    if shutil.which("xgettext") is None:
        print("# SKIP xgettext is not installed", flush=True)
        return
    done = subprocess.run([os.path.join(ROOT, "tools", "pot"), "-"], capture_output=True, text=True, timeout=60)
    with open(TEMPLATE, encoding="utf-8") as file:
        tap.ok(done.stdout == file.read(), "po/sekisho.pot is what the sources say; tools/pot brings it up to date",
               done.stderr)


def catalogues(tap):
    texts = {entry.text for entry in read_catalogue(TEMPLATE)}
    for path in sorted(glob.glob(os.path.join(ROOT, "po", "*.po"))):
        name = os.path.basename(path)
        entries = read_catalogue(path)
        tap.equal({entry.text for entry in entries}, texts, f"{name} has the texts of the template, no more and no less")
        tap.equal([entry.text for entry in entries if entry.is_fuzzy], [], f"{name}: nothing is fuzzy")
        places = [entry.text for entry in entries for one in entry.shown if one and
                  set(re.findall(r"\{\w+\}", one)) != set(re.findall(r"\{\w+\}", entry.text))]
        tap.equal(places, [], f"{name}: every {{place}} of a text is in its translation")
        missing = [entry.text for entry in entries if "" in entry.shown and has_words(entry.text)]
        if name.removesuffix(".po") in COMPLETE:
            tap.equal(missing, [], f"{name}: nothing is untranslated")
        else:
            print(f"# {name}: {len(entries) - len(missing)} of {len(entries)} texts are translated", flush=True)


def marked(files, keyword):
    """The texts in this place, be they in N_() or not."""
    source = ""
    for name in files:
        with open(os.path.join(ROOT, name), encoding="utf-8") as file:
            source += re.sub(r'\bN_\(((?:"(?:[^"\\]|\\.)*"\s*)+)\)', r"N_(\1)" if keyword == "N_" else r"\1", file.read())
    done = subprocess.run(["xgettext", "--output=-", "--language=C", "--from-code=UTF-8", "--omit-header", "--keyword",
                           f"--keyword={keyword}", "-"], input=source, capture_output=True, text=True, timeout=60)
    return {entry.text for entry in read_entries(done.stdout)}


def patterns(tap):
    """An error with something in it is translated by the table of src/cli/reason.c: it must be there."""
    if shutil.which("xgettext") is None:
        print("# SKIP xgettext is not installed", flush=True)
        return
    known = marked(["src/cli/reason.c"], "N_")
    for room in ("base", "dns", "dns/driver", "message", "auth", "domain", "policy", "store", "cli"):
        files = [f for f in glob.glob(f"src/{room}/*.c", root_dir=ROOT) if not f.endswith("_test.c")
                 and not os.path.basename(f).startswith(("sql", "migrat", "postgresql"))]
        errors = marked(files, "seki_error_set:2") | marked(files, "cli_import_refuse:3")
        missing = {t for t in errors if "%" in t and t not in ("%s", "%s %s")} - known
        tap.equal(sorted(missing), [], f"src/{room}: errors with something in them are in src/cli/reason.c")


def helpers(tap):
    """Errors that reach a person through a helper are collected only where they are marked."""
    for file, keyword in (("src/store/allow_check.c", "refuse:2"), ("src/cli/import_lists.c", "cli_import_refuse:3"),
                          ("src/cli/tenant_import.c", "cli_import_refuse:3")):
        marks = marked([file], "N_") | marked(["src/cli/reason.c"], "N_")
        tap.equal(sorted(marked([file], keyword) - marks), [], f"{file}: what it refuses with is marked")


def sekisho(*words, **variables):
    clean = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE")}
    return subprocess.run([SEKISHO, *words], capture_output=True, text=True, encoding="utf-8", timeout=60,
                          env={**clean, **variables})


def overview(**variables):
    return sekisho("--help", **variables).stdout


def make_catalogue(folder, text):
    catalogue = os.path.join(folder, "any", "LC_MESSAGES")
    os.makedirs(catalogue)
    subprocess.run(["msgfmt", "-o", os.path.join(catalogue, "sekisho-ja.mo"), "-"], input=(HEAD + text).encode(),
                   check=True)


def choice(tap, folder):
    """With a catalogue of one sentence of our own."""
    make_catalogue(folder, f'msgid "{SENTENCE}"\nmsgstr "終了コードの文"\n')
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


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def in_brackets(text):
    start, words, end = re.fullmatch(r"(\n*)(.*?)(\n*)", text, re.S).groups()
    return f"{start}‹{words}›{end}"


def bracketed_catalogue():
    """Every text translated by itself in brackets: what has none has not gone through the catalogue."""
    for entry in read_catalogue(TEMPLATE):
        plural = f"msgid_plural {quoted(entry.plural)}\nmsgstr[0]" if entry.plural else "msgstr"
        yield f"msgid {quoted(entry.text)}\n{plural} {quoted(in_brackets(entry.text))}\n\n"


def without_sentences(document):
    """What is wrong and what to do is said to people, in JSON too."""
    return re.sub(r'"(what|fix)": ".*"', "", document)


def without_brackets(text):
    """What has gone through the catalogue becomes one mark, however many lines it takes."""
    while re.search("‹[^‹›]*›", text):
        text = re.sub("‹[^‹›]*›", "\0", text)
    return text


def everything(tap, folder):
    make_catalogue(folder, "".join(bracketed_catalogue()))
    message = os.path.join(ROOT, "demo", "messages", "changed-body.eml")
    zone = ["--zone", os.path.join(ROOT, "demo", "demo.zone"), "--time", "1790000000"]
    who = ["--ip", "192.0.2.1", "--helo", "h.example", "--mail-from", "a@gone.example.com", *zone]
    commands = {
        "explain": ["explain", message, "--sender-id", *who],
        "spf check": ["spf", "check", *who],
        "dmarc policy": ["dmarc", "policy", "news.example.net", *zone],
        "domain check": ["domain", "check", "example.net", *zone],
    }
    japanese = {"LANG": "ja_JP.UTF-8", "SEKISHO_LOCALEDIR": folder}
    for name, words in commands.items():
        got, want = (without_sentences(sekisho(*words, "--json", **v).stdout) for v in (japanese, {}))
        tap.equal(got, want, f"{name} --json is the same in every language")
        # names of mechanisms, records, fields and headings of one word are no sentences
        english = [line for line in without_brackets(sekisho(*words, **japanese).stdout).splitlines()
                   if "\0" not in line and "‹" not in line and re.search(r"[a-z]{2} [a-z]{2,} [a-z]{2}", line) and "=" not in line]
        tap.equal(english, [], f"{name}: no sentence stays English")
    english = [line for line in overview(**japanese).splitlines() if line and "‹" not in line and "›" not in line]
    tap.equal(english, [], "--help: nothing stays English")
    for words in (["verify"], ["verify", "--x"], ["frobnicate"], ["verify", "/nonexistent"], ["key", "generate"],
                  ["spf", "check", "--scope", "x"], ["verify", "-", "--zone", "/nonexistent"]):
        err = sekisho(*words, **japanese).stderr
        tap.ok(err.startswith("sekisho: ‹"), f"{' '.join(words)}: the error is not English", err)


def body(tap):
    template(tap)
    catalogues(tap)
    patterns(tap)
    helpers(tap)
    with tempfile.TemporaryDirectory() as folder:
        choice(tap, os.path.join(folder, "one"))
        everything(tap, os.path.join(folder, "all"))


Tap().run(body)
