# SPDX-License-Identifier: Apache-2.0
"""Emulated machines against a real station. Every machine has 512 MiB of memory; what is not about firmware starts the
agent's kernel directly."""
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import accel, children, former, paths  # noqa: E402
from lab.machine import Disk, Machine  # noqa: E402
from lab.provision import boot, provision  # noqa: E402
from lab.station import Station  # noqa: E402
from lab.tenant import tiny  # noqa: E402
from lab.wait import until  # noqa: E402

MIB = 1 << 20
BIG_MIB = 640  # more than a machine's memory
LONG_MIB = 256  # a write that can be met in its midst
SLOW = 4 << 20  # bytes a second that a throttled disk takes
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
        self.machines, self.disks, self.files, self.n = [], [], [], 0
        self.tiny = tiny.build(folder / "tiny.raw", self.kernel)
        self.station.pack(self.tiny, "tiny", 1, "--firmware", "uefi,bios")

    def big_image(self, name="big", mib=BIG_MIB):
        if not (self.station.images / name).exists():
            big = tiny.build(self.folder / f"{name}.raw", self.kernel, data_mib=mib - tiny.SIZE_MIB)
            self.station.pack(big, name, 1, "--firmware", "uefi,bios", "--level", 1)
            big.unlink()
        return name

    def long_image(self):
        return self.big_image("long", LONG_MIB)

    def middle_image(self):
        """An image with some data, whose disk stays at .middle_raw."""
        self.middle_raw = self.folder / "middle.raw"
        if not self.middle_raw.exists():
            tiny.build(self.middle_raw, self.kernel, data_mib=64)
            self.station.pack(self.middle_raw, "middle", 1, "--firmware", "uefi,bios", "--level", 1)
        return "middle"

    def copy_of(self, name, disk=None):
        """An image of its own for a test that tampers with it."""
        self.station.pack(disk or self.tiny, name, 1, "--firmware", "uefi,bios")
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

    def file(self, size, mark):
        """A raw file of `size` bytes with the mark in every block: for drives that are no plain disks."""
        self.n += 1
        self.files.append(former.fill(self.folder / f"file{self.n}.raw", size, mark))
        return self.files[-1]

    def stick(self, image):
        """A USB stick with this image."""
        self.n += 1
        self.disks.append(Disk(image, "usb", f"USB{self.n}"))
        return self.disks[-1]

    def machine(self, *disks, firmware="bios", more=()):
        self.n += 1
        machine = Machine(f"node{self.n}", self.folder / f"node{self.n}", list(disks), memory=512, firmware=firmware,
                          accel=self.accel, more=list(more))
        self.machines.append(machine)
        self.station.add_node(machine)
        return machine

    def order(self, machine, image, redundancy="single", root_disks=None, on_loss="hold", **more):
        """The first disk, or with another redundancy those named, else those that the agent chooses."""
        names = root_disks or ([machine.disks[0].serial] if redundancy == "single" else None)
        root = {"disks": names, "redundancy": redundancy, "on_loss": on_loss}
        return self.station.create_order(machine.name, image, root=root, **more)

    def run(self, machine, order, direct=True, **more):
        outcome = provision(self.station, machine, order, SECONDS, direct, **more)
        self.station.save(order, machine.folder)
        return outcome

    def certificate(self, order, machine):
        """The order's certificate, after openssl has verified it."""
        self.station.remint("order", "certificate", order, "--output", machine.folder)
        path = machine.folder / f"{order}.json"
        subprocess.run(["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", f"{path}.p7s", "-content", path,
                        "-CAfile", self.station.state / "evidence-ca.pem", "-purpose", "any", "-out", "/dev/null"],
                       check=True, capture_output=True, timeout=60)
        return json.loads(path.read_text())

    def put_away(self):
        for machine in self.machines:
            machine.cut_power()
        for path in (*self.files, *(disk.path for disk in self.disks)):
            path.unlink(missing_ok=True)
        self.machines, self.disks, self.files = [], [], []

    def close(self):
        self.put_away()
        self.station.stop()
        for path in (*self.folder.glob("*.raw"), self.station.images):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


@pytest.fixture(scope="session")
def the_rack():
    rack = Rack(paths.build_folder() / "lab" / f"qemu{os.environ.get('REMINT_LANE', '')}")
    yield rack
    rack.close()
    children.end_all()


@pytest.fixture
def rack(the_rack):
    yield the_rack
    the_rack.put_away()


def head_is_zero(disk, backup=True):
    """Nothing at the start from which a firmware could boot, nor a partition table, nor its backup."""
    with open(disk.path, "rb") as f:
        head = f.read(34 * 512)
        f.seek(-33 * 512, 2)
        return not any(head) and not (backup and any(f.read()))


def slow_in_the_write(rack, machine, order, speed=SLOW, share=0):
    """Lets the machine come as far as a share of the write, with a slow disk, so that there is time to do it harm."""
    boot(rack.station, machine, "pending", direct=True)

    def events(kind):
        assert rack.station.order(order)["state"] in ("pending", "running")
        # A row's check comes before, under the same name.
        return [e for e in rack.station.events(order)
                if (e["kind"], e["phase"], e["step"]) == (kind, "destroy", "write")]

    until(lambda: events("step-begun"), SECONDS, "the write begins", every=0.1)
    machine.set_write_speed(0, speed)
    until(lambda: any(e["done"] >= share * e["total"] for e in events("progress")), SECONDS,
          f"{share:.0%} of the write")
