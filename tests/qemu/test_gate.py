# SPDX-License-Identifier: Apache-2.0
"""The gate: a machine that is not as its class says is held in words, with its disks as they were; the right one passes both comparisons."""
import json

from conftest import MIB
from lab import former
from lab.provision import ENDED

# What the machine below is not: each part of it differs once.
WANTED = {"class": 1, "name": "better", "system": {"product": "another", "required": False},
          "memory": [{"locator": "DIMM 0", "size": 1024 * MIB}],
          "drives": [{"model": "QEMU NVMe Ctrl", "size": 64 * MIB, "count": 2}, {"model": "virtio", "count": 1}],
          "nics": [{"driver": "virtio_net", "count": 2}],
          "pci": [{"what": "card on the riser", "vendor": "1af4", "device": "1042", "count": 1, "width": 16}]}
SAID = ("memory DIMM 0: 512 MiB, expected 1024 MiB",
        f'drives: 1 of model "QEMU NVMe Ctrl" with {64 * MIB} bytes, expected 2',
        "network cards of driver virtio_net: 1, expected 2",
        "card on the riser (1af4:1042) at ", " x1, expected ")


def riser(rack, mark):
    """A drive behind a root port, so that there is a link to look at: as emulated, of one lane."""
    path = rack.file(8 * MIB, mark)
    return path, ["-device", "pcie-root-port,id=riser,chassis=9", "-drive", f"if=none,id=card,format=raw,cache=unsafe,file={path}",
                  "-device", "virtio-blk-pci,drive=card,serial=RISER,bus=riser"]


def put(rack, document):
    rack.station.call("PUT", f"/v1/classes/{document['name']}", document)
    return document["name"]


def test_what_differs_is_held_and_the_right_one_passes(rack):
    mark = former.marker()
    disk = rack.disk(64, "nvme", mark)
    card, more = riser(rack, mark)
    machine = rack.machine(disk, more=more)
    before = [path.read_bytes() for path in (disk.path, card)]
    order = rack.order(machine, "tiny", **{"class": put(rack, WANTED)})
    outcome = rack.run(machine, order)
    assert outcome.state == "held" and outcome.step == "gate", (outcome.why, outcome.tail)
    assert outcome.why.startswith("the machine is not as its class better requires: ")
    notes = [e["text"] for e in rack.station.events(order) if e["kind"] == "note" and e["step"] == "gate"]
    for words in SAID:
        assert words in outcome.why, outcome.why
        assert any(words in text and text.startswith("required: ") for text in notes), notes
    assert 'recorded: system product: "lab", expected "another"' in notes
    assert [path.read_bytes() for path in (disk.path, card)] == before, "a disk was written to"

    # The same machine against what was captured of it: all that is required is there.
    right = json.loads(rack.station.remint("class", "capture", machine.name, "--name", "right"))
    assert right["memory"] == [{"locator": "DIMM 0", "size": 512 * MIB}]
    right["system"] = WANTED["system"]
    order = rack.order(machine, "tiny", **{"class": put(rack, right)})
    outcome = rack.run(machine, order, until_states=("handed-over", *ENDED))
    assert outcome.state == "handed-over", (outcome.why, outcome.tail)
    certificate = rack.certificate(order, machine)
    gate = certificate["gate"]
    assert gate["class"] == rack.station.order(order)["class"] and gate["class"]["name"] == "right"
    for comparison in gate["before"], gate["after"]:
        assert [d["text"] for d in comparison["differences"]] == ['system product: "lab", expected "another"']
    assert gate["before"]["at"] <= certificate["drives"][0]["begun"] <= gate["after"]["at"]
    assert [(s["name"], s["phase"]) for s in certificate["steps"] if s["name"].startswith("gate")] == [
        ("gate", "check"), ("gate-after", "prove")]
    assert former.bytes_found(disk.path, mark) == former.bytes_found(card, mark) == 0
