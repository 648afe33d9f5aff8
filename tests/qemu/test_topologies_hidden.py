# SPDX-License-Identifier: Apache-2.0
"""Media that the machine has and that a look at the kernel's disks does not show, or that cannot be erased as others are."""
from conftest import MIB, head_is_zero
from lab import former, nvme
from lab.provision import ENDED

SIZE = 8 * MIB


def test_a_detached_namespace_is_erased_too(rack):
    mark = former.marker()
    root, attached, detached = rack.disk(64, "virtio", mark), rack.file(SIZE, mark), rack.file(SIZE, mark)
    more = nvme.subsystem("pair") + nvme.controller("drive", "DETACHED", "pair")
    more += nvme.namespace("drive", 1, attached) + nvme.namespace("drive", 2, detached, detached="on")
    machine = rack.machine(root, more=more)
    order = rack.order(machine, "tiny")
    outcome = rack.run(machine, order, until_states=("handed-over", *ENDED))
    assert outcome.state == "handed-over", (outcome.why, outcome.tail)
    assert former.bytes_found(attached, mark) == 0 and former.bytes_found(detached, mark) == 0
    names = sorted(d["name"] for d in rack.certificate(order, machine)["drives"])
    assert names == ["serial:DETACHED", "serial:DETACHED-ns2", f"serial:{root.serial}"]


def test_a_zoned_drive_holds_the_machine(rack):
    """An order for all drives does not pass over one that it cannot erase; nothing has been touched when it says so."""
    mark = former.marker()
    root, zoned = rack.disk(64, "virtio", mark), rack.file(SIZE, mark)
    more = nvme.controller("drive", "ZONED")
    more += nvme.namespace("drive", 1, zoned, zoned="on", **{"zoned.zone_size": 2 * MIB})
    machine = rack.machine(root, more=more)
    outcome = rack.run(machine, rack.order(machine, "tiny"), until_states=("handed-over", *ENDED))
    assert outcome.state == "held"
    assert "ZONED" in outcome.why and "zoned" in outcome.why, outcome.why
    assert not head_is_zero(root), "drives were erased before it was found"
