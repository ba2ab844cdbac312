#!/usr/bin/env python3
"""Completion of `sekisho` in real shells: bash, zsh and fish offer the words that can stand there.

usage: completion_test.py PATH-OF-SEKISHO_TABLES
"""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from tap import Tap  # noqa: E402

TABLES = os.path.abspath(sys.argv[1])
TRY = "\x18"  # a key that completes, in the shell that has a terminal
DONE = "print DONE$((20+22))"
FILES = ["message.eml", "my zone"]

# what is typed, what is offered; None: nothing may be said of the order or of more
CASES = [
    ("a noun", "sekisho sp", ["spf"]),
    ("a noun that is a command", "sekisho ver", ["verify"]),
    ("no noun", "sekisho frob", []),
    ("a verb", "sekisho spf ch", ["check"]),
    ("an option", "sekisho verify --tr", ["--trusted-sealers"]),
    ("an option of another command only", "sekisho verify --canon", []),
    ("an option behind an operand", "sekisho verify message.eml --tr", ["--trusted-sealers"]),
    ("words of an option", "sekisho spf check --scope ", ["helo", "mfrom", "pra", "spf1"]),
    ("a word of an option", "sekisho spf check --scope m", ["mfrom"]),
    ("words with a slash", "sekisho sign --canonicalization simple/", ["simple/relaxed", "simple/simple"]),
    ("words of another option", "sekisho dmarc policy --discovery ", ["psl", "treewalk"]),
    ("a file of an option", "sekisho verify --zone my", ["my zone"]),
    ("no file where none is wanted", "sekisho verify --helo me", []),
    ("a file as operand", "sekisho verify me", ["message.eml"]),
    ("a file as operand behind a verb", "sekisho arc verify me", ["message.eml"]),
    ("no file where the operand is a domain", "sekisho dmarc policy me", []),
]


def tables(shell):
    done = subprocess.run([TABLES, shell], capture_output=True, text=True, encoding="utf-8", timeout=60, check=True)
    return done.stdout


def bash(script, typed):
    words = typed.split(" ")
    program = f"""source {script}
COMP_WORDS=({' '.join(repr(w) for w in words)}); COMP_CWORD={len(words) - 1}
_sekisho; [ ${{#COMPREPLY[@]}} = 0 ] || printf '%s\\n' "${{COMPREPLY[@]}}" """
    done = subprocess.run(["bash", "--norc", "-c", program], capture_output=True, text=True, timeout=60)
    return sorted(done.stdout.splitlines()), done.stderr


def fish(script, typed):
    program = f"source {script}; complete -C {typed!r}"
    done = subprocess.run(["fish", "--no-config", "-c", program], capture_output=True, text=True, timeout=60)
    return sorted(line.split("\t")[0].replace("\\ ", " ") for line in done.stdout.splitlines()), done.stderr


class Zsh:
    """A zsh at a terminal: there is no other way to have it complete."""

    def __init__(self, script):
        folder = tempfile.mkdtemp()
        shutil.copy(script, os.path.join(folder, "_sekisho"))
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.environ.update(TERM="dumb", ZDOTDIR=folder, PS1="> ", COLUMNS="200")
            os.execvp("zsh", ["zsh", "-f", "-i"])
        self.folder, self.out = folder, os.path.join(folder, "out")
        self.enter("unsetopt zle_bracketed_paste; setopt no_beep; stty cols 200 rows 50\n"
                   f"fpath=({folder} $fpath); autoload -U compinit; compinit -u -D\n"
                   # what is offered is written down too
                   f"compadd() {{ builtin compadd -O found \"$@\"; print -rC1 -- $found >> {self.out}; "
                   "builtin compadd \"$@\" }\n"
                   f"try() {{ zle complete-word; zle kill-whole-line; {DONE} }}; zle -N try; bindkey '^X' try\n"
                   f"{DONE}\n")

    def enter(self, keys):
        """And wait until all of them had their effect: what is typed comes back before, but without the sum."""
        os.write(self.terminal, keys.encode())
        seen = b""
        while b"DONE42" not in seen:
            if not select.select([self.terminal], [], [], 60)[0]:
                raise TimeoutError(f"zsh says nothing after {keys!r}: {seen!r}")
            seen += os.read(self.terminal, 65536)

    def complete(self, typed):
        open(self.out, "w").close()
        self.enter(typed + TRY)
        with open(self.out, encoding="utf-8") as file:
            return sorted({line.replace("\\ ", " ") for line in file.read().splitlines() if line})

    def close(self):
        os.close(self.terminal)
        os.waitpid(self.child, 0)
        shutil.rmtree(self.folder)


def with_shell(tap, shell, complete):
    for name, typed, want in CASES:
        got, trouble = complete(typed)
        tap.ok(got == want, f"{shell}: {name}", f"{typed!r}\ngot  {got}\nwant {want}\n{trouble[:2000]}")


def help_texts(tap):
    """zsh and fish show what a word means."""
    for shell in ("zsh", "fish"):
        text = tables(shell)
        tap.ok("authenticate a message" in text and "print one JSON document" in text, f"{shell}: words have their meaning")


def body(tap):
    help_texts(tap)
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in FILES:
            open(name, "w").close()
        for shell in ("bash", "fish", "zsh"):
            if shutil.which(shell) is None:
                print(f"# SKIP {shell} is not installed", flush=True)
                continue
            script = os.path.join(folder, f".{shell}")
            with open(script, "w", encoding="utf-8") as file:
                file.write(tables(shell))
            if shell == "zsh":
                zsh = Zsh(script)
                with_shell(tap, shell, lambda typed: (zsh.complete(typed), ""))
                zsh.close()
            else:
                with_shell(tap, shell, lambda typed: {"bash": bash, "fish": fish}[shell](script, typed))
        os.chdir("/")


Tap().run(body)
