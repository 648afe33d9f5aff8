# SPDX-License-Identifier: Apache-2.0
"""Keys of Secure Boot as firmware keeps them: lists of signatures (UEFI 2.10, 32.4.1), and those that come from the factory."""
import functools
import hashlib
import struct
import uuid
from dataclasses import dataclass

from ..machine import OVMF
from ..varstore import GLOBAL, IMAGE_SECURITY, VarStore

X509, SHA256 = "a5c059a1-94e4-4aa7-87b5-ab155c2bf072", "c1c41626-504c-4092-aca9-41f936934328"
VARIABLES = {"PK": GLOBAL, "KEK": GLOBAL, "db": IMAGE_SECURITY, "dbx": IMAGE_SECURITY}
ATTRIBUTES = 0x27  # of these variables: non-volatile, boot services, runtime, signed with a time
LIST = struct.Struct("<16sIII")  # type, size of the list, of its header, of a signature with its owner


@dataclass(frozen=True)
class Key:
    kind: str    # X509 or SHA256; others are kept as they are
    owner: str   # a GUID
    data: bytes  # a certificate, DER, or a digest

    @property
    def name(self):
        return hashlib.sha256(self.kind.encode() + self.owner.encode() + self.data).hexdigest()[:12]


def parse(data):
    """The keys of a variable. What does not keep its own bounds ends it."""
    found, at = [], 0
    while at + LIST.size <= len(data):
        kind, size, header, each = LIST.unpack_from(data, at)
        end = at + size
        if size < LIST.size + header or each < 17 or end > len(data):
            break
        for begin in range(at + LIST.size + header, end - each + 1, each):
            found.append(Key(str(uuid.UUID(bytes_le=kind)), str(uuid.UUID(bytes_le=data[begin:begin + 16])), data[begin + 16:begin + each]))
        at = end
    return found


def pack(keys):
    """A list for each key."""
    return b"".join(LIST.pack(uuid.UUID(k.kind).bytes_le, LIST.size + 16 + len(k.data), 0, 16 + len(k.data)) +
                    uuid.UUID(k.owner).bytes_le + k.data for k in keys)


def of(store):
    """name -> keys, of a firmware's variables."""
    found = {name: store.get(name, guid) for name, guid in VARIABLES.items()}
    return {name: parse(variable.data) if variable else [] for name, variable in found.items()}


@functools.cache
def factory():
    """What Debian's OVMF comes with: a platform key, and the keys that most machines have."""
    return of(VarStore.read(OVMF / "OVMF_VARS_4M.ms.fd"))
