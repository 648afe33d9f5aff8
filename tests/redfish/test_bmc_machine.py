# SPDX-License-Identifier: Apache-2.0
"""What the emulator does with its machine: power, boot, media, tasks, accounts."""
import time

import pytest
from asking import SYSTEM, Asking, message_ids, soon
from lab.bmc import Bmc, FakeMachine

CD = f"{SYSTEM}/VirtualMedia/Cd1"


@pytest.fixture
def bmc():
    with Bmc(FakeMachine()) as b:
        yield b
        assert b.broken == []


@pytest.fixture
def c(bmc):
    return Asking(bmc, basic=True)


def power(c):
    return c.get(SYSTEM).json()["PowerState"]


def targets(bmc):
    return [way.target for way in bmc.machine.booted]


def test_power(bmc, c):
    assert power(c) == "Off"
    assert c.reset("On").status_code == 204 and power(c) == "On"
    soon(lambda: c.get(SYSTEM).json()["BootProgress"]["LastState"] == "OSRunning")
    assert c.reset("GracefulShutdown").status_code == 204
    assert power(c) in ("PoweringOff", "Off")
    soon(lambda: power(c) == "Off")
    assert c.reset("PushPowerButton").status_code == 204 and power(c) == "On"
    assert c.reset("ForceOff").status_code == 204 and power(c) == "Off"
    assert targets(bmc) == ["Hdd", "Hdd"]


def test_power_that_changes_nothing_is_told(c):
    answer = c.reset("ForceOff")
    assert answer.status_code == 200 and message_ids(answer) == ["NoOperation"]
    assert c.reset("ForceRestart").status_code == 409


def test_restarts(bmc, c):
    c.reset("On")
    c.reset("ForceRestart")
    soon(lambda: bmc.machine.progress() == "System")
    c.reset("GracefulRestart")
    soon(lambda: len(bmc.machine.booted) == 3)
    c.reset("PowerCycle")
    soon(lambda: len(bmc.machine.booted) == 4)
    assert power(c) == "On"


def test_system_that_does_not_hear(bmc, c):
    bmc.machine.deaf = True
    c.reset("On")
    c.reset("GracefulShutdown")
    time.sleep(0.2)
    assert power(c) == "PoweringOff" and bmc.machine.running()
    c.reset("ForceOff")
    assert power(c) == "Off"


def test_machine_that_does_not_switch_on(bmc, c):
    bmc.machine.dead = True
    answer = c.reset("On")
    assert answer.status_code == 500 and message_ids(answer) == ["InternalError"] and power(c) == "Off"


@pytest.mark.parametrize("kind", ["On", "ForceRestart"])
def test_once_is_for_one_boot(bmc, c, kind):
    if kind == "ForceRestart":
        c.reset("On")
    assert c.set_boot(BootSourceOverrideTarget="Pxe", BootSourceOverrideEnabled="Once").status_code == 200
    assert c.boot()["BootSourceOverrideEnabled"] == "Once"
    c.reset(kind)
    assert targets(bmc)[-1] == "Pxe"
    boot = c.boot()
    assert (boot["BootSourceOverrideEnabled"], boot["BootSourceOverrideTarget"]) == ("Disabled", "None")
    bmc.machine.restart()
    soon(lambda: targets(bmc)[-1] == "Hdd")


def test_once_is_taken_when_the_system_restarts_the_machine(bmc, c):
    c.reset("On")
    c.set_boot(BootSourceOverrideTarget="UefiHttp", BootSourceOverrideEnabled="Once", HttpBootUri="http://10.0.0.1/boot.efi")
    bmc.machine.restart()
    soon(lambda: targets(bmc) == ["Hdd", "UefiHttp"])
    assert bmc.machine.booted[-1].uri == "http://10.0.0.1/boot.efi"
    assert c.boot()["BootSourceOverrideEnabled"] == "Disabled"


def test_continuous_stays(bmc, c):
    c.set_boot(BootSourceOverrideTarget="Pxe", BootSourceOverrideEnabled="Continuous")
    for kind in ("On", "ForceRestart", "ForceRestart"):
        c.reset(kind)
    assert targets(bmc) == ["Pxe"] * 3 and c.boot()["BootSourceOverrideEnabled"] == "Continuous"
    c.set_boot(BootSourceOverrideEnabled="Disabled")
    c.reset("ForceRestart")
    assert targets(bmc)[-1] == "Hdd"


def test_boot_settings_that_contradict(c):
    for boot in ({"BootSourceOverrideTarget": "UefiHttp", "BootSourceOverrideMode": "Legacy"},
                 {"BootSourceOverrideTarget": "UefiBootNext"},
                 {"BootSourceOverrideTarget": "UefiBootNext", "BootNext": "Boot0001", "BootSourceOverrideEnabled": "Continuous"}):
        answer = c.set_boot(**boot)
        assert answer.status_code == 400 and message_ids(answer) == ["PropertyValueConflict"]


def test_boot_order(bmc, c):
    order = c.boot()["BootOrder"]
    assert c.set_boot(BootOrder=order[1:] + order[:1]).status_code == 200
    c.reset("On")
    assert targets(bmc) == ["Pxe"]
    now = c.boot()["BootOrder"]
    assert c.set_boot(BootOrder=[{}, None, {}, now[1], now[3]]).json()["Boot"]["BootOrder"] == [now[0], now[2], now[1], now[3]]


def test_media(bmc, c):
    insert, eject = (f"{CD}/Actions/VirtualMedia.{a}Media" for a in ("Insert", "Eject"))
    assert c.post(insert, json={"Image": "http://10.0.0.1/a/agent.iso"}).status_code == 204
    slot = c.get(CD).json()
    assert (slot["Inserted"], slot["ImageName"], slot["ConnectedVia"]) == (True, "agent.iso", "URI")
    assert c.post(insert, json={"Image": "http://10.0.0.1/b.iso"}).status_code == 409
    c.set_boot(BootSourceOverrideTarget="Cd", BootSourceOverrideEnabled="Once")
    c.reset("On")
    assert targets(bmc) == ["Cd"]
    assert c.post(eject).status_code == 204
    assert c.get(CD).json()["Inserted"] is False and bmc.machine.medium is None
    for image in ("file:///etc/passwd", "nonsense", ""):
        assert c.post(insert, json={"Image": image}).status_code == 400


def test_task_to_its_end(bmc, c):
    bmc.profile.all_tasks = True
    answer = c.reset("On")
    assert answer.status_code == 202
    task = c.get(answer.json()["@odata.id"]).json()
    assert task["TaskState"] == "Running" and task["TaskMonitor"] == answer.headers["Location"]
    monitored = c.get(answer.headers["Location"])
    assert monitored.status_code == 202 and "DELETE" in monitored.headers["Allow"], "it can be cancelled"
    soon(lambda: c.get(answer.headers["Location"]).status_code == 204)
    task = c.get(answer.json()["@odata.id"]).json()
    assert (task["TaskState"], task["PercentComplete"]) == ("Completed", 100) and task["EndTime"]
    assert bmc.machine.running()


def test_task_that_fails_and_one_that_is_cancelled(bmc, c):
    bmc.profile.all_tasks, bmc.machine.dead = True, True
    where = c.reset("On").headers["Location"]
    soon(lambda: c.get(where).status_code == 500)
    bmc.machine.dead = False
    answer = c.reset("On")
    assert c.delete(answer.headers["Location"]).status_code == 204
    time.sleep(0.3)
    assert not bmc.machine.running() and c.get(answer.headers["Location"]).status_code == 404


def test_accounts(bmc, c):
    accounts = "/redfish/v1/AccountService/Accounts"
    made = c.post(accounts, json={"UserName": "op", "Password": "operator-1", "RoleId": "Operator"})
    assert made.status_code == 201 and made.json()["Password"] is None
    where = made.headers["Location"]
    op = Asking(bmc, "op", "operator-1", basic=True)
    assert op.reset("On").status_code == 204
    assert op.post(accounts, json={"UserName": "x", "Password": "xxxxxxxx", "RoleId": "Administrator"}).status_code == 403
    assert op.patch(where, json={"Password": "operator-2"}).status_code == 200
    assert op.get(SYSTEM).status_code == 401
    op = Asking(bmc, "op", "operator-2", basic=True)
    assert op.patch(where, json={"RoleId": "Administrator"}).status_code == 403
    assert c.patch(where, json={"Password": "short"}).status_code == 400
    assert c.post(accounts, json={"UserName": "op", "Password": "operator-1", "RoleId": "Operator"}).status_code == 400
    assert c.delete(where).status_code == 204
    assert c.delete(f"{accounts}/1").status_code == 400


def test_account_that_is_guessed_at_is_locked(bmc):
    for _ in range(5):
        assert Asking(bmc, password="guess", basic=True).get(SYSTEM).status_code == 401
    assert Asking(bmc, basic=True).get(SYSTEM).status_code == 401


def test_ten_at_once():
    """Each takes 100 ms for an answer, all together hardly more."""
    from concurrent.futures import ThreadPoolExecutor
    bmcs = [Bmc(FakeMachine(f"node{n}"), delay=0.1).start() for n in range(10)]
    try:
        def work(bmc):
            with Asking(bmc, basic=True) as a:
                return [a.get(SYSTEM).json()["HostName"] for _ in range(5)]
        begun = time.monotonic()
        with ThreadPoolExecutor(10) as pool:
            names = list(pool.map(work, bmcs))
        assert names == [[f"node{n}"] * 5 for n in range(10)]
        # 50 answers one after another would take 5 s at least; a busy host is given its time.
        assert time.monotonic() - begun < 4
    finally:
        for bmc in bmcs:
            bmc.stop()
