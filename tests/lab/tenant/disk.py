# SPDX-License-Identifier: Apache-2.0
"""A disk image from file systems that were made in files of their own."""
import os
import subprocess
from pathlib import Path

MIB = 1 << 20


def tool(*argv, **kw):
    """Runs a program; its output is shown only when it fails."""
    done = subprocess.run([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, env=dict(os.environ, LC_ALL="C.UTF-8", MTOOLS_SKIP_CHECK="1",
                          PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"), **kw)
    if done.returncode:
        raise RuntimeError(f"{Path(argv[0]).name} failed:\n{done.stdout.decode(errors='replace')[-4000:]}")
    return done.stdout.decode(errors="replace")


def fat(path, size, tree, start, block=512, label="ESP"):
    """A FAT file system for a partition at byte `start`, filled from a folder."""
    path.unlink(missing_ok=True)
    with open(path, "wb") as f:
        f.truncate(size)
    bits = 32 if size // block >= 66000 else 16
    tool("mkfs.fat", "-F", bits, "-S", block, "-s", 1, "-h", start // block, "-n", label, "-i", "52454d54", path)
    tool("mcopy", "-i", path, "-s", "-Q", *sorted(Path(tree).iterdir()), "::")


def extents(fd, size):
    """(start, end) of each range of a sparse file that holds data."""
    at = 0
    while at < size:
        try:
            at = os.lseek(fd, at, os.SEEK_DATA)
        except OSError:
            return
        end = os.lseek(fd, at, os.SEEK_HOLE)
        yield at, end
        at = end


def put(file, at, source):
    """Copies a sparse file into an open one, by its extents and without its blocks of zeros."""
    zeros = bytes(64 * 1024)
    with open(source, "rb") as f:
        for start, end in extents(f.fileno(), os.fstat(f.fileno()).st_size):
            f.seek(start)
            while start < end:
                piece = f.read(min(len(zeros), end - start))
                if piece != zeros[:len(piece)]:
                    file.seek(at + start)
                    file.write(piece)
                start += len(piece)
