"""Reads the header of a message as it lay in a mailbox, with LF."""


def fields_of(octets):
    """[(name, value unfolded)]"""
    header = octets.split(b"\n\n", 1)[0].decode(errors="surrogateescape").replace("\n\t", " ").replace("\n ", " ")
    return [tuple(line.split(":", 1)) for line in header.split("\n")]


def results_of(octets):
    """All Authentication-Results, top first."""
    return [" ".join(value.split()) for name, value in fields_of(octets) if name.lower() == "authentication-results"]
