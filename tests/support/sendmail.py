"""A private Sendmail on loopback for tests: Debian's, as tools/unpack-sendmail puts it beside the system.

It has a folder of its own for configuration, queue and mailbox, and needs to be started as root. The milter lines are
those that we ship, with another socket. Names are not looked up in DNS (loopback_names.c).

    with Sendmail("/tmp/x", 2525, "inet:8890@127.0.0.1") as sendmail:
        with sendmail.connect("127.0.0.10", "mail.example.net") as smtp:
            smtp.sendmail("a@example.net", ["b@example.com"], octets)
        [message] = sendmail.wait_for_mail(1)
"""
import os
import pathlib
import re
import signal
import smtplib
import ssl
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TREE = ROOT / "build" / "sendmail"
PROGRAM = TREE / "usr" / "libexec" / "sendmail" / "sendmail"
SHIPPED_LINES = ROOT / "packaging" / "sendmail" / "sekisho.mc"

# Delivery must not run as root.
MAILBOX_UID = MAILBOX_GID = 65534

MAIN = """\
define(`_CF_DIR_', `{tree}/usr/share/sendmail/cf/')dnl
include(_CF_DIR_`m4/cf.m4')dnl
VERSIONID(`private')dnl
OSTYPE(`linux')dnl
FEATURE(`no_default_msa')dnl
FEATURE(`nocanonify')dnl
FEATURE(`accept_unresolvable_domains')dnl
define(`confDOMAIN_NAME', `mx.example.com')dnl
define(`confPID_FILE', `{folder}/sendmail.pid')dnl
define(`confSERVICE_SWITCH_FILE', `{folder}/service.switch')dnl
define(`confDONT_PROBE_INTERFACES', `True')dnl
define(`confTO_IDENT', `0s')dnl
define(`confDEF_USER_ID', `{uid}:{gid}')dnl
define(`QUEUE_DIR', `{folder}/queue')dnl
define(`STATUS_FILE', `{folder}/statistics')dnl
define(`HELP_FILE', `{folder}/help')dnl
define(`confFORWARD_PATH', `')dnl
undefine(`ALIAS_FILE')dnl
DAEMON_OPTIONS(`Family={family}, Name=MTA, Addr={address}, Port={port}')dnl
LOCAL_DOMAIN(`example.com')dnl
"""

# A client with a certificate of our CA has signed in (RFC 4422 appendix A).
SIGNING_IN = """\
define(`confCACERT', `{folder}/ca.pem')dnl
define(`confCACERT_PATH', `{folder}')dnl
define(`confSERVER_CERT', `{folder}/ca.pem')dnl
define(`confSERVER_KEY', `{folder}/ca.key')dnl
define(`confAUTH_MECHANISMS', `EXTERNAL')dnl
TRUST_AUTH_MECH(`EXTERNAL')dnl
"""

# A file for each recipient, named for the queue id; no MDA of the machine takes part. The flags: as Sendmail's own for
# a local mailer, but any name is a mailbox, and no "From " line (n).
MAILBOX = """\
define(`LOCAL_MAILER_PATH', `{folder}/deliver')dnl
define(`LOCAL_MAILER_ARGS', `deliver {folder}/mail $i $u')dnl
MODIFY_MAILER_FLAGS(`LOCAL', `lsDFMAqSn9')dnl
MAILER(`local')dnl
MAILER(`smtp')dnl
"""
DELIVER = '#!/bin/sh\ncat >"$1/tmp/$2.$3" && mv "$1/tmp/$2.$3" "$1/new/"\n'


class SendmailError(Exception):
    """Sendmail could not be started, or mail did not arrive."""


def is_here():
    return PROGRAM.exists()


class Sendmail:
    """One instance. `timeouts` replaces the T= of the shipped lines; `lines` are further lines for sendmail.mc."""

    def __init__(self, folder, port, socket, address="127.0.0.1", timeouts=None, lines=""):
        self.folder = pathlib.Path(folder)
        self.port = port
        self.socket = socket
        self.address = address
        self.timeouts = timeouts
        self.lines = lines
        self.mailbox = self.folder / "mail" / "new"
        self.conversation = self.folder / "debug.log"

    def _milter_lines(self):
        shipped, count = re.subn(r"S=local:[^,]+", f"S={self.socket}", SHIPPED_LINES.read_text())
        assert count == 1
        return re.sub(r"T=[^']+", f"T={self.timeouts}", shipped) if self.timeouts else shipped

    def _write_configuration(self):
        for part in ("queue", "mail/tmp", "mail/new"):
            (self.folder / part).mkdir(parents=True)
        for owned in ("mail/tmp", "mail/new"):
            os.chown(self.folder / owned, MAILBOX_UID, MAILBOX_GID)
        (self.folder / "queue").chmod(0o700)
        (self.folder / "service.switch").write_text("hosts files\naliases files\npasswd files\n")
        (self.folder / "deliver").write_text(DELIVER)
        (self.folder / "deliver").chmod(0o755)
        family = "inet6" if ":" in self.address else "inet"
        text = (MAIN + SIGNING_IN).format(tree=TREE, folder=self.folder, uid=MAILBOX_UID, gid=MAILBOX_GID,
                                          family=family, address=self.address, port=self.port)
        text += self._milter_lines() + self.lines + MAILBOX.format(folder=self.folder)
        (self.folder / "sendmail.mc").write_text(text)
        with open(self.folder / "sendmail.cf", "wb") as file:
            subprocess.run(["m4", str(self.folder / "sendmail.mc")], stdout=file, check=True)

    def _make_certificate(self):
        """One that signs itself is our CA, our server and our client at once."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=reader",
                        "-keyout", "ca.key", "-out", "ca.pem"], cwd=self.folder, check=True, capture_output=True)
        (self.folder / "ca.key").chmod(0o600)

    def start(self):
        """Write the configuration, start, and wait until the port answers."""
        self._write_configuration()
        self._make_certificate()
        # -d64.9: what it says to the milter, for the report of a test that failed
        command = [str(PROGRAM), "-C", str(self.folder / "sendmail.cf"), "-D", str(self.conversation), "-d64.9", "-bd"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
                              env={**os.environ, "LD_PRELOAD": os.environ["SEKISHO_LOOPBACK_NAMES"]})
        for _ in range(100 if done.returncode == 0 else 0):
            try:
                smtplib.SMTP(self.address, self.port, timeout=5).close()
                return self
            except (OSError, smtplib.SMTPException):
                time.sleep(0.1)
        raise SendmailError(f"Sendmail did not start: {done.stdout}{done.stderr}")

    def stop(self):
        pid = int((self.folder / "sendmail.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGTERM)

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        self.stop()

    def log(self):
        """Its side of the milter conversation."""
        return self.conversation.read_text(errors="replace") if self.conversation.exists() else ""

    def connect(self, client, helo):
        """An SMTP connection from this address of the loopback interface."""
        smtp = smtplib.SMTP(self.address, self.port, local_hostname=helo, timeout=60, source_address=(client, 0))
        smtp.ehlo()
        return smtp

    def sign_in(self, smtp):
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        context.check_hostname = False
        context.load_cert_chain(self.folder / "ca.pem", self.folder / "ca.key")
        smtp.starttls(context=context)
        smtp.ehlo()
        smtp.auth("EXTERNAL", lambda challenge=None: "")

    def mail(self):
        """The messages that have arrived, oldest first."""
        files = sorted(self.mailbox.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        return [path.read_bytes() for path in files]

    def wait_for_mail(self, count, timeout_s=30):
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            messages = self.mail()
            if len(messages) >= count:
                return messages
            time.sleep(0.05)
        raise SendmailError(f"{len(self.mail())} of {count} messages arrived\n{self.log()[-3000:]}")
