# SPDX-License-Identifier: Apache-2.0
"""The station changes its own password at a BMC, and comes back in whenever that is cut off."""
import subprocess
import sys
import time

import pytest
from harness import BUILD, TOP

sys.path.insert(0, str(TOP / "tests"))

from lab.bmc import Bmc, FakeMachine  # noqa: E402

URL = "/v1/nodes/node1/bmc"


@pytest.fixture
def rack(station):
    """A node with an emulated BMC, of a kind that can be chosen."""
    station.add_node()
    bmcs = []

    def make(profile="plain"):
        bmc = Bmc(FakeMachine(), profile)
        bmc.__enter__()
        bmcs.append(bmc)
        body = {"address": bmc.url, "ca_pem": open(bmc.certificate, encoding="ascii").read(), "user": bmc.user, "password": bmc.password}
        reply = station.operate("PUT", URL, body)
        assert reply.status == 200, reply
        return bmc
    yield station, make
    for bmc in bmcs:
        bmc.__exit__(None, None, None)


def password_of(bmc):
    return bmc.accounts.find(bmc.user).password


def ended(station):
    for _ in range(600):
        rotation = station.operate("GET", URL).json["rotation"]
        if rotation and rotation["state"] != "running":
            return rotation
        time.sleep(0.05)
    raise AssertionError(rotation)


def test_a_new_password(rack):
    station, make = rack
    bmc = make()
    first = password_of(bmc)
    done = subprocess.run([BUILD / "remint", "node", "bmc", "node1", "--rotate", "--state", station.state],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "new password: done" in done.stdout, done
    second = password_of(bmc)
    assert second != first and len(second) >= 12
    assert station.operate("POST", f"{URL}/rotate").status == 202, "by the one that it has made"
    assert ended(station)["state"] == "done"
    third = password_of(bmc)
    assert third not in (first, second)
    assert not bmc.sessions.all, "logged out"
    said = [station.operate("GET", path).body for path in ("/v1/audit", URL, "/v1/nodes")]
    for secret in (first, second, third):
        assert secret not in done.stdout + done.stderr + station.log.read_text()
        assert not any(secret.encode() in text for text in said)
        assert not any(secret.encode() in file.read_bytes() for file in station.state.rglob("station.db*"))
    assert [(e["account"], e["action"], e["result"]) for e in station.audit()][2:] == [
        ("admin", "bmc-rotate", "done"), ("station", "bmc-password", "done")] * 2


def test_a_refusal_leaves_the_old_one(rack):
    station, make = rack
    bmc = make("password-refused")
    assert station.operate("POST", f"{URL}/rotate").status == 202
    rotation = ended(station)
    assert rotation["state"] == "failed" and "is in the dictionary" in rotation["why"] and "'***'" in rotation["why"]
    assert password_of(bmc) == bmc.password
    done = subprocess.run([BUILD / "remint", "node", "bmc", "node1", "--rotate", "--state", station.state],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "is in the dictionary" in done.stderr


def test_the_station_is_killed_between(rack):
    """The BMC has the new password, and no answer of it ever came."""
    station, make = rack
    bmc = make()
    real = bmc.profile.new_password

    def kill(account, password):
        station.kill()
        return real(account, password)
    bmc.profile.new_password = kill
    assert station.operate("POST", f"{URL}/rotate").status == 202
    station.process.wait(60)
    for _ in range(200):
        if password_of(bmc) != bmc.password:
            break
        time.sleep(0.05)
    bmc.profile.new_password = real
    second = password_of(bmc)
    assert second != bmc.password
    station.start()
    assert station.operate("GET", URL).json["rotation"] == {"state": "cut-off", "ended": None, "why": None}
    assert station.operate("POST", f"{URL}/rotate").status == 202
    assert ended(station)["state"] == "done"
    assert password_of(bmc) not in (second, bmc.password)
    assert "the new one holds" in station.log.read_text()


def test_when_it_may_not(rack):
    station, make = rack
    assert station.operate("POST", f"{URL}/rotate").status == 404
    bmc = make()
    order = station.add_order()
    assert station.operate("POST", f"{URL}/rotate").status == 409
    station.operate("POST", f"/v1/orders/{order['id']}/cancel")
    reply = station.operate("POST", f"{URL}/rotate", token=station.account("operator"))
    assert reply.status == 403 and password_of(bmc) == bmc.password
