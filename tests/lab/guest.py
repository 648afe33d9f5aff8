# SPDX-License-Identifier: Apache-2.0
"""A small Linux guest that runs one shell script: for what needs a kernel of its own, such as modules that this host has not."""
import re
from pathlib import Path

from .initramfs import Initramfs
from .machine import Machine
from .tenant import kernel

DRIVERS = ["virtio_pci", "virtio_blk", "virtio_net", "virtio-rng", "nvme", "af_packet"]
CMDLINE = "console=ttyS0,115200 loglevel=4 panic=5"

INIT = r"""#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /run /tmp /mnt /sbin /usr/sbin /usr/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev; mount -t tmpfs run /run
while read -r module; do insmod "/modules/$module" || echo "guest: no $module"; done </modules/order
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
ifconfig lo up
ifconfig eth0 10.0.2.15 netmask 255.255.255.0 up && route add default gw 10.0.2.2
/bin/busybox sh /script >/dev/console 2>&1
echo "guest: ended $?" >/dev/console
sync; sleep 0.5; poweroff -f
"""


class Guest:
    def __init__(self, folder, kernel_folder, accel="tcg", memory=512):
        self.folder, self.kernel, self.accel, self.memory = Path(folder), kernel_folder, accel, memory
        self.folder.mkdir(parents=True, exist_ok=True)

    def run(self, script, seconds, programs=(), files=(), modules=(), disks=(), more=(), **machine):
        """Runs the script as root, with `programs` of this host, `files` (name: bytes) and `more` arguments of QEMU; returns (exit status, console)."""
        archive = Initramfs()
        archive.file("bin/busybox", Path("/bin/busybox").read_bytes())
        archive.file("init", INIT.encode())
        archive.file("script", script.encode())
        for program in programs:
            archive.program(program)
        for name, data in dict(files).items():
            archive.file(name, data, 0o100644)
        archive.modules(self.kernel, [*DRIVERS, *modules])
        archive.write(self.folder / "guest.img", level=3)
        machine = Machine("guest", self.folder, list(disks), memory=self.memory, firmware="bios", accel=self.accel, more=list(more),
                          **machine)
        try:
            machine.boot_kernel(kernel.image(self.kernel), self.folder / "guest.img", CMDLINE)
            ended = machine.wait_console(r"guest: ended (\d+)", seconds)
            return int(ended.group(1)), machine.console()
        finally:
            machine.cut_power()


def lines(console, word):
    """What the script said after a word of its own at a line's beginning."""
    return re.findall(rf"^{re.escape(word)}[ :]*(.*)$", console, re.M)
