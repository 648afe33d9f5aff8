# SPDX-License-Identifier: Apache-2.0
"""OVMF's variables as they lie in the flash: EDK2's authenticated variable store (MdeModulePkg, Include/Guid/VariableFormat.h).

A firmware volume's header, a store's header, then one variable behind another. A variable is taken back by clearing bits of its state; its room is
given back when the firmware next packs the store. Reading tells what the firmware will find, without the machine's help.
"""
import struct
import uuid
from dataclasses import dataclass
from pathlib import Path

GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"
IMAGE_SECURITY = "d719b2cb-3d3a-4596-a3bc-dad00e67656f"  # db, dbx
NV_BS, NV_BS_RT = 3, 7  # attributes: non-volatile, boot services, runtime
TIME_SIGNED = 0x20      # and a change must be signed, with a later time

VOLUME = struct.Struct("<16s16sQ4sIHHHBB")   # zero vector, file system, length, "_FVH", attributes, header's length, sum, ...
STORE = struct.Struct("<16sIBBHI")           # signature, size, format, state
HEADER = struct.Struct("<HBBIQ16sIII16s")    # start, state, -, attributes, count, time, key's index, sizes of name and data, GUID

NV_DATA = uuid.UUID("fff12b8d-7696-4c8b-a985-2747075b4f50").bytes_le
AUTHENTICATED = uuid.UUID("aaf32c78-947b-439a-a180-2e144ec37792").bytes_le
FORMATTED, HEALTHY = 0x5A, 0xFE
START = 0x55AA

# States: bits are cleared one after another, 0xff is blank flash.
HEADER_VALID, ADDED = 0x7F, 0x3F
IN_TRANSITION, DELETED = 0xFE, 0xFD  # and-ed to one of those above
BLANK = 0xFFFFFFFF


class Damaged(Exception):
    """The file is no such store, or a variable in it contradicts its bounds."""


@dataclass
class Variable:
    name: str
    guid: str            # lower case
    data: bytes
    attributes: int = NV_BS_RT
    state: int = ADDED
    count: int = 0       # monotonic count, of variables that are written so
    time: bytes = bytes(16)  # EFI_TIME, of variables that are signed with one
    key_index: int = 0
    at: int = -1         # offset in the file

    @property
    def is_live(self):
        """One that was replaced and is still in transition counts only as long as there is no newer one: VarStore.variables()."""
        return self.state in (ADDED, ADDED & IN_TRANSITION)

    def pack(self):
        name = self.name.encode("utf-16-le") + b"\0\0"
        return HEADER.pack(START, self.state, 0, self.attributes, self.count, self.time, self.key_index, len(name),
                           len(self.data), uuid.UUID(self.guid).bytes_le) + name + self.data


def aligned(at):
    return (at + 3) & ~3


class VarStore:
    def __init__(self, image):
        self.image = bytearray(image)
        self.begin, self.end = self._bounds()
        self.all, self.free_at = self._walk()

    @classmethod
    def read(cls, path):
        return cls(Path(path).read_bytes())

    def write(self, path):
        Path(path).write_bytes(self.image)

    def _bounds(self):
        """Where variables may lie."""
        if len(self.image) < VOLUME.size + STORE.size:
            raise Damaged("too short")
        _, system, length, mark, _, header, _, _, _, _ = VOLUME.unpack_from(self.image)
        if system != NV_DATA or mark != b"_FVH" or length > len(self.image) or header + STORE.size > length:
            raise Damaged("no firmware volume with variables")
        if sum(struct.unpack_from(f"<{header // 2}H", self.image)) & 0xFFFF:
            raise Damaged("the volume's header has a wrong sum")
        kind, size, formatted, state, _, _ = STORE.unpack_from(self.image, header)
        if kind != AUTHENTICATED or (formatted, state) != (FORMATTED, HEALTHY) or header + size > length:
            raise Damaged("no healthy store of authenticated variables")
        return aligned(header + STORE.size), header + size

    def _walk(self):
        found, at = [], self.begin
        while at + HEADER.size <= self.end:
            start, state, _, attributes, count, time, key, name_size, data_size, guid = HEADER.unpack_from(self.image, at)
            if start != START:
                break
            body = at + HEADER.size
            if state == 0xFF or BLANK in (attributes, name_size, data_size):
                name_size = data_size = 0  # power was cut as its header was written: EDK2 goes on behind the header
            if body + name_size + data_size > self.end:
                raise Damaged(f"the variable at {at:#x} reaches beyond the store")
            name = bytes(self.image[body:body + name_size])
            found.append(Variable(name.decode("utf-16-le", "replace").rstrip("\0"), str(uuid.UUID(bytes_le=guid)),
                                  bytes(self.image[body + name_size:body + name_size + data_size]), attributes, state, count,
                                  time, key, at))
            at = aligned(body + name_size + data_size)
        if any(b != 0xFF for b in self.image[at:self.end]):
            raise Damaged(f"behind the last variable, at {at:#x}, the store is not blank")
        return found, at

    # ---- reading ---------------------------------------------------------------------------------

    def variables(self):
        """What the firmware sees: {(name, guid): Variable}."""
        seen = {}
        for variable in self.all:
            if variable.is_live and (variable.state == ADDED or (variable.name, variable.guid) not in seen):
                seen[variable.name, variable.guid] = variable
        return seen

    def get(self, name, guid=GLOBAL):
        return self.variables().get((name, guid))

    def boot_order(self):
        order = self.get("BootOrder")
        return [] if order is None else [f"{n:04X}" for n, in struct.iter_unpack("<H", order.data)]

    def room(self):
        """Bytes behind the last variable: what a running system can fill, since the firmware packs only when it starts."""
        return self.end - self.free_at

    # ---- writing, for a machine that is switched off ------------------------------------------------

    def remove(self, name, guid=GLOBAL):
        variable = self.variables().pop((name, guid))
        variable.state &= DELETED
        self.image[variable.at + 2] = variable.state

    def add(self, name, data, guid=GLOBAL, attributes=NV_BS_RT, time=bytes(16)):
        """Replaces one of the same name. time: EFI_TIME, of a variable that is signed with one."""
        if (name, guid) in self.variables():
            self.remove(name, guid)
        variable = Variable(name, guid, bytes(data), attributes, time=time, at=self.free_at)
        packed = variable.pack()
        if self.free_at + len(packed) > self.end:
            raise Damaged(f"no room for {name}: {len(packed)} bytes, {self.room()} are left")
        self.image[self.free_at:self.free_at + len(packed)] = packed
        self.all.append(variable)
        self.free_at = min(aligned(self.free_at + len(packed)), self.end)
        return variable

    def enroll(self, bundle):
        """The keys of a bundle of `remint keys enroll`, as the firmware keeps them: EFI_VARIABLE_AUTHENTICATION_2 (UEFI 2.10, 8.2.2) unwrapped."""
        for name, guid in (("db", IMAGE_SECURITY), ("KEK", GLOBAL), ("PK", GLOBAL)):
            signed = (Path(bundle) / f"{name}.auth").read_bytes()
            certificate, = struct.unpack_from("<I", signed, 16)
            self.add(name, signed[16 + certificate:], guid, NV_BS_RT | TIME_SIGNED, signed[:16])

    def fill(self, leave, guid, name="Filler{:04d}", piece=8192, attributes=NV_BS_RT):
        """Fills the store but for `leave` bytes with variables of this GUID; returns their names."""
        names, pattern = [], name
        while self.room() > leave + HEADER.size + 128:
            name = pattern.format(len(names))
            size = min(piece, self.room() - leave - HEADER.size - 2 * len(name) - 8)
            if size < 1:
                break
            self.add(name, b"\xA5" * size, guid, attributes)
            names.append(name)
        return names


# ---- boot entries: UEFI 2.10, 3.1.3 and 10.3 -------------------------------------------------------


def node(kind, subtype, data=b""):
    return struct.pack("<BBH", kind, subtype, 4 + len(data)) + data


END = node(0x7F, 0xFF)


def pci(slot, function=0):
    """PciRoot(0)/Pci(slot,function)"""
    return node(2, 1, struct.pack("<II", 0x0A0341D0, 0)) + node(1, 1, bytes([function, slot]))


def mac(address):
    return node(3, 11, bytes.fromhex(address.replace(":", "")).ljust(32, b"\0") + b"\1")


def ipv4():
    return node(3, 12, bytes(23))


def uri(text=""):
    return node(3, 24, text.encode())


def iscsi(target):
    return node(3, 19, struct.pack("<HH8sH", 0, 0, bytes(8), 1) + target.encode() + b"\0")


def partition(guid):
    return node(4, 1, struct.pack("<IQQ16sBB", 1, 2048, 65536, uuid.UUID(guid).bytes_le, 2, 2))


def file(path):
    return node(4, 4, path.encode("utf-16-le") + b"\0\0")


def vendor_media(guid):
    return node(4, 3, uuid.UUID(guid).bytes_le)


def option(description, path, data=b"", active=True):
    paths = path + END
    return struct.pack("<IH", int(active), len(paths)) + description.encode("utf-16-le") + b"\0\0" + paths + data
