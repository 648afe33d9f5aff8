# SPDX-License-Identifier: Apache-2.0
"""Writes a GPT, both copies, for any sector size (UEFI 2.10, section 5.3).

sfdisk knows only 512-byte sectors for a file, and the tests need 4096 as well.
"""
import struct
import uuid
import zlib
from dataclasses import dataclass

ESP = uuid.UUID("c12a7328-f81f-11d2-ba4b-00a0c93ec93b")
LINUX_ROOT = uuid.UUID("4f68bce3-e8cd-4db1-96e7-fbcaf984b709")
LINUX_DATA = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4")
LEGACY_BOOT = 1 << 2
ENTRIES, ENTRY_SIZE = 128, 128


@dataclass
class Partition:
    kind: uuid.UUID
    start: int        # bytes
    size: int         # bytes
    name: str
    guid: uuid.UUID
    attributes: int = 0

    def entry(self, block):
        first, last = self.start // block, (self.start + self.size) // block - 1
        return struct.pack("<16s16sQQQ72s", self.kind.bytes_le, self.guid.bytes_le, first, last, self.attributes,
                           self.name.encode("utf-16-le"))


def header(block, blocks, disk, table, here, other, entries_at):
    table_blocks = -(-ENTRIES * ENTRY_SIZE // block)
    first, last = 2 + table_blocks, blocks - 2 - table_blocks
    fields = [b"EFI PART", 0x10000, 92, 0, 0, here, other, first, last, disk.bytes_le, entries_at, ENTRIES, ENTRY_SIZE,
              zlib.crc32(table)]
    fields[3] = zlib.crc32(struct.pack("<8sIIIIQQQQ16sQIII", *fields))
    return struct.pack("<8sIIIIQQQQ16sQIII", *fields)


def write(file, size, partitions, block=512, disk=None, boot_code=b""):
    """Protective MBR (with boot_code in its first 440 bytes), primary and backup GPT into an open file of `size` bytes."""
    disk, blocks = disk or uuid.uuid4(), size // block
    table = b"".join(p.entry(block) for p in partitions).ljust(ENTRIES * ENTRY_SIZE, b"\0")
    backup_table = blocks - 1 - len(table) // block
    protective = struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff\xff\xff", 1, min(blocks - 1, 0xFFFFFFFF))
    mbr = boot_code[:440].ljust(446, b"\0") + protective.ljust(64, b"\0") + b"\x55\xaa"
    for at, data in ((0, mbr), (block, header(block, blocks, disk, table, 1, blocks - 1, 2)), (2 * block, table),
                     (backup_table * block, table),
                     ((blocks - 1) * block, header(block, blocks, disk, table, blocks - 1, 1, backup_table))):
        file.seek(at)
        file.write(data)
