# SPDX-License-Identifier: Apache-2.0
"""Overlays that an order names: which images they are, what the agent is told, and what its evidence must say of them."""
import subprocess

import pytest

import evidence
from fake_agent import FakeAgent
from harness import BUILD


def named(station, name, sha256, serial=3):
    return {"manifest_url": f"{station.ports['http']['url']}/images/{name}/manifest.json", "manifest_sha256": sha256, "min_serial": serial}


def ordered(station, **more):
    """An order with one overlay, its agent, and nothing but the evidence to come."""
    sha256 = station.add_image("nvidia", overlay=True)
    station.add_node()
    made = station.add_order(overlays=["nvidia"], **more)
    assert made["order"]["overlays"] == [named(station, "nvidia", sha256)]
    agent = FakeAgent(station)
    assert agent.checkin().status == 200
    assert agent.order["overlays"] == [named(station, "nvidia", sha256)]
    assert agent.journal("begun").status == 204 and agent.journal("proven").status == 204
    return agent, sha256


@pytest.mark.parametrize("image", ["debian-12", None])
def test_an_order_is_certified_with_its_overlays(station, tmp_path, image):
    agent, sha256 = ordered(station, image=image)
    more = {} if image else {"image": None, "root_disks": []}
    for wrong, says in (([], "the order names 1"), ([evidence.overlay("cd" * 32)], "the order names the manifest"),
                        ([evidence.overlay(sha256, serial=2)], "serial is below"),
                        ([evidence.overlay(sha256), evidence.overlay(sha256)], "2 overlays")):
        reply = agent.evidence(overlays=wrong, **more)
        assert reply.status == 400 and says in reply.json["error"], reply.body
    assert agent.evidence(overlays=[evidence.overlay(sha256)], **more).status == 200
    told = station.operate("GET", f"/v1/orders/{agent.order['id']}/certificate")
    assert told.json["overlays"] == [evidence.overlay(sha256)]
    assert "signed overlays: nvidia 12.8." in told.json["statement"]
    path = tmp_path / "certificate.json"
    path.write_bytes(told.body)
    for how in "show", "html":
        said = subprocess.run([BUILD / "remint", "certificate", how, path], capture_output=True, text=True, check=True).stdout
        assert "Overlays" in said and sha256 in said and "stopped by SIGTERM" in said and "ended with exit status 0" in said


def test_evidence_of_overlays_that_were_not_ordered_is_refused(station):
    station.add_node()
    station.add_order()
    agent = FakeAgent(station)
    assert agent.checkin().status == 200 and "overlays" not in agent.order
    assert agent.journal("begun").status == 204 and agent.journal("proven").status == 204
    reply = agent.evidence(overlays=[evidence.overlay()])
    assert reply.status == 400 and "the order names 0" in reply.json["error"]
    assert agent.evidence().status == 200
    assert station.operate("GET", f"/v1/orders/{agent.order['id']}/certificate").json["overlays"] is None


def test_kinds_are_not_taken_for_one_another(station):
    station.add_image("nvidia", overlay=True)
    station.add_node()
    assert [(i["name"], i["kind"]) for i in station.operate("GET", "/v1/images").json["images"]] == [("debian-12", "disk"),
                                                                                                ("nvidia", "overlay")]
    for more, says in (({"image": "nvidia"}, "image nvidia is an overlay"), ({"overlays": ["debian-12"]}, "of kind disk, not overlay"),
                       ({"overlays": ["none"]}, "no image none"), ({"overlays": "nvidia"}, "an array"), ({"overlays": [1]}, "names"),
                       ({"overlays": ["../x"]}, ""), ({"overlays": ["nvidia"] * 9}, "at most 8"), ({"overlays": ["nvidia"] * 2}, "twice")):
        reply = station.operate("POST", "/v1/orders", {"node": "node1", "image": "debian-12", **more})
        assert reply.status in (400, 404) and says in reply.json["error"], (more, reply.body)


def test_the_command(station):
    station.add_image("nvidia", overlay=True)
    station.add_image("tools", overlay=True)
    station.add_node()
    subprocess.run([BUILD / "remint", "order", "create", "node1", "--image", "debian-12", "--overlay", "nvidia", "--overlay", "tools",
                    "--state", station.state], check=True, stdout=subprocess.DEVNULL)
    agent = FakeAgent(station)
    assert agent.checkin().status == 200
    assert [o["manifest_url"].split("/")[-2] for o in agent.order["overlays"]] == ["nvidia", "tools"]


def test_an_order_is_shown_with_all_that_it_asks_for(station, tmp_path):
    sha256 = station.add_image("nvidia", overlay=True)
    station.add_node()
    network = {"ethernets": [{"name": "rail0", "mac": "52:54:00:12:34:01", "dhcp4": True}, {"name": "rail1", "mac": "52:54:00:12:34:02"}],
               "bonds": [{"name": "bond0", "interfaces": ["rail1"], "mode": "802.3ad"}], "vlans": [{"name": "st", "id": 9, "link": "bond0"}]}
    order = station.add_order(
        overlays=["nvidia"], network=network, gpu={"reset": "must", "settings": "leave"}, nic=[{"match": {"driver": "ice"}, "sriov": 4}],
        mirrors=["http://cache1:8080/images/debian-12/"], verify="sampled", memory=64 << 20, boot="network-first", tpm="keep",
        root={"disks": ["SECOND"], "on_loss": "continue"}, secure_boot={"keys": "keep", "handover": "as-is"},
        wipe={"level": "clear", "secrets": [{"drive": "D1", "psid": "PRINTED"}]}, user_data="#cloud-config\n# hidden\n")
    shown = subprocess.run([BUILD / "remint", "order", "show", order["id"], "--state", station.state], capture_output=True, text=True,
                           check=True, timeout=60).stdout
    for line in (f"overlays:      nvidia, serial 3 or later, manifest {sha256}", "GPUs:          reset must, settings leave",
                 'nic:           {"match":{"driver":"ice"},"sriov":4}', "network:       rail0 52:54:00:12:34:01", "bond0 of rail1",
                 "st VLAN 9 on bond0", "mirrors:       http://cache1:8080/images/debian-12/", "verify:        sampled",
                 "memory:        67108864 bytes", "TPM:           keep", "boot network-first", 'disks ["SECOND"]', "on_loss continue",
                 "secure boot:   ", "level clear", "handover as-is"):
        assert line in shown, (line, shown)
    assert "PRINTED" not in shown and "hidden" not in shown
    assert station.operate("POST", f"/v1/orders/{order['id']}/cancel").status == 200
    other = station.add_order(image=None)
    shown = subprocess.run([BUILD / "remint", "order", "show", other["id"], "--state", station.state], capture_output=True, text=True,
                           check=True, timeout=60).stdout
    assert "wipe:          disks all, level purge" in shown and not any(w in shown for w in ("overlays:", "manifest:", "network:", "nic:"))
