# SPDX-License-Identifier: Apache-2.0
"""The rows about writing: against the usual pipes, against the machine's bound, memory, resuming."""
import json
import signal
import subprocess
from itertools import pairwise

from measure import median, run, settle, spread

MIB = 1 << 20


def into_cache(path):
    subprocess.run(["cat", path], check=True, stdout=subprocess.DEVNULL)


class Writing:
    """One packed image behind the server, and all the ways to get it onto a device."""

    def __init__(self, bench, name, url, memory="memory"):
        self.bench, self.name, self.url, self.in_memory = bench, name, url, memory
        images = bench.images
        self.raw, self.size = images.raw(name), images.raw(name).stat().st_size
        self.packed = images.packed(bench.remint, name)
        self.manifest = json.loads((self.packed / "manifest.json").read_text())
        self.payload = self.manifest["payload"]["size"]
        self.folder = f"{url}/{self.raw.parent.name}"
        into_cache(self.packed / "payload.zst")

    # ---- the tools --------------------------------------------------------------------------------

    def ours(self, device, *more):
        return [self.bench.remint, "image", "write", f"{self.folder}/packed/manifest.json", "--device", device, "--ca",
                self.bench.images.keys(self.bench.remint) / "ca.pem", "--verify", "none", "--json", "--quiet", *more]

    def dd(self, device):
        """The hash over the compressed stream, which is the cheaper one."""
        return ["bash", "-euo", "pipefail", "-c",
                'curl -sfS "$1" | tee >(sha256sum >/dev/null) | zstd -dcq | dd of="$2" oflag=direct iflag=fullblock bs=4M '
                'conv=fsync,notrunc status=none', "bash", f"{self.folder}/{self.whole.name}", device]

    def bmaptool(self, device):
        return ["bmaptool", "-q", "copy", "--bmap", self.bmap, f"{self.folder}/{self.whole.name}", device]

    def stage(self, stage, *more):
        return [self.bench.stages, stage, self.packed, *more]

    # ---- one run on a device of its own --------------------------------------------------------------

    def write(self, command, *more, where=None, compare=False):
        with self.bench.target(where or self.in_memory, self.size) as device:
            settle()
            done = run(command(device, *more))
            if compare:
                subprocess.run(["cmp", "-n", str(self.size), device, self.raw], check=True)
        return done

    # ---- rows ----------------------------------------------------------------------------------------

    def rows(self, goal):
        self.whole, self.bmap = self.bench.images.whole(self.name), self.bench.images.bmap(self.name)
        into_cache(self.whole)
        tools = {"remint image write": self.ours, "curl | zstd | dd": self.dd, "bmaptool": self.bmaptool}
        times = {name: [] for name in tools}
        for name, command in tools.items():  # the first of each is not counted: it shows that the tool does the job
            self.bench.say(f"{self.name}: {name}, compared with the disk")
            self.write(command, compare=True)
        for i in range(self.bench.pairs):
            self.bench.say(f"{self.name}: round {i + 1} of {self.bench.pairs}")
            for name, command in tools.items():
                times[name].append(self.write(command).wall)
        medians = {name: median(t) for name, t in times.items()}
        ours, peer = medians.pop("remint image write"), min(medians, key=medians.get)
        for name, seconds in medians.items():
            self.bench.add(f"{self.name}: {name}", seconds, "s", note=f"±{100 * spread(times[name]):.0f} %")
        self.bench.add(f"{self.name}: writing, against the fastest pipe", ours, "s", peer=f"{peer}: {medians[peer]:.2f} s",
                       ratio=medians[peer] / ours, goal=goal, note=f"±{100 * spread(times['remint image write']):.0f} %")
        self.bound()

    def bound(self):
        """What the stages cost side by side, none of which waits for another, is spread over the cores at best; each alone is told too."""
        url = f"{self.folder}/packed/payload.zst"
        commands = {
            "fetching": lambda device: self.stage("fetch", url),
            "hashing": lambda device: self.stage("hash"),
            "decoding": lambda device: self.stage("decode"),
            "writing": lambda device: self.stage("write", device),
            "all four": lambda device: self.stage("together", url, device),
        }
        whole, limits = [], {stage: [] for stage in commands}

        def stage_run(stage):
            limits[stage].append([float(word) for word in self.write(commands[stage]).out.split()])

        stage_run("all four")
        for i in range(self.bench.pairs):
            self.bench.say(f"{self.name}: the whole and its stages, round {i + 1} of {self.bench.pairs}")
            whole.append(self.write(self.ours))
            stage_run("all four")
        for stage in [stage for stage in commands if stage != "all four"]:
            self.bench.say(f"{self.name}: {stage} alone")
            for i in range(self.bench.pairs):
                stage_run(stage)
        wall = {stage: median([r[1] for r in runs]) for stage, runs in limits.items()}
        cpu = {stage: median([r[2] for r in runs]) for stage, runs in limits.items()}
        for stage in commands:
            self.bench.add(f"{self.name}: limit, {stage} {'side by side' if stage == 'all four' else 'only'}", wall[stage], "s",
                           note=f"{cpu[stage]:.2f} s of CPU")
        # Each run is held against the work as it was just before and just after it: the machine's speed changes within minutes.
        work = [(before[2] + after[2]) / 2 for before, after in pairwise(limits["all four"])]
        bounds = [max(w / run.cores, wall["fetching"], wall["writing"]) for w, run in zip(work, whole)]
        ratios = [bound / run.wall for bound, run in zip(bounds, whole)]
        self.work, ours, had = median(work), [run.wall for run in whole], median([run.cores for run in whole])
        limit = max(("fetching", "writing"), key=wall.get)
        if median(bounds) > wall[limit]:
            limit = f"all CPU work, {self.work:.2f} s, over {had:.2f} cores"
        alone = sum(seconds for stage, seconds in cpu.items() if stage != "all four")
        self.bench.add(f"{self.name}: writing, against the machine's bound", median(ours), "s", peer=f"{limit}: {median(bounds):.2f} s",
                       ratio=median(ratios), goal=0.85,
                       note=f"±{100 * spread(ours):.0f} %, ratios {min(ratios):.2f} to {max(ratios):.2f}; {alone / had / median(ours):.2f} of "
                            f"the {alone:.2f} s that the stages cost one after another")

    def to_disk(self):
        """A file-backed device, direct I/O all the way: against the same bytes from RAM in one sequence."""
        ours, cores, plain = [], [], []
        for i in range(self.bench.pairs):
            self.bench.say(f"{self.name}: to a disk, round {i + 1} of {self.bench.pairs}")
            plain.append(float(self.write(lambda device: self.stage("write", device), where="disk").out.split()[1]))
            whole = self.write(self.ours, where="disk")
            ours.append(whole.wall)
            cores.append(whole.cores)
        had = median(cores)
        limits = {"O_DIRECT writing alone": median(plain), f"CPU work over {had:.2f} cores": self.work / had}
        limit = max(limits, key=limits.get)
        self.bench.add(f"{self.name}: writing to a file-backed device", median(ours), "s", peer=f"{limit}: {limits[limit]:.2f} s",
                       ratio=limits[limit] / median(ours), goal=0.9,
                       note=f"±{100 * spread(ours):.0f} %, the limit ±{100 * spread(plain):.0f} %")

    def memory(self, label, goal, *more):
        self.bench.say(f"{self.name}: memory")
        peaks = []
        for _ in range(min(3, self.bench.pairs)):
            done = self.write(self.ours, *more)
            peaks.append(max(done.peak, json.loads(done.out)["peak_rss_kib"] * 1024) / MIB)
        self.bench.add(f"memory: {label}", max(peaks), "MiB", goal=goal, most=True)

    def resume(self):
        """Killed when nine tenths are written."""
        data = self.data_bytes()
        with self.bench.target("memory", self.size) as device:
            def kill(child):
                if self.bench.written(device) >= 0.9 * data:
                    child.send_signal(signal.SIGKILL)
            first = run(self.ours(device), watch=kill, check=False, poll=0.002)
            if first.status == 0:
                raise RuntimeError("the write was over before it could be interrupted")
            there = self.bench.written(device) / data
            self.bench.say(f"{self.name}: killed at {100 * there:.0f} %; going on")
            done = json.loads(run(self.ours(device, "--resume")).out)
            subprocess.run(["cmp", "-n", str(self.size), device, self.raw], check=True)
        self.bench.add("resuming: share of the payload fetched again", done["fetched"] / self.payload, "",
                       peer=f"killed at {100 * min(there, 1):.0f} %", goal=0.15, most=True)

    def data_bytes(self):
        shown = json.loads(subprocess.run([self.bench.remint, "image", "inspect", self.packed, "--json"], check=True,
                                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout)
        return shown["data_chunks"] * 4 * MIB


def packing(bench, name):
    """remint image pack against zstd on the same sparse disk at the same level."""
    raw, ours, peer = bench.images.raw(name), [], []
    into_cache(raw)
    out = bench.scratch / "packed"
    for i in range(bench.pairs):
        bench.say(f"{name}: packing, round {i + 1} of {bench.pairs}")
        ours.append(run(bench.images.pack(bench.remint, name, out)).wall)
        peer.append(run(["zstd", "-q", "-3", "-T0", "-f", raw, "-o", bench.scratch / "disk.zst"]).wall)
    ratios = [theirs / us for theirs, us in zip(peer, ours)]
    bench.add(f"{name}: packing", median(ours), "s", peer=f"zstd -3 -T0: {median(peer):.2f} s", ratio=median(ratios), goal=2,
              note=f"±{100 * spread(ours):.0f} %, ratios {min(ratios):.2f} to {max(ratios):.2f}")
