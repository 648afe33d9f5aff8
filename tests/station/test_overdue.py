# SPDX-License-Identifier: Apache-2.0
"""A machine that was given the boot image and does not come: its order is held, with that reason."""
import sqlite3
import time

import pytest
from fake_agent import NOW, FakeAgent
from harness import PATIENCE, Station

LIMIT = 2  # seconds


@pytest.fixture
def station(tmp_path):
    s = Station(tmp_path)
    s.options = ("--checkin-within", str(LIMIT))
    s.start()
    s.add_image()
    s.add_node()
    yield s
    s.stop()


def ended(station, order):
    end = time.monotonic() + PATIENCE
    while (now := station.order(order))["state"] in ("pending", "running"):
        assert time.monotonic() < end
        time.sleep(0.1)
    return now


def test_the_image_went_out_and_nobody_came(station):
    order = station.add_order()
    time.sleep(LIMIT + 1)
    assert station.order(order)["state"] == "pending", "nobody has asked for anything"
    agent = FakeAgent(station)
    hint = agent.hint()
    held = ended(station, order)
    assert held["state"] == "held" and "no agent has checked in" in held["reason"] and "Secure Boot keys" in held["reason"]
    assert station.node()["state"] == "held" and station.node()["order"] is None
    assert [e["object"] for e in station.audit() if (e["action"], e["account"]) == ("order-hold", "station")] == [order["id"]]
    assert agent.checkin(hint).status == 200 and not agent.order, "it has come too late"


def test_an_agent_that_is_at_work_is_left_alone(station):
    order = station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    for _ in range(3):
        agent.script()  # whoever asked in its name
        time.sleep(LIMIT / 2)
        assert agent.events({**agent.event("progress", "destroy", "wipe"), "done": 1, "total": 2}).status == 200
    time.sleep(LIMIT + 1)
    assert station.order(order)["state"] == "running", "its image did not go out again"


def test_a_reset_in_the_middle_after_which_nobody_comes(station):
    order = station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.events(agent.event("step-begun", "destroy", "secure-boot")).status == 200
    agent.hint_without_script()
    held = ended(station, order)
    assert (held["state"], held["step"]) == ("held", "secure-boot")
    assert agent.journal().status == 409


def test_the_time_by_which_an_order_is_to_begin(station):
    for bad in (0, 59, 7776001, "60"):
        assert station.operate("POST", "/v1/orders", {"node": "node1", "image": "debian-12", "begin_within": bad}).status == 400
    order = station.add_order(begin_within=60)
    assert order["begin_by"] > order["created"]
    station.stop()
    store = sqlite3.connect(station.state / "station.db")
    store.execute("UPDATE orders SET begin_by = begin_by - 61")
    store.commit()
    store.close()
    station.start()
    held = ended(station, order)
    assert held["state"] == "held" and f"was to begin by {held['begin_by']}" in held["reason"] and NOW < held["begin_by"]


def test_an_order_that_began_in_time(station):
    order = station.add_order(begin_within=60)
    FakeAgent(station).checkin()
    station.stop()
    store = sqlite3.connect(station.state / "station.db")
    store.execute("UPDATE orders SET begin_by = begin_by - 61")
    store.commit()
    store.close()
    station.start()
    time.sleep(LIMIT + 1)
    assert station.order(order)["state"] == "running"
