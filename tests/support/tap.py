"""A little TAP: name a check, say whether it held; the plan comes at the end."""
import sys
import traceback


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def ok(self, held, name, detail=""):
        self.count += 1
        self.failed += not held
        print(f"{'ok' if held else 'not ok'} {self.count} - {name}", flush=True)
        if not held and detail:
            for line in str(detail).splitlines():
                print(f"# {line}", flush=True)
        return held

    def equal(self, got, want, name):
        return self.ok(got == want, name, f"got  {got!r}\nwant {want!r}")

    def contains(self, text, part, name):
        return self.ok(part in text, name, f"{part!r} is not in:\n{text}")

    def run(self, body):
        """Run body(self); an exception is a failed check, not the end of the report."""
        try:
            body(self)
        except Exception:  # noqa: BLE001 - any escape is a failure to report
            self.ok(False, "no exception", traceback.format_exc())
        print(f"1..{self.count}", flush=True)
        sys.exit(1 if self.failed else 0)
