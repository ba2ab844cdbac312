"""A small hosting provider for the demonstration: three customers with different server shapes and different choices,
loaded with the `sekisho` command as a provider would, and what becomes of mail for each of them.

The actions are the customers' own: nothing here is done by default.
"""
import email
import email.policy
import itertools
import json
import smtplib
import subprocess
import time

IMITATOR = {"client": "127.0.0.66", "helo": "mx.evil.example.org", "mail_from": "service@bank.example.org"}
SHOP = {"client": "127.0.0.10", "helo": "mail.shop.example.com", "mail_from": "orders@shop.example.com"}
# Its mail server is named in no SPF record and it signs nothing, while the domain above it asks for quarantine.
PARTNER = {"client": "127.0.0.77", "helo": "mail.billing.example.net", "mail_from": "invoice@billing.example.net"}

CUSTOMERS = [
    {"tenant": "lighthouse", "shape": "dedicated", "domain": "lighthouse.example",
     "choices": ["filter=on", "on-dmarc-reject=refuse", "on-dmarc-quarantine=refuse", "on-internal-spoof=refuse",
                 "discard-forged-bounces=yes", "junk-suffix=+Junk"],
     "allow": [["billing.example.net", "--evidence", "network:127.0.0.77/32", "--owner", "purchasing",
                "--note", "their server is known, their DNS is not in order"]]},
    {"tenant": "market", "shape": "shared", "domain": "market.example",
     "choices": ["filter=on", "on-dmarc-reject=junk", "junk-suffix=+Junk", "junk-by=recipient",
                 "on-dmarc-quarantine=mark", "subject-tag=[suspicious]"]},
    {"tenant": "harbour", "shape": "gateway", "domain": "harbour.example",
     "choices": ["filter=on", "on-dmarc-reject=hold", "quarantine-days=14"]},
    {"tenant": "market", "domain": "looking.market.example",
     "choices": ["filter=observe", "on-dmarc-reject=refuse"]},
]
NUMBERS = itertools.count(1)
DOMAINS = [customer["domain"] for customer in CUSTOMERS]


def text(author, subject, to):
    return (f"From: <{author}>\r\nTo: <{to}>\r\nSubject: {subject}\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
            f"Message-ID: <{next(NUMBERS)}.provider@demo.example.com>\r\n\r\nHello.\r\n").encode()


def at(domain):
    return f"reader@{domain}"


# about, who sends, author, recipients, and what is to become of it for each domain: an address where it arrives (with the
# fields that must be in it), "held", "discarded", "observed" or the reply that refuses it.
FORGED = {**IMITATOR, "author": "service@bank.example.org", "subject": "Your account is locked"}
CASES = [
    {"about": "mail that is in order arrives for everybody", **SHOP, "author": "orders@shop.example.com",
     "subject": "Your order", "want": {"lighthouse.example": "arrives", "market.example": "arrives",
                                       "harbour.example": "arrives"}},
    {"about": "the bank is imitated: lighthouse refuses", **FORGED, "want": {"lighthouse.example": "550 5.7.1"}},
    {"about": "the same: market wants it in the junk folder", **FORGED, "want": {"market.example": "junk"}},
    {"about": "the same: harbour wants it held", **FORGED, "want": {"harbour.example": "held"}},
    {"about": "the same: this domain only looks on", **FORGED, "want": {"looking.market.example": "arrives"}},
    {"about": "one message to three customers ends three ways", **FORGED,
     "want": {"lighthouse.example": "junk", "harbour.example": "held", "looking.market.example": "arrives"}},
    {"about": "a bounce forged in the customer's name vanishes", **IMITATOR, "mail_from": "",
     "author": "MAILER-DAEMON@lighthouse.example", "subject": "Undelivered mail",
     "want": {"lighthouse.example": "discarded"}},
    {"about": "a true bounce arrives", **SHOP, "mail_from": "", "author": "MAILER-DAEMON@shop.example.com",
     "subject": "Undelivered mail", "want": {"lighthouse.example": "arrives"}},
    {"about": "the customer's own name from outside is refused", **IMITATOR, "mail_from": "boss@lighthouse.example",
     "author": "boss@lighthouse.example", "subject": "Pay this today", "want": {"lighthouse.example": "550 5.7.1"}},
    {"about": "a partner that fails, allowed by its network", **PARTNER, "author": "invoice@billing.example.net",
     "subject": "Invoice", "want": {"lighthouse.example": "arrives"}},
    {"about": "the same name from elsewhere is refused", **PARTNER, "client": "127.0.0.66",
     "author": "invoice@billing.example.net", "subject": "Invoice", "want": {"lighthouse.example": "550 5.7.1"}},
    {"about": "the same for a customer that wants it marked", **PARTNER, "author": "invoice@billing.example.net",
     "subject": "Invoice", "want": {"market.example": "marked"}},
]


class ProviderError(Exception):
    """One sentence for the person at the terminal."""


class Provider:
    """`command` is the sekisho command, `folder` where quarantine and journal lie, `figure` reads one of /metrics."""

    def __init__(self, command, config, folder, postfix, figure):
        self.command, self.config, self.folder = command, config, folder
        self.postfix, self.figure = postfix, figure
        self.arrived = {}
        self.handled = 0

    def ask(self, *words):
        return subprocess.run([self.command, *words, "--json", "--config", self.config], capture_output=True, text=True,
                              check=False)

    def runs(self, *words):
        """Is the answer yes?"""
        return self.ask(*words).returncode == 0

    def run(self, *words):
        """-> the answer"""
        done = self.ask(*words)
        if done.returncode != 0:
            raise ProviderError(f"sekisho {' '.join(words)}: exit {done.returncode}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def load(self):
        """Tenants, domains, choices, confirmations. Returns when they are live. -> seconds that took"""
        tenants = set()
        for customer in CUSTOMERS:
            if customer["tenant"] not in tenants:
                self.run("tenant", "add", customer["tenant"], "--shape", customer["shape"])
                tenants.add(customer["tenant"])
            domain = customer["domain"]
            self.run("domain", "add", domain, "--tenant", customer["tenant"])
            for entry in customer.get("allow", []):
                self.run("allow", "add", domain, *entry)
            self.run("policy", "confirm", domain, "--by", f"postmaster@{domain}")
            change = self.run("policy", "set", domain, *customer["choices"])["change"]
        begun = time.monotonic()
        while self.figure("replica_change_id") < change:
            if time.monotonic() - begun > 30:
                raise ProviderError(f"change {change} is not in the replica after 30 s")
            time.sleep(0.02)
        time.sleep(0.3)  # a loop looks for another generation every 200 ms
        return time.monotonic() - begun - 0.3

    def send(self, case):
        """-> the refusal, or None"""
        recipients = [at(domain) for domain in case["want"]]
        with smtplib.SMTP("127.0.0.1", self.postfix.port, local_hostname=case["helo"], timeout=60,
                          source_address=(case["client"], 0)) as smtp:
            self.handled += 1
            try:
                smtp.sendmail(case["mail_from"], recipients, text(case["author"], case["subject"], recipients[0]))
            except smtplib.SMTPDataError as error:
                return f"{error.smtp_code} {error.smtp_error.decode()}"
        return None

    def held(self):
        return sum(len(list((self.folder / "quarantine" / name).glob("*"))) for name in ("new", "held"))

    def new_mail(self, address, timeout_s):
        """The message that came for this address since the last time, None when none did."""
        deadline = time.monotonic() + timeout_s
        while True:
            mail = self.postfix.mail(address)
            if len(mail) > self.arrived.get(address, 0):
                self.arrived[address] = len(mail)
                return email.message_from_bytes(mail[-1], policy=email.policy.compat32)
            if time.monotonic() > deadline:
                return None
            time.sleep(0.05)

    def outcome(self, domain, want, held_before):
        """What became of the mail for this domain, in the words of `want`."""
        local, _, _ = at(domain).partition("@")
        junk = f"{local}+Junk@{domain}"
        patience = 0.5 if want in ("held", "discarded") else 15
        message = self.new_mail(junk if want == "junk" else at(domain), patience)
        if message is None:
            return "held" if self.held() > held_before else "discarded"
        if want == "junk":
            return "junk"
        is_marked = message.get("X-Sekisho-Verdict") is not None
        return "marked" if is_marked or "suspicious" in message.get("Subject", "") else "arrives"

    def try_case(self, case):
        """-> [(domain, outcome, is expected)]"""
        held_before = self.held()
        refusal = self.send(case)
        rows = []
        for domain, want in case["want"].items():
            got = refusal if refusal is not None else self.outcome(domain, want, held_before)
            rows.append((domain, got, got == want or (want[:3].isdigit() and got.startswith(want))))
        return rows


def show(rows):
    width = max(len(domain) for _, domain, _, _ in rows)
    before = None
    for about, domain, got, is_good in rows:
        if about != before:
            print(f"  {about}")
        before = about
        print(f"      {domain:<{width}}  {got}" + ("" if is_good else "      EXPECTED OTHERWISE"))


# ---- what the store knows afterwards ----

def recorded(provider):
    """Numbers of the messages in the store."""
    return {row["message"] for row in provider.run("trace", "--limit", "1000")["messages"]}


def wait_for_records(provider, expected):
    """Each message is one record in the store. -> how many there are"""
    deadline = time.monotonic() + 15
    while len(recorded(provider)) < expected and time.monotonic() < deadline:
        time.sleep(0.1)
    return len(recorded(provider))


def release(provider, domain):
    """The customer's administrator lets one held message through. -> (what happened, is expected)"""
    held = provider.run("quarantine", "list", domain)["held"]
    if not held:
        return "nothing is held", False
    provider.run("quarantine", "release", str(held[-1]["id"]))
    arrived = provider.new_mail(at(domain), 15)
    left = len(provider.run("quarantine", "list", domain)["held"])
    return (f"{len(held)} were held; one was released and arrived: \"{arrived['Subject']}\"" if arrived else
            "one was released and did not arrive"), arrived is not None and left == len(held) - 1


def what_if(provider, domain, choice):
    answer = provider.run("policy", "what-if", domain, choice)
    return (f"of {answer['messages']} messages to {domain} {answer['changed']} would have ended otherwise with {choice}",
            answer["changed"] == 1)


def replay(provider):
    """All that was recorded, judged again from its evidence."""
    numbers = sorted(recorded(provider))
    same = sum(provider.runs("replay", str(number)) for number in numbers)
    return f"{same} of {len(numbers)} records come out the same when they are judged again", same == len(numbers)


def run_afterwards(provider, handled):
    """-> (as expected, all)"""
    count = wait_for_records(provider, handled)
    rows = [(f"{handled} messages were handled, {count} records are in the store", count == handled),
            release(provider, "harbour.example"), what_if(provider, "market.example", "on-dmarc-reject=refuse"),
            replay(provider)]
    print("\nWhat is known of it afterwards:\n")
    for sentence, is_good in rows:
        print(f"  {sentence}" + ("" if is_good else "      EXPECTED OTHERWISE"))
    return sum(is_good for _, is_good in rows), len(rows)


def run_provider(provider, handled_before):
    """-> (as expected, all)"""
    seconds = provider.load()
    print(f"\nA provider with three customers, loaded with the sekisho command and live {seconds:.1f} s later:\n")
    for customer in CUSTOMERS:
        print(f"  {customer['domain']:<23} {customer.get('shape', ''):<10} {' '.join(customer['choices'])}")
    print("\nWhat becomes of their mail:\n")
    rows = [(case["about"], *row) for case in CASES for row in provider.try_case(case)]
    show(rows)
    good, total = run_afterwards(provider, handled_before + provider.handled)
    return sum(row[3] for row in rows) + good, len(rows) + total
