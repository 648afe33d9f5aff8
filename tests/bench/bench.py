#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What remint does against the limits of the machine and against the usual tools. docs/bench.md

usage: bench.py BUILD [--quick] [--strict]
Prints a table and writes BUILD/bench/result.json. A goal that is missed is told and no error, unless --strict is given.
"""
import argparse
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

import fanout  # noqa: E402
import measure  # noqa: E402
import server  # noqa: E402
import targets  # noqa: E402
import worker  # noqa: E402
from images import Images  # noqa: E402
from writing import Writing, packing  # noqa: E402

NEED_MEMORY = 9 << 30   # bytes in /dev/shm: a pipe writes the zeros of a disk of 8 GiB too
NEED_DISK = 16 << 30
TOOLS = {"zstd": ["zstd", "--version"], "bmaptool": ["bmaptool", "--version"], "curl": ["curl", "--version"], "nginx": ["nginx", "-v"],
         "dd": ["dd", "--version"]}


class Bench:
    def __init__(self, build, quick):
        self.build, self.quick = build, quick
        self.folder = build / "bench"
        self.remint, self.stages = build / "remint", self.folder / "stages"
        self.pairs = 1 if quick else 5
        self.images = Images(self.folder / "images", self.say)
        self.rows = []
        self.devices, self.kept = ExitStack(), {}  # size -> device that lives until the end
        self.begun = time.monotonic()

    def say(self, text):
        print(f"[{time.monotonic() - self.begun:4.0f} s] {text}", file=sys.stderr, flush=True)

    def add(self, name, value, unit, peer=None, ratio=None, goal=None, most=False, note=None):
        """A row. The goal is what the ratio must reach, or what the value must stay under (most)."""
        met = None if goal is None else value < goal if most else ratio >= goal
        self.put({"name": name, "value": round(value, 4), "unit": unit, "peer": peer,
                  "ratio": None if ratio is None else round(ratio, 3), "goal": goal,
                  "goal_is": None if goal is None else "under" if most else "at least", "met": met, "note": note})

    def put(self, row):
        """Kept for the table, and told at once: a run that is ended has not been for nothing."""
        self.rows.append(row)
        ratio = "" if row["ratio"] is None else f", {row['ratio']:.2f} of {row['peer']}"
        goal = "" if row["met"] is None else f": {'met' if row['met'] else 'missed'}"
        self.say(f"{row['name']}: {row['value']:.2f} {row['unit']}{ratio}{goal}")

    @contextmanager
    def target(self, where, size):
        """A device in "memory", in "memory in place" or on the build folder's "disk"; a quick run makes do with files, which need no root."""
        if where == "memory in place" and not self.quick:
            yield self.in_place(size)
            return
        if not self.quick:
            with targets.loop(targets.MEMORY if where == "memory" else self.scratch, size, direct=where == "disk") as device:
                yield device
            return
        path = self.scratch / "disk"
        with open(path, "wb") as f:
            f.truncate(size)
        yield path
        path.unlink()

    def in_place(self, size):
        """One device for all runs, over memory that is in its place: what a VM's memory costs when it is touched for the first
        time differs eightfold from one run to the next, and would be the row's figure."""
        if size not in self.kept:
            self.kept[size] = self.devices.enter_context(targets.loop(targets.MEMORY, size))
        targets.zero(targets.backing(self.kept[size]), size)
        return self.kept[size]

    def written(self, device):
        return os.stat(device).st_blocks * 512 if self.quick else targets.written(device)

    def show(self):
        head = ["", "value", "", "against", "ratio", "goal", ""]
        lines = [[r["name"], f"{r['value']:.2f} {r['unit']}", r["note"] or "", r["peer"] or "",
                  "" if r["ratio"] is None else f"{r['ratio']:.2f}", "" if r["goal"] is None else
                  f"{'<' if r['goal_is'] == 'under' else '≥'} {r['goal']}", {None: "", True: "met", False: "missed"}[r["met"]]]
                 for r in self.rows]
        width = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
        for line in [head, *lines]:
            print("  ".join(text.ljust(w) for text, w in zip(line, width)).rstrip())


def version(argv):
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"))
        return done.stdout.strip().splitlines()[0]
    except (OSError, IndexError):
        return None


def machine():
    info = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.split(":")[1].strip() for line in info if line.startswith("model name")), platform.machine())
    kib = int(Path("/proc/meminfo").read_text().split()[1])
    return {"cpu": cpu, "cores": measure.CORES, "memory_mib": kib >> 10, "kernel": platform.release(),
            "idle_before": round(measure.idle_share(), 3)}


def everything(bench, url):
    if bench.quick:
        small = Writing(bench, "small", url)
        small.rows(1)
        small.to_disk()
        small.memory("small disk", 160)
        packing(bench, "small")
        return
    debian = Writing(bench, "debian", url)
    debian.rows(4.5)
    debian.to_disk()
    dense = Writing(bench, "dense", url, memory="memory in place")
    dense.rows(2)
    debian.memory("disk of 8 GiB", 160)
    debian.memory("disk of 8 GiB, --memory 64M", 64, "--memory", "64M")
    huge = Writing(bench, "huge", url)
    huge.memory("disk of 100 GiB, sparse", 160)
    huge.memory("disk of 100 GiB, --memory 64M", 64, "--memory", "64M")
    debian.resume()
    packing(bench, "debian")
    bench.say("fan-out: the station and nginx in turns")
    for row in fanout.rows(bench.build, bench.scratch):
        bench.put({"goal_is": "at least", "note": None, **row})
    for label, peak, goal in worker.rows(bench, bench.build):
        bench.add(label, peak, "MiB", goal=goal, most=True)


def result(bench, about):
    return {"date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "machine": about, "seconds": round(time.monotonic() - bench.begun),
            "quick": bench.quick, "pairs": bench.pairs, "remint": version([bench.remint, "--version"]),
            "tools": {name: version(argv) for name, argv in TOOLS.items()}, "rows": bench.rows}


def missing(build, quick):
    """Why it cannot run, as a list of sentences."""
    why = [] if quick else targets.missing(NEED_MEMORY)
    kept = sum(f.stat().st_blocks * 512 for f in (build / "bench/images").rglob("*") if f.is_file())
    if not quick and shutil.disk_usage(build).free + kept < NEED_DISK:
        why.append(f"{build} has less than {NEED_DISK >> 30} GiB free for images")
    for program in build / "remint", build / "bench/stages", build / "bench/clients":
        if not os.access(program, os.X_OK):
            why.append(f"{program} is missing: make bench builds it")
    return why


def parse():
    parser = argparse.ArgumentParser(description="measures remint against the machine's limits and the usual tools")
    parser.add_argument("build", type=Path)
    parser.add_argument("--quick", action="store_true", help="a small image, once, on files: that all of this works, no figures")
    parser.add_argument("--strict", action="store_true", help="exit with 1 when a goal is missed")
    return parser.parse_args()


def main():
    a = parse()
    build = a.build.resolve()
    why = missing(build, a.quick)
    if why:
        print("the bench cannot run:\n" + "\n".join(f"  {w}" for w in why), file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # devices and files go in any case
    bench = Bench(build, a.quick)
    bench.folder.mkdir(parents=True, exist_ok=True)
    about = machine()
    if about["idle_before"] < 0.95:
        bench.say(f"the machine is only {100 * about['idle_before']:.0f} % idle: the figures will be worse than it could do")
    with tempfile.TemporaryDirectory(prefix="run-", dir=bench.folder) as scratch:
        bench.scratch = Path(scratch)
        with bench.devices, server.nginx(bench.images.folder, bench.scratch / "nginx") as url:
            everything(bench, url)
    bench.show()
    text = json.dumps(result(bench, about), indent=2) + "\n"
    (bench.folder / ("quick.json" if a.quick else "result.json")).write_text(text)
    return 1 if a.strict and any(r["met"] is False for r in bench.rows) else 0


if __name__ == "__main__":
    sys.exit(main())
