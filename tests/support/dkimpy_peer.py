#!/usr/bin/env python3
"""dkimpy as a peer to compare with; jobs and answers as of opendkim_peer.c, and {"file": …, "arc": true}, which is
answered by the result of the chain. Exits with 3 where dkimpy is not installed."""
import base64
import json
import sys

try:
    import dkim
    import nacl.signing  # noqa: F401 - what it needs for Ed25519
except ImportError:
    sys.exit(3)

RECORDS = json.loads(sys.argv[1])


def look_up(name, timeout=5):
    del timeout
    return RECORDS.get(name.decode().rstrip("."), "").encode() or None


def key_of(job):
    with open(job["key"], "rb") as file:
        pem = file.read()
    if job["algorithm"] == "rsa-sha256":
        return pem
    der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    return base64.b64encode(der[-32:])  # PKCS#8 ends with the seed


def sign(job, message):
    head, body = job["sign"].encode().split(b"/")
    return dkim.sign(message, job["selector"].encode(), job["domain"].encode(), key_of(job), canonicalize=(head, body),
                     signature_algorithm=job["algorithm"].encode()).decode().removesuffix("\r\n")


def answer(job):
    if "features" in job:
        return ["rsa-sha256", "ed25519-sha256"]
    with open(job["file"], "rb") as file:
        message = file.read()
    try:
        if "sign" in job:
            return sign(job, message)
        if "arc" in job:
            return dkim.arc_verify(message, dnsfunc=look_up)[0].decode()
        return "pass" if dkim.DKIM(message, minkey=1024).verify(dnsfunc=look_up) else "no pass"
    except Exception as error:  # noqa: BLE001 - whatever escapes is its answer
        return f"{type(error).__name__}: {error}"


for line in sys.stdin:
    print(json.dumps({"answer": answer(json.loads(line))}), flush=True)
