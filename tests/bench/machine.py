"""What the benchmark asks the operating system: CPU time and memory of process trees, free ports, facts."""

import os
import platform
import re
import signal
import socket
import subprocess
import time


def _parent(pid):
    """Of one process, or None."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return int(file.read().rpartition(")")[2].split()[1])
    except OSError:
        return None


def tree(roots):
    """The processes named and everything below them."""
    parents = {int(name): _parent(name) for name in os.listdir("/proc") if name.isdigit()}
    members = set(roots)
    while True:
        more = {pid for pid, parent in parents.items() if parent in members} - members
        if not more:
            return members & parents.keys()
        members |= more


def _process_clock(pid):
    """The clock id of another process' CPU time: clock_getcpuclockid(3), which Python has for threads only."""
    return (~pid << 3) | 2


def cpu_us(roots):
    """CPU time of all threads, dead ones too, in nanoseconds' resolution: /proc has it in ticks of 10 ms."""
    return sum(time.clock_gettime_ns(_process_clock(pid)) for pid in tree(roots)) / 1000


def memory_kib(roots):
    """Proportional set size: pages shared between forks count once."""
    total = 0
    for pid in tree(roots):
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                total += int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M).group(1))
        except (OSError, AttributeError):
            continue
    return total


def rss_kib(roots):
    """Resident set size, the sum."""
    total = 0
    for pid in tree(roots):
        try:
            with open(f"/proc/{pid}/status", encoding="ascii") as file:
                total += int(re.search(r"^VmRSS:\s+(\d+)", file.read(), re.M).group(1))
        except (OSError, AttributeError):
            continue
    return total


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _answers(address):
    kind, _, rest = address.partition(":")
    with socket.socket(socket.AF_UNIX if kind == "unix" else socket.AF_INET) as probe:
        host, _, port = rest.rpartition(":")
        return probe.connect_ex(rest if kind == "unix" else (host, int(port))) == 0


def wait_for(address, process, name, seconds=60):
    """Until somebody listens at unix:PATH or inet:ADDR:PORT, or the process is gone."""
    for _ in range(seconds * 20):
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended at once with status {process.returncode}; see its log")
        if _answers(address):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{name} does not listen after {seconds} s; see its log")


def stop(process, seconds=15):
    """End one process that we started (it leads its own group)."""
    if process.poll() is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def start(command, log):
    with open(log, "ab") as file:
        return subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL, start_new_session=True)


def package_version(package):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else None


def facts():
    with open("/proc/cpuinfo", encoding="ascii") as file:
        info = file.read()
    with open("/proc/meminfo", encoding="ascii") as file:
        memory = int(re.search(r"MemTotal:\s+(\d+)", file.read()).group(1))
    model = re.search(r"model name\s*:\s*(.*)", info)
    return {"cpu": model.group(1) if model else platform.machine(), "cores": os.cpu_count(),
            "memory_gib": round(memory / 1048576, 1), "kernel": platform.release(),
            "flags": [flag for flag in ("sha_ni", "avx2", "avx512f") if re.search(rf"\b{flag}\b", info)],
            "load": [round(value, 2) for value in os.getloadavg()]}
