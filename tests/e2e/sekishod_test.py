#!/usr/bin/env python3
"""sekishod as its operator meets it: configuration, start, death and restart, reload, stop.

    sekishod_test.py PATH-OF-sekishod
"""
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))
from sekishod import DnsResponder, MilterSession, Sekishod, SekishodError, fetch, free_port  # noqa: E402
from tap import Tap  # noqa: E402

PROGRAM = os.path.abspath(sys.argv[1])
ZONE = """$TTL 300
example.net. IN TXT "v=spf1 ip4:192.0.2.0/28 -all"
_dmarc.example.net. IN TXT "v=DMARC1; p=reject"
"""


def run(*words, timeout=60):
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=timeout, check=False)
    return done.returncode, done.stdout, done.stderr


class Place:
    """A folder, a DNS server, and the configuration that belongs to them."""

    def __init__(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="sekisho-e2e-")
        self.folder = pathlib.Path(self.temporary.name)
        self.folder.chmod(0o755)
        self.dns = DnsResponder(self.folder, ZONE)
        self.listen = f"unix:{self.folder}/inbound.sock"

    def sections(self, **further):
        sections = {"inbound": {"listen": self.listen}, "dns": {"nameservers": self.dns.address}}
        return {name: sections.get(name, {}) | further.get(name, {}) for name in sections | further}

    def sekishod(self, environment=None, **further):
        return Sekishod(PROGRAM, self.folder, self.sections(**further), environment)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.dns.__exit__()
        self.temporary.cleanup()


def connects(address):
    try:
        MilterSession(address).close()
        return True
    except OSError:
        return False


# ---- the command line ----

def command_line(tap):
    code, out, err = run("--help")
    tap.ok(code == 0 and err == "" and "--check-config" in out, "--help helps")
    tap.ok(len(out.splitlines()) <= 24 and max(map(len, out.splitlines())) <= 110, "and fits a screen")
    code, out, _ = run("--version")
    tap.ok(code == 0 and re.fullmatch(r"sekishod \d+\.\d+\.\d+\n", out), "--version", out)
    code, out, err = run("--no-such-option")
    tap.ok(code == 2 and out == "" and "--help" in err, "an unknown option is a usage error")
    code, _, err = run("surplus")
    tap.ok(code == 2 and "surplus" in err, "so is a surplus word")


def check_config(tap):
    with Place() as place:
        sekishod = place.sekishod()
        tap.equal(run("--check-config", str(sekishod.config)), (0, f"{sekishod.config}: no mistakes found\n", ""),
                  "a sound configuration")
        place.sekishod(inbound={"listen": "here"}, dns={"timout": "5s"})
        tap.equal(run("-C", "-c", str(sekishod.config)),
                  (1, "", f"{sekishod.config}:9: [dns] has no option \"timout\"; did you mean \"timeout\"?\n"),
                  "a misspelt option: file, line and remedy")
        place.sekishod(daemon={"user": "nobody-at-all"})
        tap.equal(run("-C", str(sekishod.config)),
                  (1, "", f"{sekishod.config}:2: user: there is no user \"nobody-at-all\" here; create it, or name "
                          "another\n"), "a user that does not exist")
        code, _, err = run("--foreground", "--config", str(sekishod.config))
        tap.ok(code == 1 and "nobody-at-all" in err, "with which nothing starts")
        place.sekishod(dns={"trust_anchor_file": place.folder})
        tap.equal(run("-C", str(sekishod.config)),
                  (1, "", f"{sekishod.config}:9: trust_anchor_file: \"{place.folder}\" is no file; name one\n"),
                  "a folder in place of a file")
        code, _, err = run("-C", str(place.folder / "none"))
        tap.ok(code == 1 and "cannot open it" in err, "a file that is not there")


# ---- start ----

def starts_without_privileges(tap):
    with Place() as place, place.sekishod() as sekishod:
        status = pathlib.Path(f"/proc/{sekishod.role_pid()}/status").read_text()
        fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        if os.geteuid() == 0:
            tap.equal(fields["Uid"].split(), ["65534"] * 4, "the role runs as the configured user")
            tap.equal(fields["Groups"].split(), [], "without further groups")
        tap.equal(fields["NoNewPrivs"].strip(), "1", "and can gain no privileges")
        tap.equal(fields["Seccomp"].strip(), "2", "and has its system calls filtered")
        tap.equal(oct(os.stat(place.folder / "inbound.sock").st_mode & 0o777), "0o660", "the socket has its mode")


def goes_to_the_background(tap):
    with Place() as place:
        pid_file = place.folder / "pid"
        sekishod = place.sekishod(daemon={"pid_file": str(pid_file)})
        with open(place.folder / "log", "wb") as log:
            code = subprocess.run([PROGRAM, "--config", sekishod.config.name], stdin=subprocess.DEVNULL, stdout=log,
                                  stderr=log, timeout=60, check=False, cwd=place.folder).returncode
        pid = int(pid_file.read_text())
        tap.equal(code, 0, "the start returns when the role is ready")
        tap.ok(connects(place.listen), "then it answers")
        tap.equal(os.readlink(f"/proc/{pid}/cwd"), "/", "and has left the folder")
        os.kill(pid, signal.SIGHUP)
        for _ in range(500):
            if "event=reload" in (place.folder / "log").read_text():
                break
            time.sleep(0.02)
        tap.contains((place.folder / "log").read_text(), "event=reloaded", "but still finds its configuration")
        code, _, err = run("--config", str(sekishod.config))
        tap.ok(code == 1 and "another sekishod holds the pid file" in err, "a second one does not start", err)
        tap.ok(connects(place.listen), "and the first one goes on")
        os.kill(pid, signal.SIGTERM)
        for _ in range(500):
            if not pid_file.exists():
                break
            time.sleep(0.02)
        tap.ok(not pid_file.exists() and not (place.folder / "inbound.sock").exists(), "a stop cleans up")
        sekishod = place.sekishod(inbound={"listen": "unix:/nonexistent/folder/s"})
        code, _, err = run("--config", str(sekishod.config))
        tap.ok(code == 1 and "/nonexistent/folder/s" in err, "a start that fails says why and exits 1", err)
        sekishod = place.sekishod(daemon={"pid_file": "/nonexistent/pid"})
        tap.equal(run("--config", str(sekishod.config)),
                  (1, "", "sekishod: cannot open the pid file /nonexistent/pid: No such file or directory; name one in "
                          "a folder that sekishod may write to\n"), "and what to do")


def starts_without_standard_descriptors(tap):
    with Place() as place:
        sekishod = place.sekishod()
        process = subprocess.Popen(["sh", "-c", 'exec "$0" "$@" <&- >&- 2>&-', PROGRAM, "-f", "-c",
                                    str(sekishod.config)])
        for _ in range(500):
            if connects(place.listen):
                break
            time.sleep(0.02)
        [role] = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for pid, name in ((process.pid, "the supervisor"), (role, "the role")):
            tap.equal([os.readlink(f"/proc/{pid}/fd/{number}") for number in range(3)], ["/dev/null"] * 3,
                      f"closed standard descriptors: {name} takes none of them for its own files")
        process.terminate()
        tap.equal(process.wait(40), 0, "and ends as any other")


def tells_systemd(tap):
    with Place() as place, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(f"\0sekisho-e2e-{os.getpid()}")
        notify.settimeout(30)
        with place.sekishod({"NOTIFY_SOCKET": f"@sekisho-e2e-{os.getpid()}"}) as sekishod:
            tap.equal(notify.recv(100), b"READY=1", "systemd hears READY")
            sekishod.reload()
            tap.ok(notify.recv(100).startswith(b"RELOADING=1\nMONOTONIC_USEC="), "RELOADING")
            tap.equal(notify.recv(100), b"READY=1", "READY again")
        tap.equal(notify.recv(100), b"STOPPING=1", "and STOPPING")


# ---- death ----

def restarts_a_role_that_died(tap):
    with Place() as place, place.sekishod() as sekishod:
        session = MilterSession(place.listen)
        session.begin()
        first = sekishod.role_pid()
        os.kill(first, signal.SIGKILL)
        waiting = MilterSession(place.listen)  # in the backlog until the new role takes it
        waiting.begin()
        code, _, inserted = waiting.end()
        tap.ok(code == b"c" and "spf=pass" in inserted[0], "a connection made meanwhile is served by the next role")
        tap.ok(sekishod.role_pid() != first, "which is another process")
        tap.equal(sekishod.events("role_died")[-1].get("how"), "signal 9", "the log says how the first one ended")
        try:
            session.end()
            tap.ok(False, "the message that was under way is lost for the MTA")
        except (SekishodError, OSError):
            tap.ok(True, "the message that was under way is lost for the MTA")


def backs_off(tap):
    with Place() as place, place.sekishod() as sekishod:
        for count in range(1, 4):
            sekishod.wait_for("role_started", after=0)
            while len(sekishod.events("role_started")) < count:
                time.sleep(0.01)
            os.kill(sekishod.role_pid(), signal.SIGKILL)
            died = time.monotonic()
        while len(sekishod.events("role_started")) < 4:
            time.sleep(0.01)
        tap.ok(time.monotonic() - died > 0.35, "a role that keeps dying is started ever later")
        tap.ok(connects(place.listen), "and then serves")


def follows_a_supervisor_that_died(tap):
    with Place() as place:
        sekishod = place.sekishod().start()
        role = sekishod.role_pid()
        sekishod.process.kill()
        sekishod.process.wait()
        for _ in range(500):
            if not pathlib.Path(f"/proc/{role}").exists():
                break
            time.sleep(0.02)
        tap.ok(not pathlib.Path(f"/proc/{role}").exists(), "without its supervisor a role ends")
        with place.sekishod():
            tap.ok(connects(place.listen), "and the next start takes the old socket file's place")


# ---- reload ----

def keeps_the_old_configuration_when_the_new_one_is_wrong(tap):
    with Place() as place, place.sekishod(inbound={"authserv_id": "old.example"}) as sekishod:
        sekishod.configure(place.sections(dns={"timeout": "5"}))
        event = sekishod.reload()
        tap.equal(event["event"], "reload_refused", "a mistake in the file refuses the reload")
        tap.contains(event["reason"], f"{sekishod.config}:", "and the log says where it is")
        sekishod.configure(place.sections(dns={"trust_anchor_file": "/nonexistent/anchor"}))
        event = sekishod.reload()
        tap.equal(event["event"], "reload_refused", "so does what only the role can find out")
        tap.contains(event["reason"], "/nonexistent/anchor", "and that is said too")
        sekishod.configure(place.sections(inbound={"listen": f"{place.listen} unix:/nonexistent/folder/s"}))
        tap.contains(sekishod.reload()["reason"], "/nonexistent/folder/s", "so does a socket that cannot be opened")
        session = MilterSession(place.listen)
        session.begin()
        tap.contains(session.end()[2][0], "old.example;", "and mail is judged as before")
        session.close()


def swaps_configurations_without_dropping_a_session(tap):
    with Place() as place, place.sekishod(inbound={"authserv_id": "old.example"}) as sekishod:
        session = MilterSession(place.listen)
        session.begin()
        second = f"inet:127.0.0.1:{free_port()}"
        sekishod.configure(place.sections(inbound={"authserv_id": "new.example", "listen": second},
                                          daemon={"loops": "1"}))
        tap.equal(sekishod.reload()["event"], "reloaded", "a good file is taken")
        tap.contains(sekishod.events("restart_needed")[-1]["reason"], "daemon.loops",
                     "what is only read at start is named")
        code, _, inserted = session.end()
        tap.ok(code == b"c" and "old.example;" in inserted[0], "the message under way is judged by the old one")
        session.begin()
        tap.contains(session.end()[2][0], "new.example;", "the next one in the same session by the new one")
        session.close()
        tap.ok(not connects(place.listen), "the socket that vanished is closed")
        tap.ok(not (place.folder / "inbound.sock").exists(), "and its file removed")
        tap.ok(connects(second), "the new one answers")
        sekishod.configure(place.sections())
        sekishod.reload()
        tap.ok(connects(place.listen) and not connects(second), "and back again")


def reloads_under_load(tap):
    with Place() as place, place.sekishod() as sekishod:
        sessions = [MilterSession(place.listen) for _ in range(8)]
        answers = []
        for number in range(10):
            for session in sessions:
                session.begin()
            sekishod.configure(place.sections(dns={"timeout": f"{number + 1}s"}))  # a new resolver each time
            sekishod.process.send_signal(signal.SIGHUP)
            answers += [session.end()[0] for session in sessions]
        for session in sessions:
            session.close()
        tap.equal(answers, [b"c"] * 80, "reloads in quick succession cost no message")


def reads_resolv_conf_again(tap):
    """In a mount namespace of its own, with another file in the place of /etc/resolv.conf; its servers have port 53."""
    name = "a reload asks the servers that resolv.conf names now"
    if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0:
        tap.ok(True, f"{name} # SKIP needs root and mount namespaces")
        return
    with Place() as place, \
            DnsResponder(place.folder, ZONE, "--address", "127.0.0.66", "--port", "53") as first, \
            DnsResponder(place.folder, ZONE.replace("192.0.2.0/28", "198.51.100.1"), "--address", "127.0.0.67", "--port",
                         "53") as second:
        if not first.address or not second.address:
            tap.ok(True, f"{name} # SKIP port 53 is not to be had")
            return
        resolv_conf = place.folder / "resolv.conf"
        resolv_conf.write_text("nameserver 127.0.0.66\n")
        program = place.folder / "sekishod"
        program.write_text(f"#!/bin/sh\nexec unshare --mount sh -c 'mount --bind {resolv_conf} /etc/resolv.conf && "
                           f"exec \"$@\"' sh {PROGRAM} \"$@\"\n")
        program.chmod(0o755)
        with Sekishod(program, place.folder, place.sections(dns={"nameservers": ""})) as sekishod:
            session = MilterSession(place.listen)
            results = []
            for server in ("127.0.0.66", "127.0.0.67", "127.0.0.67"):
                resolv_conf.write_text(f"nameserver {server}\n")
                sekishod.reload()
                session.begin()
                results.append(re.search(r"spf=(\w+)", session.end()[2][0]).group(1))
            session.close()
        tap.equal(results, ["pass", "fail", "fail"], name)


# ---- stop ----

def finishes_what_is_under_way(tap):
    with Place() as place, place.sekishod() as sekishod:
        session = MilterSession(place.listen)
        session.begin()
        sekishod.process.send_signal(signal.SIGTERM)
        sekishod.wait_for("stopping")
        time.sleep(0.2)
        tap.ok(not connects(place.listen), "while it stops no connection is taken")
        code, _, inserted = session.end()
        tap.ok(code == b"c" and "spf=pass" in inserted[0], "the message under way gets its verdict")
        tap.equal(sekishod.process.wait(30), 0, "then it ends with 0")


def does_not_wait_for_ever(tap):
    with Place() as place, place.sekishod(daemon={"stop_timeout": "300ms"}) as sekishod:
        session = MilterSession(place.listen)
        session.begin()
        begun = time.monotonic()
        tap.equal(sekishod.stop(), 0, "a message that never ends does not hold up the stop")
        tap.ok(time.monotonic() - begun < 10, "beyond stop_timeout")
        tap.ok(any(event["role"] == "inbound" for event in sekishod.events("stop_timeout")), "which is logged")


# ---- what it tells ----

def shows_figures(tap):
    with Place() as place:
        port = free_port()
        with place.sekishod(metrics={"listen": f"inet:127.0.0.1:{port}"}) as sekishod:
            session = MilterSession(place.listen)
            session.begin()
            session.end()
            status, text = fetch(port, "/metrics")
            tap.equal(status, 200, "/metrics answers")
            for line in ("sekisho_messages_total 1", 'sekisho_actions_total{action="delivered"} 1', "sekisho_sessions 1",
                         'sekisho_verdicts_total{method="spf",result="pass"} 1',
                         'sekisho_verdicts_total{method="dmarc",result="pass"} 1', "sekisho_latency_seconds_count 1"):
                tap.contains(text, f"\n{line}\n", f"with {line}")
            tap.equal(fetch(port, "/healthz"), (200, "ok\n"), "/healthz too")
            tap.equal(fetch(port, "/")[0], 404, "and nothing else")
            other = free_port()
            sekishod.configure(place.sections(metrics={"listen": f"inet:127.0.0.1:{other}"}))
            sekishod.reload()
            tap.contains(fetch(other, "/metrics")[1], "\nsekisho_messages_total 1\n", "they move with a reload")
            session.close()


def logs_json(tap):
    with Place() as place:
        sekishod = place.sekishod(log={"format": "json"})
        with open(place.folder / "log", "w+b") as log:
            process = subprocess.Popen([PROGRAM, "-f", "-c", str(sekishod.config)], stderr=log)
            for _ in range(500):
                if "ready" in (place.folder / "log").read_text():
                    break
                time.sleep(0.02)
            session = MilterSession(place.listen)
            session.begin(queue_id='4"X')
            session.end()
            session.close()
            process.terminate()
            tap.equal(process.wait(30), 0, "a run with JSON lines")
        lines = [json.loads(line) for line in (place.folder / "log").read_text().splitlines()]
        verdicts = [line for line in lines if line["event"] == "verdict"]
        tap.ok(len(verdicts) == 1 and verdicts[0]["qid"] == '4"X' and isinstance(verdicts[0]["ms"], int),
               "each line is a document", verdicts)


def does_not_wait_for_its_log(tap):
    with Place() as place:
        sekishod = place.sekishod()
        process = subprocess.Popen([PROGRAM, "-f", "-c", str(sekishod.config)], stderr=subprocess.PIPE)
        while b"ready" not in process.stderr.readline():  # from here on nobody reads
            pass
        session = MilterSession(place.listen)
        codes = set()
        for _ in range(1000):  # far more lines than a pipe holds
            session.begin()
            codes.add(session.end()[0])
        tap.equal(codes, {b"c"}, "mail goes on when nobody reads the log")
        session.close()
        process.terminate()
        process.stderr.close()
        tap.equal(process.wait(60), 0, "and so does the stop")


def documents_its_events(tap):
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    written = {"log_lost"}
    for source in (root / "src" / "daemon").glob("*.c"):
        if source.name.endswith("_test.c") or source.name == "log.c":
            continue
        text = source.read_text()
        written |= set(re.findall(r'(?:log_reason\([^";]*|\btell\(job, )"([a-z_]+)"', text))
        written |= set(re.findall(r'\{ FIGURE_\w+, "([a-z_]+)"', text))  # a table of events that are counted too
        for arguments in re.findall(r"log_begin\(([^;]*)\);", text):
            written |= set(re.findall(r'"([a-z_]+)"', arguments))
    documented = set(re.findall(r"`([a-z_]+)`", "".join(
        line.split("|")[1] for line in (root / "docs" / "log-events.md").read_text().splitlines()
        if line.startswith("| `") and re.search(r"information|warning|fatal|panic", line.split("|")[2]))))
    tap.equal(written, documented, "docs/log-events.md names every event, and no other")
    text = (root / "docs" / "log-events.md").read_text()
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", text))))
    keys = {key for source in (root / "src" / "daemon").glob("*.c") if not source.name.endswith("_test.c")
            for key in re.findall(r'log_(?:text|number)\(&?line, "(\w+)"', source.read_text())}
    tap.equal(sorted(keys - named), [], "and every key")


def documents_its_figures(tap):
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    text = (root / "docs" / "log-events.md").read_text().split("## Figures")[1]
    documented = {name for line in text.splitlines() if line.startswith("| `")
                  for name in re.findall(r"`([a-z_]+)(?:\{[a-z,]+\})?`", line.split("|")[1])}
    with Place() as place:
        port = free_port()
        with place.sekishod(metrics={"listen": f"inet:127.0.0.1:{port}"}):
            shown = set(re.findall(r"^# TYPE sekisho_(\w+) ", fetch(port, "/metrics")[1], re.M))
    tap.equal(shown, documented, "docs/log-events.md names every figure, and no other")


def names_one_socket_to_postfix(tap):
    """Whoever copies the lines of the README, of packaging/ or of --help must reach the default socket."""
    root = pathlib.Path(__file__).resolve().parent.parent.parent
    listen = re.search(r"^#listen = unix:/var/spool/postfix/(\S+)$", run("--print-config-sample")[1], re.M)
    want = [f"unix:{listen[1]}"]
    for name, text in (("the README", (root / "README.md").read_text()), ("--help", run("--help")[1]),
                       ("packaging/postfix/main.cf", (root / "packaging" / "postfix" / "main.cf").read_text())):
        tap.equal(re.findall(r"smtpd_milters = (unix:[^\s,]+)", text), want, f"{name} names the default socket")


def main(tap):
    for body in (command_line, check_config, starts_without_privileges, goes_to_the_background,
                 starts_without_standard_descriptors, tells_systemd, restarts_a_role_that_died, backs_off,
                 follows_a_supervisor_that_died, keeps_the_old_configuration_when_the_new_one_is_wrong,
                 swaps_configurations_without_dropping_a_session, reloads_under_load, reads_resolv_conf_again,
                 finishes_what_is_under_way, does_not_wait_for_ever, shows_figures, logs_json, does_not_wait_for_its_log,
                 documents_its_events, documents_its_figures, names_one_socket_to_postfix):
        body(tap)


Tap().run(main)
