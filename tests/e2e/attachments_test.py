#!/usr/bin/env python3
"""Attachments made by the programs that people use (Python's email, zipfile, tarfile, gzip; zip and 7z where they are), and
what is found in them. Each message is also given in pieces of one octet: that changes nothing."""
import binascii
import email.message
import email.policy
import gzip
import io
import pathlib
import struct
import subprocess
import sys
import tarfile
import zipfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from tap import Tap  # noqa: E402

MZ = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(100)
TEXT = b"Nothing but text.\n" * 50


def zipped(files, method=zipfile.ZIP_DEFLATED, prefix=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, octets in files.items():
            archive.writestr(name, octets)
    return prefix + out.getvalue()


def streamed_zip(files):
    """As written to a pipe: sizes only behind the data (flag bit 3)."""
    class Pipe(io.RawIOBase):
        def __init__(self):
            self.octets = bytearray()

        def writable(self):
            return True

        def write(self, data):
            self.octets += data
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in files.items():
            archive.writestr(name, octets)
    return bytes(pipe.octets)


def tarred(files, mode="w", form=tarfile.GNU_FORMAT, headers=None):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as archive:
        for name, octets in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(octets)
            info.pax_headers = headers or {}
            archive.addfile(info, io.BytesIO(octets))
    return out.getvalue()


def gzipped(octets, name=""):
    out = io.BytesIO()
    with gzip.GzipFile(filename=name, mode="wb", fileobj=out) as file:
        file.write(octets)
    return out.getvalue()


def with_flags(archive, flags):
    """The flags of every header set, as an encrypted archive has them."""
    out = bytearray(archive)
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = out.find(signature)
        while at >= 0:
            out[at + offset] |= flags & 0xff
            out[at + offset + 1] |= flags >> 8
            at = out.find(signature, at + 4)
    return bytes(out)


def with_sizes(archive, size):
    """Sizes in local headers that lie."""
    out = bytearray(archive)
    at = out.find(b"PK\3\4")
    while at >= 0:
        out[at + 18:at + 26] = struct.pack("<II", size, size)
        at = out.find(b"PK\3\4", at + 4)
    return bytes(out)


def with_unicode_path(archive, raw, real):
    """Info-ZIP's second name in the directory, another than the first."""
    extra = struct.pack("<HHBI", 0x7075, 5 + len(real), 1, zlib.crc32(raw)) + real
    at = archive.rfind(b"PK\1\2")
    name_len = struct.unpack_from("<H", archive, at + 28)[0]
    out = bytearray(archive)
    out[at + 30:at + 32] = struct.pack("<H", len(extra))
    out[at + 46 + name_len:at + 46 + name_len] = extra
    return bytes(out)


def with_other_header(archive, signature, offset, old, new):
    """The headers of one kind changed; in the other kind everything is as it was."""
    out, at = bytearray(archive), archive.find(signature)
    while at >= 0:
        start = at + offset
        if out[start:start + len(old)] == old:
            out[start:start + len(old)] = new
        at = out.find(signature, at + 4)
    return bytes(out)


def with_version(archive, version):
    """The version needed to extract, as no program has it; some extract all the same."""
    out = bytearray(archive)
    for signature, offset in ((b"PK\3\4", 4), (b"PK\1\2", 6)):
        out[out.find(signature) + offset] = version
    return bytes(out)


def with_two_unicode_paths(raw, real):
    """The first has the right checksum, the second is no name."""
    out, entry = io.BytesIO(), zipfile.ZipInfo(raw.decode())
    for name, of in ((real, raw), (b"x", b"")):
        entry.extra += struct.pack("<HHBI", 0x7075, 5 + len(name), 1, zlib.crc32(of)) + name
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(entry, TEXT)
    return out.getvalue()


def tar_with(kind, name, hidden):
    """An entry of a type that has no data, its size reaching over the entries behind it. Old, without "ustar"."""
    def plain(info):
        block = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
        block[257:265], block[148:156] = bytes(8), b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
        return bytes(block)

    first, second = tarfile.TarInfo(name), tarfile.TarInfo(hidden)
    first.type, first.size, second.size = kind, 1024, len(TEXT)
    return plain(first) + plain(second) + TEXT + bytes(-len(TEXT) % 512 + 1024)


def uuencoded(octets, name):
    lines = (binascii.b2a_uu(octets[at:at + 45]) for at in range(0, len(octets), 45))
    return b"From: a@example.net\r\n\r\nbegin 644 " + name + b"\r\n" + b"".join(lines).replace(b"\n", b"\r\n") + b"`\r\nend\r\n"


def in_parts(boundary, delimiters):
    """Text, and behind the second delimiter a program."""
    return (b"From: a@example.net\r\nContent-Type: multipart/mixed; boundary=" + boundary + b"\r\n\r\n" + delimiters[0] +
            b"\r\n\r\ntext\r\n" + delimiters[1] + b"\r\nContent-Type: application/octet-stream; name=a.exe\r\n\r\ntext\r\n" +
            delimiters[0] + b"--\r\n")


def padded(octets):
    return octets + bytes(-len(octets) % 4)


def tnef_attribute(identifier, octets, level=2):
    return struct.pack("<BII", level, identifier, len(octets)) + octets + struct.pack("<H", sum(octets) & 0xffff)


def tnef_property(tag, *values, name=b""):
    """Of a type whose values have their length before them."""
    return struct.pack("<I", tag) + name + struct.pack("<I", len(values)) + b"".join(
        struct.pack("<I", len(value)) + padded(value) for value in values)


def wide(text):
    return (text + "\0").encode("utf-16-le")


def tnef(*attachments):
    """Each is (title, octets, properties)."""
    out = struct.pack("<IH", 0x223e9f78, 1) + tnef_attribute(0x00089006, struct.pack("<I", 0x10000), 1)
    for title, octets, properties in attachments:
        out += tnef_attribute(0x00069002, bytes(14)) + tnef_attribute(0x00018010, title + b"\0")
        out += tnef_attribute(0x0006800f, octets) if octets is not None else b""
        out += tnef_attribute(0x00069005, struct.pack("<I", len(properties)) + b"".join(properties)) if properties else b""
    return out


GUID = bytes(range(16))
TNEF_OTHERS = [
    struct.pack("<II", 0x0e20_0003, 4711), struct.pack("<IHH", 0x7ffe_000b, 1, 0), struct.pack("<Iq", 0x3007_0040, 1),
    struct.pack("<IIII", 0x6600_1003, 2, 1, 2), tnef_property(0x3702_0102, b"12345"),
    tnef_property(0x8001_001f, wide("x"), name=GUID + struct.pack("<II", 0, 0x8501)),
    tnef_property(0x8002_101e, b"a\0", b"bc\0", name=GUID + struct.pack("<II", 1, 6) + padded(wide("ab"))),
    struct.pack("<I", 0x8003_0003) + GUID + struct.pack("<II", 1, 6) + padded(wide("ab")) + struct.pack("<I", 1),
]


def tnef_message(inner, levels):
    for _ in range(levels):
        inner = tnef((b"message", None, [tnef_property(0x3701_000d, bytes(16) + inner)]))
    return inner


def nested(name, octets, levels):
    for level in range(levels):
        octets, name = zipped({name: octets}), f"level{level}.zip"
    return octets


def hidden_header(name):
    """A fake header whose name swallows the real one."""
    real = zipped({name: MZ})
    return struct.pack("<4sHHHHHIIIHH", b"PK\3\4", 20, 0, 0, 0, 0, 0, 0, 0, 4000, 0) + b"a.txt" + real


def attached(octets, name="a.bin", kind=("application", "octet-stream")):
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = "a@example.net", "b@example.com", "test"
    message.set_content("See the attachment.\n")
    message.add_attachment(octets, maintype=kind[0], subtype=kind[1], filename=name)
    return message.as_bytes()


def forwarded(inner):
    return (b"From: a@example.net\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=outer\r\n\r\n"
            b"--outer\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"\r\n--outer--\r\n")


LZMA = b"\x5d\0\0\x80\0" + bytes(range(256)) * 4 # no octets that say so
EXE_IN_ZIP = {"readme.txt": TEXT, "invoice.exe": MZ}
MIB = 1024 * 1024

CASES = [
    ("text is harmless", attached(TEXT, "a.txt"), "none"),
    ("a name", attached(TEXT, "invoice.exe"), "name invoice.exe"),
    ("a name of RFC 2231", attached(TEXT, "請求書.exe"), "name 請求書.exe"),
    ("a program under another name", attached(MZ, "photo.jpg", ("image", "jpeg")), "octets photo.jpg"),
    ("a script under another name", attached(b"#!/bin/sh\nrm -r /\n", "notes.txt"), "octets notes.txt"),
    ("a part behind a delimiter", in_parts(b"abc", (b"--abc", b"--abc \t")), "name a.exe"),
    ("a delimiter with more on its line", in_parts(b"abc", (b"--abc", b"--abcx")), "opaque (boundary)"),
    ("with very much more", in_parts(b"abc", (b"--abc", b"--abc" + b"x" * 500)), "opaque (boundary)"),
    ("in a header", in_parts(b"abc", (b"--abc", b"--abc\r\nX: y\r\n--abc" + b"x" * 500)), "opaque (boundary)"),
    ("a boundary that begins as another one", in_parts(b"abc1", (b"--abc1", b"--abc1\r\nContent-Type: multipart/mixed;"
     b" boundary=abc\r\n\r\n--abc\r\n\r\ntext\r\n--abc--\r\n--abc1")), "name a.exe"),
    ("an empty boundary", in_parts(b'""', (b"--", b"--")), "opaque"),
    ("in a forwarded message", forwarded(attached(TEXT, "a.js")), "name a.js"),
    ("a harmless forwarded message", forwarded(attached(TEXT, "a.txt")), "none"),

    ("a zip of text", attached(zipped({"a.txt": TEXT, "b/c.pdf": b"%PDF-1.4"}), "a.zip"), "none"),
    ("an empty zip", attached(zipped({}), "a.zip"), "none"),
    ("a name in a zip", attached(zipped(EXE_IN_ZIP), "a.zip"), "name a.zip/invoice.exe"),
    ("stored", attached(zipped(EXE_IN_ZIP, zipfile.ZIP_STORED), "a.zip"), "name a.zip/invoice.exe"),
    ("written to a pipe", attached(streamed_zip(EXE_IN_ZIP), "a.zip"), "name a.zip/invoice.exe"),
    ("a zip that is called something else", attached(zipped(EXE_IN_ZIP), "a.dat"), "name a.dat/invoice.exe"),
    ("a zip with something in front", attached(zipped(EXE_IN_ZIP, prefix=b"x" * 3000), "a.zip"), "name a.zip/invoice.exe"),
    ("a program under another name in a zip", attached(zipped({"photo.jpg": MZ}), "a.zip"), "octets a.zip/photo.jpg"),
    ("the same, stored", attached(zipped({"photo.jpg": MZ}, zipfile.ZIP_STORED), "a.zip"), "octets a.zip/photo.jpg"),
    ("a zip with encrypted entries is judged by their names",
     attached(with_flags(zipped({"a.txt": TEXT}), 1), "a.zip"), "none"),
    ("and these by theirs", attached(with_flags(zipped(EXE_IN_ZIP), 1), "a.zip"), "name a.zip/invoice.exe"),
    ("an archive in an encrypted one cannot be seen",
     attached(with_flags(zipped({"b.zip": zipped({"a.txt": TEXT})}), 1), "a.zip"), "opaque a.zip/b.zip"),
    ("an encrypted directory", attached(with_flags(zipped({"a.txt": TEXT}), 0x2000), "a.zip"), "opaque a.zip"),
    ("sizes that lie small", attached(with_sizes(zipped(EXE_IN_ZIP), 0), "a.zip"), "name a.zip/invoice.exe"),
    ("sizes that lie large", attached(with_sizes(zipped(EXE_IN_ZIP), 2**31), "a.zip"), "name a.zip/invoice.exe"),
    ("a second name that is the real one",
     attached(with_unicode_path(zipped({"a.txt": TEXT}), b"a.txt", b"a.exe"), "a.zip"), "name a.zip/a.exe"),
    ("a second name that is an archive's",
     attached(with_unicode_path(zipped({"a.txt": LZMA}), b"a.txt", b"a.lzma"), "a.zip"), "opaque a.zip/a.lzma"),
    ("a second name that is the first",
     attached(with_unicode_path(zipped({"b.zip": zipped({"a.txt": TEXT})}), b"b.zip", b"b.zip"), "a.zip"), "none"),
    ("two second names", attached(with_two_unicode_paths(b"a.txt", b"a.exe"), "a.zip"), "name a.zip/a.exe"),
    ("a version that is needed and that nobody has", attached(with_version(zipped(EXE_IN_ZIP), 200), "a.zip"),
     "name a.zip/invoice.exe"),
    ("another name in the directory",
     attached(with_other_header(zipped({"a.txt": TEXT}), b"PK\1\2", 46, b"a.txt", b"a.exe"), "a.zip"), "name a.zip/a.exe"),
    ("another name before the data",
     attached(with_other_header(zipped({"a.txt": TEXT}), b"PK\3\4", 30, b"a.txt", b"a.exe"), "a.zip"), "name a.zip/a.exe"),
    ("two names, both harmless",
     attached(with_other_header(zipped({"a.txt": TEXT}), b"PK\1\2", 46, b"a.txt", b"a.bin"), "a.zip"), "opaque a.zip"),
    ("two methods", attached(with_other_header(zipped({"a.txt": TEXT}), b"PK\3\4", 8, b"\x08\0", b"\0\0"), "a.zip"),
     "opaque a.zip"),
    ("an entry that the directory has not", attached(zipped({"a.txt": TEXT})[:35] + zipped({"b.txt": TEXT}), "a.zip"),
     "opaque a.zip"),
    ("a zip stored in a zip", attached(zipped({"b.zip": zipped({"c.txt": TEXT})}, zipfile.ZIP_STORED), "a.zip"), "none"),
    ("a header hidden in another's name", attached(hidden_header("a.exe"), "a.zip"), "opaque a.zip"),
    ("two levels", attached(nested("a.exe", MZ, 2), "a.zip"), "name a.zip/level0.zip/a.exe"),
    ("two levels of text", attached(nested("a.txt", TEXT, 2), "a.zip"), "none"),
    ("four levels", attached(nested("a.exe", MZ, 4), "a.zip"), "name a.zip/level2.zip/level1.zip/level0.zip/a.exe"),
    ("five levels are deeper than is looked", attached(nested("a.txt", TEXT, 5), "a.zip"),
     "bound a.zip/level3.zip/level2.zip/level1.zip/level0.zip"),
    ("a zip that is none", attached(TEXT, "a.zip"), "opaque a.zip"),
    ("a zip cut in a header", attached(zipped({"a.txt": TEXT})[:32], "a.zip"), "opaque a.zip"),
    ("many entries", attached(zipped({f"{n}.txt": b"" for n in range(5001)}), "a.zip"), "bound a.zip"),
    ("a bomb", attached(zipped({"b.zip": zipped({"zeros": bytes(64 * MIB)}, zipfile.ZIP_STORED)}), "a.zip"),
     "bound a.zip/b.zip"),

    ("a winmail.dat with a text", attached(tnef((b"a.txt", TEXT, TNEF_OTHERS)), "winmail.dat"), "none"),
    ("with a program", attached(tnef((b"a.exe", TEXT, [])), "winmail.dat"), "name winmail.dat/a.exe"),
    ("with a type that a name has not", attached(tnef() + tnef_attribute(0x00028010, b"a.exe\0"), "winmail.dat"),
     "name winmail.dat/a.exe"),
    ("called something else", attached(tnef((b"a.exe", TEXT, [])), "a.bin"), "name a.bin/a.exe"),
    ("with a program under another name", attached(tnef((b"a.jpg", MZ, [])), "winmail.dat"), "octets winmail.dat/a.jpg"),
    ("with a long name, behind other properties",
     attached(tnef((b"A~1.TXT", TEXT, [*TNEF_OTHERS, tnef_property(0x3707_001f, wide("請求書.exe"))])), "winmail.dat"),
     "name winmail.dat/請求書.exe"),
    ("with a long name of octets", attached(tnef((b"A~1.TXT", TEXT, [tnef_property(0x3707_001e, b"a.js\0")])), "winmail.dat"),
     "name winmail.dat/a.js"),
    ("with a name that turns its direction",
     attached(tnef((b"A~1.TXT", TEXT, [tnef_property(0x3707_001f, wide("a\u202etxt.exe.txt"))])), "winmail.dat"), "name"),
    ("with a name to show", attached(tnef((b"", TEXT, [tnef_property(0x3001_001f, wide("a.exe"))])), "winmail.dat"),
     "name winmail.dat/a.exe"),
    ("the second of two", attached(tnef((b"a.txt", TEXT, []), (b"a.exe", TEXT, [])), "winmail.dat"), "name winmail.dat/a.exe"),
    ("with its octets among the properties", attached(tnef((b"a.jpg", None, [tnef_property(0x3701_0102, MZ)])), "winmail.dat"),
     "octets winmail.dat/a.jpg"),
    ("with a zip", attached(tnef((b"a.zip", zipped(EXE_IN_ZIP), [])), "winmail.dat"), "name winmail.dat/a.zip/invoice.exe"),
    ("with an archive that only its last name tells of", attached(tnef((b"a.txt", LZMA, [
        tnef_property(0x3707_001f, wide("a.lzma"))])), "winmail.dat"), "opaque winmail.dat/a.lzma"),
    ("with a name before its content, and another between", attached(tnef((b"a.zip", None, [
        tnef_property(0x3707_001f, wide("a.txt")), tnef_property(0x3701_0102, zipped(EXE_IN_ZIP, prefix=TEXT))])),
        "winmail.dat"), "opaque winmail.dat/a.txt"),
    ("with a zip under two names", attached(tnef((b"a.dat", zipped({"a.txt": TEXT}), [
        tnef_property(0x3707_001f, wide("a.zip"))])), "winmail.dat"), "none"),
    ("with an archive and a text, each a file", attached(tnef((b"a.zip", zipped({"a.txt": TEXT}), []),
                                                               (b"a.txt", TEXT, [])), "winmail.dat"), "none"),
    ("with a name to show of a file and an object", attached(tnef((b"", None, [
        tnef_property(0x3701_0102, TEXT), tnef_property(0x3701_000d, bytes(16) + TEXT),
        tnef_property(0x3001_001f, wide("a.js"))])), "winmail.dat"), "name winmail.dat/a.js"),
    ("with a property that is not counted", attached(tnef((b"a.txt", TEXT, []))
     + tnef_attribute(0x00069005, struct.pack("<I", 0) + tnef_property(0x3707_001f, wide("a.exe"))), "winmail.dat"),
     "opaque winmail.dat"),
    ("with a message that has a program", attached(tnef_message(tnef((b"a.exe", TEXT, [])), 1), "winmail.dat"),
     "name winmail.dat/message/a.exe"),
    ("with a message whose subject is no name", attached(tnef((b"m", None, [
        tnef_property(0x3001_001f, wide("see example.com")), tnef_property(0x3701_000d, bytes(16) + tnef())])), "winmail.dat"),
     "none"),
    ("with messages three deep", attached(tnef_message(tnef((b"a.txt", TEXT, [])), 3), "winmail.dat"), "none"),
    ("deeper than is looked", attached(tnef_message(tnef((b"a.txt", TEXT, [])), 4), "winmail.dat"),
     "bound winmail.dat/message/message/message"),
    ("that is none", attached(TEXT, "winmail.dat"), "opaque winmail.dat"),
    ("that is cut", attached(tnef((b"a.txt", TEXT, TNEF_OTHERS))[:-5], "winmail.dat"), "opaque winmail.dat"),
    ("with something behind it", attached(tnef((b"a.txt", TEXT, [])) + b"\r\n", "winmail.dat"), "none"),
    ("with anything behind it", attached(tnef((b"a.txt", TEXT, [])) + bytes(9), "winmail.dat"), "opaque winmail.dat"),
    ("with a length past its attribute's", attached(tnef((b"a.txt", TEXT, [
        struct.pack("<III", 0x3707_001f, 1, 1000)])), "winmail.dat"), "opaque winmail.dat"),
    ("with more properties than there are", attached(tnef((b"a.txt", TEXT, []))
     + tnef_attribute(0x00069005, struct.pack("<II", 2, 0x0e20_0003) + bytes(4)), "winmail.dat"), "opaque winmail.dat"),
    ("with a property of no known type", attached(tnef((b"a.txt", TEXT, [struct.pack("<II", 0x6600_0099, 0)])), "winmail.dat"),
     "opaque winmail.dat"),

    ("an office document", attached(zipped({"[Content_Types].xml": TEXT, "word/document.xml": TEXT}), "a.docx"), "none"),
    ("one with macros", attached(zipped({"word/document.xml": TEXT, "word/vbaProject.bin": TEXT}), "a.docx"),
     "macros a.docx/word/vbaProject.bin"),
    ("one with macros by its name", attached(zipped({"word/document.xml": TEXT}), "a.docm"), "macros a.docm"),
    ("an older one", attached(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000) + "WordDocument".encode("utf-16-le"), "a.doc"),
     "none"),
    ("an older one with macros",
     attached(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000) + "_VBA_PROJECT".encode("utf-16-le"), "a.doc"), "macros a.doc"),

    ("a tar of text", attached(tarred({"a.txt": TEXT}), "a.tar"), "none"),
    ("a name in a tar", attached(tarred({"a.txt": TEXT, "b/run.sh": TEXT}), "a.tar"), "name a.tar/b/run.sh"),
    ("a long name of GNU", attached(tarred({"d/" * 80 + "a.exe": TEXT}), "a.tar"), "name"),
    ("a long name of pax", attached(tarred({"d" * 200 + ".exe": TEXT}, form=tarfile.PAX_FORMAT), "a.tar"), "name"),
    ("a long name that is an archive's",
     attached(tarred({"d" * 100 + ".zip": zipped(EXE_IN_ZIP, prefix=TEXT)}), "a.tar"), "name"),
    ("the same in pax",
     attached(tarred({"a.txt": LZMA}, form=tarfile.PAX_FORMAT, headers={"path": "a.lzma"}), "a.tar"), "opaque a.tar/a.txt"),
    ("a long name that is a text's",
     attached(tarred({"d" * 100 + ".txt": TEXT, "a.txt": TEXT}), "a.tar"), "none"),
    ("a size of pax", attached(tarred({"a.txt": TEXT}, form=tarfile.PAX_FORMAT, headers={"size": "0"}), "a.tar"), "opaque a.tar"),
    ("a program in a tar", attached(tarred({"photo.jpg": MZ}), "a.tar"), "octets a.tar/photo.jpg"),
    ("a tar with a broken checksum", attached(tarred({"a.txt": TEXT}).replace(b"a.txt", b"b.txt", 1), "a.tar"), "opaque a.tar"),
    ("a tar that is cut", attached(tarred({"a.txt": TEXT})[:700], "a.tar"), "opaque a.tar"),
    ("a folder of tar that has data", attached(tar_with(tarfile.DIRTYPE, "d", "a.exe"), "a.tar"), "opaque a.tar"),
    ("a file of tar that is a folder", attached(tar_with(tarfile.AREGTYPE, "d/", "a.exe"), "a.tar"), "opaque a.tar"),
    ("a link of tar that has data", attached(tar_with(tarfile.SYMTYPE, "l", "a.exe"), "a.tar"), "opaque a.tar"),
    ("a sparse file of tar", attached(tar_with(tarfile.GNUTYPE_SPARSE, "s", "a.exe"), "a.tar"), "opaque a.tar"),
    ("a uuencoded file in a text", uuencoded(TEXT, b"a.txt"), "none"),
    ("a uuencoded program", uuencoded(MZ, b"a.exe"), "name a.exe"),
    ("a uuencoded winmail.dat, which Outlook opens", uuencoded(tnef((b"a.exe", TEXT, [])), b"WINMAIL.DAT"),
     "opaque WINMAIL.DAT"),
    ("a uuencoded archive", uuencoded(zipped(EXE_IN_ZIP), b"a.zip"), "opaque a.zip"),
    ("a tar in gzip", attached(tarred({"b/run.sh": TEXT}, "w:gz"), "a.tgz"), "name a.tgz/a.tar/b/run.sh"),
    ("a tar of text in gzip", attached(tarred({"a.txt": TEXT}, "w:gz"), "a.tar.gz"), "none"),
    ("a program in gzip", attached(gzipped(MZ), "photo.jpg.gz"), "octets photo.jpg.gz/photo.jpg"),
    ("a name that gzip keeps", attached(gzipped(TEXT, "run.sh"), "a.gz"), "name a.gz/run.sh"),
    ("an archive's name that gzip keeps", attached(gzipped(zipped(EXE_IN_ZIP, prefix=TEXT), "b.zip"), "a.txt.gz"),
     "name a.txt.gz/a.txt/invoice.exe"),
    ("a name that gzip makes", attached(gzipped(TEXT), "a.exe.gz"), "name a.exe.gz/a.exe"),
    ("two in one gzip", attached(gzipped(b"") + gzipped(TEXT), "a.txt.gz"), "none"),
    ("a gzip that is cut before anything came out", attached(gzipped(TEXT)[:12], "a.txt.gz"), "opaque a.txt.gz"),
    ("a gzip that is cut when it was seen to be text", attached(gzipped(TEXT)[:-10], "a.txt.gz"), "none"),
    ("a gzip that is none", attached(TEXT, "a.txt.gz"), "opaque a.txt.gz"),
    ("a bomb in gzip", attached(gzipped(tarred({"zeros": bytes(64 * MIB)})), "a.tar.gz"), "bound a.tar.gz"),
    ("an archive that is not listed here", attached(b"7z\xbc\xaf\x27\x1c" + bytes(100), "a.7z"), "opaque a.7z"),
    ("by its octets alone", attached(b"Rar!\x1a\x07\x01\x00" + bytes(100), "a.dat"), "opaque a.dat"),
    ("in a zip", attached(zipped({"a.7z": b"7z\xbc\xaf\x27\x1c" + bytes(100)}), "a.zip"), "opaque a.zip/a.7z"),
]


def find(program, message, piece):
    done = subprocess.run([program, str(piece)], input=message, stdout=subprocess.PIPE, timeout=60, check=True)
    return done.stdout.decode().strip()


def check(tap):
    for name, message, want in CASES:
        got = find(sys.argv[1], message, 65536)
        tap.equal(got if " " in want or want == "none" else got.split(" ")[0], want, name)
        if len(message) < MIB:
            tap.equal(find(sys.argv[1], message, 1), got, f"{name}: and in pieces of one octet")


if __name__ == "__main__":
    Tap().run(check)
