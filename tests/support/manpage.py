"""What groff, mandoc and man think of a manual page."""
import os
import shutil
import subprocess
import tempfile


def lint(tap, page, section, name, language="en"):
    """One check per tool that is installed: it finds nothing wrong."""
    with tempfile.NamedTemporaryFile("w", suffix=f".{section}", encoding="utf-8") as file:
        file.write(page)
        file.flush()
        tools = {
            "groff": ["groff", "-man", *(["-mja"] if language == "ja" else []), "-Tutf8", "-ww", "-k", file.name],
            "mandoc": ["mandoc", "-Tlint", "-Wwarning", file.name],
            "man": ["man", "--warnings", "-l", file.name],
        }
        for tool, command in tools.items():
            if shutil.which(tool) is None:
                print(f"# SKIP {tool} is not installed", flush=True)
                continue
            done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60, check=False,
                                  env={**os.environ, "LC_ALL": "C.UTF-8", "MANPAGER": "cat", "MAN_KEEP_FORMATTING": ""})
            lines = (done.stderr if tool != "mandoc" else done.stdout).splitlines()
            # the date of a page would be that of the build
            wrong = [line for line in lines if "missing date" not in line]
            tap.equal(wrong, [], f"{name}: {tool} finds nothing wrong")


def bare(page):
    """The words of a page, without what makes them bold and what keeps them from troff."""
    for mark in ("\\fB", "\\fI", "\\fR", "\\&", "\\:"):
        page = page.replace(mark, "")
    for escape, character in (("\\-", "-"), ("\\(aq", "'"), ("\\(dq", '"'), ("\\(ga", "`"), ("\\(ha", "^"), ("\\(ti", "~"),
                              ("\\e", "\\")):
        page = page.replace(escape, character)
    return page
