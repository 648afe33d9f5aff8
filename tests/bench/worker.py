# SPDX-License-Identifier: Apache-2.0
"""Memory of the agent's own worker: an emulated machine of 512 MiB takes an order, and its certificate says what the worker had at the most."""
import os
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.lab import accel, children  # noqa: E402
from tests.lab.machine import Disk, Machine  # noqa: E402
from tests.lab.provision import provision  # noqa: E402
from tests.lab.station import Station  # noqa: E402

MIB, GIB = 1 << 20, 1 << 30
SECONDS = 900  # for an order
RESERVE = 64 * MIB  # a disk is larger than the image by the seed and the backup GPT
ENDED = ("handed-over", "live", "erased", "held", "cancelled")


class Lab:
    """One station, whose images are the bench's."""

    def __init__(self, build, images, folder):
        self.images, self.folder, self.n = images, folder, 0
        self.kernel = build / "boot" / "vmlinuz"
        self.station = Station(folder / "station", build / "remint")
        self.remint = build / "remint"

    def __enter__(self):
        self.station.make_keys()
        self.station.start()
        # The images are signed with the bench's own keys.
        self.station.build_boot(self.images.keys(self.remint) / "ca.pem")
        self.accel = accel.choose(self.kernel, self.folder)
        return self

    def __exit__(self, *_):
        self.station.stop()
        children.end_all()

    def peak(self, name, memory=None):
        """MiB that the worker had at the most, by the order's certificate."""
        self.n += 1
        path = self.folder / f"disk{self.n}.raw"
        with open(path, "wb") as f:
            f.truncate(self.images.raw(name).stat().st_size + RESERVE)
        machine = Machine(f"bench{self.n}", self.folder / f"machine{self.n}", [Disk(path, "nvme", f"BENCH{self.n}")], memory=512,
                          firmware="uefi" if name == "debian" else "bios", accel=self.accel)
        linked = self.station.images / name
        if not linked.exists():
            shutil.copytree(self.images.packed(self.remint, name), linked, copy_function=os.link)
        self.station.add_node(machine)
        order = self.station.create_order(machine.name, name, {"verify": "sampled"}, verify="sampled",
                                          **({"memory": memory} if memory else {}))
        outcome = provision(self.station, machine, order, SECONDS, direct=True, until_states=ENDED)
        path.unlink()
        if outcome.state != "handed-over":
            raise RuntimeError(f"the order of {name} ended {outcome.state}: {outcome.why}\n{outcome.tail}")
        certificate = self.station.call("GET", f"/v1/orders/{order}/certificate")
        return certificate["image"]["written"]["memory_peak"] / MIB


def rows(bench, build):
    """(label, MiB, goal) of each."""
    folder = bench.scratch / "worker"
    folder.mkdir()
    with Lab(build, bench.images, folder) as lab:
        for name, size in ("debian", "8 GiB"), ("huge", "100 GiB, sparse"):
            for memory, goal in (None, 160), (64 * MIB, 64):
                bench.say(f"{name}: memory of the agent's worker")
                label = f"memory of the agent's worker: disk of {size}" + (", order.memory 64 MiB" if memory else "")
                yield label, lab.peak(name, memory), goal
