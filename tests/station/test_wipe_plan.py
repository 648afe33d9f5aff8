# SPDX-License-Identifier: Apache-2.0
"""remint wipe plan: from an inventory that an emulated machine has left (tests/machines), and from the station."""
import copy
import json
import subprocess

from fake_agent import FakeAgent
from harness import BUILD, TOP

INVENTORY = TOP / "tests/machines/inventory-qemu.json"
NVME, SATA, VIRTIO = "serial:NVME0", "serial:SATA0", "serial:VIRTIO0"


def plan(*args):
    return subprocess.run([BUILD / "remint", "wipe", "plan", *map(str, args)], capture_output=True, text=True, timeout=60)


def plans(*args, status=0):
    """{drive: ([methods], {method: why it is passed over})}"""
    done = plan(*args, "--json")
    assert done.returncode == status, done
    return {d["name"]: ([c["method"] for c in d["plan"]], {p["method"]: p["reason"] for p in d["passed_over"]})
            for d in json.loads(done.stdout)}


def test_from_a_file():
    found = plans("--inventory", INVENTORY, "--level", "clear")
    assert {name: methods for name, (methods, _) in found.items()} == {
        NVME: ["nvme-format-ses1", "overwrite"], SATA: ["overwrite"], VIRTIO: ["overwrite"]}
    assert "SANICAP bit 1" in found[NVME][1]["nvme-sanitize-block"]
    assert "word 59" in found[SATA][1]["ata-sanitize-block"] and found[VIRTIO][1] == {}


def test_no_drive_is_said(tmp_path):
    (tmp_path / "none.json").write_text(json.dumps({**json.loads(INVENTORY.read_text()), "disks": []}))
    assert plan("--inventory", tmp_path / "none.json").stdout == "There is no drive.\n"


def test_what_cannot_be_printed_is_a_failure():
    """Whatever the verb: a file on a full disk would look whole."""
    for words in (("wipe", "plan"), ("wipe", "plan", "--level", "clear", "--json"), ("class", "capture", "--name", "a")):
        with open("/dev/full", "w") as full:
            done = subprocess.run([BUILD / "remint", *words, "--inventory", INVENTORY], stdout=full, stderr=subprocess.PIPE, text=True,
                                  timeout=60)
        assert done.returncode in (1, 3) and done.stderr == "remint: standard output could not be written\n", done


def test_purge_is_demanded_unless_less_is_allowed():
    found = plans("--inventory", INVENTORY, status=3)
    assert all(methods == [] for methods, _ in found.values())
    assert 'demands "purge"' in found[VIRTIO][1]["overwrite"]
    text = plan("--inventory", INVENTORY)
    assert text.returncode == 3 and text.stdout.count('held: no method of the level "purge" remains') == 3


def test_a_method_can_be_forbidden():
    found = plans("--inventory", INVENTORY, "--level", "clear", "--forbid", "nvme-format-ses1")
    assert found[NVME][0] == ["overwrite"] and found[NVME][1]["nvme-format-ses1"] == "the order forbids it"
    unknown = plan("--inventory", INVENTORY, "--forbid", "format")
    assert unknown.returncode == 1 and "'format'" in unknown.stderr


def test_of_a_node(station):
    station.add_node()
    asked = ("--node", "node1", "--level", "clear", "--state", station.state)
    nothing = plan(*asked)
    assert nothing.returncode == 1 and "no inventory of node1 yet" in nothing.stderr
    station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.call("PUT", "inventory", json.loads(INVENTORY.read_text())).status == 204
    assert plans(*asked) == plans("--inventory", INVENTORY, "--level", "clear")


def test_an_inventory_that_is_none(tmp_path):
    good = json.loads(INVENTORY.read_text())
    wrong = {"no list": {"disks": {}}, "no size": copy.deepcopy(good), "capabilities": copy.deepcopy(good), "transport": copy.deepcopy(good)}
    del wrong["no size"]["disks"][0]["size"]
    wrong["capabilities"]["disks"][0]["capabilities"] = {"nvme": {}, "opal": None}
    wrong["transport"]["disks"][0]["transport"] = "string"
    for what, inventory in wrong.items():
        path = tmp_path / "inventory.json"
        path.write_text(json.dumps(inventory))
        done = plan("--inventory", path)
        assert done.returncode == 1 and str(path) in done.stderr, (what, done)
