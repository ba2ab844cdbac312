#!/usr/bin/env python3
"""The manual of the library, from its headers: one page for each, with what the header says; libsekisho(3) from
docs/library.md; and links, so that `man seki_spf_step` finds the page that has it.

    library_pages.py page VERSION HEADER            seki_NAME(3), to standard output
    library_pages.py overview VERSION MARKDOWN HEADER…
    library_pages.py links FOLDER HEADER…           below $DESTDIR: run by meson install
"""
import os
import pathlib
import re
import sys
import textwrap
from dataclasses import dataclass, field

COLUMNS = 78  # of prototypes
ATTRIBUTES = re.compile(r"\b(SEKI_API|SEKI_MUST_USE)\s+|\s+SEKI_(PRINTF|FORMAT_ARG)\([^)]*\)")
OURS = {"SEKI_API", "SEKI_MUST_USE", "SEKI_PRINTF", "SEKI_FORMAT_ARG"}


# ---- reading a header ----

@dataclass
class Member:  # of an enum or a struct
    text: str
    note: str = ""


@dataclass
class Item:
    kind: str  # "function", "macro", "enum", "struct", "typedef"
    name: str
    text: str  # without attributes and body, on one line
    note: str = ""  # a comment behind it on its line
    members: list = field(default_factory=list)


@dataclass
class Group:  # what one comment is about
    note: str
    items: list = field(default_factory=list)


def end_of_statement(text, start):
    """Behind the ";" that ends it, or behind the body of a function."""
    depth, at = 0, start
    while at < len(text):
        if text.startswith("/*", at):
            at = text.index("*/", at) + 2
            continue
        if text[at] in "\"'":
            at = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'').match(text, at).end()
            continue
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0 and (text[at] == ";" or text[at] == "}" and text.startswith("static inline", start)):
            return at + 1
        at += 1
    raise ValueError(f"no end: {text[start:start + 60]}")


def pieces(text):
    """("blank" | "comment" | "macro" | "directive" | "statement", its text, whether it stands behind another on its line)"""
    at, line_has = 0, False
    while at < len(text):
        space = re.compile(r"\s*").match(text, at).group()
        if space.count("\n") > 1:
            yield "blank", "", False
        line_has = line_has and "\n" not in space
        at += len(space)
        if at == len(text):
            return
        if text.startswith("/*", at):
            end, kind = text.index("*/", at) + 2, "comment"
        elif text[at] == "#":
            end = re.compile(r"(?:[^\n/\\]|\\\n|\\.|/(?!\*))*").match(text, at).end()
            kind = "macro" if text.startswith("#define", at) else "directive"
        else:
            end, kind = end_of_statement(text, at), "statement"
        yield kind, text[at:end].strip(), line_has
        at, line_has = end, True


def prose(comment):
    """The text of a comment: lines without the stars that lead them."""
    inner = re.sub(r"^/\*+ ?|\s*\*/$", "", comment)
    return "\n".join(re.sub(r"^\s*\*? ?", "", line, count=1) if n else line for n, line in enumerate(inner.split("\n"))).strip("\n")


def flat(text):
    return " ".join(text.split())


def members_of(body, separator):
    """What stands between the braces, and what is said of all of it. A comment on a member's line is about that member, one
    on the line of the brace about the whole, one on a line of its own about the next."""
    whole, members, note, text, depth = "", [], "", "", 0
    token = re.compile(r"/\*.*?\*/|[{}]|" + separator + r"|\s+|[^\s{}/" + separator + r"]+|/", re.DOTALL)
    line_has = None  # what the line has so far: None is the brace
    for piece in token.findall(body + separator):
        if piece.isspace():
            line_has = "" if "\n" in piece else line_has
            text += " "
        elif piece.startswith("/*") and line_has is None:
            whole = flat(prose(piece))
        elif piece.startswith("/*") and (line_has == "" or not (members or text.strip())):
            note = flat(prose(piece))
        elif piece.startswith("/*") and text.strip():
            note = flat(note + " " + prose(piece))
        elif piece.startswith("/*"):
            members[-1].note = flat(members[-1].note + " " + prose(piece))
        elif piece == separator and depth == 0:
            if text.strip():
                members.append(Member(flat(text) + (";" if separator == ";" else ""), note))
                text, note, line_has = "", "", piece
        else:
            depth += {"{": 1, "}": -1}.get(piece, 0)
            text, line_has = text + piece, piece
    return whole, members


def item_of(statement):
    """None for what a reader does not need: a struct that is only announced."""
    bare = ATTRIBUTES.sub(lambda m: "" if m.group(2) else "", statement)
    kind = re.match(r"(enum|struct)\s+(\w+)\s*(\{|;)", bare)
    if kind and kind.group(3) == ";":
        return None
    if kind:
        body = bare[bare.index("{") + 1:bare.rindex("}")]
        whole, members = members_of(body, "," if kind.group(1) == "enum" else ";")
        return Item(kind.group(1), kind.group(2), f"{kind.group(1)} {kind.group(2)}", whole, members)
    bare = flat(re.sub(r"/\*.*?\*/", "", bare, flags=re.DOTALL))
    if bare.startswith("typedef"):
        return Item("typedef", re.search(r"(\w+)\(|(\w+);", bare).group(1), bare)
    prototype = re.sub(r"\s*\{.*", ";", bare.removeprefix("static inline "))
    return Item("function", re.search(r"(\w+)\(", prototype).group(1), prototype)


def macro_of(text):
    name = re.match(r"#define\s+(\w+)(\([^)]*\))?", text)
    return Item("macro", name.group(1), flat(name.group().removeprefix("#define")) if name.group(2) else flat(text[7:]))


class Header:
    def __init__(self, path):
        self.name = pathlib.Path(path).stem
        self.page = f"seki_{self.name}"
        self.groups, self.title, self.includes = [Group("")], None, []
        text = pathlib.Path(path).read_text(encoding="utf-8")
        for kind, piece, is_behind in pieces(text):
            self.take(kind, piece, is_behind)
        first, _, self.intro = self.title.partition("\n\n")
        self.title, rest = re.match(r"(.*?)(?:\.(?:\s+(.*))?)?$", flat(first)).groups()
        self.intro = "\n\n".join(part for part in (rest, self.intro) if part)

    def take(self, kind, piece, is_behind):
        if kind == "comment" and self.title is None:
            self.title = prose(piece)
        elif kind == "directive":
            self.includes += re.findall(r"#include <sekisho/(\w+)\.h>", piece)
        elif kind == "blank":
            self.groups.append(Group(""))
        elif kind == "comment" and is_behind and self.groups[-1].items:
            self.groups[-1].items[-1].note = flat(prose(piece))
        elif kind == "comment":
            self.groups.append(Group(prose(piece)))
        else:
            item = macro_of(piece) if kind == "macro" else item_of(piece)
            if item and item.name not in OURS and not item.name.endswith("_H"):
                self.add(item)

    def add(self, item):
        """Lines right below each other share a comment, when they are of one kind."""
        group = self.groups[-1]
        if group.items and (group.items[-1].kind != item.kind or item.kind in ("enum", "struct")):
            self.groups.append(Group(""))
        self.groups[-1].items.append(item)

    def having(self, *kinds):
        return [group for group in self.groups if group.items and group.items[0].kind in kinds]

    def names(self, *kinds):
        return [item.name for group in self.having(*kinds) for item in group.items]


# ---- writing roff ----

def escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace('"', "\\(dq")
    text = text.replace("^", "\\(ha").replace("~", "\\(ti").replace("`", "\\(ga")
    return re.sub(r"^([.])", r"\\&\1", text, flags=re.MULTILINE)


def words(text):
    """Running text: names of functions in bold."""
    return re.sub(r"\b(seki_\w+)\(\)", r"\\fB\1\\fR()", escape(flat(text)))


def heading(title):
    return f'.SH "{title}"'


def as_they_are(lines, first=".PP"):
    return [*([first] if first else []), ".RS 4", ".nf", *(escape(line) for line in lines), ".fi", ".RE"]


def paragraphs(text, first=".PP"):
    """Blocks between empty lines; those that are indented stay as they are, but for what all of it is indented by."""
    out = []
    for block in re.split(r"\n\n+", text.strip("\n")):
        if not block.strip():
            continue
        if re.match(r" {2,}", block):
            out += as_they_are(textwrap.dedent(block).split("\n"), first)
        else:
            out += [*([first] if first else []), words(block)]
        first = ".PP"
    return out


def docstring(note):
    """What it does, then a list of parameters and what it returns. What is indented below one of these belongs to it."""
    about, told = [], []
    for line in re.sub(r"(?<=\S)\s+(?=@(?:param|return)\b)", "\n", note).split("\n"):
        if line.lstrip().startswith("@"):
            told.append(line.strip())
        elif told and line.startswith(" "):
            told[-1] += " " + line.strip()
        else:
            about.append(line)
    out = paragraphs("\n".join(about), first=None)
    for text in told:
        name, rest = "Returns", flat(text.removeprefix("@return"))
        if text.startswith("@param"):
            name, rest = re.match(r"@param\s+((?:\w+, )*\w+)\s*(.*)", text).groups()
        out += [".TP", "Returns" if name == "Returns" else f"\\fI{escape(name)}\\fR", words(rest)]
    return out


def prototype_lines(text):
    """Broken between parameters, where it is too long for a line."""
    lines, head = [], ""
    for parameter in re.findall(r"[^,]+(?:, |$)", text) if len(text) > COLUMNS else [text]:
        if head.strip() and len(head) + len(parameter.rstrip()) > COLUMNS:
            lines.append(head.rstrip())
            head = " " * 8
        head += parameter
    return [*lines, head]


def synopsis(header):
    out = [heading("SYNOPSIS"), ".nf", f"\\fB#include <sekisho/{header.name}.h>\\fR"]
    for group in header.having("function"):
        out.append("")
        for item in group.items:
            out += [f"\\fB{escape(line)}\\fR" for line in prototype_lines(item.text)]
    return out + [".fi"]


def members(item):
    out = []
    for member in item.members:
        out += [".TP", f"\\fB{escape(member.text)}\\fR", words(member.note) if member.note else "\\&"]
    return out


def types(header):
    groups = header.having("struct", "enum", "typedef", "macro")
    out = [heading("TYPES AND CONSTANTS")] if groups else []
    for number, group in enumerate(groups):
        if group.items[0].members:
            item = group.items[0]
            out += [f'.SS "{escape(item.text)}"', *docstring(f"{group.note} {item.note}".strip()), *members(item)]
            continue
        out += [".PP"] if number else []
        out += [".nf", *(f"\\fB{escape(item.text)}\\fR" for item in group.items), ".fi"]
        notes = [group.note, *(item.note for item in group.items)]
        out += [".RS 4", *docstring(" ".join(note for note in notes if note)), ".RE"] if any(notes) else []
    return out


def functions(header):
    told = [group for group in header.having("function") if group.note or any(item.note for item in group.items)]
    out = [heading("FUNCTIONS")] if told else []
    for group in told:
        out.append(f'.SS "{", ".join(item.name for item in group.items)}"')
        out += docstring(" ".join(note for note in [group.note, *(item.note for item in group.items)] if note))
    return out


def see_also(pages):
    return [heading("SEE ALSO"), *(f".BR {page} (3){',' if n + 1 < len(pages) else ''}" for n, page in enumerate(pages))]


def begin(page, version):
    return ['.\\" Made from the headers of the library; do not edit.',
            f'.TH {page.upper()} 3 "" "Sekisho {version}" "Sekisho library"', ".ad l", ".nh"]


def page(version, path):
    header = Header(path)
    names = [header.page, *(name for name in header.names("function") if name != header.page)]
    out = begin(header.page, version)
    out += [heading("NAME"), ", ".join(names) + " \\- " + escape(header.title), *synopsis(header)]
    if header.intro:
        out += [heading("DESCRIPTION"), *paragraphs(header.intro, first=None)]
    out += types(header) + functions(header)
    return out + see_also(["libsekisho", *(f"seki_{name}" for name in header.includes)])


# ---- the overview: the little of Markdown that docs/library.md uses ----

def inline(text):
    text = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", flat(text))
    parts = re.split(r"`([^`]*)`|\*([^*]+)\*", text)
    out = []
    for plain, code, emphasis in zip(parts[0::3], parts[1::3] + [None], parts[2::3] + [None]):
        out.append(escape(plain))
        out += [f"\\fB{escape(code)}\\fR"] if code else []
        out += [f"\\fI{escape(emphasis)}\\fR"] if emphasis else []
    return "".join(out)


def table(lines):
    out = []
    for cells in (line.strip("|").split("|") for line in lines[2:]):
        out += [".TP", inline(cells[0]), inline(cells[1])]
    return out


def markdown(text):
    out, has_heading = [], True
    for block in re.split(r"\n\n(?=\S)", text.strip()):
        lines = block.split("\n")
        if block.startswith("## "):
            out.append(heading(escape(lines[0][3:].upper())))
        elif block.startswith("```"):
            out += as_they_are(lines[1:-1])
        elif block.startswith("|"):
            out += table(lines)
        elif block.startswith("- "):
            for entry in re.split(r"\n(?=- )", block):
                out += [".IP \\(bu 3", inline(entry[2:])]
        else:
            out += [inline(block)] if has_heading else [".PP", inline(block)]
        has_heading = block.startswith("## ")
    return out


def overview(version, source, *paths):
    headers = [Header(path) for path in paths]
    text = pathlib.Path(source).read_text(encoding="utf-8").partition("\n")[2]
    out = begin("libsekisho", version)
    out += [heading("NAME"), "libsekisho \\- mail authentication: SPF, DKIM, ARC, DMARC, Authentication\\-Results",
            heading("DESCRIPTION"), *markdown(text), heading("PAGES")]
    for header in headers:
        out += [".TP", f"\\fB{header.page}\\fR(3)", words(header.title)]
    return out + [heading("SEE ALSO"), ".BR sekisho (1),", ".BR sekishod (8)"]


# ---- links ----

def links(folder, *paths):
    where = pathlib.Path(os.environ.get("DESTDIR", "") + folder)
    for header in map(Header, paths):
        for name in header.names("function", "struct", "enum", "typedef", "macro"):
            link = where / f"{name}.3"
            if name == header.page:
                continue
            if link.is_symlink():
                link.unlink()
            link.symlink_to(f"{header.page}.3")
    return []


if __name__ == "__main__":
    products = {"page": page, "overview": overview, "links": links}
    if len(sys.argv) < 3 or sys.argv[1] not in products:
        sys.exit(__doc__)
    for made in products[sys.argv[1]](*sys.argv[2:]):
        sys.stdout.buffer.write(made.encode() + b"\n")
