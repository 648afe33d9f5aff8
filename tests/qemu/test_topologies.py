# SPDX-License-Identifier: Apache-2.0
"""Machines whose drives are not one plain disk a port: each drive is erased once and wholly, or left alone and listed."""
import hashlib
import re

import pytest
from conftest import MIB, SECONDS
from lab import former, nvme, prelude
from lab.machine import Disk
from lab.provision import ENDED, boot
from lab.wait import until

SIZE = 8 * MIB
ODD = 20 * MIB + 7 * 512
NSIDS = (1, 10, 26, 128)


def handed_over(rack, machine, order, **more):
    """The certificate of an order that must end well; the tenant's system is not waited for."""
    outcome = rack.run(machine, order, until_states=("handed-over", *ENDED), **more)
    assert outcome.state == "handed-over", (outcome.why, outcome.tail)
    return rack.certificate(order, machine)


def odd_disk(rack, mark, kind, size, serial):
    rack.disks.append(Disk(rack.file(size, mark), kind, serial, discard=False))
    return rack.disks[-1]


def test_namespaces_controllers_and_sizes(rack):
    """Namespaces 1, 10, 26 and 128; two controllers with one namespace; blocks of 4096 bytes; sizes that are no multiple of 1 MiB."""
    mark = former.marker()
    root = rack.disk(64, "virtio", mark)
    disks = [root, odd_disk(rack, mark, "virtio", ODD, "ODDVIRTIO"), odd_disk(rack, mark, "sata", ODD, "ODDSATA"),
             Disk(rack.file(SIZE, mark), "virtio", "BLOCK4096", block=4096)]
    files = {"serial:MANY" + ("" if n == 1 else f"-ns{n}"): (n, rack.file(SIZE, mark)) for n in NSIDS}
    shared, large = rack.file(SIZE, mark), rack.file(SIZE, mark)
    more = nvme.controller("many", "MANY")
    for n, path in files.values():
        more += nvme.namespace("many", n, path)
    more += nvme.subsystem("pair") + nvme.controller("left", "PAIR", "pair") + nvme.controller("right", "PAIR", "pair")
    more += nvme.namespace("left", 1, shared, shared="on")
    more += nvme.controller("large", "LARGE") + nvme.namespace("large", 1, large, logical_block_size=4096, physical_block_size=4096)
    machine = rack.machine(*disks, more=more)
    certificate = handed_over(rack, machine, rack.order(machine, "tiny"))
    expected = {f"serial:{d.serial}" for d in disks} | set(files) | {"serial:PAIR", "serial:LARGE"}
    assert sorted(d["name"] for d in certificate["drives"]) == sorted(expected)
    assert {d["claim"] for d in certificate["drives"]} == {"read back"}
    paths = [d.path for d in disks] + [path for _, path in files.values()] + [shared, large]
    assert {p.name: former.bytes_found(p, mark) for p in paths} == {p.name: 0 for p in paths}


FABRICS = """
ifconfig lo 127.0.0.1 up
dd if=/dev/urandom of=/fabrics.raw bs=1M count=4 2>/dev/null
mount -t configfs config /sys/kernel/config
cd /sys/kernel/config/nvmet || exit 1
mkdir subsystems/lab subsystems/lab/namespaces/1 ports/1
echo 1 >subsystems/lab/attr_allow_any_host
echo FABRICS1 >subsystems/lab/attr_serial
printf /fabrics.raw >subsystems/lab/namespaces/1/device_path
echo 1 >subsystems/lab/namespaces/1/buffered_io
echo 1 >subsystems/lab/namespaces/1/enable
echo ipv4 >ports/1/addr_adrfam
echo tcp >ports/1/addr_trtype
echo 127.0.0.1 >ports/1/addr_traddr
echo 4420 >ports/1/addr_trsvcid
ln -s /sys/kernel/config/nvmet/subsystems/lab ports/1/subsystems/lab
echo transport=tcp,traddr=127.0.0.1,trsvcid=4420,nqn=lab >/dev/nvme-fabrics
cd /
(while :; do echo "fabrics: $(sha256sum </fabrics.raw)"; sleep 1; done >/dev/console) &
sleep 1
"""
MODULES = ["virtio_pci", "virtio_blk", "nvmet", "nvmet-tcp", "nvme-tcp", "nvme-fabrics", "xhci_pci", "usb_storage", "sd_mod", "ahci",
           "sr_mod"]


def test_what_is_not_the_machines_own_is_left_alone(rack):
    """NVMe over TCP, a USB stick and a CD, all there when the agent starts."""
    mark = former.marker()
    root = rack.disk(64, "virtio", mark)
    stick, cd = rack.file(SIZE, mark), rack.file(SIZE, mark)
    sums = {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in (stick, cd)}
    more = ["-device", "qemu-xhci", "-drive", f"if=none,id=stick,format=raw,file={stick}", "-device",
            "usb-storage,drive=stick,serial=STICK1", "-drive", f"if=none,id=cd,format=raw,media=cdrom,readonly=on,file={cd}",
            "-device", "ide-cd,drive=cd,bus=ide.0"]
    machine = rack.machine(root, more=more)
    initrd = prelude.make(rack.folder / "prelude.img", rack.station.boot / "initrd.img", rack.kernel, FABRICS, MODULES)
    rack.files.append(initrd)
    order = rack.order(machine, "tiny")
    prelude.boot(rack.station, machine, initrd)
    certificate = handed_over(rack, machine, order)
    assert [d["serial"] for d in certificate["drives"]] == [root.serial]
    left = sorted((d["serial"], d["reason"]) for d in certificate["drives_not_touched"])
    assert len(left) == 2, left
    assert "USB" in left[0][1]  # QEMU's stick has no serial number that SCSI knows
    assert left[1][0] == "FABRICS1" and "network" in left[1][1]
    seen = re.findall(r"fabrics: (\w{64})", machine.console())
    assert len(seen) > 3 and len(set(seen)) == 1, "the drive on the network has changed"
    assert sums == {p: hashlib.sha256(p.read_bytes()).hexdigest() for p in sums}
    assert former.bytes_found(root.path, mark) == 0


def slow_scsi(rack, mark):
    disk = rack.disk(64, "scsi", mark, discard=False, write_bps=2 * MIB)
    return disk.path, disk.serial, [disk], []


def slow_nvme(rack, mark):
    """Formatted at once, read back slowly; in a slot that it can be taken out of."""
    path = rack.file(SIZE, mark)
    return path, "GONE", [], ["-device", "pcie-root-port,id=bay,slot=1"] + nvme.controller("gone", "GONE", bus="bay") + \
        nvme.namespace("gone", 1, path, throttle="throttling.bps-read=1048576")


@pytest.mark.parametrize("make, device", [(slow_scsi, None), (slow_nvme, "nvme-gone")])
def test_a_drive_that_vanishes_in_the_wipe(rack, make, device):
    """The others are finished, and the machine is held for the one that is gone."""
    mark = former.marker()
    gone, serial, disks, more = make(rack, mark)
    root, other = rack.disk(64, "nvme", mark), rack.disk(64, "sata", mark, write_bps=8 * MIB)
    machine = rack.machine(root, other, *disks, more=more)
    order = rack.order(machine, "tiny")
    boot(rack.station, machine, "pending", direct=True)
    machine.wait_console(r"destroy: wipe\s", SECONDS)
    before = former.bytes_found(gone, mark)
    until(lambda: former.bytes_found(gone, mark) < 0.9 * before, SECONDS, "a tenth of the drive is erased")
    machine.unplug(device or 2)
    outcome = rack.run(machine, order)
    assert outcome.state == "held"
    assert serial in outcome.why, outcome.why
    assert device or former.bytes_found(gone, mark) > 0, "the drive had been wiped before it was taken away"
    assert former.bytes_found(root.path, mark) == 0 and former.bytes_found(other.path, mark) == 0
