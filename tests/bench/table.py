"""The benchmark's results as Markdown: CPU and ratios, speed and latency, and what was to be reached."""

import subjects

TITLES = {subject.name: subject.title for subject in subjects.ALL}
DNS_NAMES = {0: "answers at once", 20: "20 ms per answer"}
LONGEST_CHAIN = 2   # of dependent look-ups in the cold set: the SPF record, then what it includes
PEERS = ("opendkim+opendmarc", "rspamd")


def one_line(result):
    text = (f"{result['subject']:18} dns {result['dns_ms']:2} ms {result['set']} {result['sessions']:4} sessions: "
            f"{result['messages']:5} messages, {result['cpu_us']:7.1f} us CPU, {result['rate']:7.0f}/s, "
            f"p50 {result['whole_us']['p50'] / 1000:.2f} ms, {result['memory_kib'] / 1024:.1f} MiB")
    return text + flaws(result)


def flaws(result):
    """What spoils a measurement: verdicts that did not come, errors."""
    found = [f"{word} only {share:.1%}" for word, share in result.get("short", {}).items()]
    found += [f"{result[kind]} {kind}" for kind in ("errors", "refused") if result[kind] > 0]
    return f" ({', '.join(found)})" if found else ""


def find(results, subject, dns_ms, corpus, sessions, per_connection=100):
    for result in results:
        if (result["subject"], result["dns_ms"], result["set"], result["sessions"],
                result["per_connection"]) == (subject, dns_ms, corpus, sessions, per_connection):
            return result
    return None


def row(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def head(cells):
    return [row(cells), "|" + " --- |" * len(cells)]


def ratio(a, b, key):
    return f"{a[key] / b[key]:.2f}" if a and b and b[key] > 0 else "-"


def cpu_table(results, dns_ms, corpus, per_connection=100):
    names = ["floor", "sekishod", *PEERS]
    lines = head(["sessions", "floor", "Sekisho", "× floor"] +
                 [cell for peer in PEERS for cell in (TITLES[peer], "× Sekisho")])
    for sessions in (1, 16, 100, 1000):
        found = {name: find(results, name, dns_ms if name != "floor" else 0, corpus if name != "floor" else "warm",
                            sessions, per_connection) for name in names}
        if not any(found[name] for name in names[1:]) and not (dns_ms == 0 and found["floor"]):
            continue
        cells = [sessions] + [f"{found[name]['cpu_us']:.0f}" if found[name] else "-" for name in names[:2]]
        cells.append(ratio(found["sekishod"], found["floor"], "cpu_us"))
        for peer in PEERS:
            cells += [f"{found[peer]['cpu_us']:.0f}" if found[peer] else "-",
                      ratio(found[peer], found["sekishod"], "cpu_us")]
        lines.append(row(cells))
    return lines


def times(values):
    return " / ".join(f"{values[point] / 1000:.2f}" for point in ("p50", "p95", "p99"))


def speed_table(results, dns_ms, corpus):
    lines = head(["sessions", "subject", "messages/s", "CPU µs/message", "whole message, ms: p50 / p95 / p99",
                  "end to reply, ms: p50 / p95 / p99", "memory, MiB"])
    for sessions in (1, 16, 100, 1000):
        for name in TITLES:
            result = find(results, name, dns_ms, corpus, sessions)
            if result is not None:
                lines.append(row([sessions, TITLES[name] + flaws(result), f"{result['rate']:.0f}",
                                  f"{result['cpu_us']:.0f}", times(result["whole_us"]), times(result["eom_us"]),
                                  f"{result['memory_kib'] / 1024:.1f}"]))
    return lines


def judge(measured, bound, at_most):
    return "yes" if (measured <= bound if at_most else measured >= bound) else "**no**"


def goals(record):
    results, memory = record["results"], record["memory"]
    lines = head(["goal", "bound", "measured", "reached"])

    def add(text, bound, measured, at_most, unit=""):
        if measured is not None:
            lines.append(row([text, f"{'≤' if at_most else '≥'} {bound}{unit}", f"{measured:.2f}{unit}",
                              judge(measured, bound, at_most)]))

    def quotient(a, b, key):
        return a[key] / b[key] if a and b and b[key] else None

    ours = find(results, "sekishod", 0, "warm", 16)
    add("CPU, warm, 16 sessions: Sekisho / floor", 1.6, quotient(ours, find(results, "floor", 0, "warm", 16),
                                                                 "cpu_us"), True)
    for peer in PEERS:
        add(f"the same: {TITLES[peer]} / Sekisho", 9, quotient(find(results, peer, 0, "warm", 16), ours, "cpu_us"),
            False)
    ours = find(results, "sekishod", 20, "cold", 1000)
    for peer, bound in (("rspamd", 2.5), ("opendkim+opendmarc", 5)):
        add(f"messages/s, 20 ms DNS, cold, 1,000 sessions: Sekisho / {TITLES[peer]}", bound,
            quotient(ours, find(results, peer, 20, "cold", 1000), "rate"), False)
    slow = find(results, "sekishod", 20, "cold", 16)
    add(f"p50 of a whole message, 20 ms DNS, cold, 16 sessions / {LONGEST_CHAIN} × 20 ms", 1.3,
        slow and slow["whole_us"]["p50"] / (LONGEST_CHAIN * 20000), True)
    add("resident memory at 1,000 sessions, 100,000 messages", 64, memory and memory["max_kib"] / 1024, True, " MiB")
    return lines


def memory_lines(memory):
    if memory is None:
        return []
    samples = memory["samples"]
    steps = [samples[len(samples) * part // 10] for part in range(10)] + [samples[-1]]
    return ["", "## Memory of Sekisho over 100,000 messages", "",
            f"{memory['messages']} messages over 1,000 sessions, from 20,000 domains in turn, {memory['rate']:.0f}/s. "
            "Resident memory of all its processes, sampled in equal steps of time (MiB):",
            "", ", ".join(f"{kib / 1024:.1f}" for _, kib in steps) +
            f"; at most {memory['max_kib'] / 1024:.1f}, when all sessions were closed "
            f"{memory['after_kib'] / 1024:.1f}."]


def render(record):
    facts, results = record["facts"], record["results"]
    lines = ["## Machine and versions", "",
             f"- {facts['cpu']}, {facts['cores']} cores ({', '.join(facts['flags'])}), {facts['memory_gib']} GiB, "
             f"Linux {facts['kernel']}; load average at the start {facts['load'][0]}",
             f"- between load generator and milters: {record['transport']}"]
    lines += [f"- {TITLES[name]}: {version}" for name, version in record["versions"].items() if version]
    lines += ["", "## What was to be reached", "", *goals(record)]
    for dns_ms, dns_name in DNS_NAMES.items():
        for corpus in ("warm", "cold"):
            if any(result["dns_ms"] == dns_ms and result["set"] == corpus for result in results):
                lines += ["", f"## {corpus.capitalize()}, DNS {dns_name}", "",
                          "CPU microseconds per message, all processes of the subject:", "",
                          *cpu_table(results, dns_ms, corpus), "", *speed_table(results, dns_ms, corpus)]
    if any(result["per_connection"] == 1 for result in results):
        lines += ["", "## One message per connection (warm, DNS at once)", "", "CPU microseconds per message:", "",
                  *cpu_table(results, 0, "warm", 1)]
    lines += memory_lines(record["memory"])
    return "\n".join(lines) + "\n"
