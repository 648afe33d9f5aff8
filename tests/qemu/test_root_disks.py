# SPDX-License-Identifier: Apache-2.0
"""More than one root disk, and images of kind root."""
import json
import re

import pytest
from conftest import head_is_zero, slow_in_the_write
from lab import former
from lab.guest import Guest
from lab.tenant import tree


def same_image(disk, raw, mib):
    """Is the disk's beginning the image, but for the partition table that was fitted to the disk?"""
    with open(disk.path, "rb") as ours, open(raw, "rb") as packed:
        ours.seek(1 << 20)
        packed.seek(1 << 20)
        return all(ours.read(1 << 20) == packed.read(1 << 20) for _ in range(mib - 2))


def pair(rack, mib=256):
    mark = former.marker()
    return rack.disk(mib, "virtio", mark), rack.disk(mib, "virtio", mark)


def test_two_independent_copies(rack):
    rack.middle_image()
    disks = pair(rack)
    machine = rack.machine(*disks, firmware="uefi")
    order = rack.order(machine, "middle", redundancy="copies", root_disks=[d.serial for d in disks])
    outcome = rack.run(machine, order)
    assert (outcome.state, outcome.why) == ("live", "")
    for disk in disks:
        assert same_image(disk, rack.middle_raw, 100)
    targets = rack.certificate(order, machine)["image"]["written"]["targets"]
    assert [t["lost"] for t in targets] == [None, None] and all(t["read_back"] > 60 << 20 for t in targets)


def test_mirrored_pair_is_an_array(rack):
    """A disk image on a RAID 1: either disk boots by itself, and mdadm assembles both as one."""
    rack.middle_image()
    disks = pair(rack)
    machine = rack.machine(*disks, firmware="uefi")
    order = rack.order(machine, "middle", redundancy="mirror")
    outcome = rack.run(machine, order)
    assert (outcome.state, outcome.why) == ("live", "")
    script = ("mdadm --assemble --scan --config=partitions\nfor a in /dev/md1*; do mdadm --detail $a; done\n"
              "a=$(echo /dev/md12? | cut -d' ' -f1); echo check >/sys/class/block/${a#/dev/}/md/sync_action\n"
              "while [ $(cat /sys/class/block/${a#/dev/}/md/sync_action) != idle ]; do sleep 1; done\n"
              "echo mismatches: $(cat /sys/class/block/${a#/dev/}/md/mismatch_cnt)\ncat /proc/partitions\n")
    guest = Guest(rack.folder / "guest", rack.kernel, rack.accel)
    status, console = guest.run(script.replace("mdadm", "/sbin/mdadm"), 200, ["/sbin/mdadm"], modules=["raid1"],
                                disks=disks)
    assert status == 0, console[-3000:]
    assert re.search(r"Version : 1.0\b", console) and re.search(r"Raid Level : raid1", console), console[-3000:]
    assert re.search(r"State : clean\s*$", console, re.M) and re.search(r"Active Devices : 2\b", console)
    assert "mismatches: 0" in console
    assert re.search(r"md12\dp1$", console, re.M), "the array has no partition"


@pytest.mark.parametrize("policy", ["continue", "hold"])
def test_a_disk_that_shrinks_in_the_write(rack, policy):
    """What a dying disk does: from one moment on, writes to most of it fail."""
    rack.middle_image()
    disks = pair(rack)
    machine = rack.machine(*disks)
    order = rack.order(machine, "middle", redundancy="copies", root_disks=[d.serial for d in disks], on_loss=policy)
    slow_in_the_write(rack, machine, order)
    machine.command("block_resize", device="d1", size=48 << 20)
    machine.set_write_speed(0, 0)
    outcome = rack.run(machine, order)
    if policy == "hold":
        assert outcome.state == "held" and disks[1].serial in outcome.why
        assert head_is_zero(disks[0])
    else:
        assert (outcome.state, outcome.why) == ("live", "")
        certificate = rack.certificate(order, machine)
        lost = [t for t in certificate["image"]["written"]["targets"] if t["lost"]]
        assert len(lost) == 1 and disks[1].serial in lost[0]["disk"]
        assert disks[1].serial in certificate["statement"]
    assert head_is_zero(disks[1], backup=False)  # its end is in the midst of the image now


@pytest.fixture(scope="module")
def tree_image(the_rack):
    made, layout = tree.build(the_rack.folder / "tree", the_rack.kernel)
    (the_rack.folder / "layout.json").write_text(json.dumps(layout))
    the_rack.station.remint("image", "pack", "--kind", "root", "--tree", made, "--layout", the_rack.folder / "layout.json",
                            "--name", "tree", "--version", "1", "--serial", 1, "--loader", "\\EFI\\BOOT\\BOOTX64.EFI",
                            "--firmware", "uefi", "--key", the_rack.station.pki / "sign.key", "--cert",
                            the_rack.station.pki / "sign.pem", "-q", "-o", the_rack.station.images / "tree")
    return "tree"


def right(console):
    return re.findall(r"tenant: files of (\w+) on (\S+) are right", console)


@pytest.mark.parametrize("block", [512, 4096])
def test_root_image_on_one_disk(rack, tree_image, block):
    mark = former.marker()
    disk = rack.disk(400, "virtio", mark, block=block)
    machine = rack.machine(disk, firmware="uefi")
    order = rack.order(machine, tree_image)
    outcome = rack.run(machine, order)
    assert (outcome.state, outcome.why) == ("live", ""), outcome.tail
    assert len(right(machine.console())) == 2, outcome.tail
    assert "read back in full" in rack.certificate(order, machine)["statement"]
    assert former.bytes_found(disk.path, mark) == 0


def test_root_image_on_a_mirrored_pair(rack, tree_image):
    disks = pair(rack, 400)
    machine = rack.machine(*disks, firmware="uefi")
    order = rack.order(machine, tree_image, redundancy="mirror", root_disks=[d.serial for d in disks])
    outcome = rack.run(machine, order)
    assert (outcome.state, outcome.why) == ("live", ""), outcome.tail
    console = machine.console()
    assert {where[:7] for _, where in right(console)} == {"/dev/md"}, outcome.tail
    assert console.count("MD_LEVEL=raid1") == 2 and console.count("MD_METADATA=1.0") == 2
    assert console.count("tenant: state clean") == 2
