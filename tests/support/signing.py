"""Keys for signing tests, and what the `sekisho` command makes of them."""
import json
import os
import subprocess

DOMAIN = "signing.example.com"
SELECTORS = {"rsa-sha256": "rsa", "ed25519-sha256": "ed"}


class Signing:
    """One RSA and one Ed25519 key in `folder`, made by the command; `records` are their key records, by name."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = folder
        self.records, self.files, zone = {}, {}, []
        for algorithm, selector in SELECTORS.items():
            self.files[algorithm] = path = os.path.join(folder, selector + ".pem")
            made = json.loads(self.run("key", "generate", "--json", "--algorithm", algorithm, "--domain", DOMAIN,
                                       "--selector", selector, "--out", path).stdout)
            self.records[made["name"]] = made["record"]
            zone.append(made["zone"])
        self.zone = os.path.join(folder, "zone")
        with open(self.zone, "w", encoding="ascii") as file:
            file.write("\n".join(zone) + "\n")

    def run(self, *words, text=None):
        return subprocess.run([self.program, *words], input=text, capture_output=True, timeout=60)

    def who(self, algorithm):
        """What a peer needs to know to sign."""
        return {"domain": DOMAIN, "selector": SELECTORS[algorithm], "key": self.files[algorithm]}

    def sign(self, message, algorithm, canonicalization):
        """-> (the signed message or None, what was said otherwise)"""
        done = self.run("sign", "-", "--domain", DOMAIN, "--selector", SELECTORS[algorithm], "--key", self.files[algorithm],
                        "--canonicalization", canonicalization, text=message)
        return (done.stdout, "") if done.returncode == 0 else (None, done.stderr.decode(errors="replace").strip())

    def verify(self, message):
        """-> "pass", or the result of the topmost signature and its reason"""
        verdict = json.loads(self.run("verify", "-", "--json", "--zone", self.zone, text=message).stdout)
        if not verdict.get("dkim"):
            return "no signature"
        top = verdict["dkim"][0]
        return "pass" if top["result"] == "pass" else f"{top['result']}: {top['reason']}"
