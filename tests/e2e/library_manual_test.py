#!/usr/bin/env python3
"""The library's manual pages: whatever the headers and the library have, a page tells.

usage: library_manual_test.py FOLDER-OF-PAGES PATH-OF-SHARED-LIBRARY
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

PAGES, LIBRARY = pathlib.Path(sys.argv[1]), sys.argv[2]
HEADERS = sorted((ROOT / "include" / "sekisho").glob("*.h"))
SCRIPT = ROOT / "src" / "manual" / "library_pages.py"
PROBE = """/* A thing: what it is.
 *
 *   new → use
 *
 * More of it. */
#ifndef PROBE_H
#define PROBE_H
#include <sekisho/str.h>
struct seki_announced;
#define SEKI_BOUND 7u /* at most */
enum seki_choice { /* one of */
    SEKI_ONE = 0,  /* the first;
                      still it */
    /* the second */
    SEKI_TWO
};
struct seki_thing {
    int a, b; /* { both } */
    struct { int x; } inside;
};
/**
 * Do it, as seki_undo() does not. "quoted" -x
 * @param thing, other  what for
 *                      and why
 * @return SEKI_OK; no
 * Costs little.
 */
SEKI_API SEKI_MUST_USE enum seki_result seki_do(struct seki_thing *thing, struct seki_thing *other, const char *format, ...)
    SEKI_PRINTF(3, 4);
SEKI_API void seki_undo(void); /* never fails */

static inline bool seki_is_it(char c)
{
    return c == '}';
}
#endif
"""


def probe(tap):
    """A header of every shape, by hand."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "probe.h"
        path.write_text(PROBE)
        page = subprocess.run([sys.executable, SCRIPT, "page", "1.2.3", path], capture_output=True, text=True,
                              encoding="utf-8", timeout=60, check=True).stdout
    lint(tap, page, 3, "a header of every shape")
    text = bare(page)
    for name, part in {
        "the names": "\nseki_probe, seki_do, seki_undo, seki_is_it - A thing: what it is\n",
        "a prototype, broken between parameters":
            "\nenum seki_result seki_do(struct seki_thing *thing, struct seki_thing *other,\n        const char *format, ...);\n",
        "a function that is inline": "\nbool seki_is_it(char c);\n",
        "a diagram as it is": "\n.nf\nnew → use\n.fi\n",
        "the rest of the first comment": "\nMore of it.\n",
        "a constant, and what is said of it": "\nSEKI_BOUND 7u\n.fi\n.RS 4\nat most\n.RE\n",
        "an enum as a whole, and its first": '\n.SS "enum seki_choice"\none of\n.TP\nSEKI_ONE = 0\nthe first; still it\n',
        "what a comment above is about": "\n.TP\nSEKI_TWO\nthe second\n",
        "members, with braces in their comments": "\n.TP\nint a, b;\n{ both }\n.TP\nstruct { int x; } inside;\n",
        "what a function does": '\n.SS "seki_do, seki_undo"\nDo it, as seki_undo() does not. "quoted" -x Costs little. never fails\n',
        "its parameters": "\n.TP\nthing, other\nwhat for and why\n",
        "and what it returns": "\n.TP\nReturns\nSEKI_OK; no\n",
        "the pages of what it includes": "\n.BR libsekisho (3),\n.BR seki_str (3)\n",
    }.items():
        tap.contains(text, part, f"a header of every shape: {name}")
    tap.ok("seki_announced" not in text and "PROBE_H" not in text, "a header of every shape: nothing that nobody needs")


def pages(tap):
    for header in HEADERS:
        page = (PAGES / f"seki_{header.stem}.3").read_text(encoding="utf-8")
        lint(tap, page, 3, f"seki_{header.stem}(3)")
        told = set(re.findall(r"\b(?:seki|SEKI)_\w+", bare(page)))
        ours = set(re.findall(r"^ *(SEKI_[A-Z0-9_]+)\b", header.read_text(), re.M)) | \
            set(re.findall(r"^(?:struct|enum) (\w+) \{", header.read_text(), re.M))
        ours -= {"SEKI_API", "SEKI_PRINTF", "SEKI_FORMAT_ARG", "SEKI_MUST_USE"}
        tap.equal(sorted(ours - told), [], f"seki_{header.stem}(3) has every type and value of its header")
    overview = (PAGES / "libsekisho.3").read_text(encoding="utf-8")
    lint(tap, overview, 3, "libsekisho(3)")
    tap.equal([header.stem for header in HEADERS if f"\nseki_{header.stem}(3)\n" not in bare(overview)], [],
              "libsekisho(3) lists every page")


def links(tap):
    with tempfile.TemporaryDirectory() as folder:
        man3 = pathlib.Path(folder) / "man3"
        man3.mkdir()
        for _ in range(2):  # an installation over another
            done = subprocess.run([sys.executable, SCRIPT, "links", "/man3", *HEADERS], capture_output=True, text=True,
                                  timeout=60, check=False, env={**os.environ, "DESTDIR": folder})
            tap.equal((done.returncode, done.stderr), (0, ""), "links are made")
        there = {path.stem for path in man3.iterdir()} | {path.stem for path in PAGES.glob("*.3")}
        table = subprocess.run(["nm", "--dynamic", "--defined-only", LIBRARY], capture_output=True, text=True, timeout=60,
                               check=True).stdout
        exported = set(re.findall(r"\b(seki_\w+)@@", table))
        tap.ok(len(exported) > 100, "the library exports its functions", len(exported))
        tap.equal(sorted(exported - there), [], "each of them is found by man")
        tap.equal(os.readlink(man3 / "seki_spf_step.3"), "seki_spf.3", "seki_spf_step is in seki_spf(3)")
        broken = [path.name for path in man3.iterdir() if not (PAGES / os.readlink(path)).is_file()]
        tap.equal(broken, [], "every link leads to a page")


def body(tap):
    probe(tap)
    pages(tap)
    links(tap)


Tap().run(body)
