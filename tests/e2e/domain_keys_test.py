#!/usr/bin/env python3
"""The DKIM and DMARC sections of `sekisho domain check`, and `sekisho dmarc build`, as a user meets them.

usage: domain_keys_test.py PATH-OF-SEKISHO
"""
import json
import os
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from tap import Tap  # noqa: E402

SEKISHO = os.path.abspath(sys.argv[1])
ED25519 = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="  # RFC 8463 appendix A.2

MAIL = """
example.com. MX 10 mx.example.com.
mx.example.com. A 192.0.2.1
reports.example.net. MX 10 mx.example.net.
"""
GOOD = MAIL + f"""
google._domainkey.example.com. TXT "v=DKIM1; k=ed25519; p={ED25519}"
may._domainkey.example.com. TXT "v=DKIM1; k=ed25519; p={ED25519}"
_dmarc.example.com. TXT "v=DMARC1; p=reject; rua=mailto:d@example.com,mailto:d@reports.example.net"
example.com._report._dmarc.reports.example.net. TXT "v=DMARC1;"
"""
BAD = MAIL + f"""
mail._domainkey.example.com. TXT "v=DKIM1; t=y; k=ed25519; p={ED25519}"
old._domainkey.example.com. TXT "v=DKIM1; p="
_dmarc.example.com. TXT "v=DMARC1; p=none; rua=d@example.com,mailto:d@reports.example.net"
"""


def sekisho(*words):
    done = subprocess.run([SEKISHO, *words], capture_output=True, timeout=60)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def in_zone(text, *words):
    with tempfile.NamedTemporaryFile("w", suffix=".zone") as file:
        file.write(text)
        file.flush()
        return sekisho(*words, "--zone", file.name)


def document(text, *words):
    code, out, err = in_zone(text, *words, "--json")
    return code, json.loads(out), err


def found(report, *areas):
    return [f["id"] for f in report["findings"] if f["area"] in areas]


def keys(tap):
    _, report, err = document(GOOD, "domain", "check", "example.com")
    dkim = report["areas"]["dkim"]
    tap.equal([(k["selector"], k["state"], k["type"], k["bits"], k["given"]) for k in dkim["keys"]],
              [("google", "usable", "ed25519", 256, False)], "without --selectors the usual ones are tried")
    tap.ok(dkim["tried"] >= 50 and dkim["domainkey_exists"] == "yes" and dkim["wildcard"] == "", "what was tried is told", dkim)
    tap.equal((found(report, "dkim", "dmarc"), err), ([], ""), "a good zone has no findings")
    code, report, _ = document(BAD, "domain", "check", "example.com", "--selectors", "mail,old,nope")
    tap.equal([(k["selector"], k["state"]) for k in report["areas"]["dkim"]["keys"]],
              [("mail", "testing"), ("old", "revoked"), ("nope", "missing")], "selectors that are given are all told of")
    tap.equal((code, found(report, "dkim")), (1, ["dkim.key-missing", "dkim.revoked", "dkim.testing"]),
              "each of them has its finding")
    _, out, _ = in_zone(BAD, "domain", "check", "example.com")
    tap.contains(out, "testing", "as text: the state of a key")
    _, out, _ = in_zone(MAIL, "domain", "check", "example.com")
    tap.contains(out, "There is no name below _domainkey", "as text: that there are no keys at all")


def dmarc(tap):
    _, report, _ = document(GOOD, "domain", "check", "mail.example.com")
    record = report["areas"]["dmarc"]
    tap.equal((record["result"], record["place"], record["policy_domain"], record["org_domain"]),
              ("found", "organizational-domain", "example.com", "example.com"), "the record is found above")
    tap.equal([(s["name"], s["standing"], s["is_policy"]) for s in record["walk"]],
              [("_dmarc.mail.example.com", "nothing", False), ("_dmarc.example.com", "record", True),
               ("_dmarc.com", "nothing", False)], "the walk is told")
    tap.equal([(d["host"], d["may_receive"], d["state"]) for d in record["destinations"]],
              [("example.com", "yes", "internal"), ("reports.example.net", "yes", "authorised")],
              "where reports go, and whether they will")
    tap.equal(record["policy"], {"published": "reject", "applied": "reject"}, "the policy")
    _, report, _ = document(BAD, "domain", "check", "example.com")
    tap.equal(found(report, "dmarc"), ["dmarc.uri-without-mailto", "dmarc.external-not-authorised"],
              "an address without mailto, one that does not want reports")
    _, out, _ = in_zone(BAD, "domain", "check", "example.com")
    tap.contains(out, "may receive: no", "as text: whether an address may receive")
    tap.contains(out, "example.com._report._dmarc.reports.example.net", "as text: where it would have to say so")
    with tempfile.NamedTemporaryFile("w") as suffixes:
        suffixes.write("com\nexample.com\n")
        suffixes.flush()
        _, report, _ = document(GOOD, "domain", "check", "mx.example.com", "--psl", suffixes.name)
    tap.equal((report["areas"]["dmarc"]["org_domain"], report["areas"]["dmarc"]["org_domain_psl"], found(report, "dmarc")),
              ("example.com", "mx.example.com", ["dmarc.public-suffix-without-psd"]), "RFC 7489's answer is compared")
    code, _, err = in_zone(GOOD, "domain", "check", "example.com", "--psl", "/nowhere/list")
    tap.ok(code == 2 and "/nowhere/list" in err, "a list that was asked for must be there", err)


def build(tap):
    code, out, err = sekisho("dmarc", "build", "--rua", "d@example.com", "--policy", "quarantine", "--json")
    made = json.loads(out)
    tap.equal((code, made["record"], made["host"], made["findings"], err),
              (0, "v=DMARC1; p=quarantine; rua=mailto:d@example.com", "_dmarc", [], ""), "without a domain nothing is asked")
    code, out, _ = sekisho("dmarc", "build", "--policy", "reject", "--subdomains", "reject", "--nonexistent", "reject",
                           "--alignment", "strict", "--testing", "--rua", "a!b@example.com,mailto:c@example.com",
                           "--ruf", "d@b\u00fccher.example", "--json")
    tap.equal((code, json.loads(out)["record"]),
              (0, "v=DMARC1; p=reject; sp=reject; np=reject; t=y; adkim=s; aspf=s; rua=mailto:a%21b@example.com,"
                  "mailto:c@example.com; ruf=mailto:d@xn--bcher-kva.example"), "every choice has its place")
    code, out, _ = sekisho("dmarc", "build", "--spf-strict", "--rua", "d@example.com")
    tap.ok(code == 0 and "v=DMARC1; p=none; aspf=s; rua=" in out, "p=none is the default, one alignment can be strict", out)
    code, out, _ = sekisho("dmarc", "build")
    tap.ok(code == 1 and "dmarc.none-without-reports" in out, "a record that asks for nothing is a finding", out)


def draft(tap):
    words = ["dmarc", "build", "--policy", "reject", "--rua", "d@example.com,d@reports.example.net", "--domain",
             "example.com"]
    code, out, _ = in_zone(GOOD, *words)
    tap.ok(code == 0 and '_dmarc.example.com. IN TXT "v=DMARC1; p=reject;' in out and "name   _dmarc" in out,
           "for a domain: lines of a zone file, and a web form", out)
    code, made, _ = document(MAIL, *words)
    tap.equal((code, [d["state"] for d in made["destinations"]], found(made, "dmarc")),
              (1, ["internal", "not-authorised"], ["dmarc.external-not-authorised"]),
              "another organization must want reports before the record is published")
    tap.contains(made["findings"][0]["fix"], "example.com._report._dmarc.reports.example.net",
                 "it is said which record that one has to publish")
    checked = made["record"]
    _, report, _ = document(MAIL + f'_dmarc.example.com. TXT "{checked}"\n', "domain", "check", "example.com")
    tap.equal(found(report, "dmarc"), found(made, "dmarc"), "the check of the domain finds the same when it is published")


def refusals(tap):
    for words, part in [
            (["--policy", "rejct"], "none, quarantine, reject"),
            (["--alignment", "loose"], "relaxed, strict"),
            (["--rua", "a b@example.com"], "neither a mail address nor a URI"),
            (["--rua", "d@example.com,"], "neither a mail address nor a URI"),
            (["--ruf", "d"], "neither a mail address nor a URI"),
            (["--rua", ",".join(["d@example.com"] * 101)], "no more than 100"),
            (["--domain", "com"], "--domain takes a domain name"),
            (["--domain", "a..b"], "--domain takes a domain name"),
            (["example.com"], "operand")]:
        code, out, err = sekisho("dmarc", "build", *words)
        tap.ok(code == 2 and out == "" and part in err, f"dmarc build {' '.join(words)[:40]}: usage", f"{code}\n{out}{err}")
    code, out, _ = sekisho("dmarc", "build", "--rua", "d@example.com", "--domain", "example.com", "--nameserver",
                           "127.0.0.1:9", "--dns-timeout", "50", "--json")
    made = json.loads(out)
    tap.equal((code, made["destinations"][0]["may_receive"]), (3, "unknown"), "without DNS the record is made all the same")


def all_of_it(tap):
    for part in (keys, dmarc, build, draft, refusals):
        part(tap)


Tap().run(all_of_it)
