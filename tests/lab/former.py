# SPDX-License-Identifier: Apache-2.0
"""Disks full of a former tenant's data, and the search for what is left of it."""
import mmap
import os
import random
from concurrent.futures import ThreadPoolExecutor

from .tenant import tiny
from .tenant.disk import MIB

LINE = 512


def marker():
    """48 bytes that occur nowhere else."""
    return b"former-tenant-" + os.urandom(17).hex().encode()


def records(size, mark, rng, filler):
    """Pieces of a MiB that are full of data and have the mark at a random place."""
    for at in range(0, size, MIB):
        piece = bytearray(filler[:min(MIB, size - at)])
        place = rng.randrange(len(piece) - len(mark))
        piece[place:place + len(mark)] = mark
        yield bytes(piece)


def make(path, size_mib, kernel_folder, mark):
    """
    Makes a raw disk of size_mib MiB that holds a bootable system with both copies of its partition table, and otherwise data
    without a gap: the mark stands at a random place in each MiB (where the system's own files leave room for it) and in
    the last block, behind the partition table's header.
    """
    rng, filler = random.Random(), os.urandom(MIB)
    esp = b"".join(records(tiny.ESP_FREE, mark, rng, filler))

    def data(file, size):
        for piece in records(size, mark, rng, filler):
            file.write(piece)

    tiny.build(path, kernel_folder, data_mib=size_mib - tiny.SIZE_MIB, data=data, files={"records.dat": esp})
    with open(path, "r+b") as f:
        for low, high in ((40 * LINE, MIB), (size_mib * MIB - MIB, size_mib * MIB - 40 * LINE)):
            f.seek(rng.randrange(low, high - len(mark)))
            f.write(mark)
        f.seek(-len(mark), os.SEEK_END)
        f.write(mark)
    return path


def _count(path, mark):
    with open(path, "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as view:
        n, at = 0, view.find(mark)
        while at >= 0:
            n += 1
            at = view.find(mark, at + len(mark))
        return n


def bytes_found(path, mark):
    """Bytes of the former tenant that a raw disk still holds: of the mark's two halves, so that half a mark counts too."""
    middle = len(mark) // 2
    with ThreadPoolExecutor(2) as pool:
        return sum(pool.map(lambda part: _count(path, part) * len(part), (mark[:middle], mark[middle:])))
