# SPDX-License-Identifier: Apache-2.0
"""The order of boot options: shown and set."""
import pytest
from client import client_of, leaves_no_session

BEFORE = ["Boot0003", "Boot0001", "Boot0002", "Boot0000"]  # debian, PXE, HTTP, CD


def references(result):
    return [o["reference"] for o in result["order"]]


@pytest.mark.parametrize("profile", ["plain", "options-unordered"])
def test_show(profile):
    """The collection of options is in another order: that says nothing."""
    with leaves_no_session(profile) as c:
        made = c.ok("boot", "order")
        assert references(made) == BEFORE and made["pending"] is None and made["others"] == []
        assert made["order"][0] == {"reference": "Boot0003", "name": "debian", "alias": "Hdd", "enabled": True}
        assert "debian" in c.run("boot", "order")[1]


@pytest.mark.parametrize("profile", ["plain", "options-unordered", "settings-resource", "etag-strict", "transient-conflict", "several-systems"])
def test_set(profile):
    with leaves_no_session(profile) as c:
        assert references(c.ok("boot", "order", "--first=Pxe")) == ["Boot0001", "Boot0003", "Boot0002", "Boot0000"]
        assert references(c.ok("boot", "order", "--set=Boot0000,debian")) == ["Boot0000", "Boot0003", "Boot0001", "Boot0002"]
        assert c.bmc.machine.boot_order() == ["Boot0000", "Boot0003", "Boot0001", "Boot0002"]
        writes = len(c.asked("PATCH"))
        c.ok("boot", "order", "--first=Cd")
        assert len(c.asked("PATCH")) == writes  # it is so already


def test_at_the_next_start():
    with leaves_no_session("settings-at-reset") as c:
        made = c.ok("boot", "order", "--first=UefiHttp")
        assert references(made) == BEFORE and made["pending"][0] == "Boot0002"
        c.ok("power", "on")
        assert references(c.ok("boot", "order"))[0] == "Boot0002"


def test_an_option_that_is_not_there():
    with leaves_no_session() as c:
        assert "no boot option Floppy" in c.fails("boot", "order", "--first=Floppy")
        assert not c.asked("PATCH")


def test_an_agreement_that_is_none():
    with leaves_no_session("silent-ok") as c:
        assert "there is Boot0003, Boot0001" in c.fails("boot", "order", "--first=Pxe", "--wait=1")


def test_no_order():
    with leaves_no_session() as c:
        shape = c.bmc.profile.shape

        def without(request, body):
            body.get("Boot", {}).pop("BootOrder", None)
            return shape(request, body)
        c.bmc.profile.shape = without
        assert "does not show a boot order" in c.fails("boot", "order")


@pytest.mark.parametrize("fault, at", [("wrong-types", "BootOptions/Boot0001"), ("null-types", "BootOptions/Boot0001"), ("wrong-types", "BootOptions")])
def test_hostile(fault, at):
    with leaves_no_session(fault, at=f"/redfish/v1/Systems/1/{at}") as c:
        assert "boot order" in c.fails("boot", "order", "--first=Pxe")
        assert not c.asked("PATCH")


def test_misuse():
    with client_of() as c:
        assert c.run("boot", "order", "--set=A", "--first=B")[0] == 1
        assert "not the address of a boot file" in c.run("boot", "http", "--uri=remint.efi")[2] and not c.bmc.requests
