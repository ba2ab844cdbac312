#!/usr/bin/env python3
"""What recorded traffic tells, as a table, JSON and CSV; a person's data found and erased; the store's schema by hand.

usage: stats_test.py PATH-OF-SEKISHO
"""
import csv
import io
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from tap import Tap  # noqa: E402

SEKISHO = os.path.abspath(sys.argv[1])
TODAY = int(time.time()) // 86400 * 86400

# spf dkim dmarc aligned wish would_be messages: numbers as in src/auth and src/policy (SPF pass 2, softfail 4; DMARC fail 2)
DAYS = [
    (TODAY, "good.example", 2, 1, 1, 3, 3, 0, 75),
    (TODAY, "=evil(1).example", 4, 0, 2, 0, 3, 5, 25),
    (TODAY - 10 * 86400, "good.example", 2, 1, 1, 3, 3, 0, 900),
]


def run(url, *words):
    done = subprocess.run([SEKISHO, *words, "--store", url], capture_output=True, text=True, encoding="utf-8",
                          timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def fill(path):
    store = sqlite3.connect(path)
    [(domain, tenant)] = store.execute("SELECT id, tenant_id FROM domain")
    for begin_s, author, spf, dkim, dmarc, aligned, wish, would_be, messages in DAYS:
        store.execute("INSERT INTO traffic_day VALUES (?, ?, ?, ?, '192.0.2.0/24', ?, ?, ?, ?, ?, ?, 0, ?, 1000)",
                      (begin_s, tenant, domain, author, spf, dkim, dmarc, aligned, wish, would_be, messages))
    store.execute("INSERT INTO traffic_failing_day VALUES (?, ?, '=evil(1).example', 3, '192.0.2.0/24', 25, '')",
                  (TODAY, domain))
    store.execute("INSERT INTO correspondent_day VALUES (?, ?, '=evil(1).example', 3, 2)", (TODAY, domain))
    store.execute("INSERT INTO published_policy VALUES ('good.example', 3, 'v=DMARC1; p=reject', 1, ?)", (TODAY,))
    store.execute("INSERT INTO published_destination VALUES ('good.example', 'reports.example')")
    store.commit()
    store.close()


def check_missing(tap, path, url):
    for words in (("tenant", "list"), ("db", "status"), ("trace",), ("audit", "list"), ("db", "find", "a@example.com"),
                  ("domain", "remove", "example.com")):
        code, _, err = run(url, *words)
        tap.ok(code == 1 and "there is no store" in " ".join(err.split()) and not os.path.exists(path),
               f"{' '.join(words)} makes no store of a mistyped name", err)
    code, _, err = run(url, "db", "migrate")
    tap.ok(code == 0 and "it was made" in err, "db migrate makes it, and says so", err)
    code, _, err = run(url, "db", "migrate")
    tap.equal((code, err), (0, ""), "once")
    os.remove(path)


def check_schema(tap, path, url):
    open(path, "w").close()
    code, out, _ = run(url, "db", "status")
    tap.equal(code, 1, "a store without a schema: the answer is no")
    tap.contains(out, "0002 traffic", "what is missing is named")
    code, out, _ = run(url, "db", "migrate", "--json")
    tap.ok(code == 0 and json.loads(out)["applied"] >= 2, "the schema is brought up to date", out)
    code, out, _ = run(url, "db", "status", "--json")
    tap.equal((code, json.loads(out)), (0, {"database": "SQLite", "pending": []}), "nothing is missing then")
    code, out, _ = run(url, "db", "migrate")
    tap.contains(out, "Nothing to do", "a second time there is nothing to do")


def check_empty(tap, url):
    for verb in ("domains", "failing", "results", "policies", "destinations"):
        code, out, _ = run(url, "stats", verb)
        tap.ok(code == 0 and "No traffic" in out, f"{verb}: nothing was recorded", out)


def check_domains(tap, url):
    want = {"domain": "example.com", "messages": 100, "authenticated": 75.0, "dmarc_pass": 75.0, "dmarc_fail": 25.0,
            "nothing_said": 0.0, "would_act": 25.0, "gains_little": False}
    code, out, _ = run(url, "stats", "domains", "--days", "7", "--json")
    tap.equal((code, json.loads(out)), (0, {"domains": [want]}), "domains of a week, as JSON")
    code, out, _ = run(url, "stats", "domains", "--domain", "example.com", "--tenant", "acme", "--json")
    tap.equal(json.loads(out)["domains"][0]["messages"], 1000, "of a month, one domain of one tenant")
    code, out, _ = run(url, "stats", "domains", "--days", "7")
    tap.contains(out, "75.0 %", "as a table")
    done = subprocess.run([SEKISHO, "stats", "domains", "--days", "7", "--csv", "--store", url], capture_output=True,
                          timeout=60, check=False)
    tap.equal(done.stdout.split(b"\r\n"), [
        b"domain,messages,authenticated,dmarc_pass,dmarc_fail,nothing_said,would_act,gains_little",
        b'"example.com",100,75.0,75.0,25.0,0.0,25.0,no', b""], "as CSV, with its line ends (RFC 4180)")


def check_others(tap, url):
    day = time.strftime("%Y-%m-%d", time.gmtime(TODAY))
    code, out, _ = run(url, "stats", "failing", "--json")
    tap.equal(json.loads(out)["failing"], [{"domain": "example.com", "author": "=evil(1).example", "replies": 2,
                                            "sent": 3, "days": 1, "messages": 25, "last": day, "covered": 0.0,
                                            "evidence": ""}], "who fails; one day is evidence of nothing")
    tap.contains(" ".join(run(url, "stats", "failing")[1].split()), "forgers have networks", "and people are told so")
    code, out, _ = run(url, "stats", "failing", "--csv")
    rows = list(csv.reader(io.StringIO(out)))
    tap.equal(rows[1][1], "'=evil(1).example", "no cell of CSV is a formula")
    code, out, _ = run(url, "stats", "results", "--days", "7", "--json")
    tap.equal([(row["spf"], row["dkim"], row["dmarc"], row["share"]) for row in json.loads(out)["results"]],
              [("pass", "pass", "pass", 75.0), ("softfail", "none", "fail", 25.0)], "results together")
    code, out, _ = run(url, "stats", "policies", "--days", "7", "--json")
    tap.equal(json.loads(out)["policies"], [{"policy": "reject", "authors": 2, "messages": 100, "failing": 25}],
              "policies")
    code, out, _ = run(url, "stats", "destinations", "--json")
    tap.equal(json.loads(out)["destinations"], [{"policies": 1, "destination": "reports.example"}], "destinations")


def fill_person(path):
    """Three messages of ann: two of the node mx1, one of mx2; and one of somebody else. Held: one for ann, one of ann's own for
    ann and bob."""
    store = sqlite3.connect(path)
    store.execute("INSERT INTO journal_segment VALUES (1, 'mx1', '00063a1f00000001-1-0.seg', 9, 1), (2, 'mx2', '00063a1f00000002-1-0.seg', 9, 1)")
    for number, segment, sender, recipient in [(1, 1, "ann@example.net", "bob@example.com"),
                                               (2, 1, "eve@example.net", "ann@example.net"),
                                               (3, 2, "ann@example.net", "bob@example.com"),
                                               (4, 1, "eve@example.net", "bob@example.com")]:
        store.execute("INSERT INTO traffic_message VALUES (?, 1000, ?, ?, 'q', 'm', '', x'c0000201', ?, 1, 250, '', '', '', "
                      "'', 0, 0, 0, 0, 0, 0, '', '', '')", (number, segment, number, sender))
        store.execute("INSERT INTO traffic_recipient VALUES (?, 0, 1000, ?, 'example.com', 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)",
                      (number, recipient))
    for number, message, place, recipient, author in [(1, "a", 0, "ann@example.net", "eve@example.net"),
                                                      (2, "b", 0, "Ann@example.net", "eve@example.net"),
                                                      (3, "b", 1, "bob@example.com", "eve@example.net")]:
        store.execute("INSERT OR IGNORE INTO held_message VALUES (?, 'mx1', ?, 10, ?, ?, 's', '', '', '', 1)",
                      (message, TODAY, author if message == "a" else "ann@example.net", author))
        store.execute("INSERT INTO held_recipient VALUES (?, ?, ?, ?, 1, 1, 'virus', 'held', ?, 0, '', 0)",
                      (number, message, place, recipient, TODAY + 10 * 86400))
    store.commit()
    store.close()


def check_erased(tap, url, erase):
    did = (*erase, "mx1", "--yes", "--json", "--actor", "kim")
    code, out, err = run(url, *did)
    got = json.loads(out)
    change = got.pop("change")
    tap.equal((code, got, change > 0), (1, {"node": "mx1", "done": True, "erased": 2, "gone": 2, "damaged": 0, "pending": 0, "elsewhere": 1, "held": 2,
                                            "held_beside": 1, "held_from": 1,
                                            "unread": {"new": 0, "unreadable": 0, "damaged": 0, "journal": 0}}, True), "erased on one node")
    code, out, err = run(url, *did)
    tap.equal((code, json.loads(out)["erased"], json.loads(out)["change"]), (1, 0, 0), "a second time nothing is left there")
    segment = pathlib.Path(erase[4]) / "00063a1f00000002-1-0.seg"
    segment.write_bytes(b"no entry, as a bad disk leaves it")
    code, out, err = run(url, *erase, "mx2", "--yes", "--actor", "kim")
    tap.ok(code == 1 and "erased on this node (mx2): 1" in out and "whether all of it was erased: 1" in " ".join(out.split()),
           "and on the other, where the evidence is damaged, which is said", out + err)
    tap.equal(segment.read_bytes().strip(b"\0"), b"", "what was left of the evidence is overwritten")


def check_person(tap, url, path, journal):
    fill_person(path)
    code, out, _ = run(url, "db", "find", "Ann@example.net", "--json")
    tap.equal([(row["message"], row["node"], row["segment"]) for row in json.loads(out)["messages"]],
              [(1, "mx1", "00063a1f00000001-1-0.seg"), (2, "mx1", "00063a1f00000001-1-0.seg"), (3, "mx2", "00063a1f00000002-1-0.seg")], "a person is found")
    tap.equal([(row["id"], row["recipient"]) for row in json.loads(out)["held"]],
              [(3, "bob@example.com"), (2, "Ann@example.net"), (1, "ann@example.net")], "and what is held, for it and from it")
    code, out, _ = run(url, "db", "find", "ann@example.net")
    tap.ok("Held in quarantine" in out and "bob@example.com" in out, "both for people", out)
    code, out, err = run(url, "db", "find", "ann@日本.example")
    tap.ok(code == 1 and "mail servers write this address as ann@xn--wgv71a.example" in err,
           "an address as people write it: the spelling of servers is told", out + err)
    code, out, err = run(url, "db", "find", "Ann@XN--wgv71a.Example")
    tap.ok(code == 1 and err == "", "and not where it was given", out + err)
    code, out, _ = run(url, "db", "find", "nobody@example.net")
    tap.equal(code, 1, "of another nothing was recorded")
    code, out, _ = run(url, "db", "erase", "nobody@example.net", "--yes")
    tap.equal((code, out), (0, "Nothing was recorded of this address.\n"), "and nothing has to be erased")
    for words in (("find", "ann.at.example.net"), ("erase", "ann.at.example.net", "--yes"), ("erase", "<ann@example.net>", "--yes")):
        code, out, err = run(url, "db", *words)
        tap.ok(code == 2 and out == "" and f'"{words[1]}" is no mail address' in err, f"db {words[0]} {words[1]}: no address",
               f"exit {code}\n{out}{err}")
    code, out, err = run(url, "db", "erase", "ann@example.net", "--node", "mx1", "--yes", "--config", "/nonexistent")
    tap.ok(code == 1 and "--journal" in err, "not erased without the evidence", err)
    erase = ("db", "erase", "ann@example.net", "--journal", str(journal), "--node")
    code, out, err = run(url, *erase, "mx1")
    tap.ok(code == 1 and "would erase 2 messages" in out and "delete 2 held" in out and "--yes" in out,
           "without --yes it only tells", out + err)
    check_erased(tap, url, erase)
    code, out, _ = run(url, "db", "find", "ann@example.net", "--json")
    tap.equal((code, json.loads(out)["messages"], [row["recipient"] for row in json.loads(out)["held"]]),
              (0, [], ["bob@example.com"]), "then only what is another's is found")
    code, out, _ = run(url, "audit", "list", "--json")
    lines = [(row["action"], row["actor"], row["after"]) for row in json.loads(out)["entries"] if "person" in row["action"]]
    tap.equal(lines, [("person.erase", "kim", {"node": "mx2", "messages": 1, "held": 0}),
                      ("person.erase", "kim", {"node": "mx1", "messages": 2, "held": 2})], "the audit log tells, and not of whom")
    tap.ok("ann@" not in out, "no address in the audit log", out)
    store = sqlite3.connect(path)
    left = store.execute("SELECT count(*) FROM traffic_message WHERE mail_from = 'eve@example.net'").fetchone()
    tap.equal(left, (1,), "what another sent to others stays")
    store.close()


def hold(place, number, *recipients):
    """A held file as src/quarantine writes it."""
    message = b"Subject: x\r\n\r\n"
    known = "at 5000000\nmail-from kay@example.net\nauthor Kay <Kay@example.net>\n" + "".join(
        f"recipient 9 9 {TODAY + 10 * 86400} virus {address}\n" for address in recipients)
    head = f"Sekisho-Held: 1 {len(message):020} {len(known):010} {'':15}\n"
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{number:026x}").write_bytes(head.encode() + message + known.encode())


def check_unknown_held(tap, url, folder):
    """What lies in the quarantine, and the store does not know."""
    held, config = folder / "quarantine", folder / "sekisho.conf"
    config.write_text(f"[quarantine]\nfolder = {held}\n[hosting]\nnode_name = mx1\n")
    hold(held / "new", 1, "Lee@example.net")
    hold(held / "new", 2, "max@example.com", "lee@example.net")
    hold(held / "unreadable", 3, "lee@example.net")  # by now it can be read
    hold(held / "new", 4, "max@example.com")
    find = ("db", "find", "lee@example.net", "--config", str(config))
    erase = ("db", "erase", "lee@example.net", "--config", str(config))
    code, out, _ = run(url, *find, "--json")
    got = json.loads(out)
    tap.equal((code, got["held"], got["unknown"]), (0, [], {"for": 3, "from": 0, "recorded": 0}), "held files that the store does not know are found")
    code, out, _ = run(url, "db", "find", "kay@example.net", "--config", str(config), "--json")
    tap.equal((code, json.loads(out)["unknown"]), (0, {"for": 0, "from": 5, "recorded": 0}), "and those from an address")
    code, out, _ = run(url, *erase, "--json")
    got = json.loads(out)
    tap.equal((code, got["held"], got["done"], got["change"]), (1, 3, False, 0), "without --yes they are counted")
    tap.equal(run(url, "quarantine", "list", "--json")[1].count("max@example.com"), 0, "and nothing is taken in")
    for place, number in (("new", 5), ("unreadable", 6), ("damaged", 7)):
        (held / place).mkdir(exist_ok=True)
        (held / place / f"{number:026x}").write_bytes(b"lee@example.net, damaged")
    code, out, err = run(url, *erase, "--yes", "--json")
    got = json.loads(out)
    tap.equal((code, got["held"], got["held_beside"], got["done"], got["unread"]),
              (1, 3, 1, False, {"new": 1, "unreadable": 1, "damaged": 1, "journal": 0}), "they are erased, and what cannot be read is told")
    code, out, _ = run(url, *erase, "--yes")
    tap.ok(code == 1 and f"1 in {held}/new, 1 in unreadable, 1 in damaged" in " ".join(out.split()), "by folder, as long as it is there", out)
    code, out, _ = run(url, "db", "find", "nobody@example.net", "--config", str(config))
    tap.ok(code == 1 and "Nothing" not in out and "nobody can say" in out, "and nobody is told that there was nothing", out)
    rows = json.loads(run(url, "quarantine", "list", "--json")[1])["held"]
    rows = [(row["recipient"], row["state"]) for row in rows if row["mail_from"] == "kay@example.net"]
    tap.equal(rows, [("max@example.com", "held")],
              "of a file for two the other's stays, and another's file is left to the control role")
    for place in ("new", "unreadable", "damaged"):
        for path in (held / place).iterdir():
            path.unlink()
    code, out, _ = run(url, *erase, "--yes", "--json")
    tap.equal((code, json.loads(out)["done"]), (0, True), "when that is gone, it is done")


def check_refusals(tap, url):
    for name, words, want, sentence in [
            ("two forms at once", ("stats", "domains", "--json", "--csv"), 2, "choose one"),
            ("a domain that is not hosted", ("stats", "domains", "--domain", "example.org"), 1, "not hosted"),
            ("no such tenant", ("stats", "results", "--tenant", "nobody"), 1, "nobody"),
            ("no days", ("stats", "domains", "--days", "0"), 2, "--days"),
            ("half a command", ("stats",), 2, "")]:
        code, out, err = run(url, *words)
        tap.ok(code == want and sentence in err, name, f"exit {code}\n{out}{err}")
    code, _, err = run("sqlite:/nonexistent/store", "db", "status")
    tap.ok(code == 1 and "/nonexistent/store" in err, "a store that cannot be opened", err)


def check_held_of_a_removed_domain(tap, url):
    code, out, _ = run(url, "domain", "remove", "example.com")
    tap.ok(code == 0 and "1 message is still held for it" in " ".join(out.split()), "domain remove tells what stays held", out)
    code, out, _ = run(url, "quarantine", "list", "EXAMPLE.com")
    tap.ok(code == 0 and "@example.com" in out, "quarantine list still finds it by the domain's name", out)
    code, out, err = run(url, "quarantine", "list", "never.example")
    tap.ok(code == 1 and out == "" and "never.example is not hosted here" in err,
           "quarantine list: a name that never was is no empty list", out + err)


def body(tap):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "store"
        url = f"sqlite:{path}"
        check_missing(tap, path, url)
        check_schema(tap, path, url)
        check_empty(tap, url)
        run(url, "tenant", "add", "acme")
        run(url, "domain", "add", "example.com", "--tenant", "acme")
        fill(path)
        check_domains(tap, url)
        check_others(tap, url)
        check_person(tap, url, path, folder)
        check_unknown_held(tap, url, pathlib.Path(folder))
        check_refusals(tap, url)
        check_held_of_a_removed_domain(tap, url)


Tap().run(body)
