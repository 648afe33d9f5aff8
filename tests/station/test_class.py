# SPDX-License-Identifier: Apache-2.0
"""remint class: from inventories in files (tests/machines), and from the station."""
import copy
import json
import subprocess

from fake_agent import FakeAgent
from harness import BUILD, TOP

INVENTORY = TOP / "tests/machines/inventory-qemu.json"


def remint_class(*args, status=0):
    done = subprocess.run([BUILD / "remint", "class", *map(str, args)], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done
    return done


def test_capture_and_diff(tmp_path):
    kind, worse = tmp_path / "class.json", tmp_path / "worse.json"
    remint_class("capture", "--inventory", INVENTORY, "--name", "qemu", "-o", kind)
    assert json.loads(kind.read_text())["name"] == "qemu"
    assert remint_class("diff", "--inventory", INVENTORY, "--class", kind).stdout == "no difference\n"
    inventory = json.loads(INVENTORY.read_text())
    inventory["disks"].pop()
    inventory["smbios"]["memory"][0]["size"] //= 2
    worse.write_text(json.dumps({"inventory": inventory}))
    for against in ("--class", kind), ("--before", INVENTORY):
        said = remint_class("diff", "--inventory", worse, *against, status=3).stdout
        assert said.count("required  ") == 2 and "drives: 0 of model" in said and " MiB, expected " in said
    loose = json.loads(kind.read_text())
    for entry in [*loose["drives"], *loose["memory"]]:
        entry["required"] = False
    kind.write_text(json.dumps(loose))
    found = json.loads(remint_class("diff", "--inventory", worse, "--class", kind, "--json").stdout)
    assert [d["required"] for d in found] == [False, False]


def test_of_a_node(station, tmp_path):
    station.add_node()
    nothing = remint_class("capture", "node1", "--state", station.state, status=1)
    assert "no inventory of node1 yet" in nothing.stderr
    station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    inventory = json.loads(INVENTORY.read_text())
    assert agent.call("PUT", "inventory", inventory).status == 204
    kind = tmp_path / "class.json"
    kind.write_text(remint_class("capture", "node1", "--state", station.state).stdout)
    assert json.loads(kind.read_text())["name"] == "node1"
    assert remint_class("diff", "node1", "--class", kind, "--state", station.state).stdout == "no difference\n"
    other = copy.deepcopy(inventory)
    other["cpus"]["model"] = "Another CPU"
    assert agent.call("PUT", "inventory", other).status == 204
    said = remint_class("diff", "node1", "--class", kind, "--state", station.state, status=3).stdout
    assert said.startswith('required  cpus model: "Another CPU", expected ')


def test_what_is_misused(tmp_path):
    bad = tmp_path / "bad.json"
    bad.write_text('{"class": 1, "name": "x", "gpus": 8}')
    for args, says in ((("capture",), "name a node"), (("diff", "n", "--class", bad, "--before", bad), "one of --class and --before"),
                       (("diff", "--inventory", INVENTORY, "--class", bad), "gpus"),
                       (("capture", "--inventory", bad), "no inventory of a machine")):
        assert says in remint_class(*args, status=1).stderr
