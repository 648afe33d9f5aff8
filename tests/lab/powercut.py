# SPDX-License-Identifier: Apache-2.0
"""Drives that lose what they had not flushed: QEMU logs every write and flush, and after a cut the raw file is made from the log.

A cut is the emulator's end by SIGKILL. The host's page cache then holds every write that the drive had taken ("kept"). A real drive may
lose what lies in its cache: for a cut that is "lost", the file becomes what it was when the machine was switched on, then every write
that a flush has covered, then of each later write all, nothing, or some of its blocks, as drawn. Flushes never lie here; writes that were
under way at the cut may be torn, as on a real drive.

The log is that of QEMU's blklogwrites filter, which is the Linux kernel's dm-log-writes: a super block, then for each request an entry of one
sector and its data (Documentation/admin-guide/device-mapper/log-writes.rst).
"""
import os
import struct
from dataclasses import dataclass

SECTOR = 512
MAGIC, VERSION = 0x6A736677736872, 1
SUPER, ENTRY = struct.Struct("<QQQI"), struct.Struct("<QQQQ")
FLUSH, FUA, DISCARD = 1, 2, 4
LARGE = 64 * 1024  # bytes: markers and partition tables are smaller, sweeps are larger


@dataclass
class Entry:
    at: int        # bytes, on the drive
    size: int      # bytes
    flags: int
    data: int      # offset of its data in the log

    @property
    def flush(self):
        return bool(self.flags & FLUSH)


class WriteLog:
    """What a drive was told since it was switched on."""

    def __init__(self, path):
        self.path, self.entries, self.whole = path, [], True
        size = os.path.getsize(path)
        with open(path, "rb") as f:
            magic, version, counted, sector = SUPER.unpack(f.read(SUPER.size).ljust(SUPER.size, b"\0"))
            # Until the first flush the super block is zeros.
            if (magic, version, sector) not in ((MAGIC, VERSION, SECTOR), (0, 0, 0)):
                raise RuntimeError(f"{path} is no log of writes in sectors of {SECTOR} bytes")
            at = SECTOR
            while at + SECTOR <= size:
                f.seek(at)
                start, sectors, flags, length = ENTRY.unpack(f.read(ENTRY.size))
                if not sectors and not flags:
                    break  # a request whose entry had not been written yet
                has_data = sectors and not flags & DISCARD
                end = at + SECTOR + (sectors * SECTOR if has_data else 0)
                if end > size:
                    break
                self.entries.append(Entry(start * SECTOR, sectors * SECTOR, flags, at + SECTOR))
                at = end
        # What the super block counted at a flush must be readable.
        self.whole = len(self.entries) >= counted

    def flushed(self):
        """How many of the entries a flush has covered, itself included."""
        return max((i + 1 for i, e in enumerate(self.entries) if e.flush), default=0)

    def written(self):
        return sum(e.size for e in self.entries if not e.flush)

    def last(self):
        """What the drive was doing: "flush", "sweep", "small write", or "nothing"."""
        if not self.entries:
            return "nothing"
        e = self.entries[-1]
        return "flush" if e.flush else "sweep" if e.size >= LARGE else "small write"

    def make_lost(self, path, base, rng):
        """Makes the raw file `path` what a cut may have left of it; `base` is the file before. Returns the bytes that were lost."""
        safe, lost = self.flushed(), 0
        with open(base, "rb") as before, open(self.path, "rb") as log, open(path, "r+b") as disk:
            copy(before, 0, disk, 0, os.path.getsize(base))
            for n, e in enumerate(self.entries):
                if e.flush or not e.size:
                    continue
                lost += e.size - self._play(e, log, disk, None if n < safe or e.flags & FUA else rng)
        return lost

    @staticmethod
    def _play(e, log, disk, rng):
        """Writes an entry, or with rng a part of it; returns the bytes written."""
        fate = rng.choice(("all", "nothing", "torn")) if rng else "all"
        if fate == "nothing":
            return 0
        if fate == "all":
            put(e, log, disk, 0, e.size)
            return e.size
        done, piece = 0, rng.choice((SECTOR, 4096, 65536))
        for at in range(0, e.size, piece):
            if rng.random() < 0.5:
                size = min(piece, e.size - at)
                put(e, log, disk, at, size)
                done += size
        return done


def put(e, log, disk, at, size):
    if e.flags & DISCARD:
        disk.seek(e.at + at)
        disk.write(bytes(size))
    else:
        copy(log, e.data + at, disk, e.at + at, size)


def copy(source, start, into, at, size):
    source.seek(start)
    into.seek(at)
    while size:
        piece = source.read(min(size, 1 << 20))
        if not piece:
            raise RuntimeError("a log of writes ends in the middle of an entry")
        into.write(piece)
        size -= len(piece)
