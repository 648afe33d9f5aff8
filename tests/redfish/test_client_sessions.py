# SPDX-License-Identifier: Apache-2.0
"""Who asks: sessions that are always ended, basic authentication, what is never said."""
import json
import subprocess

from client import REMINT, client_of, leaves_no_session
from lab.bmc import FakeMachine


def test_a_session_is_made_and_ended():
    with leaves_no_session() as c:
        c.ok("power", "status")
        assert [r.status for r in c.asked("POST", "/Sessions")] == [201]
        assert [r.status for r in c.asked("DELETE", "/Sessions/")] == [204]
        assert not any("authorization" in r.headers for r in c.bmc.requests)


def test_it_is_ended_after_an_error():
    with leaves_no_session("silent-ok") as c:
        c.fails("boot", "pxe")


def test_it_is_ended_after_the_timeout():
    with leaves_no_session("task-never-ends") as c:
        c.fails("power", "on", "--timeout=2")


def test_it_is_ended_after_an_interrupt():
    with leaves_no_session("task-never-ends") as c:
        status, seconds = c.interrupted("power", "on", after=2)
        assert status == 1 and "stopped" in c.output and seconds < 8


def test_a_table_of_few_sessions_does_not_fill():
    with leaves_no_session("session-table-full") as c:
        for _ in range(4):
            c.ok("power", "status")


def test_no_session_left_is_no_end():
    with client_of("session-table-full") as c:
        c.bmc.sessions.limit = 0
        assert c.ok("power", "status")["power"] == "Off"
        assert c.asked("GET")[-1].headers["authorization"].startswith("Basic ")


def test_no_sessions_at_all():
    with leaves_no_session("no-sessions") as c:
        assert c.ok("power", "on")["power"] == "On"


def test_basic_when_it_is_asked_for():
    with leaves_no_session() as c:
        c.ok("power", "status", "--basic")
        assert not c.asked("POST", "/Sessions")


def test_a_session_that_ends_in_the_middle():
    with leaves_no_session("expired-session") as c:
        assert c.ok("inspect")["problems"] == []
        assert len(c.asked("POST", "/Sessions")) == 2


def test_a_session_that_is_never_valid_is_no_endless_loop():
    with client_of("session-never-valid") as c:
        assert "HTTP status 401" in c.fails("power", "status")
        assert len(c.asked("POST", "/Sessions")) == 2


def test_a_wrong_password_is_tried_once():
    with client_of() as c:
        c.bmc.password, right = "wrong", c.bmc.password
        assert "log in" in c.fails("power", "status")
        c.bmc.password = right
        assert len([r for r in c.bmc.requests if r.status == 401]) == 1


def test_credentials_in_a_file(tmp_path):
    with leaves_no_session() as c:
        file = tmp_path / "credentials"
        file.write_text(f"{c.bmc.user}\n{c.bmc.password}\n")
        argv = [str(REMINT), "bmc", "power", "status", c.bmc.url, "--ca", str(c.bmc.certificate), "--credentials", str(file), "--json"]
        file.chmod(0o644)
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 1 and "chmod 600" in done.stderr and not c.bmc.requests
        file.chmod(0o600)
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0 and json.loads(done.stdout)["bmcs"][0]["result"]["power"] == "Off"


def test_a_shutdown_that_is_not_heard():
    with leaves_no_session(machine=FakeMachine(deaf=True)) as c:
        c.ok("power", "on")
        assert "has not shut down" in c.fails("power", "off", "--wait=1")
        assert c.ok("power", "off", "--force", "--wait=1") == {"power": "Off", "before": "PoweringOff", "forced": True, "cycled": False}
