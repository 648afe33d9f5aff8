# SPDX-License-Identifier: Apache-2.0
"""One order: a machine with three full drives, its power cut in the wipe so many times, then left to finish; the verdict.

Everything is drawn from a generator seeded by the run's seed and the order's number: how often, after what time, what the drives lose. play()
is a Python generator that yields while it waits, so that one thread drives several machines.
"""
import json
import re
import shutil
import sqlite3
import time

from lab import former
from lab.machine import Disk, Machine
from lab.powercut import WriteLog
from lab.wait import Late

MIB = 1 << 20
SIZE = 24 * MIB
MEMORY = 384  # MiB
WIPE_SECONDS = 240    # from power on to the wipe's begin; generous, because a busy host must not fail a soak
FINISH_SECONDS = 400  # for the boots in which nothing is cut
BOOTS_MAX = 4         # of these; the agent may restart the machine by itself
KINDS = ("virtio", "sata", "nvme")
ENDED = ("handed-over", "held", "live", "cancelled")
ORDER_OF_PLACES = ("overwriting", "formatting", "reading back", "markers", "not begun", "proven")


class Problem(Exception):
    """What must not be: the soak has found something."""


class Drive:
    """A disk with its log of writes, and the file as it was before the present boot."""

    def __init__(self, folder, kind, serial):
        self.kind, self.name = kind, f"serial:{serial}"
        self.disk = Disk(folder / f"{kind}.raw", kind, serial, discard=kind == "nvme")
        self.log, self.before = folder / f"{kind}.log", folder / f"{kind}.before"

    def cut(self, mark, journal, left, rng):
        """After a cut: makes the file what the drive would hold, and says what the drive was doing."""
        log = WriteLog(self.log)
        if not log.whole and left == "lost":
            raise Problem(f"the log of {self.kind} is not whole: the cut cannot be modelled")
        lost = log.make_lost(self.disk.path, self.before, rng) if left == "lost" else 0
        state, method = journal.get(self.name, ("", ""))
        return {"doing": self.doing(log, state), "journal": f"{state} {method}".strip(), "written": log.written(),
                "residue": former.bytes_found(self.disk.path, mark)}, lost

    @staticmethod
    def doing(log, state):
        last = log.last()
        if state == "proven":
            return "proven"
        if not state or last == "nothing":
            return "not begun"
        if last == "sweep":
            # A Format is one request in QEMU.
            return "formatting" if log.entries[-1].size >= SIZE else "overwriting"
        swept = any(e.size >= 65536 for e in log.entries)
        return "reading back" if last == "flush" and swept else "markers"


class Episode:
    def __init__(self, lab, n, firmware, cuts_max, each=None):
        self.lab, self.n, self.firmware = lab, n, firmware
        self.rng = lab.rng(n)
        drawn = self.rng.choice((1, 2, 3, 4, 6, 8, 12))
        self.wanted = min(each or drawn, cuts_max)
        self.folder = lab.folder / f"order{n}"
        self.cuts, self.outcome, self.residue, self.problem, self.order = [], "", 0, "", ""
        self.begun = time.monotonic()

    # ---- waiting ----------------------------------------------------------------------------------

    @staticmethod
    def pause(seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            yield

    def until(self, ask, seconds, what, every=0.1):
        end = time.monotonic() + seconds
        while True:
            got = ask()
            if got:
                return got
            if time.monotonic() > end:
                raise Problem(f"{what}: not within {seconds} s")
            yield from self.pause(every)

    # ---- the machine ------------------------------------------------------------------------------

    def prepare(self):
        self.folder.mkdir(parents=True)
        self.mark = former.marker()
        self.drives = [Drive(self.folder, kind, f"{kind.upper()}{self.n}") for kind in KINDS]
        for d in self.drives:
            former.fill(d.disk.path, SIZE, self.mark, self.rng)
        self.head = self.drives[0].disk.path.read_bytes()[:512]
        self.machine = Machine(f"soak{self.n}", self.folder, [d.disk for d in self.drives], memory=MEMORY,
                               firmware=self.firmware, accel=self.lab.accel, cpus=1)
        self.order = self.lab.order(self.machine)

    def boot(self, throttled):
        """With whole firmware from the network, else straight into the agent's kernel."""
        for d in self.drives:
            d.disk.log = d.log if throttled else None
            d.disk.write_bps = self.speed if throttled and d.kind != "nvme" else 0
            if throttled:
                shutil.copyfile(d.disk.path, d.before)
        if self.firmware == "uefi":
            self.machine.boot_network(f"{self.lab.station.http_url}/boot.ipxe")
        elif not self.lab.boot(self.machine):
            raise Problem("the station does not offer the agent any more")

    def seen(self, pattern):
        return re.search(pattern, self.machine.console(), re.M)

    def wipe_begun(self):
        if not self.machine.running():
            raise Late("the machine ended before the wipe")
        return self.seen(r"destroy: wipe\s*$")

    def wipe_ended(self):
        return self.seen(r"destroy: wipe: ") or not self.machine.running()

    # ---- cuts -------------------------------------------------------------------------------------

    def journal(self):
        """The last entry about each drive: {name: (state, method)}."""
        with sqlite3.connect(f"file:{self.lab.station.state / 'station.db'}?mode=ro", uri=True) as db:
            rows = db.execute("SELECT entry FROM journal WHERE order_seq = (SELECT seq FROM orders WHERE id = ?) ORDER BY id",
                              (self.order,)).fetchall()
        entries = [json.loads(text) for (text,) in rows]
        return {e["drive"]: (e["state"], e["method"]) for e in entries if e["step"] == "wipe"}

    def sweeping(self):
        """Is a throttled drive being overwritten? Markers alone are less than a MiB."""
        return any(d.disk.write_bps and d.log.stat().st_size > MIB for d in self.drives)

    def cut_once(self):
        """Boots, waits for the wipe, cuts. False: the wipe was over before the moment had come."""
        self.speed, moment = int(self.rng.uniform(6, 12) * MIB), self.rng.random()
        # Half of the moments lie anywhere in the wipe, the others after the overwriting has begun.
        begin = self.rng.choice((lambda: True, self.sweeping))
        begun = time.monotonic()
        self.boot(throttled=True)
        yield from self.until(self.wipe_begun, WIPE_SECONDS, "the wipe's begin")
        wipe, span, at = time.monotonic(), self.lab.span(SIZE / self.speed), None
        while at is None or time.monotonic() < at:
            if self.wipe_ended():
                self.lab.learn(SIZE / self.speed, time.monotonic() - wipe)
                return False
            if at is None and begin():
                at = time.monotonic() + moment * max(span - (time.monotonic() - wipe), 0.5)
            yield
        self.machine.cut_power()
        self.record(round(wipe - begun, 1), round(time.monotonic() - wipe, 2))
        return True

    def record(self, boot_s, after_s):
        left = self.rng.choice(("kept", "lost"))
        journal, drives, lost = self.journal(), {}, 0
        for d in self.drives:
            drives[d.kind], n = d.cut(self.mark, journal, left, self.rng)
            lost += n
        doing = {d["doing"] for d in drives.values()}
        self.cuts.append({"after_s": after_s, "boot_s": boot_s, "left": left, "lost_bytes": lost,
                          "where": next(p for p in ORDER_OF_PLACES if p in doing), "drives": drives})
        for kind, d in drives.items():
            if d["doing"] == "proven" and d["residue"]:
                raise Problem(f"{kind} was proven to be empty and holds {d['residue']} bytes of the former tenant after a cut")

    def finish(self):
        """Lets the machine run until its order has ended."""
        state = self.lab.station.order(self.order)["state"]
        end = time.monotonic() + FINISH_SECONDS
        for _ in range(BOOTS_MAX):
            if state in ENDED:
                break
            if not self.machine.running():
                self.machine.cut_power()
                self.boot(throttled=False)
            while state not in ENDED and self.machine.running():
                if time.monotonic() > end:
                    raise Problem(f"the order is {state} after {FINISH_SECONDS} s without a cut")
                yield from self.pause(0.3)
                state = self.lab.station.order(self.order)["state"]
        self.machine.cut_power()
        if state not in ENDED:
            raise Problem(f"the order is {state} after {BOOTS_MAX} boots")
        self.outcome = state

    # ---- the verdict ------------------------------------------------------------------------------

    def judge(self):
        self.residue = sum(former.bytes_found(d.disk.path, self.mark) for d in self.drives)
        head = self.drives[0].disk.path.read_bytes()[:512]
        if self.outcome == "handed-over":
            if self.residue:
                raise Problem(f"handed over with {self.residue} bytes of the former tenant")
            if not self.lab.holds_image(self.drives[0].disk.path):
                raise Problem("handed over without the image on its root disk")
        elif self.outcome == "held":
            if any(head) and head != self.head:
                raise Problem("held with a first block that is neither the former one nor zeros")
        else:
            raise Problem(f"the order ended as {self.outcome}")

    def play(self):
        try:
            self.prepare()
            while len(self.cuts) < self.wanted and (yield from self.cut_once()):
                pass
            yield from self.finish()
            self.judge()
        except (Problem, Late) as problem:
            self.problem = f"{problem}"
        finally:
            self.machine.cut_power()
        self.put_away()

    def put_away(self):
        if self.problem:
            self.lab.station.save(self.order, self.folder)
        else:
            shutil.rmtree(self.folder)

    def result(self):
        return {"seed": self.lab.seed, "n": self.n, "firmware": self.firmware, "outcome": self.outcome, "residue": self.residue,
                "problem": self.problem, "folder": str(self.folder) if self.problem else None,
                "reason": self.lab.station.order(self.order).get("reason") if self.order else None,
                "seconds": round(time.monotonic() - self.begun, 1), "cuts": self.cuts}
