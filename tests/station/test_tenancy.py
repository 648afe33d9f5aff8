# SPDX-License-Identifier: Apache-2.0
"""remint node tenancy: the machine as it was handed over, and as it came back."""
import copy
import json
import subprocess

import evidence
from fake_agent import FakeAgent
from harness import BUILD, TOP

INVENTORY = json.loads((TOP / "tests/machines/inventory-qemu.json").read_text())


def tenancy(station, *args, status=0):
    done = subprocess.run([BUILD / "remint", "node", "tenancy", "node1", *args, "--state", station.state],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == status, done
    return done


def handed_over(station, inventory, **more):
    """An order from its creation to the tenant's first boot, with this inventory as the last one."""
    order = station.add_order()
    agent = FakeAgent(station)
    agent.work(**more)
    assert agent.call("PUT", "inventory", inventory).status == 204
    assert agent.phone_home().status == 204
    return order["id"]


def came_back(station, inventory, **more):
    if station.node()["state"] == "leased":
        assert station.operate("POST", "/v1/nodes/node1/state", {"state": "returned"}).status == 200
    order = station.add_order(**more)
    agent = FakeAgent(station)
    assert agent.checkin().status == 200
    assert agent.call("PUT", "inventory", inventory).status == 204
    return agent, order["id"]


def told(station, order):
    events = station.operate("GET", f"/v1/events?order={order}").json["events"]
    return [e["text"] for e in events if e["step"] == "tenancy"]


def test_a_drive_was_exchanged(station):
    station.add_node()
    assert "no order has handed node1 over" in tenancy(station, status=1).stderr
    first = handed_over(station, INVENTORY)
    assert "has not been looked at since" in tenancy(station, status=1).stderr
    changed = copy.deepcopy(INVENTORY)
    changed["disks"][1]["name"] = "serial:ANOTHER"
    agent, second = came_back(station, changed)
    said = tenancy(station, status=3).stdout
    assert said.startswith(f"handed over by order {first}, came back to order {second}\n")
    assert said.count("required  drive serial:SATA0") == 1 and "recorded  drive serial:ANOTHER" in said
    as_json = json.loads(tenancy(station, "--json", status=3).stdout)
    assert [d["required"] for d in as_json["differences"]] == [True, False]
    assert told(station, second) == [f"since order {first}: {d['text']}" for d in as_json["differences"]]
    # What the order itself changes later is no tenant's doing.
    assert agent.call("PUT", "inventory", INVENTORY).status == 204
    assert json.loads(tenancy(station, "--json", status=3).stdout) == as_json
    assert station.operate("POST", f"/v1/orders/{second}/cancel").status == 200


def test_nothing_changed_and_what_is_no_tenancy(station):
    station.add_node()
    handed_over(station, INVENTORY)
    _, second = came_back(station, INVENTORY)
    assert tenancy(station).stdout.endswith("\nno difference\n") and not told(station, second)
    # An order that ended otherwise is followed by no tenancy: the next one has nothing to tell.
    assert station.operate("POST", f"/v1/orders/{second}/cancel").status == 200
    less = copy.deepcopy(INVENTORY)
    less["disks"].pop()
    _, third = came_back(station, less)
    assert not told(station, third)


def test_an_inventory_that_cannot_be_compared_stops_nobody(station):
    station.add_node()
    handed_over(station, {"disks": []})
    _, second = came_back(station, INVENTORY)
    assert not told(station, second)
    assert "no inventory of a machine" in tenancy(station, status=1).stderr


def test_gpus_are_compared_by_their_certificates(station):
    def gpus(*serials):
        return [evidence.gpu(f"0000:{n + 16:02x}:00.0", serial=serial) for n, serial in enumerate(serials)]

    station.add_node()
    handed_over(station, INVENTORY, gpus=gpus("S1", "S2"))
    agent, second = came_back(station, INVENTORY, image=None)
    assert f"GPUs were not compared: order {second} has no certificate" in tenancy(station).stdout
    assert agent.journal("begun").status == 204 and agent.journal("proven").status == 204
    assert agent.evidence(gpus=gpus("S1", "")).status == 400
    untold = gpus("S1", "S2")
    del untold[1]["serial"]
    assert agent.evidence(gpus=untold).status == 200
    assert "GPUs were not compared: when it came back GPU 0000:11:00.0 told no serial number" in tenancy(station).stdout
    assert agent.call("POST", "outcome", {"outcome": "erased"}).status == 204
    # Another tenancy, after which one is another: told once, though the evidence comes twice.
    first = handed_over(station, INVENTORY, gpus=gpus("S1", "S2"))
    agent, second = came_back(station, INVENTORY, image=None)
    assert agent.journal("begun").status == 204 and agent.journal("proven").status == 204
    for _ in range(2):
        assert agent.evidence(gpus=gpus("S3", "S1")).status == 200
    said = tenancy(station, status=3).stdout
    assert "required  GPU S2 (NVIDIA H100) at 0000:11:00.0 is gone" in said and "not compared" not in said
    assert "recorded  GPU S3 (NVIDIA H100) at 0000:10:00.0 was not there before" in said and "S1" not in said
    assert told(station, second) == [f"since order {first}: GPU S2 (NVIDIA H100) at 0000:11:00.0 is gone",
                                     f"since order {first}: GPU S3 (NVIDIA H100) at 0000:10:00.0 was not there before"]
