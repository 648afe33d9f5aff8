# SPDX-License-Identifier: Apache-2.0
"""remint serve --dhcp with the real dnsmasq on a segment without root: who is offered what, beside whom, and that it ends when it should."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lab import children  # noqa: E402
from lab.segment import ADDRESS, BRIDGE, OTHER_ADDRESS, Segment  # noqa: E402
from lab.station import Station  # noqa: E402
from lab.wait import until  # noqa: E402

CLIENT = Path(__file__).parent / "dhcp_client.py"
RANGE = "10.9.0.100,10.9.0.150"
STRANGER = "52:54:00:00:0a:09"
IPXE = ["77=" + b"iPXE".hex(), "175=010100"]  # user class, and one of iPXE's own options


def client(kind, architecture, *more):
    """Options 60 and 93 as firmware of this architecture sends them."""
    return [f"60={f'{kind}:Arch:{architecture:05}:UNDI:003016'.encode().hex()}", f"93={architecture:04x}", *more]


class Lan:
    def __init__(self, folder):
        self.folder, self.segment, self.stations = folder, Segment(), []
        self.node = self.segment.host("node", "10.9.0.250")

    def station(self, *options, name="station", ready=True):
        station = Station(self.folder / name)
        station.front, station.listen, station.address = self.segment.inside(), "0.0.0.0", ADDRESS
        station.options = ["--dhcp", BRIDGE, *options]
        for file in "ipxe.efi", "undionly.kpxe":
            (station.boot / file).write_bytes(file.encode() * 100)
        (station.boot / "secret").write_bytes(b"not for TFTP")
        self.stations.append(station)
        if ready:
            with socket.create_server(("127.0.0.1", station.https_port)) as listener:
                self.segment.forward(listener, station.https_port)
            station.start()
        return station

    def serve(self, *options):
        """A start that fails: what it says."""
        done = subprocess.run(self.segment.inside(Station(self.folder / "none").program, "serve", "--state", self.folder / "none/state",
                                                  "--address", ADDRESS, "--http", "127.0.0.1:0", "--https", "127.0.0.1:0", *options),
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60, text=True)
        assert done.returncode == 1, done
        return done.stderr

    def ask(self, mac, *options):
        done = subprocess.run([*self.node, sys.executable, str(CLIENT), "node", mac, *options], check=True, capture_output=True,
                              timeout=30)
        return json.loads(done.stdout)

    def offer(self, mac, *options):
        offers = self.ask(mac, *options)
        assert len(offers) == 1, offers
        return offers[0]

    def tftp(self, name):
        """The file, or None."""
        into = self.folder / "got"
        into.unlink(missing_ok=True)
        subprocess.run([*self.node, "busybox", "tftp", "-g", "-r", name, "-l", into, ADDRESS], capture_output=True, timeout=30)
        return into.read_bytes() if into.exists() and into.stat().st_size else None

    def close(self):
        for station in self.stations:
            station.stop()
        self.segment.close()


@pytest.fixture
def lan(tmp_path):
    lan = Lan(tmp_path)
    yield lan
    lan.close()


def said(station):
    return (station.folder / "station.log").read_text(errors="replace")


def dnsmasq_of(station):
    return int(re.findall(r"dnsmasq runs, process (\d+)", said(station))[-1])


def gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_each_client_is_offered_its_file(lan):
    station = lan.station("--dhcp-range", RANGE)
    url = station.http_url
    bios = lan.offer(STRANGER, *client("PXEClient", 0))
    assert bios["file"] == "undionly.kpxe" and bios["next"] == ADDRESS and bios["address"].startswith("10.9.0.1")
    # Neither DNS nor a router that were not asked for.
    assert "3" not in bios["options"] and "6" not in bios["options"]
    for architecture in 7, 9:
        assert lan.offer(STRANGER, *client("PXEClient", architecture))["file"] == "ipxe.efi"
        assert lan.offer(STRANGER, *client("PXEClient", architecture, *IPXE))["file"] == f"{url}/boot.ipxe"
    assert lan.offer(STRANGER, *client("PXEClient", 0, IPXE[0]))["file"] == f"{url}/boot.ipxe"
    assert lan.offer(STRANGER, *client("PXEClient", 0, IPXE[1]))["file"] == f"{url}/boot.ipxe"
    http = lan.offer(STRANGER, *client("HTTPClient", 16))
    assert http["file"] == f"{url}/boot.efi" and http["vendor"] == "HTTPClient"
    for nothing in [], client("PXEClient", 11), client("HTTPClient", 19), client("HTTPClient", 15):
        offer = lan.offer(STRANGER, *nothing)
        assert offer["file"] == "" and offer["vendor"] != "HTTPClient", nothing
    assert lan.tftp("ipxe.efi") == b"ipxe.efi" * 100 and lan.tftp("undionly.kpxe") == b"undionly.kpxe" * 100
    for path in ("secret", "../secret", "../dnsmasq.conf", "../../station.db", "/etc/hostname"):
        assert lan.tftp(path) is None, path


def test_router_and_dns_where_they_are_given(lan):
    lan.station("--dhcp-range", RANGE, "--dhcp-router", "10.9.0.254", "--dhcp-dns", "192.0.2.53")
    offer = lan.offer(STRANGER)
    assert offer["options"]["3"] == "0a0900fe" and offer["options"]["6"] == "c0000235"


def test_uefi_http_starts_the_agent_for_an_open_order_alone(lan):
    """A tenant's machine that reboots is told that there is nothing, by its card; its firmware goes on to the disk."""
    station = lan.station("--dhcp-range", RANGE)
    (station.boot / "remint.efi").write_bytes(b"the agent" * 100)

    def status(*options, front=lan.node):
        done = subprocess.run([*front, "curl", "-s", "-o", lan.folder / "got.efi", "-w", "%{http_code}", "-m", "20", *options,
                               f"{station.http_url}/boot.efi"], check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
        return int(done.stdout)

    assert status() == 200, "a stranger gets the agent, which records its inventory"
    card = json.loads(subprocess.run([*lan.node, "ip", "-j", "link", "show", "node"], check=True, capture_output=True).stdout)[0]["address"]
    subprocess.run([*lan.node, "ip", "addr", "add", "10.9.0.251/24", "dev", "node"], check=True)
    station.call("POST", "/v1/nodes", {"name": "node1", "location_trusted": True, "identity": {"macs": [card]}})
    for state in ("available", "returned"):
        station.call("POST", "/v1/nodes/node1/state", {"state": state})
    assert status() == 404 and status("-I") == 404 and status("--interface", "10.9.0.251") == 404
    assert status(front=lan.segment.inside()) == 200 and status(front=lan.segment.host("other", OTHER_ADDRESS)) == 200
    order = station.create_order("node1", None)
    assert status("-I") == 200 and status() == 200 and (lan.folder / "got.efi").read_bytes() == b"the agent" * 100
    station.call("POST", f"/v1/orders/{order}/cancel")
    assert status() == 404
    (station.boot / "remint.efi").unlink()
    assert status(front=lan.segment.inside()) == 404


def test_it_is_started_again_and_ends_with_the_station(lan):
    station = lan.station("--dhcp-range", RANGE)
    first = dnsmasq_of(station)
    os.kill(first, signal.SIGKILL)
    until(lambda: dnsmasq_of(station) != first, 20, "another dnsmasq")
    assert "dnsmasq was ended by signal 9; starting it again in 1 s" in said(station)
    second = dnsmasq_of(station)
    until(lambda: lan.ask(STRANGER), 20, "an offer")
    # A station that is killed leaves none behind that would send machines to it.
    station.process.kill()
    station.process.wait(20)
    until(lambda: gone(second), 10, "dnsmasq ends with the station that was killed")
    station.start()
    third = dnsmasq_of(station)
    station.stop()
    assert gone(third)
    assert lan.ask(STRANGER) == []


def test_what_is_refused(lan):
    other = lan.segment.host("other")
    lan.segment.run("ip", "link", "add", "bare", "type", "bridge")
    for options, word in (
            (["--dhcp", "nosuch", "--dhcp-proxy"], "no such interface"),
            (["--dhcp", "lo", "--dhcp-proxy"], "loopback"),
            (["--dhcp", "bare", "--dhcp-proxy"], "no IPv4 address"),
            (["--dhcp", BRIDGE], "either --dhcp-range"),
            (["--dhcp", BRIDGE, "--dhcp-proxy", "--dhcp-range", RANGE], "either --dhcp-range"),
            (["--dhcp", BRIDGE, "--dhcp-range", "10.8.0.1,10.8.0.9"], "network of lan"),
            (["--dhcp", f"{BRIDGE}*", "--dhcp-proxy"], "name"),
            (["--dhcp", BRIDGE, "--dhcp-range", RANGE, "--tftp", "/nonexistent"], "/nonexistent"),
            (["--dhcp-range", RANGE], "--dhcp IFACE")):
        text = lan.serve(*options)
        assert word in text, (options, text)
    # The port is taken: that is found at the start, and said by both.
    children.start([*lan.segment.inside(), "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--pid-file=",
                    f"--interface={BRIDGE}", "--dhcp-range=10.9.0.5,10.9.0.9", f"--dhcp-leasefile={lan.folder}/leases"],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until(lambda: lan.ask(STRANGER), 10, "another server on this host")
    text = lan.serve("--dhcp", BRIDGE, "--dhcp-range", RANGE)
    assert "dnsmasq ended with status" in text and "in use" in text
    del other


def test_a_proxy_beside_another_server(lan):
    """The other one gives addresses, ours the files; UEFI HTTP clients are the other one's, by the options that we print."""
    front, leases = lan.segment.host("other", OTHER_ADDRESS), lan.folder / "other.leases"

    def other(*options):
        return children.start([*front, "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--pid-file=", "--interface=other",
                               "--bind-interfaces", "--no-ping", "--dhcp-range=10.9.0.60,10.9.0.90,255.255.255.0", f"--dhcp-leasefile={leases}",
                               *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    plain = other()
    station = lan.station("--dhcp-proxy")
    assert "--dhcp-print" in said(station)

    def both(*options):
        offers = {o["server"]: o for o in until(lambda: (lambda o: o if len(o) == 2 else None)(lan.ask(STRANGER, *options)), 20,
                                                "two offers")}
        assert offers[ADDRESS]["address"] == "0.0.0.0" and offers[OTHER_ADDRESS]["address"].startswith("10.9.0.")
        return offers[ADDRESS]

    # Firmware then asks the boot server that it was offered, at port 4011.
    assert both(*client("PXEClient", 0))["boot_server"]["file"] == "undionly.kpxe"
    for architecture in 7, 9:
        assert both(*client("PXEClient", architecture))["boot_server"]["file"] == "ipxe.efi"
    assert both(*client("PXEClient", 0, *IPXE))["file"] == f"{station.http_url}/boot.ipxe"
    assert both(*client("PXEClient", 7, *IPXE))["file"] == f"{station.http_url}/boot.ipxe"
    assert [o["server"] for o in lan.ask(STRANGER)] == [OTHER_ADDRESS]
    assert [o["file"] for o in lan.ask(STRANGER, *client("HTTPClient", 16))] == [""]
    children.end(plain, 5)
    printed = station.remint("serve", "--address", ADDRESS, "--http", f"0.0.0.0:{station.http_port}", "--dhcp-proxy", "--dhcp-print",
                             "dnsmasq")
    (lan.folder / "printed.conf").write_text(printed)
    other(f"--conf-file={lan.folder}/printed.conf")
    offers = until(lambda: lan.ask(STRANGER, *client("HTTPClient", 16)), 20, "an offer")
    assert [(o["server"], o["file"], o["vendor"]) for o in offers] == [
        (OTHER_ADDRESS, f"{station.http_url}/boot.efi", "HTTPClient")]
