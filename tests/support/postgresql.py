"""A private PostgreSQL for tests, benchmarks and the demonstration.

It has a folder of its own for data and socket, listens on no network, and touches nothing of the system's PostgreSQL. The
server refuses to run as root, so root starts it as the user postgres (or nobody). What it holds is not kept safe from a
power cut (no fsync), unless that is asked for.

    with PostgreSQL() as server:
        server.url                       "postgresql://sekisho@/test?host=/tmp/…"
        server.query("select 1")         rows of text

`postgresql.py run` is for programs: it prints the URL, or "skipped: REASON" where PostgreSQL is not installed, and
serves until its standard input is closed. So nothing is left running when the test that asked for it dies.
"""
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SETTINGS = {"listen_addresses": "", "max_connections": "40", "shared_buffers": "64MB", "max_wal_size": "1GB",
            "log_min_messages": "warning"}
NOT_SAFE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgreSQLError(Exception):
    """The server could not be started."""


def programs():
    """The folder with the newest initdb and postgres, or None."""
    folders = pathlib.Path("/usr/lib/postgresql").glob("*/bin/postgres")
    newest = sorted(folders, key=lambda path: float(path.parent.parent.name))
    if newest:
        return newest[-1].parent
    found = shutil.which("postgres")
    return pathlib.Path(found).resolve().parent if found else None


def server_user():
    """Whom the server runs as: (uid, gid), or None for ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
            return user.pw_uid, user.pw_gid
        except KeyError:
            pass
    raise PostgreSQLError("root may not run PostgreSQL, and there is no user postgres or nobody")


class PostgreSQL:
    def __init__(self, is_safe=False, settings=None):
        self.bin = programs()
        self.settings = SETTINGS | ({} if is_safe else NOT_SAFE) | (settings or {})
        self.folder = self.process = None

    @property
    def url(self):
        return f"postgresql://sekisho@/test?host={self.folder}"

    def _run(self, program, *arguments):
        user = server_user()
        done = subprocess.run([str(self.bin / program), *arguments], cwd=self.folder, capture_output=True, text=True,
                              check=False, stdin=subprocess.DEVNULL,
                              **({"user": user[0], "group": user[1], "extra_groups": []} if user else {}))
        if done.returncode != 0:
            raise PostgreSQLError(f"{program}: {done.stderr}{done.stdout}")
        return done.stdout

    def start(self):
        if self.bin is None:
            raise PostgreSQLError("PostgreSQL is not installed")
        # A socket's path may have 107 octets, so not below the build folder.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="seki-pg-", dir="/tmp"))
        user = server_user()
        if user:
            os.chown(self.folder, *user)
        self.folder.chmod(0o755)
        try:
            self._run("initdb", "-D", str(self.folder / "data"), "-U", "sekisho", "-A", "trust", "-E", "UTF8",
                      "--locale=C.UTF-8", "--no-sync", "--no-instructions")
            self.serve()
            self.query("create database test", "postgres")
        except PostgreSQLError:
            self.stop()
            raise
        return self

    def serve(self):
        """Start the server on the data that is there; also after halt()."""
        user = server_user()
        arguments = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen(
            [str(self.bin / "postgres"), "-D", str(self.folder / "data"), "-k", str(self.folder), *arguments],
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=(self.folder / "log").open("ab"),
            **({"user": user[0], "group": user[1], "extra_groups": []} if user else {}))
        for _ in range(600):
            if self.process.poll() is not None:
                break
            ready = subprocess.run([str(self.bin / "pg_isready"), "-q", "-h", str(self.folder)], check=False)
            if ready.returncode == 0:
                return
            time.sleep(0.05)
        raise PostgreSQLError("the server did not start: " + (self.folder / "log").read_text(errors="replace"))

    def halt(self, how=signal.SIGINT):
        """Stop the server (SIGINT: at once, connections are cut; SIGQUIT: as a crash); the data stays."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(timeout=60)
        self.process = None

    def stop(self):
        self.halt(signal.SIGQUIT)
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def query(self, text, database="test"):
        """-> rows, each a list of texts"""
        out = self._run("psql", "-h", str(self.folder), "-U", "sekisho", "-d", database, "-X", "-q", "-A", "-t", "-F",
                        "\t", "-v", "ON_ERROR_STOP=1", "-c", text)
        return [line.split("\t") for line in out.splitlines()]

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        self.stop()


def main():
    if sys.argv[1:] not in (["run"], ["run", "--safe"]):
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, lambda *unused: sys.exit(0))
    if programs() is None:
        print("skipped: PostgreSQL is not installed", flush=True)
        return
    with PostgreSQL(is_safe="--safe" in sys.argv) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    try:
        main()
    except PostgreSQLError as error:
        sys.exit(str(error))
