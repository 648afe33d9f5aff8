# SPDX-License-Identifier: Apache-2.0
"""A few power cuts of `make soak-wipe`, and that its model of a drive's cache keeps what it must."""
import random
import subprocess
import sys

import pytest
from conftest import MIB
from lab import paths, powercut

CUTS = 6


def test_power_cuts_at_random_moments_in_the_wipe(tmp_path):
    folder, results = paths.build_folder() / "lab" / "soak-short", tmp_path / "results.jsonl"
    soak = subprocess.run([sys.executable, paths.HERE.parent / "soak" / "wipe.py", paths.build_folder(), "--cuts", str(CUTS),
                           "--firmware", "0", "--jobs", "2", "--each", "3", "--folder", folder, "--results", results],
                          text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    assert soak.returncode == 0, soak.stdout
    assert f"\n{CUTS} power cuts in " in soak.stdout and "handed over: 0 bytes" in soak.stdout, soak.stdout


@pytest.fixture
def log(tmp_path):
    """A log of: a write, a flush, a write of 64 KiB, another; and the drive before."""
    entries = [(0, 8, 0), (0, 0, powercut.FLUSH), (128, 128, 0), (512, 1, 0)]
    data = bytearray(powercut.SUPER.pack(powercut.MAGIC, powercut.VERSION, 2, powercut.SECTOR).ljust(powercut.SECTOR, b"\0"))
    for n, (sector, sectors, flags) in enumerate(entries):
        data += powercut.ENTRY.pack(sector, sectors, flags, 0).ljust(powercut.SECTOR, b"\0") + bytes([n + 1]) * 512 * sectors
    (tmp_path / "log").write_bytes(data + bytes(512))
    (tmp_path / "before").write_bytes(b"\xee" * MIB)
    return powercut.WriteLog(tmp_path / "log")


def test_what_was_flushed_is_never_lost_and_the_rest_may_be(log, tmp_path):
    disk, fates = tmp_path / "disk", set()
    for seed in range(40):
        disk.write_bytes(bytes(MIB))
        lost = log.make_lost(disk, tmp_path / "before", random.Random(seed))
        data = disk.read_bytes()
        assert data[:4096] == b"\x01" * 4096
        large, small = data[65536:131072], data[262144:262656]
        assert set(large) <= {3, 0xee} and small in (b"\x04" * 512, b"\xee" * 512)
        assert lost == large.count(0xee) + small.count(0xee)
        rest = bytearray(data)
        rest[:4096], rest[65536:131072], rest[262144:262656] = b"\xee" * 4096, b"\xee" * 65536, b"\xee" * 512
        assert rest == b"\xee" * MIB
        fates.add(len(set(large)) + 2 * (3 in large))
    assert len(fates) == 3, "all, nothing and torn"


def test_what_a_drive_was_doing(log):
    assert (log.last(), log.flushed(), log.written(), log.whole) == ("small write", 2, 4096 + 65536 + 512, True)
