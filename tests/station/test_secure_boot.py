# SPDX-License-Identifier: Apache-2.0
"""Orders that are about Secure Boot keys: what the station gives to whom; and rotation, by what nodes have reported."""
import hashlib
import json
import subprocess

import pytest
from fake_agent import FakeAgent
from harness import BUILD

FILES = ("bundle.json", "PK.auth", "KEK.auth", "db.auth", "dbx.auth")
STUB = "/usr/lib/systemd/boot/efi/linuxx64.efi.stub"


def remint(*words):
    return subprocess.run([BUILD / "remint", *words], capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def site(station, tmp_path):
    """A site's keys, and a signed program in the boot image's place."""
    assert remint("keys", "init", "--dir", tmp_path / "sb").returncode == 0
    assert remint("keys", "sign", STUB, "--dir", tmp_path / "sb", "--output", station.boot / "remint.efi").returncode == 0
    return tmp_path / "sb"


def enroll(station, site, image="remint.efi"):
    return remint("keys", "enroll", "--dir", site, "--output", station.boot / "secure-boot", "--image", station.boot / image)


def order(station, **wish):
    return station.operate("POST", "/v1/orders", {"node": "node1", "image": None, "secure_boot": wish})


def test_the_bundle_and_who_gets_what(station, site):
    station.add_node()
    assert station.call("GET", "/boot/secure-boot/bundle.json", port="http").status == 404
    refused = order(station, keys="enrol")
    assert refused.status == 409 and "remint keys enroll" in refused.json["error"]
    assert enroll(station, site).returncode == 0
    for name in FILES:
        got = station.call("GET", f"/boot/secure-boot/{name}", port="http")
        assert got.status == 200 and got.body == (station.boot / "secure-boot" / name).read_bytes()
    for name in ("clear-PK.auth", "..%2fvmlinuz", "keys.json"):
        assert station.call("GET", f"/boot/secure-boot/{name}", port="http").status == 404

    made = order(station, keys="enrol", handover="setup")
    assert made.status == 201 and made.json["order"]["secure_boot"] == {"keys": "enrol", "handover": "setup"}
    # Another bundle before the node boots: it is given that one.
    assert enroll(station, site).returncode == 0
    agent = FakeAgent(station)
    agent.checkin()
    given = agent.order["secure_boot"]
    document = (station.boot / "secure-boot/bundle.json").read_bytes()
    assert given["bundle"]["sha256"] == hashlib.sha256(document).hexdigest()
    assert given["bundle"]["url"].endswith("/boot/secure-boot/bundle.json")
    assert bytes.fromhex(given["clear"]) == (station.boot / "secure-boot/clear-PK.auth").read_bytes()
    shown = station.operate("GET", f"/v1/orders/{made.json['id']}").json["order"]
    assert shown["secure_boot"] == {"keys": "enrol", "handover": "setup"}


@pytest.mark.parametrize("wish", [{"keys": "all"}, {"handover": "vendor"}, {"keys": "enrol", "handover": "factory"},
                                  {"bundle": {"url": "http://x/y", "sha256": "00"}}, {"clear": "00"}, [], "enrol"])
def test_wishes_that_are_none(station, site, wish):
    station.add_node()
    assert enroll(station, site).returncode == 0
    reply = station.operate("POST", "/v1/orders", {"node": "node1", "image": None, "secure_boot": wish})
    assert reply.status == 400, reply


def variable(*fingerprints):
    return {"certificates": [{"sha256": f, "subject": "CN=x", "owner": "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"} for f in fingerprints],
            "digests": 0, "others": 0, "more": 0}


def state(pk, db, dbx=()):
    return {"secure_boot": True, "setup_mode": False, "audit_mode": None, "deployed_mode": None, "PK": variable(pk),
            "KEK": variable(), "db": variable(*db), "dbx": variable(*dbx)}


def test_the_certificate_says_what_stood_there(station, site):
    station.add_node()
    assert enroll(station, site).returncode == 0
    made = order(station, keys="enrol").json
    agent = FakeAgent(station)
    agent.checkin()
    part = {"keys": "enrol", "handover": "site", "state": state("ab" * 32, ["cd" * 32])}
    off = {**part, "state": {**part["state"], "secure_boot": False}}
    assert agent.evidence(secure_boot=off).status == 400, "keys that are not in force"
    assert agent.evidence(secure_boot=part).status == 200
    assert station.operate("GET", f"/v1/orders/{made['id']}/certificate").json["secure_boot"] == part


def fingerprint(cert):
    text = subprocess.run(["openssl", "x509", "-in", cert, "-noout", "-fingerprint", "-sha256"], capture_output=True, text=True,
                          check=True, timeout=60).stdout
    return text.split("=")[1].strip().replace(":", "").lower()


class Fleet:
    def __init__(self, station, site):
        self.station, self.site = station, site

    def report(self, n, part):
        agent = FakeAgent(self.station, n)
        agent.checkin(agent.hint_without_script())
        inventory = {"disks": []} if part is None else {"disks": [], "secure_boot": part}
        assert agent.call("PUT", "inventory", inventory).status == 204

    def rotate(self, stage, *more):
        return remint("keys", "rotate", "--dir", self.site, "--stage", stage, "--state", self.station.state, *more)

    def refused(self, words, stage, *more):
        done = self.rotate(stage, *more)
        assert done.returncode == 1 and words in done.stderr, done.stderr
        return json.loads((self.site / "keys.json").read_text())


def test_no_stage_of_a_rotation_leaves_a_node_behind(station, site):
    fleet, image = Fleet(station, site), station.boot / "remint.efi"
    for n in (1, 2, 3):
        station.add_node(n)
        station.add_order(n)  # a node without one starts from its disk, and reports nothing
    pk, old = fingerprint(site / "PK.pem"), fingerprint(site / "db-1.pem")
    fleet.refused("no change of keys is under way", "sign")
    assert fleet.rotate("add").returncode == 0
    fleet.refused("under way already", "add")
    new = fingerprint(site / "db-2.pem")

    assert fleet.refused("node node1: it has never handed in an inventory", "sign")["signing"] == 1
    fleet.report(1, None)
    fleet.refused("node node1: its inventory says nothing of Secure Boot", "sign")
    fleet.report(1, state(pk, [old]))
    fleet.refused("node node1: its db does not hold the new certificate", "sign")
    fleet.report(1, state(pk, [old, new]))
    fleet.report(2, state("ee" * 32, []))  # another's platform key: it starts nothing of ours in any case
    fleet.refused("node node3", "sign")
    assert fleet.rotate("sign", "--without", "node3").returncode == 0

    fleet.refused("node node3", "revoke", "--image", image)
    fleet.refused("--image is needed", "revoke", "--without", "node3")
    fleet.refused("is not signed by the key of", "revoke", "--without", "node3", "--image", image)
    assert enroll(station, site).returncode == 0, "the old key is good still"
    assert remint("keys", "sign", STUB, "--dir", site, "--output", image).returncode == 0
    # What a node says now counts, not what it once said.
    fleet.report(1, state(pk, [old]))
    fleet.refused("node node1", "revoke", "--without", "node3", "--image", image)
    fleet.report(1, state(pk, [old, new]))
    assert fleet.rotate("revoke", "--without", "node3", "--image", image).returncode == 0
    fleet.refused("no change of keys is under way", "revoke", "--image", image)
    assert remint("keys", "sign", STUB, "--dir", site, "--output", station.boot / "again.efi").returncode == 0
    assert enroll(station, site, "again.efi").returncode == 0
