# SPDX-License-Identifier: Apache-2.0
"""What is written to: loop devices over sparse files in memory (/dev/shm) or on a disk (direct I/O), or over memory that is in place."""
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")


def losetup(*words):
    return subprocess.run(["losetup", *map(str, words)], check=True, stdout=subprocess.PIPE, text=True,
                          env=dict(os.environ, PATH=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")).stdout.strip()


def zero(path, size):
    """Zeros are written over all of it, so that its memory is in place."""
    piece = bytes(4 << 20)
    with open(path, "r+b", buffering=0) as f:
        for at in range(0, size, len(piece)):
            f.write(piece[:size - at])


@contextmanager
def loop(folder, size, direct=False):
    """A device of `size` bytes that has never been written to; everything is gone afterwards."""
    scratch = Path(tempfile.mkdtemp(prefix="remint-bench-", dir=folder))
    device = None
    try:
        backing = scratch / "disk"
        with open(backing, "wb") as f:
            f.truncate(size)
        device = losetup("--find", "--show", *(["--direct-io=on"] if direct else []), backing)
        yield device
    finally:
        if device:
            losetup("-d", device)
        shutil.rmtree(scratch, ignore_errors=True)


def backing(device):
    return Path(f"/sys/class/block/{Path(device).name}/loop/backing_file").read_text().strip()


def written(device):
    """Bytes of the file behind it that hold data; the device's own count has the zeros that it was told to make in it."""
    return os.stat(backing(device)).st_blocks * 512


def missing(need_memory):
    """Why the bench cannot run here, as a list of sentences."""
    why = []
    if os.geteuid() != 0:
        why.append("it sets up loop devices, which needs root: sudo make bench")
    elif not os.path.exists("/dev/loop-control"):
        why.append("there are no loop devices (modprobe loop)")
    if not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < need_memory:
        why.append(f"{MEMORY} has less than {need_memory >> 30} GiB free for a disk in memory")
    return why
