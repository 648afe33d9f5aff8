# SPDX-License-Identifier: Apache-2.0
"""Disks full of a former tenant's data, and the search for what is left of it."""
import os
import random

from .tenant import tiny
from .tenant.disk import MIB

LINE = 512
PIECE = 4 * MIB  # bytes that are searched at a time


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


def fill(path, size, mark, rng=random):
    """Makes a raw disk of `size` bytes with the mark in every block of 512 bytes, and otherwise noise. Nothing boots from it."""
    noise, at = bytearray(rng.randbytes(min(size, MIB))), rng.randrange(LINE - len(mark))
    for block in range(0, len(noise) - LINE + 1, LINE):
        noise[block + at:block + at + len(mark)] = mark
    with open(path, "wb") as f:
        for done in range(0, size, MIB):
            f.write(noise[:size - done])
    return path


def bytes_found(path, mark):
    """Bytes of the former tenant that a raw disk still holds: of the mark's two halves, so that half a mark counts too."""
    halves, keep = (mark[:len(mark) // 2], mark[len(mark) // 2:]), len(mark)
    text, found = bytearray(keep + PIECE), 0
    with open(path, "rb", buffering=0) as f:
        while n := f.readinto(memoryview(text)[keep:]):
            end = keep + n
            # What lies before `keep` is the last piece's end, for a half that stands across.
            found += sum(text.count(half, keep - len(half) + 1, end) * len(half) for half in halves)
            text[:keep] = text[end - keep:end]
    return found
