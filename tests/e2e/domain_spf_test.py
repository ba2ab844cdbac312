#!/usr/bin/env python3
"""SPF records before and after they are published: `sekisho spf lint`, `spf build`, `spf flatten`.

usage: domain_spf_test.py PATH-OF-SEKISHO
"""
import json
import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from tap import Tap  # noqa: E402

SEKISHO = os.path.abspath(sys.argv[1])

ZONE = r"""
good.example.        MX   10 mx.good.example.
mx.good.example.     300  A     192.0.2.1
mx.good.example.     300  AAAA  2001:db8::1
good.example.        TXT  "v=spf1 mx include:_spf.provider.example exists:%{i}._x.good.example ~all"
_spf.provider.example. 200 TXT "v=spf1 include:_a.provider.example include:_b.provider.example -all"
_a.provider.example. TXT  "v=spf1 ip4:198.51.100.0/25 ip4:198.51.100.128/25 -all"
_b.provider.example. TXT  "v=spf1 ip6:2001:db8:1::/48 -all"
7.2.0.192._x.good.example. A 127.0.0.2

bad.example.         MX   10 mx.good.example.
bad.example.         TXT  "v=spf1 ipv4:192.0.2.1 include: _spf.provider.example include:gone.example ptr +all"
plain.example.       MX   10 mx.good.example.
plain.example.       TXT  "v=spf1 mx report=yes -all"
silent.example.      MX   10 mx.good.example.
many.example.        MX   10 mx.good.example.
"""


def write_many():
    """A record of 120 networks that cannot be put together, in strings that a name server takes."""
    terms = [f"ip4:203.0.{2 * n}.0/25" for n in range(120)]
    strings = " ".join(f'"{" ".join(terms[n:n + 10])} "' for n in range(0, 120, 10))
    return f'many.example. TXT "v=spf1 " {strings} "-all"\n'


def sekisho(*words):
    done = subprocess.run([SEKISHO, *words], capture_output=True, text=True, encoding="utf-8", timeout=60)
    return done.returncode, done.stdout, done.stderr


def as_json(tap, name, *words):
    code, out, err = sekisho(*words, "--json")
    try:
        return code, json.loads(out)
    except ValueError as error:
        tap.ok(False, f"{name}: standard output is one JSON document", f"{error}\n{out}{err}")
        return code, {}


def ids(document):
    return [finding["id"] for finding in document["findings"]]


def lint(tap, zone):
    code, out, err = sekisho("spf", "lint", "good.example", "--zone", zone)
    tap.equal((code, err), (0, ""), "lint of a good record exits 0")
    tap.contains(out, "Nothing is wrong.", "lint of a good record says so")
    tap.contains(out, "\n  good.example\n"
                 "  ├─ mx  1 look-up\n"
                 "  ├─ include:_spf.provider.example  3 look-ups\n"
                 "  │  ├─ include:_a.provider.example  1 look-up\n"
                 "  │  └─ include:_b.provider.example  1 look-up\n"
                 "  └─ exists:%{i}._x.good.example  1 look-up", "the tree is drawn with its look-ups")
    tap.contains(out, "5 of 10", "the sum of the look-ups is told")

    code, document = as_json(tap, "good", "spf", "lint", "good.example", "--zone", zone)
    tree = document["spf"]["tree"]
    tap.equal((code, document["spf"]["state"], ids(document)), (0, "found", []), "lint --json of a good record")
    tap.equal((tree["lookups"], tree["void_lookups"], tree["otherwise"]), (5, 0, "softfail"), "the tree in JSON")
    tap.equal([term["term"] for term in tree["terms"][1]["target"]["terms"]],
              ["include:_a.provider.example", "include:_b.provider.example", "-all"], "and what an include leads to")

    code, document = as_json(tap, "bad", "spf", "lint", "bad.example", "--zone", zone)
    tap.equal((code, document["spf"]["state"]), (1, "broken"), "lint of a bad record exits 1")
    tap.equal(sorted(ids(document)), ["spf.all-pass", "spf.include-no-record", "spf.mechanism-misspelt", "spf.ptr",
                                      "spf.space-in-term"], "every mistake is named, and nothing else")
    code, document = as_json(tap, "plain", "spf", "lint", "plain.example", "--zone", zone)
    tap.equal((code, ids(document)), (0, ["spf.modifier-unknown"]), "advice alone exits 0")
    code, document = as_json(tap, "silent", "spf", "lint", "silent.example", "--zone", zone)
    tap.equal((code, ids(document)), (1, ["spf.missing"]), "no record exits 1")
    code, document = as_json(tap, "absent", "spf", "lint", "absent.example", "--zone", zone)
    tap.equal((code, ids(document)), (1, ["dns.no-domain"]), "no domain exits 1")


def lint_text(tap, zone):
    text = "v=spf1 mx a:192.0.2.1 -all"
    code, document = as_json(tap, "text", "spf", "lint", "--record", text, "--zone", zone)
    tap.equal((code, ids(document), document["spf"]["tree"]["record"]), (1, ["spf.address-for-name"], text),
              "lint --record judges the text")
    text = "v=spf1 mx include:_spf.provider.example -all"
    code, document = as_json(tap, "nowhere", "spf", "lint", "--record", text, "--zone", zone)
    states = [term["state"] for term in document["spf"]["tree"]["terms"]]
    tap.equal((code, states), (0, ["not-followed", "fine", "fine"]), "without --domain its own names are not asked for")
    for where in (["good.example"], ["--domain", "Good.Example."]):
        code, document = as_json(tap, "there", "spf", "lint", *where, "--record", text, "--zone", zone)
        tap.equal((code, document["domain"], document["spf"]["tree"]["terms"][0]["name"]), (0, "good.example", "good.example"),
                  f"the text as if published at {where}")
    code, document = as_json(tap, "long", "spf", "lint", "--record", "v=spf1 " + "ip4:192.0.2.1 " * 20 + "-all", "--zone", zone)
    tap.equal((code, sorted(set(ids(document)))), (0, ["spf.needs-splitting", "spf.term-repeated"]),
              "a text over 255 octets is to be split")
    code, document = as_json(tap, "other", "spf", "lint", "--record", "hello", "--zone", zone)
    tap.equal((code, ids(document)), (1, ["spf.other-text"]), "any other text is no record")


def failing(tap):
    code, document = as_json(tap, "failing", "spf", "lint", "good.example", "--nameserver", "127.0.0.1:1",
                             "--dns-timeout", "300")
    tap.equal((code, document["spf"]["state"], ids(document)), (3, "unknown", ["dns.failed"]),
              "lint exits 3 when DNS does not answer")
    code, document = as_json(tap, "failing", "spf", "flatten", "good.example", "--nameserver", "127.0.0.1:1",
                             "--dns-timeout", "300")
    tap.equal((code, document["state"], document["records"]), (3, "unknown", []), "and so does flatten")


def flatten(tap, zone):
    code, document = as_json(tap, "flatten", "spf", "flatten", "good.example", "--zone", zone)
    records = document["records"]
    want = ("v=spf1 ip4:192.0.2.1 ip4:198.51.100.0/24 ip6:2001:db8::1 ip6:2001:db8:1::/48 "
            "exists:%{i}._x.good.example ~all")
    tap.equal((code, [record["record"] for record in records]), (0, [want]), "flatten puts addresses for names")
    tap.equal((document["lookups_before"], document["lookups"], document["ttl"], document["kept"]),
              (5, 1, 200, ["exists:%{i}._x.good.example"]), "and tells what it costs, how long it holds, what stays")
    code, out, err = sekisho("spf", "flatten", "good.example", "--zone", zone)
    tap.equal((code, err), (0, ""), "flatten as text")
    for part in ("Look-ups: 1, before 5.", "These terms stay", "after 200 seconds", f"good.example TXT {want}\n",
                 f'good.example. IN TXT "{want}"\n', "  name   @\n", f"  value  {want}\n"):
        tap.contains(out, part, f"flatten tells {part.strip()[:40]!r}")
    code, document = as_json(tap, "text", "spf", "flatten", "good.example", "--record", "v=spf1 mx -all", "--zone", zone)
    tap.equal(document["records"][0]["record"], "v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all", "flatten --record")
    code, document = as_json(tap, "bad", "spf", "flatten", "bad.example", "--zone", zone)
    tap.equal((code, document["state"], document["records"]), (1, "invalid", []), "an invalid record is not flattened")
    code, out, err = sekisho("spf", "flatten", "bad.example", "--zone", zone)
    tap.ok(code == 1 and "mend it first" in out and "spf.mechanism-misspelt" in out, "which is told with what is wrong", out)


def results(zone, domain):
    found = []
    for client in ("203.0.0.0", "203.0.0.127", "203.0.0.128", "203.0.238.1", "203.0.239.1", "192.0.2.1", "2001:db8::1"):
        code, out, _ = sekisho("spf", "check", "--ip", client, "--mail-from", f"a@{domain}", "--zone", zone, "--json")
        found.append((client, json.loads(out)["result"]))
    return found


def split(tap, zone, folder):
    code, document = as_json(tap, "split", "spf", "flatten", "many.example", "--zone", zone)
    records = document["records"]
    tap.equal([record["name"] for record in records],
              ["many.example", *(f"_spf{n}.many.example" for n in range(1, len(records)))], "many networks: several records")
    tap.ok(2 < len(records) <= 11 and all(len(r["name"] + r["record"]) <= 450 for r in records),
           "each within 450 octets, at most ten includes", str([len(r["record"]) for r in records]))
    tap.equal([record["host"] for record in records[:2]], ["@", "_spf1"], "the names within the zone")
    new = os.path.join(folder, "new.zone")
    with open(new, "w", encoding="utf-8") as file:
        file.write("\n".join(record["zone"] for record in records) + "\n")
    tap.equal(results(new, "many.example"), results(zone, "many.example"), "the zone lines mean what the record meant")
    code, document = as_json(tap, "again", "spf", "lint", "many.example", "--zone", new)
    tap.equal((code, ids(document), document["spf"]["tree"]["lookups"]), (0, [], len(records) - 1),
              "and nothing is wrong with them")


def build(tap, zone):
    code, document = as_json(tap, "build", "spf", "build", "--mx", "--a", "good.example, mx.good.example", "--ip",
                             "2001:db8::/33,192.0.2.7", "--include", "_spf.provider.example", "--all", "fail", "--domain",
                             "good.example", "--zone", zone)
    tap.equal(document["record"], "v=spf1 ip4:192.0.2.7 ip6:2001:db8::/33 a a:mx.good.example mx "
              "include:_spf.provider.example -all", "build puts cheap terms first")
    tap.equal((code, document["host"], ids(document)), (1, "@", ["spf.dead-term"]), "and judges what was made")
    code, document = as_json(tap, "build", "spf", "build", "--ip", "192.0.2.0/24", "--redirect", "_spf.provider.example",
                             "--domain", "good.example", "--zone", zone)
    tap.equal((code, document["record"]), (0, "v=spf1 ip4:192.0.2.0/24 redirect=_spf.provider.example"), "build with a redirect")
    code, out, err = sekisho("spf", "build", "--no-mail", "--zone", zone)
    tap.ok(code == 0 and re.search(r"^v=spf1 -all$", out, re.M) is not None, "build without a domain prints the text", out + err)


def refusals(tap, zone):
    table = [
        ("lint without anything", ["spf", "lint"], "needs a domain, or a record"),
        ("lint with two domains", ["spf", "lint", "a.example", "--domain", "b.example"], "takes one domain"),
        ("lint of what is no domain", ["spf", "lint", "a b"], '"a b" is no domain name'),
        ("lint of one label", ["spf", "lint", "example"], '"example" is no domain name'),
        ("flatten without a domain", ["spf", "flatten"], "needs an operand"),
        ("build without senders", ["spf", "build"], "name at least one sender"),
        ("build with a bad address", ["spf", "build", "--ip", "192.0.2.0/33"], '"192.0.2.0/33" is no address'),
        ("build with a bad name", ["spf", "build", "--include", "a b"], '"a b" is no domain name'),
        ("build with an empty name", ["spf", "build", "--mx", "--a", ""], '"" is no domain name'),
        ("build with a contradiction", ["spf", "build", "--no-mail", "--mx"], "has no senders"),
        ("build with another", ["spf", "build", "--redirect", "a.example", "--all", "fail"], "leave out one of the two"),
        ("build with a wrong result", ["spf", "build", "--mx", "--all", "pass"], "--all takes one of"),
    ]
    for name, words, want in table:
        code, out, err = sekisho(*words, "--zone", zone)
        tap.ok(code == 2 and want in err and out == "", f"{name}: exit 2 and a sentence", f"exit {code}\n{out}{err}")


def body(tap):
    with tempfile.TemporaryDirectory() as folder:
        zone = os.path.join(folder, "test.zone")
        with open(zone, "w", encoding="utf-8") as file:
            file.write(ZONE + write_many())
        lint(tap, zone)
        lint_text(tap, zone)
        failing(tap)
        flatten(tap, zone)
        split(tap, zone, folder)
        build(tap, zone)
        refusals(tap, zone)


Tap().run(body)
