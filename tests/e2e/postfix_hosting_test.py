#!/usr/bin/env python3
"""Hosted domains with policies of their own behind a real Postfix: what is done to a message, to whom, and what the journal
says of it.

    postfix_hosting_test.py PATH-OF-sekishod PATH-OF-node_data
"""
import collections
import contextlib
import email.message
import email.policy
import io
import itertools
import os
import pathlib
import re
import shutil
import smtplib
import subprocess
import sys
import tempfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from arrived import fields_of  # noqa: E402
from clamd import Clamd  # noqa: E402
from postfix import Postfix  # noqa: E402
from sekishod import DnsResponder, Sekishod, fetch, free_port, wait_until  # noqa: E402
from tap import Tap  # noqa: E402

PROGRAM, NODE_DATA = (os.path.abspath(path) for path in sys.argv[1:3])
SIGNED = (ROOT / "demo" / "messages" / "signed.eml").read_bytes()
ZONE = (ROOT / "demo" / "demo.zone").read_text()
EVIL = {"sender": "a@evil.example.org", "xclient": {"ADDR": "127.0.0.66"}, "helo": "evil.example.org"}
SHOP = {"sender": "orders@shop.example.com", "xclient": {"ADDR": "127.0.0.10"}, "helo": "mail.shop.example.com"}

# One domain for each choice; "plain.example" is delivered by the same Postfix and hosted for nobody.
NEVER = 4000000000
REPLICA = f"""\
domain deliver.example filter=on on-dmarc-reject=deliver
domain mark.example filter=on on-dmarc-reject=mark
domain tag.example filter=on on-dmarc-reject=mark subject-tag=[迷惑]
domain junk.example filter=on on-dmarc-reject=junk junk-suffix=+Junk
domain plus.example filter=on on-dmarc-reject=junk junk-by=recipient junk-suffix=+Junk
domain hold.example filter=on on-dmarc-reject=hold
domain scan.example filter=on on-dmarc-reject=deliver
domain scanstrict.example filter=on on-dmarc-reject=deliver on-scan-failure=tempfail on-virus=refuse
domain attach.example filter=on on-dmarc-reject=refuse on-attachment=refuse
allow author=bank.example.org evidence=network network=127.0.0.64/28
domain quarantine.example filter=on on-dmarc-reject=quarantine junk-suffix=+Junk
domain refuse.example filter=on on-dmarc-reject=refuse on-internal-spoof=refuse junk-suffix=+Junk
domain bounce.example filter=on on-dmarc-reject=mark discard-forged-bounces=yes
domain refuse2.example filter=on on-dmarc-reject=refuse
domain nofolder.example filter=on on-dmarc-reject=refuse
domain gate.example tenant=2 shape=gateway filter=on on-dmarc-reject=refuse
domain gatejunk.example tenant=2 shape=gateway filter=on on-dmarc-reject=junk
domain strict.example filter=on on-dmarc-reject=refuse refuse-strictly=yes
domain observe.example filter=observe on-dmarc-reject=refuse
domain off.example filter=off on-dmarc-reject=refuse
domain parent.example subdomains=yes filter=on on-dmarc-reject=refuse
domain aligned.example filter=on on-dmarc-reject=refuse
allow author=bank.example.org evidence=aligned
domain bydkim.example filter=on on-dmarc-reject=refuse
allow author=bank.example.org evidence=dkim domain=shop.example.com
domain byspf.example filter=on on-dmarc-reject=refuse
allow author=bank.example.org evidence=spf domain=evil.example.org
domain bynetwork.example filter=on on-dmarc-reject=refuse
allow author=bank.example.org evidence=network network=127.0.0.64/28
domain bynothing.example filter=on on-dmarc-reject=refuse
allow author=bank.example.org evidence=none expires={NEVER}
domain expired.example filter=on on-dmarc-reject=refuse
allow author=bank.example.org evidence=none expires=1000
"""
DOMAINS = [line.split()[1] for line in REPLICA.splitlines() if line.startswith("domain")] + ["plain.example",
                                                                                              "sub.parent.example"]

Record = collections.namedtuple("Record", "qid sender reply text recipients fields")


def at(name):
    return f"reader@{name}.example"


def forged(subject="Subject: Your account\r\n", author="service@bank.example.org", more=""):
    """DMARC fails, and the author domain asks for reject."""
    return (f"From: <{author}>\r\nTo: <reader@example.com>\r\n{subject}{more}"
            "Date: Sat, 28 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@bank.example.org>\r\n\r\nbody\r\n").encode(
                "utf-8", "surrogateescape")


class Site:
    """DNS, a replica, sekishod with a journal, Postfix."""

    def __init__(self):
        self.programs = contextlib.ExitStack()
        self.milter_port, self.metrics_port, self.port = (free_port() for _ in range(3))
        self.arrived = collections.Counter()

    def __enter__(self):
        with self.programs:
            self.folder = pathlib.Path(self.programs.enter_context(tempfile.TemporaryDirectory(prefix="sekisho-e2e-")))
            self.folder.chmod(0o755)
            self.replica, self.journal = self.folder / "replica", self.folder / "journal"
            self.quarantine = self.folder / "quarantine"
            for folder in (self.replica, self.journal, self.quarantine):
                folder.mkdir()
                os.chown(folder, 65534, 65534)
            self.publish(REPLICA)
            self.dns = self.programs.enter_context(DnsResponder(self.folder, ZONE))
            self.sekishod = self.programs.enter_context(Sekishod(PROGRAM, self.folder, self.sections()))
            self.postfix = self.programs.enter_context(
                Postfix(self.folder / "mx", self.port, milter=f"inet:127.0.0.1:{self.milter_port}", domains=DOMAINS,
                        parameters={"mydestination": "own.example", "mydomain": "example", "append_dot_mydomain": "yes"}))
            self.programs = self.programs.pop_all()
        return self

    def __exit__(self, *unused):
        self.programs.close()

    def sections(self, **further):
        sections = {"inbound": {"listen": f"inet:127.0.0.1:{self.milter_port}", "trusted_networks": "127.0.0.1"},
                    "dns": {"nameservers": self.dns.address, "timeout": "1s"},
                    "hosting": {"replica": self.replica},
                    "journal": {"folder": self.journal, "min_free": "1MiB"},
                    "quarantine": {"folder": self.quarantine},
                    "metrics": {"listen": f"inet:127.0.0.1:{self.metrics_port}"}}
        return {name: sections.get(name, {}) | further.get(name, {}) for name in sections | further}

    def publish(self, text):
        subprocess.run([NODE_DATA, "replica", str(self.replica)], input=text, text=True, check=True,
                       user="nobody", group="nogroup")

    def reconfigure(self, **further):
        self.sekishod.configure(self.sections(**further))
        return self.sekishod.reload()["event"]

    def send(self, recipients, octets, sender, xclient, helo):
        """-> (code, text) of the refusal, or None"""
        try:
            self.postfix.send(sender, recipients, octets, xclient, helo)
            return None
        except smtplib.SMTPDataError as error:
            return error.smtp_code, error.smtp_error.decode()

    def next(self, address):
        """The message that arrived last for this address, one more than before."""
        self.arrived[address] += 1
        return self.postfix.wait_for_mail(address, self.arrived[address])[-1]

    def has_nothing_new(self, address):
        return len(self.postfix.mail(address)) == self.arrived[address]

    def records(self):
        lines = subprocess.run([NODE_DATA, "journal", str(self.journal)], capture_output=True, text=True,
                               check=True).stdout.splitlines()
        pattern = re.compile(r'(\w+)=("[^"]*"|\S*)')
        parsed = sorted(({name: value.strip('"') for name, value in pattern.findall(line)} for line in lines),
                        key=lambda row: int(row["at"]))
        return [Record(row["qid"], row["from"], int(row["reply"]), row["text"],
                       [tuple(word.split(":")) for word in row["recipients"].split(",") if word], row)
                for row in parsed]

    def last(self):
        return self.records()[-1]

    def held(self):
        """What is in our quarantine, oldest first: id and octets of each message with what is known of it."""
        folder = self.quarantine / "new"
        files = sorted(folder.iterdir()) if folder.is_dir() else []
        return [(path.name, path.read_bytes()) for path in files]

    def empty_hold_queue(self):
        """-> how many messages Postfix held"""
        count = len(list((self.folder / "mx" / "queue" / "hold").iterdir()))
        subprocess.run(["postsuper", "-c", str(self.postfix.config), "-d", "ALL", "hold"], check=True,
                       capture_output=True)
        return count

    def metric(self, name):
        text = fetch(self.metrics_port, "/metrics")[1]
        return int(re.search(rf"^sekisho_{re.escape(name)} (\d+)$", text, re.MULTILINE).group(1))


def field(message, name):
    values = [value for key, value in fields_of(message) if key == name]
    return values[0].strip() if values else None


# ---- one recipient, every action ----

def each_action_for_one_recipient(tap, site):
    site.send([at("deliver")], forged(), **EVIL)
    arrived = site.next(at("deliver"))
    tap.equal(field(arrived, "X-Sekisho-Verdict"), None, "deliver: nothing but our field of RFC 8601")
    tap.contains(field(arrived, "Authentication-Results"), "dmarc=fail", "which tells all the same")
    site.send([at("mark")], forged(), **EVIL)
    arrived = site.next(at("mark"))
    tap.equal(field(arrived, "X-Sekisho-Verdict"), "impostor; action=mark; check=dmarc-reject", "mark: a field says so")
    tap.equal(fields_of(arrived)[0][0], "Authentication-Results", "below our first field")
    site.send([at("junk")], forged(), **EVIL)
    tap.equal(field(site.next(at("junk")), "X-Sekisho-Junk"), "yes", "junk: a field for Sieve")
    site.send([at("plus")], forged(), **EVIL)
    tap.ok(site.next("reader+Junk@plus.example") and site.has_nothing_new(at("plus")), "junk by recipient")
    site.send([at("gatejunk")], forged(), **EVIL)
    tap.contains(field(site.next(at("gatejunk")), "X-Sekisho-Verdict"), "; action=mark;",
                 "junk that a provider chose is marked at a gateway, and the field says so")
    site.send([at("quarantine")], forged(), **EVIL)
    [held] = [path for path in (site.folder / "mx" / "queue" / "hold").iterdir()]
    tap.contains(site.postfix.log(), f"{held.name}: milter-hold: END-OF-MESSAGE", "quarantine: in Postfix' hold queue")
    site.empty_hold_queue()
    code, text = site.send([at("refuse")], forged(), **EVIL)
    tap.equal(code, 550, "refuse: 550")
    tap.ok(text.startswith("5.7.") and "bank.example.org" in text, "in words that tell a person why", text)
    tap.equal([(record.reply, record.recipients[0][2:4]) for record in site.records()[-7:]],
              [(250, ("deliver", "deliver")), (250, ("mark", "mark")), (250, ("junk", "junk")), (250, ("junk", "junk")),
               (250, ("junk", "mark")), (250, ("quarantine", "quarantine")), (550, ("refuse", "refuse"))],
              "each left one record")


def postmaster_and_abuse_can_be_reached(tap, site):
    """RFC 5321 section 4.5.1: the reply that refuses names postmaster, so a refused sender must get through to it."""
    for mailbox in ("postmaster", "Abuse"):
        site.send([f"{mailbox}@refuse.example"], forged(), **EVIL)
        marked = field(site.next(f"{mailbox}@refuse.example"), "X-Sekisho-Verdict")
        tap.ok(marked and "action=mark" in marked, f"a forgery reaches {mailbox}, marked", marked)
    site.send(["postmaster@bounce.example"], forged(), **(EVIL | {"sender": ""}))
    tap.ok(site.next("postmaster@bounce.example"), "a forged bounce is not thrown away there")
    code, _ = site.send(["postmaster@refuse.example", at("refuse")], forged(), **EVIL)
    tap.equal(code, 550, "beside another recipient it is that one's mail, and is refused")


def what_passes_is_left_alone(tap, site):
    for name in ("mark", "junk", "refuse", "strict"):
        site.send([at(name)], SIGNED, **SHOP)
        tap.equal(field(site.next(at(name)), "X-Sekisho-Verdict"), None, f"authenticated mail arrives: {name}")


def claimed_marks_are_removed(tap, site):
    site.send([at("mark")], b"X-Sekisho-Junk: no\r\nx-sekisho-verdict: fine\r\nX-Sekisho-Junk: no\r\n" + SIGNED, **SHOP)
    names = [name.lower() for name, _ in fields_of(site.next(at("mark")))]
    tap.ok(not [name for name in names if name.startswith("x-sekisho")], "marks that are not ours are gone", names)


def a_header_that_nobody_could_change_is_refused(tap, site):
    for name, fields in (("mark", b"X-Sekisho-Junk: no\r\n" * 30000), ("tag", b"Subject: x\r\n" * 201)):
        began = time.monotonic()
        code, text = site.send([at(name)], fields + forged(), **EVIL)
        tap.ok(code == 554 and text.startswith("5.6.0") and time.monotonic() - began < 10,
               "more fields to change than any mail has: refused at once", text)
    tap.equal(site.last().recipients[0][3], "refuse", "and the journal says so")


def subjects_are_tagged_whatever_they_are_written_in(tap, site):
    tag = "=?UTF-8?B?W+i/t+aDkV0=?="
    cases = {"plain": ("Subject: Hello\r\n", f"{tag} Hello"),
             "folded": ("Subject: Hello\r\n  there\r\n", f"{tag} Hello\n  there"),
             "encoded": ("Subject: =?ISO-2022-JP?B?GyRCJUYlOSVIGyhC?=\r\n",
                         "=?UTF-8?B?W+i/t+aDkV0g?= =?ISO-2022-JP?B?GyRCJUYlOSVIGyhC?="),
             "raw UTF-8": ("Subject: テスト\r\n", f"{tag} テスト"),
             "raw Shift_JIS": ("Subject: " + b"\x83\x65\x83\x58".decode("utf-8", "surrogateescape") + "\r\n",
                               f"{tag} " + b"\x83\x65\x83\x58".decode("utf-8", "surrogateescape")),
             "raw ISO-2022-JP": ("Subject: \x1b$B%F%9%H\x1b(B\r\n", f"{tag} \x1b$B%F%9%H\x1b(B"),
             "tagged already": (f"Subject: {tag} Hello\r\n", f"{tag} Hello"),
             "none": ("", tag)}
    for name, (subject, want) in cases.items():
        site.send([at("tag")], forged(subject), **EVIL)
        arrived = site.next(at("tag"))
        got = re.search(rb"^Subject: ?((?:[^\n]|\n[ \t])*)\n", arrived, re.MULTILINE).group(1)
        tap.equal(got.decode("utf-8", "surrogateescape"), want, f"Subject {name}")


def a_recipient_spelt_otherwise_is_the_same_recipient(tap, site):
    """Postfix takes all of these, and delivers each to reader@DOMAIN."""
    def say(paths, octets=forged()):
        with site.postfix.connect(EVIL["xclient"], EVIL["helo"]) as smtp:
            smtp.docmd(f"MAIL FROM:<{EVIL['sender']}>")
            for path in paths:
                if (answer := smtp.docmd(f"RCPT TO:{path}"))[0] != 250:
                    return answer[0]
            smtp.docmd("DATA")
            smtp.send(octets + b".\r\n")
            return smtp.getreply()[0]

    for path in ("<refuse.example!reader>", "<reader%refuse.example>", "<reader@refuse.example (comment)>",
                 "<reader@refuse.(comment)example>", "<reader@ refuse.example>", "<name <reader@refuse.example>>",
                 "<reader@REFUSE.example.>", "<@route.example:reader@refuse.example>",
                 "<reader%refuse.example@own.example>", "<refuse.example!reader@own.example>",
                 "<reader@refuse>"):  # append_dot_mydomain
        tap.equal(say([path]), 550, f"refused for RCPT TO:{path} too")
    tap.equal(say(["<Reader.Name@hold>"]), 250, "a case of the client's own, in a domain that Postfix completes")
    tap.ok(b" Reader.Name@hold.example\n" in site.held()[-1][1], "is kept for the release")
    held = len(site.held())
    for path in ("<hold.example!reader>", "<@route.example:reader@hold.example>", "<reader @HOLD.example.>"):
        tap.equal(say([path, "<plain.example!reader>"]), 250, f"{path} is held, another delivered")
        site.next(at("plain"))
        tap.ok(site.has_nothing_new(at("hold")), "and what is held is not delivered besides")
    tap.equal(say(["<hold.example!reader>", at("hold")]), 250, "one address in two spellings")
    tap.equal(len(site.held()), held + 4, "is held once")
    tap.equal(site.held()[-1][1].count(b"reader@hold.example"), 1, "for one recipient")
    tap.equal(say(["<plus.example!reader>"]), 250, "a bang path to be rewritten")
    tap.ok(site.next("reader+Junk@plus.example") and site.has_nothing_new(at("plus")), "is, and has no second copy")


# ---- several recipients ----

# Where each choice's mail arrives when it is one of several that differ.
MIXED = {"deliver": at("deliver"), "mark": at("mark"), "tag": at("tag"), "junk": "reader+Junk@junk.example",
         "plus": "reader+Junk@plus.example", "hold": None, "quarantine": "reader+Junk@quarantine.example",
         "refuse": "reader+Junk@refuse.example", "nofolder": at("nofolder"), "gate": at("gate"),
         "observe": at("observe"), "off": at("off"), "plain": at("plain")}
NOTHING_WANTED = {"deliver", "observe", "off", "plain"}
REFUSING = {"refuse", "nofolder", "gate"}
JUNKING = {"junk", "plus", "quarantine", "refuse", "nofolder"}  # beside each other the field harms nobody


def where(name, others):
    if name in JUNKING and name != "plus" and set(others) - {"hold"} <= JUNKING:
        return at(name)
    return MIXED[name]


def what_is_wrong(site, pair):
    """Send one message to both. -> sentences"""
    held = len(site.held())
    if refused := site.send([at(name) for name in pair], forged(), **EVIL):
        yield f"refused: {refused}"
        return
    if len(site.held()) != held + pair.count("hold"):
        yield "not held once for the one who wants it held"
    for name in pair:
        if name == "hold":
            continue
        arrived = site.next(where(name, pair))
        marked = field(arrived, "X-Sekisho-Verdict") or field(arrived, "X-Sekisho-Junk")
        if marked and NOTHING_WANTED & set(pair):
            yield f"{name} got the mark of the other"
        if field(arrived, "Subject") != "Your account" and set(pair) != {"hold", "tag"}:
            yield f"{name} got the Subject of the other"
        if field(arrived, "Authentication-Results") is None:
            yield f"{name} has no field of ours"


def mixed_recipients_lose_nothing_and_harm_nobody(tap, site):
    """Every pair of choices in one message."""
    for pair in itertools.combinations(MIXED, 2):
        if not set(pair) <= REFUSING and set(pair) != {"hold", "quarantine"}:
            problems = list(what_is_wrong(site, pair))
            tap.ok(not problems, f"{pair[0]} beside {pair[1]}: each its own", "; ".join(problems))
    site.send([at("hold"), at("quarantine")], forged(), **EVIL)
    tap.equal(site.empty_hold_queue(), 1, "hold beside quarantine: one in ours, one in the MTA's")
    site.send([at(name) for name in MIXED], forged(), **EVIL)
    tap.ok(all([site.next(address) for address in MIXED.values() if address]), "all of them in one message: all arrive")
    tap.equal([recipient[3] for recipient in site.last().recipients],
              ["deliver", "deliver", "deliver", "junk", "junk", "hold", "junk", "junk", "deliver", "deliver", "deliver",
               "deliver", "deliver"], "and the journal says what was done for each")


def held_messages_are_on_disk_before_the_reply(tap, site):
    before = len(site.held())
    tap.equal(site.send([at("hold"), "two@hold.example"], forged(), **EVIL), None, "held for all: accepted")
    [(name, octets)] = site.held()[before:]
    tap.ok(forged() in octets, "the message is in the file as it came")
    tap.ok(b"reader@hold.example" in octets and b"two@hold.example" in octets, "with whom it is for")
    tap.equal((site.last().fields["held"], [recipient[3] for recipient in site.last().recipients]),
              (name, ["hold", "hold"]), "the journal names it")
    tap.ok(site.has_nothing_new(at("hold")), "nobody has it yet")
    site.send([at("hold")], SIGNED, **SHOP)
    tap.ok(site.next(at("hold")) and len(site.held()) == before + 1, "what passes is not held, and leaves no file")
    tap.equal(list((site.quarantine / "tmp").iterdir()), [], "nothing unfinished is left")


def what_cannot_be_held_is_put_off(tap, site):
    records, arrived = len(site.records()), len(site.postfix.mail(at("deliver")))
    (site.folder / "closed").mkdir(mode=0o500)
    site.reconfigure(quarantine={"folder": site.folder / "closed"})
    refused = site.send([at("hold"), at("deliver")], forged(), **EVIL)
    tap.equal(refused and refused[0], 451, "a quarantine that cannot be written: 451 for all")
    tap.equal(len(site.postfix.mail(at("deliver"))), arrived, "and nothing was done for anybody")
    tap.equal((len(site.records()), site.last().reply), (records + 1, 451), "the journal says so")
    tap.contains(site.sekishod.events("local_failure")[-1]["reason"], "cannot be held", "and the log why")
    site.reconfigure(quarantine={"folder": ""})
    site.send([at("hold")], forged(), **EVIL)
    tap.equal(field(site.next(at("hold")), "X-Sekisho-Junk"), "yes", "without a quarantine held mail is junk")
    site.reconfigure()


def the_scanner_is_one_more_voice(tap, site):
    if Clamd.program() is None:
        tap.skip("no clamd here")
        return
    infected = SIGNED.replace(b"\r\n\r\n", b"\r\n\r\n" + Clamd.INFECTED + b"\r\n", 1)
    with Clamd() as clamd:
        os.chmod(clamd.folder, 0o755)
        site.reconfigure(scanner={"clamd": clamd.address})
        before = len(site.held())
        site.send([at("scan")], infected, **SHOP)
        tap.equal(len(site.held()), before + 1, "what the scanner finds is held")
        code, text = site.send([at("scanstrict")], infected, **SHOP)
        tap.ok(code == 550 and Clamd.SIGNATURE in text, "or refused, with the name of what it is", text)
        site.send([at("scan"), at("scanstrict")], SIGNED, **SHOP)
        tap.ok(site.next(at("scan")) and site.next(at("scanstrict")), "the rest passes")
    site.send([at("scan")], infected, **SHOP)
    tap.ok(site.next(at("scan")), "no answer: delivered where the domain says so")
    code, _ = site.send([at("scanstrict")], SIGNED, **SHOP)
    tap.equal(code, 451, "put off where it says that")
    before = len(site.held())
    site.send([at("scanstrict"), at("deliver")], SIGNED, **SHOP)
    tap.ok(site.next(at("deliver")) and len(site.held()) == before + 1, "beside others it is held meanwhile")
    site.reconfigure(scanner={"clamd": clamd.address}, quarantine={"folder": ""})
    code, _ = site.send([at("scanstrict")], SIGNED, **SHOP)
    tap.equal(code, 451, "put off too where this node keeps nothing")
    refused = site.send([at("scanstrict"), at("deliver")], SIGNED, **SHOP)
    tap.ok(refused is None and site.next(at("deliver")) and site.next(at("scanstrict")),
           "but for one domain's scanner nobody else's mail is put off", refused)
    site.reconfigure()


def with_attachment(name, octets):
    """From an author whom attach.example lets in by its allow list, whatever authentication says."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = "service@bank.example.org", at("attach"), "Invoice"
    message["Date"], message["Message-ID"] = "Fri, 27 Nov 2026 10:00:00 +0000", f"<{name}@bank.example.org>"
    message.set_content("See the attachment.\n")
    message.add_attachment(octets, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def attachments_are_judged_also_for_those_on_the_allow_list(tap, site):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("invoice.exe", "x")
    code, text = site.send([at("attach")], with_attachment("invoice.zip", archive.getvalue()), **EVIL)
    tap.ok(code == 550 and "invoice.zip/invoice.exe" in text, "a program in an archive is refused, and named", text)
    site.send([at("attach")], with_attachment("invoice.txt", b"text"), **EVIL)
    tap.ok(site.next(at("attach")), "the same author's harmless attachment arrives")
    site.send([at("deliver")], with_attachment("invoice.zip", archive.getvalue()), **EVIL)
    tap.equal(field(site.next(at("deliver")), "X-Sekisho-Verdict"), "suspect; action=mark; check=dmarc-reject attachment",
              "by default it is marked")


def all_of_one_mind_are_treated_as_one(tap, site):
    code, _ = site.send([at("refuse"), at("refuse2")], forged(), **EVIL)
    tap.equal(code, 550, "two domains that both refuse: 550")
    code, _ = site.send([at("refuse"), at("gate")], forged(), **EVIL)
    tap.equal(code, 550, "a gateway that refuses too: 550")
    site.send([at("junk"), "another@junk.example"], forged(), **EVIL)
    arrived = site.next(at("junk"))
    tap.equal(field(arrived, "X-Sekisho-Junk"), "yes", "two of one domain: the field is enough")
    site.next("another@junk.example")


def strict_refusal_splits_the_message(tap, site):
    with site.postfix.connect(EVIL["xclient"], EVIL["helo"]) as smtp:
        smtp.mail(EVIL["sender"])
        codes = [smtp.rcpt(at(name))[0] for name in ("strict", "deliver")]
        tap.equal(codes, [250, 452], "beside a domain that refuses strictly another is put off")
        code, _ = smtp.data(forged())
        tap.equal(code, 550, "and the refusal hits only its own")
        smtp.mail(EVIL["sender"])
        codes = [smtp.rcpt(at(name)) for name in ("deliver", "strict")]
        tap.equal((codes[0][0], codes[1][0], codes[1][1][:5]), (250, 452, b"4.5.3"), "the other way round likewise")
        code, _ = smtp.data(forged())
        tap.equal(code, 250, "the first one's mail is delivered")
    site.next(at("deliver"))


# ---- bounces, spoofing, allow entries, other filters ----

def forged_bounces_vanish_and_true_ones_arrive(tap, site):
    bounce = forged("Subject: Undelivered\r\n", "service@bank.example.org")
    null = {"sender": ""}
    tap.equal(site.send([at("bounce")], bounce, **(EVIL | null)), None, "a forged bounce is accepted")
    tap.equal((site.last().reply, site.last().recipients[0][3]), (250, "discard"), "and discarded")
    site.send([at("bounce"), at("deliver")], bounce, **(EVIL | null))
    tap.ok(site.next(at("deliver")), "for others too it is not lost")
    site.send([at("bounce")], SIGNED, **(SHOP | null))
    tap.contains(field(site.next(at("bounce")), "Authentication-Results"), "dmarc=pass", "a true bounce arrives")
    tap.ok(site.has_nothing_new(at("bounce")), "and no other")


def one_of_ours_from_outside_is_a_spoof(tap, site):
    code, text = site.send([at("refuse")], forged(author="boss@mark.example"), **EVIL)
    tap.equal(code, 550, "a hosted author domain, unauthenticated from outside: refused")
    tap.equal(site.last().recipients[0][2], "refuse", "as what it is")
    tap.ok("mark.example" in text, "and told so", text)


def allow_entries_let_through_on_their_evidence(tap, site):
    tap.equal(site.send([at("aligned")], forged(), **EVIL)[0], 550, "an entry for aligned mail does not help a forgery")
    for name in ("byspf", "bynetwork", "bynothing"):
        site.send([at(name)], forged(), **EVIL)
        tap.equal(field(site.next(at(name)), "X-Sekisho-Verdict"), None, f"let through: {name}")
        tap.ok(site.last().recipients[0][4] != "0", "and the entry is in the journal", site.last().recipients)
    tap.equal(site.send([at("byspf")], forged(), **(EVIL | {"xclient": {"ADDR": "127.0.0.67"}}))[0], 550,
              "not when SPF does not pass for the domain named")
    tap.equal(site.send([at("bynetwork")], forged(), **(EVIL | {"xclient": {"ADDR": "127.0.0.80"}}))[0], 550,
              "not from outside the network")
    tap.equal(site.send([at("expired")], forged(), **EVIL)[0], 550, "not after its expiry")
    tap.equal(site.send([at("bydkim")], forged(), **EVIL)[0], 550, "not without the signature named")


def observing_does_nothing_and_records_all(tap, site):
    site.send([at("observe")], forged(), **EVIL)
    tap.equal(field(site.next(at("observe")), "X-Sekisho-Verdict"), None, "observe: delivered as it is")
    tap.equal(site.last().recipients[0][2:4], ("refuse", "deliver"), "what would have been done is in the journal")
    site.send([at("off")], forged(), **EVIL)
    tap.ok(site.next(at("off")), "off: delivered")


def subdomains_and_strangers(tap, site):
    tap.equal(site.send(["reader@sub.parent.example"], forged(), **EVIL)[0], 550, "a sub-domain has its parent's policy")
    site.send([at("plain")], forged(), **EVIL)
    tap.ok(site.next(at("plain")), "a domain that is not hosted has none")
    tap.equal(site.last().recipients[0][1], "0", "and is in the journal as such")


# ---- when something is missing ----

def a_change_is_live_at_once(tap, site):
    site.publish(REPLICA.replace("domain mark.example filter=on on-dmarc-reject=mark",
                                 "domain mark.example filter=on on-dmarc-reject=refuse"))
    time.sleep(0.5)
    tap.equal(site.send([at("mark")], forged(), **EVIL)[0], 550, "a new generation of the replica holds for the next mail")
    site.publish(REPLICA)
    time.sleep(0.5)


def without_a_replica_mail_is_labelled_only(tap, site):
    before = site.metric("without_policy_total")
    away = site.replica.with_name("away")
    site.replica.rename(away)
    time.sleep(0.5)
    site.reconfigure(hosting={"replica": site.folder / "nowhere"})
    tap.equal(site.send([at("refuse")], forged(), **EVIL), None, "without a replica the mail flows")
    tap.contains(field(site.next(at("refuse")), "Authentication-Results"), "dmarc=fail", "labelled")
    tap.equal(site.metric("without_policy_total"), before + 1, "and counted")
    away.rename(site.replica)
    site.reconfigure()
    tap.equal(site.send([at("refuse")], forged(), **EVIL)[0], 550, "with it the policy is back")


def a_journal_that_cannot_be_written_stops_no_mail(tap, site):
    records, lost = len(site.records()), site.metric("journal_lost_total")
    site.reconfigure(journal={"folder": site.folder / "missing"})
    for _ in range(3):
        site.send([at("mark")], forged(), **EVIL)
        tap.ok(field(site.next(at("mark")), "X-Sekisho-Verdict"), "a journal without a folder: the mail flows")
    tap.equal(site.metric("journal_lost_total"), lost + 3, "lost records are counted")
    tap.ok(len(site.sekishod.events("journal_lost")) < 3, "and told of, once for each loop")
    site.reconfigure(journal={"min_free": "1024GiB"})
    site.send([at("mark")], forged(), **EVIL)
    site.next(at("mark"))
    tap.equal(site.metric("journal_lost_total"), lost + 4, "a full disk likewise")
    site.reconfigure()
    site.send([at("mark")], forged(), **EVIL)
    site.next(at("mark"))
    tap.equal(len(site.records()), records + 1, "and later records are written")


def failures_are_recorded_too(tap, site):
    site.reconfigure(inbound={"on_temperror": "tempfail"})
    site.dns.pause()
    refused = site.send([at("mark")], SIGNED.replace(b"shop.example.com", b"never.seen.example.org"),
                        **(SHOP | {"sender": "a@never.seen.example.org"}))
    site.dns.resume()
    tap.equal((refused[0], site.last().reply), (451, 451), "a message put off is a record")
    site.reconfigure()


def main(tap):
    if os.geteuid() != 0 or shutil.which("postfix", path=os.environ["PATH"] + ":/usr/sbin") is None:
        print("1..0 # SKIP needs root and Postfix")
        sys.exit(0)
    with Site() as site:
        for body in (each_action_for_one_recipient, a_recipient_spelt_otherwise_is_the_same_recipient,
                     postmaster_and_abuse_can_be_reached, what_passes_is_left_alone, claimed_marks_are_removed,
                     a_header_that_nobody_could_change_is_refused,
                     subjects_are_tagged_whatever_they_are_written_in, mixed_recipients_lose_nothing_and_harm_nobody,
                     held_messages_are_on_disk_before_the_reply, what_cannot_be_held_is_put_off,
                     the_scanner_is_one_more_voice,
                     attachments_are_judged_also_for_those_on_the_allow_list, all_of_one_mind_are_treated_as_one, strict_refusal_splits_the_message,
                     forged_bounces_vanish_and_true_ones_arrive, one_of_ours_from_outside_is_a_spoof,
                     allow_entries_let_through_on_their_evidence, observing_does_nothing_and_records_all,
                     subdomains_and_strangers, a_change_is_live_at_once, without_a_replica_mail_is_labelled_only,
                     a_journal_that_cannot_be_written_stops_no_mail, failures_are_recorded_too):
            body(tap, site)


Tap().run(main)
