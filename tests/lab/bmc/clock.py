# SPDX-License-Identifier: Apache-2.0
"""What happens later, on one thread of a service: timed work, and a look at the machine from time to time."""
import heapq
import itertools
import threading
import time

LOOK_SECONDS = 0.05


class Clock:
    """`lock` is held while anything runs; look() is called every LOOK_SECONDS."""

    def __init__(self, lock, look):
        self._due, self._count, self._lock, self._look = [], itertools.count(), lock, look
        self._wake, self._end, self._thread = threading.Event(), False, None

    def start(self):
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        self._end = True
        self._wake.set()
        if self._thread:
            self._thread.join(10)

    def after(self, seconds, do):
        with self._lock:
            heapq.heappush(self._due, (time.monotonic() + seconds, next(self._count), do))
        self._wake.set()

    def _run(self):
        while not self._end:
            with self._lock:
                self._look()
                while self._due and self._due[0][0] <= time.monotonic():
                    heapq.heappop(self._due)[2]()
                wait = min(LOOK_SECONDS, self._due[0][0] - time.monotonic() if self._due else LOOK_SECONDS)
            self._wake.wait(max(wait, 0.001))
            self._wake.clear()
