# SPDX-License-Identifier: Apache-2.0
"""A machine of the lab (machine.py) as a BMC drives it.

The firmware is told by its own variables, which lie in the flash while the machine is off: BootNext for one boot, and for a URI a boot option that
has it (UEFI 2.10, 3.1.2 and 3.1.3). So a boot by override leaves BootOrder alone. Where the firmware has no option yet for what is asked,
QEMU's bootindex puts it in front. The emulator ends when the guest restarts; the BMC starts it again.
"""
import struct
from pathlib import Path

from .. import varstore
from ..varstore import VarStore
from . import keys

OURS = "Boot0B0C"  # the option with the URI of an override; it is gone before the next boot that is not by it

# Device path nodes that tell what an option starts from: UEFI 2.10, 10.3. The first that is found in this order decides.
URI, PCI, END = (3, 24), (1, 1), (0x7F, 0xFF)
NODES = (((4, 2), "Cd"), (URI, "UefiHttp"), ((3, 12), "Pxe"), ((3, 13), "Pxe"), ((4, 1), "Hdd"), ((3, 23), "Hdd"), ((3, 18), "Hdd"),
         ((3, 2), "Hdd"))


def split(data):
    """A load option's description, and its device path as ((type, subtype), bytes) of each node."""
    length, end = struct.unpack_from("<H", data, 4)[0], 6
    while end + 2 <= len(data) and data[end:end + 2] != b"\0\0":
        end += 2
    path, at, nodes = data[end + 2:end + 2 + length], 0, []
    while at + 4 <= len(path):
        kind, subtype, size = struct.unpack_from("<BBH", path, at)
        if size < 4:
            break
        nodes.append(((kind, subtype), path[at:at + size]))
        at += size
    return data[6:end].decode("utf-16-le", "replace"), nodes


def described(data):
    """What a load option is called, and what it starts from."""
    text, nodes = split(data)
    seen = [which for which, _ in nodes]
    # Of a virtio disk OVMF has the PCI function and no more, and calls it a miscellaneous device.
    bare = "Hdd" if [which for which in seen if which != END][-1:] == [PCI] else "None"
    target = next((target for node, target in NODES if node in seen), bare)
    return text, "Cd" if "CD-ROM" in text else target


class LabMachine:
    """
    What FakeMachine has, of a real one that is emulated. Media, the boot order and keys are taken when the machine is switched on next.
    script: of iPXE, which the card has in its ROM, where the network has no boot files for the firmware's own PXE.
    """

    wants_file = True

    def __init__(self, machine, script=None):
        self.machine, self.script = machine, script
        self.name, self.uuid, self.serial, self.mac = machine.name, machine.uuid, machine.serial, machine.mac
        self.macs, self.gpus, self.cpus, self.memory = [machine.mac], [], machine.cpus, machine.memory
        uefi = machine.firmware == "uefi"
        self.modes = ("UEFI",) if uefi else ("Legacy",)
        self.targets = ("None", "Pxe", "Cd", "Hdd") + (("UefiHttp", "UefiBootNext") if uefi else ())
        self.drives = [(d.kind, d.serial, d.path.stat().st_size) for d in machine.disks]
        self._order, self._keys, self._store, self._restarts = None, {}, None, False

    # ---- power ----------------------------------------------------------------------------------

    def running(self):
        return self.machine.running() or self.wants_restart()

    def wants_restart(self):
        """Whether the emulator has ended because the guest restarted, not because it switched off."""
        if not self._restarts and self.machine.process is not None and not self.machine.running():
            self._restarts = any(e.get("data", {}).get("reason") == "guest-reset" for e in self.machine.last_events())
            if not self._restarts:
                self.machine.cut_power()
        return self._restarts

    def progress(self):
        if not self.running():
            return "None"
        return "Loader" if "BdsDxe: starting" in self.machine.console() else "Firmware"

    def power_on(self, way):
        if self.running():
            raise RuntimeError(f"{self.name} is switched on already")
        self.force_off()
        entry = self._prepare(way)
        start = self._starts().get(way.target)
        if start is None and not entry:
            raise RuntimeError(f"{self.name} cannot be started by {way.target}")
        if entry or way.target == "None":
            start = lambda: self._own_order(way.target)  # noqa: E731
        start()
        self.machine.command("query-status")  # QMP tells of events from now on

    def _own_order(self, target="None"):
        if self.script and target != "UefiHttp":  # HTTP boot is the firmware's own, and wants its own driver for the card
            self.machine.boot_own_order(self.script)
            return
        # Not "http": without PXE the firmware would drop its options for that.
        self.machine.boot_firmware("pxe", once=False)

    def _starts(self):
        """By QEMU's bootindex."""
        m = self.machine
        pxe = (lambda: m.boot_network(self.script)) if self.script else (lambda: m.boot_firmware("pxe"))
        return {"None": self._own_order, "Pxe": pxe, "UefiHttp": lambda: m.boot_firmware("http"),
                "Cd": m.boot_cd if m.cd else self._own_order, "Hdd": lambda: m.boot_disk(m.disks[0].serial)}

    def force_off(self):
        self._restarts = False
        self.machine.cut_power()

    def shut_down(self):
        if self.machine.running():
            self.machine.command("system_powerdown")

    def reset(self, way):
        self.force_off()
        self.power_on(way)

    def hang(self):
        self.machine.command("stop")

    # ---- the firmware's variables ------------------------------------------------------------------

    def _prepare(self, way):
        """Writes what the next boot is to find. Whether an option of the firmware's leads there."""
        if self.machine.firmware != "uefi":
            return False
        store = VarStore.read(self.machine.variables)
        for name in (OURS, "BootNext"):
            if store.get(name):
                store.remove(name)
        if self._order is not None:
            store.add("BootOrder", b"".join(struct.pack("<H", int(name[4:], 16)) for name in self._order))
            self._order = None
        for name, wanted in self._keys.items():
            self._write_keys(store, name, wanted)
        self._keys = {}
        entry = self._entry(store, way)
        if entry:
            store.add("BootNext", struct.pack("<H", int(entry[4:], 16)))
        store.write(self.machine.variables)
        return bool(entry)

    def _entry(self, store, way):
        """The option that leads where the way says; None without one."""
        if way.option:
            return way.option
        if way.target == "UefiHttp" and way.uri:
            # Without the card in front the firmware tries each of them, and PXE before HTTP.
            card = self._first(store, "UefiHttp")
            nodes = split(store.get(card).data)[1] if card else []
            path = b"".join(data for which, data in nodes if which not in (URI, END))
            store.add(OURS, varstore.option("Override of the BMC", path + varstore.uri(way.uri)))
            return OURS
        return self._first(store, way.target) if way.target in ("Pxe", "UefiHttp", "Hdd") else None

    def _first(self, store, wanted):
        return next((name for name, (_, target) in self._options(store).items() if target == wanted), None)

    @staticmethod
    def _options(store):
        """By BootOrder; options that it does not name come behind."""
        order = [f"Boot{n}" for n in store.boot_order()]
        found = {name: v.data for (name, guid), v in store.variables().items()
                 if guid == varstore.GLOBAL and len(name) == 8 and name.startswith("Boot") and len(v.data) > 6
                 and all(c in "0123456789ABCDEF" for c in name[4:])}
        return {name: described(found[name]) for name in [*dict.fromkeys(order), *sorted(set(found) - set(order))] if name in found}

    def _read(self):
        """The store; while the firmware is writing, as it was before."""
        try:
            self._store = VarStore.read(self.machine.variables)
        except varstore.Damaged:
            if self._store is None:
                raise
        return self._store

    @staticmethod
    def _write_keys(store, name, wanted):
        """As if their owner had signed it: a management controller is behind the firmware's checks."""
        guid = keys.VARIABLES[name]
        before = store.get(name, guid)
        if wanted:
            store.add(name, keys.pack(wanted), guid, keys.ATTRIBUTES, before.time if before else bytes(16))
        elif before:
            store.remove(name, guid)

    def keys(self):
        if self.machine.firmware != "uefi":
            return {name: [] for name in keys.VARIABLES}
        return {**keys.of(self._read()), **self._keys}

    def set_keys(self, changed):
        """For the next boot."""
        self._keys.update(changed)

    def boot_options(self):
        if self.machine.firmware != "uefi":
            return {}
        return {name: what for name, what in self._options(self._read()).items() if name != OURS}

    def boot_order(self):
        if self._order is not None:
            return list(self._order)
        options = self.boot_options()
        return [name for name in (f"Boot{n}" for n in self._store.boot_order()) if name in options] if options else []

    def set_boot_order(self, order):
        self._order = list(order)

    # ---- media and drives --------------------------------------------------------------------------

    def insert(self, source):
        self.machine.cd = Path(source)

    def eject(self):
        self.machine.cd = None

    def erase(self, serial):
        if self.running():
            raise RuntimeError(f"{self.name} is on, and its emulator has the drive")
        disk = next(d for d in self.machine.disks if d.serial == serial)
        size = disk.path.stat().st_size
        with open(disk.path, "r+b") as file:
            file.truncate(0)
            file.truncate(size)
