# SPDX-License-Identifier: Apache-2.0
"""The whole job through real firmware: network boot, former tenant gone, new tenant up."""
import pytest
from conftest import BIG_MIB, SECONDS, head_is_zero
from lab import former
from lab.provision import boot
from lab.station import Refused


def test_uefi_from_the_network_to_live(rack):
    """Two disks full of data, an image larger than the memory, UEFI and iPXE; then the node is the tenant's."""
    mark = former.marker()
    nvme = rack.disk(BIG_MIB + 128, "nvme", mark)
    scsi = rack.disk(128, "scsi", mark, discard=False)
    assert former.bytes_found(nvme.path, mark) > BIG_MIB * 40 and former.bytes_found(scsi.path, mark) > 64 * 40
    machine = rack.machine(nvme, scsi, firmware="uefi")
    order = rack.order(machine, rack.big_image())
    outcome = rack.run(machine, order, direct=False)
    assert (outcome.state, outcome.why) == ("live", "")
    assert former.bytes_found(nvme.path, mark) == 0 and former.bytes_found(scsi.path, mark) == 0
    assert "loading Boot" in machine.console() and '"remint big 1"' in machine.console()
    assert f"tenant: name {machine.name}" in machine.console()

    certificate = rack.certificate(order, machine)
    assert {d["serial"] for d in certificate["drives"]} == {nvme.serial, scsi.serial}

    # Now it is the tenant's: nobody erases it before it has been returned.
    with pytest.raises(Refused) as refused:
        rack.order(machine, "big")
    assert refused.value.status == 409 and "leased" in str(refused.value)
    rack.station.call("POST", f"/v1/nodes/{machine.name}/state", {"state": "returned"})
    again = rack.order(machine, "big")
    rack.station.call("POST", f"/v1/orders/{again}/cancel")


def test_bios_from_the_network_to_live(rack):
    mark = former.marker()
    disk = rack.disk(192, "virtio", mark, discard=False)
    machine = rack.machine(disk, firmware="bios")
    outcome = rack.run(machine, rack.order(machine, "tiny"), direct=False)
    assert (outcome.state, outcome.why) == ("live", "")
    assert former.bytes_found(disk.path, mark) == 0


def test_sata_disk(rack):
    mark = former.marker()
    disk = rack.disk(192, "sata", mark)
    machine = rack.machine(disk)
    outcome = rack.run(machine, rack.order(machine, "tiny"))
    assert (outcome.state, outcome.why) == ("live", "")
    assert former.bytes_found(disk.path, mark) == 0


def test_erase_only(rack):
    """No image: the machine is erased, certified, and switches itself off; the node can be ordered again."""
    mark = former.marker()
    nvme, sata = rack.disk(128, "nvme", mark), rack.disk(96, "sata", mark)
    machine = rack.machine(nvme, sata)
    order = rack.station.create_order(machine.name, None)
    boot(rack.station, machine, "pending", direct=True)
    machine.wait_off(SECONDS)
    assert "Power down" in machine.console()
    assert rack.station.order(order)["state"] == "erased"
    assert rack.station.call("GET", f"/v1/nodes/{machine.name}")["state"] == "available"
    for disk in (nvme, sata):
        assert former.bytes_found(disk.path, mark) == 0 and head_is_zero(disk)
    certificate = rack.certificate(order, machine)
    assert certificate["image"] is None and certificate["root_disks"] == []
    assert {d["serial"]: d["claim"] for d in certificate["drives"]} == {nvme.serial: "read back", sata.serial: "read back"}
    assert {s["name"]: s["outcome"] for s in certificate["steps"]}["write"] == "skipped"
