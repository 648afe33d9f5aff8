# SPDX-License-Identifier: Apache-2.0
"""A BMC of the lab and real firmware: what Redfish sets is where the machine starts from. docs/lab-bmc.md"""
import functools
import http.server
import shutil
import sys
import threading
from pathlib import Path

import pytest
from conftest import SECONDS
from lab.bmc import Bmc, LabMachine
from lab.machine import GATEWAY
from lab.wait import until

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "redfish"))

from asking import SYSTEM, Asking  # noqa: E402


@pytest.fixture
def driven(rack):
    """A machine with a tenant's system on its disk, and a client of its BMC."""
    disk = rack.disk(64, "virtio")
    shutil.copyfile(rack.tiny, disk.path)
    machine = rack.machine(disk, firmware="uefi")
    with Bmc(LabMachine(machine)) as bmc, Asking(bmc, basic=True) as c:
        yield machine, c
        assert bmc.broken == []


@pytest.fixture
def web():
    """A server with iPXE; its URL as a machine reaches it."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory="/usr/lib/ipxe")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=[0.1], daemon=True).start()
    yield f"http://{GATEWAY}:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def power(c):
    return c.get(SYSTEM).json()["PowerState"]


def test_http_boot_by_its_uri_for_one_boot_then_the_disk(driven, web):
    """The DHCP of QEMU's own network names no URI: it comes from the BMC alone. iPXE is what lies there."""
    machine, c = driven
    url = f"{web}/snponly.efi"
    assert c.set_boot(BootSourceOverrideTarget="UefiHttp", BootSourceOverrideEnabled="Once", BootSourceOverrideMode="UEFI",
                      HttpBootUri=url).status_code == 200
    assert c.reset("On").status_code == 204
    assert c.boot()["BootSourceOverrideEnabled"] == "Disabled"
    machine.wait_console("Override of the BMC", SECONDS)
    machine.wait_console("iPXE", SECONDS)
    assert f"URI: {url}" in machine.console() and "tenant:" not in machine.console()

    # By the option that it now has for its card there is no PXE before.
    c.set_boot(BootSourceOverrideTarget="UefiHttp", BootSourceOverrideEnabled="Once")
    c.reset("ForceRestart")
    machine.wait_console("iPXE", SECONDS)
    assert f"URI: {url}" in machine.console() and "PXE over" not in machine.console()

    # What the firmware has found is in its variables, and so with the BMC.
    assert {"Pxe", "UefiHttp"} <= {c.get(m["@odata.id"]).json().get("Alias") for m in c.get(f"{SYSTEM}/BootOptions").json()["Members"]}
    assert c.set_boot(BootSourceOverrideTarget="Hdd", BootSourceOverrideEnabled="Once").status_code == 200
    assert c.reset("ForceRestart").status_code == 204
    machine.wait_console("tenant: started", SECONDS)
    until(lambda: power(c) == "Off", SECONDS, "the tenant's system has switched off")


def test_order_is_the_bmcs(driven):
    """By its own order the firmware starts from the disk; the BMC's order is what it finds the next time."""
    machine, c = driven
    c.reset("On")
    machine.wait_console("tenant: started", SECONDS)
    until(lambda: power(c) == "Off", SECONDS, "the tenant's system has switched off")
    order = c.boot()["BootOrder"]
    kinds = {name: c.get(f"{SYSTEM}/BootOptions/{name}").json().get("Alias") for name in order}
    network = [name for name in order if kinds[name] == "Pxe"]
    assert network and c.set_boot(BootOrder=network + [n for n in order if n not in network]).status_code == 200
    c.reset("On")
    machine.wait_console("Start PXE over IPv4", SECONDS)
    assert c.reset("ForceOff").status_code == 204 and power(c) == "Off"
    assert c.boot()["BootOrder"][0] == network[0]
