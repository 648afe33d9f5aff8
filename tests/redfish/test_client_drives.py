# SPDX-License-Identifier: Apache-2.0
"""`remint bmc drives`: which there are, and the erasure of one, which is the BMC's word alone."""
import pytest
from client import client_of, leaves_no_session
from lab.bmc import FakeMachine


def test_the_list():
    machine = FakeMachine()
    with leaves_no_session(machine=machine) as c:
        made = c.ok("drives", "list")
        assert [(d["serial"], d["protocol"], d["secure_erase"]) for d in made["drives"]] == [
            (machine.drives[0][1], "NVMe", True), (machine.drives[1][1], "SATA", True)]
        assert made["drives"][0]["sanitization_types"] == ["BlockErase", "CryptographicErase", "Overwrite"]
        assert c.ok("inspect")["drives"] == made["drives"]


def test_one_is_erased_by_its_serial():
    machine = FakeMachine()
    with leaves_no_session(machine=machine) as c:
        serial = machine.drives[1][1]
        made = c.ok("drives", "erase", f"--serial={serial}", "--yes-erase")
        assert machine.erased == [serial] and made["serial"] == serial and made["asserted"] is True
        assert c.asked("POST", "SecureErase")[0].json == {} and c.asked("GET", "/TaskMonitors/")
        status, out, err = c.run("drives", "erase", f"--serial={serial}", "--yes-erase", "--type=CryptographicErase")
        assert status == 0 and "this is the BMC's word" in out and "erasing" in err
        assert c.asked("POST", "SecureErase")[1].json == {"SanitizationType": "CryptographicErase"}


@pytest.mark.parametrize("words", [["--yes-erase"], ["--serial=X"], []])
def test_it_has_to_be_meant(words):
    with client_of() as c:
        status, _, err = c.run("drives", "erase", *words)
        assert status == 2 and "is needed" in err and not c.bmc.requests


@pytest.mark.parametrize("profile, words, said", [
    ("plain", ["--serial=NOWHERE"], "no drive with the serial NOWHERE"),
    ("plain", ["--type=Shred"], "does not erase this drive by Shred; it offers BlockErase, CryptographicErase, Overwrite"),
    ("no-secure-erase", [], "it has no SecureErase"),
    ("task-fails", [], "the firmware did not answer"),
    ("always-conflict", [], "HTTP status 409"),
])
def test_what_cannot_be(profile, words, said):
    machine = FakeMachine()
    with leaves_no_session(profile, machine) as c:
        assert said in c.fails("drives", "erase", f"--serial={machine.drives[0][1]}", *words, "--yes-erase")
        assert machine.erased == []


def test_a_serial_that_two_drives_have_erases_none():
    machine = FakeMachine()
    with leaves_no_session(machine=machine) as c:
        serial = machine.drives[0][1]
        other = c.bmc.tree.find(f"{c.bmc.system_uri}/Storage/1/Drives/{machine.drives[1][1]}")
        other.read = lambda: {"SerialNumber": f"  {serial} "}
        assert "several drives" in c.fails("drives", "erase", f"--serial={serial}", "--yes-erase")
        assert not c.asked("POST", "SecureErase") and machine.erased == []


def test_a_drive_that_has_become_another_one_is_not_erased():
    machine = FakeMachine()
    with leaves_no_session(machine=machine) as c:
        serial = machine.drives[0][1]
        drive, seen = c.bmc.tree.find(f"{c.bmc.system_uri}/Storage/1/Drives/{serial}"), []
        drive.read = lambda: {"SerialNumber": serial if len(seen) < 1 else "OTHER", "n": seen.append(1)}
        assert "is another drive now" in c.fails("drives", "erase", f"--serial={serial}", "--yes-erase")
        assert machine.erased == []
