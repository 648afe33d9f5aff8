# SPDX-License-Identifier: Apache-2.0
"""From one order to its tenant's system without a start of the firmware; and kernels that the agent's does not trust. docs/kexec.md"""
import hashlib
import shutil
import ssl
import subprocess
import uuid

import pytest
from lab import former
from lab.bmc import keys
from lab.machine import OVMF
from lab.tenant import kernel, tiny
from lab.varstore import IMAGE_SECURITY, NV_BS_RT, TIME_SIGNED, VarStore

ORDER = {"handover": "kexec", "efi": {"clear_memory": False}}
CMDLINE = f"{tiny.CMDLINE} lab.started=by-kexec"
FIRST = 'say "command line: $(cat /proc/cmdline)"'


class Site:
    """Keys of a site, its kernel signed with them, and the variables of a firmware whose db has them."""

    def __init__(self, rack):
        self.folder = rack.folder / "kexec"
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir()
        rack.station.remint("keys", "init", "--dir", self.folder / "keys", "--name", "lab site")
        self.kernel, self.initrd, self.variables = (self.folder / name for name in ("vmlinuz", "initrd.img", "variables.fd"))
        bare = self.folder / "bare"
        shutil.copyfile(kernel.image(rack.kernel), bare)
        subprocess.run(["sbattach", "--remove", bare], check=True, capture_output=True, timeout=60)
        rack.station.remint("keys", "sign", "--dir", self.folder / "keys", bare, "--output", self.kernel)
        tiny.initramfs(rack.kernel, self.initrd, first=FIRST)
        self._enroll()

    def _enroll(self):
        certificate = ssl.PEM_cert_to_DER_cert((self.folder / "keys/db-1.pem").read_text())
        store = VarStore.read(OVMF / "OVMF_VARS_4M.fd")
        store.add("db", keys.pack([keys.Key(keys.X509, str(uuid.uuid4()), certificate)]), IMAGE_SECURITY, NV_BS_RT | TIME_SIGNED)
        store.write(self.variables)


@pytest.fixture(scope="module")
def site(the_rack):
    made = Site(the_rack)
    yield made
    shutil.rmtree(made.folder)


def order_for(rack, site, name, kernel_file, disk):
    """The tiny tenant, which kexec can start with an initramfs of its own: its disk's says nothing of a command line."""
    rack.station.pack(rack.tiny, name, 1, "--firmware", "uefi,bios", "--kexec-kernel", kernel_file, "--kexec-initrd", site.initrd,
                      "--kexec-cmdline", CMDLINE)
    machine = rack.machine(disk, firmware="uefi")
    machine.first_variables = site.variables
    machine.clear_variables()
    return machine, rack.order(machine, name, **ORDER)


def described(path):
    return {"size": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def test_to_live_without_the_firmware(rack, site):
    machine, order = order_for(rack, site, "by-kexec", site.kernel, rack.disk(64, "nvme"))
    outcome = rack.run(machine, order)
    assert (outcome.state, outcome.why) == ("live", "")

    assert machine.boots == 1, "a reset ends the emulator"
    agent, tenant = machine.console().split("handed over; starting the tenant's kernel")
    assert f"tenant: command line: {CMDLINE}\n" in tenant
    assert "EFI stub: " in agent and "EFI stub: " not in tenant, "by a firmware the kernel starts at its stub"

    certificate = rack.certificate(order, machine)
    assert certificate["handover"] == {"by": "kexec", "kernel": described(site.kernel), "initrd": described(site.initrd), "cmdline": CMDLINE}
    assert not certificate["firmware"]["memory"]["requested"]
    assert {s["name"]: s["outcome"] for s in certificate["steps"] if s["phase"] == "prepare"}["kexec"] == "done"
    shown = rack.station.remint("certificate", "show", machine.folder / f"{order}.json")
    assert "PCRs go on" in shown
    assert VarStore.read(machine.variables).boot_order()[0] == certificate["efi"]["added"]["number"], "the next reset starts the disk"


@pytest.mark.parametrize("which", ["altered", "debian"])
def test_kernel_that_is_not_trusted(rack, site, which):
    """One bit of the signed kernel, in a manifest that is signed and names what lies there; and a good signature by somebody who is not in db."""
    vmlinuz = kernel.image(rack.kernel)
    if which == "altered":
        data = bytearray(site.kernel.read_bytes())
        data[len(data) // 2] ^= 1
        vmlinuz = site.folder / "altered"
        vmlinuz.write_bytes(data)
    mark = former.marker()
    disk = rack.disk(64, "nvme", mark)
    before = disk.path.read_bytes()
    machine, order = order_for(rack, site, f"by-{which}-kernel", vmlinuz, disk)
    outcome = rack.run(machine, order)
    assert (outcome.state, outcome.step) == ("held", "kexec"), outcome
    assert f"vmlinuz of by-{which}-kernel: " in outcome.why and "locked down" in outcome.why
    assert machine.boots == 1 and disk.path.read_bytes() == before, "a disk was touched"
