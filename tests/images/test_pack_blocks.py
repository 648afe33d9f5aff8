# SPDX-License-Identifier: Apache-2.0
"""remint image pack --block-size: an image for disks of both block sizes only when everything in it suits both."""
import json
import os
import struct
import subprocess
import uuid
import zlib
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("REMINT_BUILD", TOP / "build")).resolve()
REMINT = BUILD / "remint"
MIB = 1 << 20
ESP, LINUX, SWAP = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "0fc63daf-8483-4772-8e79-3d69d8477de4", "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f"
BIOS_BOOT = "21686148-6449-6e6f-744e-656564454649"
ENV = {**os.environ, "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}

# type of partition, MiB, the program that fills it
GOOD = [(ESP, 64, "mkfs.vfat -S 4096 -s 1 {file}"), (LINUX, 32, "mkfs.ext4 -q -b 4096 {file}"),
        (LINUX, 320, "mkfs.xfs -q -f -s size=4096 {file}"), (LINUX, 128, "mkfs.btrfs -q -f -s 4096 {file}"),
        (SWAP, 8, "mkswap {file}"), (LINUX, 4, None)]


def fill(disk, offset, size, command):
    """A file system made in a file of its own, then put in its place, without its holes."""
    part = disk.with_suffix(".part")
    with part.open("wb") as f:
        f.truncate(size)
    subprocess.run(command.format(file=part).split(), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENV)
    subprocess.run(["dd", f"if={part}", f"of={disk}", "bs=1M", f"seek={offset // MIB}", "conv=notrunc,sparse", "status=none"], check=True)
    part.unlink()


def gpt(size, block, entries):
    """The first and the last blocks of a disk with that GPT (UEFI specification 2.10, section 5.3)."""
    last = size // block - 1
    table = 16384 // block
    entries = entries.ljust(16384, b"\0")

    def header(here, there, entries_at):
        def packed(crc):
            return struct.pack("<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, crc, 0, here, there, 2 + table, last - table - 1,
                               b"remint test disk", entries_at, 128, 128, zlib.crc32(entries))
        return packed(zlib.crc32(packed(0))).ljust(block, b"\0")

    mbr = bytes(446) + struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff" * 3, 1, last) + bytes(48) + b"\x55\xaa"
    return mbr.ljust(block, b"\0") + header(1, last, 2) + entries, entries + header(last, 1, last - table)


def make_disk(path, parts, block=512):
    """parts: (type, MiB, command) from 1 MiB on, one after another."""
    size = (2 + sum(size for _, size, _ in parts)) * MIB
    entries, at = b"", 1
    for i, (kind, mib, _) in enumerate(parts):
        entries += uuid.UUID(kind).bytes_le + uuid.UUID(int=i + 1).bytes_le + struct.pack(
            "<QQQ72s", at * MIB // block, (at + mib) * MIB // block - 1, 0, b"")
        at += mib
    first, last = gpt(size, block, entries)
    with path.open("wb") as f:
        f.truncate(size)
        f.write(first)
        f.seek(size - len(last))
        f.write(last)
    at = 1
    for _, mib, command in parts:
        if command:
            fill(path, at * MIB, mib * MIB, command)
        at += mib
    return path


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    d = tmp_path_factory.mktemp("keys") / "keys"
    subprocess.run([REMINT, "keys", "make", "--ca-dir", d], check=True, stdout=subprocess.DEVNULL)
    return d


def pack(keys, disk, out, *more):
    return subprocess.run([REMINT, "image", "pack", disk, "--name", "test", "--version", "1", "--serial", "1", "--key",
                           keys / "sign.key", "--cert", keys / "sign.pem", "-o", out, "-q", *map(str, more)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=120, text=True)


def manifest(out):
    return json.loads((out / "manifest.json").read_text())


@pytest.mark.parametrize("block", [512, 4096])
def test_everything_suits_both(keys, tmp_path, block):
    disk = make_disk(tmp_path / "disk", GOOD, block)
    done = pack(keys, disk, tmp_path / "image", "--block-size", "both")
    assert done.returncode == 0, done.stderr
    assert "suits 512 and 4096" in done.stdout
    m = manifest(tmp_path / "image")
    assert m["block_sizes"] == [512, 4096] and m["logical_block_size"] == block
    assert subprocess.run([REMINT, "image", "verify", tmp_path / "image", "--ca", keys / "ca.pem", "-q"], timeout=60,
                          stdout=subprocess.DEVNULL).returncode == 0


def test_each_reason_is_told(keys, tmp_path):
    disk = make_disk(tmp_path / "disk", [
        (ESP, 64, "mkfs.vfat {file}"), (LINUX, 16, "mkfs.ext4 -q -b 1024 {file}"), (LINUX, 320, "mkfs.xfs -q -f -s size=512 {file}"),
        (LINUX, 32, "mkfs.ext4 -q -b 4096 {file}"), (LINUX, 4, "dd if=/dev/urandom of={file} bs=1M count=4 conv=notrunc"),
        (LINUX, 32, "cryptsetup luksFormat -q --pbkdf pbkdf2 --pbkdf-force-iterations 1000 {file} /etc/hostname")
        if cryptsetup() else (LINUX, 32, "mkfs.ext2 -q -b 2048 {file}")])
    done = pack(keys, disk, tmp_path / "image", "--block-size", "both")
    assert done.returncode == 1 and not (tmp_path / "image").exists()
    for says in ("partition 1 (vfat): its sectors", "partition 2 (ext4): its blocks", "partition 3 (xfs): its sectors",
                 "partition 5: it holds data of an unknown kind", "partition 6 (crypto_LUKS): it cannot be told" if cryptsetup() else
                 "partition 6 (ext2): its blocks"):
        assert says in done.stderr, done.stderr
    assert "partition 4" not in done.stderr
    # for one block size it is as good as ever
    assert pack(keys, disk, tmp_path / "image").returncode == 0
    assert "block_sizes" not in manifest(tmp_path / "image")


def cryptsetup():
    return subprocess.run(["sh", "-c", "command -v cryptsetup"], stdout=subprocess.DEVNULL, env=ENV).returncode == 0


def test_lvm_cannot_be_told(keys, tmp_path):
    label = b"LABELONE" + (1).to_bytes(8, "little")
    disk = make_disk(tmp_path / "disk", [*GOOD[:2], (LINUX, 4, None)])
    with disk.open("r+b") as f:  # libblkid wants the label, its checksum and "LVM2 001"
        f.seek(97 * MIB + 512)
        body = (32).to_bytes(4, "little") + b"LVM2 001" + b"0123456789abcdef" * 2
        body = body.ljust(512 - 20, b"\0")
        f.write(label + lvm_crc(body).to_bytes(4, "little") + body)
    done = pack(keys, disk, tmp_path / "image", "--block-size", "both")
    assert done.returncode == 1 and "partition 3 (LVM2_member): it cannot be told" in done.stderr, done.stderr


def lvm_crc(data):
    crc = 0xF597A6CF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xEDB88320 if crc & 1 else 0)
    return crc


def test_places(keys, tmp_path):
    """Partitions that do not lie on blocks of 4096, or where its longer table lies."""
    disk = tmp_path / "disk"
    with disk.open("wb") as f:
        f.truncate(64 * MIB)
    end = 64 * MIB // 512
    script = f"label: gpt\nfirst-lba: 34\nstart=40, size=2008, type={BIOS_BOOT}\nstart=2049, size=4096, type={LINUX}\n" \
             f"start=16384, size={end - 34 - 16384}, type={ESP}\n"
    subprocess.run(["sfdisk", "-q", disk], input=script.encode(), check=True, stderr=subprocess.PIPE, env=ENV)
    done = pack(keys, disk, tmp_path / "image", "--block-size", "both")
    assert done.returncode == 1
    assert "partition 1: begins where the partition table" in done.stderr
    assert "partition 2: does not begin and end at a multiple of 4096" in done.stderr
    assert "partition 3: does not begin and end" in done.stderr and "ends where the backup" in done.stderr


def test_bios_boot_is_not_looked_at(keys, tmp_path):
    disk = make_disk(tmp_path / "disk", [(BIOS_BOOT, 1, "dd if=/dev/urandom of={file} bs=1M count=1 conv=notrunc"), *GOOD[:2]])
    assert pack(keys, disk, tmp_path / "image", "--block-size", "both").returncode == 0


def test_options(keys, tmp_path):
    disk = make_disk(tmp_path / "disk", GOOD[:2], 4096)
    assert "512, 4096 or both" in pack(keys, disk, tmp_path / "a", "--block-size", "1024").stderr
    assert "contradict" in pack(keys, disk, tmp_path / "a", "--block-size", 512, "--logical-block-size", 4096).stderr
    assert "--logical-block-size 4096" in pack(keys, disk, tmp_path / "a", "--block-size", 512).stderr
    assert pack(keys, disk, tmp_path / "a", "--block-size", 4096).returncode == 0
    assert manifest(tmp_path / "a")["logical_block_size"] == 4096
    (tmp_path / "none").write_bytes(bytes(MIB))
    assert "no GPT" in pack(keys, tmp_path / "none", tmp_path / "b", "--block-size", "both", "--firmware", "bios").stderr
