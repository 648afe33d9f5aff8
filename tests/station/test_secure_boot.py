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
    for name in ("clear-PK.auth", "..%2fvmlinuz", "keys.json", "PK-from-1.auth", "PK-from-01.auth", "PK-from-1.auth%2f..", "PK-from-"):
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


def test_what_leads_on_from_a_former_platform_key_is_served(station, site):
    station.add_node()
    assert remint("keys", "rotate", "--dir", site, "--key", "pk").returncode == 0
    assert enroll(station, site).returncode == 0
    got = station.call("GET", "/boot/secure-boot/PK-from-1.auth", port="http")
    assert got.status == 200 and got.body == (site / "PK-from-1.auth").read_bytes()
    for name in ("PK-from-01.auth", "PK-from-1.authx", "PK-from-0.auth"):
        (station.boot / "secure-boot" / name).touch()
        assert station.call("GET", f"/boot/secure-boot/{name}", port="http").status == 404


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


def state_of(pk, kek, *db):
    return {**state(pk, db), "KEK": variable(kek)}


def test_status_says_who_missed_a_rotation(station, site):
    fleet = Fleet(station, site)
    old = [fingerprint(site / f"{name}.pem") for name in ("PK", "KEK", "db-1")]
    for key in ("pk", "kek"):
        assert remint("keys", "rotate", "--dir", site, "--key", key).returncode == 0
    assert fleet.rotate("add").returncode == 0
    new = [fingerprint(site / f"{name}.pem") for name in ("PK-2", "KEK-2", "db-2")]
    parts = [state_of(*old), state_of(new[0], *old[1:]), state_of(*new[:2], old[2], new[2]), state_of("ee" * 32, "ee" * 32), state(0, []),
             None]
    del parts[4]["PK"]["certificates"][0]
    for n, part in enumerate(parts, 1):
        station.add_node(n)
        station.add_order(n)
        fleet.report(n, part)
    done = remint("keys", "status", "--dir", site, "--state", station.state, "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["newest"] == {"PK": 2, "KEK": 2, "db": 2}
    assert [(n["node"], n["keys"], n["PK"], n["KEK"], n["db"]) for n in document["nodes"]] == [
        ("node1", "former", 1, 1, [1]), ("node2", "former", 2, 1, [1]), ("node3", "present", 2, 2, [1, 2]),
        ("node4", "another's", None, None, []), ("node5", "none", None, None, []), ("node6", "unknown", None, None, [])]
    assert "older agent" in document["nodes"][5]["why"]
    table = remint("keys", "status", "--dir", site, "--state", station.state).stdout.splitlines()
    assert table[0].split() == ["NODE", "KEYS", "PK", "KEK", "DB", "SECURE", "BOOT"]
    assert table[2].split() == ["node2", "former", "2", "of", "2", "1", "of", "2", "1", "on"]
    # A node with a former platform key starts the site's images, so it counts before the key is changed that signs them.
    fleet.refused("node node1: its db does not hold the new certificate", "sign")


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
