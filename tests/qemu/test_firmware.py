# SPDX-License-Identifier: Apache-2.0
"""Firmware variables between tenants: what a former tenant left is gone, seen from outside in OVMF's variable store."""
import struct
import time
import uuid

import pytest
from conftest import SECONDS
from lab import varstore
from lab.machine import OVMF
from lab.provision import boot
from lab.tpm import Tpm
from lab.varstore import GLOBAL, VarStore, file, ipv4, iscsi, mac, node, option, partition, pci, uri, vendor_media
from lab.wait import until

CRASH = "cfc8fc79-be2e-4ddc-97f0-9f98bfe298a0"
SHIM = "605dab50-e046-4300-abb6-3dd810dd8b23"
LOADER = "4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"
MOR = ("MemoryOverwriteRequestControl", "e20939be-32d4-41be-a150-897f85d49829")
VENDOR = str(uuid.uuid5(uuid.NAMESPACE_DNS, "vendor.example"))  # nobody knows it
LISTED = str(uuid.uuid5(uuid.NAMESPACE_DNS, "listed.example"))  # the order names it
PART = str(uuid.uuid5(uuid.NAMESPACE_DNS, "partition.example"))

# OVMF's own setup program (tests/machines/ovmf-efivars)
SETUP = (node(4, 7, uuid.UUID("7cb8bdc9-f8eb-4f34-aaea-3ee4af6516a1").bytes_le) +
         node(4, 6, uuid.UUID("462caa21-7614-4503-836e-8ab6f4662331").bytes_le))
COMMAND = "fs0:\\his.efi\0".encode("utf-16-le")


def test_store_that_ovmf_has_written():
    """Debian ships one with keys, as its firmware left it: signed variables, deleted ones, one in transition."""
    store = VarStore.read(OVMF / "OVMF_VARS_4M.ms.fd")
    assert store.get("PK").attributes == 0x27 and store.get("PK").time != bytes(16)
    assert store.get("db", "d719b2cb-3d3a-4596-a3bc-dad00e67656f").data[:16] == \
        uuid.UUID("a5c059a1-94e4-4aa7-87b5-ab155c2bf072").bytes_le  # a list of X.509 certificates
    assert store.get("CustomMode", "c076ec0c-7028-4399-a072-71ee5c448b9f").attributes == varstore.NV_BS
    assert store.get("BootOrder") is None, "it was deleted"
    assert sum(v.name == "ConOut" for v in store.all) > 2 and store.get("ConOut").state == varstore.ADDED


def test_store_is_written_as_it_is_read(tmp_path):
    store = VarStore.read(OVMF / "OVMF_VARS_4M.fd")
    store.add("One", b"1", VENDOR)
    store.add("One", b"22", VENDOR)
    store.add("Boot0001", option("x", file("\\a")))
    assert store.fill(5000, CRASH) and 4900 < store.room() <= 5100
    store.remove("Boot0001")
    store.write(tmp_path / "vars.fd")
    again = VarStore.read(tmp_path / "vars.fd")
    assert again.get("One", VENDOR).data == b"22" and again.get("Boot0001") is None
    assert again.room() == store.room() and again.variables().keys() == store.variables().keys()
    with pytest.raises(varstore.Damaged):
        again.add("Large", bytes(6000), VENDOR)


@pytest.mark.parametrize("at, value", [(16, 0), (40, 0), (0x48, 0), (0x48 + 20, 0), (0x64 + 60 - 24 + 4, 0xFF)])
def test_damaged_store_is_refused(at, value):
    store = VarStore.read(OVMF / "OVMF_VARS_4M.fd")
    store.add("One", b"1", VENDOR)
    store.image[at] = value
    if at > 0x64:
        store.image[at + 3] = 0x7F  # the size of the data
    with pytest.raises(varstore.Damaged):
        VarStore(store.image)


# ---- a former tenant --------------------------------------------------------------------------------


def stale_entries():
    """What a former tenant can leave, by what it is; numbers far from those that OVMF gives."""
    card = pci(2) + mac("52:54:00:00:00:01")
    forms = [(f"linux {n}", partition(PART) + file(f"\\EFI\\linux{n}\\grubx64.efi"), b"", True) for n in range(14)]
    forms += [(f"disk {n}", pci(9) + partition(PART) + file("\\EFI\\BOOT\\BOOTX64.EFI"), b"", False) for n in range(4)]
    forms += [(f"his server {n}", card + ipv4() + uri(f"http://10.9.8.7/{n}"), b"", False) for n in range(3)]
    forms += [("short", uri("http://10.9.8.7/x"), b"", False), ("his disk", card + ipv4() + iscsi("iqn.x"), b"", False),
              ("vouched", mac("52:54:00:00:00:01") + file("\\his.efi"), b"", False), ("ram", vendor_media(PART), b"", False),
              ("double", card + ipv4(), b"", True), ("double 2", card + ipv4(), b"", False),
              ("setup", SETUP, COMMAND, False), ("nothing", b"", b"", False), ("windows", partition(PART) + file("\\w"), b"WINDOWS", False)]
    return {f"Boot{0x100 + n:04X}": option(*form) for n, form in enumerate(forms)}


def settled_store():
    """A store that OVMF has been through, without the keys of Debian's: else it would have to find room for its own in a full one."""
    store = VarStore.read(OVMF / "OVMF_VARS_4M.fd")
    for (name, guid), variable in VarStore.read(OVMF / "OVMF_VARS_4M.ms.fd").variables().items():
        if name not in ("PK", "KEK", "db", "dbx", "SecureBootEnable"):
            store.add(name, variable.data, guid, variable.attributes)
    return store


def leave_behind(machine, room):
    """Writes it all into the store of a machine that is switched off; `room`: bytes that are left then."""
    store = settled_store()
    entries = stale_entries()
    for name, data in {**entries, "BootOrder": struct.pack("<16H", 0x777, *range(0x100, 0x10E), 0x100),
                       "Timeout": struct.pack("<H", 0), "OsIndications": struct.pack("<Q", 4),
                       "Driver0001": option("his driver", partition(PART) + file("\\his.efi")), "DriverOrder": struct.pack("<H", 1),
                       "SysPrep0001": option("his program", partition(PART) + file("\\his.efi")), "SysPrepOrder": struct.pack("<H", 1),
                       "Key0009": struct.pack("<IIHHH", 0, 0, 0x105, 0x17, 0)}.items():
        store.add(name, data)
    store.add("MokNew", b"his key", SHIM)
    store.add("LoaderSystemToken", bytes(32), LOADER)
    store.add("Setup", bytes(100), VENDOR)
    store.add("Named", b"1", LISTED)
    store.fill(room, CRASH, "dump-type0-{}-1-1700000000-C")  # what a kernel that crashed leaves
    store.write(machine.variables)
    return entries


def left(store, entries):
    """What should not be there, and is."""
    values = [v.data for v in store.variables().values()]
    found = [name for name, data in entries.items() if data in values]
    return found + [f"{name}-{guid}" for name, guid in store.variables() if guid in (CRASH, SHIM, LOADER, LISTED)]


def run(rack, machine, order):
    """As the firmware's own order leads, until the order has ended; returns how often the agent was started."""
    boots, until_time = 0, time.monotonic() + 3 * SECONDS  # several starts of the firmware
    while (state := rack.station.order(order)["state"]) not in ("live", "held") and time.monotonic() < until_time:
        if machine.running():
            time.sleep(0.3)
            continue
        if state == "handed-over":
            machine.boot_disk()
        else:
            assert boots < 6
            machine.boot_own_order(f"{rack.station.http_url}/boot.ipxe")
            boots += 1
    machine.cut_power()
    rack.station.save(order, machine.folder)
    return boots


def test_what_a_former_tenant_left_is_gone(rack):
    """
    Thirty boot entries of every form, a store so full that nothing can be added before it is packed anew, dumps, foreign variables, programs
    that run before a system; with the reset that shows whether the firmware keeps what was written.
    """
    machine = rack.machine(rack.disk(192, "virtio"), firmware="uefi")
    entries = leave_behind(machine, room=6500)
    assert len(entries) == 30 and VarStore.read(machine.variables).room() < 6700
    order = rack.order(machine, "tiny", efi={"foreign": "remove", "remove": [f"Named-{LISTED}"], "verify_after_reset": True})
    boots = run(rack, machine, order)
    outcome = rack.station.order(order)
    assert (outcome["state"], outcome.get("reason")) == ("live", None), outcome
    # One that found the store full and had it packed, and one for the comparison, before the one that handed over.
    assert boots in (2, 3)

    store = VarStore.read(machine.variables)
    double = {name for name, data in entries.items() if data == option("double", pci(2) + mac("52:54:00:00:00:01") + ipv4())}
    assert set(left(store, entries)) == double, "one of two entries for a network card stays"
    assert not [n for n in ("Driver0001", "DriverOrder", "SysPrep0001", "SysPrepOrder", "Key0009", "OsIndications", "BootNext")
                if store.get(n)]
    assert store.get("Setup", VENDOR).data == bytes(100), "what nobody knows stays"
    setup = [v for v in store.variables().values() if v.guid == GLOBAL and v.data == option("setup", SETUP, active=False)]
    assert len(setup) == 1, "the firmware's program stays, without his command"
    assert store.room() > 100_000

    certificate = rack.certificate(order, machine)
    efi, firmware = certificate["efi"], certificate["firmware"]
    assert store.boot_order()[0] == efi["added"]["number"] and "0777" not in store.boot_order()
    assert len(efi["removed"]) == 28 and [c["description"] for c in efi["cleaned"]] == ["setup"], "over all starts"
    assert [v["name"] for v in firmware["variables"]["reported"] if v["guid"] == VENDOR] == ["Setup"]
    removed = {v["name"] for v in firmware["variables"]["removed"]}
    assert {"MokNew", "LoaderSystemToken", "Named", "Driver0001", "SysPrep0001", "Key0009"} <= removed  # OVMF itself drops requests that it cannot meet
    assert sum(name.startswith("dump-type0-") for name in removed) > 20
    assert firmware["variables"]["not_removed"] == [] and firmware["pstore"]["removed"] == 0
    assert firmware["after_reset"]["boot_order"][0] == efi["added"]["number"]
    assert not firmware["memory"]["requested"] and "no MemoryOverwriteRequestControl" in firmware["memory"]["reason"]


def test_memory_is_to_be_cleared(rack):
    """
    OVMF with a TPM and its management mode guards the request where it finds one, so it is put there first. Debian's lacks the driver that makes it and
    heeds it: what the firmware does next is not seen here.
    """
    machine = rack.machine(rack.disk(24, "virtio"), firmware="uefi")
    machine.tpm = Tpm(rack.folder / "tpm")
    machine.smm = True
    store = VarStore.read(machine.variables)
    store.add(MOR[0], b"\0", MOR[1])
    store.write(machine.variables)
    order = rack.station.create_order(machine.name, None, wipe={"level": "clear"})
    boot(rack.station, machine, "pending", direct=True)
    machine.wait_off(SECONDS)
    assert rack.station.order(order)["state"] == "erased", rack.station.order(order)
    request = VarStore.read(machine.variables).get(*MOR)
    assert (request.data, request.attributes) == (b"\x11", varstore.NV_BS_RT)
    memory = rack.certificate(order, machine)["firmware"]["memory"]
    assert memory == {"present": True, "lock": "open", "guarded": True, "requested": True, "reason": None}
