# SPDX-License-Identifier: Apache-2.0
"""`remint bmc firmware`: versions, and updates that are judged by what the inventory says afterwards."""
import contextlib
import os
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from client import client_of, leaves_no_session

import lab.bmc.update as emulated
from lab.bmc.fake import Way

UPDATE = "/redfish/v1/UpdateService"


@pytest.fixture
def image(tmp_path):
    def make(component, version, size=5000):
        path = tmp_path / f"{component}.bin"
        path.write_bytes(f"lab-firmware {component} {version}\n".encode() + bytes(size))
        return str(path)
    return make


@contextlib.contextmanager
def web(folder):
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            """Nobody asks."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def changes(result):
    return [(one["id"], one["before"], one["after"]) for one in result["changes"]]


# ---- versions -------------------------------------------------------------------------------------

def test_the_list_is_by_id_and_says_what_for():
    with leaves_no_session() as c:
        made = c.ok("firmware", "list")
        assert [e["id"] for e in made["firmware"]] == ["BIOS", "BMC", "NIC0", "PSU0"] and made["problems"] == []
        assert made["firmware"][0] == {
            "id": "BIOS", "name": "BIOS", "version": "2.3.1", "software_id": "BIOS", "manufacturer": None, "updateable": True, "state": "Enabled",
            "path": f"{UPDATE}/FirmwareInventory/BIOS", "related": [c.bmc.system_uri]}
        assert c.ok("inspect")["firmware"] == made["firmware"]
        status, out, _ = c.run("firmware", "list")
        assert status == 0 and out.splitlines()[1].split() == ["BIOS", "BIOS", "2.3.1", "yes"]


def test_entries_that_cannot_be_read_are_told():
    with leaves_no_session("wrong-types", at=f"{UPDATE}/FirmwareInventory/BMC") as c:
        made = c.ok("firmware", "list")
        assert [e["id"] for e in made["firmware"]] == ["BIOS", "NIC0", "PSU0"]
        assert [p["part"] for p in made["problems"]] == [f"{UPDATE}/FirmwareInventory/BMC"]


def test_a_huge_inventory(monkeypatch):
    monkeypatch.setattr(emulated.Update, "others", {f"Slot{n:03}": f"1.{n}" for n in range(150)})
    with leaves_no_session("huge", at=f"{UPDATE}/FirmwareInventory/BMC") as c:
        assert len(c.ok("firmware", "list")["firmware"]) == 154


# ---- files ----------------------------------------------------------------------------------------

def test_a_file_is_sent_in_two_parts(image):
    with leaves_no_session() as c:
        status, out, err = c.run("firmware", "update", image("BMC", "2.15", 200000))
        assert status == 0 and out.splitlines()[1].split() == ["BMC", "BMC", "2.14", "2.15"]
        assert f"{c.bmc.url}: sending 100%" in err and f"{c.bmc.url}: installing" in err
        sent = c.asked("POST", "update-multipart")
        assert len(sent) == 1 and sent[0].headers["content-type"].startswith("multipart/form-data")
        assert "expect" not in sent[0].headers and sent[0].headers["content-length"] == str(len(sent[0].body))
        first, second = sent[0].body.index(b'name="UpdateParameters"'), sent[0].body.index(b'name="UpdateFile"; filename="BMC.bin"')
        assert first < second and b'{"Targets":[]}' in sent[0].body
        assert c.bmc.update.versions["BMC"] == "2.15"


def test_what_the_next_boot_puts_in_force_is_pending(image):
    with leaves_no_session() as c:
        made = c.ok("firmware", "update", image("BIOS", "2.4.0"))
        assert (made["outcome"], made["needs_reset"], made["changes"]) == ("pending", True, [])
        c.ok("power", "on")
        assert c.ok("inspect")["system"]["bios_version"] == "2.4.0"


def test_a_time_can_be_asked_for(image):
    with leaves_no_session() as c:
        made = c.ok("firmware", "update", image("BIOS", "2.4.0"), "--apply=now")
        assert made["outcome"] == "changed" and changes(made) == [("BIOS", "2.3.1", "2.4.0")]
        made = c.ok("firmware", "update", image("NIC0", "23"), "--apply=reset")
        assert made["outcome"] == "pending"
        assert b"OnReset" in c.asked("POST", "update-multipart")[-1].body


def test_targets(image):
    with leaves_no_session() as c:
        made = c.ok("firmware", "update", image("NIC0", "23"), "--target=NIC0")
        assert made["outcome"] == "changed" and f'"{UPDATE}/FirmwareInventory/NIC0"'.encode() in c.asked("POST", "update-multipart")[-1].body
        assert "no firmware NIC7 (there is: BIOS, BMC, NIC0, PSU0)" in c.fails("firmware", "update", image("NIC0", "24"), "--target=NIC7")
        assert "conflicts" in c.fails("firmware", "update", image("NIC0", "24"), "--target=BMC")


def test_a_version_that_is_there_already_is_a_success(image):
    with leaves_no_session() as c:
        made = c.ok("firmware", "update", image("NIC0", "23"), "--target=NIC0", "--version=23")
        assert made["outcome"] == "changed" and len(c.asked("POST", "update-multipart")) == 1
        again = c.ok("firmware", "update", image("NIC0", "23"), "--target=NIC0", "--version=23")
        assert again == {"outcome": "there", "way": None, "changes": [], "needs_reset": False, "restarted": False}
        status, out, _ = c.run("firmware", "update", image("NIC0", "23"), "--target=NIC0", "--version=23")
        assert status == 0 and out == "this version is there already: nothing was sent\n"
        assert len(c.asked("POST", "update-multipart")) == 1
        # An image of another version; no target.
        said = c.fails("firmware", "update", image("NIC0", "24"), "--target=NIC0", "--version=25", "--wait=1")
        assert "no version 25 of what was to be updated" in said and len(c.asked("POST", "update-multipart")) == 2
        status, _, err = c.run("firmware", "update", image("NIC0", "24"), "--version=24")
        assert status == 1 and "--version needs --target" in err


@pytest.mark.parametrize("make, said", [
    (lambda p: p.write_bytes(b""), "is empty"), (lambda p: p.mkdir(), "not a regular file"), (lambda p: None, "No such file")])
def test_files_that_are_none(tmp_path, make, said):
    make(tmp_path / "image")
    with leaves_no_session() as c:
        assert said in c.fails("firmware", "update", str(tmp_path / "image"))
        assert not [r for r in c.asked("POST") if "update" in r.path]


def test_an_image_larger_than_the_bmc_takes_is_not_sent(image, monkeypatch):
    monkeypatch.setattr(emulated, "LARGEST", 1000)
    with leaves_no_session() as c:
        assert "takes images of at most 1000" in c.fails("firmware", "update", image("BMC", "2.15"))
        assert not c.asked("POST", "update-multipart")


def test_a_file_is_not_held_in_memory(image):
    """The most memory that the command has had, in KiB, for a small and a large one."""
    used = []
    for size in (1000, 24 << 20):
        with client_of() as c:
            argv = [*c.argv("firmware", "update", image("BMC", f"2.{size}"))]
            pid = os.posix_spawn(argv[0], argv, c.environment(), file_actions=[(os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
                                                                               (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
            _, status, usage = os.wait4(pid, 0)
            assert status == 0
            used.append(usage.ru_maxrss)
    assert used[1] - used[0] < 4096


# ---- images that the BMC fetches ------------------------------------------------------------------

@pytest.mark.parametrize("profile", ["plain", "update-no-protocol"])
def test_an_image_that_is_fetched(image, tmp_path, profile):
    image("BMC", "2.15")
    with web(tmp_path) as origin, leaves_no_session(profile) as c:
        made = c.ok("firmware", "update", f"--uri={origin}/BMC.bin")
        assert made["way"] == "simple" and changes(made) == [("BMC", "2.14", "2.15")]
        assert c.asked("POST", "SimpleUpdate")[0].json == {"ImageURI": f"{origin}/BMC.bin", "TransferProtocol": "HTTP"}


@pytest.mark.parametrize("uri, said", [("nfs://10.0.0.1/x", "does not fetch images by NFS; it offers HTTP, HTTPS"), ("x.bin", "not the address"),
                                       ("http://127.0.0.1:9/x", "could not reach")])
def test_an_image_that_cannot_be_fetched(uri, said):
    with leaves_no_session() as c:
        assert said in c.fails("firmware", "update", f"--uri={uri}")


def test_misuse(image):
    with client_of() as c:
        status, _, err = c.run("firmware", "update", "--apply=later")
        assert status == 1 and "now or reset" in err
        status, _, err = c.run("firmware", "update")  # HOST alone would be FILE
        assert status == 1 and "which BMC?" in err


# ---- what BMCs do ---------------------------------------------------------------------------------

def test_a_busy_service_is_asked_again(image):
    with leaves_no_session("update-busy") as c:
        assert c.ok("firmware", "update", image("BMC", "2.15"))["outcome"] == "changed"
        assert [r.status for r in c.asked("POST", "update-multipart")] == [503, 503, 202]


def test_an_update_that_fails_says_why(image):
    with leaves_no_session("update-fails") as c:
        assert "The image is not for this BMC." in c.fails("firmware", "update", image("BMC", "2.15"))


@pytest.mark.parametrize("component", ["BMC", "NIC0"])
def test_a_bmc_that_restarts_in_the_middle(image, component):
    with leaves_no_session("update-restarts") as c:
        made = c.ok("firmware", "update", image(component, "9"))
        assert made["outcome"] == "changed" and made["restarted"] and made["changes"][0]["after"] == "9"


def test_a_success_that_changed_nothing_is_told(image):
    with leaves_no_session("update-silent") as c:
        assert "no version has changed" in c.fails("firmware", "update", image("BMC", "2.15"), "--wait=1")


def test_a_pending_update_that_nobody_told_of(image):
    with leaves_no_session() as c:
        c.bmc.profile.tells_reset = False
        assert "in force after a reset" in c.fails("firmware", "update", image("BIOS", "2.4.0"), "--wait=1")
        with c.bmc.lock:
            c.bmc.machine.power_on(Way())
            c.bmc.update.apply()
        assert c.bmc.update.versions["BIOS"] == "2.4.0"


def test_405_to_multipart_leads_to_the_other_way(image):
    with leaves_no_session("update-refuses-parts") as c:
        made = c.ok("firmware", "update", image("BMC", "2.15"))
        assert made["way"] == "push" and changes(made) == [("BMC", "2.14", "2.15")]
        assert c.asked("POST", "UpdateService/update")[-1].body.startswith(b"lab-firmware BMC 2.15\n")
        assert "neither targets nor a time" in c.fails("firmware", "update", image("BMC", "2.16"), "--target=BMC")


def test_a_bmc_that_takes_no_files(image):
    with leaves_no_session("update-no-files") as c:
        assert "takes no files; give it an address" in c.fails("firmware", "update", image("BMC", "2.15"))


@pytest.mark.parametrize("profile", ["etag-refuses-action", "task-in-body", "task-303", "job-404-at-first", "resets-reused-connections", "no-sessions"])
def test_quirks_of_others(image, profile):
    with leaves_no_session(profile) as c:
        assert c.ok("firmware", "update", image("NIC0", "2.15"))["outcome"] == "changed"


def test_a_session_that_ends_in_between(image):
    with leaves_no_session("expired-session") as c:
        assert c.ok("firmware", "update", image("BMC", "2.15"))["outcome"] == "changed"


def test_an_interrupted_update_logs_out(image):
    with leaves_no_session("task-never-ends") as c:
        status, seconds = c.interrupted("firmware", "update", image("BMC", "2.15"), after=1.5)
        assert status == 1 and seconds < 6 and "stopped" in c.output
