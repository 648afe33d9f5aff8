# SPDX-License-Identifier: Apache-2.0
"""The agent's network bring-up against a real dnsmasq, in two network namespaces joined by veth; an ordinary user can run it.

The program under test is the unit test `test_dhcp` with arguments: net_up() of the kernel command line that it is given.
"""
import json
import os
import subprocess
import time
from pathlib import Path

import pytest

PROGRAM = Path(os.environ.get("REMINT_BUILD", "build")).resolve() / "unit/test_dhcp"
SERVER, OTHER_SERVER = "10.9.0.1", "10.10.0.1"
MAC, OTHER_MAC = "52:54:00:00:09:02", "52:54:00:00:09:01"


def until(condition, seconds, what):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    pytest.fail(f"not within {seconds} s: {what}")


class Rack:
    """A server's and a node's network namespace; the node has a card without anything behind it, and one at the server."""

    def __init__(self, tmp):
        self.tmp, self.children = tmp, []
        self.server = self.hold(["unshare", "-rn"])
        self.node = self.hold([*self.inside(self.server), "unshare", "-nm"])
        (tmp / "etc").mkdir()
        self.on_server("ip", "link", "add", "dead", "type", "veth", "peer", "name", "card0", "netns", str(self.node.pid))
        self.on_server("ip", "link", "add", "port", "type", "veth", "peer", "name", "card1", "netns", str(self.node.pid))
        self.on_server("ip", "addr", "add", f"{SERVER}/24", "dev", "port")
        self.on_server("ip", "addr", "add", "2001:db8:9::1/64", "dev", "port", "nodad")
        # A router: else its neighbour advertisements say that it is none, and the node drops its default route.
        self.on_server("sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding")
        for port in "port", "dead":
            self.on_server("ip", "link", "set", port, "up")
        self.on_node("ip", "link", "set", "card0", "address", OTHER_MAC)
        self.on_node("ip", "link", "set", "card1", "address", MAC)
        self.on_node("mount", "--bind", str(tmp / "etc"), "/etc")

    def hold(self, argv):
        """A namespace lives as long as a process in it."""
        child = self.start([*argv, "sh", "-c", "echo ready; exec sleep 600"], stdout=subprocess.PIPE)
        assert child.stdout.readline() == b"ready\n"
        return child

    def start(self, argv, **kw):
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, **kw)
        self.children.append(child)
        return child

    @staticmethod
    def inside(child, *more):
        return ["nsenter", "-t", str(child.pid), "-U", "-n", "--preserve-credentials", *more]

    def on_server(self, *argv):
        return subprocess.run([*self.inside(self.server), *argv], check=True, timeout=30, capture_output=True).stdout

    def on_node(self, *argv):
        return subprocess.run([*self.inside(self.node, "-m"), *argv], check=True, timeout=30, capture_output=True).stdout

    def dnsmasq(self, *options):
        self.log = self.tmp / f"dnsmasq-{len(self.children)}.log"
        argv = ["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--interface=port", "--bind-interfaces",
                "--no-ping", "--log-dhcp", f"--dhcp-leasefile={self.tmp}/leases-{len(self.children)}", "--pid-file=", *options]
        child = self.start([*self.inside(self.server), *argv], stdout=self.log.open("wb"), stderr=subprocess.STDOUT)
        until(lambda: b"started" in self.log.read_bytes(), 10, "dnsmasq starts")
        return child

    def agent(self, cmdline, seconds=120):
        self.agent_log = self.tmp / "agent.log"
        env = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
        child = self.start([*self.inside(self.node, "-m"), str(PROGRAM), cmdline, str(seconds)], env=env,
                           stdout=self.agent_log.open("wb"), stderr=subprocess.STDOUT)
        until(lambda: "up card1\n" in self.said() or child.poll() is not None, 60, "the network is up")
        assert child.poll() is None, self.said()
        return child

    def said(self):
        return self.agent_log.read_text(errors="replace")

    def addresses(self, card="card1"):
        info = json.loads(self.on_node("ip", "-j", "addr", "show", "dev", card))[0]
        return {f'{a["local"]}/{a["prefixlen"]}' for a in info["addr_info"] if a["scope"] == "global"}, info["mtu"]

    def routes(self, *family):
        routes = json.loads(self.on_node("ip", "-j", *family, "route", "show", "dev", "card1"))
        return {(r["dst"], r.get("gateway")) for r in routes}

    def resolv(self):
        return (self.tmp / "etc/resolv.conf").read_text().split("\n")[:-1]

    def end(self):
        for child in reversed(self.children):
            child.kill()
            child.wait()


@pytest.fixture
def rack(tmp_path):
    rack = Rack(tmp_path)
    yield rack
    rack.end()


def test_lease_with_classless_routes_mtu_and_dns(rack):
    rack.dnsmasq("--dhcp-range=10.9.0.100,10.9.0.150,255.255.255.0,1h", "--dhcp-option=option:mtu,1400",
                 "--dhcp-option=option:dns-server,10.9.0.7,10.9.0.8", "--dhcp-option=option:router,10.9.0.99",
                 "--dhcp-option=option:classless-static-route,0.0.0.0/0,10.9.0.1,192.0.2.0/24,10.9.0.2",
                 f"--dhcp-host={MAC},10.9.0.123")
    rack.agent(f"console=ttyS0 remint.mac={MAC}")
    addresses, mtu = rack.addresses()
    assert "10.9.0.123/24" in addresses and mtu == 1400
    assert rack.addresses("card0")[0] == set()
    # RFC 3442: the router option does not count beside classless routes.
    assert rack.routes() == {("default", "10.9.0.1"), ("192.0.2.0/24", "10.9.0.2"), ("10.9.0.0/24", None)}
    assert rack.resolv() == ["nameserver 10.9.0.7", "nameserver 10.9.0.8"]


def test_hostile_options_reach_nothing(rack):
    """Texts of a DHCP server that are meant for a shell, a resolver or a kernel: none is taken from it but addresses."""
    evil = ":".join(f"{byte:02x}" for byte in b"x\nnameserver 192.0.2.66\n$(reboot)\0 init=/x")
    rack.dnsmasq("--dhcp-range=10.9.0.100,10.9.0.150,255.255.255.0,1h", "--dhcp-option=option:dns-server,10.9.0.7", "--dhcp-option=option:router,10.9.0.1",
                 *(f"--dhcp-option-force={code},{evil}" for code in (12, 14, 15, 17, 40, 43, 56, 60, 64, 66, 67, 100, 101, 114, 175, 209, 210)))
    rack.agent(f"remint.mac={MAC}")
    addresses, _ = rack.addresses()
    assert any(a.startswith("10.9.0.") for a in addresses) and not any(a.startswith("192.") for a in addresses)
    assert rack.resolv() == ["nameserver 10.9.0.7"]
    assert rack.routes() == {("default", "10.9.0.1"), ("10.9.0.0/24", None)}
    said = rack.agent_log.read_bytes()
    assert b"reboot" not in said and b"192.0.2.66" not in said and sorted(p.name for p in (rack.tmp / "etc").iterdir()) == ["resolv.conf"]


def test_lease_is_renewed_and_given_up_after_a_nak(rack):
    short = ["--dhcp-option=option:T1,3", "--dhcp-option=option:T2,100", "--dhcp-authoritative"]
    first = rack.dnsmasq("--dhcp-range=10.9.0.100,10.9.0.150,255.255.255.0,2m", *short)
    rack.agent(f"remint.mac={MAC}")
    before, _ = rack.addresses()
    discovers = rack.log.read_bytes().count(b"DHCPDISCOVER(")
    until(lambda: rack.log.read_bytes().count(b"DHCPACK(") >= 3, 30, "two renewals")
    assert rack.log.read_bytes().count(b"DHCPDISCOVER(") == discovers
    assert rack.addresses()[0] == before
    # The server moves to another network and no longer knows the lease.
    first.kill()
    first.wait()
    rack.on_server("ip", "addr", "add", f"{OTHER_SERVER}/24", "dev", "port")
    rack.on_server("ip", "addr", "del", f"{SERVER}/24", "dev", "port")
    rack.on_server("ip", "addr", "add", f"{SERVER}/32", "dev", "port")
    rack.dnsmasq("--dhcp-range=10.10.0.100,10.10.0.150,255.255.255.0,2m", *short)
    until(lambda: any(a.startswith("10.10.0.") for a in rack.addresses()[0]), 60, "an address of the new network")
    assert b"DHCPNAK" in rack.log.read_bytes()
    assert not any(a.startswith("10.9.") for a in rack.addresses()[0])
    assert ("default", OTHER_SERVER) in rack.routes()


def test_ipv6_alone_by_router_advertisement(rack):
    rack.dnsmasq("--dhcp-range=2001:db8:9::,ra-only", "--enable-ra", "--dhcp-option=option6:dns-server,[2001:db8:9::53]")
    rack.agent(f"remint.mac={MAC}")
    assert "2001:db8:9:0:5054:ff:fe00:902/64" in rack.addresses()[0]
    assert any(to == "default" and gateway.startswith("fe80:") for to, gateway in rack.routes("-6") if gateway)
    assert rack.resolv() == ["nameserver 2001:db8:9::53"]


def test_static_addresses(rack):
    rack.agent(f"remint.mac={MAC} remint.dhcp=0 remint.ip=10.9.0.50/24 remint.gw=10.9.0.1 remint.dns=10.9.0.1 "
               "remint.ip=2001:db8:9::50/64 remint.gw=2001:db8:9::1")
    assert rack.addresses()[0] == {"10.9.0.50/24", "2001:db8:9::50/64"}
    assert ("default", "10.9.0.1") in rack.routes() and ("default", "2001:db8:9::1") in rack.routes("-6")
    assert rack.resolv() == ["nameserver 10.9.0.1"]


def test_another_card_when_the_one_that_booted_has_no_server(rack):
    rack.dnsmasq("--dhcp-range=10.9.0.100,10.9.0.150,255.255.255.0,1h")
    rack.on_node("ip", "link", "set", "card0", "down")
    rack.on_server("ip", "link", "set", "dead", "down")
    rack.agent(f"remint.mac={OTHER_MAC}")
    assert f"card0 ({OTHER_MAC}): no link" in rack.said()
    assert any(a.startswith("10.9.0.") for a in rack.addresses()[0])
