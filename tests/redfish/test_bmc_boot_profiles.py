# SPDX-License-Identifier: Apache-2.0
"""The faults of boot settings, power and media show themselves; else a client's test against them would prove nothing."""
import time

import pytest
from asking import SYSTEM, message_ids, served, soon

SLOTS = f"{SYSTEM}/VirtualMedia"


def insert(c, slot="Cd1", home=SLOTS, **more):
    return c.post(f"{home}/{slot}/Actions/VirtualMedia.InsertMedia", json={"Image": "http://10.0.0.1/a.iso", **more})


def eject(c, slot="Cd1", **more):
    return c.post(f"{SLOTS}/{slot}/Actions/VirtualMedia.EjectMedia", **more)


# ---- quirk 1: where Boot is writable ---------------------------------------------------------------

def test_settings_resource():
    with served("settings-resource") as c:
        answer = c.set_boot(BootSourceOverrideTarget="Pxe")
        assert answer.status_code == 400 and message_ids(answer) == ["PropertyNotWritable"]
        settings = c.get(SYSTEM).json()["@Redfish.Settings"]["SettingsObject"]["@odata.id"]
        assert c.patch(settings, json={"Boot": {"BootSourceOverrideTarget": "Pxe"}}).status_code == 200
        assert c.boot()["BootSourceOverrideTarget"] == "Pxe"


def test_settings_at_reset():
    with served("settings-at-reset") as c:
        c.patch(f"{SYSTEM}/Settings", json={"Boot": {"BootSourceOverrideTarget": "Pxe", "BootSourceOverrideEnabled": "Once"}})
        assert c.boot()["BootSourceOverrideTarget"] == "None"
        assert c.get(f"{SYSTEM}/Settings").json()["Boot"]["BootSourceOverrideTarget"] == "Pxe"
        c.reset("On")
        assert c.bmc.machine.booted[-1].target == "Pxe"


# ---- quirks 3 and 4: 200 and something else, not now ------------------------------------------------

def set_three(c):
    return c.set_boot(BootSourceOverrideTarget="Pxe", BootSourceOverrideEnabled="Once", BootSourceOverrideMode="UEFI")


def three(c):
    boot = c.boot()
    return tuple(boot.get(f"BootSourceOverride{n}") for n in ("Target", "Enabled", "Mode"))


def test_silent():
    with served("silent-ok") as c:
        assert set_three(c).status_code == 200 and three(c) == ("None", "Disabled", "UEFI")
    with served("silent-legacy") as c:
        assert c.set_boot(BootSourceOverrideTarget="Pxe").status_code == 200 and three(c) == ("Pxe", "Disabled", "Legacy")
        assert set_three(c).status_code == 200 and three(c) == ("Pxe", "Once", "UEFI")
    with served("boot-all-three") as c:
        assert c.set_boot(BootSourceOverrideTarget="Pxe", BootSourceOverrideEnabled="Once").status_code == 200
        assert three(c) == ("None", "Disabled", "UEFI")
        assert set_three(c).status_code == 200 and three(c) == ("Pxe", "Once", "UEFI")


def test_no_mode():
    with served("no-mode") as c:
        assert set_three(c).status_code == 400 and three(c) == ("None", "Disabled", None)
        assert c.set_boot(BootSourceOverrideTarget="Pxe", BootSourceOverrideEnabled="Once").status_code == 200


@pytest.mark.parametrize("profile, attribute", [("no-http-uri", "UrlBootFile"), ("no-http-uri-dell", "HttpDev1Uri")])
def test_no_http_uri(profile, attribute):
    with served(profile) as c:
        c.set_boot(HttpBootUri="http://10.0.0.1/a.efi")
        assert not c.boot().get("HttpBootUri")
        c.patch(f"{SYSTEM}/Bios/Settings", json={"Attributes": {attribute: "http://10.0.0.1/b.efi"}})
        c.set_boot(BootSourceOverrideTarget="UefiHttp", BootSourceOverrideEnabled="Once")
        c.reset("On")
        assert c.bmc.machine.booted[-1].uri == "http://10.0.0.1/b.efi"


def test_busy():
    with served("post-busy") as c:
        c.bmc.profile.seconds = 0.2
        answer = set_three(c)
        assert answer.status_code == 409 and message_ids(answer) == ["UnableToModifyDuringSystemPOST"]
        soon(lambda: set_three(c).status_code == 200)
        c.bmc.machine.post = 60
        c.reset("On")
        assert set_three(c).status_code == 409
    with served("transient-conflict") as c:
        assert [c.reset("On").status_code for _ in range(3)] == [409, 409, 204]
        assert [set_three(c).status_code for _ in range(3)] == [409, 409, 200]
    with served("unavailable") as c:
        answer = c.reset("On")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
        assert [c.reset("On").status_code for _ in range(2)] == [503, 204]
    with served("always-conflict") as c:
        assert {c.reset("On").status_code for _ in range(10)} == {409}


# ---- quirks 5 and 10: power, the override ----------------------------------------------

def test_power():
    with served("power-noop-409") as c:
        assert c.reset("ForceOff").status_code == 409 and c.reset("On").status_code == 204
    with served("force-restart-hangs") as c:
        c.reset("On")
        assert c.reset("ForceRestart").status_code == 204
        time.sleep(0.15)
        system = c.get(SYSTEM).json()
        assert system["PowerState"] == "On" and system["BootProgress"]["LastState"] != "OSRunning" and len(c.bmc.machine.booted) == 1
        c.reset("ForceOff")
        c.reset("On")
        soon(lambda: c.get(SYSTEM).json()["BootProgress"]["LastState"] == "OSRunning")


def test_override():
    with served("once-is-kept") as c:
        set_three(c)
        c.reset("On")
        c.reset("ForceRestart")
        assert [w.target for w in c.bmc.machine.booted] == ["Pxe", "Pxe"] and three(c)[1] == "Once"
    with served("once-is-ignored") as c:
        set_three(c)
        c.reset("On")
        assert [w.target for w in c.bmc.machine.booted] == ["Hdd"] and three(c)[1] == "Disabled"
    with served("network-comes-first") as c:
        before = c.boot()["BootOrder"]
        c.reset("On")
        assert before[0] == "Boot0003" and c.boot()["BootOrder"][:2] == ["Boot0001", "Boot0002"]
    with served("options-unordered") as c:
        options = [m["@odata.id"].rsplit("/", 1)[1] for m in c.get(f"{SYSTEM}/BootOptions").json()["Members"]]
        assert options == c.boot()["BootOrder"][::-1]


# ---- quirk 7: virtual media -------------------------------------------------------------------------

def test_media():
    with served("media-under-managers") as c:
        assert "VirtualMedia" not in c.get(SYSTEM).json()
        assert insert(c, home=c.get("/redfish/v1/Managers/bmc").json()["VirtualMedia"]["@odata.id"]).status_code == 204
    with served("media-405-slot") as c:
        assert insert(c, "Cd0").status_code == 405 and insert(c).status_code == 204
    with served("media-dvd-only") as c:
        assert [c.get(m["@odata.id"]).json()["MediaTypes"] for m in c.get(SLOTS).json()["Members"]][1] == ["DVD"]
    with served("media-stale-inserted") as c:
        assert c.get(f"{SLOTS}/Cd1").json()["Inserted"] is True and insert(c).status_code == 409
        assert eject(c).status_code == 204 and insert(c).status_code == 204
    with served("media-stays-inserted") as c:
        insert(c)
        eject(c)
        slot = c.get(f"{SLOTS}/Cd1").json()
        assert (slot["Inserted"], slot["Image"]) == (True, None) and c.bmc.machine.medium is None
        assert insert(c).status_code == 204
    with served("media-strict") as c:
        assert insert(c, Inserted=True).status_code == 400 and insert(c, WriteProtected=True).status_code == 400
        assert insert(c).status_code == 204
    with served("eject-wants-empty-object") as c:
        insert(c)
        assert eject(c).status_code == 400 and eject(c, json={}).status_code == 204
    with served("media-usbcd") as c:
        assert c.set_boot(BootSourceOverrideTarget="Cd").status_code == 400
        insert(c)
        assert c.set_boot(BootSourceOverrideTarget="UsbCd", BootSourceOverrideEnabled="Once").status_code == 200
        c.reset("On")
        assert c.bmc.machine.booted[-1].target == "Cd"
