# SPDX-License-Identifier: Apache-2.0
"""BIOS attributes: shown, set, compared."""
import json

import pytest
from client import client_of, leaves_no_session


def state(result):
    return {a["name"]: a["state"] for a in result["attributes"]}


def profile(tmp_path, **attributes):
    file = tmp_path / "profile.json"
    file.write_text(json.dumps({"attributes": attributes}))
    return f"--profile={file}"


def test_show():
    with leaves_no_session() as c:
        made = c.ok("bios", "show", "--entries")
        assert made["attributes"]["SysProfile"] == "PerfPerWattOptimized" and made["attributes"]["BootRetryCount"] == 3
        assert (made["pending"], made["unreadable"], made["registry"]) == ({}, [], "LabBiosRegistry.v1_0_0")
        assert made["entries"]["BootMode"]["values"] == ["Uefi", "Bios"] and made["entries"]["BootRetryCount"]["max"] == 10
        assert "entries" in made and c.ok("bios", "show")["entries"] is None


@pytest.mark.parametrize("profile_", ["plain", "bios-job", "bios-no-registry", "etag-strict", "endless-next-link", "several-systems"])
def test_set(profile_, tmp_path):
    with leaves_no_session(profile_) as c:
        made = c.ok("bios", "set", "--set=SysProfile=PerfOptimized", "--set=BootRetryCount=7", "--set=BootMode=Uefi")
        assert made["set"] == {"SysProfile": "PerfOptimized", "BootRetryCount": 7} and made["already"] == ["BootMode"]
        assert bool(made["task"]) == (profile_ == "bios-job")
        assert len(c.asked("PATCH")) == 1
        wanted = profile(tmp_path, SysProfile="PerfOptimized", BootRetryCount=7)
        assert not c.ok("bios", "set", wanted)["set"] and len(c.asked("PATCH")) == 1
        c.ok("power", "on")
        assert c.ok("bios", "show")["attributes"]["SysProfile"] == "PerfOptimized"
        assert state(c.ok("bios", "compare", wanted)) == {"SysProfile": "equal", "BootRetryCount": "equal"}


def test_a_job_until_the_next_boot_is_not_waited_for():
    with leaves_no_session("bios-job") as c:
        c.ok("bios", "set", "--set=SysProfile=Custom")
        assert c.seconds < 5 and c.bmc.profile.job.state == "Running"


@pytest.mark.parametrize("setting, why", [
    ("SysProfile=Fast", "it is one of PerfOptimized, PerfPerWattOptimized, Custom"), ("BootRetryCount=11", "from 0 to 10"),
    ("BootRetryCount=many", "a whole number"), ("Nothing=1", "has no BIOS attribute Nothing"), (f"AssetNote={'x' * 2000}", "it is a text"),
    ("AssetNote=\x1b[2J", "control characters")])
def test_what_cannot_be_is_not_sent(setting, why):
    with leaves_no_session() as c:
        assert why in c.fails("bios", "set", f"--set={setting}")
        assert not c.asked("PATCH")


def test_read_only_is_not_sent():
    with leaves_no_session() as c:
        shape = c.bmc.profile.shape

        def read_only(request, body):
            for entry in body.get("RegistryEntries", {}).get("Attributes", ()):
                entry["ReadOnly"] = entry["AttributeName"] == "BootMode"
            return shape(request, body)
        c.bmc.profile.shape = read_only
        assert "BootMode is read-only" in c.fails("bios", "set", "--set=BootMode=Bios")
        assert not c.asked("PATCH")


def test_what_the_bmc_does_not_do():
    with leaves_no_session("bios-silent") as c:
        said = c.fails("bios", "set", "--set=SysProfile=Custom", "--wait=1")
        assert 'agreed to SysProfile = "Custom"; there is "PerfPerWattOptimized"' in said
    with leaves_no_session("bios-refuses") as c:
        assert "SysProfile must be Custom for that" in c.fails("bios", "set", "--set=AcPwrRcvry=On")


def test_compare(tmp_path):
    with leaves_no_session() as c:
        c.ok("bios", "set", "--set=AcPwrRcvry=On")
        shape = c.bmc.profile.shape

        def odd(request, body):
            if "Attributes" in body:
                body["Attributes"].update(Odd={"an": "object"}, **{"\x1b[2J": 1})
            return shape(request, body)
        c.bmc.profile.shape = odd
        wanted = profile(tmp_path, AcPwrRcvry="On", BootMode="Bios", BootRetryCount=3.0, Odd=1, Nowhere=True)
        status, out, _ = c.run("bios", "compare", wanted, "--json")
        result = json.loads(out)["bmcs"][0]["result"]
        assert status == 1 and state(result) == {"AcPwrRcvry": "pending", "BootMode": "differing", "BootRetryCount": "equal",
                                                 "Odd": "not readable", "Nowhere": "not readable"}
        assert [result[k] for k in ("equal", "differing", "pending", "not_readable")] == [1, 1, 1, 2]
        assert c.ok("bios", "compare", profile(tmp_path, BootMode="Uefi"))["equal"] == 1
        assert "\x1b" not in c.run("bios", "show")[1]


def test_reset():
    with leaves_no_session("etag-refuses-action") as c:
        c.ok("bios", "set", "--set=AcPwrRcvry=On")
        assert c.ok("bios", "reset")["reset"]
        assert c.ok("bios", "show")["pending"] == {}


@pytest.mark.parametrize("fault", ["wrong-types", "null-types", "duplicate-keys", "deep"])
@pytest.mark.parametrize("at", ["/redfish/v1/Systems/1/Bios", "/redfish/v1/Registries/LabBios/Registry"])
def test_hostile(fault, at):
    with leaves_no_session(fault, at=at) as c:
        status, out, err = c.run("bios", "set", "--set=BootMode=Bios", "--json")
        assert status in (0, 1) and c.seconds < 10 and json.loads(out), err
        assert status == 0 or "BIOS" in err


def test_misuse(tmp_path):
    with client_of() as c:
        for words in (("show", "--set=A=1"), ("set",), ("set", "--set=A"), ("set", "--set=A=1", "--set=A=2"), ("compare",), ("paint",),
                      ("compare", f"--profile={tmp_path}/none"), ("reset", profile(tmp_path, A=1)), ("compare", profile(tmp_path, A=[1]))):
            status, _, err = c.run("bios", *words)
            assert status == 1 and err.startswith("remint: "), words
        assert not c.bmc.requests
