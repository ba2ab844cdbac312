#!/usr/bin/env python3
"""Hosted domains with policies of their own behind a real Sendmail, with the milter lines that we ship.

    sendmail_hosting_test.py PATH-OF-sekishod PATH-OF-node_data
"""
import collections
import contextlib
import os
import pathlib
import re
import smtplib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
import sendmail  # noqa: E402
from arrived import fields_of  # noqa: E402
from sekishod import DnsResponder, Sekishod, free_port, wait_until  # noqa: E402
from tap import Tap  # noqa: E402

PROGRAM, NODE_DATA = (os.path.abspath(path) for path in sys.argv[1:3])
SIGNED = (ROOT / "demo" / "messages" / "signed.eml").read_bytes()
ZONE = (ROOT / "demo" / "demo.zone").read_text()
Origin = collections.namedtuple("Origin", "sender client helo")
EVIL = Origin("a@evil.example.org", "127.0.0.66", "evil.example.org")
SHOP = Origin("orders@shop.example.com", "127.0.0.10", "mail.shop.example.com")

REPLICA = """\
domain deliver.example filter=on on-dmarc-reject=deliver
domain mark.example filter=on on-dmarc-reject=mark
domain tag.example filter=on on-dmarc-reject=mark subject-tag=[迷惑]
domain junk.example filter=on on-dmarc-reject=junk junk-suffix=+Junk
domain plus.example filter=on on-dmarc-reject=junk junk-by=recipient junk-suffix=+Junk
domain hold.example filter=on on-dmarc-reject=hold
domain quarantine.example filter=on on-dmarc-reject=quarantine junk-suffix=+Junk
domain refuse.example filter=on on-dmarc-reject=refuse junk-suffix=+Junk
domain strict.example filter=on on-dmarc-reject=refuse refuse-strictly=yes
domain local.example filter=on on-dmarc-reject=refuse
domain virtual.example filter=on on-dmarc-reject=hold
domain cname.example filter=on on-dmarc-reject=hold
domain bounce.example filter=on on-dmarc-reject=mark discard-forged-bounces=yes
"""
DOMAINS = re.findall(r"^domain (\S+)", REPLICA.replace("domain cname.", "# "), re.M) + ["plain.example", "unhosted.example"]  # those two are hosted for nobody
NOT_WHOLE = ("local.example", "virtual.example", "unhosted.example")

# All of these domains are Sendmail's own. A mailbox is named for the whole address; only in local.example, as Sendmail has it,
# for its local part; and those of virtual.example and unhosted.example are somebody else's, as virtusertable says.
VIRTUSERS = """\
domain@virtual.example:reader@refuse.example
stranger@virtual.example:reader@plain.example
own@virtual.example:virtual
several@virtual.example:team
domain@unhosted.example:reader@refuse.example
several@unhosted.example:team
"""
HOSTS = "127.0.0.1 refuse.example cname.example cname2.example\n"  # Sendmail takes the first for the name
ALIASES = "team:one, two\n"
MAILBOXES = """\
DAEMON_OPTIONS(`Name=release, Family=inet, Addr=127.0.0.1, Port={release_port}, InputMailFilters=')dnl
FEATURE(`virtusertable', `text -k0 -v1 -z: {folder}/virtusers')dnl
define(`confHOSTS_FILE', `{folder}/hosts')dnl
undefine(`_NO_CANONIFY_')dnl
define(`ALIAS_FILE', `text:-k0 -v1 -z: {folder}/aliases')dnl
""" + "".join(f"LOCAL_DOMAIN(`{domain}')dnl\n" for domain in DOMAINS) + f"""\
LOCAL_CONFIG
C{{Whole}}{" ".join(domain for domain in DOMAINS if domain not in NOT_WHOLE)}
""" + """\
LOCAL_RULE_0
R$+ < @ $={Whole} . >\t$#box $: $1 @ $2
MAILER_DEFINITIONS
Mbox,\tP={folder}/deliver, F=lsuDFMqSn9, A=deliver {folder}/mail $i $u
"""

NO_REPLY_TO_MAIL, NO_REPLY_TO_RCPT = 0x4000, 0x8000

Record = collections.namedtuple("Record", "reply actions")


def at(name):
    return f"reader@{name}.example"


def forged(subject="Subject: Your account\r\n"):
    """DMARC fails, and the author domain asks for reject."""
    return (f"From: <service@bank.example.org>\r\nTo: <reader@example.com>\r\n{subject}"
            "Date: Sat, 28 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@bank.example.org>\r\n\r\nbody\r\n").encode(
                "utf-8", "surrogateescape")


class Site:
    """DNS, a replica, sekishod with a journal and a quarantine, Sendmail."""

    def __init__(self):
        self.programs = contextlib.ExitStack()
        self.arrived = collections.Counter()
        self.release_port = free_port()

    def __enter__(self):
        with self.programs:
            # Sendmail takes no socket from a folder that others may write to, such as /tmp.
            folder = tempfile.TemporaryDirectory(prefix="sekisho-e2e-", dir="/run")
            self.folder = pathlib.Path(self.programs.enter_context(folder))
            self.folder.chmod(0o755)
            for name in ("replica", "journal", "quarantine", "socket"):
                (self.folder / name).mkdir()
                os.chown(self.folder / name, 65534, 65534)
            subprocess.run([NODE_DATA, "replica", str(self.folder / "replica")], input=REPLICA, text=True, check=True,
                           user="nobody", group="nogroup")
            self.dns = self.programs.enter_context(DnsResponder(self.folder, ZONE))
            self.sekishod = self.programs.enter_context(Sekishod(PROGRAM, self.folder, {
                "inbound": {"listen": f"unix:{self.folder}/inbound.sock", "trusted_networks": "127.0.0.1"},
                "dns": {"nameservers": self.dns.address, "timeout": "1s"},
                "hosting": {"replica": self.folder / "replica"},
                "journal": {"folder": self.folder / "journal", "min_free": "1MiB"},
                "quarantine": {"folder": self.folder / "quarantine"}}))
            (self.folder / "mta").mkdir()
            (self.folder / "mta" / "virtusers").write_text(VIRTUSERS)
            (self.folder / "mta" / "aliases").write_text(ALIASES)
            (self.folder / "mta" / "hosts").write_text(HOSTS)
            self.sendmail = self.programs.enter_context(sendmail.Sendmail(
                self.folder / "mta", free_port(), f"local:{self.folder}/inbound.sock",
                lines=MAILBOXES.replace("{folder}", str(self.folder / "mta")).replace("{release_port}",
                                                                                      str(self.release_port))))
            self.programs = self.programs.pop_all()
        return self

    def __exit__(self, *unused):
        self.programs.close()

    def connect(self, origin):
        return self.sendmail.connect(origin.client, origin.helo)

    def send(self, recipients, octets, origin=EVIL, sender=None):
        """-> (code, text) of the refusal, or None"""
        try:
            with self.connect(origin) as smtp:
                smtp.sendmail(origin.sender if sender is None else sender, recipients, octets, ["BODY=8BITMIME"])
            return None
        except smtplib.SMTPDataError as error:
            return error.smtp_code, error.smtp_error.decode()

    def mail(self, address):
        """The messages that have arrived for this address, oldest first."""
        files = [path for path in self.sendmail.mailbox.iterdir() if path.name.split(".", 1)[1] == address]
        return [path.read_bytes() for path in sorted(files, key=lambda path: path.stat().st_mtime_ns)]

    def next(self, address):
        self.arrived[address] += 1
        wait_until(lambda: len(self.mail(address)) >= self.arrived[address], f"mail for {address}")
        return self.mail(address)[-1]

    def nothing_else_arrived(self):
        """All that ever arrived was looked at. Mail under way is in the queue."""
        wait_until(lambda: not self.queue("qf"), "the queue to be empty")
        return sum(self.arrived.values()) == len(list(self.sendmail.mailbox.iterdir()))

    def queue(self, kind):
        """qf: messages under way; hf: quarantined ones"""
        return list((self.folder / "mta" / "queue").glob(f"**/{kind}*"))

    def held(self):
        folder = self.folder / "quarantine" / "new"
        return [path.read_bytes() for path in sorted(folder.iterdir())] if folder.is_dir() else []

    def last(self):
        lines = subprocess.run([NODE_DATA, "journal", str(self.folder / "journal")], capture_output=True, text=True,
                               check=True).stdout.splitlines()
        line = max(lines, key=lambda line: int(re.search(r"at=(\d+)", line)[1]))
        recipients = re.search(r'recipients=("[^"]*"|\S*)', line)[1].strip('"').split(",")
        return Record(int(re.search(r"reply=(\d+)", line)[1]), [word.split(":")[3] for word in recipients if word])


def field(message, name):
    values = [value for key, value in fields_of(message) if key == name]
    return values[0].strip() if values else None


def each_action_for_one_recipient(tap, site):
    site.send([at("deliver")], forged())
    arrived = site.next(at("deliver"))
    tap.equal(fields_of(arrived)[0][0], "Authentication-Results", "deliver: our field on top")
    tap.equal(field(arrived, "X-Sekisho-Verdict"), None, "and no other")
    site.send([at("mark")], forged())
    tap.equal(field(site.next(at("mark")), "X-Sekisho-Verdict"), "impostor; action=mark; check=dmarc-reject", "mark: a field")
    site.send([at("junk")], forged())
    tap.equal(field(site.next(at("junk")), "X-Sekisho-Junk"), "yes", "junk: a field for Sieve")
    site.send([at("plus")], forged())
    tap.contains(site.next("reader+Junk@plus.example").decode(), "dmarc=fail", "junk by recipient: user+Junk")
    tap.equal(site.send([at("hold")], forged()), None, "hold: taken")
    tap.ok(len(site.held()) == 1 and forged() in site.held()[0], "and in our quarantine as it came")
    tap.equal(site.send([at("quarantine")], forged()), None, "quarantine: taken")
    tap.equal(len(site.queue("hf")), 1, "and quarantined in Sendmail's queue")
    code, text = site.send([at("refuse")], forged())
    tap.ok(code == 550 and text.startswith("5.7.") and "bank.example.org" in text, "refuse: 550, and why", text)
    tap.equal(site.last(), Record(550, ["refuse"]), "as the journal says")
    tap.ok(site.nothing_else_arrived(), "nobody has mail that was held, quarantined or refused")


def what_passes_is_left_alone(tap, site):
    for name in ("mark", "tag", "plus", "hold", "refuse"):
        site.send([at(name)], SIGNED, SHOP)
        arrived = site.next(at(name))
        tap.ok(not [key for key, _ in fields_of(arrived) if key.startswith("X-Sekisho")], f"what passes arrives: {name}")
    claims = b"X-Sekisho-Junk: no\r\nx-sekisho-verdict: fine\r\nX-Sekisho-Junk:no\r\n"
    site.send([at("mark")], claims + SIGNED, SHOP)
    names = [name.lower() for name, _ in fields_of(site.next(at("mark")))]
    tap.ok(not [name for name in names if name.startswith("x-sekisho")], "marks that are not ours are gone", names)
    tap.equal(len(site.held()), 1, "and nothing more is held")


def subjects_are_tagged(tap, site):
    tag = "=?UTF-8?B?W+i/t+aDkV0=?="
    cases = {"plain": ("Subject: Hello\r\n", f" {tag} Hello"),
             "folded": ("Subject: Hello\r\n  there\r\n", f" {tag} Hello\n  there"),
             "encoded": ("Subject: =?ISO-2022-JP?B?GyRCJUYlOSVIGyhC?=\r\n",
                         " =?UTF-8?B?W+i/t+aDkV0g?= =?ISO-2022-JP?B?GyRCJUYlOSVIGyhC?="),
             "raw UTF-8": ("Subject: テスト\r\n", f" {tag} テスト"),
             "no space, per cent signs": ("Subject:100%s sure\r\n", f" {tag} 100%s sure"),
             "tagged already": (f"Subject: {tag} Hello\r\n", f" {tag} Hello"),
             "none": ("", f" {tag}")}
    for name, (subject, want) in cases.items():
        site.send([at("tag")], forged(subject))
        arrived = site.next(at("tag"))
        got = re.findall(rb"^Subject:((?:[^\n]|\n[ \t])*)\n", arrived, re.MULTILINE)
        tap.equal([value.decode() for value in got], [want], f"Subject {name}")


def one_message_ends_three_ways(tap, site):
    held = len(site.held())
    tap.equal(site.send([at("plus"), at("hold"), at("deliver")], forged()), None, "one message to three domains: taken")
    tap.ok(site.next("reader+Junk@plus.example"), "one has it in the junk folder")
    arrived = site.next(at("deliver"))
    tap.equal([name for name, _ in fields_of(arrived) if name.startswith("X-Sekisho")], [], "one as it came")
    tap.equal(len(site.held()), held + 1, "one in quarantine")
    tap.ok(b"reader@hold.example" in site.held()[-1] and b"reader@plus.example" not in site.held()[-1], "for it alone")
    tap.equal(site.last(), Record(250, ["junk", "hold", "deliver"]), "as the journal says")
    tap.equal(site.send([at("refuse"), at("quarantine"), at("plain")], forged()), None, "refusal beside others: taken")
    for address in ("reader+Junk@refuse.example", "reader+Junk@quarantine.example", at("plain")):
        tap.ok(site.next(address), f"for {address}")
    tap.ok(site.nothing_else_arrived(), "and nobody has it twice")


def recipients_as_clients_write_them(tap, site):
    """Sendmail knows a recipient by what it makes of it, and takes off the one that a filter names."""
    held = len(site.held())
    for number, path in enumerate(("Reader@HOLD.Example", '"reader"@hold.example', "reader@hold.example.")):
        tap.equal(site.send([path, at("deliver")], forged()), None, f"{path}: taken")
        tap.ok(site.next(at("deliver")) and len(site.held()) == held + number + 1, "held for it, delivered beside it")
    site.send(["READER@Plus.Example", at("deliver")], forged())
    tap.ok(site.next(at("deliver")) and site.next("READER+Junk@Plus.Example"), "changed, in its own spelling")
    with site.connect(EVIL) as smtp:
        smtp.mail(EVIL.sender)
        for path in (at("hold"), at("hold"), at("deliver")):
            smtp.rcpt(path)
        tap.equal(smtp.data(forged())[0], 250, "given twice: taken")
    tap.ok(site.next(at("deliver")) and len(site.held()) == held + 4, "and held once")
    tap.ok(site.nothing_else_arrived(), "nobody has mail besides")


def whom_sendmail_delivers_to_decides(tap, site):
    """Not how a client writes it. Of a mailbox of its own Sendmail does not tell the domain."""
    cases = (("<refuse.example!reader>", 250, 550), ("<reader%refuse.example>", 250, 550),
             ("<reader%refuse.example@deliver.example>", 250, 550), ("<refuse.example!reader@deliver.example>", 250, 550),
             ("<@deliver.example:reader@refuse.example>", 250, 550), ("<reader@refuse.(x)example>", 250, 550),
             ('<"reader@refuse.example">', 250, 550), ("<reader@local.example>", 250, 550),
             ("<local.example!reader>", 553, 0), ("<reader%local.example>", 553, 0),
             ("<reader%local.example@deliver.example>", 553, 0), ("<local.example!reader@deliver.example>", 553, 0),
             ('<"reader@local.example">', 553, 0), ("<reader>", 553, 0), ("<reader@localhost>", 553, 0), ("<reader@localhost.>", 553, 0),
             ("<postmaster@localhost>", 250, 250), ("<Postmaster>", 250, 250))
    for path, at_rcpt, at_end in cases:
        with site.connect(EVIL) as smtp:
            smtp.mail(EVIL.sender)
            code, text = smtp.docmd("RCPT", f"TO:{path}")
            tap.equal((code, smtp.data(forged())[0] if code == 250 else 0), (at_rcpt, at_end), f"{path}: {at_end or at_rcpt}")
    tap.ok(site.next("postmaster") and site.next("postmaster"), "the postmaster needs no domain")
    tap.ok(site.nothing_else_arrived(), "nobody else has mail")


def whose_mailbox_a_virtual_user_is(tap, site):
    """The domain that RCPT names is the one that its owner has given a policy, wherever virtusertable leads."""
    for name in ("domain", "stranger", "own", "several"):
        held = len(site.held())
        tap.equal(site.send([f"{name}@virtual.example", at("deliver")], forged()), None, f"{name}@virtual.example: taken")
        tap.ok(site.next(at("deliver")) and len(site.held()) == held + 1, "held for it, delivered beside it")
        tap.ok(f"{name}@virtual.example".encode() in site.held()[-1], "under the address that a release is sent to")
        tap.ok(site.nothing_else_arrived(), "and in nobody's mailbox")
    tap.equal(site.send(["domain@unhosted.example"], forged())[0], 550, "of a domain that is not hosted: the one that has the mailbox")
    site.send(["several@unhosted.example"], forged())
    tap.ok(site.next("one") and site.next("two"), "and if neither is, nobody's")


def whose_mailbox_an_alias_in_dns_is(tap, site):
    """Sendmail makes refuse.example of both, unless it is asked not to expand CNAMEs."""
    held = len(site.held())
    tap.equal(site.send(["reader@cname.example", at("deliver")], forged()), None, "an alias that is hosted: taken")
    tap.ok(site.next(at("deliver")) and len(site.held()) == held + 1, "held for it, delivered beside it")
    tap.ok(b"reader@cname.example" in site.held()[-1], "under the address that a release is sent to")
    tap.equal(site.send(["reader@cname2.example"], forged())[0], 550, "one that is not: the domain behind it")
    tap.ok(site.nothing_else_arrived(), "nobody has mail")


def what_is_released_needs_a_listener_without_the_filter(tap, site):
    """The guide's line for release_to; of all clients, so that no trusted network is what helps."""
    held = len(site.held())
    with smtplib.SMTP("127.0.0.1", site.release_port, EVIL.helo, timeout=60, source_address=(EVIL.client, 0)) as smtp:
        smtp.sendmail(EVIL.sender, [at("hold")], forged())
    tap.ok(b"Authentication-Results" not in site.next(at("hold")), "through that one it is delivered as it is")
    tap.equal(len(site.held()), held, "and not held again")


def strict_refusal_splits_the_message(tap, site):
    with site.connect(EVIL) as smtp:
        smtp.mail(EVIL.sender)
        codes = [smtp.rcpt(at(name)) for name in ("strict", "deliver")]
        tap.equal((codes[0][0], codes[1][0], codes[1][1][:5]), (250, 452, b"4.5.3"), "beside a strict domain: put off at RCPT")
        tap.equal(smtp.data(forged())[0], 550, "and the refusal hits only its own")
        smtp.mail(EVIL.sender)
        smtp.rcpt(at("deliver"))
        tap.equal(smtp.data(forged())[0], 250, "on the same connection the other's is taken")
    tap.ok(site.next(at("deliver")), "and delivered")


def forged_bounces_vanish(tap, site):
    tap.equal(site.send([at("bounce")], forged(), sender=""), None, "a forged bounce is taken")
    tap.equal(site.last(), Record(250, ["discard"]), "and discarded")
    site.send([at("bounce"), at("deliver")], forged(), sender="")
    tap.ok(site.next(at("deliver")), "beside others it is theirs alone")
    site.send([at("bounce")], SIGNED, SHOP, sender="")
    tap.contains(field(site.next(at("bounce")), "Authentication-Results"), "dmarc=pass", "a true one arrives")
    tap.ok(site.nothing_else_arrived(), "and no other")


def one_connection(tap, site):
    """Message after message, refused, held and taken, with RSET between and recipients that Sendmail itself refuses."""
    held = len(site.held())
    with site.connect(EVIL) as smtp:
        for name, want in (("refuse", 550), ("deliver", 250), ("hold", 250), ("refuse", 550), ("plus", 250)):
            smtp.mail(EVIL.sender)
            smtp.rcpt("nobody@elsewhere.example")
            smtp.rcpt(at(name))
            tap.equal(smtp.data(forged())[0], want, f"on one connection, {name}: {want}")
            smtp.mail(EVIL.sender)
            smtp.rcpt(at("hold"))
            smtp.rset()
    tap.ok(site.next(at("deliver")) and site.next("reader+Junk@plus.example"), "each where it belongs")
    tap.equal(len(site.held()), held + 1, "and nothing of what was taken back is held")
    tap.ok(site.nothing_else_arrived(), "nor delivered")


def mail_needs_no_reply(tap, site):
    """What was agreed on each connection: Sendmail waits for no answer to MAIL, and for one to each RCPT."""
    agreed = re.findall(r"milter_negotiate\(sekisho\): received: version 6, fflags \S+, pflags 0x(\S+)", site.sendmail.log())
    no_reply_to = {(bool(int(flags, 16) & NO_REPLY_TO_MAIL), bool(int(flags, 16) & NO_REPLY_TO_RCPT)) for flags in agreed}
    tap.ok(len(agreed) > 20 and no_reply_to == {(True, False)}, "MAIL goes without a reply of its own, RCPT with one",
           (len(agreed), no_reply_to))


def nothing_was_amiss(tap, site):
    tap.equal(site.sekishod.events("milter") + site.sekishod.events("local_failure"), [],
              "sekishod has nothing to say of Sendmail's protocol")


def main(tap):
    if os.geteuid() != 0 or not sendmail.is_here():
        print("1..0 # SKIP needs root and Debian's Sendmail: tools/unpack-sendmail")
        sys.exit(0)
    with Site() as site:
        for body in (each_action_for_one_recipient, what_passes_is_left_alone, subjects_are_tagged,
                     one_message_ends_three_ways, recipients_as_clients_write_them,
                     whom_sendmail_delivers_to_decides, whose_mailbox_a_virtual_user_is, whose_mailbox_an_alias_in_dns_is,
                     what_is_released_needs_a_listener_without_the_filter,
                     strict_refusal_splits_the_message,
                     forged_bounces_vanish, one_connection, mail_needs_no_reply, nothing_was_amiss):
            begun = time.monotonic()
            body(tap, site)
            print(f"# {body.__name__}: {time.monotonic() - begun:.1f} s", flush=True)


Tap().run(main)
