# SPDX-License-Identifier: Apache-2.0
"""Emulated machines against a real station. Every machine has 512 MiB of memory; what is not about firmware starts the
agent's kernel directly."""
import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import accel, children, former, paths  # noqa: E402
from lab.machine import Disk, Machine  # noqa: E402
from lab.provision import provision  # noqa: E402
from lab.station import Station  # noqa: E402
from lab.tenant import tiny  # noqa: E402

MIB = 1 << 20
BIG_MIB = 640  # more than a machine's memory
SECONDS = 400  # for an order; generous, because a busy host must not fail a test


class Rack:
    """One station with its images, and the machines of one test after another."""

    def __init__(self, folder):
        self.folder, self.kernel = folder, paths.build_folder() / "kernel"
        shutil.rmtree(folder, ignore_errors=True)
        self.station = Station(folder / "station")
        self.station.make_keys()
        self.station.start()
        self.station.build_boot()
        self.accel = accel.choose(paths.boot_parts() / "vmlinuz", folder.parent)
        self.machines, self.disks, self.n = [], [], 0
        self.tiny = tiny.build(folder / "tiny.raw", self.kernel)
        self.station.pack(self.tiny, "tiny", 1, "--firmware", "uefi,bios")

    def big_image(self):
        if not (self.station.images / "big").exists():
            big = tiny.build(self.folder / "big.raw", self.kernel, data_mib=BIG_MIB - tiny.SIZE_MIB)
            self.station.pack(big, "big", 1, "--firmware", "uefi,bios", "--level", 1)
            big.unlink()
        return "big"

    def copy_of(self, name, image="tiny"):
        """An image of its own for a test that tampers with it."""
        self.station.pack(self.tiny, name, 1, "--firmware", "uefi,bios")
        return self.station.images / name

    def disk(self, mib, kind="nvme", mark=None, **more):
        """A disk, full of a former tenant's data when a mark is given."""
        self.n += 1
        path = self.folder / f"disk{self.n}.raw"
        if mark:
            former.make(path, mib, self.kernel, mark)
        else:
            with open(path, "wb") as f:
                f.truncate(mib * MIB)
        self.disks.append(Disk(path, kind, f"SER{self.n}", **more))
        return self.disks[-1]

    def machine(self, *disks, firmware="bios"):
        self.n += 1
        machine = Machine(f"node{self.n}", self.folder / f"node{self.n}", list(disks), memory=512, firmware=firmware,
                          accel=self.accel)
        self.machines.append(machine)
        self.station.add_node(machine)
        return machine

    def order(self, machine, image):
        return self.station.create_order(machine.name, image, root_disk=machine.disks[0].serial)

    def run(self, machine, order, direct=True, **more):
        outcome = provision(self.station, machine, order, SECONDS, direct, **more)
        self.station.save(order, machine.folder)
        return outcome

    def put_away(self):
        for machine in self.machines:
            machine.cut_power()
        for disk in self.disks:
            disk.path.unlink(missing_ok=True)
        self.machines, self.disks = [], []

    def close(self):
        self.put_away()
        self.station.stop()
        for path in (*self.folder.glob("*.raw"), self.station.images):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture(scope="session")
def the_rack():
    rack = Rack(paths.build_folder() / "lab" / "qemu")
    yield rack
    rack.close()
    children.end_all()


@pytest.fixture
def rack(the_rack):
    yield the_rack
    the_rack.put_away()


def head_is_zero(disk):
    """Nothing at the start from which a firmware could boot, nor a partition table, nor its backup."""
    with open(disk.path, "rb") as f:
        head = f.read(34 * 512)
        f.seek(-33 * 512, 2)
        return not any(head) and not any(f.read())
