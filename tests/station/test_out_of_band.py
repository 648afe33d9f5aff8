# SPDX-License-Identifier: Apache-2.0
"""Between tenants, out of band: baselines, machines compared with them through their BMCs, and what orders make of it."""
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import threading
import time

import pytest
from fake_agent import FakeAgent
from harness import BUILD, PATIENCE, TOP, identity_of

sys.path.insert(0, str(TOP / "tests"))

from lab.bmc import Bmc, FakeMachine  # noqa: E402

BIOS = {"SriovGlobalEnable": "Disabled", "BootRetryCount": 3}


def baseline(name="rack", **changed):
    """One that the emulator's machine is equal to."""
    whole = {"baseline": 1, "name": name,
             "firmware": [{"component": {"kind": "inventory", "id": "BIOS"}, "version": ["2.3.0", "2.3.1"]},
                          {"component": {"kind": "inventory", "id": "NIC*"}, "version": "22.36.1010"}],
             "bios": {"attributes": BIOS},
             "accounts": {"allowed": [{"user": "admin", "role": "Administrator", "required": True}]}}
    return {k: v for k, v in {**whole, **changed}.items() if v is not None}


def remint(*args, env=None):
    return subprocess.run([BUILD / "remint", *map(str, args)], capture_output=True, text=True, timeout=60, env=env)


class Beside:
    """A BMC, and remint baseline against it."""

    def __init__(self, bmc, folder):
        self.bmc, self.folder = bmc, folder

    def run(self, *words):
        env = {k: v for k, v in os.environ.items() if not k.startswith("REMINT_BMC_")}
        env.update(REMINT_BMC_USER=self.bmc.user, REMINT_BMC_PASSWORD=self.bmc.password)
        done = remint("baseline", words[0], self.bmc.url, "--ca", self.bmc.certificate, "--poll", 50, "--timeout", 30, *words[1:],
                      env=env)
        assert self.bmc.password not in done.stdout + done.stderr
        return done

    def file(self, document):
        path = self.folder / "baseline.json"
        path.write_text(json.dumps(document))
        return path

    def compare(self, document, status):
        done = self.run("compare", "--baseline", self.file(document), "--json")
        assert done.returncode == status, done
        return json.loads(done.stdout)["bmcs"][0]["result"]

    def capture(self):
        done = self.run("capture", "--name", "captured", "-o", self.folder / "captured.json")
        assert done.returncode == 0, done.stderr
        made = json.loads((self.folder / "captured.json").read_text())
        assert done.stdout == (f"captured: {len(made['firmware'])} components, {len(made['bios']['attributes'])} BIOS attributes, "
                               "1 accounts\n")
        return made


@pytest.fixture
def beside(tmp_path):
    @contextlib.contextmanager
    def open_one(profile="plain", machine=None, **more):
        with Bmc(machine or FakeMachine(gpus=[("H100", "G1")]), profile, **more) as bmc:
            yield Beside(bmc, tmp_path)
            assert bmc.broken == [] and not bmc.sessions.all
    return open_one


def test_a_machine_is_equal_to_what_was_captured_of_it(beside):
    with beside() as b:
        captured = b.capture()
        assert "station" not in b.run("compare", "--baseline", b.file(captured)).stdout, "nothing is kept there"
        assert captured["bios"]["attributes"]["BootRetryCount"] == 3
        assert captured["accounts"] == {"allowed": [{"user": "admin", "role": "Administrator"}]}
        kinds = {rule["component"]["kind"] for rule in captured["firmware"]}
        assert kinds >= {"bios", "bmc", "inventory", "gpu", "nic", "drive"}, kinds
        result = b.compare(captured, 0)
        assert {result[part]["state"] for part in ("firmware", "bios", "accounts")} == {"equal"}
        assert result["baseline"]["sha256"] == hashlib.sha256(
            json.dumps(captured, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def test_each_difference_is_told(beside):
    with beside() as b:
        b.bmc.update.versions["NIC0"] = "22.35.0001"
        b.bmc.accounts.create({"UserName": "eve", "Password": "much-too-long", "RoleId": "Administrator", "Enabled": False})
        b.bmc.system.bios.now["SriovGlobalEnable"] = "Enabled"
        result = b.compare(baseline(), 1)
        assert result["firmware"]["differing"] == [
            {"what": "inventory NIC0", "expected": "22.36.1010", "found": "22.35.0001"}]
        assert result["bios"]["differing"] == [{"what": "SriovGlobalEnable", "expected": "Disabled", "found": "Enabled"}]
        assert result["accounts"]["differing"] == [
            {"what": "account eve", "expected": None, "found": "Administrator, disabled"}]
        shown = b.run("compare", "--baseline", b.folder / "baseline.json")
        assert "inventory NIC0: expected 22.36.1010, found: 22.35.0001." in shown.stdout
        assert "account eve: it should not be there (Administrator, disabled)." in shown.stdout
        assert "1 of the machines are not as the baseline rack says" in shown.stderr


def test_a_change_that_waits_for_the_next_start_differs(beside):
    with beside() as b:
        b.bmc.system.bios.pending["BootRetryCount"] = 9
        assert b.compare(baseline(), 1)["bios"]["differing"] == [
            {"what": "BootRetryCount, from the next start on", "expected": 3, "found": 9}]


@pytest.mark.parametrize("at, part", [("/redfish/v1/AccountService", "accounts"), ("/redfish/v1/Systems/1/Bios", "bios"),
                                      ("/redfish/v1/UpdateService/FirmwareInventory/NIC0", "firmware")])
def test_what_cannot_be_read_stops_nothing_else(beside, at, part):
    with beside("wrong-types", at=at) as b:
        result = b.compare(baseline(), 1)
        assert {p: result[p]["state"] for p in ("firmware", "bios", "accounts")} == {
            p: "not-readable" if p == part else "equal" for p in ("firmware", "bios", "accounts")}
        assert result[part]["reason"]


def test_what_is_no_baseline_is_refused_before_anything_is_asked(beside):
    with beside() as b:
        done = b.run("compare", "--baseline", b.file({**baseline(), "bios": {"attributes": {}}}))
        assert done.returncode == 1 and "baseline.json: baseline.bios.attributes must have 1 to" in done.stderr
        assert b.bmc.requests == []


# ---- at the station ----

def put(station, document, token=None):
    return station.operate("PUT", f"/v1/baselines/{document['name']}", document, token)


def test_baselines_are_kept_by_name(station, tmp_path):
    path = tmp_path / "b.json"
    path.write_text(json.dumps(baseline(), indent=4))
    done = remint("baseline", "put", "rack", path, "--state", station.state)
    assert done.returncode == 0, done.stderr
    stored = remint("baseline", "show", "rack", "--stored", "--state", station.state).stdout
    sha256 = hashlib.sha256(stored.encode()).hexdigest()
    assert done.stdout == f"rack: SHA-256 {sha256}\n" and json.loads(stored) == baseline()
    assert sha256 in remint("baseline", "list", "--state", station.state).stdout
    assert json.loads(remint("baseline", "show", "rack", "--state", station.state).stdout) == baseline()
    assert put(station, baseline(bios=None)).status == 200
    assert station.operate("GET", "/v1/baselines/rack").json == baseline(bios=None)
    assert [b["name"] for b in station.operate("GET", "/v1/baselines").json["baselines"]] == ["rack"]
    assert remint("baseline", "remove", "rack", "--state", station.state).returncode == 0
    done = remint("baseline", "show", "rack", "--state", station.state)
    assert done.returncode == 1 and "there is no baseline rack" in done.stderr
    assert station.operate("DELETE", "/v1/baselines/rack").status == 404
    assert [(e["action"], e["result"]) for e in station.audit() if e["action"].startswith("baseline")][:3] == [
        ("baseline-put", "done"), ("baseline-put", "done"), ("baseline-delete", "done")]


def test_administrators_alone_write_them(station):
    operator = station.account("operator")
    assert put(station, baseline(), operator).status == 403
    assert put(station, baseline()).status == 200
    assert station.operate("DELETE", "/v1/baselines/rack", token=operator).status == 403
    assert station.operate("GET", "/v1/baselines/rack", token=operator).status == 200
    reply = station.operate("PUT", "/v1/baselines/other", baseline())
    assert reply.status == 400 and "baseline.name is rack, not other" in reply.json["error"]
    reply = put(station, {**baseline(), "accounts": {"allowed": []}})
    assert reply.status == 400 and "baseline.accounts.allowed is empty" in reply.json["error"]


def test_a_node_without_a_bmc_takes_no_baseline(station):
    station.add_node()
    put(station, baseline())
    reply = station.operate("POST", "/v1/orders", {"node": "node1", "image": "debian-12", "baseline": "rack"})
    assert reply.status == 409 and "the node has no BMC" in reply.json["error"]
    assert station.add_order()["baseline"] is None, "the refused one left nothing behind"


# ---- orders ----

class Machine(FakeMachine):
    """Each boot from the network is an agent that does all of its order."""

    def __init__(self, station):
        super().__init__("node1")
        self.station = station
        self.uuid, self.serial = identity_of(1)["uuid"], identity_of(1)["serial"]

    def _begin(self, way):
        super()._begin(way)
        if self.booted[-1].target in ("Pxe", "UefiHttp"):
            threading.Thread(target=FakeAgent(self.station).work, daemon=True).start()


@pytest.fixture
def node(station):
    """A node whose BMC the station knows."""
    with Bmc(Machine(station), "plain") as bmc:
        station.add_node()
        body = {"address": bmc.url, "ca_pem": bmc.certificate.read_text(), "user": bmc.user, "password": bmc.password}
        assert station.operate("PUT", "/v1/nodes/node1/bmc", body).status in (200, 201)
        yield bmc
        assert bmc.broken == [] and not bmc.sessions.all


def until(station, order, state):
    end = time.monotonic() + PATIENCE
    while (now := station.order(order))["state"] != state or now["bmc"]["phase"] != "done":
        assert time.monotonic() < end, now
        time.sleep(0.05)
    return now


def certificate(station, order):
    return station.operate("GET", f"/v1/orders/{order['id']}/certificate").json


def test_an_order_is_certified_with_what_the_bmc_told(station, node, tmp_path):
    node.update.versions["NIC0"] = "22.35.0001"
    sha256 = put(station, baseline(on_difference={"bios": "hold", "accounts": "hold"})).json["sha256"]
    order = station.add_order(image=None, baseline="rack")
    assert order["baseline"] == {"name": "rack", "sha256": sha256} and order["out_of_band"] is None
    assert station.operate("DELETE", "/v1/baselines/rack").status == 204, "the order keeps its own"
    end = until(station, order, "erased")
    told = certificate(station, order)
    assert end["out_of_band"] == told["out_of_band"] and told["out_of_band"]["baseline"] == order["baseline"]
    assert [told["out_of_band"][p]["state"] for p in ("firmware", "bios", "accounts")] == ["differing", "equal", "equal"]
    assert "firmware: differing (1 of 2 compared). bios: equal (2 compared)." in told["statement"]
    log = station.operate("GET", f"/v1/orders/{order['id']}/bmc-log")
    assert hashlib.sha256(log.body).hexdigest() == told["out_of_band"]["event_log"]["sha256"]
    assert len(log.json["entries"]) == told["out_of_band"]["event_log"]["entries"]
    path = tmp_path / "c.json"
    path.write_text(json.dumps(told))
    shown = remint("certificate", "show", path).stdout
    assert "inventory NIC0: expected 22.36.1010, found: 22.35.0001." in shown
    assert "<h2>Out of band</h2>" in remint("certificate", "html", path).stdout
    assert "inventory NIC0: expected" in remint("order", "show", order["id"], "--state", station.state).stdout


def test_a_difference_holds_the_order_before_the_machine_is_started(station, node):
    node.accounts.create({"UserName": "eve", "Password": "much-too-long", "RoleId": "Administrator"})
    put(station, baseline(on_difference={"accounts": "hold"}))
    order = station.add_order(baseline="rack")
    # an agent that comes by itself gets nothing either
    assert FakeAgent(station).checkin().json.get("order") is None
    end = until(station, order, "held")
    assert end["reason"] == ("the machine is not as its baseline rack says: accounts differs: account eve: none expected, "
                             "Administrator found")
    assert node.machine.booted == []


def test_a_bmc_that_does_not_tell_holds_it_too(station, node):
    put(station, baseline(on_difference={"bios": "hold"}))
    node.tree.remove("/redfish/v1/Systems/1/Bios")
    assert "bios cannot be read" in until(station, station.add_order(baseline="rack"), "held")["reason"]
    assert node.machine.booted == []


def test_without_a_baseline_the_log_alone_is_kept(station, node):
    order = station.add_order(image=None)
    until(station, order, "erased")
    told = certificate(station, order)["out_of_band"]
    assert told["baseline"] is None and told["firmware"] is None and told["event_log"]["state"] == "archived"


def test_an_order_that_leaves_the_bmc_alone_takes_no_baseline(station, node):
    put(station, baseline())
    reply = station.operate("POST", "/v1/orders", {"node": "node1", "image": None, "baseline": "rack", "bmc": False})
    assert reply.status == 400 and "which order.bmc leaves alone" in reply.json["error"]
