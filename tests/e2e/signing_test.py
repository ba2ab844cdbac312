#!/usr/bin/env python3
"""Signatures across implementations: what `sekisho sign` signs verifies with dkimpy, Mail::DKIM and OpenDKIM, and what
they sign verifies with `sekisho verify`; over ordinary and odd messages, all canonicalizations and both algorithms.

usage: signing_test.py PATH-OF-SEKISHO

The messages are those of the conformance folder's corpora, as many as SEKISHO_SIGNING_MESSAGES says (default 40), and of
demo/ without it. An implementation that is not installed is skipped, and said so.
"""
import base64
import glob
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
from tap import Tap  # noqa: E402

try:
    import dkim
except ImportError:
    dkim = None

SEKISHO = os.path.abspath(sys.argv[1])
CANONICALIZATIONS = ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"]
DOMAIN = "signing.example.com"
HAS_MAIL_DKIM = shutil.which("perl") is not None and subprocess.run(
    ["perl", "-MMail::DKIM::Verifier", "-e", "1"], capture_output=True).returncode == 0

# A worker that keeps running: reading Mail::DKIM in costs more than verifying.
PERL = r"""
use Mail::DKIM::Verifier; use Mail::DKIM::Signer; use Mail::DKIM::PublicKey; use JSON::PP;
my $records = decode_json(shift @ARGV);
{
    no warnings 'redefine';
    *Mail::DKIM::PublicKey::fetch_async = sub {
        my ($class, %p) = @_;
        my $name = "$p{Selector}._domainkey.$p{Domain}";
        my $key = exists $records->{$name} ? $class->parse($records->{$name}) : undef;
        my $on = $p{Callbacks} ? $p{Callbacks}{Success} : undef;
        $key->{Selector} = $p{Selector}, $key->{Domain} = $p{Domain} if $key;
        return sub { return $on ? $on->($key) : $key };
    };
}
$| = 1;
while (my $line = <STDIN>) {
    my $job = decode_json($line);
    open my $in, '<:raw', $job->{file} or die; local $/; my $text = <$in>; close $in; $/ = "\n";
    my $answer;
    if ($job->{verify}) {
        my $d = Mail::DKIM::Verifier->new; $d->PRINT($text); $d->CLOSE; $answer = $d->result_detail;
    } else {
        my $d = Mail::DKIM::Signer->new(Algorithm => 'rsa-sha256', Method => $job->{method}, Domain => $job->{domain},
            Selector => $job->{selector}, KeyFile => $job->{key});
        $d->PRINT($text); $d->CLOSE; $answer = $d->signature->as_string;
    }
    print encode_json({ answer => $answer }), "\n";
}
"""


def sekisho(*words, text=None):
    return subprocess.run([SEKISHO, *words], input=text, capture_output=True, timeout=60)


def to_wire(text):
    return text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n")


def as_message(text):
    """The message without an mbox envelope; None when nobody could sign it (no From, or no header at all)."""
    if text.startswith(b"From "):
        text = text.split(b"\n", 1)[1]
    text = to_wire(text)
    header = text.split(b"\r\n\r\n", 1)[0]
    lines = header.split(b"\r\n")
    has_from = any(line[:5].lower() == b"from:" for line in lines)
    is_header = all(line[:1] in (b" ", b"\t") or b":" in line for line in lines) and lines[0][:1] not in (b" ", b"\t")
    return text if has_from and is_header and b"\r\n\r\n" in text and b"\0" not in text else None


ODD = [
    b"From: a@b.example\r\n\r\n",
    b"From: a@b.example\r\n\r\n\r\n\r\n\r\n",
    b"From: a@b.example\r\nSubject: \r\nTo:\r\n\r\nno line end",
    b"FROM:a@b.example\r\nsubject:\tx \t y\r\n\t \r\n z  \r\n\r\n \r\n\t\r\nx \t y\t\r\n",
    b"Subject: 1\r\nFrom: a@b.example\r\nSubject: 2\r\nTo: x@y.example\r\nTo: z@y.example\r\n\r\nbody\r\n",
    b"From: \"A\r\n B\" <a@b.example>\r\nX: \xff\xfe\r\n\r\n\xe3\x81\x82 \xff\r\n.\r\n..\r\n",
    b"From: a@b.example\r\nTo: " + b"x@y.example, " * 2000 + b"z@y.example\r\n\r\n" + b"x" * 5000 + b"\r\n",
]


def messages():
    wanted = int(os.environ.get("SEKISHO_SIGNING_MESSAGES", "40"))
    folder = os.environ.get("SEKISHO_CONFORMANCE", os.path.join(ROOT, "..", "shared", "conformance"))
    paths = sorted(p for p in glob.glob(os.path.join(folder, "corpus", "**", "*"), recursive=True)
                   + glob.glob(os.path.join(folder, "mime", "**", "*"), recursive=True) if os.path.isfile(p))
    found = list(ODD)
    step = max(1, len(paths) // wanted)
    for path in paths[::step] or glob.glob(os.path.join(ROOT, "demo", "messages", "*.eml")):
        with open(path, "rb") as file:
            message = as_message(file.read(1 << 20))
        if message is not None:
            found.append(message)
    return found


class Keys:
    """One RSA and one Ed25519 key, their records, and what the other programs need of them."""

    def __init__(self, folder):
        self.folder = folder
        self.records, zone, self.files = {}, [], {}
        for algorithm, selector in (("rsa-sha256", "rsa"), ("ed25519-sha256", "ed")):
            self.files[algorithm] = path = os.path.join(folder, selector + ".pem")
            made = json.loads(sekisho("key", "generate", "--json", "--algorithm", algorithm, "--domain", DOMAIN,
                                      "--selector", selector, "--out", path).stdout)
            self.records[made["name"]] = made["record"]
            zone.append(made["zone"])
        self.zone = os.path.join(folder, "zone")
        with open(self.zone, "w", encoding="ascii") as file:
            file.write("\n".join(zone) + "\n")

    def selector(self, algorithm):
        return {"rsa-sha256": "rsa", "ed25519-sha256": "ed"}[algorithm]

    def dkimpy(self, algorithm):
        with open(self.files[algorithm], "rb") as file:
            pem = file.read()
        if algorithm == "rsa-sha256":
            return pem
        der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
        return base64.b64encode(der[-32:])

    def txt(self, name, timeout=5):
        del timeout
        return self.records.get(name.decode().rstrip("."), "").encode() or None


def sign_ours(keys, message, algorithm, canonicalization):
    done = sekisho("sign", "-", "--domain", DOMAIN, "--selector", keys.selector(algorithm), "--key", keys.files[algorithm],
                   "--canonicalization", canonicalization, text=message)
    return done.stdout if done.returncode == 0 else b""


def verify_ours(keys, message):
    done = sekisho("verify", "-", "--json", "--zone", keys.zone, text=message)
    verdict = json.loads(done.stdout)
    return verdict["dkim"][0]["result"], verdict["dkim"][0]["reason"]


def verify_dkimpy(keys, message):
    try:
        return dkim.DKIM(message, minkey=1024).verify(dnsfunc=keys.txt)
    except dkim.DKIMException as error:
        return str(error)


def sign_dkimpy(keys, message, algorithm, canonicalization):
    head, body = canonicalization.split("/")
    return dkim.sign(message, keys.selector(algorithm).encode(), DOMAIN.encode(), keys.dkimpy(algorithm),
                     canonicalize=(head.encode(), body.encode()), signature_algorithm=algorithm.encode()) + message


class MailDkim:
    def __init__(self, keys):
        self.keys = keys
        self.path = os.path.join(keys.folder, "message")
        self.worker = subprocess.Popen(["perl", "-e", PERL, json.dumps(keys.records)], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True)

    def ask(self, message, **job):
        with open(self.path, "wb") as file:
            file.write(message)
        self.worker.stdin.write(json.dumps({"file": self.path, **job}) + "\n")
        self.worker.stdin.flush()
        return json.loads(self.worker.stdout.readline())["answer"]

    def verify(self, message):
        return self.ask(message, verify=True)

    def sign(self, message, canonicalization):
        field = self.ask(message, method=canonicalization, domain=DOMAIN, selector="rsa", key=self.keys.files["rsa-sha256"])
        return to_wire(field.encode()) + b"\r\n" + message

    def end(self):
        self.worker.stdin.close()
        self.worker.wait()


class Tally:
    """Counts a kind of check, and keeps the first failures for the report."""

    def __init__(self):
        self.counts, self.failures = {}, {}

    def note(self, kind, held, message, detail):
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if not held and len(self.failures.setdefault(kind, [])) < 5:
            self.failures[kind].append(f"{detail}: {message[:300]!r}")
        elif not held:
            self.failures[kind].append("")

    def report(self, tap):
        for kind, count in self.counts.items():
            wrong = self.failures.get(kind, [])
            tap.ok(not wrong, f"{kind}: {count - len(wrong)} of {count}", "\n".join(w for w in wrong if w))


# Mail::DKIM adds no CRLF to a body that has none at its end under "simple", as RFC 6376 section 3.4.3 asks: such a body
# is left to the others. No body is without it on the wire.
def cross_check(tap, keys):
    tally = Tally()
    perl = MailDkim(keys) if HAS_MAIL_DKIM else None
    for message in messages():
        for algorithm in keys.files:
            for canonicalization in CANONICALIZATIONS:
                how = f"{algorithm} {canonicalization}"
                signed = sign_ours(keys, message, algorithm, canonicalization)
                kept = signed.endswith(message)
                tally.note("sekisho signs, every octet of the message kept", kept, message, how)
                if not kept:
                    continue
                got = verify_ours(keys, signed)
                tally.note("sekisho signs, sekisho verifies", got[0] == "pass", signed, (how, got))
                if dkim:
                    got = verify_dkimpy(keys, signed)
                    tally.note(f"sekisho signs, dkimpy verifies ({algorithm})", got is True, signed, (how, got))
                    got = verify_ours(keys, sign_dkimpy(keys, message, algorithm, canonicalization))
                    tally.note(f"dkimpy signs, sekisho verifies ({algorithm})", got[0] == "pass", message, (how, got))
                if perl and algorithm == "rsa-sha256" and (message.endswith(b"\r\n") or canonicalization.endswith("relaxed")):
                    got = perl.verify(signed)
                    tally.note("sekisho signs, Mail::DKIM verifies (rsa-sha256)", got == "pass", signed, (how, got))
                    got = verify_ours(keys, perl.sign(message, canonicalization))
                    tally.note("Mail::DKIM signs, sekisho verifies (rsa-sha256)", got[0] == "pass", message, (how, got))
    if perl:
        perl.end()
    tally.report(tap)


def skipped(tap):
    if not dkim:
        tap.ok(True, "dkimpy # SKIP python3-dkim is not installed")
    if not HAS_MAIL_DKIM:
        tap.ok(True, "Mail::DKIM # SKIP libmail-dkim-perl is not installed")


def key_files(tap, keys):
    path = keys.files["rsa-sha256"]
    tap.equal(stat.S_IMODE(os.stat(path).st_mode), 0o600, "key generate: the file is its owner's alone")
    with open(path, "rb") as file:
        before = file.read()
    done = sekisho("key", "generate", "--domain", DOMAIN, "--selector", "rsa", "--out", path)
    with open(path, "rb") as file:
        tap.ok(done.returncode == 1 and b"File exists" in done.stderr and file.read() == before,
               "key generate: a file that is there stays as it is", done.stderr)
    tap.ok(before.splitlines()[1] not in done.stdout + done.stderr, "key generate: the secret is never printed")
    new = os.path.join(keys.folder, "new.pem")
    out = sekisho("key", "generate", "--domain", DOMAIN, "--selector", "big", "--bits", "4096", "--out", new).stdout.decode()
    strings = [line.strip().strip('"') for line in out.split("In a zone file:")[1].splitlines() if line.startswith('\t"')]
    record = out.split(f"big._domainkey.{DOMAIN} TXT ")[1].splitlines()[0]
    tap.equal(("".join(strings), max(map(len, strings))), (record, 255), "key generate: zone lines are split at 255")
    tap.contains(out, f"  value  {record}\n", "key generate: the value for a web form stands in one piece")


def message_forms(tap, keys):
    plain = b"From: a@b.example\r\nSubject: x\r\n\r\nbody\r\n"
    unix = plain.replace(b"\r\n", b"\n")
    words = ["--domain", DOMAIN, "--selector", "rsa", "--key", keys.files["rsa-sha256"], "--time", "1795334400"]
    wire_out, unix_out = (sekisho("sign", "-", *words, text=text).stdout for text in (plain, unix))
    tap.ok(b"\r" not in unix_out and unix_out == wire_out.replace(b"\r\n", b"\n"),
           "sign: a Unix text stays one, and gets the same signature")
    tap.equal(verify_ours(keys, unix_out)[0], "pass", "sign: a Unix text verifies")
    mbox = b"From a@b.example Sun Nov 22 12:00:00 2026\n" + unix
    out = sekisho("sign", "-", *words, text=mbox).stdout
    tap.ok(out.startswith(mbox.split(b"\n")[0] + b"\nDKIM-Signature:") and verify_ours(keys, out)[0] == "pass",
           "sign: the field goes behind an mbox envelope line", out)
    fields = json.loads(sekisho("sign", "-", "--json", *words, text=plain).stdout)["fields"]
    tap.ok(wire_out.startswith(f"DKIM-Signature:{fields[0]['value']}\r\n".encode()), "sign --json: the same field")
    both = sign_ours(keys, wire_out, "ed25519-sha256", "relaxed/relaxed")
    verdict = json.loads(sekisho("verify", "-", "--json", "--zone", keys.zone, text=both).stdout)
    tap.equal([(s["result"], s["algorithm"]) for s in verdict["dkim"]],
              [("pass", "ed25519-sha256"), ("pass", "rsa-sha256")], "sign: both algorithms on one message")
    done = sekisho("sign", "-", *words, text=b"From: a@b.example\r\n\r\nx\ny\r\n")
    tap.ok(done.returncode == 0 and b"alone" in done.stderr, "sign: a bare LF is noted", done.stderr)


def trouble(tap, keys):
    plain = b"From: a@b.example\r\n\r\n"
    who = ["--domain", DOMAIN, "--selector", "rsa"]
    key = ["--key", keys.files["rsa-sha256"]]
    table = [
        ("no key", ["sign", "-", *who], 2, "needs --domain, --selector and --key"),
        ("no domain", ["sign", "-", "--selector", "x", *key], 2, "needs --domain"),
        ("an unknown algorithm", ["sign", "-", *who, *key, "--algorithm", "rsa-sha1"], 2, "one of rsa-sha256, ed25519-sha256"),
        ("another algorithm than the key's", ["sign", "-", *who, *key, "--algorithm", "ed25519-sha256"], 1, "the key is for"),
        ("an unknown canonicalization", ["sign", "-", *who, *key, "--canonicalization", "nowsp"], 2, "--canonicalization"),
        ("fields without From", ["sign", "-", *who, *key, "--headers", "To:Subject"], 1, "From field must be signed"),
        ("an identity elsewhere", ["sign", "-", *who, *key, "--identity", "@example.org"], 1, "not within"),
        ("a missing key", ["sign", "-", *who, "--key", "/nonexistent"], 1, "/nonexistent: cannot be read"),
        ("a folder for a key", ["sign", "-", *who, "--key", "/"], 1, "cannot be read"),
        ("no key in the file", ["sign", "-", *who, "--key", __file__], 1, "not a private key"),
        ("a bad domain", ["key", "generate", "--domain", "a b", "--selector", "s", "--out", "/nonexistent/x"], 2, "--domain"),
        ("a folder that is not there", ["key", "generate", *who, "--out", "/nonexistent/x"], 1, "cannot be made"),
        ("a small RSA key", ["key", "generate", *who, "--bits", "1024", "--out", "/nonexistent/x"], 2, "2048 to 4096"),
    ]
    for name, words, want_code, want_text in table:
        done = sekisho(*words, text=plain)
        tap.ok(done.returncode == want_code and want_text in done.stderr.decode() and done.stdout == b"",
               f"{name}: exit {want_code} and a sentence", f"exit {done.returncode}\n{done.stdout}{done.stderr}")
    done = sekisho("sign", "-", *who, *key, text=b"Subject: x\r\n\r\n")
    tap.ok(done.returncode == 1 and b"no From" in done.stderr, "a message without From is not signed", done.stderr)


def sealing(tap, keys):
    """A message that passes through three sealers, and a list that breaks the chain behind the second."""
    def seal(text, algorithm, *more):
        return sekisho("arc", "seal", "-", "--domain", DOMAIN, "--selector", keys.selector(algorithm), "--key",
                       keys.files[algorithm], "--zone", keys.zone, "--authserv-id", "mx.example.org", *more, text=text)

    def verify(text):
        return json.loads(sekisho("arc", "verify", "-", "--json", "--zone", keys.zone, text=text).stdout)

    message = sign_ours(keys, ODD[4], "rsa-sha256", "relaxed/relaxed")
    for hop, algorithm in enumerate(("rsa-sha256", "rsa-sha256", "ed25519-sha256"), 1):
        sealed = seal(message, algorithm, "--ip", "127.0.0.1", "--helo", "h.example", "--mail-from", "a@b.example").stdout
        verdict = verify(sealed)
        tap.equal((sealed.endswith(message), verdict["result"], verdict["instance"]), (True, "pass", hop),
                  f"arc seal: {hop} sets, every octet of the message kept")
        if dkim and algorithm == "rsa-sha256":  # it knows no other for ARC
            got = dkim.arc_verify(sealed, dnsfunc=keys.txt)[0]
            tap.equal(got, b"pass", f"arc seal: dkimpy validates {hop} sets")
        tap.ok(f"ARC-Authentication-Results: i={hop}; mx.example.org;".encode() in sealed, "arc seal: our results are in it")
        message = sealed if hop != 2 else seal(sealed.replace(b"Subject: 1", b"Subject: [list] 1"), algorithm).stdout
        if hop == 2:
            tap.ok(message.startswith(b"ARC-Seal: i=3; cv=fail;"), "arc seal: a chain broken by a list is sealed as failed")
            again = seal(message, algorithm)
            tap.ok(again.returncode == 1 and again.stdout == message and b"cv=fail already" in again.stderr,
                   "arc seal: a failed chain is left as it is", again.stderr)
            message = sealed
    done = sekisho("arc", "seal", "-", "--json", "--domain", DOMAIN, "--selector", "rsa", "--key", keys.files["rsa-sha256"],
                   "--zone", keys.zone, "--headers", "From:Authentication-Results", text=ODD[0])
    tap.ok(done.returncode == 1 and "must not sign" in json.loads(done.stdout)["error"],
           "arc seal: Authentication-Results cannot be signed", done.stdout)


def body(tap):
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys(folder)
        key_files(tap, keys)
        message_forms(tap, keys)
        trouble(tap, keys)
        sealing(tap, keys)
        skipped(tap)
        cross_check(tap, keys)


Tap().run(body)
