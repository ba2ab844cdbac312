"""A private clamd for tests: one signature of our own, a unix socket in a folder of its own, and no network.

    with Clamd() as clamd:
        clamd.address            "unix:/tmp/…/clamd.sock"
        Clamd.INFECTED           octets that its one signature finds, as Clamd.SIGNATURE
"""
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time


class ClamdError(Exception):
    """The scanner could not be started."""


class Clamd:
    INFECTED = b"this-is-a-test-of-sekisho-and-harmless"
    SIGNATURE = "Sekisho.Test.Signature.UNOFFICIAL"

    def __init__(self, stream_max_length="1M"):
        self.stream_max_length = stream_max_length
        self.process = None

    @staticmethod
    def program():
        return shutil.which("clamd", path=os.environ.get("PATH", "") + ":/usr/sbin")

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sekisho-clamd-"))
        (self.folder / "db").mkdir()
        # name:type of target (0: any):offset (*: anywhere):octets in hexadecimal
        (self.folder / "db" / "test.ndb").write_text(f"Sekisho.Test.Signature:0:*:{self.INFECTED.hex()}\n")
        self.socket = self.folder / "clamd.sock"
        self.address = f"unix:{self.socket}"
        config = self.folder / "clamd.conf"
        config.write_text(f"LocalSocket {self.socket}\nDatabaseDirectory {self.folder}/db\nForeground yes\n"
                          f"LogFile {self.folder}/clamd.log\nStreamMaxLength {self.stream_max_length}\n"
                          f"TemporaryDirectory {self.folder}\n")
        self.process = subprocess.Popen([self.program(), "-c", str(config)], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        try:
            self.wait()
        except ClamdError:
            self.__exit__()
            raise
        return self

    def wait(self, seconds=30):
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.process.poll() is None:
            with socket.socket(socket.AF_UNIX) as probe:
                try:
                    probe.connect(str(self.socket))
                    probe.sendall(b"zPING\0")
                    if probe.recv(16).startswith(b"PONG"):
                        return
                except OSError:
                    pass
            time.sleep(0.1)
        log = self.folder / "clamd.log"
        raise ClamdError(log.read_text() if log.exists() else "clamd does not answer")

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.thaw()
            self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
