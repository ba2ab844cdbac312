#!/usr/bin/env python3
"""Hosting by the command line, on SQLite and on PostgreSQL: tenants, domains, policies, allow lists, users, the audit log, and
a whole tenant as a file. What is wrong changes nothing and is told with what to do.

usage: hosting_test.py PATH-OF-SEKISHO PATH-OF-TRAFFIC_MAKER
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

SEKISHO, TRAFFIC_MAKER = (os.path.abspath(path) for path in sys.argv[1:3])


class Store:
    """One store, and the command with it."""

    def __init__(self, url, folder):
        self.url, self.folder = url, pathlib.Path(folder)

    def run(self, *words, text=None):
        done = subprocess.run([SEKISHO, *words, "--store", self.url], input=text, capture_output=True, text=True,
                              encoding="utf-8", timeout=60)
        return done.returncode, done.stdout, done.stderr

    def json(self, *words):
        code, out, err = self.run(*words, "--json")
        if code != 0:
            raise AssertionError(f"{words}: exit {code}\n{out}{err}")
        return json.loads(out)

    def do(self, *words):
        """@return the change's id"""
        return self.json(*words, "--actor", "alice")["change"]

    def audit(self, *words):
        return self.json("audit", "list", *words)["entries"]

    def export(self, name):
        code, out, err = self.run("tenant", "export", name)
        if code != 0:
            raise AssertionError(f"export: exit {code}\n{out}{err}")
        return out

    def file(self, name, content):
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=2, ensure_ascii=False),
                        encoding="utf-8")
        return str(path)


def refused(tap, store, table):
    for name, words, code, sentence in table:
        got, out, err = store.run(*words)
        tap.ok(got == code and sentence in err and out == "", f"{name}: exit {code} and a sentence",
               f"exit {got}, want {code}: {sentence}\n{out}{err}")


def tenants(tap, store):
    tap.equal(store.json("tenant", "list"), {"tenants": []}, "a new store has no tenant")
    first = store.do("tenant", "add", "acme", "--title", "Acme K.K. 株式会社", "--shape", "shared")
    store.do("tenant", "add", "big", "--shape", "dedicated", "--dns", "hosted")
    store.do("tenant", "add", "relayed", "--shape", "gateway", "--dns", "third-party")
    shown = store.json("tenant", "list")["tenants"]
    tap.equal([(t["name"], t["shape"], t["dns"], t["dns_only"]) for t in shown],
              [("acme", "shared", "self", False), ("big", "dedicated", "hosted", False),
               ("relayed", "gateway", "third-party", False)], "tenant list: by name, with their shapes")
    out = store.run("tenant", "list")[1]
    tap.ok(out.splitlines()[0].startswith("TENANT") and "Acme K.K. 株式会社" in out, "tenant list: a table for people", out)
    tap.ok(store.do("tenant", "set", "acme", "--title", "Acme") > first, "tenant set is a change of its own")
    tap.equal(store.json("tenant", "show", "acme")["title"], "Acme", "tenant set changes what is given")
    tap.equal(store.do("tenant", "set", "acme", "--title", "Acme"), 0, "tenant set: the same again changes nothing")
    tap.contains(store.run("tenant", "set", "acme", "--title", "Acme")[1], "Nothing to do", "and says so")
    store.do("tenant", "set", "big", "--rename", "bigger")
    tap.equal(store.json("tenant", "show", "bigger")["dns"], "hosted", "tenant set --rename keeps the rest")
    refused(tap, store, [
        ("a tenant that is there", ["tenant", "add", "acme"], 1, 'there is a tenant "acme" already'),
        ("a name with spaces", ["tenant", "add", "Acme Inc"], 1, "a tenant's name has"),
        ("an unknown shape", ["tenant", "add", "x", "--shape", "round"], 2, "--shape takes one of dedicated, shared, gateway"),
        ("a tenant that is not there", ["tenant", "show", "nobody"], 1, 'there is no tenant "nobody"'),
        ("no name", ["tenant", "add"], 2, "tenant add needs an operand: NAME"),
        ("two names", ["tenant", "add", "a", "b"], 2, "tenant add takes one operand only"),
        ("DNS alone, and not hosted", ["tenant", "add", "x", "--dns-only", "yes"], 1, "hosted"),
        ("a rename to a name that is taken", ["tenant", "set", "acme", "--rename", "bigger"], 1, "already"),
    ])


def domains(tap, store):
    store.do("domain", "add", "shop.example", "--tenant", "acme")
    out = store.run("domain", "add", "MAIL.Shop.Example.", "--tenant", "acme", "--subdomains", "yes")[1]
    tap.contains(out, "Domain mail.shop.example was added to acme.", "domain add: told as it is hosted, not as it was typed")
    store.do("domain", "add", "日本.example", "--tenant", "bigger")
    store.do("domain", "add", "relay.example", "--tenant", "relayed")
    listed = store.json("domain", "list")["domains"]
    tap.equal([(d["name"], d["tenant"], d["subdomains"]) for d in listed],
              [("mail.shop.example", "acme", True), ("relay.example", "relayed", False), ("shop.example", "acme", False),
               ("xn--wgv71a.example", "bigger", False)], "domain list: A-labels, lower case, in order")
    tap.contains(store.run("domain", "list")[1], "xn--wgv71a.example (日本.example)",
                 "domain list: behind A-labels stands how they read")
    tap.contains(store.run("tenant", "show", "bigger")[1], "  xn--wgv71a.example (日本.example)\n", "and so in tenant show")
    tap.equal([(e["action"], e["domain"]) for e in store.audit("--domain", "日本.Example")], [("domain.add", "xn--wgv71a.example")],
              "audit list --domain takes a name as people write it")
    tap.contains(store.run("audit", "list", "--domain", "日本.example")[1], "xn--wgv71a.example (日本.example)",
                 "and tells it so")
    tap.equal([d["name"] for d in store.json("domain", "list", "--tenant", "acme")["domains"]],
              ["mail.shop.example", "shop.example"], "domain list --tenant")
    tap.equal([d["name"] for d in store.json("domain", "list", "shop.example")["domains"]],
              ["mail.shop.example", "shop.example"], "domain list DOMAIN: it and those below")
    shown = store.json("domain", "show", "shop.example")
    tap.equal((shown["filter"], shown["held_back"], shown["confirmations"], shown["allow_entries"]),
              ("off", False, [], 0), "domain show: nothing is filtered at first")
    tap.contains(store.run("domain", "show", "shop.example")[1], "acme (shared)", "domain show: for people")
    store.do("domain", "set", "mail.shop.example", "--subdomains", "no")
    tap.equal(store.json("domain", "show", "mail.shop.example")["subdomains"], False, "domain set changes it")
    tap.equal(store.json("tenant", "show", "acme")["domain_names"], ["mail.shop.example", "shop.example"],
              "tenant show names its domains")
    refused(tap, store, [
        ("a domain without a tenant", ["domain", "add", "x.example"], 2, "domain add needs --tenant"),
        ("a domain of nobody's", ["domain", "add", "x.example", "--tenant", "nobody"], 1, 'there is no tenant "nobody"'),
        ("a domain that is hosted", ["domain", "add", "shop.example", "--tenant", "bigger"], 1,
         "shop.example is hosted already, for tenant acme"),
        ("no domain name", ["domain", "add", "no domain", "--tenant", "acme"], 1, "is not a domain name"),
        ("no domain, as of a script's empty variable", ["domain", "list", ""], 1, "the domain is missing"),
        ("changes of no domain", ["audit", "list", "--domain", ""], 2, "--domain is empty; leave it out where all are meant"),
        ("changes of no tenant", ["audit", "list", "--tenant", ""], 2, "--tenant is empty"),
        ("held for no recipient", ["quarantine", "list", "--recipient", ""], 2, "--recipient is empty"),
        ("a held message twice", ["quarantine", "delete", "1", "01"], 2, "01 is given twice; once will do"),
        ("recorded for no recipient", ["trace", "--recipient", ""], 2, "--recipient is empty"),
        ("recorded from no author", ["trace", "--author", ""], 2, "--author is empty"),
        ("a domain that is not hosted", ["domain", "show", "other.example"], 1, "other.example is not hosted here"),
        ("a tenant with domains", ["tenant", "remove", "acme"], 1, "tenant acme still has domains (2)"),
    ])


def policies(tap, store):
    def value(name, *owner):
        return next((o["value"], o["from"]) for o in store.json("policy", "show", *owner)["options"] if o["name"] == name)

    tap.equal(value("filter", "shop.example"), ("off", "default"), "policy show: the default")
    store.do("policy", "set", "--provider", "on-dmarc-reject=junk", "subject-tag=[?]")
    store.do("policy", "set", "--tenant", "acme", "on-dmarc-reject=hold")
    store.do("policy", "set", "shop.example", "filter=observe", "on-spf-fail=mark")
    tap.equal(value("on-dmarc-reject", "shop.example"), ("hold", "tenant"), "policy show: the tenant's choice goes first")
    tap.equal(value("on-dmarc-reject", "xn--wgv71a.example"), ("junk", "provider"), "policy show: the provider's choice")
    tap.equal(value("on-spf-fail", "shop.example"), ("mark", "domain"), "policy show: the domain's own")
    tap.equal(value("subject-tag", "--tenant", "acme"), ("[?]", "provider"), "policy show --tenant")
    tap.contains(store.run("policy", "show", "shop.example")[1], "CHOSEN BY", "policy show: for people")
    store.do("policy", "unset", "shop.example", "on-spf-fail")
    tap.equal(value("on-spf-fail", "shop.example"), ("deliver", "default"), "policy unset takes a choice back")
    tap.equal(store.do("policy", "unset", "shop.example", "on-spf-fail"), 0, "policy unset: twice changes nothing")
    out = store.run("policy", "set", "shop.example", "on-dmarc-reject=junk")[1]
    tap.contains(out, "on-dmarc-reject=junk: ", "policy set explains what it risks")
    tap.ok("before choosing refuse" not in out, "policy set: not what another value risks", out)
    refused(tap, store, [
        ("an unknown option", ["policy", "set", "shop.example", "on-dmarc-rejct=junk"], 1, "on-dmarc-reject"),
        ("a value that it does not take", ["policy", "set", "shop.example", "filter=maybe"], 1,
         "filter takes one of off, observe, on"),
        ("no value", ["policy", "set", "shop.example", "filter"], 2, '"filter" is no choice; write it as NAME=VALUE'),
        ("nobody's choices", ["policy", "set", "filter=off"], 2, '"filter=off" is no domain'),
        ("two owners", ["policy", "set", "--tenant", "acme", "--provider", "filter=off"], 2, "do not go together"),
        ("a domain without choices", ["policy", "set", "shop.example"], 2, "which options?"),
        ("filtering that nobody confirmed", ["policy", "set", "shop.example", "filter=on"], 1, "confirm"),
        ("junk on a gateway", ["policy", "set", "relay.example", "on-dmarc-reject=junk"], 1, "gateway"),
        ("the second of two is wrong", ["policy", "set", "shop.example", "on-spf-fail=mark", "digest=hourly"], 1, "digest"),
        ("two values for one option", ["policy", "set", "shop.example", "filter=observe", "filter=off"], 2, "chosen twice"),
        ("nothing to show", ["policy", "show"], 2, "whose choices are meant?"),
    ])
    done = subprocess.run([SEKISHO, "policy", "options", "filtr"], capture_output=True, text=True, timeout=60)
    tap.ok(done.returncode == 2 and 'did you mean "filter"?' in done.stderr, "no such option to explain", done.stderr)
    tap.equal(value("on-spf-fail", "shop.example"), ("deliver", "default"), "of two choices, one wrong, neither is made")
    options = store_options()
    tap.ok({"filter", "on-virus", "reports"} <= {o["name"] for o in options} and all(o["help"] for o in options),
           "policy options: what can be chosen", str(options))
    told = subprocess.run([SEKISHO, "policy", "options", "on-dmarc-reject"], capture_output=True, text=True, timeout=60).stdout
    tap.contains(" ".join(told.split()), "risk of refuse: A domain that asks for rejection", "policy options NAME: the risk")


def store_options():
    return json.loads(subprocess.run([SEKISHO, "policy", "options", "--json"], capture_output=True, timeout=60).stdout)["options"]


def confirmations(tap, store):
    set_all = ("policy", "set", "--tenant", "acme", "filter=on")
    tap.equal(store.json(*set_all)["held_back"], 2, "policy set --tenant: for how many domains it is held back")
    tap.contains(" ".join(store.run(*set_all[:-1], "filter=on", "on-virus=refuse")[1].split()), "held back for the 2 domains",
                 "and people are told")
    tap.equal(store.json("policy", "set", "--tenant", "acme", "on-virus=refuse")["held_back"], 0,
              "not where nothing needs a confirmation")
    store.do("policy", "unset", "--tenant", "acme", "filter", "on-virus")
    code, out, err = store.run("policy", "confirm", "shop.example")
    tap.ok(code == 1 and "Explanation, version 1" in out and "--by" in err, "policy confirm: only the text, without --by",
           out + err)
    tap.equal(store.json("domain", "show", "shop.example")["confirmations"], [], "nothing was recorded by that")
    code, out, _ = store.run("policy", "confirm", "shop.example", "--by", "Bob <bob@shop.example>", "--note", "letter",
                             "--at", "2026-05-02", "--actor", "alice")
    tap.ok(code == 0 and out.index("Explanation, version 1") < out.index("Recorded: Bob"),
           "policy confirm: the text first, then who confirmed it", out)
    shown = store.json("domain", "show", "shop.example")["confirmations"]
    tap.equal([(c["by"], c["explanation"], c["at"], c["recorded_by"], c["valid"]) for c in shown],
              [("Bob <bob@shop.example>", 1, "2026-05-02T00:00:00Z", "alice", True)], "it is recorded with all its parts")
    store.do("policy", "set", "shop.example", "filter=on")
    tap.equal(store.json("domain", "show", "shop.example")["filter"], "on", "then filtering can be chosen")
    store.do("policy", "confirm", "shop.example", "--withdraw")
    shown = store.json("domain", "show", "shop.example")
    tap.equal((shown["filter"], shown["held_back"]), ("off", True), "withdrawn: the choice is held back")
    tap.contains(store.run("policy", "show", "shop.example")[1], "held back", "policy show says so")
    store.do("policy", "confirm", "shop.example", "--by", "Bob")
    tap.equal(store.json("domain", "show", "shop.example")["filter"], "on", "confirmed again: it is in force")
    refused(tap, store, [
        ("confirmed tomorrow", ["policy", "confirm", "shop.example", "--by", "Bob", "--at", "2999-01-01"], 2, "--at takes a time"),
        ("confirmed and withdrawn", ["policy", "confirm", "shop.example", "--by", "Bob", "--withdraw"], 2, "give one of them"),
        ("confirmed for nobody", ["policy", "confirm", "other.example", "--by", "Bob"], 1, "other.example is not hosted here"),
    ])


def allow_lists(tap, store):
    add = ["allow", "add", "shop.example"]
    out = store.run(*add, "passing.example", "--evidence", "aligned", "--expires", "2099-01-02")[1]
    tap.contains(out, "It counts until 2099-01-02 00:00 UTC.", "allow add: until when it counts")
    store.do("allow", "remove", out.split()[1])
    first = store.json(*add, "Bücher.example", "--evidence", "dkim:esp.example", "--note", "news", "--owner", "Bob")["id"]
    store.json(*add, "plain.example", "--evidence", "aligned", "--subdomains", "yes")
    store.json(*add, "net.example", "--evidence", "network:192.0.2.0/24", "--expires", "90d")
    store.json(*add, "*", "--evidence", "spf:relay.example")
    none = store.json(*add, "bad.example", "--evidence", "none", "--expires", "30d", "--owner", "Bob", "--accept-risk",
                      "--actor", "alice")["id"]
    entries = store.json("allow", "list", "shop.example")["entries"]
    tap.equal([(e["author"], e["subdomains"], e["evidence"], e["domain"], e["network"]) for e in entries],
              [("xn--bcher-kva.example", False, "dkim", "esp.example", ""), ("plain.example", True, "aligned", "", ""),
               ("net.example", False, "network", "", "192.0.2.0/24"), ("", False, "spf", "relay.example", ""),
               ("bad.example", False, "none", "", "")], "allow list: all kinds of evidence")
    tap.equal((entries[-1]["accepted_by"], entries[0]["hits"]), ("alice", 0), "who accepted the risk, and no hits yet")
    out = store.run("allow", "list", "shop.example")[1]
    tap.ok("*.plain.example" in out and "dkim esp.example" in out and "Bob: news" in out, "allow list: for people", out)
    store.do("allow", "set", str(first), "--note", "newsletter", "--expires", "2999-12-31")
    entry = store.json("allow", "show", str(first))
    tap.equal((entry["note"], entry["owner"], entry["expires_at"]), ("newsletter", "Bob", "2999-12-31T00:00:00Z"),
              "allow set changes what is given")
    store.do("allow", "set", str(first), "--expires", "never")
    tap.equal(store.json("allow", "show", str(first))["expires_at"], "", "allow set --expires never")
    store.do("allow", "remove", str(first), str(none))
    tap.equal(len(store.json("allow", "list", "shop.example")["entries"]), 3, "allow remove takes several")
    risk = ["--evidence", "none", "--accept-risk"]
    refused(tap, store, [
        ("no evidence named", [*add, "x.example"], 2, "allow add needs --evidence"),
        ("unknown evidence", [*add, "x.example", "--evidence", "trust"], 2, "--evidence takes aligned"),
        ("a signature of nobody", [*add, "x.example", "--evidence", "dkim"], 2, "names no one"),
        ("too much evidence", [*add, "x.example", "--evidence", "aligned:x.example"], 2, "takes nothing behind"),
        ("no network", [*add, "x.example", "--evidence", "network:192.0.2.0/33"], 2, "is no network"),
        ("an author that is empty, as of a script's variable", ["allow", "add", "shop.example", "", "--evidence", "aligned"], 2,
         "needs the author's domain; * is every author"),
        ("evidence none, the risk not accepted", [*add, "x.example", "--evidence", "none"], 2, "--accept-risk"),
        ("evidence none without an end", [*add, "x.example", *risk, "--owner", "Bob"], 2, "--expires"),
        ("evidence none of nobody's", [*add, "x.example", *risk, "--expires", "30d"], 2, "--owner"),
        ("evidence none for years", [*add, "x.example", *risk, "--owner", "Bob", "--expires", "3000d"], 1, "within a year"),
        ("evidence none for everybody", [*add, "*", *risk, "--owner", "Bob", "--expires", "30d"], 1, "author"),
        ("an end that is past", [*add, "x.example", "--evidence", "aligned", "--expires", "2020-01-01"], 1, "expired already"),
        ("an end that is none", [*add, "x.example", "--evidence", "aligned", "--expires", "soon"], 2, "--expires takes"),
        ("the same again", [*add, "plain.example", "--evidence", "aligned", "--subdomains", "yes"], 1, "such an entry already"),
        ("an author that is none", [*add, "not a domain", "--evidence", "aligned"], 1, "is not a domain name"),
        ("no author", add, 2, "allow add needs 2 operands: DOMAIN AUTHOR"),
        ("no entry's number", ["allow", "show", "first"], 2, "is no number of an entry"),
        ("an entry that is gone", ["allow", "show", str(first)], 1, "there is no allow entry"),
        ("one of two is gone", ["allow", "remove", str(first + 1), str(first)], 1, "there is no allow entry"),
    ])
    tap.equal(len(store.json("allow", "list", "shop.example")["entries"]), 3, "of two entries, one gone, none is removed")


def users(tap, store):
    store.do("user", "add", "Root", "--role", "operator", "--title", "The operator")
    store.do("user", "add", "bob", "--role", "administrator", "--tenant", "acme", "--language", "ja")
    store.do("user", "add", "carol", "--role", "mailbox-owner", "--tenant", "acme", "--address", "carol@shop.example")
    listed = store.json("user", "list")["users"]
    tap.equal([(u["name"], u["role"], u["tenant"], u["language"]) for u in listed],
              [("bob", "administrator", "acme", "ja"), ("carol", "mailbox-owner", "acme", "en"),
               ("root", "operator", "", "en")], "user list")
    tap.equal([u["name"] for u in store.json("user", "list", "--tenant", "acme")["users"]], ["bob", "carol"],
              "user list --tenant")
    store.do("user", "set", "bob", "--disabled", "yes", "--title", "Bob")
    tap.contains(store.run("user", "list")[1], "administrator (disabled)", "user set --disabled shows in the table")
    store.do("user", "set", "bob", "--disabled", "no")
    refused(tap, store, [
        ("a user without a role", ["user", "add", "x"], 2, "user add needs --role"),
        ("an administrator of nobody", ["user", "add", "x", "--role", "administrator"], 1, "this role needs a tenant"),
        ("an operator of a tenant", ["user", "add", "x", "--role", "operator", "--tenant", "acme"], 1,
         "an operator belongs to no tenant"),
        ("a mailbox elsewhere", ["user", "add", "x", "--role", "mailbox-owner", "--tenant", "acme", "--address",
                                 "x@other.example"], 1, "other.example is no domain of this tenant"),
        ("a user who is there", ["user", "add", "bob", "--role", "operator"], 1, 'there is a user "bob" already'),
        ("a user who is not there", ["user", "remove", "nobody"], 1, 'there is no user "nobody"'),
    ])


def audit(tap, store):
    entries = store.audit("--domain", "shop.example", "--action", "policy", "--object", "on-spf-fail")
    tap.equal([(e["action"], e["actor"], e["via"], e["tenant"]) for e in entries],
              [("policy.unset", "alice", "cli", "acme"), ("policy.set", "alice", "cli", "acme")],
              "audit list: filtered, the newest first")
    tap.ok(entries[1]["before"] is None and entries[1]["after"]["value"] == "mark" and
           entries[0]["before"]["value"] == "mark" and entries[0]["after"] is None, "audit list: before and after",
           str(entries))
    tap.equal(store.audit("--actor", "nobody"), [], "audit list: nothing of who did nothing")
    tap.equal(store.audit("--until", "2020-01-01"), [], "audit list --until")
    tap.ok(len(store.audit("--since", "1h")) > 10, "audit list --since")
    tap.equal(len(store.audit("--limit", "2")), 2, "audit list --limit")
    tap.ok(store.audit("--tenant", "acme", "--action", "tenant.add")[0]["change"] > 0, "audit list --tenant, --action")
    out = store.run("audit", "list", "--domain", "shop.example", "--limit", "3")[1]
    tap.ok("alice (cli), change" in out and "\n    - author: bad.example, subdomains: false" in out, "audit list: for people", out)
    for words in (("audit", "list", "--actor", "nobody"), ("trace",), ("user", "list", "--tenant", "relayed")):
        tap.equal(store.run(*words)[1], "There is nothing to show.\n", f"{' '.join(words)}: nothing there, and says so")
    added = store.audit("--domain", "shop.example", "--action", "allow.add")
    tap.ok(added and all(set(e["after"]) == {"author", "subdomains", "evidence", "domain", "network", "expires_at", "note",
                                             "owner", "accepted_by"} for e in added),
           "audit list: an entry has the names that the file of a tenant has", str(added))
    tap.ok(any(e["after"]["expires_at"][10:11] == "T" for e in added) and
           all(isinstance(e["after"]["expires_at"], str) for e in added), "audit list: times are times", str(added))
    refused(tap, store, [
        ("no time", ["audit", "list", "--since", "yesterday"], 2, "--since takes a date"),
        ("no number", ["audit", "list", "--limit", "0"], 2, "--limit takes a whole number"),
    ])


def export_and_import(tap, store):
    text = store.export("acme")
    before = json.loads(text)
    tap.equal([d["name"] for d in before["domains"]], ["mail.shop.example", "shop.example"], "export has the domains")
    path = store.file("acme.json", text)
    code, out, err = store.run("tenant", "import", path)
    tap.ok(code == 1 and err.startswith(f"sekisho: {path}:3: there is a tenant acme already") and "--replace" in err,
           "import: a tenant that is there, only with --replace", out + err)
    got = store.json("tenant", "import", path, "--replace")
    tap.equal((got["changes"], got["change"]), ([], 0), "import of what was exported changes nothing")
    got = store.json("tenant", "import", store.file("mark.json", "\ufeff" + text), "--replace")
    tap.equal(got["changes"], [], "import: a byte order mark, as editors on Windows write it, is passed over")

    changed = json.loads(text)
    changed["title"] = "Acme and Sons"
    changed["policy"]["digest"] = "weekly"
    shop = changed["domains"][1]
    shop["policy"]["on-attachment"] = "refuse"
    del shop["policy"]["on-dmarc-reject"]
    shop["allow"].pop(0)
    shop["allow"].append({"author": "new.example", "evidence": "aligned"})
    shop["allow"].append({"author": "old.example", "evidence": "aligned", "expires_at": "2020-01-01T00:00:00Z"})
    changed["domains"].pop(0)
    changed["domains"].append({"name": "neu.example", "subdomains": True})
    changed["users"] = [u for u in changed["users"] if u["name"] != "bob"]
    path = store.file("changed.json", changed)
    newest = store.audit("--limit", "1")[0]["id"]
    dry = store.json("tenant", "import", path, "--replace", "--dry-run")
    tap.equal((store.export("acme") == text, store.audit("--limit", "1")[0]["id"]), (True, newest),
              "import --dry-run changes nothing, the audit log neither")
    told = {c["action"] for c in dry["changes"]}
    tap.ok({"tenant.change", "policy.set", "policy.unset", "allow.add", "allow.remove", "domain.add", "domain.remove",
            "user.remove"} <= told and dry["expired_entries"] == 1 and dry["dry_run"], "import --dry-run tells the changes",
           str(dry))
    code, out, err = store.run("tenant", "import", path, "--replace", "--actor", "alice")
    tap.ok(code == 0 and f"{len(dry['changes'])} changes were made" in out, "import makes the changes that were told", out + err)
    after = json.loads(store.export("acme"))
    tap.equal((after["title"], [d["name"] for d in after["domains"]], [u["name"] for u in after["users"]]),
              ("Acme and Sons", ["neu.example", "shop.example"], ["carol"]), "import: it is what the file says")
    tap.equal({e["via"] for e in store.audit("--since", "1h", "--action", "domain.remove")}, {"import"},
              "the audit log knows that it was an import")
    entries = store.audit("--limit", "1")
    tap.equal(len({e["change"] for e in store.audit("--limit", str(len(dry["changes"])))}), 1, "an import is one change")

    shaped = json.loads(text)
    shaped["shape"] = "gateway"
    shaped["domains"] = []
    shaped["users"] = []
    shaped["policy"] = {}
    code, out, err = store.run("tenant", "import", store.file("shaped.json", shaped), "--replace", "--dry-run")
    tap.equal(code, 0, "import may change the shape of the server together with what would not fit it")
    shaped["policy"] = {"junk-by": "recipient"}
    path = store.file("shaped.json", shaped)
    code, out, err = store.run("tenant", "import", path, "--replace", "--dry-run")
    tap.ok(code == 1 and err.startswith(f"sekisho: {path}:") and "gateway has no junk folder" in err,
           "import tells what does not fit the shape, with its line", out + err)

    junk = json.loads(text)
    junk["domains"][1]["policy"] |= {"junk-by": "recipient", "junk-suffix": "+Junk"}
    path = store.file("junk.json", junk)
    code, out, err = store.run("tenant", "import", path, "--replace")
    tap.equal(code, 0, "import takes choices that work only together" + err)
    del junk["domains"][1]["policy"]["junk-suffix"]
    path = store.file("junk.json", junk)
    code, out, err = store.run("tenant", "import", path, "--replace")
    tap.ok(code == 1 and "domain shop.example" in err and "junk-suffix" in err, "import: what works only together", err)
    code, out, err = store.run("tenant", "import", store.file("changed.json", changed), "--replace")
    tap.equal(code, 0, "import takes them back together" + err)

    store.run("tenant", "remove", "acme", "--with-domains")
    got = store.json("tenant", "import", store.file("again.json", after))
    tap.equal(json.loads(store.export("acme")), after, "a tenant that was removed comes back whole from its file")
    tap.ok(entries and got["change"] > 0, "and that is a change")


WRONG = [
    # what is wrong, how the text is made wrong, the line where that is, what is said
    ("a comma too many", lambda t: t.replace('"users": [', '"users": [,'), "no JSON"),
    ("cut off", lambda t: t[:len(t) // 2], "no JSON"),
    ("a member twice", lambda t: t.replace('"title":', '"name": "x", "title":'), "no JSON"),
    ("an unknown member", lambda t: t.replace('"title":', '"titel":'), 'did you mean "title"?'),
    ("a member of another type", lambda t: t.replace('"dns_only": false', '"dns_only": "no"'), '"dns_only" must be true or false'),
    ("an unknown shape", lambda t: t.replace('"shape": "shared"', '"shape": "round"'), '"shape" must be dedicated'),
    ("an unknown policy option", lambda t: t.replace('"digest":', '"digets":'), "digest"),
    ("a value that an option does not take", lambda t: t.replace('"digest": "weekly"', '"digest": "hourly"'), "digest takes"),
    ("a choice that is no text", lambda t: t.replace('"digest": "weekly"', '"digest": 7'), "must be a text"),
    ("no domain name", lambda t: t.replace('"name": "neu.example"', '"name": "neu example"'), "is not a domain name"),
    ("a domain of another tenant", lambda t: t.replace('"name": "neu.example"', '"name": "relay.example"'),
     "relay.example is hosted already, for tenant relayed"),
    ("a domain twice", lambda t: t.replace('"name": "neu.example"', '"name": "Shop.Example"'), "twice"),
    ("unknown evidence", lambda t: t.replace('"evidence": "spf"', '"evidence": "trust"'), '"evidence" must be'),
    ("a network that is none", lambda t: t.replace('"network": "192.0.2.0/24"', '"network": "192.0.2.0/99"'), '"network" must be'),
    ("a time that is none", lambda t: t.replace('"at": "', '"at": "on '), '"at" must be a time'),
    ("a confirmation of the future", lambda t: t.replace('"at": "20', '"at": "29'), "cannot be later"),
    ("a version of the explanation that there is not", lambda t: t.replace('"explanation": 1', '"explanation": 99'), "version 99"),
    ("an unknown role", lambda t: t.replace('"role": "mailbox-owner"', '"role": "king"'), '"role" must be'),
    ("a mailbox elsewhere", lambda t: t.replace("carol@shop.example", "carol@other.example"), "other.example is no domain"),
    ("a file of the next version", lambda t: t.replace('"sekisho_tenant": 1', '"sekisho_tenant": 2'), "version 2"),
]

# It is the user who does not fit the tenant, not only the address.
OF_THE_WHOLE = {"a mailbox elsewhere": '"carol@shop.example"'}


def first_difference(a, b):
    for number, (x, y) in enumerate(zip(a.splitlines(), b.splitlines()), 1):
        if x != y:
            return number
    return len(b.splitlines())


def unconfirmed(tap, store):
    """A confirmation that was withdrawn leaves the choice, and so does its way through a file."""
    store.do("tenant", "add", "late")
    store.do("domain", "add", "late.example", "--tenant", "late")
    store.do("policy", "confirm", "late.example", "--by", "Lou")
    store.do("policy", "set", "late.example", "filter=on", "on-spf-fail=junk")
    store.do("policy", "confirm", "late.example", "--withdraw")
    text = store.export("late")
    path = store.file("late.json", text)
    got = store.json("tenant", "import", path, "--replace")
    tap.equal((got["changes"], got["held_back"]), ([], 1), "import of what was exported, unconfirmed, changes nothing")
    store.do("tenant", "remove", "late", "--with-domains")
    code, out, err = store.run("tenant", "import", path)
    tap.ok(code == 0 and "held back" in out and "policy confirm DOMAIN --by WHO" in " ".join(out.split()),
           "import brings an unconfirmed choice back, and says that it waits", out + err)
    tap.equal(store.export("late"), text, "the round trip is exact")
    shown = store.json("domain", "show", "late.example")
    tap.equal((shown["filter"], shown["held_back"]), ("off", True), "and the choice is held back as before")
    store.do("policy", "confirm", "late.example", "--by", "Lou")
    tap.equal(store.json("domain", "show", "late.example")["filter"], "on", "until somebody confirms it")
    unsigned = json.loads(store.export("late"))
    del unsigned["domains"][0]["confirmations"]
    got = store.json("tenant", "import", store.file("late.json", unsigned), "--replace")
    tap.equal((got["held_back"], store.json("domain", "show", "late.example")["filter"]), (1, "off"),
              "a file that takes the confirmation away takes the filter with it")
    refused(tap, store, [("to choose it so by hand", ["policy", "set", "late.example", "filter=on"], 1, "confirm")])
    store.do("tenant", "remove", "late", "--with-domains")


def wrong_files(tap, store):
    text = store.export("acme")
    newest = store.audit("--limit", "1")[0]["id"]
    for name, spoil, sentence in WRONG:
        wrong = spoil(text)
        path = store.file("wrong.json", wrong)
        code, out, err = store.run("tenant", "import", path, "--replace")
        if wrong == text:
            tap.ok(False, f"import: {name}: the file is made wrong")
            continue
        line = first_difference(text, wrong)
        if name in OF_THE_WHOLE:
            line = text[:text.index(OF_THE_WHOLE[name])].rindex("{\n")
            line = text[:line].count("\n") + 1
        tap.ok(code == 1 and err.startswith(f"sekisho: {path}:{line}: ") and sentence in err and out == "",
               f"import: {name}: told with its line", f"exit {code}, want line {line}: {sentence}\n{out}{err}")
    wrong = json.loads(text)
    code, _, err = store.run("tenant", "import", store.file("wrong.json", '{"\\u001b[2J": 1}'))
    tap.ok(code == 1 and "\\x1b[2J" in err and "\x1b" not in err, "import: what would write to the terminal is escaped", err)
    del wrong["name"]
    code, _, err = store.run("tenant", "import", store.file("wrong.json", wrong), "--replace")
    tap.ok(code == 1 and '.json:1: "name" is missing here' in err, "import: a member that is missing", err)
    code, _, err = store.run("tenant", "import", store.file("wrong.json", "[]"))
    tap.ok(code == 1 and "here must stand an object" in err, "import: no object at all", err)
    tap.equal((store.export("acme"), store.audit("--limit", "1")[0]["id"]), (text, newest),
              "none of them changed anything, and the audit log has no line of them")
    refused(tap, store, [
        ("no such file", ["tenant", "import", str(store.folder / "missing.json")], 1, "missing.json"),
        ("no such tenant to export", ["tenant", "export", "nobody"], 1, 'there is no tenant "nobody"'),
    ])


def what_if(tap, store):
    """Of ten messages six pass, one is forged, one comes through a list, one has softfail, one has nothing."""
    store.do("policy", "unset", "--provider", "on-dmarc-reject")
    store.do("tenant", "add", "busy")
    store.do("domain", "add", "busy.example", "--tenant", "busy")
    ask = ["policy", "what-if", "busy.example"]
    tap.contains(store.run(*ask, "filter=on")[1], "No message to busy.example is recorded", "what-if: without traffic")
    made = subprocess.run([TRAFFIC_MAKER, store.url, "busy.example", "1000", "20"], capture_output=True, text=True, timeout=60)
    tap.equal((made.returncode, made.stderr), (0, ""), "a thousand messages are recorded")

    def changes(*words):
        got = store.json(*ask, *words)
        tap.equal((got["messages"], got["changed"]), (1000, sum(c["count"] for c in got["changes"])),
                  f"what-if {' '.join(words)}: every message is judged, and the counts add up")
        return sorted((c["was"], c["would_be"], c["count"], c["checks"]) for c in got["changes"]), got

    got, _ = changes("filter=on")
    tap.equal(got, [("deliver", "mark", 200, {"dmarc-reject": 200})], "filtering as it is chosen marks what fails")
    got, whole = changes("on-dmarc-reject=refuse", "on-spf-softfail=junk", "on-unauthenticated=mark")
    tap.equal(got, [("deliver", "junk", 100, {"spf-softfail": 100}), ("deliver", "mark", 100, {"unauthenticated": 100}),
                    ("mark", "refuse", 200, {"dmarc-reject": 200})], "several choices, each with what decides")
    tap.equal(whole["filter_assumed"], True, "the filter that is off is taken for on")
    examples = next(c for c in whole["changes"] if c["was"] == "mark")["examples"]
    tap.ok(len(examples) == 3 and {e["author"] for e in examples} <= {"bank.example", "member.example"}
           and all(e["why"] == "dmarc-reject" for e in examples) and examples == sorted(examples, key=lambda e: e["at"], reverse=True),
           "what-if: the newest examples, and why", str(examples))
    one = store.json("trace", str(examples[0]["message"]))
    tap.equal((one["author_domain"], one["at"]), (examples[0]["author"], examples[0]["at"]), "what-if: trace shows an example by its number")
    out = store.run(*ask, "on-dmarc-reject=refuse")[1]
    tap.ok(re.search(rf"^{examples[0]['message']} +\S.*{examples[0]['author']}", out, re.M), "what-if: the number for people too", out)
    got, whole = changes("--allow", "member.example", "--evidence", "dkim:lists.example")
    tap.equal(got, [("mark", "deliver", 100, {"dmarc-reject": 100})], "a proposed entry lets the list through, not the forger")
    tap.equal(whole["changes"][0]["examples"][0]["why"], "the proposed entry", "and is told as the reason")
    got, _ = changes("--allow", "*", "--evidence", "network:198.51.100.0/24")
    tap.equal(got, [("mark", "deliver", 100, {"dmarc-reject": 100})], "an entry for a network")
    got, _ = changes("on-dmarc-reject=deliver", "--examples", "1")
    tap.equal(got, [("mark", "deliver", 200, {"dmarc-reject": 200})], "a milder choice")
    tap.equal(changes("digest=daily")[0], [], "what acts on no message changes none")
    entry = store.json("allow", "add", "busy.example", "member.example", "--evidence", "dkim:lists.example")["id"]
    got, _ = changes("on-dmarc-reject=refuse")
    tap.equal(got, [("mark", "deliver", 100, {"dmarc-reject": 100}), ("mark", "refuse", 100, {"dmarc-reject": 100})],
              "entries that are there count")
    got, _ = changes("on-dmarc-reject=refuse", "--without", str(entry))
    tap.equal(got, [("mark", "refuse", 200, {"dmarc-reject": 200})], "what-if --without an entry")
    few = store.json(*ask, "filter=on", "--days", "10")
    tap.ok(480 <= few["messages"] <= 520, "what-if --days looks at the last days alone", str(few["messages"]))
    out = store.run(*ask, "on-dmarc-reject=refuse")[1]
    tap.ok("1000 messages" in " ".join(out.split()) and "mark > refuse" in out and "The filter is not on" in out, "what-if: for people", out)
    newest = store.audit("--limit", "1")[0]["action"]
    tap.equal(newest, "allow.add", "what-if changes nothing")
    refused(tap, store, [
        ("what if nothing", ask, 2, "what is proposed?"),
        ("what if an unknown option", [*ask, "fliter=on"], 1, 'did you mean "filter"?'),
        ("what if a value that there is not", [*ask, "filter=perhaps"], 1, "filter takes one of"),
        ("what if an entry without evidence", [*ask, "--allow", "x.example"], 2, "--allow needs --evidence"),
        ("what if an author who is none", [*ask, "--allow", "no domain", "--evidence", "aligned"], 2, "is not a domain name"),
        ("what if an entry that is not there", [*ask, "--without", "99999"], 1, "has no entry 99999"),
        ("what if for nobody", ["policy", "what-if", "nobody.example", "filter=on"], 1, "is not hosted here"),
        ("what if never", [*ask, "filter=on", "--days", "0"], 2, "--days takes a whole number"),
        ("what if junk on a gateway", ["policy", "what-if", "relay.example", "on-spf-fail=junk"], 1, "gateway"),
    ])
    store.do("tenant", "remove", "busy", "--with-domains")
    what_if_for_a_gateway(tap, store)


def figures(tap, store):
    """Of 14 messages 8 pass and 4 fail: 57.1 and 28.6 of a hundred, which no double is."""
    store.do("tenant", "add", "odd")
    store.do("domain", "add", "odd.example", "--tenant", "odd")
    subprocess.run([TRAFFIC_MAKER, store.url, "odd.example", "14", "5"], check=True, timeout=60)
    out = store.run("stats", "domains", "--domain", "odd.example", "--json")[1]
    tap.ok('"dmarc_pass": 57.1,' in out and '"dmarc_fail": 28.6,' in out, "JSON has the figures of the table and of CSV", out)
    store.do("tenant", "remove", "odd", "--with-domains")


def what_if_for_a_gateway(tap, store):
    """What the provider chose for all and a gateway cannot do is in nobody's way, and falls as it does with real mail."""
    store.do("policy", "set", "--provider", "on-dmarc-reject=junk")
    store.do("tenant", "add", "passing", "--shape", "gateway")
    store.do("domain", "add", "passing.example", "--tenant", "passing")
    tap.contains(" ".join(store.run("policy", "show", "passing.example")[1].split()), "marked instead", "policy show tells what a gateway does of it")
    made = subprocess.run([TRAFFIC_MAKER, store.url, "passing.example", "100", "20"], capture_output=True, text=True, timeout=60)
    tap.equal((made.returncode, made.stderr), (0, ""), "a hundred messages to a gateway are recorded")
    ask = ["policy", "what-if", "passing.example"]
    for name, words, want in (
            ("filter=on marks what the provider wants in the junk folder", ["filter=on"], [("deliver", "mark", 20)]),
            ("a choice beside it", ["filter=on", "on-unauthenticated=refuse"], [("deliver", "mark", 10), ("deliver", "refuse", 30)]),
            ("an entry of the allow list", ["--allow", "member.example", "--evidence", "dkim:lists.example"], [("mark", "deliver", 10)]),
            ("a choice of its own in its place", ["on-dmarc-reject=hold"], [("mark", "hold", 20)])):
        code, out, err = store.run(*ask, *words, "--json")
        got = sorted((c["was"], c["would_be"], c["count"]) for c in json.loads(out)["changes"]) if code == 0 else err
        tap.equal(got, want, f"what-if for a gateway below a provider's junk: {name}")
    refused(tap, store, [
        ("what if junk on it", [*ask, "on-spf-fail=junk"], 1, "on-spf-fail = junk: a gateway has no junk folder"),
        ("what if the same junk, chosen by itself", [*ask, "on-dmarc-reject=junk"], 1, "on-dmarc-reject = junk"),
    ])
    store.do("policy", "unset", "--provider", "on-dmarc-reject")
    store.do("tenant", "remove", "passing", "--with-domains")


def removal(tap, store):
    store.do("domain", "remove", "neu.example")
    tap.equal([d["name"] for d in store.json("domain", "list", "--tenant", "acme")["domains"]], ["shop.example"],
              "domain remove")
    store.do("user", "remove", "carol")
    store.do("tenant", "remove", "acme", "--with-domains")
    tap.equal([t["name"] for t in store.json("tenant", "list")["tenants"]], ["bigger", "relayed"],
              "tenant remove --with-domains takes all of it")


def everything(tap, url):
    kind = url.split(":")[0]
    print(f"# {kind}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(url, folder)
        store.json("db", "migrate")
        for part in (tenants, domains, policies, confirmations, allow_lists, users, audit, export_and_import, unconfirmed, wrong_files,
                     what_if, figures, removal):
            part(tap, store)


def without_a_store(tap):
    def run(*words):
        done = subprocess.run([SEKISHO, *words], capture_output=True, text=True, timeout=60)
        return done.returncode, done.stdout, done.stderr

    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "sekisho.conf"
        code, _, err = run("tenant", "list", "--config", str(config))
        tap.ok(code == 1 and "cannot read" in err, "no configuration: told", err)
        config.write_text("[store]\n")
        code, _, err = run("tenant", "list", "--config", str(config))
        tap.ok(code == 1 and "names no store" in err, "a configuration without a store: told", err)
        config.write_text(f"[dns]\ntimeout = 5s\n\n[store]\nurl = sqlite:{folder}/hosting.db\n")
        tap.equal(run("tenant", "add", "acme", "--config", str(config))[0], 0, "the configuration names the store")
        code, out, _ = run("tenant", "list", "--json", "--config", str(config))
        tap.equal((code, len(json.loads(out)["tenants"])), (0, 1), "and it is there the next time")
    code, out, err = run("tenant", "list", "--json", "--store", "mysql://x")
    tap.ok(code == 1 and list(json.loads(out)) == ["error"] and err, "an unknown kind of store: one document, and a sentence",
           out + err)
    code, out, err = run("tenant", "list", "--store", "postgresql://nobody@/none?host=/nonexistent")
    tap.ok(code == 3 and err, "a server that cannot be reached is a temporary failure", f"exit {code}\n{err}")


def body(tap):
    without_a_store(tap)
    with tempfile.TemporaryDirectory() as folder:
        everything(tap, f"sqlite:{folder}/hosting.db")
    if programs() is None:
        print("# SKIP PostgreSQL is not installed", flush=True)
        return
    with PostgreSQL() as server:
        everything(tap, server.url)


Tap().run(body)
