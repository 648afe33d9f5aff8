# SPDX-License-Identifier: Apache-2.0
"""The order's network on a tenant's system: a bond and a VLAN that Debian's cloud-init sets up of what the agent has rendered. docs/network.md"""
import hashlib
import json
import re
import struct

from lab import paths
from lab.tenant import cloud

SECOND = "52:54:00:aa:00:02"
REPORT = r"""#cloud-config
runcmd:
- [sh, -c, 'ping -c 2 -W 1 10.9.100.9; echo "report: links $(ip -j -d link)"; echo "report: addresses $(ip -j addr)"; echo "report: routes $(ip -j route)"']
- [sh, -c, 'sed "s/^/report: bonding /" /proc/net/bonding/bond0']
"""


def network_of(machine):
    return {"ethernets": [{"name": "rail0", "mac": machine.mac, "mtu": 1500}, {"name": "rail1", "mac": SECOND}],
            "bonds": [{"name": "bond0", "interfaces": ["rail0", "rail1"], "mode": "active-backup", "primary": "rail0", "mii_monitor_interval": 50,
                       "addresses": ["10.0.2.15/24"], "routes": [{"to": "default", "via": "10.0.2.2"}]}],
            "vlans": [{"name": "bond0.100", "id": 100, "link": "bond0", "mtu": 1400, "addresses": ["10.9.100.2/24", "2001:db8:9::2/64"]}]}


def two_ports(rack, disk):
    """Two cables, and what goes over the first is kept."""
    machine = rack.machine(disk)
    wire = machine.folder / "wire.pcap"
    machine.more = ["-netdev", "user,id=net2", "-device", f"virtio-net-pci,netdev=net2,mac={SECOND},romfile=",
                    "-object", f"filter-dump,id=wire,netdev=net,file={wire}"]
    return machine, wire


def tagged_frames(path):
    """(source, VLAN) of each 802.1Q frame of a capture; libpcap's format, with which QEMU writes."""
    data, at = path.read_bytes(), 24
    while at + 16 <= len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        frame = data[at + 16:at + 16 + size]
        if frame[12:14] == b"\x81\x00":
            yield frame[6:12].hex(":"), struct.unpack(">H", frame[14:16])[0] & 0xFFF
        at += 16 + size


def reported(console, word):
    return re.findall(rf"^report: {word} (.*?)\r?$", console, re.M)


def test_bond_and_vlan(rack):
    disk = rack.disk(cloud.SIZE_MIB + 32, "virtio")
    machine, wire = two_ports(rack, disk)
    rack.station.pack(cloud.cached(paths.build_folder(), rack.kernel), "cloud", 1, "--firmware", "bios", "--level", 1)
    network = network_of(machine)

    order = rack.order(machine, "cloud", network=network, user_data=REPORT, verify="sampled")
    outcome = rack.run(machine, order)
    console = machine.console()
    assert (outcome.state, outcome.why) == ("live", ""), outcome.tail

    bonding = dict(line.split(": ", 1) for line in reversed(reported(console, "bonding")) if ": " in line)
    assert bonding["Bonding Mode"] == "fault-tolerance (active-backup)" and bonding["MII Polling Interval (ms)"] == "50"
    assert bonding["Currently Active Slave"] == "rail0" and bonding["Primary Slave"].startswith("rail0 ")
    links = {link["ifname"]: link for link in json.loads(reported(console, "links")[0])}
    for name, mac in ("rail0", machine.mac), ("rail1", SECOND):
        assert links[name]["master"] == "bond0" and links[name]["linkinfo"]["info_slave_data"]["perm_hwaddr"] == mac
    vlan = links["bond0.100"]
    assert vlan["link"] == "bond0" and vlan["linkinfo"]["info_data"]["id"] == 100 and vlan["mtu"] == 1400 and vlan["operstate"] == "UP"
    addresses = {i["ifname"]: {f'{a["local"]}/{a["prefixlen"]}' for a in i["addr_info"]} for i in json.loads(reported(console, "addresses")[0])}
    assert addresses["bond0"] >= {"10.0.2.15/24"} and addresses["bond0.100"] >= {"10.9.100.2/24", "2001:db8:9::2/64"}
    assert not addresses["rail0"] and not addresses["rail1"]
    assert ("default", "10.0.2.2", "bond0") in {(r["dst"], r.get("gateway"), r["dev"]) for r in json.loads(reported(console, "routes")[0])}
    assert (links["bond0"]["address"], 100) in set(tagged_frames(wire)), "no frame of the VLAN was on the wire"

    record = rack.certificate(order, machine)["network"]
    (machine.folder / "network.json").write_text(json.dumps(network))
    rendered = rack.station.remint("network", "check", machine.folder / "network.json", "--node", machine.name, "--render")
    assert record["sha256"] == hashlib.sha256(rendered.encode()).hexdigest() and record["size"] == len(rendered)
    assert [(p["name"], p["mac"]) for p in record["ports"]] == [("rail0", machine.mac), ("rail1", SECOND)]
    assert all(re.fullmatch(r"0000:00:[0-9a-f]{2}\.0", p["pci"]) for p in record["ports"])
