# SPDX-License-Identifier: Apache-2.0
"""Real firmware on a real segment: the station's own dnsmasq, the card's PXE and the firmware's HTTP boot, each to `live`; then with Secure Boot on.

The machines start from the network first, always: so each of them must also find its way to its disk once the order is handed over.
"""
import os
import re
import shutil
import socket
import time

import pytest
from conftest import SECONDS
from lab import former, varstore
from lab.machine import OVMF
from lab.segment import ADDRESS, BRIDGE, TUN, Segment
from lab.station import ENDED, Station
from lab.wait import until

RANGE = "10.9.0.100,10.9.0.150"
BOOTS_MAX = 3
COMMAND_LINE = "console=ttyS0,115200 no_timer_check"  # a busy host's timer must not fail the kernel


class SegmentStation(Station):
    """Serves a segment: DHCP, TFTP and HTTP. A test's calls reach it through a socket that is handed in."""

    def __init__(self, folder, segment):
        super().__init__(folder)
        self.front, self.listen, self.address = segment.inside(), "0.0.0.0", ADDRESS
        self.options = ["--dhcp", BRIDGE, "--dhcp-range", RANGE]
        with socket.create_server(("127.0.0.1", self.https_port)) as listener:
            segment.forward(listener, self.https_port)

    def said(self):
        return (self.folder / "station.log").read_text(errors="replace")


def build_signed(station):
    """The one EFI file, and iPXE, signed with a site's keys; with a command line for what has no boot loader before it."""
    station.remint("keys", "init", "--dir", station.folder / "keys", "--name", "lab site")
    station.build_boot(None, "--uki", "--cmdline", COMMAND_LINE, "--keys", station.folder / "keys")


class Lan:
    def __init__(self, rack):
        folder = rack.folder / "segment"
        shutil.rmtree(folder, ignore_errors=True)
        self.rack, self.segment = rack, Segment()
        self.port = self.segment.tap("tap0")
        self.station = SegmentStation(folder, self.segment)
        shutil.copytree(rack.station.pki, self.station.pki)
        self.station.images = rack.station.images
        self.station.start()
        build_signed(self.station)

    def machine(self, *disks, firmware, variables=None):
        machine = self.rack.machine(*disks, firmware=firmware)
        if variables:
            machine.first_variables = variables
            machine.clear_variables()
        machine.front, machine.netdev = self.segment.inside(), self.port
        self.station.add_node(machine)
        return machine

    def order(self, machine):
        root = {"disks": [machine.disks[0].serial], "redundancy": "single", "on_loss": "hold"}
        return self.station.create_order(machine.name, "tiny", root=root, boot="network-first")

    def run(self, machine, order, way):
        """From one start to the next until the order has ended; the console of each start."""
        consoles, end = [], time.monotonic() + 2 * SECONDS
        try:
            while self.station.order(order)["state"] not in ENDED:
                assert len(consoles) < BOOTS_MAX and time.monotonic() < end, consoles[-1:]
                # BIOS keeps no boot order.
                machine.boot_firmware(way, once=not consoles or machine.firmware == "bios")
                while machine.running() and self.station.order(order)["state"] not in ENDED:
                    assert time.monotonic() < end, machine.console()[-3000:]
                    time.sleep(0.3)
                consoles.append(machine.console())
        finally:
            machine.cut_power()
            self.station.save(order, machine.folder)
        return consoles

    def close(self):
        self.station.stop()
        self.segment.close()


@pytest.fixture(scope="module")
def lan(the_rack):
    if not os.access(TUN, os.R_OK | os.W_OK):
        pytest.skip(f"no {TUN}: an emulated machine has no way into a network segment here")
    lan = Lan(the_rack)
    yield lan
    lan.close()


@pytest.fixture
def provisioned(lan, rack):
    """A machine with a former tenant's disk, taken to the end of its order by one way; returns the consoles of its starts, and what the station said."""
    def provision(firmware, way):
        mark = former.marker()
        disk = rack.disk(128, "virtio", mark, discard=False)
        machine = lan.machine(disk, firmware=firmware)
        order, before = lan.order(machine), len(lan.station.said())
        consoles = lan.run(machine, order, way)
        ended = lan.station.order(order)
        assert (ended["state"], ended.get("reason")) == ("live", None), consoles[-1][-3000:]
        assert former.bytes_found(disk.path, mark) == 0
        assert len(consoles) == 2 and f"tenant: name {machine.name}" in consoles[1]
        return consoles, lan.station.said()[before:], machine
    return provision


def starts_the_disk_all_the_same(lan, machine):
    """An agent that was started for nothing, by a medium that was left in or a firmware that is sent to it each time, leaves to the tenant's disk."""
    machine.boot_kernel(lan.station.boot / "vmlinuz", lan.station.boot / "initrd.img", "console=ttyS0,115200")
    entry = machine.wait_console(r"the next boot is (Boot\w{4}) \"remint tiny 1\"", SECONDS)[1]
    machine.wait_off(SECONDS)
    # The firmware's order has the network first, and is not asked.
    machine.boot_firmware("http", once=False)
    machine.wait_console("tenant: started", SECONDS)
    assert f"BdsDxe: starting {entry} " in machine.console() and "HTTP Boot" not in machine.console()
    machine.cut_power()


def test_uefi_pxe_to_ipxe_to_the_signed_boot_image(provisioned):
    (first, second), said, machine = provisioned("uefi", "pxe")
    assert "Start PXE over IPv4" in first and "/boot/remint.efi" in first
    # The arguments of the script count, because Secure Boot is off: the agent has not had to ask.
    assert re.search(rf"Command line: .*remint\.hint=\S{{43}} remint\.mac={machine.mac} console=ttyS0,115200", first)
    assert re.search(r"sent \S+/ipxe\.efi to", said)
    # The second time iPXE hands back to the firmware, whose next entry is the disk.
    assert "Start PXE over IPv4" in second and "Starting from the local disk" in second


def test_uefi_http_straight_to_the_signed_boot_image(lan, provisioned):
    (first, second), said, machine = provisioned("uefi", "http")
    assert re.search(r"URI: http://\S+/boot\.efi", first) and "iPXE" not in first
    # Without an order for the agent there is nothing at the URI, and the firmware goes on to the disk by itself.
    assert "404 Not Found" in second and "remint-agent" not in second and "ipxe" not in said
    starts_the_disk_all_the_same(lan, machine)


def test_bios_pxe_to_ipxe_to_kernel_and_initramfs(provisioned):
    (first, _), said, machine = provisioned("bios", "pxe")
    assert "remint-agent" in first
    assert re.findall(rf"node {machine.name} asks how to boot: (.*)", said) == ["the agent", "the local disk"]


# ---- Secure Boot ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def enrolled(lan):
    """The variables of a machine that has the site's keys."""
    station, variables = lan.station, lan.station.folder / "enrolled.fd"
    station.remint("keys", "enroll", "--dir", station.folder / "keys", "--output", station.folder / "bundle", "--image",
                   station.boot / "remint.efi")
    store = varstore.VarStore.read(OVMF / "OVMF_VARS_4M.fd")
    store.enroll(station.folder / "bundle")
    store.write(variables)
    return variables


@pytest.mark.parametrize("way", ["pxe", "http"])
def test_with_the_sites_keys_in_force(lan, rack, enrolled, way):
    """iPXE and the boot image are started because the site has signed them; nothing that the network says reaches the kernel."""
    mark = former.marker()
    disk = rack.disk(32, "virtio", mark, discard=False)
    machine = lan.machine(disk, firmware="uefi", variables=enrolled)
    order = lan.station.create_order(machine.name, None)
    console, = lan.run(machine, order, way)
    ended = lan.station.order(order)
    assert (ended["state"], ended.get("reason")) == ("erased", None), console[-3000:]
    assert former.bytes_found(disk.path, mark) == 0
    assert ("Start PXE over IPv4" in console and "/boot/remint.efi" in console) == (way == "pxe")
    assert re.search(r"[Ss]ecure boot enabled", console)
    line = re.search(r"Command line: (.*)", console)[1].strip()
    assert line == f"lockdown=integrity module.sig_enforce=1 {COMMAND_LINE}", line


def test_somebody_elses_keys_and_nobody_checks_in(lan, rack):
    """The firmware fetches the image and refuses it: the station, which has handed it out, holds the order."""
    disk = rack.disk(32, "virtio")
    before = disk.path.read_bytes()
    machine = lan.machine(disk, firmware="uefi", variables=OVMF / "OVMF_VARS_4M.snakeoil.fd")
    lan.station.stop()
    lan.station.options += ["--checkin-within", "5"]
    lan.station.start()
    order = lan.station.create_order(machine.name, None)
    machine.boot_firmware("http")
    machine.wait_console("BdsDxe: failed to load .*: Access Denied", SECONDS)
    machine.cut_power()
    until(lambda: lan.station.order(order)["state"] in ENDED, SECONDS, "the end of the order")
    ended = lan.station.order(order)
    assert ended["state"] == "held" and "no agent has checked in" in ended["reason"], ended
    assert lan.station.call("GET", f"/v1/nodes/{machine.name}")["state"] == "held"
    assert "Linux version" not in machine.console() and disk.path.read_bytes() == before
