#!/usr/bin/env python3
"""The Sieve script that we ship, in a real Dovecot behind a real Postfix: junk is filed where it belongs, and nothing
else is."""
import pathlib
import socket
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from dovecot import Dovecot  # noqa: E402
from postfix import Postfix  # noqa: E402
from tap import Tap  # noqa: E402

READER = "reader@example.com"
SCRIPT = ROOT / "packaging" / "dovecot" / "sekisho.sieve"

# name, further header lines, recipient, mailbox in which it belongs
CASES = [
    ("ordinary mail stays in the INBOX", "", READER, "INBOX"),
    ("the field files into Junk", "X-Sekisho-Junk: yes\r\n", READER, "Junk"),
    ("another value of the field does not", "X-Sekisho-Junk: no\r\n", READER, "INBOX"),
    ("a field whose name only begins like it does not", "X-Sekisho-Junk-Score: yes\r\n", READER, "INBOX"),
    ("the mark alone does not", "X-Sekisho-Verdict: impostor; action=mark; check=dmarc-none\r\n", READER, "INBOX"),
    ("the recipient user+Junk files into Junk", "", "reader+Junk@example.com", "Junk"),
    ("another detail of the recipient does not", "", "reader+orders@example.com", "INBOX"),
]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def message(number, fields):
    return (f"From: sender@example.net\r\nTo: {READER}\r\nSubject: case {number}\r\n"
            f"Message-ID: <{number}@example.net>\r\n{fields}\r\nText\r\n").encode()


def files_as_it_should(tap, postfix, dovecot):
    wanted = {"INBOX": 0, "Junk": 0}
    for number, (name, fields, recipient, mailbox) in enumerate(CASES):
        postfix.send("sender@example.net", [recipient], message(number, fields))
        wanted[mailbox] += 1
        arrived = dovecot.wait_for_mail(READER, mailbox, wanted[mailbox])
        tap.contains(arrived[-1].decode(), f"Subject: case {number}", name)
    for mailbox, count in wanted.items():
        tap.equal(len(dovecot.mail(READER, mailbox)), count, f"{mailbox} has what belongs there and nothing more")


def comes_before_the_users_rules(tap, postfix, dovecot):
    user = "ruler@example.com"
    dovecot.set_user_script(user, 'require "fileinto";\nrequire "mailbox";\nfileinto :create "Own";\n')
    postfix.send("sender@example.net", [user], message("plain", ""))
    postfix.send("sender@example.net", [user], message("junk", "X-Sekisho-Junk: yes\r\n"))
    [own] = dovecot.wait_for_mail(user, "Own", 1)
    [junk] = dovecot.wait_for_mail(user, "Junk", 1)
    tap.contains(own.decode(), "Subject: case plain", "a user's own rules get what is no junk")
    tap.contains(junk.decode(), "Subject: case junk", "and junk is filed before them")
    tap.equal(len(dovecot.mail(user, "Own")), 1, "once")


def body(tap):
    with tempfile.TemporaryDirectory(prefix="sekisho-dovecot.") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)
        (folder / "dovecot").mkdir()
        lmtp = free_port()
        with Dovecot(folder / "dovecot", lmtp, SCRIPT) as dovecot, \
                Postfix(folder / "postfix", free_port(), transport=f"lmtp:inet:127.0.0.1:{lmtp}",
                        parameters={"recipient_delimiter": "+"}) as postfix:
            files_as_it_should(tap, postfix, dovecot)
            comes_before_the_users_rules(tap, postfix, dovecot)


Tap().run(body)
