"""A private Dovecot on loopback: LMTP in, Maildirs in a folder of its own, one Sieve script before the users' own.

It touches nothing of the system's Dovecot and has to be started as root. Every address is a mailbox.

    with Dovecot("/tmp/x", 2526, sieve_before="packaging/dovecot/sekisho.sieve") as dovecot:
        ...                                    # Postfix with transport="lmtp:inet:127.0.0.1:2526"
        [message] = dovecot.wait_for_mail("b@example.com", "Junk", 1)
"""
import os
import pathlib
import shutil
import socket
import subprocess
import time

# Mailboxes belong to nobody: Dovecot refuses to deliver as root, and no user of the machine is needed.
MAILBOX_UID = 65534
MAILBOX_GID = 65534

DOVECOT_CONF = """\
protocols = lmtp
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
instance_name = sekisho-test
ssl = no
recipient_delimiter = +
mail_location = maildir:{folder}/mail/%u
first_valid_uid = 1
auth_mechanisms = plain
passdb {{
  driver = static
  args = nopassword=y
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u allow_all_users=yes
}}
namespace inbox {{
  inbox = yes
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {port}
  }}
}}
protocol lmtp {{
  mail_plugins = sieve
}}
plugin {{
  sieve_before = {sieve}
  sieve = file:~/sieve;active=~/.dovecot.sieve
}}
"""


class DovecotError(Exception):
    """Dovecot could not be started, or mail did not arrive."""


class Dovecot:
    def __init__(self, folder, port, sieve_before):
        self.folder = pathlib.Path(folder)
        self.port = port
        self.sieve_before = pathlib.Path(sieve_before)
        self.process = None

    def start(self):
        if os.geteuid() != 0:
            raise DovecotError("Dovecot must be started as root")
        program = shutil.which("dovecot", path=os.environ.get("PATH", "") + ":/usr/sbin")
        for name in ("run", "state", "mail"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        os.chown(self.folder / "mail", MAILBOX_UID, MAILBOX_GID)
        sieve = self.folder / self.sieve_before.name
        shutil.copyfile(self.sieve_before, sieve)
        config = self.folder / "dovecot.conf"
        config.write_text(DOVECOT_CONF.format(folder=self.folder, port=self.port, sieve=sieve, uid=MAILBOX_UID,
                                              gid=MAILBOX_GID))
        compiled = subprocess.run(["sievec", "-c", str(config), str(sieve)], capture_output=True, text=True,
                                  check=False)
        if compiled.returncode != 0:
            raise DovecotError(f"the Sieve script does not compile:\n{compiled.stderr}")
        with open(self.folder / "dovecot.out", "ab") as output:
            self.process = subprocess.Popen([program, "-F", "-c", str(config)], stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=output)
        for _ in range(200):
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                time.sleep(0.05)
        self.stop()
        raise DovecotError(f"Dovecot did not start:\n{self.log()}")

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        self.stop()

    def log(self):
        return "".join(path.read_text(errors="replace") for path in (self.folder / "dovecot.out",
                                                                    self.folder / "dovecot.log") if path.exists())

    def set_user_script(self, address, text):
        """A script of the user's own, which runs after the one before."""
        home = self.folder / "mail" / address
        home.mkdir(parents=True, exist_ok=True)
        script = home / ".dovecot.sieve"
        script.write_text(text)
        for path in (home, script):
            os.chown(path, MAILBOX_UID, MAILBOX_GID)

    def mail(self, address, mailbox="INBOX"):
        """The messages in a mailbox, oldest first."""
        box = self.folder / "mail" / address / ("" if mailbox == "INBOX" else "." + mailbox)
        files = [path for name in ("new", "cur") if (box / name).is_dir() for path in (box / name).iterdir()]
        return [path.read_bytes() for path in sorted(files, key=lambda path: path.stat().st_mtime_ns)]

    def wait_for_mail(self, address, mailbox, count, timeout_s=30):
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            messages = self.mail(address, mailbox)
            if len(messages) >= count:
                return messages
            time.sleep(0.05)
        raise DovecotError(f"{len(self.mail(address, mailbox))} of {count} messages arrived in {mailbox} of {address}\n"
                           + self.log())
