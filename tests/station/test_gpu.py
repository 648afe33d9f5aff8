# SPDX-License-Identifier: Apache-2.0
"""What an order says of GPUs, from the command line to the agent; and what an agent says of them, to the certificate in words."""
import json
import subprocess

import evidence
import pytest
from fake_agent import FakeAgent
from harness import BUILD

WISH = {"reset": "must", "scrub": "try",
        "settings": {"persistence": "on", "ecc": "default", "mig": "on", "profiles": ["1g.10gb"], "compute_mode": "default",
                     "clocks": {"graphics": 1755}}}


def remint(*args, status=0):
    done = subprocess.run([BUILD / "remint", *map(str, args)], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done
    return done


def agent_of(station):
    agent = FakeAgent(station)
    assert agent.checkin().status == 200
    return agent


def test_a_wish_comes_to_the_agent(station, tmp_path):
    station.add_node()
    path = tmp_path / "gpu.json"
    path.write_text(json.dumps(WISH))
    made = json.loads(remint("order", "create", "node1", "--erase-only", "--gpu", path, "--json", "--state", station.state).stdout)
    assert made["order"]["gpu"] == WISH
    assert agent_of(station).order["gpu"] == WISH


def test_without_a_wish_older_agents_take_the_order(station):
    station.add_node()
    assert "gpu" not in station.add_order(image=None)["order"]
    assert "gpu" not in agent_of(station).order


@pytest.mark.parametrize("gpu, says", [({"reset": "perhaps"}, "order.gpu.reset"), ("leave", "gpu"),
                                       ({"settings": {"profiles": ["1g.10gb"]}}, "mig")], ids=range(3))
def test_a_wish_that_makes_no_sense_is_refused(station, tmp_path, gpu, says):
    station.add_node()
    path = tmp_path / "gpu.json"
    path.write_text(json.dumps(gpu) if isinstance(gpu, dict) else json.dumps([gpu]))
    args = ("order", "create", "node1", "--erase-only", "--gpu", path, "--state", station.state)
    assert says in remint(*args, status=1).stderr


def test_what_must_be_done_is_not_taken_undone(station):
    station.add_node()
    station.add_order(image=None, gpu={"reset": "must"})
    agent = agent_of(station)
    assert agent.journal("begun").status == 204 and agent.journal("proven").status == 204
    for gpus in (None, [evidence.gpu(reset={"not_done": "no driver"})]):
        reply = agent.evidence(gpus=gpus)
        assert reply.status == 400 and "the order demands" in reply.json["error"]
    assert agent.evidence(gpus=[evidence.gpu()]).status == 200


def test_the_certificate_has_them(station, tmp_path):
    station.add_node()
    station.add_order(image=None)
    agent = agent_of(station)
    assert agent.journal("begun").status == 204 and agent.journal("proven").status == 204
    idle = {"reset": {"not_done": "no driver"}, "scrub": {"not_done": "no driver"}, "set": []}
    gpus = [evidence.gpu(), evidence.gpu("0000:2a:00.0", backend=None, faults=[{"what": "xid", "text": "it fell off"}], **idle)]
    refused = agent.evidence(gpus=[evidence.gpu(scrub={"by": "reset"}, reset=idle["reset"])])
    assert refused.status == 400 and "memory scrub" in refused.json["error"]
    assert agent.evidence(gpus=gpus).status == 200
    told = station.operate("GET", f"/v1/orders/{agent.order['id']}/certificate").json
    assert told["gpus"] == gpus
    assert "GPUs: 2. Reset: 1. Memory overwritten and read back: 1, at least 99.0 % of each." in told["statement"]
    path = tmp_path / "c.json"
    path.write_text(json.dumps(told))
    for words in ("show", "html"):
        shown = remint("certificate", words, path).stdout
        assert "serial number 1650123" in shown and "it fell off" in shown and "resetting the GPU" in shown
