#!/usr/bin/env python3
"""The examples of docs/examples, run on the demonstration's messages as their head comments say.

usage: examples_test.py PATH-OF-verify PATH-OF-bring_your_own_dns PATH-OF-sign_elsewhere PATH-OF-sekisho
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from sekishod import DnsResponder  # noqa: E402
from tap import Tap  # noqa: E402

VERIFY, BRING, SIGN, SEKISHO = (os.path.abspath(path) for path in sys.argv[1:])
DEMO = json.loads((ROOT / "demo" / "messages.json").read_text())
ZONE = (ROOT / "demo" / "demo.zone").read_text()
# As where a name server is broken; see demo/run.
DEAD = ["--fail", "*.lame.example.org=servfail"]
# A usage error ends the program as it is; what it has made until then is no leak worth telling.
UNFREED = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


def run(*words, text=b"", environment=None):
    done = subprocess.run(words, input=text, capture_output=True, timeout=120, check=False, env=environment)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def message(case):
    return (ROOT / "demo" / "messages" / case["file"]).read_bytes()


def results(field):
    """{"spf": …} of an Authentication-Results field; SPF's of MAIL FROM, or of HELO where that is all."""
    found = {}
    for method, result in re.findall(r"^\s*(\w+)=(\w+)", field, re.MULTILINE):
        found.setdefault(method, result)
    return found


# ---- verify ----

def verify(tap, server):
    for case in DEMO["messages"]:
        code, out, err = run(VERIFY, case["client"], case["helo"], case["mail_from"], server.replace(":", "@"),
                             text=message(case))
        want = {method: case["expect"][method] for method in ("spf", "dkim", "dmarc", "arc")}
        tap.equal(results(out), want, f"verify: {case['file']}: {case['about']}")
        tap.equal((code, err), (int(want["dmarc"] == "fail"), ""), f"verify: {case['file']}: exit code")
    case = DEMO["messages"][0]
    words = [VERIFY, case["client"], case["helo"], case["mail_from"], server.replace(":", "@")]
    tap.equal(run(*words, text=message(case).replace(b"\r\n", b"\n"))[1], run(*words, text=message(case))[1],
              "verify: a Unix text is judged as on the wire")
    for wrong in ([], ["192.0.2.1"], ["not-an-address", "h", "a@b", server]):
        code, out, err = run(VERIFY, *wrong, environment=UNFREED)
        tap.ok(code == 2 and out == "" and "usage" in err, f"verify: {len(wrong)} words that it cannot use")


# ---- bring_your_own_dns ----

def bring_your_own_dns(tap, server):
    address = server.split(":")
    for case in DEMO["messages"]:
        if case["mail_from"] == "":
            continue
        code, out, err = run(BRING, *address, case["client"], case["mail_from"])
        want = case["expect"]["spf"]
        tap.equal((out.split(":")[0], code, err), (want, int(want != "pass"), ""),
                  f"bring_your_own_dns: {case['file']}: SPF {want}")
    table = [
        ("a record of one's own", ["192.0.2.1", "a@new.example", "new.example=v=spf1 ip4:192.0.2.1 -all"],
         "pass: matched ip4:192.0.2.1"),
        ("in the place of the one that is published", ["127.0.0.10", "a@shop.example.com", "Shop.Example.com=v=spf1 -all"],
         "fail: matched -all"),
        ("which leads to published ones", ["127.0.0.10", "a@new.example", "new.example=v=spf1 include:shop.example.com -all"],
         "pass: matched include:shop.example.com"),
        ("a name with octets that resolvers take for something else",
         ["192.0.2.1", "a\\1;\" .@new.example", "new.example=v=spf1 exists:%{l}.shop.example.com ?all"],
         "neutral: matched ?all"),
        ("a name that does not exist", ["192.0.2.1", "a@nothing.example"], "none: nothing.example does not exist"),
    ]
    for name, words, want in table:
        _, out, err = run(BRING, *address, *words)
        tap.equal((out.strip(), err), (want, ""), f"bring_your_own_dns: {name}")
    code, out, _ = run(BRING, "127.0.0.1", "1", "192.0.2.1", "a@shop.example.com")
    tap.ok(code == 1 and out.startswith("temperror: "), "bring_your_own_dns: nobody answers", out)
    for wrong in ([], [*address, "not-an-address", "a@b"], ["127.0.0.1", "65536", "192.0.2.1", "a@b"],
                  ["localhost", "53", "192.0.2.1", "a@b"]):
        code, out, err = run(BRING, *wrong, environment=UNFREED)
        tap.ok(code == 2 and out == "" and "usage" in err, f"bring_your_own_dns: cannot use {' '.join(wrong) or 'nothing'}")


# ---- sign_elsewhere ----

def sign_elsewhere(tap, folder):
    plain = message(DEMO["messages"][0])
    for algorithm in ("rsa-sha256", "ed25519-sha256"):
        key, zone = folder / f"{algorithm}.pem", folder / f"{algorithm}.zone"
        made = run(SEKISHO, "key", "generate", "--domain", "example.com", "--selector", "s", "--algorithm", algorithm,
                   "--out", str(key), "--json")[1]
        zone.write_text("$TTL 60\n" + json.loads(made)["zone"] + "\n")
        words = [SIGN, str(key), algorithm, "example.com", "s"]
        for name, text, front in (("a message", plain, b""), ("a Unix text", plain.replace(b"\r\n", b"\n"), b""),
                                  ("a message in an mbox file", plain.replace(b"\r\n", b"\n"), b"From a Thu Jan  1\n")):
            done = subprocess.run(words, input=front + text, capture_output=True, timeout=60, check=False)
            signed = folder / "signed.eml"
            signed.write_bytes(done.stdout)
            verdict = json.loads(run(SEKISHO, "verify", str(signed), "--json", "--zone", str(zone))[1])
            first = verdict["dkim"][0]
            tap.equal((done.returncode, first["result"], first["domain"], first["algorithm"]),
                      (0, "pass", "example.com", algorithm), f"sign_elsewhere: {name} with {algorithm}")
            tap.ok(done.stdout.startswith(front + b"DKIM-Signature: ") and done.stdout.endswith(text) and
                   (b"\r\n" in done.stdout) == (b"\r\n" in text), f"sign_elsewhere: {name} is otherwise as it was")
    refusals = [
        ("the holder has a key of another kind", [str(folder / "rsa-sha256.pem"), "ed25519-sha256", "example.com", "s"],
         plain, "the private key is for rsa-sha256"),
        ("there is no key", [str(folder / "none.pem"), "rsa-sha256", "example.com", "s"], plain, "no signature"),
        ("a domain that is none", [str(folder / "rsa-sha256.pem"), "rsa-sha256", "example..com", "s"], plain, "example..com"),
        ("a message without From", [str(folder / "rsa-sha256.pem"), "rsa-sha256", "example.com", "s"], b"X: y\r\n\r\n", "From"),
    ]
    for name, words, text, part in refusals:
        code, out, err = run(SIGN, *words, text=text)
        tap.ok(code == 1 and out == "" and part in err, f"sign_elsewhere: {name}", (code, out, err))
    for wrong in ([], [str(folder / "rsa-sha256.pem"), "rsa-sha1", "example.com", "s"]):
        code, out, err = run(SIGN, *wrong)
        tap.ok(code == 2 and out == "" and "usage" in err, f"sign_elsewhere: {len(wrong)} words that it cannot use")


# ---- what they promise ----

def are_short(tap):
    for path in sorted((ROOT / "docs" / "examples").glob("*.c")):
        text = path.read_text()
        includes = re.findall(r'#include ["<]sekisho/[\w.]+[">]', text)
        tap.ok(includes and '#include "' not in text, f"{path.name} takes published headers alone")
        tap.ok(len(text.splitlines()) <= 105, f"{path.name} can be read at one sitting")
    lines = [line for line in (ROOT / "docs" / "examples" / "verify.c").read_text().splitlines()
             if not re.match(r"\s*(/\*|\*|#include|[{}]?$)", line)]
    tap.ok(len(lines) <= 40, "a message is verified in 40 lines", len(lines))


def body(tap):
    with tempfile.TemporaryDirectory(prefix="sekisho-examples-") as name:
        folder = pathlib.Path(name)
        with DnsResponder(folder, ZONE, *DEAD) as dns:
            verify(tap, dns.address)
            bring_your_own_dns(tap, dns.address)
        sign_elsewhere(tap, folder)
    are_short(tap)


Tap().run(body)
