# SPDX-License-Identifier: Apache-2.0
"""An order's part for network cards, and the evidence of what they were set to."""
import json
import subprocess

import evidence
import pytest
from fake_agent import FakeAgent
from harness import BUILD

WISH = [{"match": {"driver": "mlx5_core"}, "sriov": 4, "config": {"SRIOV_EN": "True(1)"}, "devlink": None,
         "firmware": {"versions": ["22.35.1012"], "flash": {"file": "mellanox/fw.bin", "version": "22.35.1012"}}},
        {"match": {"pci": "0000:5e:00.0"}, "required": False, "devlink": {"enable_sriov": True}}]
SET = evidence.nics()


def ordered(station, tmp_path):
    """By the command line: the file is the array."""
    station.add_node()
    wish = tmp_path / "nic.json"
    wish.write_text(json.dumps(WISH))
    subprocess.run([BUILD / "remint", "order", "create", "node1", "--erase-only", "--nic", wish, "--state", station.state],
                   check=True, capture_output=True, timeout=60)
    agent = FakeAgent(station)
    assert agent.checkin().status == 200 and agent.order["nic"] == WISH
    assert agent.journal("begun").status == 204 and agent.journal("proven").status == 204
    return agent


def test_what_the_cards_said_is_certified(station, tmp_path):
    agent = ordered(station, tmp_path)
    reply = agent.evidence(image=None, root_disks=[], nics=SET)
    assert reply.status == 200, reply
    told = station.operate("GET", f"/v1/orders/{agent.order['id']}/certificate").json
    assert told["nics"] == SET and "Cards given other firmware: 1. Not done: 1." in told["statement"]
    path = tmp_path / "c.json"
    path.write_text(json.dumps(told))
    for words in ("show", "html"):
        shown = subprocess.run([BUILD / "remint", "certificate", words, path], capture_output=True, text=True, timeout=60).stdout
        for sentence in ("SRIOV_EN (by mstconfig) was False(0), and is True(1)", "in place of 22.31.1014; 22.35.1012 runs",
                         "4 virtual functions could be made, of 8; 0 are left", "this machine has no network card at 0000:5e:00.0"):
            assert sentence in shown, (words, sentence)


@pytest.mark.parametrize("nics, says", [
    (None, "nothing is said of the order's nic[0]"),
    (SET[:1], "nothing is said of the order's nic[1]"),
    ([*SET, {**SET[1], "entry": 2}], "the order has no entry 2"),
    ([{**SET[0], "not_done": SET[1]["not_done"]}, SET[1]], "that the order requires"),
    ([{**SET[0], "sriov": {**SET[0]["sriov"], "lasts": True}}, SET[1]], "lasts"),
    ([{**SET[0], "settings": [{**SET[0]["settings"][0], "by": "hand"}]}, SET[1]], "by"),
    ([{**SET[0], "settings": []}, SET[1]], "SRIOV_EN was neither brought about"),
    ([{**SET[0], "required": False}, SET[1]], "required is not what the order's nic[0] says"),
], ids=range(8))
def test_evidence_that_does_not_answer_the_order_is_refused(station, tmp_path, nics, says):
    agent = ordered(station, tmp_path)
    reply = agent.evidence(image=None, root_disks=[], nics=nics)
    assert reply.status == 400 and says in reply.json["error"], reply


def test_a_wish_that_no_agent_would_understand_is_refused(station):
    station.add_node()
    for nic, says in (([{"match": {}}], "names nothing"), ([{"match": {"driver": "ice"}, "mtu": 9000}], "mtu"), ({}, "order.nic")):
        reply = station.operate("POST", "/v1/orders", {"node": "node1", "image": None, "nic": nic})
        assert reply.status == 400 and says in reply.json["error"], reply
