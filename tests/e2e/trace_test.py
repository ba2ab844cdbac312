#!/usr/bin/env python3
"""Recorded messages by the command line: found, explained from what was recorded, and judged again with today's code and with
a proposed policy.

usage: trace_test.py PATH-OF-SEKISHO PATH-OF-RECORD-MESSAGE
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from postgresql import PostgreSQL, programs  # noqa: E402
from tap import Tap  # noqa: E402

SEKISHO, RECORD = (os.path.abspath(path) for path in sys.argv[1:3])

ZONE = """$ORIGIN example.com.
$TTL 300
@ IN TXT "v=spf1 ip4:192.0.2.1 -all"
_dmarc IN TXT "v=DMARC1; p=reject"
"""
MESSAGE = "From: Boss <boss@example.com>\r\nSubject: Invoice\r\nMessage-ID: <1@example.com>\r\n\r\nPay.\r\n"
GOOD, FORGED = "192.0.2.1", "198.51.100.9"


class Node:
    """A store, a journal, and two messages in them: first a good one, then a forged one."""

    def __init__(self, url, folder):
        self.url, self.folder = url, pathlib.Path(folder)
        self.journal = self.folder / "journal"
        self.journal.mkdir()
        (self.folder / "zone").write_text(ZONE)
        (self.folder / "message").write_bytes(MESSAGE.encode())
        for words in (["tenant", "add", "acme"], ["domain", "add", "customer.example", "--tenant", "acme"],
                      ["policy", "confirm", "customer.example", "--by", "boss"],
                      ["policy", "set", "customer.example", "filter=on", "on-dmarc-reject=refuse"],
                      ["domain", "add", "other.example", "--tenant", "acme"]):
            self.run(*words, wanted=0)
        self.places = [self.record(address) for address in (GOOD, FORGED)]
        rows = json.loads(self.run("trace", "--json", wanted=0).stdout)["messages"]
        self.good, self.forged = (str(number) for number in sorted({row["message"] for row in rows}))

    def record(self, address, mail_from="bounce@example.com", recipients=("a@customer.example", "b@other.example",
                                                                          "c@elsewhere.example")):
        done = subprocess.run([RECORD, self.url, self.journal, self.folder / "zone", self.folder / "message", address,
                               mail_from, *recipients],
                              capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return done.stdout.strip()

    def run(self, *words, wanted=None, store=True):
        command = [SEKISHO, *words] + (["--store", self.url] if store else [])
        done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=60)
        if wanted is not None and done.returncode != wanted:
            raise AssertionError(f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def evidence(self, *words, wanted=None):
        return self.run(*words, "--journal", str(self.journal), wanted=wanted)

    def json(self, *words, wanted=0):
        return json.loads(self.evidence(*words, "--json", wanted=wanted).stdout)

    def found(self, *words):
        rows = json.loads(self.run("trace", *words, "--json", wanted=0).stdout)["messages"]
        names = {self.good: "good", self.forged: "forged"}
        return [(names[str(row["message"])], row["recipient"].split("@")[0]) for row in rows]


ALL = [(name, recipient) for name in ("forged", "good") for recipient in "abc"]


def find(tap, node):
    cases = (
        ("everything, the newest first", [], ALL),
        ("by queue id", ["--queue-id", "4XyZ"], ALL),
        ("by a queue id of another case, which is another one", ["--queue-id", "4xyz"], []),
        ("by another queue id", ["--queue-id", "nobody"], []),
        ("by Message-ID", ["--message-id", "<1@example.com>"], ALL),
        ("by Message-ID as mail programs show it", ["--message-id", "1@Example.com"], ALL),
        ("by another Message-ID", ["--message-id", "1@example"], []),
        ("by sender, with angle brackets", ["--sender", "<Bounce@example.com>"], ALL),
        ("by recipient", ["--recipient", "b@other.example"], [("forged", "b"), ("good", "b")]),
        ("by client", ["--ip", FORGED], ALL[:3]),
        ("by client that there was not", ["--ip", "2001:db8::1"], []),
        ("by result", ["--result", "pass"], ALL[3:]),
        ("by SPF's result", ["--result", "spf=pass"], ALL[3:]),
        ("by DKIM's result, which none has", ["--result", "dkim=pass"], []),
        ("by several results", ["--result", "spf=fail,dkim=none,arc=none,dmarc=fail"], ALL[:3]),
        ("by several results, not all of them so", ["--result", "spf=fail,dmarc=pass"], []),
        ("by what was done", ["--result", "applied=refuse"], ALL[:1]),
        ("by author domain", ["--author", "example.com", "--result", "fail"], ALL[:3]),
        ("by hosted domain", ["--domain", "customer.example"], [("forged", "a"), ("good", "a")]),
        ("by tenant", ["--tenant", "acme", "--ip", GOOD], ALL[3:5]),
        ("by time", ["--since", "2026-11-22", "--until", "2026-11-23"], ALL),
        ("by time before all", ["--until", "2026-11-22"], []),
        ("no more than asked for", ["--limit", "1"], ALL[:1]),
        ("by everything at once", ["--since", "2026-01-01", "--until", "2027-01-01", "--queue-id", "4XyZ", "--message-id",
                                   "<1@example.com>", "--sender", "bounce@example.com", "--recipient", "b@other.example",
                                   "--author", "example.com", "--ip", GOOD, "--domain", "other.example", "--tenant", "acme",
                                   "--result", "spf=pass,dkim=none,arc=none,dmarc=pass,applied=deliver", "--limit", "9"],
         [("good", "b")]),
    )
    for name, words, wanted in cases:
        found = node.found(*words)
        tap.ok(found == wanted, f"found {name}", f"{found}")
    out = node.run("trace", wanted=0).stdout
    tap.ok("<bounce@example.com>" in out and "a@customer.example" in out, "the table tells sender and recipient", out)


def show(tap, node):
    one = node.json("trace", node.forged)
    done = {r["address"]: (r["filter"], r["would_be"], r["applied"]) for r in one["recipients"]}
    tap.ok(one["results"]["dmarc"] == "fail" and one["results"]["spf"] == "fail" and one["ip"] == FORGED,
              "a message tells its results", one)
    tap.ok(done["a@customer.example"] == ("on", "refuse", "refuse"), "and what each recipient's policy said", done)
    tap.ok(done["b@other.example"][0] == "off" and done["b@other.example"][2] == "deliver",
              "a filter that is off says what it would have done", done)
    decisive = one["recipients"][0]["decisive"]
    tap.ok(decisive == "dmarc-reject" and decisive in one["recipients"][0]["matched"], "and why", one["recipients"])
    explanation = one["explanation"]
    tap.ok(explanation["dmarc"]["result"] == "fail", "the explanation is judged from what was recorded", explanation)
    tap.ok(any(answer["name"] == "_dmarc.example.com" and answer["status"] == "found" for answer in explanation["dns"]),
              "with the DNS answers of then", explanation["dns"])
    out = node.evidence("trace", node.forged, wanted=0).stdout
    for text in ("198.51.100.9, HELO mail.example.com", "dmarc-reject", "-all: match", "_dmarc.example.com"):
        tap.ok(text in out, f"the text tells {text}", out)
    by_place = json.loads(node.run("trace", node.places[1], "--journal", str(node.journal), "--json", store=False,
                                   wanted=0).stdout)
    tap.ok(by_place["subject"].startswith("請求書 / 在庫 ") and by_place["message"] == 0,
              "by its place in the journal no store is asked", by_place)


def subjects(tap, node):
    """Encoded words (RFC 2047) as they are read; what is in them does not reach the terminal."""
    subject = node.json("trace", node.good)["subject"]
    tap.equal(subject, "請求書 / 在庫  [2J", "the subject is decoded, also where it is no UTF-8")
    out = node.evidence("trace", node.good, wanted=0).stdout
    tap.ok(re.search(r"^Subject +請求書 / 在庫", out, re.M) and "\x1b" not in out, "and so is the text's", out)


def replay(tap, node):
    for name, number in (("the good", node.good), ("the forged", node.forged)):
        same = node.json("replay", number)
        tap.ok(same["same"] and same["differences"] == [] and same["not_recorded"] == 0,
                  f"{name} message comes out as it was recorded", same["differences"])
    other = node.json("replay", node.forged, "on-dmarc-reject=junk", wanted=1)
    got = {(d["recipient"], d["field"]): (d["recorded"], d["now"]) for d in other["differences"]}
    tap.ok(got.get(("a@customer.example", "action")) == ("refuse", "junk"), "a proposed policy does another thing", got)
    tap.ok(all(recipient for recipient, _ in got), "and no result is different", got)
    text = node.evidence("replay", node.forged, "on-dmarc-reject=junk", wanted=1).stdout
    tap.ok("a@customer.example" in text and "refuse" in text and "junk" in text, "the text tells it too", text)
    node.run("policy", "set", "customer.example", "on-dmarc-reject=mark", wanted=0)
    changed = node.json("replay", node.forged, wanted=1)
    got = {(d["recipient"], d["field"]): (d["recorded"], d["now"]) for d in changed["differences"]}
    tap.ok(got.get(("a@customer.example", "would_be")) == ("refuse", "mark"), "a policy that has changed since too", got)
    alone = node.run("replay", node.places[0], "--journal", str(node.journal), store=False)
    tap.ok(alone.returncode == 0, "by its place, results alone are compared", alone.stdout + alone.stderr)


def refuse(tap, node):
    cases = (
        ("a message that is not there", ["trace", "99999999"], 1, "no message 99999999"),
        ("no number", ["trace", "abc"], 2, "neither the number"),
        ("a place outside the folder", ["trace", "../x.seg:0"], 1, "no name of a journal segment"),
        ("a place where nothing begins", ["trace", node.places[0].replace(":0", ":1")], 1, "damaged"),
        ("a time that is none", ["trace", "--since", "yesterday"], 2, "--since takes"),
        ("an address that is none", ["trace", "--ip", "here"], 2, "--ip takes"),
        ("a result that is none", ["trace", "--result", "maybe"], 2,
         "--result dmarc= takes one of none, pass, fail, temperror, permerror; not \"maybe\""),
        ("a result that ARC does not have", ["trace", "--result", "arc=softfail"], 2, "--result arc= takes one of none, pass, fail"),
        ("a method that there is not", ["trace", "--result", "spf=pass,dane=pass"], 2, "not \"dane=\""),
        ("a method without a result", ["trace", "--result", "spf="], 2, "--result spf= takes one of"),
        ("a method that is named twice", ["trace", "--result", "spf=pass,spf=fail"], 2, "one value for spf"),
        ("a domain that is not hosted", ["trace", "--domain", "nobody.example"], 1, "nobody.example"),
        ("a choice that there is not", ["replay", node.forged, "on-dmarc-rejet=junk"], 1, "on-dmarc-reject"),
        ("a value that there is not", ["replay", node.forged, "on-dmarc-reject=shred"], 1, "junk"),
        ("a choice without a value", ["replay", node.forged, "filter"], 2, "filter"),
    )
    for name, words, code, sentence in cases:
        done = node.evidence(*words)
        tap.ok(done.returncode == code and sentence in done.stderr, f"{name}: refused",
                  f"exit {done.returncode}: {done.stdout}{done.stderr}")


def without_evidence(tap, node):
    empty = node.folder / "empty"
    empty.mkdir()
    done = node.run("trace", node.forged, "--journal", str(empty), "--json", wanted=0)
    one = json.loads(done.stdout)
    tap.ok(one["explanation"] is None and "node-1" in one["no_explanation"] and one["results"]["dmarc"] == "fail",
              "without its evidence a message is told as the store has it", one)
    done = node.run("replay", node.forged, "--journal", str(empty))
    tap.ok(done.returncode == 1 and "node-1" in done.stderr, "and cannot be judged again", done.stdout + done.stderr)
    segment = node.places[1].split(":")[0]
    subprocess.run(["truncate", "-s", "100", node.journal / segment], check=True)
    done = node.evidence("trace", node.forged, "--json", wanted=0)
    tap.ok("damaged" in json.loads(done.stdout)["no_explanation"], "damaged evidence is told as that", done.stdout)


def erased(tap, node):
    """A letter and two bounces; what somebody has erased is neither a bounce nor found by an address that it had."""
    for mail_from, recipients in (("ann@example.com", ["dora@customer.example", "b@other.example"]),
                                  ("", ["dora@customer.example"]), ("", ["emil@customer.example"])):
        node.record(GOOD, mail_from, recipients)
    before = node.json("trace", "--sender", "<>")["messages"]
    tap.equal([m["recipient"] for m in before], ["emil@customer.example", "dora@customer.example"],
              "bounces are found by their sender <>")
    letter = node.json("trace", "--sender", "ann@example.com")["messages"][0]["message"]
    node.evidence("db", "erase", "dora@customer.example", "--node", "node-1", "--yes", wanted=0)
    for sender in ("<>", ""):
        tap.equal([m["recipient"] for m in node.json("trace", "--sender", sender)["messages"]], ["emil@customer.example"],
                  f"--sender \"{sender}\" finds the bounce that was not erased, and nothing else")
    for words in (["--sender", "ann@example.com"], ["--recipient", "dora@customer.example"]):
        tap.equal(node.json("trace", *words)["messages"], [], f"nothing is left of {words[1]}")
    rows = [re.split(r"\s{2,}", line)[2:4] for line in node.run("trace").stdout.splitlines()[1:4]]
    tap.equal(rows, [["<>", "emil@customer.example"], ["<>", "(erased)"], ["(erased)", "(erased)"]],
              "the list says what was erased; that it was a bounce stays known")
    shown = node.evidence("trace", str(letter), wanted=0).stdout
    tap.ok(re.search(r"^MAIL FROM +\(erased\)$", shown, re.M) and re.search(r"^\(erased\) +on", shown, re.M) and
           "b@other.example" in shown, "one message says so too, and keeps who else had it", shown)
    one = node.json("trace", str(letter))
    tap.equal((one["erased"], one["mail_from"], [r["address"] for r in one["recipients"]]),
              (True, "", ["", "b@other.example"]), "and its document")
    tap.equal([m["erased"] for m in node.json("trace", "--limit", "4")["messages"]], [False, True, True, True],
              "and the list's document")


def not_taken_over(tap, node):
    """What lies in a journal of which the store has heard nothing yet."""
    node.record(GOOD, "fay@example.com", ["Gus@customer.example", "gus@customer.example"])
    node.record(GOOD, "gus@customer.example", ["b@other.example"])
    for address, want in (("gus@customer.example", 2), ("fay@example.com", 1), ("nobody@example.com", 0)):
        got = json.loads(node.evidence("db", "erase", address, "--node", "new-node", "--yes", "--json").stdout)
        tap.equal((got["pending"], got["done"]), (want, want == 0), f"{address}: {want} records are not in the store yet")
    done = node.evidence("db", "erase", "fay@example.com", "--node", "node-1", "--yes", "--json", wanted=0)
    got = json.loads(done.stdout)
    tap.equal((got["erased"], got["pending"], got["gone"], got["done"]), (1, 0, 0, True), "where they are, they are erased")
    done = node.run("db", "erase", "gus@customer.example", "--node", "node-1", "--journal", str(node.folder), wanted=1)
    tap.ok("which is not the right one: 1" in " ".join(done.stdout.split()), "a folder without the evidence is told of", done.stdout)


def check_all(tap, url):
    with tempfile.TemporaryDirectory() as folder:
        node = Node(url or f"sqlite:{folder}/store", folder)
        find(tap, node)
        show(tap, node)
        subjects(tap, node)
        replay(tap, node)
        refuse(tap, node)
        without_evidence(tap, node)
        erased(tap, node)
        not_taken_over(tap, node)


def body(tap):
    check_all(tap, None)
    if programs() is None:
        print("# SKIP PostgreSQL is not installed", flush=True)
        return
    with PostgreSQL() as server:
        check_all(tap, server.url)


Tap().run(body)
