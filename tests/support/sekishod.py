"""A sekishod on loopback for tests, and as much of the milter protocol as it takes to hold a session open."""
import os
import pathlib
import shlex
import signal
import socket
import struct
import subprocess
import time
import urllib.request


class SekishodError(Exception):
    """It did not start, or did not do what a test waited for."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, what, timeout_s=30):
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise SekishodError(f"waited in vain: {what}")
        time.sleep(0.05)


class Sekishod:
    """`sections` is the configuration: {"inbound": {"listen": …}}. Started as root it becomes nobody."""

    def __init__(self, program, folder, sections, environment=None):
        self.program = str(program)
        self.folder = pathlib.Path(folder)
        self.config = self.folder / "sekisho.conf"
        self.log_path = self.folder / "sekishod.log"
        self.environment = {**os.environ, **(environment or {})}
        self.process = None
        self.configure(sections)

    def configure(self, sections):
        base = {"daemon": {"user": "nobody", "host_name": "mx.example.com"}, "inbound": {"socket_group": ""}}
        merged = {name: base.get(name, {}) | sections.get(name, {}) for name in base | sections}
        lines = (f"[{name}]\n" + "".join(f"{option} = {value}\n" for option, value in options.items())
                 for name, options in merged.items())
        self.config.write_text("".join(lines))

    def start(self):
        """Returns when the roles answer."""
        before = len(self.events())
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([self.program, "--foreground", "--config", str(self.config)],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)
        self.wait_for("ready", after=before)
        return self

    def stop(self, timeout_s=40):
        """-> exit status"""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        try:
            self.stop()
        except subprocess.TimeoutExpired:
            self.process.kill()

    def reload(self):
        """-> the event that ended it"""
        before = len(self.events())
        self.process.send_signal(signal.SIGHUP)
        return self.wait_for("reloaded", "reload_refused", after=before)

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def events(self, name=None):
        """Lines of the log as dictionaries."""
        parsed = (dict(word.split("=", 1) for word in shlex.split(line) if "=" in word)
                  for line in self.log().splitlines() if "event=" in line)
        return [event for event in parsed if name in (None, event.get("event"))]

    def wait_for(self, *names, after=0, timeout_s=30):
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            for event in self.events()[after:]:
                if event["event"] in names:
                    return event
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise SekishodError(f"no event {' or '.join(names)} in:\n{self.log()[-3000:]}")

    def role_pid(self, name="inbound"):
        return int([event for event in self.events("role_started") if event["name"] == name][-1]["pid"])


NO_REPLY_TO_MAIL = 0x4000  # the filter said so when the session began


class MilterSession:
    """One connection as Postfix opens it, asking for a reply to nothing that needs none."""

    def __init__(self, address, client="192.0.2.1", actions=0x1ff):
        """@param actions  what the MTA lets a filter do"""
        kind, _, rest = address.partition(":")
        if kind == "unix":
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(rest)
        else:
            host, _, port = rest.rpartition(":")
            self.socket = socket.create_connection((host, int(port)))
        self.socket.settimeout(30)
        self.put(b"O", struct.pack(">III", 6, actions, 0x1fffff))
        code, payload = self.reply()
        if code != b"O":
            raise SekishodError(f"negotiation was answered {code!r}")
        self.events = struct.unpack(">III", payload[:12])[2]
        self.put(b"C", b"unknown\0" + b"4" + struct.pack(">H", 4711) + client.encode() + b"\0")
        self.connected = self.reply()[0]
        if self.connected == b"c":
            self.put(b"H", b"mail.example.net\0")
            self.reply()

    def put(self, command, payload=b""):
        self.socket.sendall(struct.pack(">I", len(payload) + 1) + command + payload)

    def exactly(self, count):
        octets = b""
        while len(octets) < count:
            more = self.socket.recv(count - len(octets))
            if not more:
                raise SekishodError("the filter hung up")
            octets += more
        return octets

    def reply(self):
        (length,) = struct.unpack(">I", self.exactly(4))
        packet = self.exactly(length)
        return packet[:1], packet[1:]

    def begin(self, sender="a@example.net", queue_id="4Test", fields=((b"From", b" a@example.net"),),
              recipients=()):
        """Up to the first octets of the body. @param recipients  only where the filter wants to hear of them"""
        self.put(b"D", b"M")
        self.put(b"M", f"<{sender}>".encode() + b"\0")
        if not self.events & NO_REPLY_TO_MAIL:
            self.reply()
        for recipient in recipients:
            self.put(b"R", f"<{recipient}>".encode() + b"\0")
            self.reply()
        self.put(b"D", b"T" + b"i\0" + queue_id.encode() + b"\0")
        for name, value in fields:
            self.put(b"L", name + b"\0" + value + b"\0")
        self.put(b"N")
        self.put(b"B", b"body\r\n")

    def end(self):
        """-> (code, words of a refusal, values of the fields inserted)"""
        self.put(b"E")
        return self.finish()

    def finish(self):
        inserted = []
        while True:
            code, payload = self.reply()
            if code == b"i":
                inserted.append(payload[4:].split(b"\0")[1].decode())
            elif code not in (b"m", b"p"):
                return code, payload.rstrip(b"\0").decode(), inserted

    def close(self):
        self.put(b"Q")
        self.socket.close()


def fetch(port, path):
    """-> (status, text)"""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class DnsResponder:
    """The tests' own DNS server with a zone given as text."""

    def __init__(self, folder, zone, *options):
        path = pathlib.Path(folder) / "zone"
        path.write_text(zone)
        self.process = subprocess.Popen([os.environ["SEKISHO_DNS_RESPONDER"], "--zone", str(path), *options],
                                        stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.resume()
        self.process.kill()
        self.process.wait()
