# SPDX-License-Identifier: Apache-2.0
"""A USB stick erases the machine that it names, without a station or a network, and no other. docs/standalone.md"""
import json
import re
import subprocess

import pytest
from conftest import SECONDS, SLOW
from lab import former
from lab.machine import Machine
from lab.wait import Late

FAT = "@@1M"  # where the stick's partition begins


class Stick:
    """The raw image of a stick, as the operator's program makes it."""

    def __init__(self, rack, *wish):
        self.rack, self.station, self.folder = rack, rack.station, rack.folder / f"stick{rack.n}"
        self.folder.mkdir(exist_ok=True)
        self.image = self.folder / "stick.img"
        order = self.folder / "order.json"
        self.station.remint("order", "standalone", "old-rack", "--output", order, "--wipe-level", "clear", *wish)
        self.station.remint("boot", "usb", "--boot", self.station.boot, "--order", order, "--key", self.station.pki / "sign.key",
                            "--cert", self.station.pki / "sign.pem", "--console", "ttyS0,115200", "-o", self.folder / "files",
                            "--image", self.image)
        self.id = json.loads(order.read_text())["id"]
        fsck = subprocess.run(["/usr/sbin/fsck.fat", "-n", self.partition()], capture_output=True, text=True, timeout=60)
        assert fsck.returncode == 0, fsck.stdout
        rack.n += 1
        self.disk = rack.stick(self.image)

    def partition(self):
        part = self.folder / "partition.raw"
        with open(self.image, "rb") as f, open(part, "wb") as out:
            f.seek(1 << 20)
            out.write(f.read())
        return part

    def files(self):
        """What is on the stick now, in a folder."""
        out = self.folder / "now"
        out.mkdir(exist_ok=True)
        subprocess.run(["mcopy", "-n", "-o", "-i", f"{self.image}{FAT}", "::*.*", f"{out}/"], check=True, capture_output=True,
                       timeout=60)
        return out

    def names(self):
        return {p.name for p in self.files().iterdir()}


def machine_with(rack, stick, *disks, **more):
    """Not a node of the station's, and without a cable."""
    rack.n += 1
    machine = Machine(f"alone{rack.n}", rack.folder / f"alone{rack.n}", [*disks, stick.disk], memory=512, firmware="uefi",
                      accel=rack.accel, **more)
    rack.machines.append(machine)
    return machine


def erase(machine, stick):
    machine.boot_disk(stick.disk.serial)
    machine.wait_off(SECONDS)
    return machine.console()


def stays_off(machine, stick, words):
    """The stick is refused; what the disks hold is asked by the caller."""
    machine.boot_disk(stick.disk.serial)
    found = machine.wait_console(rf"nothing was erased: .*{words}", SECONDS)
    machine.wait_console("switching off in 5 minutes", 30)
    machine.cut_power()
    return found


def openssl_verifies(path, ca):
    subprocess.run(["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", f"{path}.p7s", "-content", path, "-CAfile",
                    ca, "-purpose", "any", "-out", "/dev/null"], check=True, capture_output=True, timeout=60)


def imported(rack, stick):
    """The certificate that the station makes of what is on the stick, after openssl has verified it."""
    files = stick.files()
    record = files / f"evidence-{stick.id}-1.json"
    agent = stick.folder / "agent.pem"
    agent.write_text(json.loads(record.read_text())["agent_certificate"])
    openssl_verifies(record, agent)
    rack.station.remint("order", "import", record, "--output", stick.folder)
    path = stick.folder / f"certificate-{stick.id}-1.json"
    openssl_verifies(path, rack.station.state / "evidence-ca.pem")
    return json.loads(path.read_text())


def test_a_stick_erases_the_machine_that_it_names(rack):
    mark = former.marker()
    nvme, sata = rack.disk(128, "nvme", mark), rack.disk(96, "sata", mark)
    stick = Stick(rack, "--drive", nvme.serial, "--drive", sata.serial)
    machine = machine_with(rack, stick, nvme, sata)
    console = erase(machine, stick)
    assert "erased; switching off" in console and "network" not in console, console[-3000:]
    assert former.bytes_found(nvme.path, mark) == 0 and former.bytes_found(sata.path, mark) == 0

    certificate = imported(rack, stick)
    assert {d["serial"]: d["claim"] for d in certificate["drives"]} == {nvme.serial: "read back", sata.serial: "read back"}
    assert ["USB" in d["reason"] for d in certificate["drives_not_touched"]] == [True]
    assert (certificate["identity_basis"], certificate["node"]) == ("stand-alone", "old-rack")
    assert certificate["image"] is None and certificate["identity"]["uuid"] == machine.uuid
    assert {s["name"]: s["outcome"] for s in certificate["steps"]}["write"] == "skipped"
    assert f"log-{stick.id}-1.txt" in stick.names()

    # The same stick in another machine, which a tenant uses.
    other_mark = former.marker()
    other = rack.disk(96, "nvme", other_mark)
    before = other.path.read_bytes()
    stays_off(machine_with(rack, stick, other), stick, "not the machine that the order means")
    assert other.path.read_bytes() == before, "another machine's disk has been touched"
    # And once more in the one that it has erased, which has been filled since.
    former.make(nvme.path, 128, rack.kernel, mark)
    found = former.bytes_found(nvme.path, mark)
    stays_off(machine, stick, "this machine was erased by it")
    assert former.bytes_found(nvme.path, mark) == found


def test_a_person_at_the_console_confirms(rack):
    mark = former.marker()
    disk = rack.disk(96, "sata", mark)
    found = former.bytes_found(disk.path, mark)
    stick = Stick(rack, "--confirm")
    machine = machine_with(rack, stick, disk, keyboard=True)
    machine.boot_disk(stick.disk.serial)
    number = machine.wait_console(r"Type (\d{4}) and press Enter", SECONDS).group(1)
    assert disk.serial in machine.console()
    assert former.bytes_found(disk.path, mark) == found and f"used-{stick.id}-1.json" not in stick.names()
    machine.type(f"{(int(number) + 1) % 10000:04}\n")
    machine.wait_console("That is another number", 30)
    machine.wait_console(r"(?s)another number.*Type (\d{4}) and press Enter", 30)
    machine.type(re.findall(r"Type (\d{4}) and press Enter", machine.console())[-1] + "\n")
    machine.wait_off(SECONDS)
    assert former.bytes_found(disk.path, mark) == 0
    assert imported(rack, stick)["drives"][0]["claim"] == "read back"


def test_a_power_cut_in_the_midst(rack):
    """The stick remembers whose it is: the same machine goes on, and another one is refused in between."""
    mark = former.marker()
    disk = rack.disk(128, "sata", mark, discard=False, write_bps=SLOW)
    stick = Stick(rack, "--drive", disk.serial)
    machine = machine_with(rack, stick, disk)
    machine.boot_disk(stick.disk.serial)
    machine.wait_console("destroy: wipe", SECONDS)
    with pytest.raises(Late):
        machine.wait_console("destroy: wipe: done", 8)
    machine.cut_power()
    assert former.bytes_found(disk.path, mark) > 0, "the wipe was over before the power was cut"
    assert f"used-{stick.id}-1.json" in stick.names() and f"evidence-{stick.id}-1.json" not in stick.names()
    stays_off(machine_with(rack, stick, disk), stick, "another machine")
    disk.write_bps = 0
    erase(machine, stick)
    assert former.bytes_found(disk.path, mark) == 0
    assert imported(rack, stick)["identity"]["uuid"] == machine.uuid


def test_an_order_that_was_altered_erases_nothing(rack):
    mark = former.marker()
    mine, other = rack.disk(96, "nvme", mark), rack.disk(96, "nvme", mark)
    stick = Stick(rack, "--drive", mine.serial)
    changed = stick.folder / "changed.json"
    changed.write_text((stick.folder / "order.json").read_text().replace(mine.serial, other.serial))
    subprocess.run(["mcopy", "-o", "-i", f"{stick.image}{FAT}", changed, "::order.json"], check=True, timeout=60)
    before = other.path.read_bytes()
    stays_off(machine_with(rack, stick, other), stick, "signature does not verify")
    assert other.path.read_bytes() == before
