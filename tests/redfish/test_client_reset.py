# SPDX-License-Identifier: Apache-2.0
"""`remint bmc reset`: the BMC itself restarts, and is awaited."""
import pytest
from client import client_of, leaves_no_session


def test_what_it_offers():
    with leaves_no_session() as c:
        made = c.ok("reset", "show")
        assert made["manager"] == "bmc" and made["restart"] == ["GracefulRestart", "ForceRestart"]
        assert made["defaults"] == ["ResetAll", "PreserveNetworkAndUsers", "PreserveNetwork"]


def test_a_restart_is_awaited():
    with leaves_no_session() as c:
        made = c.ok("reset", "restart")
        assert made["type"] == "GracefulRestart" and made["seen"] == "silence" and made["login"] is True
        assert c.bmc.requests[-1].method == "DELETE" and c.bmc.requests[-1].status == 204  # of the new session


def test_a_restart_that_only_the_session_shows(monkeypatch):
    monkeypatch.setattr("lab.bmc.managers.AWAY_SECONDS", 0.0)
    with leaves_no_session() as c:
        assert c.ok("reset", "restart")["seen"] == "session"


def test_a_restart_by_a_task():
    with leaves_no_session("task-location") as c:
        made = c.ok("reset", "force-restart")
        assert made["type"] == "ForceRestart" and made["seen"] in ("silence", "session")


def test_a_restart_that_only_the_time_shows():
    with leaves_no_session("manager-never-restarts") as c:
        manager = c.bmc.tree.find(c.bmc.manager.uri)
        read = manager.read
        manager.read = lambda: {**read(), "LastResetTime": f"2026-01-0{1 + len(c.asked('POST', 'Manager.Reset'))}T00:00:00Z"}
        assert c.ok("reset", "restart")["seen"] == "time"


def test_a_restart_that_does_not_happen_is_told():
    with leaves_no_session("manager-never-restarts") as c:
        assert "agreed to restart, and has answered for 1 s as if it had not" in c.fails("reset", "restart", "--wait=1")


def test_a_bmc_that_does_not_come_back(monkeypatch):
    monkeypatch.setattr("lab.bmc.managers.AWAY_SECONDS", 60.0)
    with client_of() as c:
        assert "not come back within 1 s" in c.fails("reset", "restart", "--wait=1")
        assert c.seconds < 25


@pytest.mark.parametrize("keep, sent", [(None, "ResetAll"), ("network-and-users", "PreserveNetworkAndUsers")])
def test_defaults(keep, sent):
    with leaves_no_session() as c:
        made = c.ok("reset", "defaults", "--yes-defaults", *([f"--keep={keep}"] if keep else []))
        assert made["type"] == sent and made["login"] is True


def test_defaults_may_take_the_password_away():
    with leaves_no_session() as c:
        c.bmc.accounts._first = {**c.bmc.accounts._first, "Password": "of-the-factory"}
        status, out, _ = c.run("reset", "defaults", "--yes-defaults")
        assert status == 0 and "no longer takes this user and password" in out
        # once, for accounts are locked after some
        assert len([r for r in c.asked("POST", "Sessions") if r.status == 401]) == 1


@pytest.mark.parametrize("words, said", [(["defaults"], "--yes-defaults"), (["defaults", "--keep=all"], "network-and-users"),
                                         (["restart", "--keep=network"], "for defaults alone"), (["halt"], "not one of")])
def test_misuse(words, said):
    with client_of() as c:
        status, _, err = c.run("reset", *words)
        assert status == 1 and said in err and not c.bmc.requests


def test_a_type_that_it_does_not_offer():
    with leaves_no_session() as c:
        c.bmc.tree.find_action(f"{c.bmc.manager.uri}/Actions/Manager.Reset")[1].parameters["ResetType"]._values = ("GracefulRestart",)
        assert "no Manager.Reset of the type ForceRestart; it offers GracefulRestart" in c.fails("reset", "force-restart")
