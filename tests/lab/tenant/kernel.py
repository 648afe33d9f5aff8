# SPDX-License-Identifier: Apache-2.0
"""Debian's kernel package as `make boot-image` has unpacked it: FOLDER/boot/vmlinuz-RELEASE, FOLDER/lib/modules/RELEASE."""
import lzma
import struct
from pathlib import Path

XZ = b"\xfd7zXZ\0"


def release(folder):
    have = sorted((folder / "boot").glob("vmlinuz-*"))
    if not have:
        raise RuntimeError(f"{folder} holds no kernel: run make boot-image")
    return have[-1].name.removeprefix("vmlinuz-")


def image(folder):
    return folder / "boot" / f"vmlinuz-{release(folder)}"


def unpacked(vmlinuz, path):
    """
    The kernel within a vmlinuz (Documentation/arch/x86/boot.rst: payload_offset, payload_length), which QEMU starts as it is: an emulated
    CPU takes five seconds to unpack it. Where it is not compressed by xz, the vmlinuz itself.
    """
    whole = Path(vmlinuz).read_bytes()
    offset, length = struct.unpack_from("<II", whole, 0x248)
    start = ((whole[0x1F1] or 4) + 1) * 512 + offset
    if whole[start:start + len(XZ)] != XZ:
        return vmlinuz
    path.write_bytes(lzma.LZMADecompressor(lzma.FORMAT_XZ).decompress(whole[start:start + length]))
    return path


def modules_in_order(folder, wanted):
    """Paths of the wanted modules and of what they need, each after what it needs. Built-in ones are left out."""
    base = folder / "lib/modules" / release(folder)
    needs = {}
    for line in (base / "modules.dep").read_text().splitlines():
        path, _, rest = line.partition(":")
        needs[path] = rest.split()
    by_name = {Path(p).name.split(".")[0].replace("-", "_"): p for p in needs}
    order = []

    def take(path):
        for need in needs[path]:
            take(need)
        if path not in order:
            order.append(path)

    for name in wanted:
        if name.replace("-", "_") in by_name:
            take(by_name[name.replace("-", "_")])
    return [base / p for p in order]
