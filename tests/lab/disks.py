# SPDX-License-Identifier: Apache-2.0
"""Disks as they are asked for at a command line: KIND[:MIB]."""
from .machine import KINDS, Disk

MIB = 1 << 20
SPARE = 256 * MIB  # on a disk of an image, for the seed's partition


def of_words(words):
    """[(kind, bytes or 0)]"""
    made = []
    for text in words:
        kind, colon, size = text.partition(":")
        if kind not in KINDS or (colon and not (size.isascii() and size.isdigit() and 0 < int(size) < 1 << 24)):
            raise ValueError(f"--disk {text}: {', '.join(KINDS)}, and a size in MiB after a colon")
        made.append((kind, int(size or 0) * MIB))
    return made


def make(folder, disks, default, block, serial):
    """Empty files for (kind, bytes) each; `default` bytes where none are said. serial: begins each serial number."""
    made = []
    for n, (kind, size) in enumerate(disks):
        path = folder / f"disk{n}.raw"
        with open(path, "wb") as file:
            file.truncate(size or default)
        made.append(Disk(path, kind, f"{serial}{n}", block if kind not in ("sata", "usb") else 512))
    return made
