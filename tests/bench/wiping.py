#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""make bench-wipe: the agent's wipe on emulated drives that QEMU throttles, so that the medium is the limit. docs/bench.md

usage: wiping.py BUILD [--strict]
Four drives at once against the slowest of them alone; overwriting and reading back against dd with O_DIRECT on the same drive in the same
boot. It looks from outside: at the emulator's count of what each drive has read and written. Writes BUILD/bench/wipe.json.
"""
import argparse
import json
import os
import re
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.dont_write_bytecode = True
sys.path[:0] = [str(HERE), str(HERE.parent)]

from bench import Bench, machine, result  # noqa: E402
from lab import children, paths, prelude  # noqa: E402
from lab.machine import Disk, Machine  # noqa: E402
from lab.quick import QuickLab  # noqa: E402
from lab.wait import until  # noqa: E402

MB, MIB = 1000 * 1000, 1 << 20
SIZE = 96 * MIB
DRIVES = (("virtio", 6 * MB), ("virtio", 7 * MB), ("scsi", 8 * MB), ("sata", 9 * MB))  # bytes a second, reading and writing alike
SECONDS = 600
PASS = SIZE // 2  # bytes: markers and partition tables are less
EVERY = 0.1       # seconds between two looks

DD = """
now() { cut -d' ' -f1 /proc/uptime; }
for n in 1 2; do
	a=$(now); dd if=/dev/zero of=/dev/vda bs=4M oflag=direct conv=fsync 2>/dev/null; b=$(now)
	dd if=/dev/vda of=/dev/null bs=4M iflag=direct 2>/dev/null; c=$(now)
	echo "dd: $a $b $c"
done
"""


class Drives:
    """A machine's drives, watched."""

    def __init__(self, lab, name, drives):
        self.disks = []
        for n, (kind, bps) in enumerate(drives):
            path = lab.folder / f"{name}{n}.raw"
            with open(path, "wb") as f:
                for _ in range(SIZE // MIB):
                    f.write(os.urandom(MIB))
            self.disks.append(Disk(path, kind, f"{name.upper()}{n}", discard=False, write_bps=bps, read_bps=bps))
        self.machine = Machine(name, lab.folder / name, self.disks, memory=512, firmware="bios", accel=lab.accel)
        lab.order(self.machine)

    def counts(self):
        """(bytes read, bytes written) of each."""
        stats = {b["device"]: b["stats"] for b in self.machine.command("query-blockstats")}
        return [(stats[f"d{n}"]["rd_bytes"], stats[f"d{n}"]["wr_bytes"]) for n in range(len(self.disks))]

    def wipe(self):
        """Seconds of the wipe, and a list of (time, counts) while it lasts. The machine is switched off after it."""
        self.machine.wait_console(r"destroy: wipe\s", SECONDS)
        begun, looks = time.monotonic(), []

        def look():
            looks.append((time.monotonic(), self.counts()))
            return re.search(r"destroy: wipe: (\w+)", self.machine.console())

        ended = until(look, SECONDS, "the wipe's end", every=EVERY)
        seconds = time.monotonic() - begun
        self.machine.cut_power()
        if ended[1] != "done":
            raise RuntimeError(f"the wipe failed:\n{self.machine.console()[-2000:]}")
        return seconds, looks


def passes(looks, n):
    """What drive n did in one sweep each: ("read" or "write", bytes, seconds)."""
    found = []
    for (before, old), (now, new) in zip(looks, looks[1:]):
        read, written = (b - a for a, b in zip(old[n], new[n]))
        if not read and not written:
            continue
        way, size = ("read", read) if read > written else ("write", written)
        if found and found[-1][0] == way:
            found[-1][1], found[-1][3] = found[-1][1] + size, now
        else:
            found.append([way, size, before, now])
    return [(way, size, end - begin) for way, size, begin, end in found if size >= PASS]


def speed(found, way):
    """Bytes a second over all sweeps of that kind, and how many there were."""
    which = [(size, seconds) for w, size, seconds in found if w == way]
    if not which:
        raise RuntimeError(f"no sweep was seen that would {way} the drive")
    return sum(s for s, _ in which) / sum(t for _, t in which), len(which)


def dd_speeds(console):
    """Bytes a second of dd's writing and reading, the better of its rounds."""
    rounds = [list(map(float, m)) for m in re.findall(r"^dd: (\S+) (\S+) (\S+)", console, re.M)]
    return SIZE / min(b - a for a, b, _ in rounds), SIZE / min(c - b for _, b, c in rounds)


def rows(bench, lab):
    bench.say("the slowest drive alone: dd, then the wipe")
    alone = Drives(lab, "alone", DRIVES[:1])
    initrd = prelude.make(lab.folder / "prelude.img", lab.initrd, paths.build_folder() / "kernel", DD, ["virtio_pci", "virtio_blk"])
    lab.boot(alone.machine, initrd)
    seconds, looks = alone.wipe()
    found = passes(looks, 0)
    for way, name, dd in zip(("write", "read"), ("overwriting", "reading back"), dd_speeds(alone.machine.console())):
        ours, n = speed(found, way)
        bench.add(f"throttled drive: {name}", ours / MB, "MB/s", peer=f"dd, O_DIRECT: {dd / MB:.2f} MB/s", ratio=ours / dd, goal=0.9,
                  note=f"{n} {'pass' if n == 1 else 'passes'}")
    bench.say("four drives at once")
    four = Drives(lab, "four", DRIVES)
    lab.boot(four.machine)
    together, _ = four.wipe()
    bench.add("four throttled drives at once", together, "s", peer=f"the slowest alone: {seconds:.1f} s", ratio=seconds / together,
              goal=round(1 / 1.1, 3), note="the drives take " + ", ".join(f"{bps // MB}" for _, bps in DRIVES) + " MB/s")


def main():
    parser = argparse.ArgumentParser(description="measures the wipe on drives that the emulator throttles")
    parser.add_argument("build", type=Path)
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a goal is missed")
    a = parser.parse_args()
    build = a.build.resolve()
    os.environ["REMINT_BUILD"] = str(build)
    children.on_signals()
    bench, about = Bench(build, False), machine()
    bench.folder.mkdir(parents=True, exist_ok=True)
    bench.pairs = 1
    if about["idle_before"] < 0.95:
        bench.say(f"the machine is only {100 * about['idle_before']:.0f} % idle: the figures will be worse than it could do")
    lab = QuickLab(build / "lab" / "bench")
    about["accel"] = lab.accel
    try:
        rows(bench, lab)
    finally:
        lab.close()
        children.end_all()
    for path in lab.folder.glob("*.raw"):
        path.unlink()
    bench.show()
    (bench.folder / "wipe.json").write_text(json.dumps(result(bench, about), indent=2) + "\n")
    return 1 if a.strict and any(r["met"] is False for r in bench.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
