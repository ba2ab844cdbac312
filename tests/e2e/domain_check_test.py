#!/usr/bin/env python3
"""`sekisho domain check`: a zone of domains with mistakes, each of which it names, and nothing else; the same from real name
servers; and how it is shown.

usage: domain_check_test.py PATH-OF-SEKISHO
"""
import glob
import json
import os
import pty
import re
import select
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import fcntl
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from sekishod import DnsResponder, free_port  # noqa: E402
from tap import Tap  # noqa: E402

SEKISHO = os.path.abspath(sys.argv[1])
ZONE = os.path.join(ROOT, "tests", "e2e", "mistakes.zone")

# Below "example": all that must be found. See the zone for what is wrong.
MISTAKES = {
    "lame": "dns.ns-missing",
    "ns-alias": "dns.ns-alias",
    "no-mx": "mx.implicit",
    "null-beside": "mx.null-beside-others",
    "null-ten": "mx.null-preference",
    "null-sends": "mx.null-but-sends",
    "no-way-back": "mx.no-way-back",
    "dead-mx": "mx.target-missing",
    "half-mx": "mx.one-target-missing",
    "dot": "mx.dot-forgotten",
    "ip-mx": "mx.address-as-name",
    "underscore": "mx.bad-name",
    "alias": "mx.alias",
    "private": "mx.private-address",
    "localhost": "mx.loopback-address",
    "zero": "mx.reserved-address",
    "six": "mx.ipv6-only",
    "twice": "mx.twice",
    "spf-none": "spf.missing",
    "spf-two": "spf.two-records",
    "spf-plus": "spf.all-pass",
    "spf-neutral": "spf.all-neutral",
    "spf-open": "spf.no-all",
    "spf-typo": "spf.mechanism-misspelt",
    "spf-space": "spf.space-in-term",
    "spf-glued": "spf.space-missing",
    "spf-bare": "spf.bare-address",
    "spf-ip": "spf.ip-unreadable",
    "spf-family": "spf.ip-family",
    "spf-ptr": "spf.ptr",
    "spf-many": "spf.too-many-lookups",
    "spf-dead": "spf.include-no-record",
    "spf-self": "spf.include-self",
    "spf-after": "spf.after-all",
    "spf-redirect": "spf.redirect-beside-all",
    "spf-everything": "spf.network-everything",
    "spf-private": "spf.private-address",
    "spf-case": "spf.version",
    "spf-quoted": "spf.quoted",
    "spf-long": "spf.long-string",
    "spf-big": "spf.record-long",
    "spf-dead-a": "spf.dead-term",
    "spf-parked": "spf.no-mail-unsaid",
    "dkim-gone": "dkim.key-missing",
    "dkim-revoked": "dkim.revoked",
    "dkim-512": "dkim.rsa-too-short",
    "dkim-1024": "dkim.rsa-short",
    "dkim-test": "dkim.testing",
    "dkim-version": "dkim.version",
    "dkim-cut": "dkim.cut",
    "dkim-base64": "dkim.not-base64",
    "dkim-sha1": "dkim.no-sha256",
    "dkim-service": "dkim.not-for-mail",
    "dkim-type": "dkim.other-type",
    "dkim-two": "dkim.several-records",
    "dkim-doubled": "dkim.name-doubled",
    "dkim-wild": "dkim.wildcard-text",
    "dmarc-none": "dmarc.missing",
    "dmarc-parked": "dmarc.no-mail-unsaid",
    "dmarc-two": "dmarc.two-records",
    "dmarc-case": "dmarc.version-case",
    "dmarc-order": "dmarc.version-not-first",
    "dmarc-comma": "dmarc.version-unseparated",
    "dmarc-policy": "dmarc.policy-invalid-as-none",
    "dmarc-no-policy": "dmarc.policy-missing-as-none",
    "dmarc-blind": "dmarc.none-without-reports",
    "dmarc-quiet": "dmarc.no-reports",
    "dmarc-bare": "dmarc.uri-without-mailto",
    "dmarc-foreign": "dmarc.external-not-authorised",
    "dmarc-subs": "dmarc.subdomains-weaker",
    "dmarc-tag": "dmarc.tag-misspelt",
    "dmarc-value": "dmarc.value-invalid",
    "dmarc-pct": "dmarc.pct-part",
    "dmarc-test": "dmarc.testing",
    "dmarc-place": "dmarc.at-domain",
    "dmarc-doubled": "dmarc.name-doubled",
    "sts-two": "mta-sts.two-records",
    "sts-version": "mta-sts.version",
    "sts-syntax": "mta-sts.syntax",
    "sts-no-id": "mta-sts.id-missing",
    "sts-date": "mta-sts.id",
    "sts-host": "mta-sts.host-missing",
    "sts-place": "mta-sts.wrong-name",
    "sts-doubled": "mta-sts.name-doubled",
    "tls-two": "tls-rpt.two-records",
    "tls-version": "tls-rpt.version",
    "tls-syntax": "tls-rpt.syntax",
    "tls-nowhere": "tls-rpt.rua-missing",
    "tls-bare": "tls-rpt.rua",
    "tls-doubled": "tls-rpt.name-doubled",
    "bimi-two": "bimi.two-records",
    "bimi-version": "bimi.version",
    "bimi-syntax": "bimi.syntax",
    "bimi-nowhere": "bimi.location-missing",
    "bimi-http": "bimi.location",
    "bimi-png": "bimi.not-svg",
    "bimi-pem": "bimi.evidence",
    "bimi-doubled": "bimi.name-doubled",
    "bimi-open": "bimi.without-enforcement",
    "ds-sha1": "dnssec.sha1",
    "ds-old": "dnssec.old-algorithm",
    "mess": "mx.one-target-missing mx.twice spf.two-records dkim.revoked "
            "dkim.testing dmarc.none-without-reports mta-sts.id tls-rpt.rua bimi.without-enforcement",
}
GOOD = ["selfhosted", "hosted", "parked", "parked-web", "news.shop", "shop", "gateway", "reports"]
SELECTORS = {"selfhosted": "2024a,2024e", "dkim-gone": "k1", "dkim-revoked": "k1", "dkim-512": "k1", "dkim-doubled": "k1",
             "mess": "k1,k2"}
GRADES = {"selfhosted": "A", "hosted": "A", "parked": "A", "parked-web": "A", "dmarc-quiet": "A", "half-mx": "B",
          "dead-mx": "C", "bimi-open": "C", "dmarc-none": "D", "spf-two": "D", "spf-plus": "F"}
ASKED_FOR_REAL = ["hosted", "parked", "news.shop", "gateway", "dead-mx", "alias", "spf-two", "spf-many", "spf-dead",
                  "dkim-revoked", "dkim-1024", "dmarc-two", "dmarc-foreign", "sts-date", "tls-bare", "bimi-open", "mess"]


def sekisho(*words, environment=None):
    done = subprocess.run([SEKISHO, *words], capture_output=True, timeout=120, env={**os.environ, **(environment or {})})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def check(name, *more, source=("--zone", ZONE), environment=None):
    selectors = ["--selectors", SELECTORS[name]] if name in SELECTORS else []
    return sekisho("domain", "check", f"{name}.example", *selectors, *source, *more, environment=environment)


def ids_of(report):
    return sorted({f["id"] for f in report["findings"]})


def shown_ids(text):
    return sorted(set(re.findall(r"^  (?:error|warning|advice)  (\S+)$", text, re.M)))


def is_advice(report):
    return all(f["severity"] == "advice" for f in report["findings"])


def mistakes(tap):
    for name, ids in {**MISTAKES, **dict.fromkeys(GOOD, "")}.items():
        code, out, err = check(name, "--json")
        report = json.loads(out)
        _, text, _ = check(name)
        tap.equal((ids_of(report), shown_ids(text), err), (sorted(ids.split()), sorted(ids.split()), ""),
                  f"{name}: {ids or 'nothing'}")
        tap.equal(code, 0 if is_advice(report) else 1, f"{name}: exit code")
        long = [line for line in text.splitlines() if len(line) > 80 and "TXT" not in line and "v=" not in line]
        tap.equal(long, [], f"{name}: nothing but records is wider than 80 columns")


def grades(tap):
    got = {name: json.loads(check(name, "--json")[1])["grade"] for name in GRADES}
    tap.equal(got, GRADES, "grades")
    report = json.loads(check("parked", "--json")[1])
    tap.equal((report["grade"], report["score"], report["next_steps"]), ("A", 100, []),
              "a parked domain is perfect, and nothing is asked of it")
    tap.ok("No mistake was found." in check("parked")[1] and "selectors" not in check("parked")[1],
           "as text: nothing is asked of it")
    steps = json.loads(check("bimi-open", "--json")[1])["next_steps"]
    tap.equal([(s["id"], s["host"], s["record"]) for s in steps][:2],
              [("bimi.without-enforcement", "", ""),
               ("improve.dmarc-policy", "_dmarc.bimi-open.example",
                "v=DMARC1; p=quarantine; rua=mailto:dmarc@bimi-open.example")], "the next steps, with the record to publish")
    tap.equal(len(json.loads(check("mess", "--json")[1])["next_steps"]), 3, "never more than three")


def facts(tap):
    report = json.loads(check("selfhosted", "--json")[1])
    areas = report["areas"]
    tap.equal(sorted(areas), sorted(["dns", "mx", "spf", "dkim", "dmarc", "mta-sts", "tls-rpt", "bimi", "dnssec"]),
              "every area is there")
    tap.equal([area["worst"] for area in areas.values()], ["none"] * 9, "each with its worst finding")
    tap.equal([(e["preference"], e["name"], e["addresses"]) for e in areas["mx"]["exchanges"]],
              [(10, "mx1.selfhosted.example", ["192.0.2.10", "2001:db8::10"]),
               (20, "mx2.selfhosted.example", ["198.51.100.10", "2001:db8:1::10"])], "the exchanges")
    tap.equal((areas["mta-sts"]["id"], areas["tls-rpt"]["rua"], areas["bimi"]["location"]),
              ("20240131T120000", ["mailto:tls@selfhosted.example"], "https://selfhosted.example/logo.svg"), "transport")
    tap.equal((areas["dnssec"]["state"], areas["dnssec"]["zone"], len(areas["dnssec"]["ds"])),
              ("present", "selfhosted.example", 1), "DNSSEC")
    tap.equal(len(areas["dns"]["name_servers"]), 2, "name servers")


def no_row_is_dead(tap):
    """Every kind of finding is wanted by some test."""
    kinds, tests = set(), ""
    for path in glob.glob(os.path.join(ROOT, "src", "domain", "findings_*.h")):
        with open(path, encoding="utf-8") as file:
            kinds |= set(re.findall(r'^    X\(\w+, "([^"]+)"', file.read(), re.M))
    for path in glob.glob(os.path.join(ROOT, "src", "domain", "*_test.c")) + glob.glob(os.path.join(ROOT, "tests", "e2e", "*.py")):
        with open(path, encoding="utf-8") as file:
            tests += file.read()
    wanted = set(re.findall(r"[a-z-]+\.[a-z0-9-]+", tests))
    tap.ok(len(kinds) > 150, "the tables of findings were read", len(kinds))
    tap.equal(sorted(kinds - wanted), [], "every kind of finding is wanted by some test")
    tap.ok(sum(len(ids.split()) for ids in MISTAKES.values()) >= 100, "a hundred mistakes and more")


def servable_zone():
    """What a name server takes: no string over 255 octets, no delegation without a zone."""
    with open(ZONE, encoding="utf-8") as file:
        lines = [line for line in file.read().splitlines()
                 if not re.search(r'^\S+ (NS|DS) |"[^"]{256,}"', line)]
    return "\n".join(["$TTL 300", "example. SOA ns.example. host.example. 1 1h 1h 1h 300", "example. NS ns.example.",
                      "ns.example. A 127.0.0.1", *lines[3:], ""])


class Nsd:
    """A real name server of "example", and of the signed zones that lie in the folder as NAME.signed."""

    def __init__(self, folder, zone, signed=()):
        self.port = free_port()
        with open(os.path.join(folder, "example.zone"), "w", encoding="utf-8") as file:
            file.write(zone)
        zones = [("example", "example.zone")] + [(name, f"{name}.signed") for name in signed]
        config = os.path.join(folder, "nsd.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"""server:
 ip-address: 127.0.0.1@{self.port}
 username: ""
 zonesdir: "{folder}"
 pidfile: "{folder}/pid"
 database: ""
 xfrdfile: "{folder}/xfrd"
 xfrdir: "{folder}"
 zonelistfile: "{folder}/zones"
 logfile: "{folder}/log"
remote-control:
 control-enable: no
""" + "".join(f'zone:\n name: {name}\n zonefile: "{path}"\n' for name, path in zones))
        self.process = subprocess.Popen(["nsd", "-d", "-c", config], stderr=subprocess.DEVNULL)
        self.address = f"127.0.0.1:{self.port}"
        self.wait()

    def wait(self):
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("nsd does not answer")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.process.terminate()
        self.process.wait()


def without_dnssec_state(report):
    report["areas"]["dnssec"].pop("state")
    return report


def real_servers(tap):
    with tempfile.TemporaryDirectory() as folder:
        zone = servable_zone()
        path = os.path.join(folder, "served.zone")
        with open(path, "w", encoding="utf-8") as file:
            file.write(zone)
        servers = [("dns_responder", DnsResponder)]
        if shutil.which("nsd"):
            servers.append(("nsd", Nsd))
        for what, server in servers:
            with server(folder, zone) as running:
                for name in ASKED_FOR_REAL:
                    want = json.loads(check(name, "--json", source=("--zone", path))[1])
                    code, out, err = check(name, "--json", source=("--nameserver", running.address))
                    tap.equal((without_dnssec_state(json.loads(out)), err), (without_dnssec_state(want), ""),
                              f"{what}: {name} is as from the zone file")


def sign(folder, name):
    """-> the DS record of the zone NAME, which is signed as NAME.signed"""
    def run(*words):
        return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()

    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(f"""$ORIGIN {name}.
$TTL 300
@ SOA ns host 1 1h 1h 1h 300
@ NS ns
ns A 127.0.0.1
@ MX 10 mail.provider.example.
@ TXT "v=spf1 -all"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@{name}"
""")
    key = run("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", name)
    run("ldns-signzone", "-o", name, "-f", f"{name}.signed", name, key)
    with open(os.path.join(folder, f"{key}.ds"), encoding="utf-8") as file:
        return file.read().strip()


def dnssec(tap):
    if not all(shutil.which(program) for program in ("nsd", "ldns-keygen", "ldns-signzone")):
        print("# SKIP nsd or ldnsutils is not installed", flush=True)
        return
    names = ["signed.example", "tampered.example"]
    with tempfile.TemporaryDirectory() as folder:
        anchors = "".join(sign(folder, name) + "\n" for name in names)
        path = os.path.join(folder, "tampered.example.signed")
        with open(path, encoding="utf-8") as file:
            text = file.read()
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("v=spf1 -all", "v=spf1 +all"))
        with open(os.path.join(folder, "anchors"), "w", encoding="utf-8") as file:
            file.write(anchors)
        delegations = "".join(f"{name}. NS ns.{name}.\n" for name in names) + anchors
        with Nsd(folder, servable_zone() + delegations, names) as running:
            source = ("--nameserver", running.address, "--anchors", os.path.join(folder, "anchors"))
            report = json.loads(check("signed", "--json", source=source)[1])
            tap.equal((report["areas"]["dnssec"]["state"], report["areas"]["dnssec"]["zone"], ids_of(report)),
                      ("validated", "signed.example", []), "a signed zone is validated")
            code, out, _ = check("tampered", "--json", source=source)
            report = json.loads(out)
            tap.equal((code, report["areas"]["dnssec"]["state"], ids_of(report)), (1, "broken", ["dnssec.bogus"]),
                      "a zone whose signatures do not hold: that, once, and nothing else")
            report = json.loads(check("signed", "--json", source=source[:2])[1])
            tap.equal((report["areas"]["dnssec"]["state"], ids_of(report)), ("present", []), "without anchors nobody validates")


def failures(tap):
    with tempfile.TemporaryDirectory() as folder:
        with DnsResponder(folder, servable_zone(), "--fail", "_dmarc.hosted.example=servfail") as running:
            source = ("--nameserver", running.address)
            code, out, _ = check("hosted", "--json", source=source)
            report = json.loads(out)
            tap.equal((code, report["complete"], ids_of(report)), (3, False, ["dns.failed"]),
                      "a look-up that fails: exit 3, and said so")
            code, out, _ = check("hosted", source=source)
            tap.ok("Not the whole picture: 1 look-up failed." in out and "SERVFAIL" in out, "as text", out)
    code, out, _ = check("gone", "--json")
    report = json.loads(out)
    tap.equal((code, report["grade"], ids_of(report), report["areas"]["dns"]["exists"]), (1, "", ["dns.no-domain"], False),
              "a domain that does not exist has no grade")
    code, out, _ = check("gone")
    tap.ok(out.startswith("gone.example: no such domain\n") and "MTA-STS" not in out, "as text: nothing else is told", out)
    for operand in ("a..b", "a b", "x" * 64 + ".example"):
        code, out, err = sekisho("domain", "check", "--zone", ZONE, "--", operand)
        tap.ok(code == 2 and "is no domain name" in err and out == "", f"{operand[:10]} is no domain name", (code, out, err))
    code, out, _ = sekisho("domain", "check", "B\u00dcCHER.example", "--zone", ZONE, "--json")
    tap.equal(json.loads(out)["domain"], "xn--bcher-kva.example", "a name in any spelling")


def on_terminal(columns, environment):
    """What a terminal of so many columns would get."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    clean = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    process = subprocess.Popen([SEKISHO, "domain", "check", "half-mx.example", "--zone", ZONE], stdout=follower,
                               env={**clean, **environment})
    os.close(follower)
    shown = b""
    while select.select([leader], [], [], 30)[0]:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        shown += piece
    process.wait()
    os.close(leader)
    return shown.decode().replace("\r\n", "\n")


def terminal(tap):
    plain = check("half-mx")[1]
    tap.ok("\033" not in plain, "no colour in a file")
    coloured = on_terminal(80, {})
    tap.ok("\033[33mwarning\033[0m" in coloured, "colour on a terminal", coloured)
    tap.equal(re.sub(r"\033\[\d+m", "", coloured), plain, "but for that, the same as in a file")
    tap.equal(on_terminal(80, {"NO_COLOR": "1"}), plain, "no colour where NO_COLOR says so")
    narrow = on_terminal(60, {"NO_COLOR": "1"})
    long = [line for line in narrow.splitlines() if len(line) > 60]
    findings = narrow[narrow.index("Findings"):narrow.index("\nMX\n")]
    tap.ok(findings and all(len(line) <= 60 for line in findings.splitlines()), "findings within a narrow terminal", long)


def body(tap):
    mistakes(tap)
    grades(tap)
    facts(tap)
    no_row_is_dead(tap)
    real_servers(tap)
    dnssec(tap)
    failures(tap)
    terminal(tap)


Tap().run(body)
