#!/usr/bin/env python3
"""What `meson install` puts down is enough to build against, with pkg-config and cc alone, far from our tree.

usage: installed_test.py BUILD-FOLDER
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from sekishod import DnsResponder  # noqa: E402
from tap import Tap  # noqa: E402

BUILD = os.path.abspath(sys.argv[1])
STRICT = ["-std=c17", "-Wall", "-Wextra", "-Werror"]
PROBE = """#include <sekisho/{header}>
int main(void) {{ return 0; }}
"""


def run(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, **options)


class Installed:
    """A tree under DESTDIR; pkg-config is told where its prefix has gone."""

    def __init__(self, folder):
        self.done = run("meson", "install", "-C", BUILD, "--no-rebuild", "--quiet",
                        env={**os.environ, "DESTDIR": str(folder / "root")})
        [pc] = (folder / "root").rglob("sekisho.pc")
        self.lib = pc.parent.parent
        prefix = next(line.split("=", 1)[1] for line in pc.read_text().splitlines() if line.startswith("prefix="))
        self.prefix = pathlib.Path(str(folder / "root") + prefix)
        self.environment = {**os.environ, "PKG_CONFIG_PATH": str(pc.parent)}

    def pkg_config_lines(self, *words):
        done = run("pkg-config", f"--define-variable=prefix={self.prefix}", *words, env=self.environment)
        return done.stdout.splitlines()

    def pkg_config(self, *words):
        return " ".join(self.pkg_config_lines(*words)).split()


def build(tap, installed, folder, kind, libraries):
    """docs/examples/verify.c, taken from the installed tree too."""
    shutil.copy(installed.prefix / "share/doc/sekisho/docs/examples/verify.c", folder / "verify.c")
    program = folder / f"verify-{kind}"
    done = run("cc", *STRICT, *installed.pkg_config("--cflags", "sekisho"), "verify.c", *libraries, "-o", program,
               cwd=folder)
    if not tap.equal((done.returncode, done.stderr), (0, ""), f"verify.c compiles against the installed tree: {kind}"):
        return
    needed = run("readelf", "--dynamic", program).stdout
    tap.equal("libsekisho.so.0" in needed, kind == "shared", f"{kind}: whether it needs libsekisho.so.0 when it runs")
    with open(ROOT / "demo" / "messages" / "signed.eml", "rb") as message, \
            DnsResponder(folder, (ROOT / "demo" / "demo.zone").read_text()) as dns:
        done = run(program, "127.0.0.10", "mail.shop.example.com", "orders@shop.example.com",
                   dns.address.replace(":", "@"), stdin=message, env={**os.environ, "LD_LIBRARY_PATH": str(installed.lib)})
    tap.contains(done.stdout, "dmarc=pass", f"{kind}: and runs")


def is_plain_c(tap, installed, folder):
    """Every header stands alone."""
    flags = installed.pkg_config("--cflags", "sekisho")
    headers = sorted(path.name for path in (installed.prefix / "include/sekisho").glob("*.h"))
    tap.equal(headers, sorted(path.name for path in (ROOT / "include/sekisho").glob("*.h")), "every header is installed")
    failed = []
    for header in headers:
        (folder / "probe.c").write_text(PROBE.format(header=header))
        done = run("cc", *STRICT, "-pedantic", *flags, "-c", "probe.c", "-o", "probe.o", cwd=folder)
        if done.returncode != 0:
            failed.append((header, done.stderr))
    tap.equal(failed, [], "and each compiles by itself")


def exports(tap, installed):
    table = run("nm", "--dynamic", "--defined-only", installed.lib / "libsekisho.so.0").stdout.splitlines()
    names = [line.split()[-1] for line in table if line.split()[-2] != "A"]
    tap.equal([name for name in names if not name.startswith("seki_") or "@@SEKISHO_0" not in name], [],
              "the shared library exports seki_… alone, with its version")
    archive = run("nm", "--defined-only", "--extern-only", installed.lib / "libsekisho.a").stdout.splitlines()
    tap.equal([line for line in archive if " " in line and not line.split()[-1].startswith("seki_")], [],
              "and the static one has no other name that could clash")


def body(tap):
    with tempfile.TemporaryDirectory(prefix="sekisho-installed-") as name:
        folder = pathlib.Path(name)
        installed = Installed(folder)
        tap.equal((installed.done.returncode, installed.done.stderr), (0, ""), "meson install with DESTDIR")
        unbound = run("pkg-config", "--libs", "libunbound").stdout.split()
        build(tap, installed, folder, "shared", [*installed.pkg_config("--libs", "sekisho"), *unbound])
        # Our own library from its archive, the system's shared: their private libraries are not ours to name.
        behind = [line.split()[0] for line in installed.pkg_config_lines("--print-requires-private", "sekisho")]
        build(tap, installed, folder, "static",
              [str(installed.lib / "libsekisho.a"), *installed.pkg_config("--libs", *behind), *unbound])
        is_plain_c(tap, installed, folder)
        exports(tap, installed)


Tap().run(body)
