"""Messages to sign: odd ones made for the purpose, and a sample of the conformance folder's."""
import glob
import os
import re

# What may befall a message on its way into a signer; the name says what is odd.
ODD = {
    "no body": b"From: a@b.example\r\n\r\n",
    "no body, and no blank line": b"From: a@b.example\r\nTo: c@d.example\r\n",
    "only blank lines": b"From: a@b.example\r\n\r\n\r\n\r\n\r\n",
    "blank lines at the end": b"From: a@b.example\r\n\r\nx\r\n\r\n \r\n\r\n",
    "only white space": b"From: a@b.example\r\n\r\n \t \r\n",
    "no line end at the end": b"From: a@b.example\r\nSubject: \r\nTo:\r\n\r\nno line end",
    "a long body without a line end at the end": b"From: a@b.example\r\n\r\n" + b"x\r\n" * 2000 + b"no line end",
    "white space at the very end": b"From: a@b.example\r\n\r\nx \t",
    "trailing white space": b"FROM:a@b.example\r\nsubject:\tx \t y  \r\n\r\n \r\n\t\r\nx \t y\t\r\n",
    "folds of white space alone": b"From: a@b.example\r\nSubject:\r\n x\r\n\t \r\n z  \r\n\r\nx\r\n",
    "an author without a domain": b"From: me\r\n\r\nx\r\n",
    "fields twice": b"Subject: 1\r\nFrom: a@b.example\r\nSubject: 2\r\nTo: x@y.example\r\nTo: z@y.example\r\n\r\nx\r\n",
    "From twice": b"From: a@b.example\r\nFrom: c@d.example\r\n\r\nx\r\n",
    "a space in front of the colon": b"From: a@b.example\r\nSubject  : x\r\nTo : c@d.example\r\n\r\nx\r\n",
    "a tab in front of the colon": b"From: a@b.example\r\nSubject\t: x\r\n\r\nx\r\n",
    "a fold in front of the colon": b"From: a@b.example\r\nSubject\r\n : x\r\n\r\nx\r\n",
    "a value of a fold alone": b"From: a@b.example\r\nSubject:\r\n \r\n\r\nx\r\n",
    "8-bit fields": b"From: \"\xe9\xff\" <a@b.example>\r\nSubject: \xe3\x81\x82\xff\xfe\r\n\r\nx\r\n",
    "an 8-bit body": b"From: a@b.example\r\n\r\n\xe3\x81\x82 \xff\xfe\xa0 \r\n",
    "control octets in a field": b"From: a@b.example\r\nSubject: \x01\x0b\x0c\x7f x\r\n\r\nx\r\n",
    "control octets in the body": b"From: a@b.example\r\n\r\n\x0b\x0c \x1a\r\n",
    "lines of dots": b"From: a@b.example\r\n\r\n.\r\n..\r\nFrom x\r\n",
    "a body line of 5,000 octets": b"From: a@b.example\r\n\r\n" + b"x " * 2500 + b"\r\n",
    "a field of 26,000 octets": b"From: a@b.example\r\nTo: " + b"x@y.example, " * 2000 + b"z@y.example\r\n\r\nx\r\n",
    "a field of 2,000 folds": b"From: a@b.example\r\nTo:" + b" x@y.example,\r\n" * 2000 + b" z@y.example\r\n\r\nx\r\n",
    "300 fields": b"From: a@b.example\r\n" + b"Received: from x by y; z\r\nTo: c@d.example\r\n" * 150 + b"\r\nx\r\n",
    "a body of 1 MB": b"From: a@b.example\r\n\r\n" + b"0123456789abcdef \t x\r\n" * 50000,
    "a bare LF in the body": b"From: a@b.example\r\n\r\nx\ny \n\nz\r\n",
    "a bare LF at the end": b"From: a@b.example\r\n\r\nx\r\ny\n",
    "a bare LF in a field": b"From: a@b.example\r\nSubject: x\n y\r\n\r\nx\r\n",
    "a bare CR in the body": b"From: a@b.example\r\n\r\nx\ry \r\r\nz\r\n",
    "a bare CR alone on a line": b"From: a@b.example\r\n\r\nx\r\n\r\r\ny\r\n",
    "a bare CR at the end": b"From: a@b.example\r\n\r\nx\r\ny\r",
    "a bare CR in a field": b"From: a@b.example\r\nSubject: x\ry\r\n\r\nx\r\n",
    "a NUL in the body": b"From: a@b.example\r\n\r\nx\0y\r\n\0\r\n",
    "a NUL in a field": b"From: a@b.example\r\nSubject: x\0y\r\n\r\nx\r\n",
    "a signature without its tags": b"DKIM-Signature: v=1; a=rsa-sha256; d=b.example; s=none\r\nFrom: a@b.example\r\n\r\nx\r\n",
    "a signature of what is no domain": b"DKIM-Signature: v=1; a=rsa-sha256; d=b.example(.c.example; s=none; h=from; bh=AAAA;"
                                        b" b=AAAA\r\nFrom: a@b.example\r\n\r\nx\r\n",
    "a signature that does not hold": b"DKIM-Signature: v=1; a=rsa-sha256; c=simple; d=b.example; s=none; h=from;\r\n"
                                      b"\tbh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\nFrom: a@b.example\r\n\r\nx\r\n",
}

NO_MESSAGES = {".json", ".key", ".pem", ".private", ".ref", ".dns"}


def _to_wire(text):
    """As `sekisho` reads a file: one whose first line ends in a bare LF is a Unix text; any other stays as it is."""
    first = text.split(b"\n", 1)[0]
    return text if first.endswith(b"\r") else re.sub(rb"(?<!\r)\n", b"\r\n", text)


def _messages_of(path):
    """The messages of a file: of an mbox its own ones, without the envelope line."""
    with open(path, "rb") as file:
        text = file.read()
    pieces = re.split(rb"(?m)^From [^\n]*\n", text) if path.endswith(".mbox") else [re.sub(rb"\AFrom [^\n]*\n", b"", text)]
    return [_to_wire(piece) for piece in pieces if piece.strip()]


def _sample(items, wanted):
    """So many of them, evenly over the whole."""
    return [items[i * len(items) // wanted] for i in range(wanted)] if wanted < len(items) else items


def _has_from(message):
    return re.search(rb"(?im)^from[ \t]*:", message.partition(b"\r\n\r\n")[0]) is not None


def messages(wanted, folder, fallback):
    """[(name, octets)] twice: the odd ones, and further ones of the conformance folder (of `fallback`, where that is not
    there) until there are so many; and all that have no From field."""
    found = []
    paths = []
    for part in ("corpus", "dkim", "mime"):
        paths += glob.glob(os.path.join(folder, part, "**", "*"), recursive=True)
    paths = [path for path in sorted(paths) if os.path.isfile(path) and os.path.splitext(path)[1] not in NO_MESSAGES]
    for path in paths or sorted(glob.glob(os.path.join(fallback, "*.eml"))):
        name = os.path.relpath(path, folder if paths else fallback)
        found += [(f"{name} #{number}", message) for number, message in enumerate(_messages_of(path), 1)]
    with_from = [item for item in found if _has_from(item[1])]
    return list(ODD.items()) + _sample(with_from, max(wanted - len(ODD), 0)), [item for item in found if item not in with_from]
