#!/usr/bin/env python3
"""The quarantine from end to end: held by sekishod behind a real Postfix, listed, shown, released to another, deleted.

    quarantine_test.py PATH-OF-sekishod PATH-OF-sekisho
"""
import contextlib
import email
import email.policy
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "support"))
from postfix import Postfix  # noqa: E402
from sekishod import DnsResponder, MilterSession, Sekishod, free_port, wait_until  # noqa: E402
from tap import Tap  # noqa: E402

PROGRAM, COMMAND, CATALOGUES = (os.path.abspath(word) for word in sys.argv[1:4])
ZONE = (ROOT / "demo" / "demo.zone").read_text()
EVIL = {"sender": "a@evil.example.org", "xclient": {"ADDR": "127.0.0.66"}, "helo": "evil.example.org"}
READERS = ["reader@north.example", "reader@south.example"]


# What a sender may not say in our name.
CLAIMS = ("Authentication-Results: mx.example.com; dmarc=pass header.from=bank.example.org\r\n"
          "X-Sekisho-Junk: no\r\n")


def forged(number, subject="Your account"):
    """DMARC fails, and the author domain asks for reject."""
    return (f"{CLAIMS}Authentication-Results: relay.example.org; none\r\nFrom: \"Bank \x1b[2J\" <service@bank.example.org>\r\nTo: <reader@north.example>\r\nSubject: {subject}\r\n"
            f"Date: Sat, 28 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{number}@bank.example.org>\r\nMIME-Version: 1.0\r\n"
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
            "Click here \x1b]0;owned\x07 now.\r\n.\r\n..dots\r\n--b\r\nContent-Type: text/html\r\n\r\n"
            "<script>alert(1)</script>\r\n--b\r\nContent-Type: application/pdf; name=\"bill.pdf\"\r\n\r\n%PDF\r\n--b--\r\n"
            ).encode()


class Site:
    """DNS, a store, sekishod with both roles, the Postfix that takes mail in, and one that takes what is released."""

    def __init__(self):
        self.programs = contextlib.ExitStack()
        self.milter_port, self.port, self.inner_port = (free_port() for _ in range(3))

    def __enter__(self):
        with self.programs:
            self.folder = pathlib.Path(self.programs.enter_context(tempfile.TemporaryDirectory(prefix="sekisho-e2e-")))
            self.folder.chmod(0o755)
            self.quarantine = self.folder / "quarantine"
            for name in ("state", "replica", "quarantine"):
                (self.folder / name).mkdir()
                os.chown(self.folder / name, 65534, 65534)
            self.dns = self.programs.enter_context(DnsResponder(self.folder, ZONE))
            self.sekishod = self.programs.enter_context(Sekishod(PROGRAM, self.folder, self.sections(),
                                                                 {"SEKISHO_LOCALEDIR": CATALOGUES}))
            self.postfix = self.programs.enter_context(
                Postfix(self.folder / "mx", self.port, milter=f"inet:127.0.0.1:{self.milter_port}",
                        domains=("north.example", "south.example", "west.example")))
            self.inner = self.programs.enter_context(
                Postfix(self.folder / "inner", self.inner_port, domains=("north.example", "south.example", "west.example")))
            self.programs = self.programs.pop_all()
        return self

    def __exit__(self, *unused):
        self.programs.close()

    def sections(self, **further):
        sections = {"inbound": {"listen": f"inet:127.0.0.1:{self.milter_port}", "trusted_networks": "127.0.0.1"},
                    "dns": {"nameservers": self.dns.address, "timeout": "1s"},
                    "store": {"url": f"sqlite:{self.folder}/state/store.db"},
                    "hosting": {"replica": self.folder / "replica", "replica_map_size": "64MiB"},
                    "quarantine": {"folder": self.quarantine, "release_to": f"127.0.0.1:{self.inner_port}",
                                   "sender": "postmaster@north.example"}}
        return {name: sections.get(name, {}) | further.get(name, {}) for name in sections | further}

    def run(self, *words, config=None, wait=True):
        arguments = [COMMAND, *map(str, words), "--config", config or self.folder / "sekisho.conf"]
        if wait:
            return subprocess.run(arguments, capture_output=True, timeout=60, check=False)
        return subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def must(self, *words):
        done = self.run(*words, "--json")
        if done.returncode != 0:
            raise AssertionError(f"{words}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def held(self, *words):
        return self.must("quarantine", "list", *words)["held"]

    def files(self):
        return [path for place in ("new", "held") for path in (self.quarantine / place).glob("*")]

    def config_to(self, port):
        """A configuration that releases to another port."""
        path = self.folder / f"to-{port}.conf"
        path.write_text((self.folder / "sekisho.conf").read_text().replace(f"127.0.0.1:{self.inner_port}",
                                                                           f"127.0.0.1:{port}"))
        return path

    def hold(self, count_before, recipients, octets):
        """Send one that is held. -> its items"""
        self.postfix.send(EVIL["sender"], recipients, octets, EVIL["xclient"], EVIL["helo"])
        wanted = count_before + len(recipients)
        wait_until(lambda: len(self.held("--decided")) >= wanted, f"{wanted} held messages")
        return self.held("--decided")[:len(recipients)]


class Server:
    """An SMTP server that answers as it is told, and then keeps the connection."""

    def __init__(self, end_reply):
        self.end_reply, self.data = end_reply, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.has_all = threading.Event()
        self.may_answer = threading.Event()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            threading.Thread(target=self.converse, args=(connection,), daemon=True).start()

    def converse(self, connection):
        with connection, connection.makefile("rb") as lines, contextlib.suppress(OSError):
            connection.sendall(b"220 here\r\n")
            for line in lines:
                verb = line.split()[0].upper() if line.split() else b""
                if verb == b"DATA":
                    connection.sendall(b"354 go on\r\n")
                    octets = b""
                    for part in lines:
                        octets += part
                        if part == b".\r\n":
                            break
                    else:
                        return
                    self.data.append(octets)
                    self.has_all.set()
                    if self.end_reply is None:
                        return
                    connection.sendall(self.end_reply + b"\r\n")
                elif verb == b"QUIT":
                    connection.sendall(b"221 bye\r\n")
                    return
                else:
                    connection.sendall(b"250 fine\r\n")


def prepare(site, tap):
    for tenant, shape in (("north", "gateway"), ("south", "shared"), ("west", "dedicated")):
        site.must("tenant", "add", tenant, "--shape", shape)
        site.must("domain", "add", f"{tenant}.example", "--tenant", tenant)
        site.must("policy", "confirm", f"{tenant}.example", "--by", "A. Administrator")
        last = site.must("policy", "set", f"{tenant}.example", "filter=on", "on-dmarc-reject=hold")
    last = site.must("policy", "set", "west.example", "digest=daily", "language=ja")
    time.sleep(2)  # what the replica may take
    tap.ok(last["change"] > 0, "three customers hold what their authors' domains want rejected")


def check_holding(site, tap):
    items = site.hold(0, READERS, forged(1))
    tap.equal(sorted(item["recipient"] for item in items), READERS, "one message for two customers is held for each")
    tap.equal({item["reason"] for item in items}, {"dmarc-reject"}, "with the reason")
    tap.equal({item["state"] for item in items}, {"held"}, "in state held")
    tap.equal(len(site.files()), 1, "in one file")
    tap.ok(not any(site.postfix.mail(reader) for reader in READERS), "and delivered to nobody")
    tap.equal(len(site.held("north.example")), 1, "each customer sees its own: by domain")
    tap.equal(len(site.held("--tenant", "south")), 1, "by tenant")
    tap.equal(len(site.held("--recipient", "nobody@north.example")), 0, "by recipient")
    return {item["recipient"]: item["id"] for item in items}


def check_showing(site, tap, number):
    for words in (("list",), ("show", number)):
        text = site.run("quarantine", *words).stdout
        tap.ok(text and b"\x1b" not in text and b"\x07" not in text,
               f"quarantine {words[0]} writes nothing of the sender's to the terminal but words", text)
    text = site.run("quarantine", "show", number).stdout.decode()
    for line in (f"Message {number}, for reader@north.example", "Reason:    dmarc-reject", "Subject: Your account", "| ..dots"):
        tap.ok(line in text.split("\n"), f"show has the line: {line}", text)
    for part in ("Click here", "bill.pdf", "dmarc=fail", "text/html"):
        tap.contains(text, part, f"show tells: {part}")
    tap.ok("<script>" not in text, "and no markup")
    tap.equal(site.must("quarantine", "show", number)["subject"], "Your account", "show as JSON")


def check_releasing(site, tap, numbers):
    number = numbers["reader@north.example"]
    tap.equal(site.must("quarantine", "release", number)["released"], 1, "the customer releases it")
    [message] = site.inner.wait_for_mail("reader@north.example", 1)
    tap.contains(message.decode(errors="replace"), f"X-Sekisho-Released: {number} ", "it arrives, marked as released")
    tap.contains(message.decode(errors="replace"), "dmarc=fail", "with what was found when it came")
    text = message.decode(errors="replace")
    tap.ok("dmarc=pass" not in text and "X-Sekisho-Junk" not in text, "without what the sender said in our name", text)
    tap.contains(text, "relay.example.org; none", "and with the results of others")
    body = message.replace(b"\r\n", b"\n").split(b"\n\n", 1)[1]
    tap.equal(body, forged(1).replace(b"\r\n", b"\n").split(b"\n\n", 1)[1], "and octet for octet")
    done = site.run("quarantine", "release", number)
    tap.equal(done.returncode, 1, "a second time it is refused")
    tap.contains(done.stderr.decode(), "was released already", "with a sentence")
    tap.equal(len(site.inner.mail("reader@north.example")), 1, "and is not delivered again")
    tap.equal(site.held("south.example")[0]["state"], "held", "the other customer's stays held")
    tap.ok(not site.inner.mail("reader@south.example"), "and is not delivered")
    tap.equal(site.run("quarantine", "release", "999999").returncode, 1, "a number that there is not")
    tap.equal(site.run("quarantine", "release", "../x").returncode, 2, "a number that is none")


def check_deleting(site, tap, numbers):
    number = numbers["reader@south.example"]
    tap.equal(site.must("quarantine", "delete", number)["deleted"], 1, "the other customer deletes it")
    tap.equal(site.run("quarantine", "delete", number).returncode, 1, "once")
    tap.equal(site.run("quarantine", "release", number).returncode, 1, "and cannot release it any more")
    actions = [entry["action"] for entry in site.must("audit", "list", "--action", "quarantine.")["entries"]]
    tap.equal(actions, ["quarantine.delete", "quarantine.release", "quarantine.release-begin"], "the audit log tells all")


def release_to(site, number, server, *words):
    return site.run("quarantine", "release", number, *words, config=site.config_to(server.port))


def state_of(site, number):
    return next(item["state"] for item in site.held("--decided") if item["id"] == number)


def check_refusals(site, tap):
    [item] = site.hold(2, READERS[:1], forged(2))
    for reply, code in ((b"451 4.3.0 not now", 3), (b"550 5.7.1 never", 1)):
        done = release_to(site, item["id"], Server(reply))
        tap.equal(done.returncode, code, f"the mail server says {reply.decode()}")
        tap.equal(state_of(site, item["id"]), "held", "it stays held")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        done = site.run("quarantine", "release", item["id"], config=site.config_to(unused.getsockname()[1]))
    tap.equal((done.returncode, state_of(site, item["id"])), (3, "held"), "no mail server: it stays held")
    return item["id"]


def check_loop(site, tap, number):
    """release_to names the listener that asks sekishod, and its address is not trusted: it would be held once more."""
    before = len(site.held("--decided"))
    site.sekishod.configure(site.sections(inbound={"trusted_networks": "192.0.2.1"}))
    site.sekishod.reload()
    done = site.run("quarantine", "release", number, config=site.config_to(site.port))
    tap.equal((done.returncode, state_of(site, number)), (3, "held"), "released to its own filter: it stays held")
    tap.contains(done.stderr.decode(), "with 451: 4.4.6 It comes from the quarantine, and came to its filter again",
                 "and says why")
    tap.equal(len(site.sekishod.events("release_loop")), 1, "in the log too")
    tap.equal((len(site.held("--decided")), len(site.files())), (before, len({item["message_id"] for item in site.held()})),
              "and is not held again")
    site.sekishod.configure(site.sections())
    site.sekishod.reload()


def check_unclear(site, tap, number):
    silent = Server(None)
    done = release_to(site, number, silent)
    tap.equal((done.returncode, state_of(site, number)), (1, "unclear"), "the connection breaks behind the end: unclear")
    tap.contains(done.stderr.decode(), "--again", "and says what to do")
    tap.equal(release_to(site, number, silent).returncode, 1, "it is not sent again by itself")
    tap.equal(len(silent.data), 1, "(the server got it once)")
    good = Server(b"250 taken")
    tap.equal(release_to(site, number, good, "--again").returncode, 0, "but when a person says that it did not arrive")
    tap.equal((len(good.data), state_of(site, number)), (1, "released"), "then it is")


def check_killed(site, tap):
    """kill -9 before the end was sent: it may be released again. Behind it: only by a person's word."""
    [item] = site.hold(3, READERS[:1], forged(3))
    deaf = socket.create_server(("127.0.0.1", 0))
    process = site.run("quarantine", "release", item["id"], config=site.config_to(deaf.getsockname()[1]), wait=False)
    connection, _ = deaf.accept()
    wait_until(lambda: state_of(site, item["id"]) == "releasing", "the claim")
    process.send_signal(signal.SIGKILL)
    process.wait()
    connection.close()
    tap.equal(site.run("quarantine", "release", item["id"]).returncode, 1, "killed before the end: not at once again")
    subprocess.run(["python3", "-c", "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('update "
                    "held_recipient set changed_at_s = changed_at_s - 600'); c.commit()",
                    site.folder / "state" / "store.db"], check=True)
    tap.equal(site.run("quarantine", "release", item["id"]).returncode, 0, "but after ten minutes")
    site.inner.wait_for_mail("reader@north.example", 2)
    tap.equal(len(site.inner.mail("reader@north.example")), 2, "and it arrives once")


def check_digest(site, tap):
    [item] = site.hold(4, ["reader@west.example"], forged(4, "=?utf-8?B?6KuL5rGC5pu4?= <b>"))
    [message] = site.inner.wait_for_mail("reader@west.example", 1, 60)
    mail = email.message_from_bytes(message, policy=email.policy.default)
    tap.equal(mail.defects, [], "a digest comes, a well-formed message")
    for name, value in (("Auto-Submitted", "auto-generated"), ("Content-Language", "ja"),
                        ("From", "postmaster@north.example"), ("To", "reader@west.example")):
        tap.equal(str(mail[name]).strip("<>"), value, f"its {name}")
    plain, html = (part.get_content().replace("\r", "") for part in mail.iter_parts())
    tap.contains(plain, f" {item['id']}\n", "it tells the number that the administrator needs")
    tap.contains(plain, "番号", "in the language that it says it is in")
    tap.contains(plain, "請求書 <b>", "the subject decoded")
    tap.contains(html, "請求書 &lt;b&gt;", "and escaped in HTML")
    tap.ok("\x1b" not in plain + html, "nothing of the sender's is active in it")
    time.sleep(17)
    tap.equal(len(site.inner.mail("reader@west.example")), 1, "and no other comes on the same day")
    site.must("quarantine", "delete", item["id"])


def check_refused_digest(site, tap):
    """An address that no mail can be sent to is not tried for ever, and keeps no other from waiting for its day."""
    session = MilterSession(f"inet:127.0.0.1:{site.milter_port}", client="127.0.0.66")
    session.begin(EVIL["sender"], fields=((b"From", b" service@bank.example.org"), (b"Subject", b" Nobody")),
                  recipients=['"a>b"@north.example'])
    session.end()
    session.close()
    wait_until(lambda: [item for item in site.held() if item["subject"] == "Nobody"], "the message to be held")
    site.must("policy", "set", "north.example", "digest=daily")
    wait_until(lambda: site.sekishod.events("digests_refused"), "the digest to be refused", 60)
    [item] = [item for item in site.held() if item["subject"] == "Nobody"]
    time.sleep(17)
    tap.equal(len(site.sekishod.events("digests_refused") + site.sekishod.events("digests_not_sent")), 1,
              "a digest that is refused for good is not tried again")
    site.must("policy", "set", "north.example", "digest=none")
    site.must("quarantine", "delete", item["id"])


def check_without_changes(site, tap):
    """An MTA that lets a filter edit fields, and nothing else."""
    def held():
        return [item for item in site.held() if item["subject"] == "Without changes"]

    fields = ((b"From", b" service@bank.example.org"), (b"Subject", b" Without changes"))
    session = MilterSession(f"inet:127.0.0.1:{site.milter_port}", client="127.0.0.66", actions=0x11)
    session.begin(EVIL["sender"], fields=fields, recipients=[*READERS, "a@example.net"])
    tap.equal(session.end()[0], b"c", "where recipients cannot be changed, what some want held goes to all")
    session.begin(EVIL["sender"], fields=fields, recipients=[*READERS, READERS[0]])
    tap.equal(session.end()[0], b"d", "what all want held is taken")
    session.close()
    wait_until(lambda: len(held()) == len(READERS), "the message to be held")
    tap.ok(True, "and kept for each, once")
    for item in held():
        site.must("quarantine", "delete", item["id"])


def check_repeat(site, tap):
    """The MTA hangs up while it waits for our answer, or just when it comes, and brings the message again."""
    def bring(queue_id):
        session = MilterSession(f"inet:127.0.0.1:{site.milter_port}", client="127.0.0.66")
        session.begin(EVIL["sender"], queue_id, fields, READERS)
        return session

    fields = ((b"From", b" service@bank.example.org"), (b"Subject", b" Once more"), (b"Message-ID", b" <9@bank.example.org>"))
    before = len(site.held())
    session = bring("4First")
    session.put(b"E")
    session.socket.close()
    for queue_id in ("4Second", "4Third"):
        session = bring(queue_id)
        tap.equal(session.end()[0], b"d", "a message that comes again is taken")
        session.close()
    wait_until(lambda: "event=quarantine_repeated" in site.sekishod.log() and not any((site.quarantine / "new").iterdir()),
               "the repeats to be seen")
    items = [item for item in site.held() if item["subject"] == "Once more"]
    tap.equal(len(items), len(READERS), "and held once for each of its recipients")
    tap.equal(len(site.held()), before + len(READERS), "beside what was held before")
    for item in items:
        site.must("quarantine", "delete", item["id"])


def check_digest_loop(site, tap):
    """A digest in the name of a hosted domain, from an address that is not trusted: an internal spoof."""
    site.must("policy", "set", "south.example", "on-internal-spoof=hold", "digest=daily")
    site.sekishod.configure(site.sections(inbound={"trusted_networks": "192.0.2.1"},
                                          quarantine={"release_to": f"127.0.0.1:{site.port}"}))
    site.sekishod.reload()
    site.postfix.send(EVIL["sender"], ["reader@south.example"], forged(7, "For the digest"), EVIL["xclient"], EVIL["helo"])
    wait_until(lambda: site.sekishod.events("digests_not_sent"), "the digest to be put off", 60)
    tap.contains(site.sekishod.events("digests_not_sent")[-1]["reason"], "release_to must name a listener without",
                 "a digest that meets its own filter is put off, with what to do")
    tap.equal([item["subject"] for item in site.held("south.example")], ["For the digest"], "and is not held itself")
    site.sekishod.configure(site.sections())
    site.sekishod.reload()
    [message] = site.inner.wait_for_mail("reader@south.example", 1, 60)
    tap.contains(message.decode(errors="replace"), "X-Sekisho-Digest: ", "it comes once that is done")
    for item in site.held():
        site.must("quarantine", "delete", item["id"])


def check_unreadable(site, tap):
    """A file whose owner is wrong, as after a restore: it waits, and what comes after it does not."""
    def items(subject):
        return [item for item in site.held() if item["subject"] == subject]

    def bring(subject):
        session = MilterSession(f"inet:127.0.0.1:{site.milter_port}", client="127.0.0.66")
        session.begin(EVIL["sender"], fields=((b"From", b" service@bank.example.org"), (b"Subject", subject)),
                      recipients=READERS[:1])
        session.end()
        session.close()

    if os.getuid() != 0:
        tap.skip("whose file is whose can only be changed as root")
        return
    bring(b" First")
    wait_until(lambda: items("First"), "the first message")
    [first] = [path for path in (site.quarantine / "held").iterdir() if b"Subject: First" in path.read_bytes()]
    name = "0" * 14 + first.name[14:]  # older than all
    (site.quarantine / name).write_bytes(first.read_bytes())
    (site.quarantine / name).chmod(0o600)
    (site.quarantine / name).rename(site.quarantine / "new" / name)
    bring(b" Second")
    wait_until(lambda: items("Second"), "the message behind it")
    [event] = site.sekishod.events("quarantine_unreadable")
    tap.ok(name in event["reason"] and (site.quarantine / "unreadable" / name).exists(),
           "a file of another's waits where the log says, and what came behind it is held", event)
    os.chown(site.quarantine / "unreadable" / name, 65534, 65534)
    os.kill(site.sekishod.role_pid("control"), signal.SIGKILL)  # else it is within a minute
    wait_until(lambda: (site.quarantine / "held" / name).exists(), "it to be taken in")
    tap.equal(len(site.sekishod.events("quarantine_unreadable")), 1, "given back it is taken in")
    for item in site.held():
        site.must("quarantine", "delete", item["id"])


def check_expiry(site, tap):
    wait_until(lambda: len(site.files()) == 0, "files of decided messages to go", 90)
    tap.ok(True, "when all have decided, the file goes")


def main(tap):
    with Site() as site:
        prepare(site, tap)
        numbers = check_holding(site, tap)
        check_showing(site, tap, numbers["reader@north.example"])
        check_releasing(site, tap, numbers)
        check_deleting(site, tap, numbers)
        number = check_refusals(site, tap)
        check_loop(site, tap, number)
        check_unclear(site, tap, number)
        check_killed(site, tap)
        check_digest(site, tap)
        check_refused_digest(site, tap)
        check_without_changes(site, tap)
        check_repeat(site, tap)
        check_digest_loop(site, tap)
        check_unreadable(site, tap)
        check_expiry(site, tap)


if __name__ == "__main__":
    Tap().run(main)
