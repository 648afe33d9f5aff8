# SPDX-License-Identifier: Apache-2.0
"""What must not be done is refused, and when: before anything is destroyed, or with a disk that does not boot."""
import json

import pytest
from conftest import head_is_zero
from lab import former
from lab.machine import Machine
from lab.tenant import tiny
from lab.wait import Late


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def tamper_manifest(rack, image):
    manifest = image / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"version":"1"', '"version":"2"'))


def tamper_index(rack, image):
    flip(image / "index.bin", 200)


def tamper_signature(rack, image):
    flip(image / "manifest.json.p7s", -8)


def foreign_signer(rack, image):
    other = rack.folder / "other-pki"
    rack.station.remint("keys", "make", "--ca-dir", other, "--name", "somebody else")
    rack.station.sign(image, other)


TAMPERINGS = [(tamper_manifest, "manifest"), (tamper_index, "index"), (tamper_signature, "manifest"),
              (foreign_signer, "manifest")]


@pytest.mark.parametrize("tamper, named", TAMPERINGS, ids=lambda v: getattr(v, "__name__", None))
def test_tampered_image_is_refused_before_the_wipe(rack, tamper, named):
    image = rack.copy_of(tamper.__name__.replace("_", "-"))
    tamper(rack, image)
    refused_before_the_wipe(rack, image.name, 64, named)


def refused_before_the_wipe(rack, image, disk_mib, *words):
    mark = former.marker()
    disk = rack.disk(disk_mib, "nvme", mark)
    before, first = former.bytes_found(disk.path, mark), disk.path.read_bytes()[:34 * 512]
    machine = rack.machine(disk)
    outcome = rack.run(machine, rack.order(machine, image))
    assert outcome.state == "held"
    for word in words:
        assert word in outcome.why, outcome.why
    assert former.bytes_found(disk.path, mark) == before, "the former state has been touched"
    assert disk.path.read_bytes()[:34 * 512] == first


def test_disk_too_small(rack):
    refused_before_the_wipe(rack, rack.big_image(), 64, "the image needs")


def test_image_for_4096_byte_sectors_on_a_512_byte_disk(rack):
    disk = tiny.build(rack.folder / "tiny4096.raw", rack.kernel, block=4096)
    rack.station.pack(disk, "tiny4096", 1, "--logical-block-size", 4096, "--firmware", "uefi,bios")
    refused_before_the_wipe(rack, "tiny4096", 64, "4096", "512")


def test_tampered_payload_is_held_and_does_not_boot(rack):
    image = rack.copy_of("tampered-payload")
    # The second chunk with data: its frame begins where the index says (images/index_spec.h: 64 bytes, then 80 a chunk).
    index = (image / "index.bin").read_bytes()
    offset, length = int.from_bytes(index[64 + 80:64 + 88], "little"), int.from_bytes(index[64 + 88:64 + 92], "little")
    flip(image / json.loads((image / "manifest.json").read_text())["payload"]["file"], offset + length // 2)
    mark = former.marker()
    disk = rack.disk(320, "nvme", mark)
    machine = rack.machine(disk, firmware="uefi")
    outcome = rack.run(machine, rack.order(machine, image.name))
    assert outcome.state == "held"
    assert "chunk 1:" in outcome.why and "SHA-256" in outcome.why, outcome.why
    assert former.bytes_found(disk.path, mark) == 0
    assert head_is_zero(disk)
    # And to be sure: the same disk in firmware that knows nothing of all this.
    other = Machine("other", rack.folder / "other", [disk], memory=512, firmware="uefi", accel=rack.accel)
    rack.machines.append(other)
    other.boot_disk()
    other.wait_console(r"UEFI Interactive Shell|No bootable option|failed to load Boot|Not Found", 120)
    with pytest.raises(Late):
        other.wait_console("tenant:", 5)
