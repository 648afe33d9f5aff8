# SPDX-License-Identifier: Apache-2.0
"""The images of the bench, by recipe, kept in a folder for the next run.

debian: a disk of 8 GiB with 1.7 GB of a real Debian server (GPT, ESP, ext4), packages through the machine's own sources.
dense:  a disk of 2 GiB without one chunk of zeros: a GPT and one partition, filled with the same system's tar stream,
        its blocks of zeros left out.
small:  64 MiB for a smoke test, half of it zeros, without packages.
huge:   100 GiB, sparse, with little in it, for the memory row.
"""
import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP))

from tests.lab.tenant import debian12, gpt  # noqa: E402
from tests.lab.tenant.disk import MIB, extents, fat, put, tool  # noqa: E402
from tests.lab.tenant.tiny import boot_files  # noqa: E402

GIB = 1024 * MIB
CHUNK = 4 * MIB
DATA, SLACK = 1_700_000_000, 0.05  # bytes of data in the debian image
PACKAGES = ["systemd-sysv", "systemd-resolved", "udev", "dbus", "linux-image-amd64", "initramfs-tools", "zstd", "cloud-init",
            "cloud-guest-utils", "openssh-server", "iproute2", "e2fsprogs", "fdisk", "sudo", "less", "ca-certificates", "netbase",
            "iputils-ping", "procps", "build-essential", "python3", "nginx-light", "nvme-cli", "tcpdump", "man-db",
            "docker.io", "postgresql"]
ESP_SIZE = 128 * MIB
SIZES = {"debian": 8 * GIB, "dense": 2 * GIB, "small": 64 * MIB, "huge": 100 * GIB}
CMDLINE = "root=PARTLABEL=root ro console=ttyS0,115200"


def recipe(name):
    """What the image follows from; a change of it makes a new one."""
    text = json.dumps([name, SIZES[name], PACKAGES if name in ("debian", "dense") else None, ESP_SIZE, debian12.SUITE, 4])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def partition(start, end, label, kind=gpt.LINUX_ROOT):
    """The GUID follows from the label, so that a recipe makes the same table each time."""
    return gpt.Partition(kind, start, end - start, label, uuid.uuid5(uuid.NAMESPACE_DNS, f"bench.{label}"))


def table(file, size, parts):
    gpt.write(file, size, parts, disk=uuid.uuid5(uuid.NAMESPACE_DNS, f"bench.{size}"))


class Images:
    """name -> folder with disk.raw and what was made of it."""

    def __init__(self, folder, say):
        self.folder, self.say = Path(folder), say
        self.folder.mkdir(parents=True, exist_ok=True)

    def raw(self, name):
        at = self.folder / f"{name}-{recipe(name)}"
        disk = at / "disk.raw"
        if not disk.exists():
            self.say(f"making the disk '{name}'")
            at.mkdir(exist_ok=True)
            half = at / "disk.partial"
            with open(half, "wb") as f:
                f.truncate(SIZES[name])
            getattr(self, f"_{name}")(half)
            os.replace(half, disk)
        return disk

    def tar(self):
        """The Debian system, unpacked from packages once for both images."""
        path = self.folder / f"root-{recipe('debian')}.tar"
        if not path.exists():
            self.say("installing a Debian system into an archive (some minutes, 500 MB of packages)")
            half = path.with_suffix(".partial")
            tool("mmdebstrap", "--variant=minbase", "--format=tar", f"--include={','.join(PACKAGES)}",
                 *(f"--aptopt={o}" for o in [*debian12.apt_options(), 'Apt::Install-Recommends "false";']),
                 debian12.SUITE, half, *debian12.sources())
            os.replace(half, path)
        return path

    def _debian(self, disk):
        size, start = SIZES["debian"], MIB + ESP_SIZE
        # Not in the build folder: make looks for dependency files there, and a system has folders such as rc2.d.
        with tempfile.TemporaryDirectory(prefix="remint-bench-", dir="/var/tmp") as scratch:
            scratch = Path(scratch)
            tree, root = scratch / "tree", scratch / "root.ext4"
            tree.mkdir()
            with open(root, "wb") as f:
                f.truncate(size - start - MIB)
            tool("fakeroot", "sh", "-euc", 'tar -C "$1" --numeric-owner -xpf "$2"\n'
                 'mke2fs -q -t ext4 -L root -E lazy_itable_init=1,lazy_journal_init=1,root_owner=0:0 -d "$1" "$3"',
                 "sh", tree, self.tar(), root)
            kernel, initrd = next((tree / "boot").glob("vmlinuz-*")), next((tree / "boot").glob("initrd.img-*"))
            boot_files(scratch / "esp", kernel, initrd, CMDLINE, "Debian 12")
            fat(scratch / "esp.fat", ESP_SIZE, scratch / "esp", MIB)
            with open(disk, "r+b") as f:
                table(f, size, [partition(MIB, start, "ESP", gpt.ESP), partition(start, size - MIB, "root")])
                put(f, MIB, scratch / "esp.fat")
                put(f, start, root)
        data = disk.stat().st_blocks * 512
        if abs(data - DATA) > SLACK * DATA:
            raise RuntimeError(f"the debian disk holds {data / 1e9:.2f} GB of data; {DATA / 1e9:.1f} GB are wanted: change PACKAGES")

    def _dense(self, disk):
        size = SIZES["dense"]
        with open(disk, "r+b") as f, open(self.tar(), "rb") as source:
            table(f, size, [partition(MIB, size - MIB, "data")])
            f.seek(MIB)
            while f.tell() < size - MIB:
                piece = source.read(min(64 * 1024, size - MIB - f.tell()))
                if not piece:
                    source.seek(1234567)  # once more, with other bytes in each chunk than the first time
                if any(piece):  # a database's fresh log is 16 MiB of zeros
                    f.write(piece)
        with open(disk, "rb") as f:
            while piece := f.read(CHUNK):
                if not any(piece):
                    raise RuntimeError(f"the dense disk has a chunk of zeros before byte {f.tell()}")

    def _small(self, disk):
        """Half of it zeros, the rest words and noise."""
        size, dice = SIZES["small"], random.Random(3)
        words = [dice.randbytes(dice.randint(2, 9)) for _ in range(4000)]
        with open(disk, "r+b") as f:
            table(f, size, [partition(MIB, size - MIB, "data")])
            for at in range(MIB, size // 2, MIB):
                f.seek(at)
                f.write(b"".join(dice.choices(words, k=MIB // 8))[:MIB - 4096] + dice.randbytes(4096))

    def _huge(self, disk):
        """A chunk of noise in each GiB."""
        size, dice = SIZES["huge"], random.Random(5)
        with open(disk, "r+b") as f:
            table(f, size, [partition(MIB, size - MIB, "data")])
            for at in range(GIB // 2, size, GIB):
                f.seek(at)
                f.write(dice.randbytes(MIB))

    # ---- what is made of a disk -----------------------------------------------------------------

    def keys(self, remint):
        at = self.folder / "keys"
        if not (at / "sign.pem").exists():
            shutil.rmtree(at, ignore_errors=True)
            subprocess.run([remint, "keys", "make", "--ca-dir", at], check=True, stdout=subprocess.DEVNULL)
        return at

    def pack(self, remint, name, out, quiet=True):
        """Exactly what an operator runs, at the default level."""
        keys = self.keys(remint)
        return [remint, "image", "pack", self.raw(name), "--name", name, "--version", "1", "--serial", 1, "--days", 36500, "--key",
                keys / "sign.key", "--cert", keys / "sign.pem", "-o", out, "--force", "--firmware",
                "uefi" if name == "debian" else "bios", *(["--quiet"] if quiet else [])]

    def packed(self, remint, name):
        out = self.raw(name).parent / "packed"
        if not (out / "manifest.json").exists():
            self.say(f"packing '{name}'")
            subprocess.run(list(map(str, self.pack(remint, name, out))), check=True, stdout=subprocess.DEVNULL)
        return out

    def whole(self, name):
        """One zstd frame of the whole disk, as a pipe reads it."""
        disk = self.raw(name)
        out = disk.parent / "disk.raw.zst"
        if not out.exists():
            self.say(f"compressing '{name}' by zstd")
            subprocess.run(["zstd", "-q", "-3", "-T0", "-f", disk, "-o", f"{out}.partial"], check=True)
            os.replace(f"{out}.partial", out)
        return out

    def bmap(self, name):
        """bmaptool's list of the blocks that hold data, with their hashes."""
        disk = self.raw(name)
        out = disk.parent / "disk.bmap"
        if not out.exists():
            self.say(f"bmaptool's block map of '{name}'")
            tool("bmaptool", "create", "-o", f"{out}.partial", disk)
            os.replace(f"{out}.partial", out)
        return out


def data_bytes(disk):
    """Bytes of a sparse file that are not holes."""
    with open(disk, "rb") as f:
        return sum(end - start for start, end in extents(f.fileno(), os.fstat(f.fileno()).st_size))
