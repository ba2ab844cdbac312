#!/usr/bin/env python3
"""Signatures across implementations: what `sekisho sign` signs verifies with OpenDKIM, dkimpy and Mail::DKIM, and what
they sign verifies with `sekisho verify`; over ordinary and odd messages, all canonicalizations and both algorithms.

usage: signing_peers_test.py PATH-OF-SEKISHO

SEKISHO_SIGNING_MESSAGES says how many messages (default 50): the odd ones of signing_messages.py, and a sample of the
conformance folder, or of demo/ where that is not there. Where an implementation differs, a row of EXCEPTIONS must say
why; what no row explains is a failure. Prints the table of docs/conformance.md in comments.
"""
import collections
import os
import re
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "support"))
import dkim_peers  # noqa: E402
from signing import SELECTORS, Signing  # noqa: E402
from signing_messages import messages  # noqa: E402
from tap import Tap  # noqa: E402

CANONICALIZATIONS = ["relaxed/relaxed", "relaxed/simple", "simple/relaxed", "simple/simple"]
VERIFIES, SIGNS = "verifies", "signs"  # what the peer does
EITHER = (VERIFIES, SIGNS)


class Parts:
    """What the exceptions ask about a message."""

    def __init__(self, message):
        self.header, _, self.body = message.partition(b"\r\n\r\n")
        self.fields = re.split(rb"\r\n(?![ \t])", self.header.removesuffix(b"\r\n"))

    def named(self, name):
        return [field for field in self.fields if re.match(rb"(?i)" + name + rb"[ \t]*:", field)]

    def ends_without_crlf(self):
        return self.body != b"" and not self.body.endswith(b"\r\n")

    def ends_with_white_space(self):
        return self.body.endswith((b" ", b"\t"))

    def has_bare_lf(self):
        return re.search(rb"(?<!\r)\n", self.header + self.body) is not None

    def is_long_and_ends_without_crlf(self):
        return self.ends_without_crlf() and len(self.body) >= 4096

    def has_bare_line_ends_that_count(self):
        return re.search(rb"(?<!\r)\n|\r\Z|(?:\A|\r\n)\r+\r\n", self.body) is not None

    def has_bare_cr(self):
        return re.search(rb"\r(?!\n)", self.body) is not None

    def has_control_octets(self):
        return any(re.search(rb"[\0\r\n\x0b\x0c]", field.replace(b"\r\n", b"")) for field in self.fields)

    def has_white_space_before_colon(self):
        return any(re.match(rb"[!-9;-~]+[ \t]+:", field) for field in self.fields)

    def has_tab_before_colon(self):
        return any(re.match(rb"[!-9;-~]+ *\t[ \t]*:", field) for field in self.fields)

    def has_no_field(self):
        return not all(re.match(rb"[!-9;-~]+[ \t]*:", field) for field in self.fields)

    def has_no_author_domain(self):
        return any(b"@" not in field or b"<>" in field for field in self.named(b"from"))

    def has_a_broken_signature(self):
        whole = [rb"[:;\s]" + tag + rb"\s*=" for tag in (b"a", b"b", b"bh", b"h", b"s", b"v")] + [rb"[:;\s]d\s*=[\s\w.-]+(;|\Z)"]
        return any(not re.search(tag, field) for field in self.named(b"dkim-signature") for tag in whole)


Row = collections.namedtuple("Row", "peer does algorithm canonicalization is_so why mend", defaults=(None,))

# Where a peer differs: which one, in what, under which algorithm and canonicalization ("" and "/": any), for which
# messages, and what the RFC says. A row that explains nothing in a run fails it too. Where the signer's slip can be
# mended in the message that it signed, `mend` does so, and then we must verify it.
EXCEPTIONS = [
    Row("OpenDKIM", EITHER, "", "/relaxed", Parts.ends_without_crlf,
        "refuses a body without CRLF at its end, or hashes it without. RFC 6376 section 3.4.4: \"If the body is non-empty but "
        "does not end with a CRLF, a CRLF is added\""),
    Row("OpenDKIM", EITHER, "", "/simple", Parts.is_long_and_ends_without_crlf,
        "adds no CRLF to a body of 4,096 octets and more that has none at its end. RFC 6376 section 3.4.3: \"If there is no body "
        "or no trailing CRLF on the message body, a CRLF is added\""),
    Row("OpenDKIM", EITHER, "", "/simple", Parts.has_bare_line_ends_that_count,
        "drops the LF of the line end behind a bare LF (hashes \"x LF y CR\"), drops CRs alone on a line, and takes a bare CR or "
        "LF at the end for half a CRLF. RFC 6376 section 3.4.3: \"It makes no other changes to the message body\""),
    Row("OpenDKIM", EITHER, "", "/relaxed", Parts.has_bare_cr,
        "drops bare CRs from the body. RFC 6376 section 3.4.4 takes nothing from a line but WSP, space and tab (section 2.8)"),
    Row("OpenDKIM", EITHER, "", "relaxed/", Parts.has_control_octets,
        "takes vertical tab, form feed and a bare CR or LF in a field for white space, and ends a field at a NUL. RFC 6376 "
        "section 3.4.2: \"Convert all sequences of one or more WSP characters\", which are space and tab (section 2.8)"),
    Row("OpenDKIM", EITHER, "", "/", Parts.has_tab_before_colon,
        "refuses a message with a tab in front of a colon. RFC 5322 section 4.5.8: \"field-name *WSP \":\"\"; RFC 6376 section "
        "3.4.2: \"Delete any WSP characters remaining before and after the colon\""),
    Row("OpenDKIM", EITHER, "", "/", Parts.has_no_field,
        "refuses a message whose header has a line that is no field. RFC 6376 section 3.8: signers and verifiers \"SHOULD take "
        "reasonable steps to ensure that the messages they are processing are valid\": either way is open"),
    Row("OpenDKIM", (VERIFIES,), "", "/", Parts.has_no_author_domain,
        "refuses a message whose From has no domain. RFC 6376 section 6.1 takes the domain from d=; From must be signed, and "
        "is not read"),
    Row("OpenDKIM", EITHER, "", "/", Parts.has_a_broken_signature,
        "refuses a message with another signature that lacks a tag, or whose d= is no domain. RFC 6376 section 6.1: \"The Verifier SHOULD proceed to the "
        "next signature, if one is present, and completely ignore the bad signature\""),
    Row("OpenDKIM", (SIGNS,), "ed25519-sha256", "simple/", lambda parts: True,
        "hashes its own field with b= on the line of h= and writes it with a fold in between, so that dkimpy and OpenDKIM "
        "itself refuse it too; without the fold it verifies. RFC 6376 section 3.4.1: fields are signed \"exactly as they are "
        "in the message\"",
        mend=lambda signed: signed.replace(b";\r\n\tb=", b"; b=", 1)),
    Row("dkimpy", EITHER, "", "/", Parts.has_white_space_before_colon,
        "refuses a message with white space in front of a colon. RFC 5322 section 4.5.8, RFC 6376 section 3.4.2, as above"),
    Row("dkimpy", EITHER, "", "/", Parts.has_no_field,
        "refuses a message whose header has a line that is no field. RFC 6376 section 3.8, as above"),
    Row("dkimpy", EITHER, "", "/", Parts.has_bare_lf,
        "makes a CRLF of every bare LF. RFC 5321 section 2.3.8: implementations \"MUST NOT recognize … any other character or "
        "character sequence as a line terminator\". (RFC 6376 section 5.3 wants such a message mended before it is signed; "
        "`sekisho sign` says so)"),
    Row("dkimpy", EITHER, "", "/relaxed", Parts.ends_with_white_space,
        "keeps a space at the end of a body without CRLF. RFC 6376 section 3.4.4: \"Ignore all whitespace at the end of "
        "lines\", and a CRLF is added"),
    Row("Mail::DKIM", EITHER, "", "/simple", Parts.ends_without_crlf,
        "adds no CRLF to a body that has none at its end. RFC 6376 section 3.4.3: \"If there is no body or no trailing CRLF on "
        "the message body, a CRLF is added\""),
    Row("Mail::DKIM", EITHER, "", "/", Parts.has_no_field,
        "takes a line that is no field for the beginning of the body. RFC 6376 section 3.8, as above"),
]


def explaining(peer, does, algorithm, canonicalization, message):
    """The number of the row that explains a difference, or None."""
    parts = Parts(message)
    for number, row in enumerate(EXCEPTIONS):
        fits = canonicalization.startswith(row.canonicalization) or canonicalization.endswith(row.canonicalization)
        if row.peer == peer and does in row.does and row.algorithm in ("", algorithm) and \
           (row.canonicalization == "/" or fits) and row.is_so(parts):
            return number
    return None


class Tally:
    """For each peer, algorithm and canonicalization, and for what the peer does: tried, passed, and exceptions by row."""

    def __init__(self):
        self.counts = collections.defaultdict(collections.Counter)
        self.failures = collections.defaultdict(list)

    def note(self, peer, does, algorithm, canonicalization, name, message, said, verify_mended=None):
        count = self.counts[peer, algorithm, canonicalization, does]
        count["tried"] += 1
        if said == "pass":
            count["passed"] += 1
            return
        number = explaining(peer, does, algorithm, canonicalization, message)
        if number is not None and EXCEPTIONS[number].mend and verify_mended(EXCEPTIONS[number].mend) != "pass":
            number = None  # it is something else
        if number is None:
            self.failures[peer, does, algorithm].append(f"{name}, {canonicalization}: {said}")
        else:
            count[number] += 1

    def report(self, tap, peer, does, algorithm):
        counts = [self.counts[peer, algorithm, canonicalization, does] for canonicalization in CANONICALIZATIONS]
        tried, passed = (sum(count[what] for count in counts) for what in ("tried", "passed"))
        wrong = self.failures[peer, does, algorithm]
        name = f"sekisho signs, {peer} verifies" if does == VERIFIES else f"{peer} signs, sekisho verifies"
        tap.ok(tried > 0 and not wrong, f"{name}, {algorithm}: {passed} of {tried}, "
               f"{tried - passed - len(wrong)} differences explained", "\n".join(wrong[:20]))

    def cell(self, *key):
        count = self.counts[key]
        rows = ", ".join(f"{count[number]}{chr(ord('a') + number)}" for number in range(len(EXCEPTIONS)) if count[number])
        return f"{count['tried']} | {count['passed']} | {rows or '–'}"

    def table(self, peers):
        yield "| with | algorithm | canonicalization | we sign | it verifies | not | it signs | we verify | not |"
        yield "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
        for peer in peers:
            for algorithm in peer.algorithms:
                for canonicalization in CANONICALIZATIONS:
                    cells = [self.cell(peer.name, algorithm, canonicalization, does) for does in EITHER]
                    yield f"| {peer.name} | {algorithm} | {canonicalization} | {cells[0]} | {cells[1]} |"

    def uses(self, number):
        return sum(count[number] for count in self.counts.values())


def check_with(tally, peer, signing, name, message, signed, how):
    """Both directions, with one peer."""
    if signed is not None:
        tally.note(peer.name, VERIFIES, *how, name, message, peer.verify(signed))
    theirs, said = peer.sign(message, *how, **signing.who(how[0]))
    if theirs is not None:
        said = signing.verify(theirs)
    tally.note(peer.name, SIGNS, *how, name, message, said, lambda mend: theirs and signing.verify(mend(theirs)))


def check(tally, own, peers, signing, name, message):
    for algorithm in SELECTORS:
        for canonicalization in CANONICALIZATIONS:
            how = algorithm, canonicalization
            signed, said = signing.sign(message, *how)
            if signed is None or not signed.endswith(message) or signing.verify(signed) != "pass":
                own.append(f"{name}, {how}: {said or 'changed, or does not verify'}")
            for peer in peers:
                if algorithm in peer.algorithms:
                    check_with(tally, peer, signing, name, message, signed, how)


def without_from(tap, signing, left_out):
    said = {signing.sign(message, "rsa-sha256", "relaxed/relaxed") for _, message in left_out}
    tap.ok(all(signed is None and "has no From field" in sentence for signed, sentence in said),
           f"{len(left_out)} messages without From are signed by nobody (RFC 6376 section 5.4)", said)


def body(tap):
    wanted = int(os.environ.get("SEKISHO_SIGNING_MESSAGES", "50"))
    conformance = os.environ.get("SEKISHO_CONFORMANCE", os.path.join(ROOT, "..", "shared", "conformance"))
    tally, own = Tally(), []
    to_sign, left_out = messages(wanted, conformance, os.path.join(ROOT, "demo", "messages"))
    with tempfile.TemporaryDirectory() as folder:
        signing = Signing(os.path.abspath(sys.argv[1]), folder)
        peers, missing = dkim_peers.start(signing.records, folder)
        for name, message in to_sign:
            check(tally, own, peers, signing, name, message)
        without_from(tap, signing, left_out)
        for peer in peers:
            peer.end()
    tap.ok(not own, f"sekisho signs {len(to_sign)} messages, keeps every octet, and verifies them",
           "\n".join(own[:20]))
    for peer in peers:
        for algorithm in SELECTORS:
            if algorithm not in peer.algorithms:
                tap.ok(True, f"{peer.name}, {algorithm} # SKIP the installed version does not know it")
                continue
            for does in EITHER:
                tally.report(tap, peer.name, does, algorithm)
    for name in missing:
        tap.ok(True, f"{name} # SKIP is not installed")
    report_exceptions(tap, tally, peers)


def report_exceptions(tap, tally, peers):
    unused = [row.why for number, row in enumerate(EXCEPTIONS)
              if row.peer in [peer.name for peer in peers] and tally.uses(number) == 0]
    tap.equal(unused, [], "every exception on the list is met")
    for line in tally.table(peers):
        print("# " + line)
    for number, row in enumerate(EXCEPTIONS):
        print(f"# | {chr(ord('a') + number)} | {row.peer} | {tally.uses(number)} | {row.why} |")


Tap().run(body)
