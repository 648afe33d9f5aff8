# SPDX-License-Identifier: Apache-2.0
"""How the emulator tells a machine of the lab from where to start: by the variables in its flash. No firmware is started here."""
import json
import socket
import ssl
import struct

import pytest
from asking import SYSTEM, Asking, soon
from lab.bmc import Bmc, LabMachine, Way, keys
from lab.bmc.lab_machine import OURS
from lab.machine import Disk, Machine
from lab.varstore import VarStore, file, ipv4, mac, node, option, partition, pci, uri

GUID = "384acd9f-4a28-4c1f-9c32-2bf30721a026"
URL = "http://10.0.2.2:8080/boot.efi"


class Process:
    """QEMU's, as far as one looks at it."""

    def __init__(self):
        self.returncode = None

    def poll(self):
        return self.returncode


class Unstarted(Machine):
    """Notes how it would be started, and the variables of that moment."""

    def _start(self, argv, network, nic_index=None, card_rom=None):
        text = " ".join(map(str, argv))
        self.begun.append("nic" if nic_index else "cd" if "drive=cd,bootindex=0" in text else "disk" if "bootindex=0" in text else "own")
        self.found = VarStore.read(self.variables)
        self.process, (self._qmp, self.qemu) = Process(), socket.socketpair()

    def command(self, execute, **arguments):
        self.commands.append(execute)

    def ends(self, reason):
        self.qemu.sendall(json.dumps({"event": "SHUTDOWN", "data": {"guest": True, "reason": reason}}).encode() + b"\n")
        self.qemu.close()
        self.process.returncode = 0

    def cut_power(self):
        self.process = None
        super().cut_power()


@pytest.fixture
def machine(tmp_path):
    (tmp_path / "disk.raw").write_bytes(b"former tenant" + bytes(1 << 20))
    m = Unstarted("node", tmp_path / "node", [Disk(tmp_path / "disk.raw", "virtio", "SER1")], firmware="uefi")
    m.begun, m.commands = [], []
    return m


def fill(machine):
    """As OVMF leaves it after an installation."""
    store, card = VarStore.read(machine.variables), pci(2) + mac(machine.mac)
    for name, data in {"Boot0000": option("UiApp", node(4, 7, bytes(16)) + node(4, 6, bytes(16))), "Boot0001": option("UEFI PXEv4", card + ipv4()),
                       "Boot0002": option("UEFI HTTPv4", card + ipv4() + uri()), "Boot0003": option("debian", partition(GUID) + file("\\x")),
                       "BootOrder": struct.pack("<4H", 3, 1, 2, 0)}.items():
        store.add(name, data)
    store.write(machine.variables)


def boot_next(machine):
    value = machine.found.get("BootNext")
    return value and f"Boot{struct.unpack('<H', value.data)[0]:04X}"


def test_options_are_read_from_the_flash(machine):
    m = LabMachine(machine)
    assert (m.boot_options(), m.boot_order()) == ({}, [])
    fill(machine)
    assert m.boot_order() == ["Boot0003", "Boot0001", "Boot0002", "Boot0000"]
    assert {n: t for n, (_, t) in m.boot_options().items()} == {"Boot0000": "None", "Boot0001": "Pxe", "Boot0002": "UefiHttp", "Boot0003": "Hdd"}


def test_a_virtio_disk_is_a_disk(machine):
    store = VarStore.read(machine.variables)
    for name, data in {"Boot0001": option("UEFI Misc Device", pci(2)), "BootOrder": struct.pack("<H", 1)}.items():
        store.add(name, data)
    store.write(machine.variables)
    LabMachine(machine).power_on(Way("Hdd"))
    assert boot_next(machine) == "Boot0001" and machine.begun == ["own"]


@pytest.mark.parametrize("data", [b"\1", bytes(6), bytes(7), struct.pack("<IH", 1, 500) + b"a\0\0\0\4\1\0\0", option("x", node(9, 9)),
                                  option("x" * 500, b"")])
def test_strange_options(machine, data):
    """What a system has written that is no load option, or one that leads nowhere."""
    store = VarStore.read(machine.variables)
    store.add("Boot0009", data)
    store.write(machine.variables)
    assert [target for _, target in LabMachine(machine).boot_options().values()] == ["None"] * (len(data) > 6)


@pytest.mark.parametrize("target, entry", [("None", None), ("Pxe", "Boot0001"), ("UefiHttp", "Boot0002"), ("Hdd", "Boot0003")])
def test_override_is_boot_next(machine, target, entry):
    fill(machine)
    LabMachine(machine).power_on(Way(target))
    assert boot_next(machine) == entry and machine.begun == ["own"]
    assert machine.found.boot_order() == ["0003", "0001", "0002", "0000"]


@pytest.mark.parametrize("target, begun", [("Pxe", "nic"), ("UefiHttp", "nic"), ("Hdd", "disk"), ("Cd", "own")])
def test_firmware_that_has_no_option_yet(machine, target, begun):
    LabMachine(machine).power_on(Way(target))
    assert boot_next(machine) is None and machine.begun == [begun]


@pytest.mark.parametrize("filled", [False, True])
def test_uri_is_an_option_for_one_boot(machine, filled):
    """By the card that the firmware knows; by any, where it knows none yet."""
    if filled:
        fill(machine)
    m = LabMachine(machine)
    m.power_on(Way("UefiHttp", uri=URL))
    card = pci(2) + mac(machine.mac) + ipv4() if filled else b""
    assert boot_next(machine) == OURS and machine.found.get(OURS).data == option("Override of the BMC", card + uri(URL))
    assert OURS not in m.boot_options()
    m.reset(Way())
    assert boot_next(machine) is None and machine.found.get(OURS) is None


def test_medium_and_unknown_targets(machine, tmp_path):
    m = LabMachine(machine)
    (tmp_path / "a.iso").write_bytes(bytes(2048))
    m.insert(tmp_path / "a.iso")
    m.power_on(Way("Cd"))
    assert machine.begun == ["cd"]
    with pytest.raises(RuntimeError, match="switched on already"):
        m.power_on(Way())
    m.force_off()
    with pytest.raises(RuntimeError, match="cannot be started by UefiShell"):
        m.power_on(Way("UefiShell"))


def test_bmc_starts_it_again_when_the_guest_restarts(machine):
    fill(machine)
    with Bmc(LabMachine(machine)) as bmc, Asking(bmc, basic=True) as c:
        assert c.set_boot(BootSourceOverrideTarget="UefiHttp", BootSourceOverrideEnabled="Once", HttpBootUri=URL).status_code == 200
        assert c.reset("On").status_code == 204 and boot_next(machine) == OURS
        assert c.boot()["BootSourceOverrideEnabled"] == "Disabled"
        with bmc.lock:
            machine.ends("guest-reset")
            assert bmc.machine.running() and bmc.machine.running(), "whoever asks first, it is about to start"
        soon(lambda: len(machine.begun) == 2)
        assert c.get(SYSTEM).json()["PowerState"] == "On" and boot_next(machine) is None
        machine.ends("guest-shutdown")
        soon(lambda: c.get(SYSTEM).json()["PowerState"] == "Off")
        assert len(machine.begun) == 2 and bmc.broken == []


def test_only_what_it_can_is_allowed(machine):
    with Bmc(LabMachine(machine)) as bmc, Asking(bmc, basic=True) as c:
        for boot in ({"BootSourceOverrideTarget": "UefiShell"}, {"BootSourceOverrideMode": "Legacy"}):
            assert c.set_boot(**boot).status_code == 400
    machine.firmware = "bios"
    with Bmc(LabMachine(machine)) as bmc, Asking(bmc, basic=True) as c:
        assert c.set_boot(BootSourceOverrideTarget="UefiHttp").status_code == 400 and c.boot()["BootOrder"] == []
        c.set_boot(BootSourceOverrideTarget="Pxe", BootSourceOverrideEnabled="Once")
        assert c.boot()["BootSourceOverrideMode"] == "Legacy" and c.reset("On").status_code == 204
        assert machine.begun == ["nic"]


def test_boot_order_is_written_for_the_next_boot(machine):
    fill(machine)
    with Bmc(LabMachine(machine)) as bmc, Asking(bmc, basic=True) as c:
        wanted = ["Boot0001", "Boot0003", "Boot0000", "Boot0002"]
        assert c.set_boot(BootOrder=wanted).status_code == 200 and c.boot()["BootOrder"] == wanted
        c.reset("On")
        assert [f"Boot{n}" for n in machine.found.boot_order()] == wanted
        options = [m["@odata.id"].rsplit("/", 1)[1] for m in c.get(f"{SYSTEM}/BootOptions").json()["Members"]]
        assert options == wanted


def test_options_come_and_go_by_themselves(machine):
    """What the firmware has found since is there for who asks by its name, and what it has dropped is not."""
    with Bmc(LabMachine(machine)) as bmc, Asking(bmc, basic=True) as c:
        assert c.get(f"{SYSTEM}/BootOptions/Boot0001").status_code == 404
        fill(machine)
        assert c.get(f"{SYSTEM}/BootOptions/Boot0001").json()["Alias"] == "Pxe"
        machine.clear_variables()
        assert c.get(f"{SYSTEM}/BootOptions/Boot0001").status_code == 404


def test_keys_are_the_firmwares(machine):
    """Those of a former tenant are gone at the next boot, those of the factory are there."""
    secure = f"{SYSTEM}/SecureBoot"
    with Bmc(LabMachine(machine)) as bmc, Asking(bmc, basic=True) as c:
        db = f"{secure}/SecureBootDatabases/db/Certificates"
        assert c.get(db).json()["Members"] == [] and c.get(secure).json()["SecureBootMode"] == "SetupMode"
        assert c.post(db, json={"CertificateString": bmc.certificate.read_text(), "CertificateType": "PEM"}).status_code == 201
        c.reset("On")
        assert [k.data for k in keys.of(machine.found)["db"]] == [ssl.PEM_cert_to_DER_cert(bmc.certificate.read_text())]
        assert c.post(f"{secure}/Actions/SecureBoot.ResetKeys", json={"ResetKeysType": "ResetAllKeysToDefault"}).status_code == 204
        c.reset("ForceRestart")
        assert keys.of(machine.found) == keys.factory()
        assert c.get(secure).json()["SecureBootMode"] == "UserMode" and len(c.get(db).json()["Members"]) == 2
        c.post(f"{secure}/Actions/SecureBoot.ResetKeys", json={"ResetKeysType": "DeleteAllKeys"})
        c.reset("ForceRestart")
        assert not any(keys.of(machine.found).values())


@pytest.mark.parametrize("data", [b"", bytes(28), keys.pack(keys.factory()["db"])[:-1], struct.pack("<16sIII", bytes(16), 28, 0, 0),
                                  struct.pack("<16sIII", bytes(16), 1 << 31, 0, 48) + bytes(48)])
def test_strange_key_lists(data):
    assert len(keys.parse(data)) < 2


def test_drive_is_erased_when_the_machine_is_off(machine):
    path = machine.disks[0].path
    with Bmc(LabMachine(machine)) as bmc, Asking(bmc, basic=True) as c:
        erase = f"{SYSTEM}/Storage/1/Drives/SER1/Actions/Drive.SecureErase"
        c.reset("On")
        failed = c.post(erase).json()["@odata.id"]
        soon(lambda: c.get(failed).json()["TaskState"] == "Exception")
        assert b"former tenant" in path.read_bytes()
        c.reset("ForceOff")
        done = c.post(erase).json()["@odata.id"]
        soon(lambda: c.get(done).json()["TaskState"] == "Completed")
        assert not any(path.read_bytes()) and path.stat().st_size == (1 << 20) + 13


def test_shutdown_is_the_power_button(machine):
    m = LabMachine(machine)
    m.shut_down()
    m.power_on(Way())
    m.shut_down()
    assert machine.commands == ["query-status", "system_powerdown"]
