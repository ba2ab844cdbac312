"""Messages to a filter, one after the other on a few sessions, over and over, also while the filter dies."""
import collections
import itertools
import threading
import time

from sekishod import MilterSession, SekishodError


class MilterLoad:
    """Each message has a queue id of its own, which begins with `name`, and a Message-ID made of it. Notes which were
    answered, and how long the slowest took."""

    def __init__(self, listen, name="4t", threads=3, pause_s=0.002, client="192.0.2.1", recipients=()):
        self.listen, self.name, self.pause_s, self.client, self.recipients = listen, name, pause_s, client, recipients
        self.answered, self.unanswered, self.slowest_s = [], [], 0.0
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(threads)]

    def run(self, number):
        session = None
        for count in itertools.count():
            if self.is_over.is_set():
                break
            queue_id = f"{self.name}{number}n{count}"
            begun = time.monotonic()
            try:
                session = session or MilterSession(self.listen, self.client)
                session.begin(queue_id=queue_id, recipients=self.recipients,
                              fields=((b"From", b" a@example.net"), (b"Message-ID", f" <{queue_id}@x>".encode())))
                session.end()
                self.answered.append(queue_id)
            except (SekishodError, OSError):
                session = None
                self.unanswered.append(queue_id)
                time.sleep(0.05)
                continue
            self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
            time.sleep(self.pause_s)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *unused):
        self.is_over.set()
        for thread in self.threads:
            thread.join()

    def problems(self, recorded):
        """What is wrong with these queue ids of the store, as a sentence; "" when each answered message is there once."""
        counts = collections.Counter(recorded)
        missing = [queue_id for queue_id in self.answered if queue_id not in counts]
        doubled = [queue_id for queue_id, count in counts.items() if count > 1]
        strange = set(counts) - set(self.answered) - set(self.unanswered)
        return "; ".join(f"{len(ids)} {what}" for ids, what in ((missing, "missing"), (doubled, "doubled"),
                                                                (strange, "from nowhere")) if ids)
