# SPDX-License-Identifier: Apache-2.0
"""Neighbours by LLDP against a real lldpd, and ethtool against the kernel's own veth, in network namespaces. Only lldpd needs root.

The programs under test are the unit tests `test_lldp` and `test_nic` with arguments.
"""
import json
import os
import shutil
import struct
import subprocess
import time
from pathlib import Path

import pytest

UNIT = Path(os.environ.get("REMINT_BUILD", "build")).resolve() / "unit"
LLDPD = shutil.which("lldpd", path=os.environ["PATH"] + ":/usr/sbin")
ROOT = os.geteuid() == 0
ENV = dict(os.environ, ASAN_OPTIONS="detect_leaks=0")
PORTS = {"card0": "52:54:00:00:0a:01", "card1": "52:54:00:00:0a:02", "card2": "52:54:00:00:0a:03"}


class Rack:
    """A switch's and a node's network namespace: port0 leads to card0, port1 to card1; card2 has no cable."""

    def __init__(self, tmp):
        self.tmp, self.children = tmp, []
        self.switch = self.hold(["unshare", "-nm" if ROOT else "-rnm"])
        self.node = self.hold([*self.inside(self.switch), "unshare", "-n"])
        for i in range(3):
            self.on(self.switch, "ip", "link", "add", f"port{i}", "type", "veth", "peer", "name", f"card{i}", "netns", str(self.node.pid))
        for name, mac in PORTS.items():
            self.on(self.node, "ip", "link", "set", name, "address", mac)
        for i in range(2):
            self.on(self.switch, "ip", "link", "set", f"port{i}", "up")

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
        return ["nsenter", "-t", str(child.pid), *([] if ROOT else ["-U", "--preserve-credentials"]), "-n", "-m", *more]

    def on(self, where, *argv):
        return subprocess.run([*self.inside(where), *argv], check=True, timeout=30, capture_output=True, env=ENV).stdout

    def listen(self, seconds, *names):
        """Begins before the node's links are up, as the agent does."""
        child = self.start([*self.inside(self.node), str(UNIT / "test_lldp"), str(int(seconds * 1000))], stdout=subprocess.PIPE, env=ENV)
        time.sleep(0.3)
        for name in names or PORTS:
            self.on(self.node, "ip", "link", "set", name, "up")
        return child

    @staticmethod
    def heard(child):
        out, _ = child.communicate(timeout=60)
        assert child.returncode == 0
        return {port["name"]: port for port in json.loads(out)["ports"]}

    def end(self):
        for child in reversed(self.children):
            child.kill()
            child.wait()


@pytest.fixture
def rack(tmp_path):
    rack = Rack(tmp_path)
    yield rack
    rack.end()


CONFIG = """configure system hostname leaf-3
configure system description "A switch of the lab"
configure system interface pattern port0
configure lldp tx-interval 1
configure ports port0 lldp portidsubtype local Ethernet1/7
"""


def lldpd(rack):
    if not LLDPD:
        pytest.skip("there is no lldpd")
    if not ROOT:
        pytest.skip("lldpd changes to a user of its own, which needs root")
    rack.on(rack.switch, "mount", "-t", "tmpfs", "tmpfs", "/run")  # its folder, and nothing of another lldpd's
    rack.on(rack.switch, "sh", "-c", f"cat >/run/lldpd.conf <<END\n{CONFIG}END")
    log = (rack.tmp / "lldpd.log").open("wb")
    rack.start([*rack.inside(rack.switch), LLDPD, "-d", "-O", "/run/lldpd.conf", "-C", "port0"], stdout=log, stderr=log)


def test_a_real_neighbour(rack):
    lldpd(rack)
    ports = rack.heard(rack.listen(4))
    assert set(ports) == set(PORTS)
    assert {name: port["mac"] for name, port in ports.items()} == PORTS
    assert len(ports["card0"]["heard"]) == 1, (rack.tmp / "lldpd.log").read_text()[-2000:]
    neighbour = ports["card0"]["heard"][0]
    assert neighbour["system_name"] == "leaf-3" and neighbour["system_description"] == "A switch of the lab"
    assert neighbour["chassis"]["type"] == "mac" and neighbour["ttl"] > 0
    assert neighbour["port"] == {"type": "local", "id": "Ethernet1/7"}
    assert "bridge" in neighbour["capabilities"] or "station" in neighbour["capabilities"]
    assert ports["card1"]["not_seen"] == "nothing heard within 4 s" and ports["card1"]["heard"] == []
    assert ports["card2"]["not_seen"] == "no carrier"
    assert "malformed" not in ports["card0"]


SEND = """
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
for line in sys.stdin:
    s.send(bytes.fromhex(line))
"""


def tlv(kind, value):
    return struct.pack("!H", kind << 9 | len(value)) + value


def frame(name, group="0180c200000e", ttl=120, more=b""):
    return bytes.fromhex(group + "020000000001" + "88cc") + tlv(1, b"\x07" + name) + tlv(2, b"\x05p") + tlv(3, struct.pack("!H", ttl)) + more


def test_a_flood_on_one_port_hides_no_other(rack):
    """Malformed frames without end on one port; on the other three neighbours, of which one takes its leave. The end comes when all has been heard."""
    rack.on(rack.node, "ip", "link", "del", "card2")
    child = rack.listen(20, "card0", "card1")
    flood = [bytes.fromhex("0180c200000e02000000000188cc") + b"\x02\xff" + bytes(1400)] * 2000
    calm = [frame(b"a"), frame(b"b", "0180c2000000"), frame(b"c", "ffffffffffff"), frame(b"b", ttl=0), frame(b"d", "0180c2000003", more=tlv(5, b"x"))]
    for port, frames in ("port1", flood), ("port0", calm):
        time.sleep(0.5)
        subprocess.run([*rack.inside(rack.switch), "python3", "-c", SEND, port], input="\n".join(f.hex() for f in frames), text=True, check=True,
                       timeout=30)
    subprocess.run([*rack.inside(rack.switch), "python3", "-c", SEND, "port1"], input=frame(b"e").hex(), text=True, check=True, timeout=30)
    began = time.monotonic()
    ports = rack.heard(child)
    assert time.monotonic() - began < 10, "it waits for what it has heard"
    assert [n["chassis"]["id"] for n in ports["card0"]["heard"]] == ["a", "d"]
    assert "malformed" not in ports["card0"]
    assert [n["chassis"]["id"] for n in ports["card1"]["heard"]] == ["e"]
    assert ports["card1"]["malformed"]["frames"] > 0


def test_ethtool_of_a_veth(rack):
    rack.on(rack.node, "ip", "link", "set", "card0", "up")
    said = json.loads(rack.on(rack.node, str(UNIT / "test_nic"), "card0"))
    assert said["duplex"] == "full" and said["port"] == "twisted-pair"
    assert said["channels"]["rx"] >= 1
    assert {"fec", "module"} <= set(said["unsupported"])
    assert "link-modes" not in said["unsupported"]
