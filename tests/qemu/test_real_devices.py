# SPDX-License-Identifier: Apache-2.0
"""What emulated drives and scsi_debug really answer: captured in tests/machines/answers, which the models of drives are held against.

The statuses, sense data and contents must be as they were captured, or the models follow something that is no longer so. What this run got
lies in BUILD/lab/answers, to be copied over the capture when a change has been understood.
"""
import json

import pytest
from conftest import MIB, SECONDS
from lab import paths
from lab.guest import Guest, lines
from lab.machine import Disk

CAPTURED = paths.HERE.parent / "machines" / "answers"
DRIVES = ("qemu-nvme", "qemu-scsi-hd", "qemu-ide-hd", "scsi-debug")
VOLATILE = ("data", "result", "received")  # may differ with the emulator's version; kept in the capture for the models

SCRIPT = """
ask() { echo "answers: $1 $(%(program)s "$2" "/dev/$3")"; }
ask qemu-nvme nvme nvme0n1
for disk in /sys/class/block/sd?; do
	case $(cat "$disk/device/vendor") in
	ATA*) ask qemu-ide-hd ata "${disk##*/}" ;;
	QEMU*) ask qemu-scsi-hd scsi "${disk##*/}" ;;
	Linux*) ask scsi-debug scsi "${disk##*/}" ;;
	esac
done
"""


@pytest.fixture(scope="module")
def answers(the_rack):
    """{drive: [answer, ...]} from one guest."""
    program, disks = paths.build_folder() / "real" / "real-devices", []
    for kind in ("nvme", "scsi", "sata"):
        path = the_rack.folder / f"real-{kind}.raw"
        path.write_bytes(bytes(8 * MIB))
        disks.append(Disk(path, kind, f"REAL{kind.upper()}"))
    guest = Guest(the_rack.folder / "real", the_rack.kernel, the_rack.accel)
    status, console = guest.run(SCRIPT % {"program": program}, SECONDS, [program],
                                modules=["ahci", "virtio_scsi", "sd_mod", "scsi_debug"], disks=disks)
    for disk in disks:
        disk.path.unlink()
    assert status == 0, console[-3000:]
    got = {name: json.loads(text) for name, text in (line.split(" ", 1) for line in lines(console, "answers"))}
    into = paths.build_folder() / "lab" / "answers"
    into.mkdir(parents=True, exist_ok=True)
    for name, found in got.items():
        (into / f"{name}.json").write_text("[\n" + ",\n".join(json.dumps(a, sort_keys=True) for a in found) + "\n]\n")
    return got


def firm(answer):
    return {key: value for key, value in answer.items() if key not in VOLATILE}


@pytest.mark.parametrize("drive", DRIVES)
def test_answers_are_those_that_were_captured(answers, drive):
    captured = json.loads((CAPTURED / f"{drive}.json").read_text())
    assert [firm(a) for a in answers[drive]] == [firm(a) for a in captured]
