# SPDX-License-Identifier: Apache-2.0
"""Each quirk that a client can meet has its fault in the emulator, and the client comes through. docs/redfish.md lists them."""
import pytest
from client import client_of, leaves_no_session
from lab.bmc import FakeMachine
from lab.bmc.fake import Way
from lab.bmc.profiles import PROFILES

ISO = "http://10.0.0.1/agent.iso"


def boot_of(result):
    return result["target"], result["enabled"], result["mode"]


# ---- 1: where Boot is writable --------------------------------------------------------------------

def test_boot_is_written_to_the_settings():
    with leaves_no_session("settings-resource") as c:
        assert boot_of(c.ok("boot", "pxe")) == ("Pxe", "Once", "UEFI")
        assert c.asked("PATCH", "/Settings") or c.asked("PATCH", "ettings")


def test_boot_at_the_settings_may_wait_for_a_reset():
    with leaves_no_session("settings-at-reset") as c:
        made = c.ok("boot", "pxe")
        assert made["enabled"] == "Disabled" and boot_of(made["pending"]) == ("Pxe", "Once", "UEFI")


def test_a_refusal_leads_to_the_settings_whoever_made_the_bmc():
    with leaves_no_session("settings-resource", vendor="Contoso", product="X") as c:
        c.bmc.profile.model = "X"
        assert boot_of(c.ok("boot", "pxe")) == ("Pxe", "Once", "UEFI")
        assert [r.path for r in c.asked("PATCH")][0] == c.bmc.system_uri


# ---- 2: ETags -------------------------------------------------------------------------------------

@pytest.mark.parametrize("profile", ["etag-strict", "etag-weak", "etag-refuses-valid", "etag-refuses-action", "etag-gzip",
                                     "etag-no-identity", "etag-strict+etag-gzip", "etag-no-identity+etag-gzip"])
def test_etags(profile):
    with leaves_no_session(profile) as c:
        assert boot_of(c.ok("boot", "pxe")) == ("Pxe", "Once", "UEFI")
        assert c.ok("power", "on")["power"] == "On"


def test_a_tag_is_sent_with_a_patch_and_none_with_an_action():
    with leaves_no_session() as c:
        c.ok("boot", "pxe")
        c.ok("power", "on")
        assert all("if-match" in r.headers for r in c.asked("PATCH"))
        assert not any("if-match" in r.headers for r in c.asked("POST"))
        assert {r.headers["accept-encoding"] for r in c.bmc.requests} == {"identity"}


# ---- 3: 200, and something else -------------------------------------------------------------------

@pytest.mark.parametrize("profile", ["silent-legacy", "boot-all-three", "no-mode"])
def test_boot_is_as_it_was_asked_for(profile):
    with leaves_no_session(profile) as c:
        made = c.ok("boot", "pxe", "--continuous")
        assert boot_of(made) == ("Pxe", "Continuous", None if profile == "no-mode" else "UEFI")
        assert c.ok("boot", "none")["enabled"] == "Disabled"


def test_a_200_that_does_nothing_is_told_as_such():
    with leaves_no_session("silent-ok") as c:
        said = c.fails("boot", "pxe")
        assert "agreed to Target=Pxe Enabled=Once Mode=UEFI" in said and "there is Target=None Enabled=Disabled" in said


# ---- 4: busy, no HttpBootUri, jobs that are not there yet ------------------------------------------

def test_busy_in_post():
    with leaves_no_session("post-busy") as c:
        assert boot_of(c.ok("boot", "pxe")) == ("Pxe", "Once", "UEFI")
        assert len(c.asked("PATCH")) > 1


@pytest.mark.parametrize("profile, attribute", [("no-http-uri", "UrlBootFile"), ("no-http-uri-dell", "HttpDev1Uri")])
def test_no_http_uri_is_known_of_some(profile, attribute):
    with leaves_no_session(profile) as c:
        assert attribute in c.fails("boot", "http", "--uri=http://10.0.0.1/boot.efi")
        assert not c.asked("PATCH")


def test_no_http_uri_is_found_out_and_taken_back():
    with leaves_no_session("no-http-uri", vendor="Contoso", product="X") as c:
        assert "boot by PXE" in c.fails("boot", "http", "--uri=http://10.0.0.1/boot.efi")
        assert c.ok("boot", "show")["enabled"] == "Disabled"


# ---- 5: power -------------------------------------------------------------------------------------

@pytest.mark.parametrize("profile", ["power-noop-409", "transient-conflict", "unavailable"])
def test_conflicts_of_power(profile):
    with leaves_no_session(profile) as c:
        for _ in range(2):
            assert c.ok("power", "on")["power"] == "On"
        assert c.ok("power", "force-off")["power"] == "Off"


def test_a_conflict_that_stays_is_told():
    with leaves_no_session("always-conflict") as c:
        assert "HTTP status 409" in c.fails("power", "on")


def test_a_409_is_a_success_when_somebody_else_was_faster():
    machine = FakeMachine()
    with leaves_no_session("power-noop-409", machine) as c:
        before = c.bmc.profile.before

        def by_another_hand(request):
            if request.path.endswith("ComputerSystem.Reset"):
                machine.power_on(Way())
            return before(request)
        c.bmc.profile.before = by_another_hand
        assert c.ok("power", "on")["power"] == "On"
        assert [r.status for r in c.asked("POST", "ComputerSystem.Reset")] == [409]


def test_on_while_it_shuts_down():
    machine = FakeMachine(post=0.0, shutdown=1.0)
    with leaves_no_session(machine=machine) as c:
        c.ok("power", "on")
        with c.bmc.lock:
            c.bmc.system.power.reset("GracefulShutdown")
        assert c.ok("power", "on") == {"power": "On", "before": "PoweringOff", "forced": False, "cycled": False}
        assert len(machine.booted) == 2


def test_transient_conflicts_of_settings_and_media():
    with leaves_no_session("transient-conflict") as c:
        assert boot_of(c.ok("boot", "pxe")) == ("Pxe", "Once", "UEFI")
        assert c.ok("media", "insert", f"--image={ISO}")[0]["image"] == ISO


def test_a_restart_that_hangs():
    machine = FakeMachine()
    with leaves_no_session("force-restart-hangs", machine) as c:
        c.ok("power", "on")
        assert c.ok("power", "restart")["cycled"]
        assert len(machine.booted) == 2
        assert [r.body for r in c.asked("POST", "ComputerSystem.Reset") if b"ForceRestart" in r.body] == []


# ---- 6: keep-alive --------------------------------------------------------------------------------

def test_connections_that_are_reset_when_used_again():
    with leaves_no_session("resets-reused-connections") as c:
        assert boot_of(c.ok("boot", "pxe")) == ("Pxe", "Once", "UEFI")
        assert c.ok("power", "on")["power"] == "On"


# ---- 7: virtual media -----------------------------------------------------------------------------

@pytest.mark.parametrize("profile", ["plain", "media-under-managers", "media-405-slot", "media-dvd-only", "media-stale-inserted",
                                     "media-stays-inserted", "media-strict", "eject-wants-empty-object", "media-usbcd"])
def test_media(profile):
    machine = FakeMachine()
    with leaves_no_session(profile, machine) as c:
        for image in (ISO, "http://10.0.0.1/other.iso"):
            assert c.ok("media", "insert", f"--image={image}")[0]["image"] == image
            assert machine.medium == image
        assert c.ok("boot", "cd")["target"] == ("UsbCd" if profile == "media-usbcd" else "Cd")
        assert all(slot["image"] is None for slot in c.ok("media", "eject"))
        assert machine.medium is None
        assert all(slot["image"] is None for slot in c.ok("media", "list"))


def test_a_slot_that_is_named():
    with leaves_no_session() as c:
        assert c.ok("media", "insert", f"--image={ISO}", "--slot=Usb1")[0]["slot"] == "Usb1"
        assert "no slot Nowhere" in c.fails("media", "insert", f"--image={ISO}", "--slot=Nowhere")


# ---- 8: tasks -------------------------------------------------------------------------------------

@pytest.mark.parametrize("profile", ["task-location", "task-in-body", "task-303", "task-slow", "job-404-at-first"])
def test_tasks(profile):
    with leaves_no_session(profile) as c:
        for words in (("power", "on"), ("media", "insert", f"--image={ISO}")):
            c.bmc.requests.clear()
            c.ok(*words)
            # it was followed, not just hoped for
            assert c.asked("GET", "/Tasks/" if profile == "task-in-body" else "/TaskMonitors/")


def test_retry_after_is_honoured():
    with leaves_no_session("task-slow") as c:
        c.ok("power", "on")
        assert not [r for r in c.asked("GET", "TaskMonitor") if r.status == 429]


def test_a_task_that_fails():
    with leaves_no_session("task-fails") as c:
        assert "the firmware did not answer" in c.fails("power", "on")


def test_a_task_that_never_ends():
    with leaves_no_session("task-never-ends") as c:
        assert "time that this may take is over" in c.fails("power", "on", "--timeout=3")
        assert c.seconds < 15


# ---- 9: shapes ------------------------------------------------------------------------------------

@pytest.mark.parametrize("profile", ["several-systems", "action-info", "members-null", "allowable-nested", "endless-next-link"])
def test_shapes(profile):
    with leaves_no_session(profile) as c:
        assert boot_of(c.ok("boot", "pxe")) == ("Pxe", "Once", "UEFI")
        assert c.ok("power", "on")["power"] == "On"
        assert c.ok("inspect")["problems"] == []


def test_what_action_info_says_is_kept_to(monkeypatch):
    monkeypatch.setattr(PROFILES["action-info"], "reset_types", ("ForceOn", "ForceOff"))
    with leaves_no_session("action-info") as c:
        assert c.ok("power", "on")["power"] == "On"
        assert [r.status for r in c.asked("POST", "ComputerSystem.Reset")] == [204]


def test_gpus_of_a_baseboard_that_is_a_system_of_its_own():
    with leaves_no_session("several-systems") as c:
        gpus = c.ok("inspect")["gpus"]
        assert [(g["id"], g["model"], g["serial"], g["health"]) for g in gpus] == [
            (f"GPU{n}", "HGX_Baseboard_0 GPU", f"GPU-{n}", "OK") for n in range(8)]
        assert all(g["path"].startswith("/redfish/v1/Systems/HGX_Baseboard_0/Processors/") for g in gpus)


def test_a_system_by_its_id():
    with client_of("several-systems") as c:
        assert c.ok("inspect", "--system=1")["system"]["id"] == "1"
        assert "no System of the Id 7 (there are: HGX_Baseboard_0, 1)" in c.fails("inspect", "--system=7")


# ---- 10: what is there after the boot --------------------------------------------------------------

def test_an_override_that_stays_can_be_seen_and_ended():
    with leaves_no_session("once-is-kept") as c:
        c.ok("boot", "pxe")
        c.ok("power", "on")
        assert c.ok("boot", "show")["enabled"] == "Once"
        assert c.ok("boot", "none")["enabled"] == "Disabled"
