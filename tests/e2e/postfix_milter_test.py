#!/usr/bin/env python3
"""The milter room beside a real Postfix: fields inserted on top, connections used again, a filter that goes away.

    postfix_milter_test.py PATH-OF-milter_noop
"""
import os
import pathlib
import shutil
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from postfix import Postfix  # noqa: E402
from tap import Tap  # noqa: E402

SENDER, READER = "a@example.net", "b@example.com"
CLIENT = {"ADDR": "192.0.2.7", "NAME": "mail.example.net"}
FIELD = "X-Sekisho-Test: passed;\n\tfolded"
MESSAGE = (b"From: a@example.net\r\nTo: b@example.com\r\nSubject:  two spaces\r\nX-Tab:\tx\r\nX-None:y\r\n"
           b"X-Folded:\r\n over\r\n\tlines\r\n\r\nHello.\r\n.a line with a dot\r\n")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Filter:
    """milter_noop; ends with the block, and then `report` says what it did."""

    def __init__(self, program, address, *options):
        self.command = [program, "--listen", address, *options]
        self.report = {}

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        if not self.process.stdout.readline().startswith("listening"):
            raise RuntimeError(f"{self.command} did not start")
        return self

    def __exit__(self, *unused):
        self.process.send_signal(signal.SIGTERM)
        words = self.process.communicate(timeout=30)[0].split()
        self.report = dict(word.split("=") for word in words)


def check_insertion(tap, postfix):
    postfix.send(SENDER, [READER], MESSAGE, CLIENT)
    [message] = postfix.wait_for_mail(READER, 1)
    head, _, body = message.partition(b"\n\n")
    tap.ok(message.startswith(FIELD.encode() + b"\nReceived: "), "the field stands above everything", message)
    tap.ok(head.endswith(MESSAGE.replace(b"\r\n", b"\n").partition(b"\n\n")[0]), "the fields below are as sent", head)
    tap.equal(body, b"Hello.\n.a line with a dot\n", "the body is as sent")


def check_reuse(tap, postfix):
    large = MESSAGE + b"0123456789abcdef\r\n" * 200000
    with postfix.connect(CLIENT) as smtp:
        for _ in range(3):
            smtp.sendmail(SENDER, ["c@example.com", "d@example.com"], MESSAGE)
        smtp.mail(SENDER)
        smtp.rcpt("nobody@elsewhere.example")
        smtp.rset()
        smtp.docmd("WOMBAT")
        smtp.mail(SENDER)
        smtp.ehlo()  # in the middle of a transaction
        smtp.sendmail("", ["c@example.com"], large)
    messages = postfix.wait_for_mail("c@example.com", 4)
    tap.equal([m.startswith(FIELD.encode()) for m in messages], [True] * 4, "four messages of one SMTP connection")
    tap.equal(len(postfix.wait_for_mail("d@example.com", 3)), 3, "and their second recipient")
    tap.ok(messages[3].endswith(b"0123456789abcdef\n" * 200000), "a body of 3.6 MB is whole")


def check_sessions(tap, postfix):
    connections = [postfix.connect(CLIENT) for _ in range(20)]
    for smtp in connections:
        smtp.sendmail(SENDER, ["e@example.com"], MESSAGE)
    for smtp in connections:
        smtp.quit()
    tap.equal(len(postfix.wait_for_mail("e@example.com", 20)), 20, "twenty connections at once")


def check_absence(tap, postfix):
    """What the shipped main.cf lines promise: no filter, no acceptance."""
    try:
        postfix.send(SENDER, [READER], MESSAGE, CLIENT)
        tap.ok(False, "without the filter, mail is deferred", "it was accepted")
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused, smtplib.SMTPServerDisconnected) as error:
        tap.contains(str(error), "451", "without the filter, mail is deferred")


def check_kill(tap, postfix, milter):
    """The filter is killed while Postfix waits for its answer at the end of the message."""
    with postfix.connect(CLIENT) as smtp:
        smtp.mail(SENDER)
        smtp.rcpt(READER)
        smtp.putcmd("data")
        smtp.getreply()
        smtp.send(MESSAGE + b".\r\n")
        try:
            milter.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            milter.process.kill()
        tap.equal(smtp.getreply()[0], 451, "killed in mid-message, that message is deferred")


def body(tap, program, folder):
    address = f"inet:127.0.0.1:{free_port()}"
    with Postfix(folder / "postfix", free_port(), milter=address) as postfix:
        with Filter(program, address, "--insert", FIELD, "--hash") as milter:
            check_insertion(tap, postfix)
            check_reuse(tap, postfix)
            check_sessions(tap, postfix)
        tap.equal(milter.report["protocol_errors"], "0", "no protocol error on the filter's side")
        tap.equal(milter.report["messages"], "25", "every message was seen once")
        check_absence(tap, postfix)
        with Filter(program, address, "--later", "60000") as milter:
            check_kill(tap, postfix, milter)
        with Filter(program, address, "--insert", FIELD, "--later", "200"):
            postfix.send(SENDER, ["f@example.com"], MESSAGE, CLIENT)
            [message] = postfix.wait_for_mail("f@example.com", 1)
            tap.ok(message.startswith(FIELD.encode()), "a filter started again takes mail, and may decide late")
        warnings = [line for line in postfix.log().splitlines()
                    if "milter" in line and "warning" in line and "Connection refused" not in line
                    and "can't read SMFIC_BODYEOB" not in line]
        tap.equal(warnings, [], "Postfix has nothing to say of the filter but that it was away")


def main():
    if os.geteuid() != 0 or shutil.which("postfix", path=os.environ["PATH"] + ":/usr/sbin") is None:
        print("1..0 # SKIP Postfix is not installed, or we are not root")
        return
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sekisho-milter-test."))
    folder.chmod(0o755)
    try:
        Tap().run(lambda tap: body(tap, sys.argv[1], folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
