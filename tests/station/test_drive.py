# SPDX-License-Identifier: Apache-2.0
"""Orders through BMCs: a real station, the emulator, and machines whose boots are agents that say what real ones say."""
import contextlib
import json
import subprocess
import sys
import threading
import time

import pytest
from fake_agent import FakeAgent
from harness import BUILD, PATIENCE, TOP, Station, identity_of

sys.path.insert(0, str(TOP / "tests"))
from lab.bmc import Bmc, FakeMachine  # noqa: E402

WITHIN, TRIES = 2, 2  # seconds and starts


class Machine(FakeMachine):
    """Each boot from the network is handed to `agent`, in a thread of its own; a machine that is switched off has none."""

    def __init__(self, station, n=1, agent=None, **more):
        super().__init__(f"node{n}", **more)
        self.station, self.n, self.agent, self.threads = station, n, agent, []
        self.uuid, self.serial = identity_of(n)["uuid"], identity_of(n)["serial"]

    def _begin(self, way):
        super()._begin(way)
        if self.agent and self.booted[-1].target in ("Pxe", "UefiHttp"):
            self.threads.append(threading.Thread(target=self.agent, args=(self,), daemon=True))
            self.threads[-1].start()

    def networks(self):
        return [w for w in self.booted if w.target in ("Pxe", "UefiHttp")]


def works(machine):
    """An agent that does all of its order, and whose machine then starts from the disk."""
    agent = FakeAgent(machine.station, machine.n)
    agent.work()
    if agent.order["image"]:
        machine.restart()


def second(machine):
    """The first start is in vain."""
    if len(machine.booted) == 2:
        works(machine)


def works_and_lives(machine):
    """A real machine needs minutes to start anew: the station is done with the override before."""
    agent = FakeAgent(machine.station, machine.n)
    agent.work()
    until(lambda: machine.station.order(agent.order)["bmc"]["phase"], "final", "done")
    machine.restart()
    assert agent.phone_home().status == 204


@pytest.fixture
def station(tmp_path):
    s = Station(tmp_path)
    s.options = ("--bmc-boot-within", str(WITHIN), "--bmc-tries", str(TRIES))
    s.start()
    s.add_image()
    yield s
    s.stop()


def tell(station, bmc, n=1, **changed):
    body = {"address": bmc.url, "ca_pem": open(bmc.certificate, encoding="ascii").read(), "user": bmc.user, "password": bmc.password}
    reply = station.operate("PUT", f"/v1/nodes/node{n}/bmc", {**body, **changed})
    assert reply.status in (200, 201), reply


@contextlib.contextmanager
def driven(station, profile="plain", agent=works, **more):
    """A node with a BMC, which must have logged everybody out in the end."""
    machine = Machine(station, agent=agent, **more)
    with Bmc(machine, profile) as bmc:
        station.add_node()
        tell(station, bmc)
        yield machine, bmc
        assert bmc.broken == []
        assert not bmc.sessions.all


def until(what, *states, patience=PATIENCE):
    end = time.monotonic() + patience
    while (now := what()) is None or (states and now not in states):
        assert time.monotonic() < end, now
        time.sleep(0.05)
    return now


def ended(station, order, *states):
    """The order when it is in one of the states and the station is done with its BMC."""
    until(lambda: station.order(order)["state"], *states)
    until(lambda: station.order(order)["bmc"]["phase"], "done")
    return station.order(order)


def asked(bmc, method, part):
    return [r for r in bmc.requests if r.method == method and part in r.path]


def texts(order, what):
    return [a["text"] for a in order["bmc"]["actions"] if a["what"] == what]


def test_from_power_off_to_erased(station):
    with driven(station) as (machine, bmc):
        order = station.add_order(image=None)
        end = ended(station, order, "erased")
        assert [w.target for w in machine.booted] == ["Pxe"], "there is no one file to boot by HTTP"
        assert [(s["how"], s["outcome"]) for s in end["bmc"]["starts"]] == [("Pxe", "checked in")]
        assert end["bmc"]["found"]["power"] == "Off" and end["bmc"]["system"]["serial"] == machine.serial
        assert end["bmc"]["returned"]["enabled"] == "Disabled"
        assert len(asked(bmc, "POST", "ComputerSystem.Reset")) == 1
        events = station.operate("GET", f"/v1/events?order={order['id']}").json["events"]
        said = [e for e in events if e["phase"] == "station"]
        assert [e["text"] for e in said] == [a["text"] for a in end["bmc"]["actions"]]
        assert {(e["kind"], e["step"], e["node"]) for e in said} == {("note", "bmc", "node1")}


def test_by_an_address_where_there_is_one_file(station):
    (station.boot / "remint.efi").write_bytes(b"MZ" + bytes(1000))
    with driven(station, agent=works_and_lives) as (machine, _):
        end = ended(station, station.add_order(), "live")
        uri = f"http://127.0.0.1:{station.ports['http']['port']}/boot.efi"
        assert [(w.target, w.uri) for w in machine.networks()] == [("UefiHttp", uri)]
        assert end["bmc"]["starts"][0]["uri"] == uri and end["bmc"]["final"]


def test_pxe_where_the_bmc_takes_no_address(station):
    (station.boot / "remint.efi").write_bytes(b"MZ" + bytes(1000))
    with driven(station, "no-http-uri") as (machine, _):
        end = ended(station, station.add_order(image=None), "erased")
        assert [w.target for w in machine.booted] == ["Pxe"]
        assert any("but by PXE" in t for t in texts(end, "problem"))


def test_a_machine_that_is_on_is_restarted_and_its_settings_return(station):
    with driven(station) as (machine, bmc):
        with bmc.lock:
            bmc.system.boot.update({"BootSourceOverrideEnabled": "Continuous", "BootSourceOverrideTarget": "Hdd"})
            bmc.system.power.reset("On")
        end = ended(station, station.add_order(image=None), "erased")
        assert [w.target for w in machine.booted] == ["Hdd", "Pxe"]
        assert end["bmc"]["found"]["power"] == "On"
        assert (bmc.system.boot.now["BootSourceOverrideEnabled"], bmc.system.boot.now["BootSourceOverrideTarget"]) == ("Continuous", "Hdd")


def test_an_override_that_is_kept_is_taken_back_before_the_tenant_starts(station):
    with driven(station, "once-is-kept", works_and_lives) as (machine, bmc):
        end = ended(station, station.add_order(), "live")
        assert any("was still there" in t for t in texts(end, "override"))
        assert bmc.system.boot.now["BootSourceOverrideEnabled"] == "Disabled"
        assert len(machine.networks()) == 1


@pytest.mark.parametrize("profile, agent, words", [
    ("once-is-ignored", works, "has not asked the station for a boot image"),
    ("plain", lambda machine: FakeAgent(machine.station).script(), "was given the boot image"),
], ids=["ignored", "image refused"])
def test_a_machine_that_never_checks_in(station, profile, agent, words):
    with driven(station, profile, agent) as (machine, bmc):
        end = ended(station, station.add_order(), "held")
        assert len(machine.booted) == TRIES
        assert [s["outcome"] for s in end["bmc"]["starts"]] == ["missed"] * TRIES
        assert f"start {TRIES} of {TRIES}" in end["reason"] and words in end["reason"] and "OSRunning" in end["reason"]
        assert station.node()["state"] == "held"
        assert machine.running(), "a held machine stays on"
        assert bmc.system.boot.now["BootSourceOverrideEnabled"] == "Disabled"


def test_the_second_start_succeeds(station):
    with driven(station, agent=second) as (machine, _):
        end = ended(station, station.add_order(image=None), "erased")
        assert [s["outcome"] for s in end["bmc"]["starts"]] == ["missed", "checked in"]
        assert len(machine.booted) == 2


def test_another_machine_behind_the_bmc(station):
    with driven(station) as (machine, bmc):
        machine.uuid = identity_of(7)["uuid"]
        end = ended(station, station.add_order(), "held")
        assert "drives another machine" in end["reason"] and machine.uuid in end["reason"]
        assert machine.booted == [] and not asked(bmc, "PATCH", "") and not asked(bmc, "POST", "Reset")


def test_a_uuid_in_the_other_byte_order(station):
    with driven(station) as (machine, _):
        a, b, c, rest = machine.uuid.split("-", 3)
        machine.uuid = "-".join("".join(reversed([p[i:i + 2] for i in range(0, len(p), 2)])) for p in (a, b, c)) + "-" + rest
        ended(station, station.add_order(image=None), "erased")


def test_a_wrong_password_is_tried_once(station):
    with driven(station) as (machine, bmc):
        tell(station, bmc, password="wrong")
        end = ended(station, station.add_order(), "held")
        assert "log in" in end["reason"] and machine.booted == []
        assert len([r for r in bmc.requests if r.status == 401]) == 1


def test_a_bmc_that_is_away(station):
    with driven(station) as (_, bmc):
        tell(station, bmc, address="https://127.0.0.1:1")
        end = ended(station, station.add_order(), "held")
        assert len(texts(end, "problem")) == TRIES and "cannot drive this machine" in end["reason"]


def test_a_full_session_table(station):
    with driven(station, "session-table-full") as (_, bmc):
        bmc.sessions.limit = 0
        ended(station, station.add_order(image=None), "erased")


def test_an_order_that_is_cancelled(station):
    with driven(station, agent=None) as (machine, bmc):
        order = station.add_order()
        until(lambda: station.order(order)["bmc"]["phase"], "await")
        assert station.operate("POST", f"/v1/orders/{order['id']}/cancel").status == 200
        end = ended(station, order, "cancelled")
        assert [s["outcome"] for s in end["bmc"]["starts"]] == ["over"]
        assert bmc.system.boot.now["BootSourceOverrideEnabled"] == "Disabled"
        time.sleep(WITHIN + 1)
        assert len(machine.booted) == 1, "a cancelled order starts nothing"


def test_cancelled_while_the_bmc_is_at_work(station):
    """The power action hangs in a task; the visit ends at once."""
    with driven(station, "task-never-ends", agent=None) as (machine, bmc):
        order = station.add_order()
        until(lambda: asked(bmc, "POST", "ComputerSystem.Reset") or None)
        begun = time.monotonic()
        assert station.operate("POST", f"/v1/orders/{order['id']}/cancel").status == 200
        ended(station, order, "cancelled")
        assert time.monotonic() - begun < WITHIN + 3
        assert bmc.system.boot.now["BootSourceOverrideEnabled"] == "Disabled"


def test_a_station_that_is_killed_goes_on(station):
    with driven(station, agent=None) as (machine, bmc):
        order = station.add_order(image=None)
        until(lambda: station.order(order)["bmc"]["phase"], "await")
        station.kill()
        station.start()
        works(machine)
        end = ended(station, order, "erased")
        assert [s["outcome"] for s in end["bmc"]["starts"]] == ["checked in"]
        assert len(machine.booted) == 1
        bmc.sessions.all.clear()  # one that was open when it was killed


def test_killed_while_the_machine_is_switched_on(station):
    """What became of that start is not known: it is made once more, and the record says so."""
    with driven(station, agent=second, power=0.5) as (_, bmc):
        order = station.add_order(image=None)
        until(lambda: station.order(order)["bmc"].get("starts"))
        station.kill()
        station.start()
        end = ended(station, order, "erased")
        assert [s["outcome"] for s in end["bmc"]["starts"]] == ["interrupted", "checked in"]
        bmc.sessions.all.clear()


def test_a_power_cycle_that_the_agent_asks_for(station):
    def cycled(machine):
        agent = FakeAgent(machine.station)
        if len(machine.booted) > 1:
            agent.work()
            return
        agent.checkin()
        assert agent.answer["power_cycle"] is True
        assert agent.call("POST", "journal", {"drive": "machine:power-cycle-1", "step": "reset", "method": "reveal", "marker_key": "",
                                              "state": "begun", "proof": None}).status == 204

    with driven(station, agent=cycled) as (machine, bmc):
        end = ended(station, station.add_order(image=None), "erased")
        assert [w.target for w in machine.booted] == ["Pxe", "Pxe"]
        assert [json.loads(r.body)["ResetType"] for r in asked(bmc, "POST", "ComputerSystem.Reset")] == ["On", "ForceOff", "On"]
        assert [s["outcome"] for s in end["bmc"]["starts"]] == ["checked in", "checked in"]


def test_a_reset_by_the_agent_comes_back_from_the_network(station):
    def reset(machine):
        agent = FakeAgent(machine.station)
        if len(machine.booted) > 1:
            agent.work()
            return
        agent.checkin()
        assert agent.call("POST", "journal", {"drive": "machine:reset-1", "step": "reset", "method": "efi", "marker_key": "", "state": "begun",
                                              "proof": None}).status == 204
        until(lambda: machine.bmc.system.boot.now["BootSourceOverrideEnabled"], "Once")
        machine.restart()

    with driven(station, agent=reset) as (machine, bmc):
        machine.bmc = bmc
        end = ended(station, station.add_order(image=None), "erased")
        assert [w.target for w in machine.booted] == ["Pxe", "Pxe"], "its boot order has the disk first"
        assert [s["how"] for s in end["bmc"]["starts"]] == ["Pxe", "by itself"]


def test_an_agent_that_comes_by_itself_is_not_disturbed(station):
    with driven(station, agent=None) as (machine, bmc):
        tell(station, bmc, address="https://127.0.0.1:1")
        order = station.add_order(image=None)
        until(lambda: station.order(order)["bmc"].get("actions"))
        works(machine)
        end = ended(station, order, "erased")
        assert machine.booted == [] and any("not started here" in t for t in texts(end, "agent"))


def test_an_order_that_leaves_the_bmc_alone(station):
    with driven(station) as (_, bmc):
        order = station.add_order(bmc=False)
        assert order["bmc"] is None
        time.sleep(1)
        assert bmc.requests == []
    station.add_node(2)
    assert station.operate("POST", "/v1/orders", {"node": "node2", "image": None, "bmc": True}).status == 400
    assert station.add_order(2)["bmc"] is None


def test_the_boot_order_from_both_sides(station, tmp_path):
    """The firmware puts the network in front after the restart: the certificate could not know it yet, the addendum does."""
    efi = {"removed": [], "not_removed": [], "cleaned": [], "kept": [], "added": None, "boot_order": ["0003", "0001", "0002", "0000"],
           "boot_next": None}

    def agent_with_efi(machine):
        agent = FakeAgent(machine.station)
        agent.checkin()
        until(lambda: machine.station.order(agent.order)["bmc"]["phase"], "work")
        assert agent.evidence(efi=efi).status == 200
        assert agent.call("POST", "outcome", {"outcome": "handed-over"}).status == 204
        machine.restart()
        until(lambda: len(machine.booted) == 2 or None)
        assert agent.phone_home().status == 204

    with driven(station, "network-comes-first", agent_with_efi) as (_, bmc):
        end = ended(station, station.add_order(), "live")
        certificate = station.operate("GET", f"/v1/orders/{end['id']}/certificate").json
        assert certificate["bmc"]["boot_order"]["verdict"] == "same" and certificate["bmc"]["boot_order"]["policy"] == "disk-first"
        assert [s["outcome"] for s in certificate["bmc"]["starts"]] == ["checked in"]
        addendum = station.operate("GET", f"/v1/orders/{end['id']}/addendum").json
        assert addendum["bmc"]["boot_order"]["verdict"] == "another comes first"
        assert addendum["bmc"]["boot_order"]["redfish"][0] != "Boot0003"
        path = tmp_path / "certificate.json"
        path.write_text(json.dumps(certificate))
        for how in ("show", "html"):
            done = subprocess.run([BUILD / "remint", "certificate", how, path], capture_output=True, text=True, timeout=60, check=True)
            assert "drove the machine through its BMC" in done.stdout
