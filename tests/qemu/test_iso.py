# SPDX-License-Identifier: Apache-2.0
"""A machine that is started from virtual media: a CD with its network on it, to `live`, under lockdown; the same medium as a stick. What stops
a machine, with a reason, and what a running agent says to whoever knocks. docs/boot-media.md"""
import json

import pytest
from conftest import SECONDS
from lab import former, knock, paths
from lab.machine import Machine
from lab.quick import ARGUMENTS
from lab.wait import until

ADDRESS = "10.0.2.77"
CONSOLE = f"console=ttyS0,115200 {ARGUMENTS}"
CMDLINE = f"{CONSOLE} remint.net=medium"


@pytest.fixture(scope="module")
def boot_folder(the_rack):
    """The station's boot image as one EFI file, for media."""
    out, s = the_rack.folder / "boot-medium", the_rack.station
    s.remint("boot", "build", "--generic", paths.boot_parts(), "--station", f"https://10.0.2.2:{s.https_port}", "--station-ca",
             s.state / "ca.pem", "--image-ca", s.pki / "ca.pem", "-o", out, "--uki", "--cmdline", CMDLINE)
    return out


def iso(rack, boot_folder, **who):
    """With an address in QEMU's network that its DHCP would not give."""
    rack.n += 1
    path, net = (rack.folder / f"medium{rack.n}.{end}" for end in ("iso", "json"))
    net.write_text(json.dumps({"net": 1, "machines": [{**who, "addresses": [f"{ADDRESS}/24"], "gateways": ["10.0.2.2"], "mtu": 1400}]}))
    rack.station.remint("boot", "iso", "--boot", boot_folder, "--network", net, "-o", path)
    return path


def test_a_cd_with_its_network_to_live(rack, boot_folder):
    """NVMe and SATA, so that their passthrough and the firmware's variables are worked on with the kernel locked down."""
    mark = former.marker()
    nvme, sata = rack.disk(192, "nvme", mark), rack.disk(96, "sata", mark)
    machine = rack.machine(nvme, sata, firmware="uefi")
    machine.cd = iso(rack, boot_folder, mac=machine.mac)
    order = rack.order(machine, "tiny")
    machine.boot_cd()
    machine.wait_off(SECONDS)
    console, state = machine.console(), rack.station.order(order)
    rack.station.save(order, machine.folder)
    assert state["state"] == "handed-over", console[-3000:]
    assert "NET.JSON on /dev/sr0: as for this machine" in console
    assert former.bytes_found(nvme.path, mark) == 0 and former.bytes_found(sata.path, mark) == 0

    inventory = rack.station.call("GET", f"/v1/nodes/{machine.name}")["inventory"]
    kernel = inventory["kernel"]
    assert (kernel["lockdown"], kernel["module_signatures_enforced"]) == ("integrity", True)
    assert kernel["command_line"] == f"lockdown=integrity module.sig_enforce=1 {CMDLINE}"
    assert [n["mtu"] for n in inventory["nics"]] == [1400]
    machine.cd = None
    machine.boot_disk()
    until(lambda: rack.station.order(order)["state"] == "live", SECONDS, "the tenant's system phones home")


def test_a_stick_that_is_for_another_machine(rack, boot_folder):
    """The same medium as a stick starts as well; a machine that is not among its machines stops, and asks nobody."""
    stick = rack.stick(iso(rack, boot_folder, serial="another machine"))
    disk = rack.disk(96, "nvme")
    machine = rack.machine(disk, stick, firmware="uefi")
    rack.order(machine, "tiny")
    machine.boot_disk(stick.serial)
    said = machine.wait_console(r"NET.JSON on /dev/sd.: this machine \(serial (\S+), first MAC (\S+)\) is not among its 1 machines; "
                                "nothing is done", SECONDS)
    assert said.groups() == (machine.serial, machine.mac)
    machine.wait_console("rebooting in 5 minutes", 30)
    assert "network: " not in machine.console().replace("network: boot medium", "")
    assert rack.station.call("GET", f"/v1/nodes/{machine.name}").get("inventory") is None


def test_a_word_that_the_agent_does_not_know(rack):
    machine = rack.machine(rack.disk(96, "nvme"))
    machine.boot_kernel(rack.station.boot / "vmlinuz", rack.station.boot / "initrd.img", f"{CONSOLE} remint.insecure=1")
    machine.wait_console(r"kernel command line: remint.insecure is no word that this agent knows; nothing is done", SECONDS)
    machine.wait_console("rebooting in 5 minutes", 30)


def test_nothing_listens(rack):
    """Every TCP port of a machine whose agent works, and waits for a station that is not there, says no."""
    wire = knock.Wire("10.0.2.2", "10.0.2.15")
    try:
        machine = Machine("knocked", rack.folder / "knocked", [], memory=512, firmware="bios", accel=rack.accel, netdev=wire.netdev())
        rack.machines.append(machine)
        machine.boot_kernel(rack.station.boot / "vmlinuz", rack.station.boot / "initrd.img",
                            f"{CONSOLE} loglevel=6 remint.ip=10.0.2.15/24 remint.dhcp=0")
        machine.wait_console("network: eth0 is up", SECONDS)
        # No word of the command line said so: the agent closes the kernel itself.
        assert "Kernel is locked down from securityfs" in machine.console()
        closed, opened = wire.knock(SECONDS)
        assert opened == set() and len(closed) == 65535, f"{len(closed)} said no, {sorted(opened)} yes"
    finally:
        wire.close()
