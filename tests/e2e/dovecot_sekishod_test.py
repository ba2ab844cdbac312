#!/usr/bin/env python3
"""Junk is filed where it belongs: Postfix asks sekishod, hands on by LMTP to a real Dovecot with the Sieve script that we ship,
or with the rules that the guides for administrators give to users.

    dovecot_test.py PATH-OF-sekishod PATH-OF-node_data
"""
import os
import email
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from dovecot import Dovecot  # noqa: E402
from postfix import Postfix  # noqa: E402
from sekishod import DnsResponder, Sekishod, free_port  # noqa: E402
from tap import Tap  # noqa: E402

PROGRAM, NODE_DATA = (os.path.abspath(path) for path in sys.argv[1:3])
SCRIPT = ROOT / "packaging" / "dovecot" / "sekisho.sieve"
SIGNED = (ROOT / "demo" / "messages" / "signed.eml").read_bytes()
FORGED = (b"From: <service@bank.example.org>\r\nTo: <reader@example.com>\r\nSubject: Your account\r\n"
          b"Date: Sat, 28 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@bank.example.org>\r\n\r\nbody\r\n")
ZONE = (ROOT / "demo" / "demo.zone").read_text()
REPLICA = """\
domain field.example filter=on on-dmarc-reject=junk junk-suffix=+Junk
domain detail.example filter=on on-dmarc-reject=junk junk-by=recipient junk-suffix=+Junk
domain mark.example filter=on on-dmarc-reject=mark
"""
DOMAINS = [line.split()[1] for line in REPLICA.splitlines()] + ["guide.example"]
GUIDES = [(ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("administrators.md", "administrators.ja.md")]
FORWARDED = (ROOT / "demo" / "messages" / "forwarded.eml").read_bytes()
# Another server says so, or whoever sent it.
ELSEWHERE = b"Authentication-Results: elsewhere.example;\r\n\tdmarc=fail (p=reject dis=none) header.from=shop.example.com\r\n"


class Mail:
    def __init__(self, postfix, dovecot):
        self.postfix, self.dovecot = postfix, dovecot

    def forged(self, *recipients, more=b""):
        self.postfix.send("a@evil.example.org", recipients, more + FORGED, {"ADDR": "127.0.0.66"}, "evil.example.org")

    def genuine(self, *recipients, more=b""):
        self.postfix.send("orders@shop.example.com", recipients, more + SIGNED, {"ADDR": "127.0.0.10"},
                          "mail.shop.example.com")

    def forwarded(self, *recipients):
        self.postfix.send("list@lists.example.org", recipients, FORWARDED, {"ADDR": "127.0.0.20"}, "lists.example.org")

    def counts(self, address):
        """-> messages in (INBOX, Junk)"""
        return len(self.dovecot.mail(address)), len(self.dovecot.mail(address, "Junk"))


def junk_by_field(tap, mail):
    user = "reader@field.example"
    mail.forged(user)
    [message] = mail.dovecot.wait_for_mail(user, "Junk", 1)
    tap.contains(message.decode(), "X-Sekisho-Junk: yes", "a forgery with the field is in Junk")
    mail.genuine(user)
    mail.dovecot.wait_for_mail(user, "INBOX", 1)
    mail.genuine(user, more=b"X-Sekisho-Junk: yes\r\n")
    mail.dovecot.wait_for_mail(user, "INBOX", 2)
    tap.equal(mail.counts(user), (2, 1), "other mail is in INBOX, also when it claims the field")


def junk_by_recipient(tap, mail):
    user = "reader@detail.example"
    mail.forged(user)
    [message] = mail.dovecot.wait_for_mail(user, "Junk", 1)
    tap.ok(b"X-Sekisho-Junk" not in message, "a forgery whose recipient was changed is in Junk without a field")
    mail.genuine(user)
    mail.dovecot.wait_for_mail(user, "INBOX", 1)
    tap.equal(mail.counts(user), (1, 1), "other mail is in INBOX")


def junk_beside_other_domains(tap, mail):
    before = mail.counts("reader@field.example")
    mail.forged("reader@field.example", "reader@mark.example")
    mail.dovecot.wait_for_mail("reader@field.example", "Junk", before[1] + 1)
    mail.dovecot.wait_for_mail("reader@mark.example", "INBOX", 1)
    tap.equal(mail.counts("reader@mark.example"), (1, 0), "a neighbour that only marks has it in INBOX")


def words_of(guide, program):
    """What the guide gives to type in, in the paragraph about a program; with the name of the provider of this test."""
    paragraph = next(line for line in guide.splitlines() if line.startswith(f"**{program}"))
    return [word.replace("mx.provider.example", "mx.example.com") for word in re.findall(r"`([^`]+)`", paragraph)]


def by_sieve(tap, mail):
    """Both guides have one script; in it the user's own server is named."""
    scripts = {re.search(r"```sieve\n(.*?)```", guide, re.S).group(1) for guide in GUIDES}
    tap.equal(len(scripts), 1, "both guides have the same Sieve script")
    user = "reader@guide.example"
    mail.dovecot.set_user_script(user, scripts.pop().replace("mx.provider.example", "mx.example.com"))
    mail.forged(user)
    [failing] = mail.dovecot.wait_for_mail(user, "Junk", 1)
    mail.genuine(user)
    mail.genuine(user, more=ELSEWHERE)
    mail.forwarded(user)
    passing, elsewhere, overridden = mail.dovecot.wait_for_mail(user, "INBOX", 3)
    tap.equal(mail.counts(user), (3, 1), "the guide's script files what fails, and neither what passes, what another server "
              "says, nor what is overridden")
    mail.forged(user, more=b"Authentication-Results: elsewhere.example; dmarc=fail (overridden)\r\n")
    mail.dovecot.wait_for_mail(user, "Junk", 2)
    tap.equal(mail.counts(user), (3, 2), "nobody gets around it by a field of another name")
    return failing, passing, elsewhere, overridden


def in_other_programs(tap, failing, passing, elsewhere, overridden):
    """As Outlook looks (one of the words, anywhere in the header as it was sent) and Thunderbird (each in a field of that name)."""
    outlook, thunderbird, apple = ([words_of(guide, program) for guide in GUIDES] for program in ("Outlook", "Thunderbird", "Apple"))
    tap.equal((outlook[0][:2], thunderbird[0][:3], apple[0]), (outlook[1][:2], thunderbird[1][:3], apple[1]),
              "both guides say the same of each program")
    # name, message, whether Outlook's words and whether Thunderbird's are in it
    for name, message, at_outlook, at_thunderbird in (("what fails", failing, True, True), ("what passes", passing, False, False),
                                                      ("what another server says", elsewhere, False, True),
                                                      ("what is overridden", overridden, False, True)):
        header = message.decode().replace("\r\n", "\n").split("\n\n")[0]
        tap.equal(any(word in header for word in outlook[0][:2]), at_outlook, f"Outlook: {name}: {'found' if at_outlook else 'left alone'}")
        parsed = email.message_from_string(header)
        field, *words = thunderbird[0][:3]
        tap.equal(all(any(word in value for value in parsed.get_all(field, [])) for word in words), at_thunderbird,
                  f"Thunderbird: {name}: {'found' if at_thunderbird else 'left alone'}")


def as_in_the_guides(tap, mail):
    in_other_programs(tap, *by_sieve(tap, mail))


def run(tap, folder):
    folder.chmod(0o755)
    for name in ("replica", "dovecot"):
        (folder / name).mkdir()
    os.chown(folder / "replica", 65534, 65534)
    subprocess.run([NODE_DATA, "replica", str(folder / "replica")], input=REPLICA, text=True, check=True, user="nobody",
                   group="nogroup")
    milter = f"inet:127.0.0.1:{free_port()}"
    with (DnsResponder(folder, ZONE) as dns,
          Sekishod(PROGRAM, folder, {"inbound": {"listen": milter, "trusted_networks": "127.0.0.1"},
                                     "dns": {"nameservers": dns.address}, "hosting": {"replica": folder / "replica"},
                                     "arc": {"trusted_sealers": "lists.example.org"}}),
          Dovecot(folder / "dovecot", free_port(), SCRIPT) as dovecot,
          Postfix(folder / "mx", free_port(), milter=milter, domains=DOMAINS,
                  transport=f"lmtp:inet:127.0.0.1:{dovecot.port}",
                  parameters={"recipient_delimiter": "+"}) as postfix):
        mail = Mail(postfix, dovecot)
        for body in (junk_by_field, junk_by_recipient, junk_beside_other_domains, as_in_the_guides):
            body(tap, mail)


def main(tap):
    path = os.environ["PATH"] + ":/usr/sbin"
    if os.geteuid() != 0 or not all(shutil.which(name, path=path) for name in ("postfix", "dovecot", "sievec")):
        print("1..0 # SKIP needs root, Postfix and Dovecot with Sieve")
        sys.exit(0)
    with tempfile.TemporaryDirectory(prefix="sekisho-e2e-") as folder:
        run(tap, pathlib.Path(folder))


Tap().run(main)
