# SPDX-License-Identifier: Apache-2.0
"""Orders that a machine be handed over by kexec: which the station takes, and what the certificate says of it."""
import json
import subprocess

import pytest
from evidence import evidence as evidence_of
from evidence import image
from fake_agent import FakeAgent
from harness import BUILD

KEXEC = {"kernel": {"file": "vmlinuz", "size": 8 << 20, "sha256": "11" * 32}, "cmdline": "root=LABEL=root ro"}


@pytest.fixture
def site(station):
    """A node, and an image beside the usual one that names a kernel."""
    station.add_node()
    station.add_image("by-kexec")
    path = station.images / "by-kexec/manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "kexec": KEXEC}))
    return station


def order(station, **wish):
    body = {"node": "node1", "image": "by-kexec", "handover": "kexec", "efi": {"clear_memory": False}, **wish}
    return station.operate("POST", "/v1/orders", body)


def test_an_order_by_kexec(site):
    made = order(site)
    assert made.status == 201 and made.json["order"]["handover"] == "kexec"
    agent = FakeAgent(site)
    agent.checkin()
    assert agent.order["handover"] == "kexec"


def test_an_order_by_reset(site):
    made = order(site, handover="reset", efi=None)
    assert made.status == 201 and made.json["order"]["handover"] == "reset"


@pytest.mark.parametrize("wish, words", [
    ({"handover": "jump"}, "kexec"),
    ({"efi": None}, "efi.clear_memory must be false"),
    ({"efi": {"clear_memory": True}}, "efi.clear_memory must be false"),
    ({"efi": {"clear_memory": False, "verify_after_reset": True}}, "verify_after_reset"),
    ({"image": "debian-12"}, "--kexec-kernel"),
    ({"image": None, "efi": None}, "nothing to start"),
], ids=str)
def test_what_contradicts_is_refused(site, wish, words):
    refused = order(site, **wish)
    assert refused.status == 400 and words in refused.json["error"], refused
    assert site.node()["order"] is None


HOW = {"by": "kexec", "kernel": {"size": 8 << 20, "sha256": "11" * 32}, "initrd": None, "cmdline": KEXEC["cmdline"]}


def in_words(folder, certificate, by_kexec):
    path = folder / "certificate.json"
    path.write_text(json.dumps(certificate))
    for how in ("show", "html"):
        done = subprocess.run([BUILD / "remint", "certificate", how, path], capture_output=True, text=True, timeout=60, check=True)
        assert ("PCRs go on from the agent's boot" in done.stdout.replace("&#39;", "'")) == by_kexec, done.stdout


@pytest.mark.parametrize("handover, sentence", [
    (HOW, "by kexec, without a start of the firmware in between"), ({"by": "reset"}, "by a reset"), (None, ""), ("absent", "")],
    ids=str)
def test_the_certificate_says_how(site, tmp_path, handover, sentence):
    made = order(site).json
    agent = FakeAgent(site)
    agent.checkin()
    evidence = evidence_of(made["id"], agent.identity, image=image(manifest=(site.images / "by-kexec/manifest.json").read_bytes()))
    if handover != "absent":
        evidence["handover"] = handover
    assert agent.call("POST", "evidence", evidence).status == 200
    certificate = site.operate("GET", f"/v1/orders/{made['id']}/certificate").json
    assert certificate.get("handover", "absent") == handover
    in_words(tmp_path, certificate, handover == HOW)
    assert sentence in certificate["statement"] and ("The machine goes over" in certificate["statement"]) == bool(sentence)


@pytest.mark.parametrize("handover", [
    {}, {"by": "jump"}, {"by": "reset", "cmdline": "x"}, {**HOW, "kernel": None}, {**HOW, "kernel": {"size": 1}}, {**HOW, "more": 1},
    {**HOW, "cmdline": ""}, {**HOW, "initrd": {"size": 0, "sha256": "11" * 32}}, {**HOW, "kernel": {"size": 1, "sha256": "x"}}, "kexec"],
    ids=str)
def test_bent_evidence_is_refused(site, handover):
    made = order(site).json
    agent = FakeAgent(site)
    agent.checkin()
    refused = agent.call("POST", "evidence", {**evidence_of(made["id"], agent.identity), "handover": handover})
    assert refused.status == 400 and "handover" in refused.json["error"], refused
