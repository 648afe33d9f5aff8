# SPDX-License-Identifier: Apache-2.0
"""Hints, leases and the journal: two agents, lost answers, restarts."""
import os
import sqlite3

from fake_agent import FakeAgent
from harness import identity_of


def test_of_two_agents_only_the_newer_one_acts(station):
    station.add_node()
    station.add_order()
    old, new = FakeAgent(station), FakeAgent(station)
    old.checkin()
    new.checkin()
    for reply in (old.journal(), old.events(old.event("step-begun", "destroy", "wipe")), old.evidence(),
                  old.call("PUT", "log", "x"), old.call("PUT", "inventory", {}),
                  old.call("POST", "outcome", {"outcome": "held", "step": "x", "reason": "y"})):
        assert reply.status == 409 and "revoked" in reply.json["error"]
    assert new.journal().status == 204
    new.lease = "B" * 43
    assert new.journal().status == 401


def test_a_hint_is_good_once(station):
    station.add_node()
    agent = FakeAgent(station)
    station.add_order()
    hint, nonce = agent.hint(), os.urandom(16).hex()
    assert agent.checkin(hint, nonce).status == 200
    first = agent.lease
    assert agent.checkin(hint).status == 401
    # The answer was lost: the same check-in again gives a new lease in place of the other.
    assert agent.checkin(hint, nonce).status == 200
    assert agent.lease != first
    assert station.call("PUT", "/v1/agent/log", "x", first).status == 409


def test_another_machine_with_the_hint_is_refused_and_written_down(station):
    station.add_node()
    station.add_order()
    agent = FakeAgent(station)
    hint = agent.hint()
    reply = agent.checkin(hint, identity=identity_of(2))
    assert reply.status == 403
    assert any(e["action"] == "check-in" and e["object"] == "node1" and "refused" in e["result"] for e in station.audit())
    assert agent.checkin(hint).status == 401, "the hint is spent"


def test_an_agent_that_no_script_has_started_asks_for_its_hint(station):
    station.add_node()
    agent = FakeAgent(station)
    assert agent.hint_without_script() is None, "as the script: a node without order starts from its disk"
    station.add_order()
    assert agent.checkin(agent.hint_without_script()).status == 200 and agent.order
    # Another machine's hint is for no node, and so is one for a machine that only looks like the node.
    stranger = FakeAgent(station, 9)
    assert stranger.checkin(stranger.hint_without_script()).status == 200 and not stranger.order
    mixed = {**agent.identity, "serial": "ANOTHER"}
    assert agent.checkin(agent.hint_without_script(mixed), identity=mixed).json["node"] is None
    assert agent.checkin(agent.hint_without_script(mixed)).json["order"] is None


def test_a_hint_belongs_to_the_node_of_the_script(station):
    """A machine that claims to be unknown gets no order, though it is a node with one."""
    station.add_node()
    station.add_order()
    agent = FakeAgent(station)
    assert agent.checkin(agent.hint(uuid="", serial="", mac="52:54:00:99:99:99")).status == 200
    assert agent.order is None


def test_a_stranger_cannot_fill_the_store_with_hints(station):
    station.add_node()
    station.add_order()
    agent = FakeAgent(station)
    first = agent.hint()
    for _ in range(20):
        agent.hint()
        FakeAgent(station, 9).hint()
    assert agent.checkin(first).status == 401, "only the newest few are kept"
    for _ in range(300):
        FakeAgent(station, 9).hint()
    with sqlite3.connect(f"file:{station.state}/station.db?mode=ro", uri=True) as db:
        assert db.execute("SELECT count(*) FROM hints WHERE node IS NOT NULL").fetchone()[0] <= 8
        assert db.execute("SELECT count(*) FROM hints WHERE node IS NULL").fetchone()[0] == 256
    db.close()
    assert agent.checkin().status == 200


def test_the_journal_survives_a_killed_station(station):
    station.add_node()
    order = station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    assert agent.journal("begun").status == 204
    station.kill()
    station.start()
    assert agent.events(agent.event("step-begun", "destroy", "wipe")).status == 200, "the lease goes on"
    assert agent.journal("proven").status == 204
    station.kill()
    station.start()
    again = FakeAgent(station)
    again.checkin()
    assert again.order["id"] == order["id"]
    assert [e["state"] for e in again.answer["journal"]] == ["begun", "proven"]
    assert again.answer["journal"][1]["proof"]["outcome"] == "proven"


def test_a_restart_in_the_middle(station):
    station.add_node()
    order = station.add_order()
    station.stop()
    station.start()
    agent = FakeAgent(station)
    agent.work()
    station.stop()
    station.start()
    assert agent.phone_home().status == 204
    assert station.order(order)["state"] == "live"


def test_the_journal_is_void_once_something_else_has_booted(station):
    station.add_node()
    order = station.add_order()
    agent = FakeAgent(station)
    agent.checkin()
    agent.journal("proven")
    agent.script()
    agent.checkin()
    assert len(agent.answer["journal"]) == 1, "the agent's own script keeps it"
    station.stop()
    # No call makes a node with a running order start from its disk; whatever will, must go through the script.
    with sqlite3.connect(station.state / "station.db") as db:
        db.execute("UPDATE orders SET state = 'handed-over'")
    db.close()
    station.start()
    assert "remint.hint" not in agent.script() and agent.hint_without_script() is None
    station.stop()
    with sqlite3.connect(station.state / "station.db") as db:
        db.execute("UPDATE orders SET state = 'running'")
    db.close()
    station.start()
    agent.checkin()
    assert agent.order["id"] == order["id"] and agent.answer["journal"] == []


def test_tokens_are_stored_hashed(station):
    station.add_node()
    station.add_order()
    agent = FakeAgent(station)
    hint = agent.hint()
    agent.checkin(hint)
    station.stop()
    stored = b"".join(p.read_bytes() for p in station.state.glob("station.db*"))
    for secret in (hint, agent.lease, station.admin, agent.phone_home_url().rsplit("/", 1)[1]):
        assert secret.encode() not in stored
    assert (station.state / "admin.token").stat().st_mode & 0o777 == 0o600
    assert (station.state / "station.db").stat().st_mode & 0o077 == 0
    station.start()
