#!/usr/bin/env python3
"""`sekisho explain` as a support person meets it: messages that are signed here, then changed as lists and gateways do, and
the samples of the conformance folder, which must all be told without a crash and in time.

usage: explain_test.py PATH-OF-SEKISHO
"""
import base64
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from tap import Tap  # noqa: E402

SEKISHO = os.path.abspath(sys.argv[1])
SHARED = os.path.join(os.path.dirname(ROOT), "shared", "conformance")
SAMPLES, SAMPLE_SECONDS, ALL_SECONDS = 200, 30, 200

HEADER = (b"From: Shop <orders@shop.example.com>\r\nTo: list@lists.example.org\r\nSubject: New prices\r\n"
          b"Date: Thu, 01 Jan 2026 00:00:00 +0000\r\nMessage-ID: <1@shop.example.com>\r\nMIME-Version: 1.0\r\n")
PLAIN = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
BODY = b"Dear list,\r\n\r\nthe price is 10 \xe2\x82\xac.\r\nFrom here on.\r\n"
FOOTER = b"_______________________________________________\r\nlist mailing list\r\nlist@lists.example.org\r\n"
WAY = (b"Return-Path: <list-bounces@lists.example.org>\r\n"
       b"Authentication-Results: mx.example.com; dkim=fail header.d=shop.example.com; spf=pass\r\n"
       b"Received: from mx.example.com (localhost [127.0.0.1]) by store.example.com (Postfix) with LMTP id 3C;\r\n"
       b"\tThu, 1 Jan 2026 00:01:30 +0000\r\n"
       b"Received: from lists.example.org (lists.example.org [198.51.100.20])\r\n"
       b"\t(using TLSv1.3 with cipher X (256/256 bits)) by mx.example.com (Postfix) with ESMTPS id 2B\r\n"
       b"\tfor <reader@example.com>; Thu, 1 Jan 2026 00:01:29 +0000\r\n"
       b"List-Id: A list <list.lists.example.org>\r\n"
       b"Received: from mail.shop.example.com (mail.shop.example.com [192.0.2.10])\r\n"
       b"\tby lists.example.org (Postfix) with ESMTP id 1A; Thu, 1 Jan 2026 00:02:00 +0000\r\n")


def sekisho(*words, text=None):
    done = subprocess.run([SEKISHO, *words], input=text, capture_output=True, timeout=120)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class World:
    """A key, its zone, and how to sign and explain with them."""

    def __init__(self, folder):
        self.folder = folder
        self.key, self.zone = os.path.join(folder, "key.pem"), os.path.join(folder, "zone")
        code, out, err = sekisho("key", "generate", "--domain", "shop.example.com", "--selector", "s1", "--out", self.key,
                                 "--json")
        assert code == 0, err
        strings = " ".join(f'"{string}"' for string in json.loads(out)["strings"])
        with open(self.zone, "w", encoding="ascii") as file:
            file.write("$ORIGIN .\n$TTL 300\n@ IN SOA ns.example.com. h.example.com. 1 1 1 1 1\n@ IN NS ns.example.com.\n"
                       '_dmarc.shop.example.com. IN TXT "v=DMARC1; p=reject"\n'
                       'lists.example.org. IN TXT "v=spf1 ip4:198.51.100.20 -all"\n'
                       f"s1._domainkey.shop.example.com. IN TXT {strings}\n"
                       f"seal._domainkey.lists.example.org. IN TXT {strings}\n")

    def sign(self, message, *more):
        done = subprocess.run([SEKISHO, "sign", "-", "--domain", "shop.example.com", "--selector", "s1", "--key", self.key,
                               *more], input=message, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def seal(self, message):
        done = subprocess.run([SEKISHO, "arc", "seal", "-", "--domain", "lists.example.org", "--selector", "seal", "--key",
                               self.key, "--zone", self.zone, "--authserv-id", "lists.example.org"], input=message,
                              capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def file(self, message, name="message.eml"):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(message)
        return path

    def json(self, message, *more):
        code, out, err = sekisho("explain", "-", "--json", "--zone", self.zone, *more, text=message)
        return code, json.loads(out), err

    def text(self, message, *more):
        return sekisho("explain", "-", "--zone", self.zone, *more, text=message)[1]


def mailing_list(world):
    signed = world.sign(HEADER + PLAIN + b"\r\n" + BODY)
    return WAY + signed.replace(b"Subject: New", b"Subject: [list] New") + FOOTER


def split(message):
    header, body = message.split(b"\r\n\r\n", 1)
    return header + b"\r\n\r\n", body


def quoted_printable(body):
    return body.replace(b"=", b"=3D").replace(b"\xe2\x82\xac", b"=E2=82=AC")


ALTERNATIVE = b"Content-Type: multipart/alternative; boundary=b\r\n"
PARTS = b"--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b\r\nContent-Type: text/html\r\n\r\n<html><body><p>Hello</p>\r\n</body>\r\n--b--\r\n"
JIS = "価格は10円です。\r\n".encode("iso-2022-jp")

CHANGES = [  # name, MIME fields, body, options of sign, change of the body, kinds
    ("a footer", PLAIN, BODY, [], lambda b: b + FOOTER, ["appended"]),
    ("blank lines of spaces", PLAIN, BODY, ["simple"], lambda b: b + b"  \r\n", ["final-lines"]),
    ("trailing spaces", PLAIN, BODY, ["simple"], lambda b: b.replace(b"\r\n", b" \r\n"), ["white-space"]),
    ("bare line feeds", PLAIN, BODY, [], lambda b: b.replace(b",\r\n\r\n", b",\n\n"), ["line-ends"]),
    ("quoting for mbox", PLAIN, BODY, [], lambda b: b.replace(b"\nFrom ", b"\n>From "), ["from-escaped"]),
    ("dots", PLAIN, b".a\r\n" + BODY, [], lambda b: b"." + b, ["dots"]),
    ("spaces to tabs", PLAIN, b"        a\r\n", ["simple"], lambda b: b"\ta\r\n", ["tabs"]),
    ("a banner", PLAIN, BODY, [], lambda b: b"[EXTERNAL] Take care.\r\n\r\n" + b, ["banner"]),
    ("NUL octets", PLAIN, BODY, [], lambda b: b.replace(b"price", b"pri\0ce"), ["nul"]),
    ("a broken line", PLAIN, b"x" * 1500 + b"\r\n", [], lambda b: b[:998] + b"\r\n " + b[998:], ["lines-broken"]),
    ("a footer in the text part", ALTERNATIVE, PARTS, [], lambda b: b.replace(b"Hello\r\n--b", b"Hello\r\n-- \r\nlist\r\n--b"),
     ["footer-in-part"]),
    ("a part more", ALTERNATIVE, PARTS, [], lambda b: b.replace(b"--b--", b"--b\r\n\r\nlist\r\n--b--"), ["part-added"]),
    ("a footer and quoting", PLAIN, BODY, [], lambda b: b.replace(b"\nFrom ", b"\n>From ") + FOOTER, ["from-escaped", "appended"]),
]

REBUILT = [  # name, MIME fields and body as signed, the same as received, kinds of the body
    ("8bit to quoted-printable", PLAIN, BODY, PLAIN.replace(b"8bit", b"quoted-printable"), quoted_printable(BODY), ["reencoded"]),
    ("8bit to base64", PLAIN, BODY, PLAIN.replace(b"8bit", b"base64"), base64.encodebytes(BODY), ["reencoded"]),
    ("base64 to 8bit", PLAIN.replace(b"8bit", b"base64"), base64.encodebytes(BODY).replace(b"\n", b"\r\n"), PLAIN, BODY,
     ["reencoded"]),
    ("ISO-2022-JP to UTF-8", b"Content-Type: text/plain; charset=iso-2022-jp\r\nContent-Transfer-Encoding: 7bit\r\n", JIS,
     PLAIN, JIS.decode("iso-2022-jp").encode(), ["charset"]),
    ("wrapped into a multipart", PLAIN, BODY, b"Content-Type: multipart/mixed; boundary=m\r\n",
     b"--m\r\n" + PLAIN + b"\r\n" + BODY + b"\r\n--m\r\n\r\n" + FOOTER + b"\r\n--m--\r\n", ["wrapped"]),
]


def body_kinds(document):
    return [change["kind"] for change in document["changes"] if change["part"] == "body"]


def bodies(tap, world):
    for name, fields, body, canonicalization, change, kinds in CHANGES:
        how = ["--canonicalization", "simple/simple"] if canonicalization else []
        header, body = split(world.sign(HEADER + fields + b"\r\n" + body, *how))
        _, document, _ = world.json(header + body)
        tap.equal((document["changes"], document["signatures"][0]["held"]), ([], "verifies"), f"{name}: before, nothing")
        _, document, _ = world.json(header + change(body))
        signature = document["signatures"][0]
        tap.equal((body_kinds(document), signature["held"], signature["header"], signature["body"]),
                  (kinds, "body-changed", "holds", "broken"), f"{name}: {', '.join(kinds)}")
    for name, fields, body, new_fields, new_body, kinds in REBUILT:
        header, _ = split(world.sign(HEADER + fields + b"\r\n" + body))
        _, document, _ = world.json(header.replace(fields, new_fields) + new_body)
        tap.equal(body_kinds(document), kinds, f"{name}: {', '.join(kinds)}")
    header, body = split(world.sign(HEADER + PLAIN + b"\r\n" + BODY))
    for name, damage in (("a word", body.replace(b"10", b"99")), ("a line", body.replace(b"Dear list,\r\n", b"")),
                         ("random octets", os.urandom(3000))):
        _, document, _ = world.json(header + damage)
        tap.equal((document["changes"], document["signatures"][0]["unexplained"]), ([], True), f"{name}: nothing fits")


def headers(tap, world):
    signed = world.sign(HEADER + PLAIN + b"\r\n" + BODY)
    table = [
        ("a tag", b"Subject: New", b"Subject: [list] New", "subject-tag", "Subject", "New prices"),
        ("a list in From", b"From: Shop <orders@shop.example.com>\r\n",
         b"From: Shop via List <list@lists.example.org>\r\nX-Original-From: Shop <orders@shop.example.com>\r\n",
         "from-rewritten", "From", "Shop <orders@shop.example.com>"),
        ("a Reply-To", b"To: list", b"Reply-To: list@lists.example.org\r\nTo: list", "field-added", "Reply-To", ""),
        ("another encoding", b"Encoding: 8bit", b"Encoding: binary", "mime-field", "Content-Transfer-Encoding", "8bit"),
    ]
    for name, old, new, kind, field, was in table:
        code, document, _ = world.json(signed.replace(old, new))
        got = [(change["kind"], change["field"], change["was"]) for change in document["changes"]]
        tap.equal((code, got, document["signatures"][0]["held"]), (1, [(kind, field, was)], "header-changed"), f"{name}: {kind}")
    _, document, _ = world.json(signed.replace(b"Subject: New prices", b"Subject: Send money"))
    tap.equal((document["changes"], document["signatures"][0]["held"], document["signatures"][0]["unexplained"]),
              ([], "header-changed", True), "another Subject: nothing fits")


def summary(tap, world):
    message = mailing_list(world)
    text = world.text(message)
    flat = " ".join(text.split())
    for part in ("By its Received fields, this message came from mail.shop.example.com through lists.example.org, "
                 "mx.example.com to store.example.com.",
                 "It went through the mailing list list.lists.example.org (List-Id).",
                 "DMARC fails for shop.example.com, the domain in From: no signature of it verifies, and SPF was not checked.",
                 "The signature of shop.example.com held when it was made; header and body were changed afterwards. "
                 "The Subject was given a tag. Lines were added at the end of the body.",
                 "Nothing here is proved",
                 "by lists.example.org with ESMTP id 1A Thu, 1 Jan 2026 00:02:00 +0000; the next hop's clock says 31 s earlier",
                 "with ESMTPS (TLS 1.3) id 2B for <reader@example.com>",
                 "+ Authentication-Results, said to be by mx.example.com: dkim=fail, spf=pass",
                 "What was signed: Subject: New prices",
                 "Lines 5 to 7 of the body were not signed: | ____"):
        tap.contains(flat, part, f"told: {part[:70]}")
    tap.ok(text.startswith("What happened\n") and "\nDNS, in the order of asking\n" in text, "the summary first, DNS last")
    tap.ok(max(len(line) for line in text.split("\nMessage:")[0].splitlines()) <= 80, "what is new fits a screen")
    flat = " ".join(world.text(world.seal(message)).split())
    tap.contains(flat, "lists.example.org has sealed the message (ARC), and the seal verifies. It says that it saw: ",
                 "a seal is told with what its sealer saw")
    _, document, _ = world.json(message.replace(b"\r\n", b"\n"))
    tap.equal([change["kind"] for change in document["changes"]], ["subject-tag", "appended"], "a Unix text is told as on the wire")
    flat = " ".join(world.text(world.sign(HEADER + b"\r\n" + BODY)).split())
    tap.contains(flat, "No server has left a Received field", "no hops, and it is said")
    evil = (b"Received: from \x1b[31mred\x07 (\x1b[0m [192.0.2.1]) by b\r\nAuthentication-Results: \x1b[1m; x\r\n"
            b"Subject: [a] \x1b]0;title\x07\r\nList-Id: <\x9b31m>\r\n\r\n")
    tap.ok("\x1b" not in world.text(evil) and "\x07" not in world.text(evil), "no message writes to the terminal")


def hops(tap, world):
    message = mailing_list(world)
    _, document, _ = world.json(message)
    tap.equal([(h["number"], h["helo"], h["address"], h["by"], h["tls"], h.get("delay_s")) for h in document["hops"]],
              [(1, "mail.shop.example.com", "192.0.2.10", "lists.example.org", "", -31),
               (2, "lists.example.org", "198.51.100.20", "mx.example.com", "1.3", 1),
               (3, "mx.example.com", "127.0.0.1", "store.example.com", "", None)], "hops in JSON, the oldest first")
    tap.equal([(a["name"], a["hop"], a["claims"], [r["result"] for r in a["results"]]) for a in document["added"]],
              [("DKIM-Signature", 0, "shop.example.com", []), ("Authentication-Results", 3, "mx.example.com", ["fail", "pass"])],
              "what was added, at which hop")
    tap.equal((document["client"], document["spf"]), ({"hop": 2, "ip": "198.51.100.20", "helo": "lists.example.org",
              "mail_from": "list-bounces@lists.example.org"}, None), "the client that is proposed; SPF stays unchecked")
    for hop, want in (("2", ("pass", "lists.example.org")), ("auto", ("pass", "lists.example.org")), ("1", ("fail", "lists.example.org"))):
        _, document, _ = world.json(message, "--hop", hop)
        tap.equal((document["spf"]["result"], document["spf"]["domain"]), want, f"--hop {hop}: SPF {want[0]}")
    path = world.file(message, "it's a message.eml")
    text = sekisho("explain", path, "--zone", world.zone)[1]
    command = next(line.strip() for line in text.splitlines() if line.startswith("    sekisho explain"))
    done = subprocess.run(["sh", "-c", command.replace("sekisho", f"'{SEKISHO}'", 1)], capture_output=True, text=True, timeout=60)
    tap.ok("\nspf       pass       lists.example.org" in done.stdout, "the command that is told can be run as it stands", command + done.stdout)
    table = [
        ("a hop that is not there", ["--hop", "4"], message, "which has 3; not \"4\""),
        ("hop 0", ["--hop", "0"], message, "--hop takes auto"),
        ("a word", ["--hop", "first"], message, "--hop takes auto"),
        ("two clients", ["--hop", "1", "--ip", "192.0.2.1"], message, "give one of them"),
        ("a hop without an address", ["--hop", "1"], b"Return-Path: <a@b>\r\nReceived: by a\r\n\r\n", "hop 1 tells no address"),
        ("no public address", ["--hop", "auto"], b"Received: from a (a [10.0.0.1]) by b\r\n\r\n", "no hop tells a public address"),
        ("no Return-Path", ["--hop", "1"], b"Received: from a (a [192.0.2.1]) by b\r\n\r\n", "has no Return-Path"),
    ]
    for name, words, text, want in table:
        code, out, err = sekisho("explain", "-", "--zone", world.zone, *words, text=text)
        tap.ok((code, out) == (2, "") and want in err, f"{name}: exit 2 and a sentence", f"{code} {out} {err}")
    _, document, _ = world.json(b"Received: from a (a [198.51.100.20]) by b\r\n\r\n", "--hop", "1", "--mail-from", "x@lists.example.org")
    tap.equal(document["spf"]["result"], "pass", "--mail-from stands in for a missing Return-Path")


def sample_paths():
    paths = []
    for suite in ("dkim", "corpus"):
        for folder, _, names in sorted(os.walk(os.path.join(SHARED, suite))):
            paths += [os.path.join(folder, name) for name in sorted(names) if os.path.getsize(os.path.join(folder, name)) > 0]
    step = max(1, len(paths) // SAMPLES)
    return paths[::step][:SAMPLES]


def sample(world, path):
    started = time.monotonic()
    try:
        done = subprocess.run([SEKISHO, "explain", path, "--json", "--zone", world.zone], capture_output=True,
                              timeout=SAMPLE_SECONDS)
        json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:
        return f"{path}: {error}", time.monotonic() - started
    wrong = "" if done.returncode in (0, 1, 3) and done.stderr == b"" else f"{path}: exit {done.returncode} {done.stderr!r}"
    return wrong, time.monotonic() - started


def samples(tap, world):
    if not os.path.isdir(SHARED):
        print(f"ok {tap.count + 1} - samples of other people # SKIP {SHARED} is not there", flush=True)
        tap.count += 1
        return
    paths, started = sample_paths(), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda path: sample(world, path), paths))
    wrong = [text for text, _ in results if text]
    took = time.monotonic() - started
    print(f"# {len(paths)} samples in {took:.1f} s, the slowest {max(seconds for _, seconds in results):.1f} s", flush=True)
    tap.ok(len(paths) == SAMPLES and not wrong, f"{SAMPLES} samples of other people are told, each in {SAMPLE_SECONDS} s",
           "\n".join(wrong))
    tap.ok(took < ALL_SECONDS, f"all of them in {ALL_SECONDS} s", f"{took:.1f} s")


def body(tap):
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder)
        summary(tap, world)
        hops(tap, world)
        headers(tap, world)
        bodies(tap, world)
        samples(tap, world)


Tap().run(body)
