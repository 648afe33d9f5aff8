# SPDX-License-Identifier: Apache-2.0
"""Initramfs archives for emulated machines: files, programs with their libraries, kernel modules in the order of loading."""
import io
import re
import subprocess
from pathlib import Path

from .tenant import kernel


class Initramfs:
    """A "newc" archive (Documentation/driver-api/early-userspace/buffer-format.rst) that grows file by file."""

    def __init__(self):
        self.out, self.inode, self.names = io.BytesIO(), 0, set()
        self.entry("dev", 0o40755)
        self.entry("dev/console", 0o20600, rdev=(5, 1))

    def entry(self, name, mode, data=b"", rdev=(0, 0)):
        if name in self.names:
            return
        self.names.add(name)
        self.inode += 1
        raw = name.encode() + b"\0"
        head = "070701" + "".join(f"{n:08x}" for n in (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(raw), 0))
        self.out.write(head.encode() + raw)
        self.out.write(bytes(-self.out.tell() % 4))
        self.out.write(data)
        self.out.write(bytes(-self.out.tell() % 4))

    def folder(self, name):
        for up in reversed(Path(name).parents):
            if str(up) != ".":
                self.entry(str(up), 0o40755)
        self.entry(name, 0o40755)

    def file(self, name, data, mode=0o100755):
        name = name.lstrip("/")
        if "/" in name:
            self.folder(str(Path(name).parent))
        self.entry(name, mode, data)

    def program(self, path, name=None):
        """A program of this host, with the libraries that its loader finds."""
        path = Path(path)
        self.file(name or str(path), path.read_bytes())
        listed = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout
        for library in re.findall(r"(/\S+) \(0x", listed):
            self.file(library, Path(library).read_bytes())

    def modules(self, kernel_folder, wanted):
        """Into /modules, and their names in the order of loading into /modules/order."""
        found = kernel.modules_in_order(kernel_folder, wanted)
        for module in found:
            self.file(f"modules/{module.name}", module.read_bytes())
        self.file("modules/order", "".join(f"{m.name}\n" for m in found).encode())

    def write(self, path, level=6):
        """Ends the archive; compressed by zstd."""
        self.entry("TRAILER!!!", 0)
        path.write_bytes(subprocess.run(["zstd", "-q", f"-{level}", "-c"], input=self.out.getvalue(), capture_output=True,
                                        check=True).stdout)
