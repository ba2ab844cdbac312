#!/usr/bin/env python3
"""The commands that sign, as a user meets them: keys, messages in their forms, everything wrong, and ARC seals, which
dkimpy validates where it is installed.

usage: signing_test.py PATH-OF-SEKISHO
"""
import json
import os
import stat
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
import dkim_peers  # noqa: E402
from signing import DOMAIN, SELECTORS, Signing  # noqa: E402
from signing_messages import ODD  # noqa: E402
from tap import Tap  # noqa: E402

SEKISHO = os.path.abspath(sys.argv[1])

def key_files(tap, signing):
    path = signing.files["rsa-sha256"]
    tap.equal(stat.S_IMODE(os.stat(path).st_mode), 0o600, "key generate: the file is its owner's alone")
    with open(path, "rb") as file:
        before = file.read()
    done = signing.run("key", "generate", "--domain", DOMAIN, "--selector", "rsa", "--out", path)
    with open(path, "rb") as file:
        tap.ok(done.returncode == 1 and b"File exists" in done.stderr and file.read() == before,
               "key generate: a file that is there stays as it is", done.stderr)
    tap.ok(before.splitlines()[1] not in done.stdout + done.stderr, "key generate: the secret is never printed")
    new = os.path.join(signing.folder, "new.pem")
    out = signing.run("key", "generate", "--domain", DOMAIN, "--selector", "big", "--bits", "4096", "--out", new).stdout.decode()
    strings = [line.strip().strip('"') for line in out.split("In a zone file:")[1].splitlines() if line.startswith('\t"')]
    record = out.split(f"big._domainkey.{DOMAIN} TXT ")[1].splitlines()[0]
    tap.equal(("".join(strings), max(map(len, strings))), (record, 255), "key generate: zone lines are split at 255")
    tap.contains(out, f"  value  {record}\n", "key generate: the value for a web form stands in one piece")


def message_forms(tap, signing):
    plain = b"From: a@b.example\r\nSubject: x\r\n\r\nbody\r\n"
    unix = plain.replace(b"\r\n", b"\n")
    words = ["--domain", DOMAIN, "--selector", "rsa", "--key", signing.files["rsa-sha256"], "--time", "1795334400"]
    wire_out, unix_out = (signing.run("sign", "-", *words, text=text).stdout for text in (plain, unix))
    tap.ok(b"\r" not in unix_out and unix_out == wire_out.replace(b"\r\n", b"\n"),
           "sign: a Unix text stays one, and gets the same signature")
    tap.equal(signing.verify(unix_out), "pass", "sign: a Unix text verifies")
    mbox = b"From a@b.example Sun Nov 22 12:00:00 2026\n" + unix
    out = signing.run("sign", "-", *words, text=mbox).stdout
    tap.ok(out.startswith(mbox.split(b"\n")[0] + b"\nDKIM-Signature:") and signing.verify(out) == "pass",
           "sign: the field goes behind an mbox envelope line", out)
    fields = json.loads(signing.run("sign", "-", "--json", *words, text=plain).stdout)["fields"]
    tap.ok(wire_out.startswith(f"DKIM-Signature:{fields[0]['value']}\r\n".encode()), "sign --json: the same field")
    both = signing.sign(wire_out, "ed25519-sha256", "relaxed/relaxed")[0]
    verdict = json.loads(signing.run("verify", "-", "--json", "--zone", signing.zone, text=both).stdout)
    tap.equal([(s["result"], s["algorithm"]) for s in verdict["dkim"]],
              [("pass", "ed25519-sha256"), ("pass", "rsa-sha256")], "sign: both algorithms on one message")
    done = signing.run("sign", "-", *words, text=b"From: a@b.example\r\n\r\nx\ny\r\n")
    tap.ok(done.returncode == 0 and b"alone" in done.stderr, "sign: a bare LF is noted", done.stderr)


def trouble(tap, signing):
    plain = b"From: a@b.example\r\n\r\n"
    who = ["--domain", DOMAIN, "--selector", "rsa"]
    key = ["--key", signing.files["rsa-sha256"]]
    table = [
        ("no key", ["sign", "-", *who], 2, "needs --domain, --selector and --key"),
        ("no domain", ["sign", "-", "--selector", "x", *key], 2, "needs --domain"),
        ("an unknown algorithm", ["sign", "-", *who, *key, "--algorithm", "rsa-sha1"], 2, "one of rsa-sha256, ed25519-sha256"),
        ("another algorithm than the key's", ["sign", "-", *who, *key, "--algorithm", "ed25519-sha256"], 1, "the key is for"),
        ("an unknown canonicalization", ["sign", "-", *who, *key, "--canonicalization", "nowsp"], 2, "--canonicalization"),
        ("fields without From", ["sign", "-", *who, *key, "--headers", "To:Subject"], 1, "From field must be signed"),
        ("an identity elsewhere", ["sign", "-", *who, *key, "--identity", "@example.org"], 1, "not within"),
        ("a missing key", ["sign", "-", *who, "--key", "/nonexistent"], 1, "/nonexistent: cannot be read"),
        ("a folder for a key", ["sign", "-", *who, "--key", "/"], 1, "cannot be read"),
        ("no key in the file", ["sign", "-", *who, "--key", __file__], 1, "not a private key"),
        ("a bad domain", ["key", "generate", "--domain", "a b", "--selector", "s", "--out", "/nonexistent/x"], 2, "--domain"),
        ("a folder that is not there", ["key", "generate", *who, "--out", "/nonexistent/x"], 1, "cannot be made"),
        ("a small RSA key", ["key", "generate", *who, "--bits", "1024", "--out", "/nonexistent/x"], 2, "2048 to 4096"),
    ]
    for name, words, want_code, want_text in table:
        done = signing.run(*words, text=plain)
        tap.ok(done.returncode == want_code and want_text in done.stderr.decode() and done.stdout == b"",
               f"{name}: exit {want_code} and a sentence", f"exit {done.returncode}\n{done.stdout}{done.stderr}")
    done = signing.run("sign", "-", *who, *key, text=b"Subject: x\r\n\r\n")
    tap.ok(done.returncode == 1 and b"no From" in done.stderr, "a message without From is not signed", done.stderr)


def sealing(tap, signing, dkimpy):
    """A message that passes through three sealers, and a list that breaks the chain behind the second."""
    def seal(text, algorithm, *more):
        return signing.run("arc", "seal", "-", "--domain", DOMAIN, "--selector", SELECTORS[algorithm], "--key",
                       signing.files[algorithm], "--zone", signing.zone, "--authserv-id", "mx.example.org", *more, text=text)

    def verify(text):
        return json.loads(signing.run("arc", "verify", "-", "--json", "--zone", signing.zone, text=text).stdout)

    message = signing.sign(ODD["fields twice"], "rsa-sha256", "relaxed/relaxed")[0]
    for hop, algorithm in enumerate(("rsa-sha256", "rsa-sha256", "ed25519-sha256"), 1):
        sealed = seal(message, algorithm, "--ip", "127.0.0.1", "--helo", "h.example", "--mail-from", "a@b.example").stdout
        verdict = verify(sealed)
        tap.equal((sealed.endswith(message), verdict["result"], verdict["instance"]), (True, "pass", hop),
                  f"arc seal: {hop} sets, every octet of the message kept")
        if dkimpy and algorithm == "rsa-sha256":  # it knows no other for ARC
            tap.equal(dkimpy.validate_arc(sealed), "pass", f"arc seal: dkimpy validates {hop} sets")
        tap.ok(f"ARC-Authentication-Results: i={hop}; mx.example.org;".encode() in sealed, "arc seal: our results are in it")
        message = sealed if hop != 2 else seal(sealed.replace(b"Subject: 1", b"Subject: [list] 1"), algorithm).stdout
        if hop == 2:
            tap.ok(message.startswith(b"ARC-Seal: i=3; cv=fail;"), "arc seal: a chain broken by a list is sealed as failed")
            again = seal(message, algorithm)
            tap.ok(again.returncode == 1 and again.stdout == message and b"cv=fail already" in again.stderr,
                   "arc seal: a failed chain is left as it is", again.stderr)
            message = sealed
    done = signing.run("arc", "seal", "-", "--json", "--domain", DOMAIN, "--selector", "rsa", "--key", signing.files["rsa-sha256"],
                   "--zone", signing.zone, "--headers", "From:Authentication-Results", text=ODD["no body"])
    tap.ok(done.returncode == 1 and "must not sign" in json.loads(done.stdout)["error"],
           "arc seal: Authentication-Results cannot be signed", done.stdout)


def body(tap):
    with tempfile.TemporaryDirectory() as folder:
        signing = Signing(SEKISHO, folder)
        key_files(tap, signing)
        message_forms(tap, signing)
        trouble(tap, signing)
        peers, missing = dkim_peers.start(signing.records, folder, ["dkimpy"])
        sealing(tap, signing, peers[0] if peers else None)
        for name in missing:
            tap.ok(True, f"{name} # SKIP is not installed")


Tap().run(body)
