# SPDX-License-Identifier: Apache-2.0
"""
Registers by vfio-pci and resets by the kernel, on emulated devices whose registers are known: an NVMe controller, which has a function-level reset, and two of QEMU's
"edu", one without any reset, and one behind a port, with whose bus it is reset. The kernel is Debian's, locked down; its command line says nothing of an IOMMU.
"""
import json

import pytest
from conftest import MIB
from lab import accel, paths
from lab.guest import Guest, lines
from lab.machine import Disk

SECONDS = 120
NVME_REGISTERS = {"0": 0x0F0107FF, "8": 0x00010400}  # CAP's lower half, VS: NVMe 1.4
EDU_ID = 0x010000ED
IOMMU = ["-device", "intel-iommu,intremap=on"]

SCRIPT = """
device() { for d in /sys/bus/pci/devices/*; do [ "$(cat "$d/vendor"):$(cat "$d/device")" = "$1" ] && echo "${d##*/}" && return; done; }
driver() { at=$(readlink "/sys/bus/pci/devices/$1/driver"); echo "${at##*/}"; }
state() { echo "$1: $(driver "$nvme") $(cat "/sys/bus/pci/devices/$nvme/driver_override") $(dd if=/dev/nvme0n1 bs=4k count=1 2>/dev/null | md5sum)"; }
back() { n=0; until dd if=/dev/nvme0n1 of=/dev/null bs=4k count=1 2>/dev/null || [ $n -ge 100 ]; do sleep 0.1; n=$((n + 1)); done; }
mount -t securityfs none /sys/kernel/security
echo integrity >/sys/kernel/security/lockdown
echo "lockdown: $(cat /sys/kernel/security/lockdown)"
nvme=$(device 0x1b36:0x0010) edu=$(device 0x1234:0x11e8) below=0000:01:00.0
echo "read-edu: $(%(program)s map "$edu" 0)"; echo "driver-edu: $(driver "$edu")"
back; state state-before
echo "read-nvme: $(%(program)s map "$nvme" 0 8)"
back; state state-read
echo "reset-nvme: $(%(program)s reset "$nvme")"
back; state state-reset
echo "reset-edu: $(%(program)s reset "$edu")"
echo "reset-below: $(%(program)s reset $below)"
echo "read-below: $(%(program)s map $below 0)"
echo "nobody: $(%(program)s map 0000:99:00.0 0)"
"""


def run(name, more, memory=512):
    build = paths.build_folder()
    folder = build / "lab" / "vfio" / name
    folder.mkdir(parents=True, exist_ok=True)
    disk = Disk(folder / "disk.raw", "nvme", "VFIO")
    disk.path.write_bytes(b"a tenant's ledger " * (MIB // 18))
    program = build / "real" / "vfio-device"
    chosen = accel.choose(paths.boot_parts() / "vmlinuz", build / "lab")
    port = ["-device", "pcie-root-port,id=root_port,chassis=1,slot=1", "-device", "edu,bus=root_port"]
    more = ["-device", "edu", *port, *more] + (["-machine", "kernel-irqchip=split"] if chosen == "kvm" else [])
    status, console = Guest(folder, build / "kernel", chosen, memory).run(
        SCRIPT % {"program": program}, SECONDS, [program], modules=["vfio_pci", "vfio_iommu_type1"], disks=[disk], more=more)
    disk.path.unlink()
    assert status == 0, console[-3000:]
    return console


def said(console, word):
    (line,) = lines(console, word)
    return line


@pytest.fixture(scope="module")
def console():
    return run("iommu", IOMMU)


def test_registers_are_read_under_lockdown(console):
    assert "[integrity]" in said(console, "lockdown")
    assert json.loads(said(console, "read-nvme")) == {"size": 16384, "registers": NVME_REGISTERS}
    for edu in ("edu", "below"):
        assert json.loads(said(console, f"read-{edu}")) == {"size": MIB, "registers": {"0": EDU_ID}}


def test_the_driver_is_back_and_works(console):
    before = said(console, "state-before")
    assert before.startswith("nvme (null) ")
    assert said(console, "state-read") == before
    assert said(console, "driver-edu") == ""


def test_a_reset_by_the_kernel(console):
    reset = json.loads(said(console, "reset-nvme"))
    assert (reset["method"], reset["driver"], reset["others"]) == ("flr", "nvme", 0)
    assert 0.1 <= reset["seconds"] < 10  # PCI Express gives a function 100 ms
    assert said(console, "state-reset") == said(console, "state-before")


def test_a_reset_of_the_bus(console):
    reset = json.loads(said(console, "reset-below"))
    assert (reset["method"], reset["driver"]) == ("bus", "")


def test_what_cannot_be_done_is_said(console):
    refused = json.loads(said(console, "reset-edu"))
    assert "the kernel offers no reset of this function alone" in refused["error"]
    assert "no such PCI function" in json.loads(said(console, "nobody"))["error"]


def test_without_an_iommu():
    console = run("none", [])
    refused = json.loads(said(console, "read-nvme"))["error"]
    assert "no IOMMU covers it: switch it on in the firmware's setup" in refused
    assert said(console, "state-read") == said(console, "state-before")
    # A reset needs none.
    assert json.loads(said(console, "reset-nvme"))["method"] == "flr"
