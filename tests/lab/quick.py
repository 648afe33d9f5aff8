# SPDX-License-Identifier: Apache-2.0
"""A station with a small image, and the agent's boot image in a form that an emulated CPU starts in seven seconds instead of thirteen."""
import random
import shutil
import subprocess
import uuid
from pathlib import Path

from . import accel, paths
from .provision import kernel_arguments
from .station import Station
from .tenant import gpt, kernel
from .tenant.disk import MIB

IMAGE_SIZE = 9 * MIB  # three chunks
NOISE = IMAGE_SIZE - 2 * MIB
ARGUMENTS = "mitigations=off tsc=reliable quiet"  # for an emulated CPU's time alone


class QuickLab:
    def __init__(self, folder):
        self.folder = Path(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.station = Station(self.folder / "station")
        self.station.make_keys()
        self.station.start()
        self.station.build_boot()
        self.kernel = kernel.unpacked(self.station.boot / "vmlinuz", self.folder / "vmlinux")
        self.initrd = self._unpacked_initrd()
        self.accel = accel.choose(self.station.boot / "vmlinuz", self.folder.parent)
        self.image, self._noise = "quick", random.randbytes(NOISE)
        self.station.pack(self._make_disk(self.folder / "image.raw"), self.image, 1, "--firmware", "uefi,bios", "--level", 1)

    def _unpacked_initrd(self):
        """The same archives, uncompressed."""
        generic, whole = paths.boot_parts() / "generic.img", (self.station.boot / "initrd.img").read_bytes()
        plain = subprocess.run(["zstd", "-dqc", generic], stdout=subprocess.PIPE, check=True).stdout
        path = self.folder / "initrd.plain"
        path.write_bytes(plain + bytes(-len(plain) % 4) + whole[generic.stat().st_size:].lstrip(b"\0"))
        return path

    def _make_disk(self, path):
        """A partition table and noise: what is written has to be there, and nobody boots it."""
        with open(path, "wb") as f:
            f.truncate(IMAGE_SIZE)
            gpt.write(f, IMAGE_SIZE, [gpt.Partition(gpt.ESP, MIB, NOISE, "ESP", uuid.uuid4())])
            f.seek(MIB)
            f.write(self._noise)
        return path

    def holds_image(self, disk):
        with open(disk, "rb") as f:
            f.seek(MIB)
            return f.read(NOISE) == self._noise

    def boot(self, machine, initrd=None):
        """Straight into the agent; False where the station does not offer it."""
        arguments = kernel_arguments(self.station, machine)
        if arguments is not None:
            machine.boot_kernel(self.kernel, initrd or self.initrd, f"{arguments} {ARGUMENTS}")
        return arguments is not None

    def order(self, machine):
        """A new node, and its order for all disks; the first becomes the root disk."""
        self.station.add_node(machine)
        return self.station.create_order(machine.name, self.image, root={"disks": [machine.disks[0].serial]})

    def close(self):
        self.station.stop()
