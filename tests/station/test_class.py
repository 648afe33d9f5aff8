# SPDX-License-Identifier: Apache-2.0
"""remint class: from inventories in files (tests/machines), and from the station; classes in orders, and in what becomes of them."""
import copy
import hashlib
import json
import subprocess

import evidence
import pytest
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


def put(station, document, token=None):
    return station.operate("PUT", f"/v1/classes/{document['name']}", document, token)


def digest(document):
    return hashlib.sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


LEAF = {"class": 1, "name": "leaf", "cpus": {"cores": 8}}


def test_classes_are_kept_by_name(station, tmp_path):
    path = tmp_path / "leaf.json"
    path.write_text(json.dumps(LEAF))
    state = ("--state", station.state)
    assert remint_class("put", "leaf", path, *state).stdout == f"leaf: SHA-256 {digest(LEAF)}\n"
    assert digest(LEAF) in remint_class("list", *state).stdout
    assert hashlib.sha256(remint_class("show", "leaf", "--stored", *state).stdout.encode()).hexdigest() == digest(LEAF)
    assert json.loads(remint_class("show", "leaf", *state).stdout) == LEAF
    path.write_text(json.dumps({**LEAF, "gpus": 8}))
    assert "gpus" in remint_class("put", "leaf", path, *state, status=1).stderr
    remint_class("remove", "leaf", *state)
    assert "there is no class leaf" in remint_class("show", "leaf", *state, status=1).stderr
    assert station.operate("DELETE", "/v1/classes/leaf").status == 404
    assert [(e["action"], e["result"]) for e in station.audit() if e["action"].startswith("class")][:2] == [
        ("class-put", "done"), ("class-delete", "done")]


def test_administrators_alone_write_them(station):
    operator = station.account("operator")
    assert put(station, LEAF, operator).status == 403
    assert put(station, LEAF).status == 200
    assert station.operate("DELETE", "/v1/classes/leaf", token=operator).status == 403
    assert station.operate("GET", "/v1/classes/leaf", token=operator).status == 200
    reply = station.operate("PUT", "/v1/classes/other", LEAF)
    assert reply.status == 400 and "class.name is leaf, not other" in reply.json["error"]
    assert put(station, {**LEAF, "name": "Leaf_1"}).status == 400
    reply = put(station, {**LEAF, "cpus": {"cores": "8"}})
    assert reply.status == 400 and "cores" in reply.json["error"]


GATE = evidence.gate(digest(LEAF))


def ordered(station):
    """The order with a class, its agent, and nothing but the evidence to come."""
    station.add_node()
    put(station, LEAF)
    made = station.add_order(image=None, **{"class": "leaf"})
    assert made["class"] == GATE["class"] == made["order"]["class"], "operators see which, the agent gets it whole"
    assert station.operate("DELETE", "/v1/classes/leaf").status == 204, "the order keeps its own"
    agent = FakeAgent(station)
    assert agent.checkin().status == 200
    assert agent.order["class"] == {**GATE["class"], "document": LEAF}
    assert agent.journal("begun").status == 204 and agent.journal("proven").status == 204
    return agent


def test_an_order_is_certified_with_both_comparisons(station, tmp_path):
    agent = ordered(station)
    assert agent.evidence(gate=GATE).status == 200
    told = station.operate("GET", f"/v1/orders/{agent.order['id']}/certificate").json
    assert told["gate"] == GATE
    assert "all that its class leaf requires" in told["statement"] and "recorded: 0 before, 1 after" in told["statement"]
    path = tmp_path / "c.json"
    path.write_text(json.dumps(told))
    for words in ("show", "html"):
        shown = subprocess.run([BUILD / "remint", "certificate", words, path], capture_output=True, text=True, timeout=60).stdout
        assert "network card eth2: not seen." in shown and "comparing the machine with its class" not in shown
    shown = subprocess.run([BUILD / "remint", "order", "show", agent.order["id"], "--state", station.state],
                           capture_output=True, text=True, timeout=60).stdout
    assert "class:         leaf\n" in shown


def changed(**parts):
    return {**copy.deepcopy(GATE), **parts}


@pytest.mark.parametrize("gate, says", [
    (None, "order names the class"),
    (changed(**{"class": {"name": "leaf", "sha256": "ab" * 32}}), "order names the class"),
    ({k: v for k, v in GATE.items() if k != "after"}, "after"),
    (changed(after={**GATE["after"], "differences": [{"required": True, "part": "rails", "text": "x"}]}), "required"),
    (changed(after={**GATE["after"], "differences": [{"part": "weather", "text": "x"}]}), "part"),
    (changed(after={**GATE["after"], "differences": [{"part": "rails", "text": "x" * 481}]}), "text"),
    (changed(before={**GATE["before"], "more": 1}), "more"),
    (changed(before={**GATE["before"], "at": "today"}), "at"),
], ids=range(8))
def test_evidence_without_the_order_s_comparison_is_refused(station, gate, says):
    agent = ordered(station)
    reply = agent.evidence(gate=gate)
    assert reply.status == 400 and says in reply.json["error"], reply
    assert not station.order(agent.order)["certificate"]


def test_an_order_without_a_class(station):
    station.add_node()
    reply = station.operate("POST", "/v1/orders", {"node": "node1", "image": None, "class": "leaf"})
    assert reply.status == 404 and "there is no class leaf" in reply.json["error"]
    assert station.add_order(image=None)["class"] is None, "the refused one left nothing behind"
    agent = FakeAgent(station)
    assert agent.checkin().status == 200 and "class" not in agent.order
    assert agent.journal("begun").status == 204 and agent.journal("proven").status == 204
    reply = agent.evidence(gate=GATE)
    assert reply.status == 400 and "names no class" in reply.json["error"]
    assert agent.evidence().status == 200
    assert station.operate("GET", f"/v1/orders/{agent.order['id']}/certificate").json["gate"] is None
