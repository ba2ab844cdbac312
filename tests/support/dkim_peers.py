"""Other DKIM implementations, each a program that keeps running: opendkim_peer.c, dkimpy_peer.py, mail_dkim_peer.pl."""
import json
import os
import pathlib
import subprocess
import sys

SUPPORT = pathlib.Path(__file__).resolve().parent


class Peer:
    """`message` is octets as on the wire; what comes back is "pass" or a reason, or a field with CRLF."""

    def __init__(self, name, command, records, folder):
        self.name = name
        self.path = os.path.join(folder, "message-for-" + name)
        self.worker = subprocess.Popen([*command, json.dumps(records)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.algorithms = self._ask(features=True)

    def _ask(self, **job):
        self.worker.stdin.write(json.dumps(job).encode() + b"\n")
        self.worker.stdin.flush()
        return json.loads(self.worker.stdout.readline())["answer"]

    def _ask_about(self, message, **job):
        with open(self.path, "wb") as file:
            file.write(message)
        return self._ask(file=self.path, **job)

    def verify(self, message):
        return self._ask_about(message)

    def sign(self, message, algorithm, canonicalization, **who):
        """who: domain, selector, key (a PEM file). -> (the signed message or None, what it said otherwise)"""
        said = self._ask_about(message, sign=canonicalization, algorithm=algorithm, **who)
        if not said.startswith("DKIM-Signature:"):
            return None, said
        return said.replace("\r\n", "\n").replace("\n", "\r\n").encode() + b"\r\n" + message, ""

    def validate_arc(self, message):
        return self._ask_about(message, arc=True)

    def end(self):
        self.worker.stdin.close()
        self.worker.wait()


def _commands():
    """Every way to start a peer; the first that works is taken. Debian's modules are for Debian's Python."""
    yield "OpenDKIM", [os.environ.get("SEKISHO_OPENDKIM_PEER", "")]
    for python in dict.fromkeys((sys.executable, "/usr/bin/python3")):
        yield "dkimpy", [python, str(SUPPORT / "dkimpy_peer.py")]
    yield "Mail::DKIM", ["perl", str(SUPPORT / "mail_dkim_peer.pl")]


def start(records, folder, wanted=("OpenDKIM", "dkimpy", "Mail::DKIM")):
    """-> the wanted peers, names of those that are not installed; `records`: name -> text of key records"""
    peers, missing = {}, []
    for name, command in _commands():
        if name in peers or name not in wanted:
            continue
        try:
            peers[name] = Peer(name, command, records, folder)
        except (OSError, ValueError):  # no such program, or it ended without a word
            missing.append(name)
    return list(peers.values()), [name for name in dict.fromkeys(missing) if name not in peers]
