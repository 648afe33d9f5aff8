# SPDX-License-Identifier: Apache-2.0
"""A script that runs in the agent's own machine before the agent does: for drives that have to be set up from within, and to measure them.

The agent's initramfs is followed by an archive with another /init, which loads further modules, runs the script and becomes the agent.
"""
from pathlib import Path

from . import paths
from .initramfs import Initramfs
from .provision import kernel_arguments

INIT = r"""#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
while read -r module; do insmod "/modules/$module" || echo "prelude: no $module"; done </modules/order
/bin/busybox sh /prelude
echo "prelude: ended $?"
exec /prelude-agent
"""


def make(path, initrd, kernel_folder, script, modules, programs=()):
    """The initramfs, at `path`."""
    archive = Initramfs()
    archive.file("bin/busybox", Path("/bin/busybox").read_bytes())
    archive.file("init", INIT.encode())
    archive.file("prelude", script.encode())
    archive.file("prelude-agent", (paths.build_folder() / "remint-agent").read_bytes())
    for program in programs:
        archive.program(program)
    archive.modules(kernel_folder, modules)
    archive.write(path, level=1)
    before = Path(initrd).read_bytes()
    path.write_bytes(before + bytes(-len(before) % 4) + path.read_bytes())
    return path


def boot(station, machine, initrd):
    """Straight into the agent's kernel, with that initramfs."""
    return machine.boot_kernel(station.boot / "vmlinuz", initrd, kernel_arguments(station, machine))
