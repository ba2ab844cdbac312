"""A private Postfix on loopback for tests, benchmarks and the demonstration.

It has a folder of its own for configuration, queue, log and mailboxes, touches nothing of the system's Postfix, and
needs to be started as root (Postfix drops its privileges itself, so other users must be able to enter the folder: one
of mkdtemp() needs chmod 755). DNS is off: what a message is judged by must not
depend on the machine's resolver.

    with Postfix("/tmp/x", 2525, milter="inet:127.0.0.1:8890") as postfix:
        postfix.send("a@example.net", ["b@example.com"], octets, xclient={"ADDR": "192.0.2.1"})
        [message] = postfix.wait_for_mail("b@example.com", 1)

Also a command, for shell scripts:

    postfix.py start FOLDER PORT [--milter ADDRESS] [--transport SPEC] [--set NAME=VALUE]...
    postfix.py stop FOLDER
"""
import argparse
import os
import pathlib
import shutil
import smtplib
import subprocess
import sys
import time

# Delivery must not run as root, nor as Postfix itself.
MAILBOX_UID = 65534
MAILBOX_GID = 65534

# What a Postfix needs for receiving and delivering; nothing is chrooted, so no copies of system files either.
MASTER_CF = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class PostfixError(Exception):
    """Postfix could not be started, or mail did not arrive."""


def split_delivery_fields(octets):
    """virtual(8) writes three fields above the message. -> (those, the message)"""
    lines = octets.split(b"\n", 3)
    for line, name in zip(lines, (b"Return-Path:", b"X-Original-To:", b"Delivered-To:")):
        if not line.startswith(name):
            raise PostfixError(f"a mailbox file that does not begin with {name.decode()}")
    return b"\n".join(lines[:3]) + b"\n", lines[3]


class Postfix:
    """One instance. `transport` (e.g. "lmtp:inet:127.0.0.1:2526") takes the mail instead of the mailboxes;
    `parameters` are lines of main.cf that replace or add to ours."""

    def __init__(self, folder, port, milter=None, domains=("example.com",), transport=None, parameters=None):
        self.folder = pathlib.Path(folder)
        self.port = port
        self.config = self.folder / "etc"
        self.mail_log = self.folder / "mail.log"
        self.mailboxes = self.folder / "mail"
        self.domains = domains
        self.parameters = self._parameters(milter, transport) | (parameters or {})

    def _parameters(self, milter, transport):
        chosen = {
            "compatibility_level": "3.6",
            "queue_directory": self.folder / "queue",
            "data_directory": self.folder / "data",
            "maillog_file": self.mail_log,
            "maillog_file_prefixes": self.folder,
            "myhostname": "mx.example.com",
            "mydestination": "",
            "mynetworks": "127.0.0.0/8",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "alias_maps": "",
            # As for mail from afar: nothing is added or rewritten, so that a signature made elsewhere stays good.
            "local_header_rewrite_clients": "",
            "local_transport": "error:no local mail here",
            "smtpd_peername_lookup": "no",
            "smtpd_authorized_xclient_hosts": "127.0.0.0/8",
            "smtpd_client_connection_count_limit": "0",
            "smtpd_relay_restrictions": "reject_unauth_destination",
            "smtpd_tls_security_level": "none",
            "smtp_dns_support_level": "disabled",
            "message_size_limit": "104857600",
            "virtual_mailbox_domains": ", ".join(self.domains),
            "virtual_mailbox_base": self.mailboxes,
            "virtual_mailbox_maps": "texthash:" + str(self.config / "mailboxes"),
            "virtual_mailbox_limit": "0",
            "virtual_uid_maps": f"static:{MAILBOX_UID}",
            "virtual_gid_maps": f"static:{MAILBOX_GID}",
            "milter_default_action": "tempfail",
            "milter_protocol": "6",
        }
        if milter:
            chosen["smtpd_milters"] = milter
        if transport:
            chosen["virtual_transport"] = transport
        return chosen

    def _write_configuration(self):
        for folder in (self.config, self.folder / "queue", self.folder / "data", self.mailboxes):
            folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        shutil.chown(self.folder / "data", "postfix")
        os.chown(self.mailboxes, MAILBOX_UID, MAILBOX_GID)
        lines = (f"{name} = {value}\n" for name, value in self.parameters.items())
        (self.config / "main.cf").write_text("".join(lines))
        (self.config / "master.cf").write_text(MASTER_CF.format(port=self.port))
        # One maildir for all addresses of a domain; Postfix makes it when the first message comes.
        boxes = (f"@{domain} {domain}/\n" for domain in self.domains)
        (self.config / "mailboxes").write_text("".join(boxes))

    def _postfix(self, command):
        # A fork of its own session: the master must not die with the terminal of whoever runs the test.
        return subprocess.run(["postfix", "-c", str(self.config), command], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)

    def start(self):
        """Write the configuration, start, and wait until the port answers."""
        if os.geteuid() != 0:
            raise PostfixError("Postfix must be started as root")
        self._write_configuration()
        done = self._postfix("start")
        for _ in range(100 if done.returncode == 0 else 0):
            try:
                smtplib.SMTP("127.0.0.1", self.port, timeout=5).quit()
                return self
            except (OSError, smtplib.SMTPException):
                time.sleep(0.1)
        raise PostfixError(f"Postfix did not start: {done.stderr}{self.log()}")

    def stop(self):
        self._postfix("stop")

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        self.stop()

    def log(self):
        return self.mail_log.read_text(errors="replace") if self.mail_log.exists() else ""

    def connect(self, xclient=None, helo="client.example.net"):
        """An SMTP connection; `xclient`, e.g. {"ADDR": "192.0.2.1", "NAME": "host"}, is who we claim to be."""
        smtp = smtplib.SMTP("127.0.0.1", self.port, local_hostname=helo, timeout=60)
        smtp.ehlo()
        if xclient:
            words = " ".join(f"{name}={value}" for name, value in xclient.items())
            code, text = smtp.docmd("XCLIENT", words)
            if code != 220:
                raise PostfixError(f"XCLIENT {words}: {code} {text}")
            smtp.ehlo()
        return smtp

    def send(self, sender, recipients, octets, xclient=None, helo="client.example.net"):
        """One message in one connection; raises smtplib's errors when it is refused."""
        with self.connect(xclient, helo) as smtp:
            smtp.sendmail(sender, recipients, octets)

    def mail(self, address):
        """The messages that have arrived for this address, oldest first, as they stood in the queue."""
        new = self.mailboxes / address.split("@")[1] / "new"
        files = sorted(new.iterdir(), key=lambda path: path.stat().st_mtime_ns) if new.is_dir() else []
        messages = (split_delivery_fields(path.read_bytes()) for path in files)
        return [message for fields, message in messages if f"Delivered-To: {address}\n".encode() in fields]

    def wait_for_mail(self, address, count, timeout_s=30):
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            messages = self.mail(address)
            if len(messages) >= count:
                return messages
            time.sleep(0.05)
        raise PostfixError(f"{len(self.mail(address))} of {count} messages arrived for {address}\n{self.log()}")


def main():
    parser = argparse.ArgumentParser(description="A private Postfix on loopback.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    start = verbs.add_parser("start")
    start.add_argument("folder")
    start.add_argument("port", type=int)
    start.add_argument("--milter")
    start.add_argument("--transport")
    start.add_argument("--domain", action="append", dest="domains")
    start.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
    stop = verbs.add_parser("stop")
    stop.add_argument("folder")
    options = parser.parse_args()
    if options.verb == "stop":
        Postfix(options.folder, 0).stop()
        return
    parameters = dict(pair.split("=", 1) for pair in options.set)
    Postfix(options.folder, options.port, options.milter, options.domains or ("example.com",), options.transport,
            parameters).start()


if __name__ == "__main__":
    try:
        main()
    except PostfixError as error:
        sys.exit(str(error))
