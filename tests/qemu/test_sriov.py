# SPDX-License-Identifier: Apache-2.0
"""Step nic's virtual functions on QEMU's igb, which QEMU has since version 8: Debian 12's is older, so a newer one is unpacked beside it."""
import json
import os
import subprocess
from pathlib import Path

import pytest
from conftest import SECONDS
from lab import paths
from lab.guest import Guest, lines

IGB_VFS = 7  # as many as the card has (82576)

SCRIPT = """
for device in /sys/bus/pci/drivers/igb/*:*; do
	pci=${device##*/}
	echo "record: $(%(program)s $pci 4 2>&1)"
	echo "all: $(%(program)s $pci 7 2>&1)"
	echo "toomany: $(%(program)s $pci 8 2>&1)"
	echo "left: $(cat $device/sriov_numvfs) $(ls -d $device/virtfn* 2>/dev/null | wc -l) $(cat $device/sriov_drivers_autoprobe)"
	# The kernel's own account of what was made: the functions that came and went.
	echo "kernel: $(dmesg | grep -c '8086:10ca')"
done
"""


@pytest.fixture(scope="module")
def emulator():
    cache = Path(os.environ.get("REMINT_CACHE") or paths.build_folder() / "cache")
    got = subprocess.run([paths.HERE / "newer-qemu.sh", cache / "newer-qemu"], capture_output=True, text=True, timeout=300, check=False)
    if got.returncode:
        pytest.skip(got.stderr.strip() or "no newer QEMU")
    return cache / "newer-qemu" / "qemu-system-x86_64"


def test_virtual_functions_of_igb(emulator):
    build = paths.build_folder()
    program = build / "unit" / "test_nic_step"
    guest = Guest(build / "lab" / "sriov", build / "kernel")
    status, console = guest.run(
        SCRIPT % {"program": program}, SECONDS, [program], modules=["igb"], emulator=emulator,
        more=["-device", "pcie-root-port,id=riser,chassis=1,slot=1", "-device", "igb,bus=riser,mac=52:54:00:00:00:77"])
    assert status == 0, console[-3000:]
    told = {word: lines(console, word) for word in ("record", "all", "toomany", "left", "kernel")}
    assert all(len(said) == 1 for said in told.values()), console[-3000:]
    record = json.loads(told["record"][0])
    assert record["driver"] == "igb" and record["mac"] == "52:54:00:00:00:77" and record["not_done"] == []
    assert record["sriov"] == {"wanted": 4, "total": IGB_VFS, "found": 0, "made": 4, "left": 0, "lasts": False}
    assert json.loads(told["all"][0])["sriov"]["made"] == IGB_VFS
    assert f"8 virtual functions are wanted, and it has {IGB_VFS} at most" in told["toomany"][0]
    assert told["left"] == ["0 0 1"], "none is left, and the next system's drivers take theirs"
    assert int(told["kernel"][0]) >= 4 + IGB_VFS
