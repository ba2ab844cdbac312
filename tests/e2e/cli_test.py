#!/usr/bin/env python3
"""The `sekisho` command as a user meets it: the demonstration's messages from a zone file, then everything wrong.

usage: cli_test.py PATH-OF-SEKISHO
"""
import json
import os
import socket
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from tap import Tap  # noqa: E402

SEKISHO = os.path.abspath(sys.argv[1])
ZONE = os.path.join(ROOT, "demo", "demo.zone")


def sekisho(*words, text=None):
    done = subprocess.run([SEKISHO, *words], input=text, capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def one_document(tap, out, name):
    try:
        return json.loads(out)
    except ValueError as error:
        tap.ok(False, f"{name}: standard output is one JSON document", f"{error}\n{out}")
        return {}


def envelope(case):
    return ["--ip", case["client"], "--helo", case["helo"], "--mail-from", case["mail_from"], "--zone", ZONE]


def results(verdict):
    dkim = [s["result"] for s in verdict["dkim"]] or ["none"]
    return {"spf": verdict["spf"]["result"], "dkim": dkim[0], "dmarc": verdict["dmarc"]["result"],
            "arc": verdict["arc"]["result"]}


def demonstration(tap):
    with open(os.path.join(ROOT, "demo", "messages.json"), encoding="utf-8") as file:
        demo = json.load(file)
    for case in demo["messages"]:
        path = os.path.join(ROOT, "demo", "messages", case["file"])
        code, out, err = sekisho("verify", path, "--json", "--authserv-id", demo["authserv_id"], "--trusted-sealers",
                                 "other.example, Lists.Example.ORG.", *envelope(case))
        verdict = one_document(tap, out, case["file"])
        want = dict(case["expect"])
        override = want.pop("override", False)
        tap.equal(results(verdict), want, f"{case['file']}: {case['about']}")
        tap.equal(verdict["dmarc"]["arc_override"], override, f"{case['file']}: ARC override is {override}")
        tap.equal(code, {"pass": 0, "none": 0, "fail": 1, "permerror": 1, "temperror": 3}[want["dmarc"]],
                  f"{case['file']}: exit code")
        tap.equal(err, "", f"{case['file']}: nothing on standard error")
        code, out, err = sekisho("explain", path, *envelope(case))
        tap.ok("DNS, in the order of asking" in out and "Authentication-Results:" in out,
               f"{case['file']}: explain tells the DNS and the field", out + err)


def unix_and_wire_line_ends(tap):
    path = os.path.join(ROOT, "demo", "messages", "signed.eml")
    with open(path, "rb") as file:
        wire = file.read()
    want = sekisho("verify", path, "--json", "--zone", ZONE)[1]
    got = sekisho("verify", "-", "--json", "--zone", ZONE, text=wire.replace(b"\r\n", b"\n"))[1]
    tap.equal(json.loads(got)["dkim"], json.loads(want)["dkim"], "a Unix text on standard input verifies as on the wire")
    tap.equal(json.loads(want)["spf"], None, "without --ip there is no SPF")


def records(tap):
    code, out, _ = sekisho("spf", "check", "--json", "--ip", "127.0.0.11", "--helo", "mta.esp.example.net",
                           "--mail-from", "a@news.example.net", "--zone", ZONE)
    spf = one_document(tap, out, "spf check")
    tap.equal((code, spf["result"], spf["domain"], spf["lookups"]), (0, "pass", "news.example.net", 1), "spf check: pass through an include")
    code, out, _ = sekisho("spf", "check", "--json", "--ip", "192.0.2.1", "--helo", "h.example", "--mail-from",
                           "a@shop.example.com", "--zone", ZONE)
    tap.equal((code, json.loads(out)["result"]), (1, "fail"), "spf check: fail exits 1")
    code, out, _ = sekisho("spf", "check", "--json", "--ip", "127.0.0.10", "--helo", "mail.shop.example.com",
                           "--mail-from", "", "--zone", ZONE)
    tap.equal((code, json.loads(out)["result"], json.loads(out)["scope"]), (0, "pass", "helo"),
              "spf check: a null reverse-path is judged by HELO")
    who = ["--ip", "127.0.0.10", "--helo", "mail.shop.example.com", "--mail-from", "a@shop.example.com", "--zone", ZONE]
    code, out, _ = sekisho("spf", "check", "--json", "--received-spf", *who)
    field = one_document(tap, out, "spf check --received-spf")["received_spf"]
    unfolded = field.replace("\r\n", "")
    tap.ok(unfolded.startswith(" pass (") and 'envelope-from="a@shop.example.com";' in unfolded
           and "client-ip=127.0.0.10;" in unfolded and max(map(len, ("Received-SPF:" + field).split("\r\n"))) <= 78,
           "spf check --received-spf: the field, folded", field)
    tap.ok("received_spf" not in json.loads(sekisho("spf", "check", "--json", *who)[1]), "spf check: no field unasked")
    tap.ok("\nReceived-SPF: pass (" in sekisho("spf", "check", "--received-spf", *who)[1],
           "spf check --received-spf: as text too")
    tap.equal(sekisho("spf", "check", "--received-spf", "--scope", "pra", *who)[0], 2,
              "spf check --received-spf is not for Sender ID")
    for scope, address, want in (("pra", "a@shop.example.com", (0, "pass", "pra")),
                                 ("pra", "a@gone.example.com", (1, "fail", "pra")),
                                 ("mfrom", "a@gone.example.com", (0, "none", "mfrom")),
                                 ("pra", "nobody", (1, "permerror", "pra"))):
        code, out, _ = sekisho("spf", "check", "--json", "--ip", "127.0.0.10", "--mail-from", address, "--scope", scope,
                               "--zone", ZONE)
        spf = one_document(tap, out, "spf check --scope")
        tap.equal((code, spf["result"], spf["scope"]), want, f"spf check --scope {scope} for {address}")
    code, out, _ = sekisho("dmarc", "policy", "mail.news.example.net", "--json", "--zone", ZONE)
    policy = one_document(tap, out, "dmarc policy")
    tap.equal((code, policy["result"], policy["policy_domain"], policy["policy"]),
              (0, "found", "example.net", "quarantine"), "dmarc policy: found by the tree walk")
    code, out, _ = sekisho("dmarc", "policy", "nothing.example.com", "--json", "--zone", ZONE)
    tap.equal((code, json.loads(out)["result"]), (1, "none"), "dmarc policy: none exits 1")


def sender_id(tap):
    path = os.path.join(ROOT, "demo", "messages", "signed.eml")
    who = ["--ip", "127.0.0.10", "--helo", "h.example", "--mail-from", "a@b.example", "--zone", ZONE]
    verdict = one_document(tap, sekisho("verify", path, "--json", *who)[1], "verify")
    tap.ok("sender_id" not in verdict and "sender-id" not in verdict["authentication_results"],
           "Sender ID is off by default", str(verdict))
    verdict = one_document(tap, sekisho("verify", path, "--json", "--sender-id", *who)[1], "verify --sender-id")
    got = verdict["sender_id"]
    tap.equal((got["result"], got["header"], got["domain"], got["pra"].split("@")[1]),
              ("pass", "From", "shop.example.com", "shop.example.com"), "verify --sender-id: result, PRA and its field")
    tap.ok("sender-id=pass header.from=shop.example.com" in verdict["authentication_results"],
           "verify --sender-id: a method of its own", verdict["authentication_results"])
    out = sekisho("explain", path, "--sender-id", *who)[1]
    tap.ok("sender-id pass       shop.example.com (of From)" in out and "\nSender ID\n" in out,
           "explain --sender-id tells the steps", out)


def authres(tap):
    text = (b"Authentication-Results: mx.example.com 1; spf=pass smtp.mailfrom=a.example;\n"
            b" dkim=fail (bad) reason=\"body; changed\" header.d=b.example\n"
            b"Subject: x\n\nbody\n")
    code, out, _ = sekisho("authres", "parse", "-", "--json", text=text)
    fields = one_document(tap, out, "authres parse")["fields"]
    tap.equal(code, 0, "authres parse: readable exits 0")
    tap.equal(fields, [{"authserv_id": "mx.example.com", "version": 1, "results": [
        {"method": "spf", "result": "pass", "reason": "", "props": {"smtp.mailfrom": "a.example"}},
        {"method": "dkim", "result": "fail", "reason": "body; changed", "props": {"header.d": "b.example"}}]}],
        "authres parse: every value as it was meant")
    code, out, _ = sekisho("authres", "parse", "-", "--json", text=b"Authentication-Results: ;;=\n\n")
    tap.ok(code == 1 and "error" in json.loads(out)["fields"][0], "authres parse: unreadable exits 1 and says why", out)


def unreadable_signature(tap):
    text = b"DKIM-Signature: v=1; nothing\r\nFrom: a@example.com\r\n\r\nx\r\n"
    _, out, _ = sekisho("verify", "-", "--zone", ZONE, text=text)
    line = next((line for line in out.splitlines() if line.startswith("dkim")), "")
    tap.ok(line.startswith("dkim      neutral") and "selector" not in line,
           "a signature that cannot be read has no empty selector", line)


def trouble(tap):
    zone = ["--zone", ZONE]
    table = [
        ("no command", [], 2, "usage: sekisho"),
        ("an unknown command", ["frobnicate"], 2, 'there is no command "frobnicate"'),
        ("an unknown verb", ["spf", "frobnicate"], 2, 'there is no command "spf frobnicate"'),
        ("an unknown option", ["verify", "x", "--frobnicate"], 2, "--frobnicate"),
        ("a missing operand", ["verify", *zone], 2, "needs an operand"),
        ("two operands", ["verify", "a", "b", *zone], 2, "one operand only"),
        ("a missing file", ["verify", "/nonexistent.eml", *zone], 1, "cannot be opened: No such file"),
        ("a folder for a file", ["verify", "/", *zone], 1, "cannot be read"),
        ("a bad address", ["spf", "check", "--ip", "300.1.2.3", "--helo", "x", *zone], 2, "IPv4 or IPv6"),
        ("a bad address for a message", ["verify", "-", "--ip", "300.1.2.3", *zone], 2, "IPv4 or IPv6"),
        ("a bad sealer", ["verify", "-", "--trusted-sealers", "a.example,,b.example", *zone], 2, "--trusted-sealers takes"),
        ("a bad number", ["verify", "-", "--dns-timeout", "soon", *zone], 2, "whole number from 1 to 600000"),
        ("a missing zone", ["dmarc", "policy", "a.example", "--zone", "/nonexistent"], 1, "/nonexistent"),
    ]
    for name, words, want_code, want_text in table:
        code, out, err = sekisho(*words, text=b"")
        tap.ok(code == want_code and want_text in err and out == "", f"{name}: exit {want_code} and a sentence",
               f"exit {code}\n{out}{err}")
    code, out, _ = sekisho("dmarc", "policy", "a..example", "--json", *zone)
    tap.equal((code, json.loads(out)["result"], json.loads(out)["reason"]), (1, "permerror", "not a domain name"),
              "a bad domain: permerror, exit 1 and why")
    with tempfile.NamedTemporaryFile("w", suffix=".zone") as broken:
        broken.write("$ORIGIN example.com.\na IN A 1.2.3\n")
        broken.flush()
        code, _, err = sekisho("dmarc", "policy", "a.example", "--zone", broken.name)
        tap.ok(code == 1 and ":2" in err, "a broken zone: file, line and what is wrong", err)


def no_answer_in_json(tap):
    for words in (["verify", "/nonexistent.eml"], ["explain", "/"], ["arc", "verify", "/"], ["authres", "parse", "/"],
                  ["dmarc", "policy", "a.example", "--zone", "/nonexistent"]):
        code, out, err = sekisho(*words, "--json")
        document = one_document(tap, out, " ".join(words))
        tap.ok(code == 1 and document.get("error", "?") in err, f"{' '.join(words)}: exit 1, the JSON says why", out + err)
    code, out, _ = sekisho("authres", "parse", "-", "--json", text=b"X: y\n" * 12000 + b"Authentication-Results: a; none\n")
    tap.equal((code, len(json.loads(out)["fields"])), (1, 1), "authres parse: fields past the bound are not passed over")
    code, out, _ = sekisho("authres", "parse", "-", "--json",
                           text=b"Authentication-Results: a; dmarc=pass action=none " + b"p" * 5000 + b".q=v\n")
    tap.equal(json.loads(out)["fields"][0]["results"][0]["props"], {"action": "none", "p" * 5000 + ".q": "v"},
              "authres parse: a property without ptype, and one with a long one")


def lost_output(tap):
    words = ["spf", "check", "--ip", "127.0.0.10", "--helo", "h.example", "--mail-from", "a@shop.example.com", "--zone", ZONE]
    tap.equal(sekisho(*words)[0], 0, "the answer is yes")
    with open("/dev/full", "wb") as full:
        for more in ([], ["--json"]):
            done = subprocess.run([SEKISHO, *words, *more], stdout=full, stderr=subprocess.PIPE, timeout=60)
            tap.ok(done.returncode == 1 and b"standard output" in done.stderr, "a full disk is no yes", done.stderr)
        done = subprocess.run([SEKISHO, "--help"], stdout=full, stderr=subprocess.PIPE, timeout=60)
        tap.equal(done.returncode, 1, "--help to a full disk fails too")
    done = subprocess.run(["sh", "-c", '"$0" "$@" >&-', SEKISHO, *words], stderr=subprocess.PIPE, timeout=60)
    tap.ok(done.returncode == 1 and b"standard output" in done.stderr, "a closed standard output is no yes", done.stderr)


def dead_dns(tap):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{deaf.getsockname()[1]}"
        code, out, _ = sekisho("spf", "check", "--json", "--ip", "192.0.2.1", "--helo", "h.example.net", "--mail-from",
                               "a@example.com", "--nameserver", server, "--dns-timeout", "300")
        tap.equal((code, json.loads(out)["result"]), (3, "temperror"), "a silent name server is temperror and exit 3")


def body(tap):
    demonstration(tap)
    unix_and_wire_line_ends(tap)
    records(tap)
    sender_id(tap)
    authres(tap)
    unreadable_signature(tap)
    trouble(tap)
    no_answer_in_json(tap)
    lost_output(tap)
    dead_dns(tap)


Tap().run(body)
